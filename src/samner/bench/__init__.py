"""How samner is measured. A figure without its protocol is not a result, so here they are.

Protocols (CrossNER; each domain's F1 is the micro-average over its sentences, the headline the mean of five):

- *strict*: a prediction is right when start, end and type match. The catch-all type (`misc`) is neither offered in
  the schema nor counted in the gold. This is the headline.
- *paper*: per sentence the set of (surface, type) pairs, case-sensitive, offsets forgotten. Published results of
  SAM-NER are to be compared with this one only.
- both *with the catch-all*: offered in the schema and counted in the gold.
- *span*: the spans of the strict run with types ignored, catch-all mentions removed from the gold.
- *typing accuracy*: the share of gold spans that stages 2 and 3, given the spans, answer with their type; "none of
  these" counts as wrong, and once more (*forced*) the best type stands in its place.
- texts are the tokens joined by one space, given as one string; the original test files, whose sentence counts are
  checked; built-in definitions frozen by hash (`FROZEN.sha256`); every run on the test part is logged.
- *seconds*: extraction without the catch-all, all labels of the domain, one process, schema compiled, after one
  warm-up batch.
- Empty cases: nothing to find and nothing said is 1; one of the two without the other is 0.

For the command line (importing this package loads none of it):

- `evaluate.evaluate(ner, gold_path, schema, **options) -> Report`; `Report.to_dict()` is the JSON,
  `tables.print_report(report, console)` the text.
- `crossner.run(ner, data_dir, part=, ablate=, catch_all=, log=, say=) -> dict`; `tables.print_crossner(dict, console)`.
- `speed.run(model=, data=, peer=, peer_env_dir=, threads=, rounds=, say=) -> dict`;
  `speed_rows.print_speed(dict, console)`.
- `serve.run(data=, clients=, rounds=, texts=, model=, threads=, say=) -> dict`;
  `serve_rows.print_serve(dict, console)`.
- `report.main([RESULT.json, ..., "--into", "FILE.md"])`: tables of any results; also `python -m samner.bench.report`.
- `readme.main([])`: the results section of README.md from bench/results; also `make readme`.
- `frozen.main()`: freeze the CrossNER definitions; also `python -m samner.bench.frozen`.

Errors are `samner.errors`; `say` is called with one line of progress at a time.
"""
