"""spaCy's DocBin (`.spacy`, extra `spacy`): what `spacy train` takes.

Mentions are `doc.ents`, or `doc.spans["sc"]` where some overlap. Tokens are the document's, or those of spaCy's
English tokenizer. Scores and archetypes are kept as `ent._.score` and `ent._.archetype`, the id in `doc.user_data`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from samner.errors import FormatError, MissingExtraError
from samner.formats.base import Format, Marked, Mention, Notes, Read, fitted, on_tokens
from samner.formats.rows import checked, each
from samner.types import Document, Failure, Span

SPANS_KEY, SCORES = "sc", "scores"  # of a SpanGroup: its usual key, and where its scores are
EXTENSIONS = ("score", "archetype")


def read(path: Path, notes: Notes) -> Iterator[Read]:
    spacy = load_spacy()
    vocab = spacy.blank("en").vocab
    try:
        docs = list(spacy.tokens.DocBin().from_disk(path).get_docs(vocab))
    except OSError as error:
        found = error.strerror or str(error)
        yield Failure(FormatError(f"a readable file {path}", found, "check the path"), str(path))
        return
    except Exception as error:  # msgpack, zlib and spaCy raise a dozen kinds
        found = f"{type(error).__name__} in {path}"
        yield Failure(FormatError("a DocBin of spaCy", found, "write it with DocBin.to_disk"), str(path))
        return
    rows = ((f"{path}, document {number}", doc) for number, doc in enumerate(docs, 1))
    yield from each(rows, lambda doc: _marked(doc, notes), "a Doc with labelled spans")


def _marked(doc: Any, notes: Notes) -> Marked:
    """`doc.ents` and `doc.spans["sc"]`, what stands in both of them once."""
    for key, group in doc.spans.items():
        notes.lost(f"spans in doc.spans[{key!r}]", len(group) if key != SPANS_KEY else 0)
    group = doc.spans.get(SPANS_KEY, [])
    scores = [s._.score for s in doc.ents] + (_scores(group) or [s._.score for s in group])
    spans = {
        (s.start, s.end, s.label): (s, score) for s, score in zip((*doc.ents, *group), scores, strict=True)
    }
    mentions = tuple(
        checked(doc.text, s.start_char, s.end_char, s.label_, None, score, archetype=s._.archetype)
        for s, score in spans.values()
    )
    id = doc.user_data.get("id")
    return Marked(Document(doc.text, id if isinstance(id, str) else None, _words(doc)), mentions)


def _scores(group: Any) -> list[Any]:
    """The scores that spaCy's own components give a group, if there is one for each span."""
    scores = getattr(group, "attrs", {}).get(SCORES, ())
    return [None if s is None else float(s) for s in scores] if len(scores) == len(group) else []


def _words(doc: Any) -> tuple[Span, ...]:
    """The tokens without those of white space, at whose edges no entity may lie."""
    return tuple(Span(t.idx, t.idx + len(t)) for t in doc if not t.is_space)


def write(path: Path, documents: Iterable[Marked], notes: Notes) -> None:
    spacy = load_spacy()
    nlp = spacy.blank("en")
    held = spacy.tokens.DocBin(store_user_data=True)
    for marked in fitted(documents, FORMAT.holds, notes):
        held.add(_doc(nlp, marked, notes))
    held.to_disk(path)


def _doc(nlp: Any, marked: Marked, notes: Notes) -> Any:
    doc = _tokens(nlp, marked.document)
    if marked.document.id is not None:
        doc.user_data["id"] = marked.document.id
    visible = [token.i for token in doc if not token.is_space]
    placed = on_tokens(Marked(Document(doc.text, None, _words(doc)), marked.mentions), notes)
    spans = [_span(doc, visible[first], visible[last], m, notes) for first, last, m in placed]
    ordered = sorted((first, last) for first, last, _ in placed)
    if all(before[1] < after[0] for before, after in pairwise(ordered)):
        doc.set_ents(spans)
    else:
        doc.spans[SPANS_KEY] = spans
        doc.spans[SPANS_KEY].attrs[SCORES] = [mention.score for *_, mention in placed]
    return doc


def _tokens(nlp: Any, document: Document) -> Any:
    """spaCy's tokens, or the document's with what lies between them: one space, or tokens of the rest."""
    from spacy.tokens import Doc

    if document.words is None:
        return nlp.make_doc(document.text)
    words: list[str] = []
    spaces: list[bool] = []
    at = 0
    for span in (*document.words, Span(len(document.text), len(document.text))):
        gap = document.text[at : span.start]
        if gap.startswith(" ") and words:
            spaces[-1], gap = True, gap[1:]
        for part in (gap, document.text[span.start : span.end]):
            if part:
                words.append(part)
                spaces.append(False)
        at = span.end
    return Doc(nlp.vocab, words, spaces)


def _span(doc: Any, first: int, last: int, mention: Mention, notes: Notes) -> Any:
    from spacy.tokens import Span as SpacySpan

    span = SpacySpan(doc, first, last + 1, label=mention.label)
    if mention.archetype is not None and span._.archetype not in (None, mention.archetype):
        notes.lost("archetypes of several mentions in one place, the last one kept")
    set_attributes(span, mention.score, mention.archetype)
    return span


def set_attributes(span: Any, score: float | None, archetype: str | None) -> Any:
    """What the span is to carry; None leaves what is there."""
    for name, value in zip(EXTENSIONS, (score, archetype), strict=True):
        if value is not None:
            span._.set(name, value)
    return span


def load_spacy() -> Any:
    """spaCy, with the extensions that mentions use."""
    try:
        import spacy
        from spacy.tokens import Span as SpacySpan
    except ImportError:
        raise MissingExtraError("spacy", "spacy") from None
    for name in EXTENSIONS:
        if not SpacySpan.has_extension(name):
            SpacySpan.set_extension(name, default=None)
    return spacy


FORMAT = Format(
    "spacy", "spaCy's DocBin", read, write, frozenset({"id", "words", "score", "archetype"}), (".spacy",)
)
