"""Sources that are one document: plain text, Markdown (its marks stay, so that offsets fit the file), HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from samner.corpora.readers import Fields, Place, Record
from samner.corpora.readers.base import opened
from samner.corpora.sources import Source
from samner.errors import FormatError, MissingExtraError
from samner.reading import decode
from samner.types import Document


def texts(source: Source, start: Place, fields: Fields) -> Iterator[Record]:
    """One document, the whole file, its name as id."""
    return _whole(source, start, lambda data: decode(data, source.name, fields.encoding))


def pages(source: Source, start: Place, fields: Fields) -> Iterator[Record]:
    """One document: the text of an HTML page as inscriptis lays it out. Offsets count that text."""
    return _whole(source, start, lambda data: page_text(data, source.name))


def _whole(source: Source, start: Place, to_text: Callable[[bytes], str]) -> Iterator[Record]:
    def load() -> Document:
        with opened(source) as file:
            return Document(to_text(file.read()), source.name)

    if start.number == 0:
        yield Record(source.name, Place(1, 1), source.size, load)


def page_text(data: bytes, name: str) -> str:
    """The visible text of an HTML page. The page's own charset counts, as a browser has it; UTF-8 where it has none."""
    try:
        from inscriptis import Inscriptis
        from inscriptis.model.config import ParserConfig
        from lxml import etree, html
    except ImportError:
        raise MissingExtraError("inscriptis", "corpora") from None
    if not data.strip():
        return ""
    try:
        tree = html.document_fromstring(data, parser=html.HTMLParser(encoding=_charset(data)))
    except (etree.LxmlError, ValueError) as error:
        raise FormatError("an HTML page", f"{error} in {name}", "mend or leave out the file") from None
    text: str = Inscriptis(tree, ParserConfig()).get_text()
    return text


def _charset(data: bytes) -> str | None:
    """None where the page names its own; lxml would otherwise read it as Latin-1."""
    head = data[:2048].lower()
    return None if b"charset" in head or head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
