"""Text as it is compared: one form for every way of typing the same words."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable

from mismatch.text.markup import mask

# Python's \w has no combining marks, without which Thai, Hindi and vowelled Arabic fall apart.
_MARK_BLOCKS = (
    range(0x0300, 0x1E00),
    range(0x20D0, 0x2100),
    range(0x302A, 0x309B),
    range(0xA66F, 0xAC00),
    range(0xFB1E, 0xFB1F),
    range(0xFE20, 0xFE30),
    range(0x10A00, 0x11F00),
    range(0x1E900, 0x1E960),
)


def _ranges(points: Iterable[int]) -> str:
    """Return code points as the inside of a regular-expression character class."""
    runs: list[list[int]] = []
    for point in points:
        if runs and point == runs[-1][1] + 1:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in runs)


MARKS = _ranges(
    point
    for block in _MARK_BLOCKS
    for point in block
    if unicodedata.category(chr(point)) in {"Mn", "Mc"}
)
# Every byte that is no letter or digit becomes a space; several times faster than an expression.
_WORD_BYTES = bytes(ord(chr(code).lower()) if chr(code).isalnum() else 0x20 for code in range(256))
_PRINTABLE = bytes(range(0x20, 0x7F))
# The same runs for text whose letters are all Latin, found several times faster.
_LATIN_WORD = re.compile("[a-z0-9\xc0-\xd6\xd8-\xf6\xf8-\u024f\u1e00-\u1eff]+")
_BEYOND_LATIN = re.compile(
    "[\xaa\xb2\xb3\xb5\xb9\xba\xbc-\xbe\u0250-\u1dff\u1f00-\u1fff\u2070-\u209f\u20d0-\u218f"
    "\u2460-\u24ff\u2776-\u2793\u2c00-\U0010ffff]"
)
_WORD = re.compile(rf"\w[\w{MARKS}]*")
# Unicode's stream-safe limit: longer runs of marks make canonical ordering quadratic.
_LONG_MARKS = re.compile(rf"([{MARKS}]{{30}})[{MARKS}]+")
_CONTROL = "\x00-\x08\x0e-\x1b\x7f"
_ASCII_CONTROL = re.compile(f"[{_CONTROL}]+")
_INVISIBLE = re.compile(
    f"[{_CONTROL}\x80-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]+"
)
_STREAM_SAFE = 2000  # characters in which long runs of marks cannot cost much
# Characters that stay as they are, and compose with nothing among them.
_UNCHANGED = _ranges(
    code
    for code in (*range(0x20, 0x250), *range(0x400, 0x483), *range(0x2010, 0x2027), 0x20AC)
    if unicodedata.is_normalized("NFKC", chr(code))
    and chr(code).isprintable()
    and chr(code) not in "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f"
)
_CHANGING = re.compile(f"[^{re.escape(_UNCHANGED[0])}{_UNCHANGED[1:]}]")
_QUOTES = tuple(
    (curly, straight)
    for straight, variants in (
        ("'", "\u2018\u2019\u201a\u201b\u02bc"),
        ('"', "\u201c\u201d\u201e\u201f"),
    )
    for curly in variants
)
# What `plain` leaves as it is, and the white space that it makes a space.
_PLAIN_BYTES = bytes(code for code in range(256) if not _CHANGING.match(chr(code))) + b"\t\n\r"
_COMMON_QUOTES = [pair for pair in _QUOTES if pair[0] in "\u2018\u2019\u201c\u201d"]


def normalise(text: str) -> str:
    """Return text with one spelling for what readers see as the same.

    HTML tags are stripped, with the contents of ``script`` and ``style``; entities are decoded;
    the rest is Unicode form NFKC without zero-width, control, soft-hyphen and direction
    characters, lone surrogates included. Curly quotes become straight ones, and white space of
    any kind one space. Case, dashes and accents stay.

    Parameters
    ----------
    text : str
        Any string.

    Returns
    -------
    str
        One line without surrounding white space.

    Examples
    --------
    >>> normalise("  Caf\\u00e9 &amp;\\u200b <b>bar</b>\\n \\u201copen\\u201d")
    'Caf\u00e9 & bar "open"'
    """
    return plain(mask(text) if "<" in text else text)


def plain(text: str) -> str:
    """Return `normalise` of a text whose tags are masked already."""
    if "&" in text:
        text = _unescape(text)
    if not text.isascii():
        text = _compose(text)
    elif text.encode("ascii").translate(None, _PRINTABLE):
        text = _ASCII_CONTROL.sub("", text)
    elif "  " not in text:
        return text.strip()
    return " ".join(text.split())


def straighten(masked: str) -> str:
    """Return a body of the same length and `plain` text with its commonest marks in ASCII.

    A body at once takes far less time than its paragraphs one by one.

    Parameters
    ----------
    masked : str
        The body, its mark-up painted over by `mask`.

    Returns
    -------
    str
        The body with straight quotes and plain spaces.

    Examples
    --------
    >>> straighten("\\u201cOpen\\u201d")
    '"Open"'
    """
    if masked.isascii():
        return masked
    for curly, straight in _COMMON_QUOTES:
        masked = masked.replace(curly, straight)
    # beside an entity, what kind of space it is can tell a tag from text
    return masked if "&" in masked else masked.replace("\xa0", " ")


def fold(straight: str) -> tuple[str, str] | None:
    """Return a whole body ready to be cut by span into the texts and words of paragraphs.

    Parameters
    ----------
    straight : str
        The body as `straighten` returns it.

    Returns
    -------
    (str, str) or None
        The body with spaces for other white space, which is `plain` but for their number, and
        in lower case with spaces for all that stands between words. None where characters must
        be composed, decoded or dropped first.

    Examples
    --------
    >>> fold("The e-mail\\ncost $4")
    ('The e-mail cost $4', 'the e mail cost  4')
    """
    if "&" in straight:
        return None
    try:
        raw = _without_dashes(straight).encode("latin-1")
    except UnicodeEncodeError:
        return None
    if raw.translate(None, _PLAIN_BYTES):
        return None
    spaced = straight.replace("\n", " ").replace("\r", " ").replace("\t", " ")
    return spaced, raw.translate(_WORD_BYTES).decode("latin-1")


def words(text: str) -> list[str]:
    """Return the lower-cased words of a normalised text.

    A word is a longest run of letters, digits and combining marks; everything else, the
    underscore included, separates. Chinese, Japanese and Thai runs stay whole.

    Parameters
    ----------
    text : str
        A text as `normalise` returns it.

    Returns
    -------
    list of str
        Words in reading order, repeats kept.

    Examples
    --------
    >>> words("The e-mail cost $4.50")
    ['the', 'e', 'mail', 'cost', '4', '50']
    """
    text = _without_dashes(text)
    try:
        return text.encode("latin-1").translate(_WORD_BYTES).decode("latin-1").split()
    except UnicodeEncodeError:
        text = text.lower()
    if not _BEYOND_LATIN.search(text):
        return _LATIN_WORD.findall(text)
    return _WORD.findall(text.replace("_", " "))


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return where each of `words` stands in a normalised text, in characters.

    Examples
    --------
    >>> word_spans("The e-mail")
    [(0, 3), (4, 5), (6, 10)]
    """
    return [found.span() for found in _WORD.finditer(_without_dashes(text).replace("_", " "))]


def _without_dashes(text: str) -> str:
    return text if text.isascii() else text.replace("–", " ").replace("—", " ")


def _unescape(text: str) -> str:
    """Decode entities, twice-encoded ones too, and drop the tags that come to light."""
    try:
        for _ in range(2):
            text = html.unescape(text)
    except ValueError:  # a numeric entity too long for int()
        return text
    return mask(text) if "<" in text else text


def _compose(text: str) -> str:
    if not _CHANGING.search(text):
        return text
    text = _INVISIBLE.sub("", text)
    if len(text) > _STREAM_SAFE:
        text = _LONG_MARKS.sub(r"\1", text)
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    for curly, straight in _QUOTES:
        text = text.replace(curly, straight)
    return text
