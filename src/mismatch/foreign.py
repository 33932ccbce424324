"""Paragraphs that seem to come from another article.

Each content paragraph is held against the rest of its article and against the headline; a logistic
model fitted on articles with planted paragraphs says how likely it is a stranger. Short paragraphs
say too little about themselves to be accused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mismatch.evidence import Evidence, terms
from mismatch.text import Article

SHORTEST = 15  # words of a paragraph that can be called foreign
FEWEST = 4  # content paragraphs of an article that has a rest to compare with
MOST = 2_000  # beyond it a text is no article, and comparing all with all takes too long
NEIGHBOURHOOD = 2  # paragraphs on either side that may be strangers from the same article
HEADLINE_WEIGHT = 3.0  # of the headline's vector beside those of paragraphs, by root of length
FEATURES = (
    "rest_similarity",
    "headline_similarity",
    "shared_words",
    "log_words",
)


@dataclass(frozen=True)
class ForeignFinder:
    """Logistic model over `FEATURES`: `weights` has shape (len(FEATURES) + 1,), intercept last."""

    weights: NDArray[np.float64]
    threshold: float

    def __call__(self, article: Article, evidence: Evidence) -> NDArray[np.bool_]:
        """Which content paragraphs seem foreign, shape (number of content paragraphs,).

        Where more than half of the text would be foreign, nothing is: there is then no telling
        which part is the article.
        """
        lengths = np.array([len(block.words) for block in article.content])
        if not FEWEST <= len(lengths) <= MOST:
            return np.zeros(len(lengths), dtype=bool)
        *similar, shared, long, start = self.weights.tolist()
        odds = _similarities(lengths, evidence) @ similar + long * np.log1p(lengths) + start
        found = (odds + max(0.0, shared) > self.threshold) & (lengths >= SHORTEST)
        if found.any():  # hardly ever: counting the shared words takes as long as all else
            found &= odds + shared * _shared_words(article) > self.threshold
        return found if lengths[found].sum() * 2 <= lengths.sum() else np.zeros_like(found)


def features(article: Article, evidence: Evidence) -> NDArray[np.float64]:
    """Features of every content paragraph, shape (n, len(FEATURES)).

    Strangers come in runs, so a paragraph is not compared with its neighbours: the rest is the
    headline and the paragraphs more than `NEIGHBOURHOOD` away.
    """
    lengths = np.array([len(block.words) for block in article.content])
    shared = _shared_words(article)
    return np.column_stack([_similarities(lengths, evidence), shared, np.log1p(lengths)])


def _similarities(lengths: NDArray[np.int64], evidence: Evidence) -> NDArray[np.float64]:
    """The first of `FEATURES`, shape (n, 2): cosines with the rest and with the headline."""
    vectors = evidence.vectors
    places = np.arange(len(vectors))
    far = np.abs(places[:, None] - places) > NEIGHBOURHOOD
    weights = (far * np.sqrt(lengths)).astype(np.float32)
    rest = weights @ vectors + HEADLINE_WEIGHT * evidence.headline
    rest /= np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-9)
    return np.column_stack([(vectors * rest).sum(axis=1), evidence.similarities]).astype(np.float64)


def _shared_words(article: Article) -> NDArray[np.float64]:
    """Share of each paragraph's longer words that stand in the headline or far paragraphs."""
    headline = set(terms(article.headline_words))
    blocks = [{word for word in terms(b.words) if len(word) > 3} for b in article.content]
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for place, block in enumerate(blocks):
        last |= dict.fromkeys(block, place)
    for place, block in reversed(list(enumerate(blocks))):
        first |= dict.fromkeys(block, place)
    shares = []
    for place, block in enumerate(blocks):
        before, after = place - NEIGHBOURHOOD, place + NEIGHBOURHOOD
        found = [w for w in block if first[w] < before or last[w] > after or w in headline]
        shares.append(len(found) / max(1, len(block)))
    return np.array(shares)
