"""Numbers and hostile text, made readable."""

from __future__ import annotations

import re
import unicodedata

# Control characters move cursors and colour terminals; bidirectional overrides reorder what
# follows; lone surrogates cannot be written at all.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Replace control characters, drop bidirectional overrides; tabs and newlines stay.

    Examples
    --------
    >>> visible("red: \x1b[31m")
    'red: �[31m'
    """
    return _BIDI.sub("", _CONTROLS.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n")))


def shorten(text: str, limit: int) -> str:
    """Cut after ``limit`` characters and say how many were left out.

    Examples
    --------
    >>> shorten("abcdefgh", 3)
    'abc… (5 characters more)'
    """
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit:,} characters more)"


def probability_in_words(probability: float) -> str:
    """Round to three digits, never to certainty.

    Examples
    --------
    >>> [probability_in_words(p) for p in (0.12345, 0.99999, 0.0)]
    ['0.123', '> 0.999', '< 0.001']
    """
    if probability != probability:  # noqa: PLR0124 - NaN
        return "unknown"
    if probability >= 0.9995:
        return "> 0.999"
    if probability < 0.0005:
        return "< 0.001"
    return f"{probability:.3f}"


def interval_in_words(low: float, high: float) -> str:
    """Say an interval of probabilities.

    Examples
    --------
    >>> interval_in_words(0.2, 0.6), interval_in_words(0.0, 0.004)
    ('0.2 to 0.6', '0 to 0.004')
    """
    return f"{_two_digits(low)} to {_two_digits(high)}"


def _two_digits(share: float) -> str:
    rounded = f"{share:.3f}" if share > 0.99 or share < 0.01 else f"{share:.2f}"
    return rounded.rstrip("0").rstrip(".")


def rarity_in_words(p_value: float) -> str:
    """Say a p-value as a share of genuine articles.

    Examples
    --------
    >>> rarity_in_words(0.0004)
    '1 genuine article in 2,500 looks at least this odd'
    >>> rarity_in_words(0.4)
    '40 % of genuine articles look at least this odd'
    """
    if p_value >= 0.05:
        return f"{100 * p_value:.0f} % of genuine articles look at least this odd"
    if p_value <= 0:
        return "no genuine article on record looks this odd"
    return f"1 genuine article in {float(f'{1 / p_value:.2g}'):,.0f} looks at least this odd"


def cells(text: str) -> int:
    """Columns that a line takes in a terminal: two for wide characters, none for combining ones.

    Examples
    --------
    >>> cells("abc"), cells("新闻")
    (3, 4)
    """
    return sum(_cells_of(character) for character in text)


def _cells_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(text: str, width: int) -> str:
    """Cut one line to ``width`` terminal columns, with an ellipsis where something is missing.

    Examples
    --------
    >>> fit("a long line of text", 10)
    'a long li…'
    """
    line = " ".join(text[: 8 * width].split())
    if cells(line) <= width and len(text) <= 8 * width:
        return line
    room, kept = width - 1, 0
    for kept, character in enumerate(line):  # noqa: B007 - the index is what is wanted
        room -= _cells_of(character)
        if room < 0:
            break
    else:
        kept = len(line)
    return line[:kept].rstrip() + "…"
