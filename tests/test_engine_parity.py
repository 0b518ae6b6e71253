"""The exported graphs answer as the trained network does, on a tiny one with random weights."""

from __future__ import annotations

import shutil
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from conftest import MODEL
from material import SENTENCE
from samner.archetypes import load as load_archetypes
from samner.engines.embedded.abilities import gather
from samner.engines.embedded.engine import EmbeddedEngine
from samner.engines.embedded.reader import Encoded
from samner.engines.embedded.store import Fitted
from samner.engines.embedded.vectors import type_text
from samner.engines.embedded.words import LOWER, word_shape
from samner.passages import Passage, passages
from samner.ports import Reading
from samner.types import Candidate, Document, EntityType, Mediated, Schema, Span

if TYPE_CHECKING:
    from samner.train.network import Network, Types, Words

pytestmark = [pytest.mark.train, pytest.mark.model]
KINDS = (
    EntityType("person", "A human being."),
    EntityType("city"),
    EntityType("machine", "A device.", ("mill",)),
)
TEXTS = (SENTENCE, "word", "İstanbul, C++ and 3.14 (Zoë)", " ".join([SENTENCE] * 3))
TINY = {"hidden": 48, "pair": 8, "token": 12, "match": 24, "widest": 6}
Array = NDArray[Any]


@cache
def network() -> Network:
    """A network in evaluation, no weight of it zero, no answer of it flat."""
    import torch
    from transformers import BertConfig

    from samner.train.network import Network, NetworkConfig

    torch.manual_seed(7)
    bert = BertConfig(hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96)
    made = Network(bert, NetworkConfig(**TINY))
    with torch.no_grad():
        for name in ("text.kind", "types.kind", "shape.weight", "token_bias"):
            made.get_parameter(name).normal_()
        made.pieces.weight.normal_()
        for layer in (made.span_out, made.span_archetype, made.type_out, made.type_archetype):
            layer.weight.mul_(4)  # fresh ones would give every archetype nearly the same share
    return made.eval()


def exported(folder: Path, quantise: bool) -> EmbeddedEngine:
    """The network as a model folder, by the parts of `samner export`; the pieces' 8 bits go back into the network."""
    import torch

    from samner.train import graphs
    from samner.train.export import _write_tables
    from samner.train.manifest import FORMAT, write_manifest

    made = network()
    weights = {name: value.numpy() for name, value in made.state_dict().items()}
    sizes = {**TINY, "layers": 2, "heads": 4, "positions": 512}
    (folder / "text.onnx").write_bytes(graphs.text_graph(weights, sizes, quantise))
    (folder / "types.onnx").write_bytes(graphs.types_graph(weights, sizes, quantise))
    (folder / "span.onnx").write_bytes(graphs.span_graph(weights, sizes))
    (folder / "project.onnx").write_bytes(graphs.project_graph(weights, sizes))
    (folder / "product.onnx").write_bytes(graphs.product_graph())
    _write_tables(folder / "tables.npz", weights, weights["pieces.weight"])
    shutil.copy(MODEL / "tokenizer.json", folder)
    fitted = dict.fromkeys((f.name for f in fields(Fitted)), 0.5)
    write_manifest(folder, {"format": FORMAT, "sizes": sizes, "fitted": {"": fitted}, "every_threshold": 0.5})
    engine = EmbeddedEngine(folder, load_archetypes(), None, 1)
    with torch.no_grad():
        every = np.arange(len(weights["pieces.weight"]))
        made.pieces.weight.copy_(torch.from_numpy(engine._reader.tables.embed(every)))
    return engine


def passage_of(text: str, engine: EmbeddedEngine) -> Passage:
    (held,) = passages(Document(text), engine.cost, engine.capacity, 40)
    return held


def torch_words(engine: EmbeddedEngine, passage: Passage) -> Words:
    """The passage's word states by the network, its input laid out as training does."""
    import torch

    ids, shapes, first, last = [engine.pieces.cls], [LOWER], [], []
    for n in range(len(passage.words)):
        pieces = engine.pieces.word(passage.surface(n))
        first.append(len(ids))
        ids += pieces
        shapes += [word_shape(passage.surface(n))] * len(pieces)
        last.append(len(ids) - 1)
    ids, shapes = [*ids, engine.pieces.sep], [*shapes, LOWER]
    row = torch.tensor([ids])
    states = network().read(row, torch.tensor([shapes]), torch.ones_like(row))
    ends = torch.tensor([first]), torch.tensor([last])
    return network().words(states, *ends, torch.ones_like(ends[0]).bool())


