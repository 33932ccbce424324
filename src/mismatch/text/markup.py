"""HTML left in a body, painted over so that every other character keeps its place."""

from __future__ import annotations

import re

_BLOCKS = frozenset(
    "address article aside blockquote body button caption center dd details div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html iframe legend li main "
    "nav noscript ol option p pre section select summary table tbody tfoot thead title tr "
    "ul video audio".split()
)
_LINES = frozenset("br td th".split())
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code del em embed font i img input ins kbd label link "
    "mark meta object param path picture q s samp small source span strike strong sub sup svg "
    "textarea time tt u var wbr".split()
)
_DROPPED = {
    name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in ("script", "style", "template")
}
_NAMES = "|".join(sorted(_BLOCKS | _LINES | _INLINE | _DROPPED.keys(), key=len, reverse=True))
# Only known names are tags: wire copy writes companies as <ACME.N>. Nothing here backtracks.
_TAG = re.compile(
    rf"<(?=[a-z/!?])(?:(?P<comment>!--)|[!?](?:doctype|xml)\b[^<>]*+>"
    rf"|(?P<close>/?)(?P<name>{_NAMES})(?P<rest>(?![\w.-])[^<>]*+)>)"
    rf"|&lt;/?(?P<escaped>{_NAMES})\s*/?&gt;",
    re.IGNORECASE,
)
_PARAGRAPH, _LINE, _SPACE, _NOTHING = "\n\n", "\n", " ", "\0"


def mask(text: str) -> str:
    """Return text of the same length with its mark-up painted over.

    Block tags become blank lines, ``<br>`` and table cells line breaks, inline tags NUL
    characters (which `normalise` drops, so that ``<b>B</b>MW`` stays one word); comments and
    the contents of ``script``, ``style`` and ``template`` become blank lines. What only looks
    like a tag stays.

    Parameters
    ----------
    text : str
        A body that may hold HTML, closed or not.

    Returns
    -------
    str
        As long as `text`, so that positions hold in both.

    Examples
    --------
    >>> mask("<p>One<br>two")
    '\\n\\n One\\n   two'
    """
    parts: list[str] = []
    done = 0
    unclosed: set[str] = set()  # ends not found once are not looked for again
    found = _TAG.search(text)
    while found:
        start, end = found.span()
        name = (found["name"] or found["escaped"] or "").lower()
        fill = _PARAGRAPH
        if found["comment"]:
            close = -1 if "!--" in unclosed else text.find("-->", end)
            if close < 0:
                unclosed.add("!--")
            else:
                end = close + 3
        elif name in _DROPPED:
            closing = None
            if not found["close"] and found["name"] and name not in unclosed:
                closing = _DROPPED[name].search(text, end)
            if closing:
                end = closing.end()
            else:
                unclosed.add(name)
        elif name in _LINES:
            fill = _LINE
        elif name in _INLINE:
            touching = start == done and done > 0
            fill = _SPACE if touching and name == "a" and not found["close"] else _NOTHING
        if name and not _plausible(name, found["rest"] or ""):
            found = _TAG.search(text, end)
            continue
        parts.append(text[done:start])
        parts.append(_fill(fill, end - start))
        done = end
        found = _TAG.search(text, end)
    parts.append(text[done:])
    return "".join(parts)


def _fill(kind: str, length: int) -> str:
    return kind * length if kind == _NOTHING else kind.ljust(length)


def _plausible(name: str, rest: str) -> bool:
    """Tell a tag from a name in angle brackets, such as <Time Inc>."""
    return name in _DROPPED or "=" in rest or not rest.strip(" \t\r\n/")
