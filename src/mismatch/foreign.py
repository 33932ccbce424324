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
FEATURES = (
    "rest_similarity",
    "nearest_similarity",
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
        if len(lengths) < FEWEST:
            return np.zeros(len(lengths), dtype=bool)
        odds = features(article, evidence) @ self.weights[:-1] + self.weights[-1]
        found = (odds > self.threshold) & (lengths >= SHORTEST)
        return found if lengths[found].sum() * 2 <= lengths.sum() else np.zeros_like(found)


def features(article: Article, evidence: Evidence) -> NDArray[np.float64]:
    """Features of every content paragraph, shape (n, len(FEATURES))."""
    vectors = evidence.vectors
    lengths = np.array([len(block.words) for block in article.content], dtype=np.float64)
    weighted = vectors * np.sqrt(lengths)[:, None]
    rest = weighted.sum(axis=0) - weighted
    rest /= np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-9)
    similar = vectors @ vectors.T
    np.fill_diagonal(similar, -1.0)
    blocks = [set(terms(block.words)) for block in article.content]
    holders: dict[str, int] = {}
    for block in blocks:
        for word in block:
            holders[word] = holders.get(word, 0) + 1
    shared = [
        sum(holders[word] > 1 for word in block if len(word) > 3)
        / max(1, sum(len(word) > 3 for word in block))
        for block in blocks
    ]
    return np.column_stack(
        [
            (vectors * rest).sum(axis=1),
            similar.max(axis=1),
            evidence.similarities,
            shared,
            np.log1p(lengths),
        ]
    )
