"""Letters that pass for others, folded only to find disguised copies of a title."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LOOKALIKES = (
    ("АВЕЅКМНОРСТХУІЈԚԜЗ", "ABESKMHOPCTXYIJQW3"),
    ("авеѕкмнорстхуіјԁһԛԝпг", "abeskmhopctxyijdhqwnr"),
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"),
    ("αβεικνορτυχωγ", "abeikvoptuxwy"),
    ("ԱՕՍօոսցհ", "UOUonugh"),
    ("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz"),
)
_ACCENTS = range(0x0300, 0x0370)
_FOLDED: dict[int, str | None] = {
    ord(odd): usual for odds, usuals in _LOOKALIKES for odd, usual in zip(odds, usuals, strict=True)
} | dict.fromkeys(_ACCENTS)
# Small capitals, marks that compose with nothing, and scripts mixed within a word.
_SUSPECT = re.compile("[\u0262-\u029f\u0300-\u058f\u1d00-\u1d2b\ua730\ua731]")
_DISGUISE = re.compile(
    "[a-zA-Z][\u0370-\u058f]|[\u0370-\u058f][a-zA-Z]|[\u0300-\u036f\u1d00-\u1d2b\ua730\ua731]"
    "|[\u0262\u026a\u0274\u0280\u028f\u0299\u029c\u029f]"
)


def unmask(text: str) -> str:
    """Return a text with look-alike letters as the Latin ones they pass for.

    Texts in one script each are left alone: Russian stays Russian.

    Parameters
    ----------
    text : str
        A normalised text.

    Returns
    -------
    str
        The text itself where nothing in it is disguised.

    Examples
    --------
    >>> unmask("\u0435qui\u0440"), unmask("\u041c\u0438\u0440")
    ('equip', 'Мир')
    """
    if _SUSPECT.search(text) and _DISGUISE.search(text):
        return text.translate(_FOLDED)
    return text


def without_accents(tokens: list[str]) -> list[str]:
    """Return words without accents, as slugs write them.

    Parameters
    ----------
    tokens : list of str
        Lower-cased words.

    Returns
    -------
    list of str
        As many.

    Examples
    --------
    >>> without_accents(["caf\u00e9", "m\u00fcller", "\u043c\u0438\u0440"])
    ['cafe', 'muller', 'мир']
    """
    return [token if token.isascii() else _without_accents(token) for token in tokens]


@lru_cache(maxsize=8192)
def _without_accents(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word)
    if decomposed == word:
        return word
    plain = "".join([char for char in decomposed if ord(char) not in _ACCENTS])
    return unicodedata.normalize("NFC", plain)
