"""brat's folder: a `.txt` and a `.ann` for each document, `T1<TAB>Label start end<TAB>text`, offsets in code points.

A mention that runs over a line end is written in pieces, as brat wants it. Labels and file names cannot be just any
string; those that had to be changed are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from samner.errors import FormatError
from samner.formats.base import Format, Marked, Mention, Notes, Read, fitted
from samner.formats.rows import Fault, checked
from samner.types import Document, Failure

_NOT_IN_LABELS = re.compile(r"[^\w-]", re.ASCII)  # brat's configuration allows no others
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f<>:"|?*\\]')
_KINDS = {"R": "relations", "E": "events", "A": "attributes", "M": "attributes", "N": "links", "#": "notes"}
_PIECE = re.compile(r"[^\n]+")


def read(path: Path, notes: Notes) -> Iterator[Read]:
    """The `.txt` files of the folder, sorted, each with what its `.ann` marks; its name without suffix is the id."""
    texts = sorted(path.rglob("*.txt")) if path.is_dir() else []
    for text in texts:
        annotations = text.with_suffix(".ann")
        if not annotations.exists():
            notes.lost("texts without a .ann beside them, taken as unmarked")
        try:
            lines = _utf8(annotations).split("\n") if annotations.exists() else []
            content = _utf8(text)
        except FormatError as error:
            yield Failure(error, str(text))
        else:
            yield _marked(path, text, content, lines, notes)


def _utf8(file: Path) -> str:
    """The file to the last character: brat counts a byte-order mark too."""
    try:
        return file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError("a readable file in UTF-8", f"{file}: {error}", "save it as UTF-8") from None


def _marked(folder: Path, file: Path, text: str, lines: list[str], notes: Notes) -> Read:
    mentions: list[Mention] = []
    for number, line in enumerate(lines, 1):
        place = f"{file.with_suffix('.ann')}:{number}"
        try:
            mentions += _line(line.rstrip("\r"), text, notes)
        except Fault as fault:
            expected = "T<number><TAB>Label start end<TAB>text"
            return Failure(FormatError(expected, f"{place}: {fault}", "mend the line"), place)
    return Marked(Document(text, str(file.relative_to(folder).with_suffix(""))), tuple(mentions))


def _line(line: str, text: str, notes: Notes) -> list[Mention]:
    if not line.strip():
        return []
    if line[0] != "T":
        notes.lost(_KINDS.get(line[0], "lines of another kind"))
        return []
    label, _, places = line.partition("\t")[2].partition("\t")[0].partition(" ")
    try:
        pieces = [tuple(map(int, piece.split(" "))) for piece in places.split(";")]
    except ValueError:
        raise Fault(f"offsets that are no whole numbers: {line!r:.80}") from None
    if any(len(piece) != 2 for piece in pieces):
        raise Fault(f"offsets that are no pairs: {line!r:.80}")
    if any(text[end:start].strip() or end > start for (_, end), (start, _) in pairwise(pieces)):
        notes.lost("mentions in several pieces, left out")
        return []
    return [checked(text, pieces[0][0], pieces[-1][1], label)]


def write(path: Path, documents: Iterable[Marked], notes: Notes) -> None:
    """Makes the folder; `annotation.conf` lists the labels, as brat needs it."""
    path.mkdir(parents=True, exist_ok=True)
    names: dict[str, str] = {}
    labels: dict[str, str] = {}
    for number, marked in enumerate(fitted(documents, FORMAT.holds, notes), 1):
        document = marked.document
        name = _unused(_file_name(document.id, number), names)
        names[name.casefold()] = name
        if document.id is not None and name != document.id:
            notes.lost("ids that cannot be file names, changed")
        file = path / f"{name}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(document.text.encode())
        lines = [_row(n, m, document.text, labels, notes) for n, m in enumerate(marked.mentions, 1)]
        file.with_name(f"{file.name[:-4]}.ann").write_bytes("".join(lines).encode())
    changed = sum(label != given for given, label in labels.items())
    notes.lost("labels that brat cannot spell, changed", changed)
    kinds = "\n".join(sorted(set(labels.values())))
    (path / "annotation.conf").write_text(f"[entities]\n{kinds}\n\n[relations]\n\n[events]\n\n[attributes]\n")


def _row(number: int, mention: Mention, text: str, labels: dict[str, str], notes: Notes) -> str:
    """One line, or nothing for a mention that is nothing but line ends."""
    surface = text[mention.start : mention.end]
    pieces = [(mention.start + m.start(), mention.start + m.end()) for m in _PIECE.finditer(surface)]
    if surface[0] == "\n" or surface[-1] == "\n":
        notes.lost("line ends at the edge of a mention", 1)
    if not pieces:
        return ""
    label = _label(mention.label, labels)
    places = ";".join(f"{start} {end}" for start, end in pieces)
    return f"T{number}\t{label} {places}\t{' '.join(text[s:e] for s, e in pieces)}\n"


def _label(given: str, labels: dict[str, str]) -> str:
    """The label as brat can spell it; two labels never become one."""
    if given not in labels:
        plain = _NOT_IN_LABELS.sub("_", given)
        taken = {label.casefold(): label for label in labels.values()}
        labels[given] = _unused(plain, taken)
    return labels[given]


def _unused(name: str, taken: dict[str, str]) -> str:
    """The name, with a number behind it where it is taken already (file systems may not tell case apart)."""
    number, found = 2, name
    while found.casefold() in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def _file_name(id: str | None, number: int) -> str:
    """A relative path inside the folder, never out of it."""
    parts = [_NOT_IN_NAMES.sub("_", part)[:100] for part in (id or "").split("/")]
    safe = [part for part in parts if part.strip(". ")]
    return "/".join(safe) or f"{number:06}"


FORMAT = Format("brat", "brat's folder of .txt and .ann", read, write, frozenset({"id"}), folder=True)
