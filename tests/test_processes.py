"""One SamNER in many threads, after a fork, and through pickle."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from material import SENTENCE, TYPES
from samner import ModelError, SamNER
from samner.extractors.gazetteer import Gazetteer

pytestmark = pytest.mark.model


def test_it_pickles_with_all_that_it_was_made_of(ner: SamNER) -> None:
    made = SamNER(threads=1, cache_dir=False, extractors=[Gazetteer(["Analytical Engine"])])
    again = pickle.loads(pickle.dumps(made))
    assert (again.threads, again.cache_dir, again.info) == (1, None, made.info)
    assert again.extract(SENTENCE, TYPES) == made.extract(SENTENCE, TYPES)
    assert copy.deepcopy(ner).extract(SENTENCE, TYPES) == ner.extract(SENTENCE, TYPES)


def test_its_results_and_errors_pickle(ner: SamNER) -> None:
    results = ner.extract_batch([SENTENCE, None], TYPES)  # type: ignore[list-item]
    entities, failure = pickle.loads(pickle.dumps(results))
    assert entities == results[0]
    assert str(failure.error) == str(results[1].error)  # type: ignore[union-attr]
    error = ModelError("a", "b", "c")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_threads_that_share_one_get_the_same_answers() -> None:
    ner = SamNER(cache_dir=False, threads=2)  # a new one: its parts are loaded while the threads race
    texts = [f"{SENTENCE} It was in {year}." for year in range(1833, 1841)]
    schemas = [list(TYPES), dict(TYPES), ["person"], None]
    asked = [(text, schema) for text in texts for schema in schemas]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda pair: ner.extract(*pair), asked))
    alone = SamNER(cache_dir=False, threads=1)
    assert answers == [alone.extract(*pair) for pair in asked]


FORK = f"""
import os, signal, sys
from samner import SamNER
ner = SamNER(cache_dir=False, threads=2)
text, types = {SENTENCE!r}, {TYPES!r}
before = ner.extract_batch([text] * 4, types)
child = os.fork()
if child == 0:
    signal.alarm(120)
    os._exit(0 if ner.extract_batch([text] * 4, types) == before and ner.extract(text, ["person"]) else 3)
_, status = os.waitpid(child, 0)
assert ner.extract_batch([text] * 4, types) == before
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_answers() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK], timeout=300, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
