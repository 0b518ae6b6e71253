"""Arguments of a command that may be texts or a corpus."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from samner.cli.extract import looks_like_a_file, read_arguments
from samner.errors import SamnerError
from samner.types import Document, Failure

if TYPE_CHECKING:
    from samner.corpora.readers import Fields
    from samner.corpora.sources import Source


def read_corpus(arguments: Iterable[str], fields: Fields) -> Iterator[Document | Failure]:
    """The documents of the arguments, in order: a text itself, standard input for -, and whatever `samner run` takes.
    Read as they are asked for; what stands for no file is an InputError at once."""
    from samner.corpora.sources import find_sources
    from samner.reading import STDIN

    parts: list[Iterator[Document | Failure]] = []
    for argument in arguments:
        if argument != STDIN and _is_corpus(argument):
            parts.append(_documents(find_sources([argument]), fields))
        else:
            parts.append(read_arguments([argument], fields.encoding))
    return chain.from_iterable(parts)


def _is_corpus(argument: str) -> bool:
    url = "://" in argument and not any(char.isspace() for char in argument)
    return url or os.path.exists(argument) or looks_like_a_file(argument)


def _documents(sources: list[Source], fields: Fields) -> Iterator[Document | Failure]:
    from samner.corpora.stream import BEGINNING, items

    for item in items(sources, BEGINNING, fields):
        try:
            yield item.load()
        except SamnerError as error:
            yield Failure(error, item.name)
