"""When two surfaces are written alike: the normal form under which mentions are gathered."""

from __future__ import annotations

import re
import unicodedata

_QUOTES = str.maketrans("‘’‛`´ʼ“”„«»‐‑‒–—−", "''''''\"\"\"\"\"------")
_POSSESSIVE = re.compile(r"(?<=\w)'s$|(?<=s)'$", re.IGNORECASE)
_ARTICLE = re.compile(r"^the (?=\S)", re.IGNORECASE)
_DOTTED = re.compile(r"\b(?:\w\.){2,}", re.UNICODE)  # U.S., B.B.C.
_SPACE = re.compile(r"\s+")
_EDGE = " \"'.,;:!?()[]*_"
_FORMS = "inc incorporated corp corporation co company ltd limited llc llp plc ag gmbh kg se sa nv bv ab oy oyj asa spa"
LEGAL_FORMS = frozenset(_FORMS.split())
_LEGAL = re.compile(rf",? (?:{'|'.join(sorted(LEGAL_FORMS))})\.?$", re.IGNORECASE)


def shown(surface: str) -> str:
    """The surface as a name to show: white space folded, no quotes and commas around it."""
    return _SPACE.sub(" ", surface).strip(" \"',;:") or surface


def normal(surface: str, archetype: str = "") -> str:
    """The form under which equal names meet.

    Compatibility forms, case, kinds of quotes and dashes, white space, a leading `the`, a possessive, marks around it
    and the dots of initials make no difference; for an organization neither does a legal form at the end ("Siemens
    AG"). A surface of which nothing would be left stays as it is.
    """
    text = unicodedata.normalize("NFKC", surface).translate(_QUOTES)
    text = _POSSESSIVE.sub("", _SPACE.sub(" ", text).strip(_EDGE))
    text = _DOTTED.sub(lambda found: found[0].replace(".", ""), text + "." if text[-2:-1] == "." else text)
    text = _ARTICLE.sub("", text).strip(_EDGE)
    if archetype == "organization":
        text = _LEGAL.sub("", text) or text
    return text.casefold() or surface.casefold()
