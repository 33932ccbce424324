"""What speaks for and against a headline, as one named feature vector.

Lexical evidence (which words of the headline stand in the body, weighted by inverse document
frequency, and how near to each other) and semantic evidence (similarities of vectors) are measured
for the headline against the content paragraphs. Echoes and boilerplate never enter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from mismatch.encoders import Lexicon, StaticEncoder
from mismatch.text import Article

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]

FEATURES = (
    "log_headline_words",
    "log_body_words",
    "log_paragraphs",
    "exact_coverage",
    "prefix_coverage",
    "soft_coverage",
    "soft_minimum",
    "best_paragraph_coverage",
    "best_neighbours_coverage",
    "lead_coverage",
    "rarest_found",
    "rarest_missing",
    "found_by_chance",
    "number_coverage",
    "tfidf_cosine",
    "best_similarity",
    "top3_similarity",
    "body_similarity",
    "lead_similarity",
    "body_surprise",
    "best_surprise",
    "unknown_share",
    "generic_headline",
)

LEAD = 2  # paragraphs
PREFIX = 5  # letters two inflected forms of a word share
AVERAGE_BODY = 600.0  # words of the articles that document frequencies were counted on
THAI_START, LAO_END = "\u0e00", "\u0eff"  # scripts written without spaces
CJK_START = "\u2e80"


@dataclass(frozen=True, slots=True)
class Background:
    """First two moments of vectors of unrelated texts, to tell a high similarity from a common one.

    `mean` has shape (d,) and `covariance` (d, d): of the unit vectors of headlines.
    """

    mean: NDArray[np.float32]
    covariance: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Features of a pair, in the order of `FEATURES`, and what the explanation needs.

    `similarities` and `vectors` have one row per content paragraph; a row of zeros is a paragraph
    without a known word.
    """

    features: Floats
    similarities: Vectors
    vectors: Vectors


class EvidenceReader:
    """Measures articles with one encoder and its background."""

    def __init__(self, encoder: StaticEncoder, background: Background) -> None:
        self.encoder = encoder
        self.background = background

    def __call__(self, article: Article) -> Evidence:
        """Measure an article that has a headline word and a content paragraph."""
        self.encoder.lexicon.forget()
        paragraphs = [
            block.words if block.text.isascii() else terms(block.words) for block in article.content
        ]
        headline = list(dict.fromkeys(terms(article.headline_words)))
        exact, prefixed = _find(headline, paragraphs)
        query = _Query(self.encoder.lexicon, headline)
        body = _Body(self.encoder.lexicon, paragraphs)
        similarities: Vectors = body.vectors @ query.vector
        soft = np.maximum(exact, body.best_cosines(query))

        weights = query.idf / query.idf.sum()
        found = exact.max(axis=1)
        covered = soft.max(axis=1)
        per_paragraph = weights @ soft
        neighbours = weights @ np.maximum(soft[:, :-1], soft[:, 1:])
        rarest = np.argsort(-query.idf, kind="stable")[:3]
        numbers = [i for i, word in enumerate(headline) if word[0].isdigit()]
        ranked = np.sort(similarities)[::-1]
        body_similarity = float(body.whole @ query.vector)
        features = (
            math.log(len(headline)),
            math.log1p(body.words),
            math.log(len(paragraphs)),
            weights @ found,
            weights @ prefixed,
            weights @ covered,
            covered[rarest].min(),
            per_paragraph.max(),
            max(neighbours, default=per_paragraph[0]),
            weights @ soft[:, :LEAD].max(axis=1),
            found[rarest].mean(),
            (query.idf * (1 - covered)).max(),
            _found_by_chance(query.idf, covered, body.words),
            found[numbers].mean() if numbers else 0.5,
            body.tfidf_cosine(query),
            ranked[0],
            ranked[:3].mean(),
            body_similarity,
            similarities[:LEAD].max(),
            self._surprise(body.whole, body_similarity),
            self._surprise(body.vectors[similarities.argmax()], float(ranked[0])),
            (query.norms == 0).mean(),
            article.generic,
        )
        return Evidence(np.array(features, dtype=np.float64), similarities, body.vectors)

    def _surprise(self, vector: Vectors, similarity: float) -> float:
        """Standard deviations by which a similarity exceeds that of unrelated headlines."""
        mean = float(vector @ self.background.mean)
        variance = float(vector @ self.background.covariance @ vector)
        return (similarity - mean) / math.sqrt(max(variance, 1e-6))


