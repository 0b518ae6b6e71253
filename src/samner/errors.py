"""One family of errors. Each says what was expected, what was found and how to mend it."""

from __future__ import annotations


class SamnerError(Exception):
    """Base of every error that samner raises on purpose.

    `retryable` tells a caller whether the same call may succeed later (a busy server), or
    never will until something is mended (a wrong file).
    """

    retryable = False

    def __init__(self, expected: str, found: str, remedy: str) -> None:
        super().__init__(expected, found, remedy)  # args in full, so that the error pickles
        self.expected, self.found, self.remedy = expected, found, remedy

    def __str__(self) -> str:
        return f"expected {self.expected}, found {self.found}; {self.remedy}"


class InputError(SamnerError, ValueError):
    """A text, a token list or a span that cannot be processed."""


class SchemaError(SamnerError, ValueError):
    """A schema, a label or a definition that cannot be used."""


class ModelError(SamnerError):
    """A model folder that is missing, damaged, or of another format."""


class FormatError(SamnerError, ValueError):
    """A file whose content is not what its format promises."""


class MissingExtraError(SamnerError, ImportError):
    """A feature that needs an optional dependency which is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"the package {package}", "none installed", f"run: pip install 'samner[{extra}]'")
        self.args = (package, extra)


def in_one_line(error: Exception, most: int | None = None) -> str:
    """A library's error as `found` can hold it: its kind and its message without line ends, cut after `most`
    characters."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:most]}"


class UnreadableTextWarning(UserWarning):
    """The model reads English; most of this text is in a script or language that it cannot read."""
