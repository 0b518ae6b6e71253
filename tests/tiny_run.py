"""All that a training run reads, made up and small: a corpus, a public set, a benchmark, a base encoder, a recipe."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import BertConfig, BertModel

from tiny import write_tokenizer

# Held out by development.tsv: their texts are for judging.
DOMAINS = ("neuroscience", "stellar-astronomy")
SCHEMA = "bird club"
PEOPLE = ("Ada Lovelace", "Charles Babbage", "Mary Somerville", "Ada", "Mary")
CITIES = ("London", "York", "Paris", "New York", "Bath")
FIRMS = ("Acme", "Globex", "Initech Ltd")
VERBS = ("went to", "left", "lives in", "flew over", "knows")
OVERLAP = "The old mill by the river was sold to Acme"


def passages() -> list[str]:
    """Every combination of a few sentences and names, in an order that mixes them."""
    made = []
    for n in range(15):
        person, city, firm = PEOPLE[n % 5], CITIES[n * 2 % 5], FIRMS[n % 3]
        made.append(f"[[{person}|person]] went to [[{city}|city]] .")
        made.append(f"In [[{city}|city]] , [[{firm}|company]] hired [[{person}|person]] .")
        made.append(f"[[{firm}|company]] is the best mill of all .")
    return made


def different_passages() -> list[str]:
    """Sixty, of which no two are alike."""
    cities = [c for c in CITIES if " " not in c] + ["Leeds"]
    trips = [
        f"[[{p}|person]] {VERBS[(n + m) % 5]} [[{c}|city]] ."
        for n, p in enumerate(PEOPLE)
        for m, c in enumerate(cities)
    ]
    hired = [
        f"In [[{c}|city]] , [[{f}|company]] hired [[{p}|person]] ."
        for f in FIRMS
        for c in cities
        for p in PEOPLE
    ]
    return [row for pair in zip(trips, hired[::2], strict=False) for row in pair] + hired[1:21:2]


TYPES = """person\tperson\t\thuman\tA human being.
city\tlocation\tplace\ttown\tA large town.
place\tlocation\t\t\tAnywhere on the map.
company\torganization\t\tfirm, business\tA firm.
"""


def write_corpus(folder: Path, rows: Sequence[str] = ()) -> None:
    """Some 45 passages of an open inventory (or `rows`), of which a quarter is held out, and one user's schema in two
    domains."""
    folder.mkdir()
    rows = rows or passages()
    held = len(rows) // 8
    domains = [DOMAINS[0]] * held + [DOMAINS[1]] * held + ["trips"] * (len(rows) - 2 * held)
    lines = [f"{domain}\t{row}" for domain, row in zip(domains, rows, strict=True)]
    lines.append(f"trips\t{OVERLAP.replace('Acme', '[[Acme|company]]')} .")
    (folder / "academic-concepts.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "academic-concepts.types.tsv").write_text(TYPES, "utf-8")
    own = [
        f"{domain}\tA trip to [[{city}|stop]] for [[{n}|price]] ."
        for n, city in enumerate(CITIES, 10)
        for domain in (SCHEMA, "tickets")
    ]
    (folder / "schemas-applications.tsv").write_text("\n".join(own) + "\n", "utf-8")
    types = "stop\tlocation\tplace\tgoal\tWhere the trip goes.\nprice\tmisc\t\tfare\tHow much it costs.\n"
    (folder / "schemas-applications.types.tsv").write_text(types, "utf-8")


def write_data(folder: Path) -> None:
    """A public set of ten sentences, and a benchmark that shares a sentence with the corpus."""
    (folder / "train").mkdir(parents=True)
    (folder / "crossner").mkdir()
    with gzip.open(folder / "train" / "wnut17.jsonl.gz", "wt", encoding="utf-8") as lines:
        for n in range(10):
            tokens = [*PEOPLE[n % 3].split(), "likes", CITIES[n % 3], "!"]
            spans = [[0, 1, "person"], [3, 3, "location"]]
            lines.write(json.dumps({"tokens": tokens, "spans": spans}) + "\n")
    tokens = "\n".join(f"{token}\tO" for token in OVERLAP.split())
    (folder / "crossner" / "ai.test.txt").write_text(tokens + "\n", "utf-8")


def write_base(folder: Path) -> None:
    """A BERT of two small layers with random weights, and a tokenizer that knows the corpus' words."""
    folder.mkdir()
    text = " ".join([*passages(), TYPES, OVERLAP]).lower()
    words = {word for word in text.replace("|", " ").split() if word.isalpha()}
    size = write_tokenizer(folder / "tokenizer.json", words)
    config = BertConfig(
        vocab_size=size,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
        max_position_embeddings=256,
    )
    torch.manual_seed(11)
    bert = BertModel(config, add_pooling_layer=False)
    with torch.no_grad():
        bert.embeddings.word_embeddings.weight.normal_()
    bert.save_pretrained(folder)


def write_recipe(file: Path, base: Path, steps: int) -> None:
    file.write_text(
        f"""steps: {steps}
base: {base}
corpus_share: 0.7
schemas_share: 0.15
blur: 0.999
precision: float32
public: {{wnut17: {{share: 0.15, exhaustive: true}}}}
network: {{hidden: 32, pair: 8, token: 8, match: 32, widest: 6}}
batch: {{pieces: 150, asked: 12, mask: 0.02}}
rates: {{text: 1.0e-3, types: 1.0e-3, heads: 5.0e-3, warmup: 5, average: 0.9}}
save_every: 8
develop_every: {steps}
""",
        "utf-8",
    )
