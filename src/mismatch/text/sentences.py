"""Sentence ends, and windows of whole sentences for text without paragraphs."""

from __future__ import annotations

import re

_CLOSERS = "[\"'”’»)\\]」』）\0]{0,8}"
_LATIN, _CHINESE, _OTHER = "[.!?…]", "[。！？｡]", "[।॥؟۔።։။។]"
# One class of characters first: the engine then skips what is none of them several times faster.
_END = re.compile(
    rf"[{_LATIN[1:-1]}{_CHINESE[1:-1]}{_OTHER[1:-1]}](?:"
    rf"(?<={_LATIN})(?<!{_LATIN}{_LATIN}){_LATIN}*+{_CLOSERS}(?=\s)"
    rf"|(?<={_CHINESE}){_CHINESE}*{_CLOSERS}|(?<={_OTHER}){_OTHER}*{_CLOSERS})"
)
_MARKS_OF_END = tuple(".!?。！？।॥؟۔።։။")
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof sen rep gov gen lt col sgt capt st ave no vs etc inc ltd co corp jr sr "
    "jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun fig al ca "
    "bzw usw vgl nr str mme mlle m sra dra art rev hon maj cmdr approx dept est u.s u.k e.g i.e "
    "z.b d.h u.a a.m p.m d.c u.n".split()
)
_DENSE = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_WINDOW = 480  # characters: about 80 English words
_DENSE_WINDOW = 180  # the same for scripts that write a word in one or two characters
_SCAN = 40  # characters looked back for a space to cut at, before cutting inside a word


def ends_sentence(text: str) -> bool:
    """Tell whether a normalised text ends as a sentence does, and not in dots of omission.

    Parameters
    ----------
    text : str
        A text as `normalise` returns it.

    Returns
    -------
    bool
        Closing quotes and brackets do not count.

    Examples
    --------
    >>> ends_sentence('"It rained."'), ends_sentence("Home > Weather > It rain...")
    (True, False)
    """
    text = text.rstrip("\"')]»")
    return text.endswith(_MARKS_OF_END) and not text.endswith("..")


def sentence_ends(text: str, start: int, end: int) -> list[int]:
    """Return the positions just after each sentence of ``text[start:end]``.

    Full stops after abbreviations and initials, or before a lower-case letter, end nothing.

    Parameters
    ----------
    text : str
        Any text.
    start, end : int
        The part to look at.

    Returns
    -------
    list of int
        Positions in `text`, rising; the last is `end`.

    Examples
    --------
    >>> sentence_ends("Dr. Hall spoke. Nobody left.", 0, 28)
    [15, 28]
    """
    ends = [
        match.end()
        for match in _END.finditer(text, start, end)
        if match.end() < end and not _goes_on(text, match.start(), match.end(), start, end)
    ]
    ends.append(end)
    return ends


def _goes_on(text: str, stop: int, after: int, start: int, end: int) -> bool:
    if text[stop] not in ".…":
        return False
    head = text[after : min(end, after + _SCAN)].lstrip(" \t\"'“‘«([\0")
    if head[:1].islower():
        return True
    if after - stop > 1:
        return False
    before = text[max(start, stop - 16) : stop].split()
    last = before[-1].lstrip("(\"'“‘[").lower() if before else ""
    return (len(last) == 1 and last.isalpha()) or last in _ABBREVIATIONS


def window_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut ``text[start:end]`` into windows of whole sentences, 60 to 100 words each.

    A sentence longer than that is cut between words, and a word longer than that anywhere.

    Parameters
    ----------
    text : str
        Any text.
    start, end : int
        The part to cut.

    Returns
    -------
    list of (int, int)
        Spans of `text` in order, without surrounding white space.

    Examples
    --------
    >>> story = "Rain fell all night on the low fields by the river. " * 20
    >>> spans = window_spans(story, 0, len(story))
    >>> len(spans), story[spans[1][0]:spans[1][0] + 9]
    (2, 'Rain fell')
    """
    sample = text[start : start + 400]
    dense = len(_DENSE.findall(sample)) > 0.3 * len(sample)
    size = _DENSE_WINDOW if dense else _WINDOW
    count = max(1, round((end - start) / size))
    target = (end - start) / count
    cuts: list[int] = []
    opened = position = start
    for stop in sentence_ends(text, start, end):
        # close before this sentence where that lies nearer to the target than after it
        if position > opened and (position - opened) + (stop - position) / 2 > target:
            cuts.append(position)
            opened = position
        while stop - opened > 2 * target:
            opened = _cut_before(text, opened, opened + int(target))
            cuts.append(opened)
        position = stop
    cuts.append(end)
    spans = []
    for stop in cuts:
        piece = text[start:stop]
        if not piece.isspace() and piece:
            left = len(piece) - len(piece.lstrip())
            spans.append((start + left, start + len(piece.rstrip())))
        start = stop
    return spans


def _cut_before(text: str, start: int, limit: int) -> int:
    """Return where to cut at or before `limit`: at the last white space close to it, if any."""
    for position in range(limit, max(start, limit - _SCAN), -1):
        if text[position].isspace():
            return position
    return limit
