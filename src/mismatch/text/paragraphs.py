"""A body's paragraphs as spans of the string given."""

from __future__ import annotations

import re
from itertools import pairwise

from mismatch.text.sentences import window_spans

Span = tuple[int, int]

_BULLET = re.compile(r"(?:[-*+•‣▪◦●–—·>]|\(?\d{1,3}[.)])\s")
_NARROWEST, _WIDEST = 45, 100  # characters of the widest line of hard-wrapped text
_MIN_JOINTS = 3
_LONG_PARAGRAPH = 1200  # characters; longer ones are cut into windows
_MOST_PARAGRAPHS = 20_000  # no article has more; then neighbours are joined
_LONG_BODY = 700  # the same where a body is a single paragraph


def paragraph_spans(masked: str) -> list[Span]:
    """Return where the paragraphs of a body begin and end.

    A line is a paragraph, unless the body is hard-wrapped: then lines are joined up to the
    next break that its width does not explain. Hashtags after a sentence are cut off from it,
    and long paragraphs are cut into windows of whole sentences.

    Parameters
    ----------
    masked : str
        The body, its mark-up painted over by `mask`.

    Returns
    -------
    list of (int, int)
        Start and end of each paragraph, in order, without surrounding white space.

    Examples
    --------
    >>> paragraph_spans("One.\\n\\n  Two. ")
    [(0, 4), (8, 12)]
    """
    lines = _line_spans(masked)
    if len(lines) > _MIN_JOINTS:
        lines = _unwrap(masked, lines)
    if "#" in masked:
        lines = [piece for line in lines for piece in _cut_hashtags(masked, line)]
    limit = _LONG_PARAGRAPH if len(lines) > 1 else _LONG_BODY
    spans: list[Span] = []
    for start, end in lines:
        if end - start - masked.count("\0", start, end) > limit:
            spans += _windows(masked, start, end)
        else:
            spans.append((start, end))
    step = -(-len(spans) // _MOST_PARAGRAPHS)
    if step > 1:
        groups = [spans[i : i + step] for i in range(0, len(spans), step)]
        return [(group[0][0], group[-1][1]) for group in groups]
    return spans


def _windows(masked: str, start: int, end: int) -> list[Span]:
    """Cut a long paragraph; painted mark-up counts for nothing in the length of a window."""
    if "\0" not in masked[start:end]:
        return window_spans(masked, start, end)
    kept = [place for place in range(start, end) if masked[place] != "\0"]
    text = masked[start:end].replace("\0", "")
    return [(kept[a], kept[b - 1] + 1) for a, b in window_spans(text, 0, len(text))]


def _line_spans(masked: str) -> list[Span]:
    """Return the lines that hold more than white space, at any of Unicode's line breaks."""
    spans: list[Span] = []
    position = 0
    for line in masked.splitlines(keepends=True):
        stripped = line.strip()
        if stripped:
            start = position if stripped[0] == line[0] else position + line.index(stripped[0])
            spans.append((start, start + len(stripped)))
        position += len(line)
    return spans


def _unwrap(masked: str, lines: list[Span]) -> list[Span]:
    """Join the lines of hard-wrapped text.

    Wrapping leaves a mark: the first word of the next line would not have fitted.
    """
    width = max([end - start for start, end in lines])
    if not _NARROWEST <= width <= _WIDEST:
        return lines
    joints = [_is_joint(masked[a[1] : b[0]]) for a, b in pairwise(lines)]
    if sum(joints) < _MIN_JOINTS:
        return lines
    full = [
        joint and end - start + 1 + _first_word(masked, following) > width
        for joint, (start, end), following in zip(joints, lines, lines[1:], strict=False)
    ]
    if sum(full) < 0.7 * sum(joints):
        return lines
    ended = sum(
        masked[end - 1] in ".!?" for (_, end), is_full in zip(lines, full, strict=False) if is_full
    )
    if ended > 0.5 * sum(full):
        return lines
    joined = [lines[0]]
    for is_full, line in zip(full, lines[1:], strict=True):
        if is_full and not _BULLET.match(masked, line[0]):
            joined[-1] = (joined[-1][0], line[1])
        else:
            joined.append(line)
    return joined


def _is_joint(gap: str) -> bool:
    """Tell a single line break from a blank line or a page break."""
    return gap.count("\n") + gap.count("\r") - gap.count("\r\n") == 1


def _first_word(masked: str, line: Span) -> int:
    """Return the length of a line's first word."""
    head = masked[line[0] : min(line[1], line[0] + _WIDEST)]
    return len(head.split(maxsplit=1)[0])


def _cut_hashtags(masked: str, line: Span) -> list[Span]:
    """Cut the hashtags that close a line of prose into a paragraph of their own."""
    start, end = line
    text = masked[start:end]
    if "#" not in text:
        return [line]
    tokens = list(re.finditer(r"\S+", text))
    first = len(tokens)
    while first and tokens[first - 1][0].startswith(("#", "＃")):
        first -= 1
    count = len(tokens) - first
    after_sentence = first > 0 and tokens[first - 1][0].endswith((".", "!", "?", '"', "”", "。"))
    if first and (count >= 3 or (count == 2 and after_sentence)):
        return [(start, start + tokens[first - 1].end()), (start + tokens[first].start(), end)]
    return [line]