class _Query:
    """The distinct words of a headline."""

    def __init__(self, lexicon: Lexicon, headline: list[str]) -> None:
        self.words = headline
        rows = lexicon.rows(headline)
        self.raw = lexicon.vectors[rows]
        self.norms = lexicon.norms[rows]
        self.idf = lexicon.idf[rows].astype(np.float64)
        self.vector = _unit(self.raw.sum(axis=0))


class _Body:
    """The content paragraphs as vectors, and each distinct word of them once."""

    def __init__(self, lexicon: Lexicon, paragraphs: list[list[str]]) -> None:
        self.lengths = np.array([len(words) for words in paragraphs])
        self.words = int(self.lengths.sum())
        # In the order of the text, not of the lexicon's rows: the sums are then the same to the
        # last bit whatever articles the lexicon has met before.
        words = list(chain.from_iterable(paragraphs))
        distinct = list(dict.fromkeys(words))
        self.place = {word: column for column, word in enumerate(distinct)}
        self.inverse = np.fromiter(map(self.place.__getitem__, words), np.intp, len(words))
        rows = lexicon.rows(distinct)
        self.raw = lexicon.vectors[rows]
        self.norms = lexicon.norms[rows]
        self.idf = lexicon.idf[rows]
        width = len(rows)
        cell = np.repeat(np.arange(len(paragraphs)) * width, self.lengths) + self.inverse
        counts = np.bincount(cell, minlength=len(paragraphs) * width).reshape(-1, width)
        self.counts = counts.sum(axis=0, dtype=np.float32)
        self.vectors = counts.astype(np.float32) @ self.raw
        self.vectors /= np.maximum(np.sqrt((self.vectors**2).sum(axis=1, keepdims=True)), 1e-9)
        self.whole = _unit(self.vectors.sum(axis=0))

    def best_cosines(self, query: _Query) -> Floats:
        """Per headline word its best cosine in each paragraph, 0 to 1: shape (words, paragraphs).

        Words without a vector have zeros.
        """
        norms = np.maximum(query.norms[:, None] * self.norms, 1e-9)
        cosines = ((query.raw @ self.raw.T) / norms)[:, self.inverse]
        starts = np.cumsum(self.lengths) - self.lengths
        best: Floats = np.maximum.reduceat(cosines, starts, axis=1)
        return np.maximum(best, 0.0)

    def tfidf_cosine(self, query: _Query) -> float:
        """Cosine of headline and body as bags of words, counts times idf."""
        body = self.counts * self.idf
        place = np.array([self.place.get(word, -1) for word in query.words])
        shared = np.where(place >= 0, body[place], 0.0)
        norm = math.sqrt(float(body @ body) * float(query.idf @ query.idf))
        return float(shared @ query.idf) / norm if norm else 0.0


def _unit(vector: Vectors) -> Vectors:
    return vector / max(math.sqrt(float(vector @ vector)), 1e-9)


def _find(headline: list[str], paragraphs: list[list[str]]) -> tuple[Floats, Floats]:
    """Whether each headline word stands in each paragraph, and whether one like it in any.

    Shapes (words, paragraphs) and (words,). Words of five letters or more are alike when the
    first five are the same.
    """
    exact = np.zeros((len(headline), len(paragraphs)))
    place = {word: i for i, word in enumerate(headline)}
    wanted = set(headline)
    for column, words in enumerate(paragraphs):
        for word in wanted.intersection(words):
            exact[place[word], column] = 1.0
    text = " " + " ".join(chain.from_iterable(paragraphs))
    prefixed = exact.max(axis=1)
    for i, word in enumerate(headline):
        if not prefixed[i] and len(word) >= PREFIX and f" {word[:PREFIX]}" in text:
            prefixed[i] = 1.0
    return exact, prefixed


def _found_by_chance(idf: Floats, covered: Floats, body_words: int) -> float:
    """Log-odds of the words found and missed, against an unrelated body of this length.

    A naive Bayes sum over the words, divided by the root of their number.
    """
    rate = np.exp(-idf) * (body_words / AVERAGE_BODY)
    chance = np.clip(1 - np.exp(-rate), 1e-4, 0.95)
    related = np.maximum(0.7, chance)
    found = covered * np.log(related / chance)
    missed = (1 - covered) * np.log((1 - related) / (1 - chance))
    return float((found + missed).sum()) / math.sqrt(len(idf))


def terms(words: list[str]) -> list[str]:
    """Words for exact comparison: runs of scripts without spaces become their character pairs."""
    if max(words, default="") < THAI_START:
        return words
    out: list[str] = []
    for word in words:
        if len(word) > 2 and (THAI_START <= word[0] <= LAO_END or word[0] >= CJK_START):
            out.extend(a + b for a, b in pairwise(word))
        else:
            out.append(word)
    return out