def torch_types(engine: EmbeddedEngine, texts: list[str]) -> Types:
    import torch

    from samner.train.arrays import pad

    rows = [[engine.pieces.cls, *engine.pieces.sentence(text), engine.pieces.sep] for text in texts]
    ids, mask = pad(rows, engine.pieces.pad)
    return network().describe(torch.from_numpy(ids), torch.from_numpy(mask))


def by_torch(engine: EmbeddedEngine, passage: Passage, first: Array, last: Array) -> dict[str, Array]:
    """What the network says of spans: explorer [N], anchor [3, W, K], match [N, K], archetypes [N, A]."""
    import torch

    net = network()
    with torch.no_grad():
        words, types = torch_words(engine, passage), torch_types(engine, [type_text(kind) for kind in KINDS])
        texts = [f"{a.name.replace('_', ' ')}: {a.definition}" for a in load_archetypes()]
        at = torch.zeros(len(first), dtype=torch.long)
        spans = net.spans(words, at, torch.from_numpy(first), torch.from_numpy(last))
        answers = {
            "explorer": net.explore(words)[0, first, last - first],
            "anchor": net.anchor(words, types)[:, 0],
            "match": net.match(spans, types),
            "archetypes": net.archetype(spans, torch_types(engine, texts)).softmax(-1),
        }
        return {name: answer.numpy() for name, answer in answers.items()}


def by_engine(engine: EmbeddedEngine, passage: Passage) -> tuple[Array, Array, dict[str, Array]]:
    """The same by the engine, of every span up to the widest: first and last words, and the answers."""
    (encoded,) = engine.encode([passage])
    compiled = engine.compile(Schema(KINDS))
    first, last, explorer = encoded.explored
    words = passage.words
    spans = [Span(words[f].start, words[e].end) for f, e in zip(first.tolist(), last.tolist(), strict=True)]
    (archetypes,) = engine.classifier.classify(Reading([passage], compiled, [encoded]), [spans])
    mediated = [
        Mediated(Candidate(s, {}), tuple(row)) for s, row in zip(spans, archetypes.tolist(), strict=True)
    ]
    answers = {
        "explorer": explorer,
        "anchor": np.stack(encoded.anchored(compiled.vectors)),
        "match": gather(encoded, mediated, compiled)["match"],
        "archetypes": archetypes,
    }
    return first, last, answers


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedEngine:
    return exported(tmp_path_factory.mktemp("plain"), quantise=False)


@pytest.fixture(scope="module")
def quantised(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedEngine:
    return exported(tmp_path_factory.mktemp("quantised"), quantise=True)


@pytest.mark.parametrize("text", TEXTS)
def test_the_plain_export_is_the_network(plain: EmbeddedEngine, text: str) -> None:
    passage = passage_of(text, plain)
    first, last, answers = by_engine(plain, passage)
    assert len(first) > 0
    for name, wanted in by_torch(plain, passage, first, last).items():
        assert answers[name].shape == wanted.shape
        assert wanted.std() > 0.01 or len(first) == 1
        np.testing.assert_allclose(answers[name], wanted, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("text", TEXTS)
def test_the_quantised_export_is_near_it(quantised: EmbeddedEngine, text: str) -> None:
    passage = passage_of(text, quantised)
    first, last, answers = by_engine(quantised, passage)
    for name, wanted in by_torch(quantised, passage, first, last).items():
        off = np.abs(answers[name] - wanted)
        assert 0 < off.max() < 0.3, name
        assert off.mean() < 0.06, name


def test_an_answer_is_the_same_bits_every_time_and_beside_any_others(quantised: EmbeddedEngine) -> None:
    held = [passage_of(text, quantised) for text in TEXTS]
    alone = [quantised.encode([passage])[0] for passage in held]
    for together in (quantised.encode(held), reversed(quantised.encode(held[::-1]))):
        for one, other in zip(alone, together, strict=True):
            assert same_bits(one, other)


def same_bits(one: Encoded, other: Encoded) -> bool:
    first, last, logits = one.explored
    pairs = zip(one.vectors(first, last), other.vectors(first, last), strict=True)
    return bool((logits == other.explored[2]).all() and all((a == b).all() for a, b in pairs))


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("MusicalArtist", "Musical Artist"),
        ("musicalArtist", "musical Artist"),
        ("WORK_OF_ART", "WORK OF ART"),
        ("_", "_"),
        ("iPhone", "iPhone"),
        ("DNA", "DNA"),
        ("PhD", "PhD"),
        ("GitHub action", "GitHub action"),
        ("snake_case name", "snake_case name"),
    ],
)
def test_an_identifier_is_read_as_its_words(name: str, read: str) -> None:
    assert type_text(EntityType(name)) == read
    assert type_text(EntityType(name, "What it is.")) == f"{read}: What it is."
