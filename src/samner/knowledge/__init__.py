"""What the mentions of a corpus are for: entities gathered from them, a graph, tags, and documents that are alike.

    extractions ── results ──> mentions ── document, corpus ──> entities ──> graph, tags, similar

Nothing here runs a model: the input is what `samner run` or `samner extract --format jsonl` wrote.
"""
