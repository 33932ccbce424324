"""Copies of a headline planted in prose on another matter, in the midst of its sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from mismatch.text.confusables import unmask, without_accents
from mismatch.text.echo import STOP_WORDS, UNSPACED
from mismatch.text.normalisation import plain, words

if TYPE_CHECKING:
    from mismatch.text.paragraphs import Span

_LONGEST = 100  # words of a headline; more are never compared
_FEWEST = 3  # words of a headline; fewer stand together in prose by chance
_DENSE = 0.75  # share of them that a copy holds, in any order, ...
_LOOSE = 1  # ... within as many words as the headline has, and so many more
_SUPPORT = 0.4  # share of them that an article has elsewhere, where the headline is its own
_SUPPORT_OF_PAIRS = 0.3  # the same of pairs of characters, which are rarer than words
_FEWEST_REST = 80  # words elsewhere, times copies; fewer say too little to accuse a lead
_GAP = 2  # words from one of a copy to the next; what stands between more is kept
_EDGE = 2  # letters that a longer word with a slip keeps at both ends
_LONG = 5  # letters of a longer word
_RUN_TOGETHER = 0.6  # times the headline's letters that a word made of several of its words has
_CHUNK = re.compile(r"\S+")

Unit = str  # a word, or a pair of characters where no spaces part words


class PlantFinder:
    """Finds copies of a headline that nothing else in a body bears out.

    Leads say the headline again, and so do quotations; but then the rest of the article has its
    words too. Where most of them stand in one place and hardly any elsewhere, that place only
    says what the title says. How it was put there does not matter: in which order, in what
    letters, as a sentence or within one.

    Parameters
    ----------
    headline : str
        The headline as `clean_title` returns it.
    """

    def __init__(self, headline: str) -> None:
        self._is_unspaced = bool(UNSPACED.search(headline))
        units = self._units(unmask(headline))[:_LONGEST]
        self._known = frozenset(units)
        self._own = self._known - STOP_WORDS
        self._sought = self._own
        self._need = max(min(_FEWEST, len(self._own)), round(_DENSE * len(self._own)))
        self._reach = len(units) + _LOOSE
        if len(self._own) == 1:  # then its common words too
            self._sought, self._need = self._known, len(self._known)
        self._met: dict[Unit, tuple[str, ...]] = {}
        self._run_together = max(12, int(_RUN_TOGETHER * sum(map(len, units))))

    def find(self, paragraphs: Sequence[tuple[str, list[str]]]) -> list[int]:
        """Tell which paragraphs hold planted copies.

        Parameters
        ----------
        paragraphs : sequence of (str, list of str)
            Normalised text and words of the content paragraphs of a body.

        Returns
        -------
        list of int
            Their places, rising; none where the rest of the body bears the headline out.
        """
        if not self._own or len(self._known) < _FEWEST:
            return []
        candidates: dict[int, list[Unit]] = {}
        elsewhere: set[Unit] = set()
        for place, (text, tokens) in enumerate(paragraphs):
            units, held = self._look_into(text, tokens)
            if units is None:
                elsewhere.update(held)
            else:
                candidates[place] = units
        if self._is_enough(elsewhere):  # in most articles: the copies need not be found
            return []
        windows = {place: w for place, units in candidates.items() if (w := self._windows(units))}
        if not windows:
            return []
        taken = sum(last - first + 1 for found in windows.values() for first, last in found)
        if self._is_borne_out(self._rest(paragraphs, windows), max(1.0, taken / len(self._known))):
            return []
        return list(windows)

    def spans(self, masked: str, start: int, end: int) -> list[Span]:
        """Return where the copies stand in a paragraph that `find` named.

        Parameters
        ----------
        masked : str
            The body, its mark-up painted over.
        start, end : int
            The paragraph in `masked`.

        Returns
        -------
        list of (int, int)
            Spans in order, apart from each other; all of it where they cannot be told apart.
        """
        located = list(self._locate(masked, start, end))
        spans: list[Span] = []
        for first, last in self._windows([unit for unit, _ in located]):
            left, right = located[first][1][0], located[last][1][1]
            if spans and left < spans[-1][1]:
                left = spans.pop()[0]
            spans.append((left, right))
        return spans or [(start, end)]

    def _look_into(self, text: str, tokens: list[str]) -> tuple[list[Unit] | None, Iterable[Unit]]:
        """Units of a paragraph, None if it cannot hold a copy, and the words sought that it has.

        Most paragraphs have no half of the headline. Pairs of characters are not given: what a
        text holds of them is more than what stands within its words.
        """
        if self._is_unspaced:
            held = [unit for unit in self._sought if unit in text]
            return (None if 2 * len(held) < self._need else self._units(text)), ()
        if not text.isascii():
            unmasked = unmask(text)
            tokens = without_accents(tokens if unmasked is text else words(unmasked))
        found = self._sought.intersection(tokens)
        few = 2 * len(found) < self._need and max(map(len, tokens)) < self._run_together
        return (None if few else tokens), found

    def _windows(self, units: list[Unit]) -> list[tuple[int, int]]:
        """First and last of the units of each copy: what is close together in dense stretches."""
        for unit in set(units).difference(self._met):
            self._met[unit] = self._held(unit)
        hits = [(place, held) for place, unit in enumerate(units) if (held := self._met[unit])]
        copies: list[tuple[int, int]] = []
        counts: dict[str, int] = {}
        opened = marked = 0
        for now, (place, held) in enumerate(hits):
            for word in held:
                counts[word] = counts.get(word, 0) + 1
            while place - hits[opened][0] >= self._reach:
                for word in hits[opened][1]:
                    counts[word] -= 1
                    if not counts[word]:
                        del counts[word]
                opened += 1
            if len(counts) < self._need:
                continue
            for hit, _ in hits[max(opened, marked) : now + 1]:
                last = copies[-1][1] if copies else -self._reach
                if hit - last <= _GAP or (
                    hit - last < self._reach and self._known.issuperset(units[last + 1 : hit])
                ):
                    copies[-1] = copies[-1][0], hit
                else:
                    copies.append((hit, hit))
            marked = now + 1
        return [self._widened(units, *copy) for copy in copies]

    def _widened(self, units: list[Unit], first: int, last: int) -> tuple[int, int]:
        """Take in the headline's common words at both ends."""
        while first > 0 and units[first - 1] in self._known:
            first -= 1
        while last + 1 < len(units) and units[last + 1] in self._known:
            last += 1
        return first, last

    def _held(self, unit: Unit) -> tuple[str, ...]:
        """The headline's own words that a unit is, a slip aside, or that are run together in it."""
        if unit in self._sought:
            return (unit,)
        if self._is_unspaced or len(unit) < _LONG - 1:
            return ()
        if len(unit) >= self._run_together:
            return tuple(word for word in self._own if word in unit)
        for form in _slipped_forms(unit):
            word = self._slipped.get(form)
            if word and abs(len(word) - len(unit)) <= 1:
                return (word,)
        return ()

    @cached_property
    def _slipped(self) -> dict[str, str]:
        """The longer words by what a slip leaves of them."""
        return {form: w for w in sorted(self._own) if len(w) >= _LONG for form in _slipped_forms(w)}

    def _rest(
        self,
        paragraphs: Sequence[tuple[str, list[str]]],
        windows: dict[int, list[tuple[int, int]]],
    ) -> list[Unit]:
        rest: list[Unit] = []
        for place, (text, tokens) in enumerate(paragraphs):
            is_plain = text.isascii() and not self._is_unspaced
            units = tokens if is_plain else self._units(unmask(text))
            done = 0
            for first, last in windows.get(place, ()):
                rest += units[done:first]
                done = last + 1
            rest += units[done:]
        return rest

    def _is_borne_out(self, rest: list[Unit], copies: float) -> bool:
        return len(rest) * copies < _FEWEST_REST or self._is_enough(rest)

    def _is_enough(self, elsewhere: Iterable[Unit]) -> bool:
        """Whether the headline is borne out by words that stand outside of its copies."""
        held = len(self._own.intersection(elsewhere))
        return held > (_SUPPORT_OF_PAIRS if self._is_unspaced else _SUPPORT) * len(self._own)

    def _units(self, text: str) -> list[Unit]:
        tokens = without_accents(words(text))
        if not self._is_unspaced:
            return tokens
        return [unit for token in tokens for unit in _cut(token)]

    def _locate(self, masked: str, start: int, end: int) -> Iterator[tuple[Unit, Span]]:
        """Units of a paragraph and where they stand: within white space, or each by itself."""
        for chunk in _CHUNK.finditer(masked, start, end):
            if not self._is_unspaced:
                text = chunk[0].lower() if chunk[0].isalnum() and chunk[0].isascii() else None
                for unit in [text] if text else self._units(unmask(plain(chunk[0]))):
                    yield unit, chunk.span()
                continue
            letters = [(c, chunk.start() + i) for i, raw in enumerate(chunk[0]) for c in plain(raw)]
            text = "".join([letter for letter, _ in letters])
            done = 0
            for token in words(text):
                done = max(done, text.lower().find(token, done))
                for i, unit in enumerate(_cut(token)):
                    place = min(done + i, len(letters) - 1)
                    last = min(done + i + len(unit), len(letters)) - 1
                    yield unit, (letters[place][1], letters[last][1] + 1)
                done += len(token)


def _cut(token: str) -> list[Unit]:
    if len(token) > 1 and UNSPACED.search(token):
        return [a + b for a, b in pairwise(token)]
    return [token]


def _slipped_forms(word: str) -> tuple[str, str]:
    """What a slip leaves of a word: its ends, or its letters."""
    return f"{word[:_EDGE]}-{word[-_EDGE:]}", "".join(sorted(word))
