"""Writes src/samner/train/glosses.tsv: for each training type that the Open English WordNet has as a noun, the gloss of
the sense that is nearest to our own definition.

    python scripts/wordnet_glosses.py "$SAMNER_DATA/ontology/open-english-wordnet-nouns.tar.gz"

Needs the train extra and SAMNER_DATA. Nearest: by cosine of the untrained base encoder's sentence vectors of
`name: definition`; pairs below LEAST are left out, since that sense is likely another one.
"""

from __future__ import annotations

import sys
import tarfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import yaml

from samner.train.base import base_config, base_folder, base_weights
from samner.train.blur import unit_vectors
from samner.train.glosses import GLOSSES
from samner.train.material import all_types, pieces_of
from samner.train.network import Network
from samner.train.recipe import data_folder, load_recipe

LEAST = 0.72
RECIPE = Path(__file__).parents[1] / "recipes" / "embedded.yaml"


def senses(archive: Path) -> dict[str, list[str]]:
    """The glosses of every noun, by lower-cased lemma."""
    found: dict[str, list[str]] = defaultdict(list)
    with tarfile.open(archive) as held:
        for member in held:
            if not member.name.endswith(".yaml") or "/noun." not in member.name:
                continue
            stream = held.extractfile(member)
            assert stream is not None
            for synset in yaml.load(stream, Loader=yaml.CSafeLoader).values():
                for lemma in synset["members"]:
                    found[lemma.lower()].append(synset["definition"][0])
    return found


def main(archive: Path) -> None:
    recipe = load_recipe(RECIPE)
    base = base_folder(recipe)
    network = Network(base_config(base), recipe.network)
    network.load_bert(base_weights(base))
    nouns = senses(archive)
    book = all_types(recipe, Path("corpus"), data_folder())
    pairs = [(e, gloss) for e in book.entries.values() for gloss in nouns.get(e.name, ())]
    ours = [f"{e.name}: {e.definitions[0]}" if e.definitions else e.name for e, _ in pairs]
    theirs = [f"{e.name}: {gloss}" for e, gloss in pairs]
    pieces = pieces_of(base)
    alike = np.einsum("nd,nd->n", *(unit_vectors(texts, network, pieces) for texts in (ours, theirs)))
    best: dict[str, tuple[float, str]] = {}
    for (entry, gloss), score in zip(pairs, alike.tolist(), strict=True):
        best[entry.key] = max(best.get(entry.key, (0.0, "")), (score, gloss))
    rows = [f"{key}\t{gloss}\n" for key, (score, gloss) in sorted(best.items()) if score >= LEAST]
    GLOSSES.write_text("".join(rows), encoding="utf-8")
    print(f"{len(rows)} glosses for {len(book.entries)} types in {GLOSSES}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
