"""The title again: copies, word lists, slugs, hashtags and links made of it."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from difflib import SequenceMatcher
from functools import cached_property

from mismatch.text.confusables import unmask, without_accents
from mismatch.text.lines import is_hashtag_line
from mismatch.text.lists import read_lists
from mismatch.text.normalisation import words
from mismatch.text.sentences import ends_sentence

_LISTS = read_lists("echo")
_LINK_WORDS = _LISTS["link words"]
_LINK_STARTS = tuple(f"{start} " for start in _LISTS["link starts"])
_WEAK_LINK_STARTS = tuple(f"{start} " for start in _LISTS["weak link starts"])
_LINK_MARKS = tuple(_LISTS["link marks"])
_LINK_WORDS_UNSPACED = sorted(_LISTS["link words unspaced"], key=len, reverse=True)
STOP_WORDS = _LISTS["stop words"]
"""Words too common to be any headline's own."""

UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, kana, Chinese."""
_SEPARATOR = re.compile(r"\s[-–—/:]+\s|[|»›>•·#@/:\[\](){}]")
_SHORT = 60  # words; longer blocks are echoes only where they hold nothing else
_DATELINE = re.compile(
    r"[A-Z][A-Z. ]{2,24}(?:, [A-Z][\w. ]{1,14})?(?: ?\([\w ]{2,12}\))? ?[—–-]{1,2} "
)
_LEAST_SHARE = 0.2  # of an echo's words that are the headline's: links bring many of their own
_SAMPLE = 60  # characters that tell long unspaced prose from copies
_FUZZY = 0.88  # difflib ratio of a copy with slips
_MOST_COMPARED = 2_000  # texts letter by letter; beyond so many, sharing their letters is enough
_LEAST, _MOST = 0.85, 1.18  # times the headline's letters that a copy with slips has


class EchoFinder:
    """Finds the paragraphs that only repeat a headline.

    A paragraph is an echo if next to nothing in it is its own: its words are the headline's
    and those of link furniture ('Read also', 'Tags', 'Share on'). A full sentence that restates
    the headline and adds to it is not one.

    Parameters
    ----------
    headline : str
        The headline as `clean_title` returns it.
    title : str
        The whole title, normalised; words of its site suffix count as furniture.

    Examples
    --------
    >>> finder = EchoFinder("Harbour bridge closes", "Harbour bridge closes | Daily Example")
    >>> finder.is_echo("Read also: bridge closes", ["read", "also", "bridge", "closes"])
    True
    """

    def __init__(self, headline: str, title: str) -> None:
        self._unspaced = bool(UNSPACED.search(headline))
        self._words = words(unmask(headline))
        if not self._unspaced:
            self._words = without_accents(self._words)
        known = set(self._words)
        self._known = known
        self._content = known - STOP_WORDS or known
        self._title = title
        self._compact = "".join(self._words)
        self._compared = 0
        self._closing = headline[-1:] if headline.endswith(("?", "!")) else ""
        self._grams = _grams(self._compact) if self._unspaced else set()

    @cached_property
    def _free(self) -> set[str]:
        """Words of the title's site suffix and label."""
        return set(without_accents(words(unmask(self._title)))) - self._known

    def is_apart(self, text: str, tokens: list[str], distinct: AbstractSet[str]) -> bool:
        """Tell cheaply of most paragraphs that they cannot be echoes.

        Parameters
        ----------
        text : str
            The paragraph, normalised.
        tokens : list of str
            Its words.
        distinct : set of str
            The same as a set.

        Returns
        -------
        bool
            False where `is_echo` must decide.
        """
        if self._unspaced or "#" in text:
            return False
        length = len(self._compact)
        if len(text) <= 2.5 * length or not text.isascii():
            compact = "".join(tokens)
            if not compact.isascii() or _LEAST * length < len(compact) < _MOST * length:
                return False
        count = len(tokens)
        if self._content.isdisjoint(distinct):
            return count > 1 or tokens[0] not in self._known
        if count > _SHORT:
            return len(distinct) - len(self._known & distinct) >= 0.1 * count
        return sum(map(self._content.__contains__, tokens)) < _LEAST_SHARE * count

    def is_echo(self, text: str, tokens: list[str]) -> bool:
        """Tell whether a paragraph only repeats the headline.

        Parameters
        ----------
        text : str
            The paragraph, normalised.
        tokens : list of str
            Its words.

        Returns
        -------
        bool
            Whether nearly all that it says is the headline.
        """
        return self._repeats(text, tokens) and not self._is_report(text, tokens)

    def _is_report(self, text: str, tokens: list[str]) -> bool:
        """Tell an agency's one-sentence report by its dateline: 'GENEVA (AP) — ...'."""
        return (
            tokens[0] not in self._known
            and _DATELINE.match(text) is not None
            and ends_sentence(text)
        )

    def _repeats(self, text: str, tokens: list[str]) -> bool:
        if not self._words:
            return False
        if not text.isascii():
            unmasked = unmask(text)
            if unmasked is not text:
                text, tokens = unmasked, words(unmasked)
            if len(tokens) <= _SHORT and not self._unspaced:
                tokens = without_accents(tokens)
        if self._unspaced:
            return self._is_unspaced_echo(text, tokens)
        count = len(tokens)
        is_word_of_it = count == 1 and tokens[0] in self._known  # it may stand one to a line
        is_short = len(text) <= 2.5 * len(self._compact)
        if is_word_of_it or (is_short and self._is_compact_copy("".join(tokens))):
            return True
        found = sum(map(self._content.__contains__, tokens))
        if count > _SHORT:
            own = count - sum(map(self._known.__contains__, tokens))
            return found > 0 and own < 0.1 * count
        if "#" in text and is_hashtag_line(text) and (found or self._compact_in(text)):
            return True
        return found >= _LEAST_SHARE * count and self._adds_nothing(text, tokens)

    def _adds_nothing(self, text: str, tokens: list[str]) -> bool:
        found = [token for token in tokens if token in self._content]
        if not found:
            return False
        own = [
            token
            for token in tokens
            if token not in self._known
            and token not in _LINK_WORDS
            and token not in STOP_WORDS
            and token not in self._free
            and not token.isdigit()
        ]
        closed = ends_sentence(text) and text[-1] != self._closing
        if closed:
            # prose that restates the headline brings words of its own, common ones too
            new = sum(token not in self._known for token in tokens)
            if new > max(1, 0.1 * len(tokens)):
                return self._is_link(text, tokens, found, own, closed=True)
        if len(own) <= 0.12 * len(found):
            return True
        cover = len(set(found)) / len(self._content)
        missing = len(self._content) * (1 - cover)
        is_near_copy = (
            cover >= 0.7
            and len(own) <= max(1, 0.2 * len(self._content))
            and len(own) + missing <= max(2, 0.3 * len(self._content))
        )
        return is_near_copy or self._is_link(text, tokens, found, own, closed=closed)

    def _is_link(
        self, text: str, tokens: list[str], found: list[str], own: list[str], *, closed: bool
    ) -> bool:
        """Tell a copy in its setting: 'Read also', a site's name, a byline, a slug."""
        joined = " ".join(tokens)
        starts = _LINK_STARTS if closed else _LINK_STARTS + _WEAK_LINK_STARTS
        if len(found) >= len(own) and (
            joined.startswith(starts) or any(mark in joined for mark in _LINK_MARKS)
        ):
            return True
        # a sentence after a dateline is a lead, even where it is the headline word for word
        if not closed and len(own) <= 6 and self._stands_between_separators(text):
            return True
        return len(own) <= len(found) + 4 and any(
            map(self._is_slug, text.replace("/", " ").split())
        )

    def _stands_between_separators(self, text: str) -> bool:
        return any(
            self._is_compact_copy("".join(without_accents(words(part))))
            for part in _SEPARATOR.split(text)
        )

    def _is_slug(self, token: str) -> bool:
        if token.count("-") + token.count("_") < 3:
            return False
        parts = without_accents(words(token))
        hits = sum(part in self._known for part in parts)
        return hits >= 3 and hits >= 0.5 * len(parts)

    def _compact_in(self, text: str) -> bool:
        """Tell whether the headline stands in a text without its spaces: #HarbourBridgeCloses."""
        return self._compact in "".join(words(text))

    def _is_compact_copy(self, compact: str) -> bool:
        """Tell a copy by its letters alone: spaced out, run together, or with slips."""
        mine = self._compact
        if compact == mine:
            return True
        if not 12 <= len(mine) <= 300 or not _LEAST * len(mine) < len(compact) < _MOST * len(mine):
            return False
        # the letters they share, in any order, bound the ratio; far cheaper than `quick_ratio`
        shared = sum([min(mine.count(char), compact.count(char)) for char in set(mine)])
        if 2.0 * shared / (len(mine) + len(compact)) < _FUZZY:
            return False
        self._compared += 1
        if self._compared > _MOST_COMPARED:
            return True
        return SequenceMatcher(None, mine, compact, autojunk=False).ratio() >= _FUZZY

    def _is_unspaced_echo(self, text: str, tokens: list[str]) -> bool:
        """Judge by runs of three characters, where words cannot be told apart."""
        compact = "".join(tokens)
        if "#" in text and is_hashtag_line(text):
            return any(token in self._compact for token in tokens)
        if len(compact) > 2 * len(self._compact) + _SAMPLE:
            sample = _grams(compact[-_SAMPLE:])
            if len(sample - self._grams) > 0.15 * len(sample):
                return False
        else:
            for furniture in _LINK_WORDS_UNSPACED:
                compact = compact.replace(furniture, "")
        if not compact:
            return False
        if compact in self._compact:
            return len(compact) > 1
        grams = _grams(compact)
        own = len(grams - self._grams) / len(grams)
        closed = ends_sentence(text)
        if own <= (0.05 if closed else 0.15):
            return True
        whole = self._compact in compact and len(self._compact) >= 6
        return (whole and not closed and len(compact) <= len(self._compact) + 12) or (
            len(compact) <= 120 and self._is_compact_copy(compact)
        )


def _grams(compact: str) -> set[str]:
    return {compact[i : i + 3] for i in range(max(1, len(compact) - 2))}
