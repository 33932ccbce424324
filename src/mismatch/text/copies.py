"""Whole copies of a headline inside a paragraph, cut out of what else it says."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mismatch.text.paragraphs import Span

# No quotation mark: a headline that somebody says is evidence.
_BREAK_BEFORE = re.compile(r"[.!?…:;|>»›–—•·/*\0。！？।؟-]\s*$")
_TAIL = re.compile(r"[.!?…。！？।؟]*")
_BREAK_AFTER = re.compile(r"[\s\0\"')\]]*(?:[.!?…|>»›–—•·/*:\[(。！？।؟]|-\s|$)")
_LEAST_WORDS = 3  # of a headline; shorter ones stand in prose by chance
_LEAST_LETTERS = 6  # the same where words are not spaced
_LEAST_REST = 3  # words beside the copies; fewer are a dateline or a stray mark
_LEAST_FOLLOWING = 6  # words of prose after a copy without a mark between them


class CopyCutter:
    """Cuts a headline's copies out of paragraphs.

    A copy is cut where it stands as a sentence of its own; where the sentence goes on, it is a
    lead that restates the headline, and stays.

    Parameters
    ----------
    headline_words : list of str
        The headline's words.

    Examples
    --------
    >>> cutter = CopyCutter(["bridge", "closes", "for", "repairs"])
    >>> body = "Bridge closes for repairs. Ferries will run all night."
    >>> tokens = ["bridge", "closes", "for", "repairs", "ferries", "will", "run", "all", "night"]
    >>> [body[start:end] for start, end in cutter.pieces(body, 0, len(body), tokens)]
    ['Bridge closes for repairs.', 'Ferries will run all night.']
    """

    def __init__(self, headline_words: list[str]) -> None:
        self.words = frozenset(headline_words)
        """What a paragraph must hold for a copy to stand in it."""
        self._words = headline_words
        self._joined = " ".join(headline_words)
        self._rarest = max(headline_words, key=len, default="")
        self._is_unspaced = self._joined >= "\u0e00"
        self._is_long = len(headline_words) >= _LEAST_WORDS or (
            self._is_unspaced and len(self._joined) >= _LEAST_LETTERS
        )

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """The headline's words with anything but words between them."""
        between = r"[\W_]+"
        return re.compile(
            rf"(?<!\w){between.join(map(re.escape, self._words))}(?!\w)", re.IGNORECASE
        )

    def pieces(self, masked: str, start: int, end: int, tokens: list[str]) -> list[Span]:
        """Return the parts of a paragraph: copies of the headline, and what stands between.

        Parameters
        ----------
        masked : str
            The body, its mark-up painted over.
        start, end : int
            The paragraph in `masked`.
        tokens : list of str
            The paragraph's words.

        Returns
        -------
        list of (int, int)
            Spans in order; the paragraph's own span alone where nothing is to be cut.
        """
        whole = [(start, end)]
        if not self._is_long or len(tokens) <= len(self._words) or self._rarest not in tokens:
            return whole
        if self._joined not in " ".join(tokens):
            return whole
        spans: list[Span] = []
        copies = 0
        done = start
        for copy in self._pattern.finditer(masked, start, end):
            if not self._stands_alone(masked, done, copy, end):
                continue
            if masked[done : copy.start()].strip():
                spans.append(stripped(masked, done, copy.start()))
            tail = _TAIL.match(masked, copy.end(), end)
            done = tail.end() if tail else copy.end()
            spans.append((copy.start(), done))
            copies += 1
        if masked[done:end].strip():
            spans.append(stripped(masked, done, end))
        rest = len(tokens) - copies * len(self._words)
        return spans if rest >= _LEAST_REST or self._is_unspaced else whole

    def _stands_alone(self, masked: str, done: int, copy: re.Match[str], end: int) -> bool:
        before = masked[max(done, copy.start() - 12) : copy.start()]
        if before.strip() and not _BREAK_BEFORE.search(before):
            return False
        after = masked[copy.end() : min(end, copy.end() + 400)]
        if _BREAK_AFTER.match(after):
            return True
        # no mark between copy and text: new prose begins with a capital, and is a sentence long
        following = after.lstrip()
        return (
            after[:1].isspace()
            and not following[:1].islower()
            and following[:1].isalnum()
            and len(following.split()) >= _LEAST_FOLLOWING
        )


def stripped(text: str, start: int, end: int) -> Span:
    """Return a span of a text without the white space around it.

    Examples
    --------
    >>> stripped("one  two ", 3, 9)
    (5, 8)
    """
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return start + left, start + len(piece.rstrip())
