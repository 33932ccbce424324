"""Titles: what of them is headline, and whether that names an article at all."""

from __future__ import annotations

import re

from mismatch.text.lists import read_lists
from mismatch.text.normalisation import normalise, words

_LISTS = read_lists("titles")
_OUTLETS = _LISTS["outlets"]
_SITE_WORDS = _LISTS["site words"]
_LABELS = _LISTS["labels"]
_GENERIC = _LISTS["generic"]
_DATES = _LISTS["dates"]

_SEPARATOR = re.compile(r"\s+(?:[-–—]{1,2}|::)\s+|\s*[|¦»›«‹·•]+\s*")
_LABEL = re.compile(
    r"[\[(]?([^\W\d_][^:|!.\[\]()]{0,24})(?:\s?[\])]\s?[:|]?|\s?[:|!¦]|\.(?=\s)|\s[-–—])\s*"
)
_NUMBERED = re.compile(r"(?:UPDATE|WRAPUP|RPT|REFILE|CORRECTED)(?:\s\d{1,2})?\s?[-:]\s?")
_LABEL_AT_END = re.compile(r"\s*[\[(]([^\[\]()]{3,24})[\])]$")
_DOMAIN = re.compile(
    r"(?:https?://)?(?:[a-z0-9-]{1,63}\.){1,4}(?:com?|org|net|info|news|tv|io|gov|edu|de|at|ch|fr|"
    r"es|it|nl|be|pt|br|ru|pl|tr|cn|jp|uk|us|eu|in|ng|za|ca|au|nz|ie|se|no|dk|fi|cz|mx|ar)(?:/\S*)?",
    re.IGNORECASE,
)
_JOINING_WORDS = frozenset(
    "a an and at da de del der des di die do el for la le los of the und & y".split()
)
_LIGHT = frozenset("a an and at for in is it of on the to with".split())
LONGEST_TITLE = 10_000  # characters; what follows in a longer one is not read
_MIN_HEADLINE = 3  # content words that a cleaned title keeps


def clean_title(title: str) -> str:
    """Return a title's headline, without the site's name and the section's label.

    An ending is taken for a site only where it is an outlet's name, a domain, or a few
    capitalised words with a word such as 'Daily' or 'Zeitung' among them; after a bar or an
    arrow also where it is three words or fewer. A beginning is taken for a label only where it
    is a known one ('Opinion', 'WATCH', 'Kommentar'). Neither is cut where fewer than three
    content words would remain.

    Parameters
    ----------
    title : str
        Any string.

    Returns
    -------
    str
        The normalised headline.

    Examples
    --------
    >>> clean_title("Politics: Senate passes water bill - Daily Example")
    'Senate passes water bill'
    >>> clean_title("Trump - the last days of an empire")
    'Trump - the last days of an empire'
    """
    return headline_of(normalise(title[:LONGEST_TITLE]))


def headline_of(text: str) -> str:
    """Return `clean_title` of a title that is normalised already."""
    for _ in range(4):
        shorter = _without_label(_without_site(text))
        if shorter == text:
            break
        text = shorter
    return text


def names_no_article(text: str) -> bool:
    """Tell whether a title could stand over any page: 'Home', 'News', a bare site name or date.

    Parameters
    ----------
    text : str
        A title as `normalise` returns it.

    Returns
    -------
    bool
        True also where the title holds no word.

    Examples
    --------
    >>> names_no_article("Home | Daily Example"), names_no_article("Rates rise")
    (True, False)
    """
    if _is_generic(text):
        return True
    parts = [part for part in _SEPARATOR.split(text) if words(part)]
    if len(parts) < 2:
        return False
    if all(_is_generic(part) or _is_site(part) for part in parts):
        return True
    # 'Home - Zorbl', 'Zorbl | Page not found': what a template puts beside any name
    return (_is_template(parts[0]) and sum(len(words(part)) for part in parts[1:]) <= 3) or (
        _is_template(parts[-1]) and len(parts) == 2 and len(words(parts[0])) <= 2
    )


def _is_template(part: str) -> bool:
    return " ".join(words(part)) in _GENERIC


def _is_generic(part: str) -> bool:
    tokens = words(part)
    if not tokens or all(token.isdigit() or token in _DATES for token in tokens):
        return True
    joined = " ".join(tokens)
    if joined in _GENERIC or joined in _OUTLETS or joined in _LABELS or _DOMAIN.fullmatch(part):
        return True
    if tokens[0] in {"page", "seite", "página", "pagina"} and len(tokens) == 2:
        return tokens[1].isdigit()
    named = [token for token in tokens if token not in _JOINING_WORDS]
    return len(named) == 2 and (
        (named[0] == "daily" and part.istitle())
        or all(token in _SITE_WORDS or token in _LABELS or token in _OUTLETS for token in named)
    )


def _is_site(part: str) -> bool:
    """Tell whether a title's last part reads as the name of a site."""
    if _DOMAIN.fullmatch(part):
        return True
    tokens = words(part)
    if not tokens or len(tokens) > 6:
        return False
    if " ".join(tokens) in _OUTLETS:
        return True
    capitalised = all(
        token[:1].isupper() or not token[:1].isalpha() or token.lower() in _JOINING_WORDS
        for token in part.split()
    )
    caseless = part.lower() == part.upper()
    return (capitalised or caseless) and len(tokens) <= 5 and not _SITE_WORDS.isdisjoint(tokens)


def _without_site(text: str) -> str:
    separators = list(_SEPARATOR.finditer(text))
    if separators:
        last = separators[-1]
        head, tail = text[: last.start()], text[last.end() :]
        name = words(tail)
        bar = not set(last[0]).isdisjoint("|¦»›«‹·•:")
        site = (
            not name
            or _is_site(tail)
            or " ".join(name) in _LABELS
            or (bar and len(name) <= 3 and len(name) < len(words(head)))
        )
        if site and _is_enough(head):
            return head
    label = _LABEL_AT_END.search(text)
    if label and " ".join(words(label[1])) in _LABELS and _is_enough(text[: label.start()]):
        return text[: label.start()]
    return text


def _without_label(text: str) -> str:
    found = _NUMBERED.match(text) or _LABEL.match(text)
    if not found or not _is_enough(text[found.end() :]):
        return text
    label = " ".join(words(found[1])) if found.re is _LABEL else ""
    return text[found.end() :] if not label or label in _LABELS else text


def _is_enough(text: str) -> bool:
    """Tell whether a cleaned title still holds the content words of a headline."""
    content = [word for word in words(text) if word not in _LIGHT]
    # a run of Chinese, Japanese or Thai counts by its length, at some two characters a word
    return (
        sum(1 if word < "\u0e00" else max(1, len(word) // 2) for word in content) >= _MIN_HEADLINE
    )
