"""Whether an article lies outside what the models were fitted and calibrated on.

The bounds are those beyond which hardly any article of the calibration lies, on which every shown
figure rests. A score beyond them may be right; it is only not known to be.
"""

from __future__ import annotations

import re
from collections.abc import Container
from enum import StrEnum
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from mismatch.evidence import CJK_START, FEATURES
from mismatch.text import Article

__all__ = ["Unfamiliar", "find_unfamiliar"]

FEW_WORDS = 30  # of content
READ = 400  # words of the body that are looked up
LEAST_KNOWN = 0.58  # share of words; languages that the models have read keep above it
LEAST_LETTERS = 0.75  # of all that is not space
FIRST_IDEOGRAPH, LAST_IDEOGRAPH = "\u3400", "\u9fff"  # kana and hangul were never read
# A title that matches all too well, or names a page, is nothing strange.
_NO_ASCII = re.compile(r"[^\x00-\x7f]")
_NO_ASCII_LETTERS = bytes(code for code in range(128) if not chr(code).isalpha())
_OF_ITS_OWN = np.isin(FEATURES, ["tfidf_cosine", "generic_headline", "deep_sets"])


class Unfamiliar(StrEnum):
    """Why a score is to be taken with more care than usual; :attr:`text` says it in a sentence.

    Examples
    --------
    >>> print(Unfamiliar.SHORT_BODY, "-", Unfamiliar.SHORT_BODY.text)
    short_body - The body is very short: fewer than 30 words of it can be compared.
    """

    SHORT_BODY = "short_body"
    UNKNOWN_WORDS = "unknown_words"
    NO_PROSE = "no_prose"
    SHORT_TITLE = "short_title"
    OUTLYING = "outlying"

    @property
    def text(self) -> str:
        """One plain sentence for a reader."""
        return _TEXTS[self]


_TEXTS = {
    Unfamiliar.SHORT_BODY: (
        f"The body is very short: fewer than {FEW_WORDS} words of it can be compared."
    ),
    Unfamiliar.UNKNOWN_WORDS: (
        "Many of its words are unknown to the model: a language, script or jargon unlike what it "
        "was calibrated on."
    ),
    Unfamiliar.NO_PROSE: "Much of the body is numbers or symbols, not prose.",
    Unfamiliar.SHORT_TITLE: "The headline is a single word.",
    Unfamiliar.OUTLYING: "Its measurements lie far outside those of the articles calibrated on.",
}


def find_unfamiliar(
    article: Article, standard: NDArray[np.float64], clip: float, known: Container[str]
) -> Unfamiliar | None:
    """Say what of an article lies outside the calibration, the weightiest thing first.

    Parameters
    ----------
    article : Article
        With a headline word and a content paragraph.
    standard : ndarray of float64, shape (d,)
        Its `FEATURES` in standard deviations from the mean.
    clip : float
        Standard deviations up to which features were fitted.
    known : container of str
        The pieces of the encoder's vocabulary: words of languages it has read stand there whole.
    """
    content = article.content
    words = list(islice(chain.from_iterable([block.words for block in content]), READ))
    if share_known([*article.headline_words, *words], known) < LEAST_KNOWN:
        return Unfamiliar.UNKNOWN_WORDS
    if len(words) < FEW_WORDS and sum(map(_weight, words)) < FEW_WORDS:
        return Unfamiliar.SHORT_BODY
    if share_of_letters("".join([block.text for block in content[:50]])) < LEAST_LETTERS:
        return Unfamiliar.NO_PROSE
    if len(article.headline_words) == 1 and _weight(article.headline_words[0]) == 1:
        return Unfamiliar.SHORT_TITLE
    return Unfamiliar.OUTLYING if (np.abs(standard[~_OF_ITS_OWN]) > clip).any() else None


def share_known(words: list[str], known: Container[str]) -> float:
    """Share of words that the vocabulary has whole; of ideographs, each counts for itself.

    Examples
    --------
    >>> share_known(["rain", "qwrtzp"], {"rain"})
    0.5
    """
    if max(words, default="") < CJK_START:
        return sum(map(known.__contains__, words)) / max(len(words), 1)
    met = total = 0
    for word in words:
        if word >= CJK_START:
            total += len(word)
            met += sum(c in known for c in word if FIRST_IDEOGRAPH <= c <= LAST_IDEOGRAPH)
        else:
            total += 1
            met += word in known
    return met / max(total, 1)


def share_of_letters(text: str) -> float:
    """Share of letters and marks among the characters that are no space, of a normalised text.

    Examples
    --------
    >>> share_of_letters("12 apples")
    0.75
    """
    dense = text[:4_000].replace(" ", "")
    prose = len(dense.encode("ascii", "ignore").translate(None, _NO_ASCII_LETTERS))
    if not dense.isascii():
        # A vowel sign of an Indic script is no letter to isalpha, nor a symbol to anyone.
        prose += sum(c.isalpha() or c > "\u02ff" for c in _NO_ASCII.findall(dense))
    return prose / max(len(dense), 1)


def _weight(word: str) -> int:
    """How many words a run of a script without spaces stands for, roughly."""
    return max(1, len(word) // 2) if word >= CJK_START else 1
