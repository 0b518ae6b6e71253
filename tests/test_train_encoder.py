"""The encoder that computes no padding is BERT: same weights in, same states out."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import BertConfig, BertModel

from samner.errors import MissingExtraError, ModelError
from samner.train.base import base_folder, base_weights
from samner.train.encoder import Encoder, Layout, TextDropout
from samner.train.network import Network, NetworkConfig
from samner.train.pretrained import encoder_config
from samner.train.recipe import Recipe

pytestmark = pytest.mark.train
CONFIG = BertConfig(
    vocab_size=50,
    hidden_size=24,
    num_hidden_layers=3,
    num_attention_heads=4,
    intermediate_size=40,
    max_position_embeddings=32,
)


@pytest.fixture(scope="module")
def bert() -> BertModel:
    """A BERT with no weight zero or one, so that a missed bias or norm shows."""
    torch.manual_seed(3)
    made = BertModel(CONFIG, add_pooling_layer=False).eval()
    with torch.no_grad():
        for p in made.parameters():
            p.add_(torch.randn_like(p) * 0.2)
    return made


def ours(bert: BertModel, ids: Tensor, mask: Tensor) -> Tensor:
    encoder = Encoder(CONFIG, dropout=0.5).eval()
    weights = bert.state_dict()
    encoder.load_bert(weights)
    layout = Layout.of(mask)
    embedded = weights["embeddings.word_embeddings.weight"][layout.flat(ids)]
    return layout.padded(encoder(embedded, layout))


@pytest.mark.parametrize("padding", [0, 5])
@torch.no_grad()
def test_states_are_those_of_bert(bert: BertModel, padding: int) -> None:
    sizes = [9, 4, 1]
    ids = torch.randint(1, 50, (3, 9 + padding), generator=torch.Generator().manual_seed(1))
    mask = (torch.arange(9 + padding) < torch.tensor(sizes).unsqueeze(1)).long()
    wanted = bert(input_ids=ids, attention_mask=mask).last_hidden_state
    found = ours(bert, ids, mask)
    torch.testing.assert_close(found, wanted * mask.unsqueeze(-1), atol=2e-5, rtol=1e-4)
    assert wanted[mask == 1].std() > 0.1
    alone = ours(bert, ids[1:2, :4], mask[1:2, :4])  # no neighbour, no padding
    torch.testing.assert_close(alone[0], found[1, :4], atol=1e-5, rtol=1e-4)


def test_a_missing_weight_is_named(bert: BertModel) -> None:
    weights = bert.state_dict()
    del weights["encoder.layer.2.output.dense.bias"]
    with pytest.raises(KeyError, match=r"encoder\.layer\.2\.output\.dense\.bias"):
        Encoder(CONFIG, 0).load_bert(weights)


def test_the_layout_goes_there_and_back() -> None:
    mask = torch.tensor([[1, 1, 1], [1, 0, 0]])
    layout = Layout.of(mask)
    padded = torch.arange(12.0).view(2, 3, 2)
    flat = layout.flat(padded)
    assert flat.tolist() == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert layout.text.tolist() == [0, 0, 0, 1]
    assert torch.equal(layout.padded(flat), padded * mask.unsqueeze(-1))


def test_dropout_drops_features_of_whole_texts() -> None:
    torch.manual_seed(1)
    layout = Layout.of(torch.tensor([[1, 1, 1], [1, 1, 0]]))
    drop = TextDropout(0.5)
    flat = torch.ones(5, 400)
    dropped = drop(flat, layout)
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(dropped[0], dropped[1])
    assert torch.equal(dropped[3], dropped[4])
    assert not torch.equal(dropped[0], dropped[3])
    assert 0.4 < (dropped > 0).float().mean() < 0.6
    assert torch.equal(drop.eval()(flat, layout), flat)


def test_both_encoders_begin_as_the_base_and_train_apart(bert: BertModel) -> None:
    two = Network(CONFIG, NetworkConfig(hidden=24, match=16))
    two.load_bert(bert.state_dict())
    assert two.text is not two.types
    assert torch.equal(two.text.position.weight, two.types.position.weight)
    assert not two.pieces.weight.requires_grad
    one = Network(CONFIG, NetworkConfig(hidden=24, match=16, shared=True))
    assert one.text is one.types


def write_base(folder: Path, bert: BertModel, prefix: str) -> None:
    CONFIG.save_pretrained(folder)
    weights = {prefix + name: value.contiguous() for name, value in bert.state_dict().items()}
    save_file(weights | {f"{prefix}pooler.dense.bias": torch.zeros(24)}, folder / "model.safetensors")


@pytest.mark.parametrize("prefix", ["", "bert."])
def test_a_base_in_a_folder(tmp_path: Path, bert: BertModel, prefix: str) -> None:
    write_base(tmp_path, bert, prefix)
    found = hashlib.sha256((tmp_path / "model.safetensors").read_bytes()).hexdigest()
    folder = base_folder(Recipe(steps=1, base=str(tmp_path), base_sha256=found))
    assert encoder_config(folder).num_hidden_layers == 3
    assert base_weights(folder).keys() == bert.state_dict().keys()


def test_a_base_with_other_weights_is_refused(tmp_path: Path, bert: BertModel) -> None:
    write_base(tmp_path, bert, "")
    with pytest.raises(ModelError, match=r"weights with SHA-256 0{64}, found"):
        base_folder(Recipe(steps=1, base=str(tmp_path), base_sha256="0" * 64))


def test_a_base_that_is_not_installed_says_what_brings_it() -> None:
    with pytest.raises(MissingExtraError, match=r"no-such-encoder.*samner\[train\]"):
        base_folder(Recipe(steps=1, base="no-such-encoder"))
