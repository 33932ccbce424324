"""Short lines that are known by their form: bylines, dates, credits, menus, links."""

from __future__ import annotations

import re

from mismatch.text.lists import read_lists
from mismatch.text.normalisation import words
from mismatch.text.sentences import ends_sentence

_DATES = read_lists("titles")["dates"]
_LISTS = read_lists("lines")
_TIME_WORDS = _DATES | _LISTS["time words"]
_MENU = _LISTS["menu words"]
_AGENCIES = _LISTS["agencies"]
_NAME_JOINERS = _LISTS["name joiners"]
_LINK_LABELS, _SOURCE_LABELS, _CREDIT_LABELS = (
    _LISTS["link labels"],
    _LISTS["source labels"],
    _LISTS["credit labels"],
)
_BYLINE = re.compile(
    r"(?:by|von|par|por|di|door|от|автор|text|texte|autor|author|written by|posted by|reported by"
    r"|story by|words by|von unserem korrespondenten)\s?[:|]?\s",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"[(\[]?(?:(?:photos?|images?|pictures?|video|graphic) (?:by|via|courtesy|credit|from)\b"
    r"|courtesy of\b|©|\(c\)\s|copyright\s(?:©|\(c\)|\d{4}|by\b|[a-z]+ \d{4}))",
    re.IGNORECASE,
)
_PHOTO_AGENCY = re.compile(
    r"(?:getty images|ap photo|ap images|reuters|afp|epa|shutterstock|istock|alamy|pa wire"
    r"|pa images|dpa|upi|xinhua|imago|wikimedia commons)[^.!?]{0,60}\)?$",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"\w@\w[\w.-]{0,60}\.\w|\b(?:tel|phone|fax|telefon|call us|e-?mail)\s?[:.]\s?\S", re.IGNORECASE
)
_FOLLOW = re.compile(
    r"follow [^.!?]{0,80} on (?:twitter|facebook|instagram|x|youtube|telegram|google)\b",
    re.IGNORECASE,
)
_NAME_BREAK = re.compile(r"[,|/;•·\d–—]")
_URL = re.compile(r"(?:https?:/|www\.)\S*|pic\.twitter\.com/\S*", re.IGNORECASE)
_URL_STARTS = frozenset("http https www pic".split())
_HOMES = frozenset("home startseite accueil inicio início главная الرئيسية".split())
_LABEL_END = re.compile("[:：|»>/]|\\s[-–—]")
_LONGEST_LABEL = 40  # characters
_CRUMB = re.compile(r"[|»›>•·/→]")
_LONGEST_LINE = 14  # words; a form needs no sentence
LONGEST_LINK = 30


def is_furniture_line(text: str, tokens: list[str]) -> bool:
    """Tell whether a line is furniture by its form, whatever it says.

    Bylines, dates, credits, agencies, contact lines, bare links, hashtags, tag lists, links to
    other articles, menus and breadcrumbs are.

    Parameters
    ----------
    text : str
        A short paragraph, normalised.
    tokens : list of str
        Its words.

    Returns
    -------
    bool
        False for any paragraph of more than thirty words.

    Examples
    --------
    >>> is_furniture_line("By Jane Doe | 3 March 2021", ["by", "jane", "doe", "3", "march", "2021"])
    True
    >>> is_furniture_line("By Monday it was over.", ["by", "monday", "it", "was", "over"])
    False
    """
    count = len(tokens)
    if count > LONGEST_LINK:
        return False
    if "#" in text and is_hashtag_line(text):
        return True
    if tokens[0] in _URL_STARTS and all(map(_URL.fullmatch, text.split())):
        return True
    label = _label(text)
    if label in _LINK_LABELS or _is_menu(text, tokens):
        return True
    return count <= _LONGEST_LINE and (
        label in _CREDIT_LABELS
        or (label in _SOURCE_LABELS and count <= 6 and not ends_sentence(text))
        or all(token in _AGENCIES or token.isdigit() for token in tokens)
        or _is_time_stamp(tokens)
        or _is_byline(text)
        or _is_credit(text)
        or bool(_FOLLOW.match(text))
        or (count <= 10 and bool(_CONTACT.search(text)))
    )


def _label(text: str) -> str:
    """Return what stands before a line's first colon, bar, arrow, slash or dash."""
    end = _LABEL_END.search(text, 0, _LONGEST_LABEL)
    return " ".join(words(text[: end.start()])) if end else ""


def _is_credit(text: str) -> bool:
    return bool(_CREDIT.match(text)) or (
        "/" in text and not ends_sentence(text) and bool(_PHOTO_AGENCY.search(text))
    )


def is_hashtag_line(text: str) -> bool:
    """Tell whether a line is hashtags, or mostly so.

    Parameters
    ----------
    text : str
        A paragraph, normalised.

    Returns
    -------
    bool
        Whether at least 60 % of its tokens begin with ``#``, and if there is one, all.

    Examples
    --------
    >>> is_hashtag_line("#harbour #bridge repairs"), is_hashtag_line("Why #harbour trended")
    (True, False)
    """
    parts = text.split()
    tags = sum(part.startswith("#") for part in parts)
    return (tags >= 2 and tags >= 0.6 * len(parts)) or tags == len(parts) == 1


def _is_menu(text: str, tokens: list[str]) -> bool:
    if tokens[0] not in _MENU or len(tokens) == 1 or ends_sentence(text):
        return False
    if tokens[0] in _HOMES and _CRUMB.search(text):
        return True
    return len(tokens) >= 3 and sum(map(_MENU.__contains__, tokens)) >= 0.85 * len(tokens)


def _is_time_stamp(tokens: list[str]) -> bool:
    return all(token.isdigit() or token in _TIME_WORDS for token in tokens) and any(
        token.isdigit() or token in _DATES for token in tokens
    )


def _is_byline(text: str) -> bool:
    """Tell a byline by its names: nearly every word after 'By' is capitalised."""
    start = _BYLINE.match(text)
    if not start or (text.endswith((".", "!", "?")) and not text.endswith(("Jr.", "Sr."))):
        return False
    names = re.findall(r"[^\W_]+", text[start.end() :])
    if not names or names[0][0].islower() or names[0][0].isdigit():
        return False
    named = sum(
        not name[0].islower() or name.lower() in _NAME_JOINERS or name.lower() in _TIME_WORDS
        for name in names
    )
    return named >= 0.8 * len(names) and (len(names) <= 6 or bool(_NAME_BREAK.search(text)))
