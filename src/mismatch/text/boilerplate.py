"""Boilerplate: forms, walls, error pages and credits that no article is about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from mismatch.text.lines import LONGEST_LINK, is_furniture_line
from mismatch.text.lists import read_lists
from mismatch.text.normalisation import words

_ENGLISH, _WORLD = read_lists("english"), read_lists("world")
_LINES = _ENGLISH["lines"] | _WORLD["lines"]
_NEWSLETTER = _ENGLISH["newsletter"]
_COMMON = _ENGLISH["common"]
_VOCABULARIES = {name[11:]: terms for name, terms in _ENGLISH.items() if name[:10] == "vocabulary"}
_UNSPACED = re.compile("|".join(map(re.escape, sorted(_WORLD["unspaced"]))))
_UNSPACED_SCRIPT = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

_SENTENCE_BREAK = re.compile(r"(?<=[.!?…])[\"')\]]*\s+|(?<=[。！？])|\s[|•·»]\s")
_WE = frozenset("we our us".split())
_YOU = frozenset("you your yours".split())
# Somebody is quoted or reported on: prose about furniture, not furniture.
_REPORTING = frozenset(
    "said says told tells according announced reported reports wrote argued argues claimed claims "
    "explained explains regulators regulator court ruling ruled lawmakers sued lawsuit critics "
    "researchers study found shows showed company's sagte laut erklärte dit déclaré dijo según "
    "ha detto disse segundo zei volgens сказал сообщил заявил powiedział dedi قال".split()
) - {"found"}
_IMPERATIVES = frozenset(
    "get sign subscribe enter join log create start continue become register unlock support enjoy "
    "already please thanks thank click download want never stay cancel read receive choose follow "
    "try access don help donate this you your we our not no".split()
)
_LONGEST_SENTENCE = 45  # words; a longer sentence is no furniture's
_LONGEST_LINE = 10


class _Phrase(NamedTuple):
    text: str
    anchored: bool  # to the start of a sentence
    words: frozenset[str]


def _index(starts: Iterable[str], anywhere: Iterable[str]) -> dict[str, list[_Phrase]]:
    """Return phrases by the word that calls for looking: their longest that is not common."""
    index: dict[str, list[_Phrase]] = {}
    for anchored, phrases in ((True, starts), (False, anywhere)):
        for text in sorted(phrases):
            parts = text.split()
            trigger = max(
                parts, key=lambda word: (len(word) > 3 and word not in _COMMON, len(word))
            )
            index.setdefault(trigger, []).append(_Phrase(text, anchored, frozenset(parts)))
    return index


_FURNITURE_WORDS = frozenset().union(
    *(terms for name, terms in _VOCABULARIES.items() if name != "lorem")
)
_PHRASES = _index(_ENGLISH["starts"] | _WORLD["starts"], _ENGLISH["anywhere"] | _WORLD["anywhere"])
_STARTS_IF = tuple(f"{phrase} " for phrase in _ENGLISH["starts with newsletter"])
_WALL_TRIGGERS = _NEWSLETTER | frozenset(
    "cookie cookies consent ipsum subscribe subscription unlimited cancel".split()
)
_TRIGGERS = frozenset(_PHRASES) | _WALL_TRIGGERS


def is_boilerplate(text: str, tokens: list[str], distinct: AbstractSet[str] | None = None) -> bool:
    """Tell whether a paragraph is a site's furniture rather than its article.

    Short lines are judged by their form and as wholes; longer text sentence by sentence, and
    is furniture where most of its words stand in furniture sentences. A sentence that reports
    what somebody said or did about cookies, subscriptions or error pages is none.

    Parameters
    ----------
    text : str
        A paragraph, normalised.
    tokens : list of str
        Its words.
    distinct : set of str, optional
        The same as a set, where the caller has it.

    Returns
    -------
    bool
        Whether the paragraph is furniture.

    Examples
    --------
    >>> is_boilerplate("Leave a Comment", ["leave", "a", "comment"])
    True
    >>> text = "The regulator said sites must ask before they store cookies."
    >>> is_boilerplate(text, text.lower().split())
    False
    """
    if len(tokens) <= LONGEST_LINK and (_is_known_line(tokens) or is_furniture_line(text, tokens)):
        return True
    if not text.isascii() and len(text) <= 200 and _UNSPACED_SCRIPT.search(text):
        return _is_unspaced_furniture(text)
    distinct = set(tokens) if distinct is None else distinct
    triggers = _TRIGGERS & distinct
    if not triggers:
        return False
    if _holds_phrase(tokens, distinct, triggers) and _most_sentences_are(text, len(tokens)):
        return True
    return not _WALL_TRIGGERS.isdisjoint(triggers) and _is_wall(tokens)


def is_likely_boilerplate(tokens: list[str], *, surrounded: bool) -> bool:
    """Tell whether a paragraph would be furniture on a page that is mostly furniture.

    Parameters
    ----------
    tokens : list of str
        A paragraph's words.
    surrounded : bool
        Whether most of the page's words are furniture, and not only many of its paragraphs.

    Returns
    -------
    bool
        Whether it addresses the reader in a vocabulary of forms and walls.

    Examples
    --------
    >>> is_likely_boilerplate("reload the page in your browser".split(), surrounded=False)
    True
    """
    distinct = set(tokens)
    if not distinct.isdisjoint(_REPORTING) or len(tokens) > 120:
        return False
    if distinct.isdisjoint(_YOU | _WE) and tokens[0] not in _IMPERATIVES:
        return len(tokens) <= 6 and any(
            2 * len(distinct & terms) >= len(distinct) for terms in _VOCABULARIES.values()
        )
    return (surrounded and len(tokens) <= 30) or any(
        len(distinct & terms) >= max(2, 0.15 * len(distinct)) for terms in _VOCABULARIES.values()
    )


def reads_like_furniture(tokens: list[str]) -> bool:
    """Tell whether a whole short page seems to be a form or a wall, whatever its phrases.

    A weak sign: it explains a page that was found to be no match, and decides nothing.

    Parameters
    ----------
    tokens : list of str
        All words of the page.

    Returns
    -------
    bool
        Whether it is short, speaks to its reader, and every fifth longer word is one of forms,
        walls and error pages.

    Examples
    --------
    >>> reads_like_furniture("please enable cookies and reload the page in your browser".split())
    True
    """
    long = [token for token in tokens if len(token) > 3]
    if not 0 < len(long) <= 150 or _YOU.isdisjoint(tokens):
        return False
    return 5 * sum(token in _FURNITURE_WORDS for token in long) >= len(long)


def _is_known_line(tokens: list[str]) -> bool:
    """Tell a line that is furniture as a whole, whatever number it holds: '12 comments'."""
    if len(tokens) > _LONGEST_LINE:
        return False
    return " ".join(token for token in tokens if not token.isdigit()) in _LINES or (
        " ".join(tokens) in _LINES
    )


def _holds_phrase(tokens: list[str], distinct: AbstractSet[str], triggers: Iterable[str]) -> bool:
    """Tell cheaply whether looking at single sentences can pay."""
    for trigger in triggers:
        if trigger in _NEWSLETTER:
            return True
        for phrase in _PHRASES.get(trigger, ()):
            if phrase.words <= distinct and phrase.text in " ".join(tokens):
                return True
    return False


def _most_sentences_are(text: str, count: int) -> bool:
    furniture = prose = 0
    for sentence in _SENTENCE_BREAK.split(text):
        tokens = words(sentence)
        if _is_furniture_sentence(sentence, tokens):
            furniture += len(tokens)
        elif len(tokens) > 3:
            prose += len(tokens)
            if count - prose <= 1.5 * prose:  # whatever follows
                return False
    return furniture > 1.5 * prose


def _is_furniture_sentence(sentence: str, tokens: list[str]) -> bool:
    if not tokens or len(tokens) > _LONGEST_SENTENCE:
        return False
    if _is_known_line(tokens):
        return True
    joined = " ".join(tokens)
    if len(tokens) > _LONGEST_LINE and not _REPORTING.isdisjoint(tokens):
        return False
    if joined.startswith(_STARTS_IF) and not _NEWSLETTER.isdisjoint(tokens):
        return True
    return _holds_phrase_in_place(joined, tokens) or is_furniture_line(sentence, tokens)


def _holds_phrase_in_place(joined: str, tokens: list[str]) -> bool:
    """Tell whether a sentence begins with an anchored phrase, or holds another anywhere."""
    padded = f" {joined} "
    return any(
        padded.startswith(f" {phrase.text} ") if phrase.anchored else f" {phrase.text} " in padded
        for token in tokens
        for phrase in _PHRASES.get(token, ())
    )


def _is_wall(tokens: list[str]) -> bool:
    """Tell a wall of small print: the site speaks to its reader, in few and telling words."""
    distinct = set(tokens)
    if len(distinct & _VOCABULARIES["lorem"]) >= max(4, 0.3 * len(distinct)):
        return True
    if not distinct.isdisjoint(_REPORTING) or distinct.isdisjoint(_YOU):
        return False
    if not distinct.isdisjoint(_WE) and len(distinct & _VOCABULARIES["privacy"]) >= max(
        5, 0.2 * len(distinct)
    ):
        return True
    return (
        tokens[0] in _IMPERATIVES
        and len(tokens) <= 60
        and len(distinct & _VOCABULARIES["membership"]) >= max(4, 0.3 * len(distinct))
    )


def _is_unspaced_furniture(text: str) -> bool:
    """Judge by a phrase at the head of a line, or anywhere in a very short one."""
    compact = text.lower().replace(" ", "")
    reach = len(compact) if len(compact) <= 24 else 4
    found = _UNSPACED.search(compact)
    return found is not None and found.start() <= reach
