"""Proposals as a schema file to edit: `samner schema check` accepts it, comments say what each type rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from samner.discover.naming import Proposal
from samner.knowledge.graph import plain


def to_yaml(proposals: Sequence[Proposal], documents: int, mentions: int) -> str:
    """The text of the file. `mentions` are all that were found, in a type or not."""
    return "\n".join(_lines(proposals, documents, mentions)) + "\n"


def _lines(proposals: Sequence[Proposal], documents: int, mentions: int) -> Iterator[str]:
    held = sum(p.mentions for p in proposals)
    yield f"# Proposed by `samner discover` from {documents:,} documents: {len(proposals)} types, which hold"
    yield f"# {held:,} of {mentions:,} mentions. Rename, merge and drop types; let each definition say what you mean."
    yield "types:"
    for proposal in proposals:
        near = f"; near: {', '.join(proposal.near)}" if proposal.near else ""
        yield f"  # {proposal.mentions:,} mentions of {len(proposal.names):,} names{near}"
        yield from _entry(proposal).splitlines()


def _entry(proposal: Proposal) -> str:
    row: dict[str, Any] = {"name": proposal.term.name}
    if proposal.term.definition:
        row["definition"] = proposal.term.definition
    row["examples"] = [plain(example) for example in proposal.examples]
    row["archetypes"] = list(proposal.archetypes)
    if proposal.term.iri:
        row["iri"] = proposal.term.iri
    text = yaml.safe_dump([row], sort_keys=False, allow_unicode=True, width=100)
    return "".join(f"  {line}\n" for line in str(text).splitlines())
