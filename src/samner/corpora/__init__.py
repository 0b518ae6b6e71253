"""Corpora: inputs far larger than memory, in shards, so that a run goes on where it was stopped.

    from samner.corpora import run
    run(["articles/", "more.jsonl.gz"], "out", SamNER(), ["person", "city"])

The input is a stream of documents (`sources`, `readers`), cut into shards by number and bytes alone (`shards`). A
shard is worked off in chunks that go to its journal (`journal`); when all are there it becomes one file, moved into
place whole, and then a receipt, which says that it is done (`work`, `receipts`). Nothing is read again that a receipt
or a journal holds. Many processes may do so at once, each with shards of its own (`samner.integrations.ray`).
"""

from samner.corpora.job import Job, Options
from samner.corpora.run import Outcome, run
from samner.corpora.stream import Limits

__all__ = ["Job", "Limits", "Options", "Outcome", "run"]
