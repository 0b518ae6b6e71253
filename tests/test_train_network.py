"""The heads' sums over spans, against loops."""

from __future__ import annotations

import pytest
import torch
from transformers import BertConfig

from samner.train.network import Network, NetworkConfig, Words, diagonals, spread_mean

pytestmark = pytest.mark.train
BERT = BertConfig(
    vocab_size=30, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
)


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(1)
    return Network(BERT, NetworkConfig(hidden=16, pair=4, token=6, match=8, widest=3)).eval()


@pytest.fixture(scope="module")
def words(network: Network) -> Words:
    generator = torch.Generator().manual_seed(2)
    first, last = (torch.randn(2, 5, 16, generator=generator) for _ in range(2))
    return Words(first, last, (first + last) / 2, torch.ones(2, 5))


def test_diagonals() -> None:
    square = torch.arange(9).view(1, 3, 3)
    assert diagonals(square, 2).tolist() == [[[0, 1], [4, 5], [8, 8]]]  # beyond the end: never read


def test_means_of_every_span() -> None:
    values = torch.randn(2, 6, 3)
    made = spread_mean(values, 4)
    for start in range(6):
        for width in range(min(4, 6 - start)):
            wanted = values[:, start : start + width + 1].mean(1)
            torch.testing.assert_close(made[:, start, width], wanted, atol=1e-5, rtol=1e-4)


def test_word_states_are_their_ends(network: Network) -> None:
    states = torch.randn(1, 5, 16)
    made = network.words(states, torch.tensor([[1, 2]]), torch.tensor([[1, 3]]), torch.ones(1, 2))
    assert torch.equal(made.first[0], states[0, [1, 2]])
    assert torch.equal(made.last[0], states[0, [1, 3]])
    torch.testing.assert_close(made.mean[0, 1], (states[0, 2] + states[0, 3]) / 2)


@torch.no_grad()
def test_the_explorer_of_one_span(network: Network, words: Words) -> None:
    logits = network.explore(words)
    assert logits.shape == (2, 5, 3)
    b, start, end = 1, 2, 4
    pair = network.pair_start(words.first[b, start]) @ network.pair_end(words.last[b, end]) / 4**0.5
    ends = network.explorer_start(words.first[b, start]) + network.explorer_end(words.last[b, end])
    inside = network.explorer_inside(words.mean[b, start : end + 1]).mean()
    wanted = pair + ends + inside + network.explorer_width.weight[2]
    torch.testing.assert_close(logits[b, start, 2], wanted.squeeze(), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_the_vector_of_one_span(network: Network, words: Words) -> None:
    text, start, end = torch.tensor([1, 0]), torch.tensor([2, 3]), torch.tensor([4, 3])
    made = network.spans(words, text, start, end)
    mean = network.span_mean(words.mean[1, 2:5].mean(0))
    hidden = network.span_first(words.first[1, 2]) + network.span_last(words.last[1, 4]) + mean
    wanted = network.span_out(torch.nn.functional.gelu(hidden + network.span_width.weight[2]))
    torch.testing.assert_close(made[0], wanted, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_a_type_is_the_mean_of_its_pieces_whatever_the_padding(network: Network) -> None:
    ids = torch.tensor([[2, 7, 8, 3, 0], [2, 9, 3, 0, 0]])
    mask = (ids > 0).long()
    made = network.describe(ids, mask)
    alone = network.describe(ids[1:, :3], mask[1:, :3])
    for together, single in zip(made, alone, strict=True):
        torch.testing.assert_close(together[1:], single, atol=1e-5, rtol=1e-4)
