"""The form that tells the broader of two types, on vectors in which it can be told."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from samner.train.blur import blur_relations
from samner.train.broader import _judge, _pairs, _train, broader_logits
from samner.train.ontology import BROADER, EQUAL, NEGATIVE, UNKNOWN
from tiny import book_of, open_type, word_pieces

pytestmark = pytest.mark.train


def test_which_pairs_can_be_judged() -> None:
    # 0 is under 1; of 2 and 0 nobody knows; 2 is neither under nor over 1
    relation = np.array([[EQUAL, BROADER, UNKNOWN], [UNKNOWN, EQUAL, NEGATIVE], [UNKNOWN, NEGATIVE, EQUAL]])
    target, known = _pairs(relation)
    assert np.argwhere(target).tolist() == [[0, 1]]
    # that 0 is not broader than 1 follows, though a mention marked 1 may be a 0
    assert known.tolist() == [[True, True, False], [True, True, True], [False, True, True]]


def test_the_logit_of_one_pair() -> None:
    generator = torch.Generator().manual_seed(1)
    x, line = torch.randn(3, 4, generator=generator), torch.randn(9, generator=generator)
    narrow, wide = torch.randn(4, 64, generator=generator), torch.randn(4, 64, generator=generator)
    made = broader_logits(x, narrow, wide, line)[0, 2]
    wanted = (x[0] @ narrow) @ (x[2] @ wide) / 8 + x[0] @ line[:4] + x[2] @ line[4:8] + line[8]
    torch.testing.assert_close(made, wanted)


@pytest.mark.slow
def test_it_learns_families_and_their_heads() -> None:
    """Six families of a head and nine members: a vector says the family, and whether it is the head."""
    rng = np.random.default_rng(1)
    family, head = np.repeat(np.arange(6), 10), np.tile([True] + [False] * 9, 6)
    vectors = np.concatenate([np.eye(6)[family] * 3, head[:, None] * 3, rng.normal(0, 0.2, (60, 9))], axis=1)
    target = (family[:, None] == family) & ~head[:, None] & head
    known = np.ones((60, 60), bool)
    hidden = np.arange(60) % 10 == 5
    x = vectors.astype(np.float32)
    seen = np.ix_(~hidden, ~hidden)
    tables = _train([x[~hidden]], target[seen], known[seen])
    figures = _judge(tables, x, target, known, hidden)
    assert figures["types"] == 6
    assert figures["recall"] > 0.8
    assert figures["precision"] > 0.8


def test_blurring_reads_the_types_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    from transformers import BertConfig

    from samner.train.network import Network, NetworkConfig

    pieces = word_pieces()
    size = len(pieces._tokenizer.get_vocab())
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    torch.manual_seed(1)
    network = Network(BertConfig(vocab_size=size, **sizes), NetworkConfig(hidden=16, match=8))
    rows = [open_type(name) for name in ("ab", "ba", "xyz")]
    cache = tmp_path_factory.mktemp("blur") / "blur.safetensors"
    assert blur_relations(book_of(*rows), network, pieces, 1.0, cache) == 0
    assert not cache.exists()
    assert blur_relations(book_of(*rows), network, pieces, -1.0, cache) == 6  # everything is that alike
    with torch.no_grad():
        network.pieces.weight.zero_()
    book = book_of(*rows)
    assert blur_relations(book, network, pieces, 0.99999, cache) == 0  # from the file: now all would be alike
    assert [f.name for f in cache.parent.iterdir()] == [cache.name]
