"""Texts and types that several tests use."""

from __future__ import annotations

from hypothesis import settings, strategies as st

TYPES = {
    "person": "A human being, by name.",
    "city": "A large town.",
    "organization": "A company, institution or society.",
    "machine": "A mechanical device.",
}
SENTENCE = (
    "Ada Lovelace wrote to Charles Babbage in London about the Analytical Engine, "
    "and the Royal Society took no notice."
)

# For properties that ask the model.
few = settings(max_examples=settings.default.max_examples // 3)

_PIECES = (
    *("Ada Lovelace", "Charles Babbage", "London", "the Royal Society", "wrote to", "in", ".", ",", "(", '"'),
    *("Zoë", "Zoe\u0308", "İstanbul", "STRASSE", "straße", "ﬁn", "don't", "U.S.", "C++", "3.14", "x" * 120),
    *("משה", "القاهرة", "\u202b", "\u200f", "東京", "กรุงเทพ", "👩‍🔬", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "\u0301", "e\u0301\u0302"),
    *(
        "\ud800",
        "\udfff",
        "\x00",
        "\x1b",
        "\ufeff",
        "\u200b",
        "\u00ad",
        "\ufffd",
        "\t",
        "\n",
        "\u2028",
        "\xa0",
    ),
)


def texts(max_pieces: int = 24) -> st.SearchStrategy[str]:
    """Texts with names in them, and with everything that makes offsets go wrong."""
    piece = st.sampled_from(_PIECES) | st.text(st.characters(), max_size=6)
    return st.lists(piece, max_size=max_pieces).flatmap(
        lambda pieces: st.sampled_from([" ", "", "  "]).map(lambda between: between.join(pieces))
    )
