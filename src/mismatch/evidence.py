"""What speaks for and against a headline, as one named feature vector.

Lexical evidence (which words of the headline stand in the body, weighted by inverse document
frequency, and how near to each other) and semantic evidence (similarities of vectors) are measured
for the headline against the content paragraphs. Echoes and boilerplate never enter.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mismatch.encoders import StaticEncoder
from mismatch.text import Article, Block

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

    features: NDArray[np.float64]
    similarities: NDArray[np.float32]
    vectors: NDArray[np.float32]


class EvidenceReader:
    """Measures articles with one encoder and its background."""

    def __init__(self, encoder: StaticEncoder, background: Background) -> None:
        self.encoder = encoder
        self.background = background

    def __call__(self, article: Article) -> Evidence:
        """Measure an article that has a headline word and a content paragraph."""
        content = article.content
        headline = list(dict.fromkeys(terms(article.headline_words)))
        blocks = [set(terms(block.words)) for block in content]
        idf = np.array([self.encoder.word_idf(word) for word in headline])
        weights = idf / idf.sum()
        found = np.array([[word in block for block in blocks] for word in headline], dtype=float)

        vectors, similarities, cosines, body_ids = self._semantic(headline, content)
        soft = np.maximum(found, cosines)
        covered = soft.max(axis=1)
        exact = found.max(axis=1)
        prefixes = {word[:PREFIX] for block in blocks for word in block}
        prefixed = np.array([word[:PREFIX] in prefixes for word in headline])

        per_paragraph = weights @ soft
        neighbours = max(
            (float(weights @ np.maximum(soft[:, i], soft[:, j])) for i, j in pairwise(range(len(content)))),
            default=float(per_paragraph[0]),
        )
        body_words = sum(len(block.words) for block in content)
        ordered = np.argsort(-idf, kind="stable")[:3]
        numbers = np.array([word[0].isdigit() for word in headline])
        top = np.sort(similarities)[::-1]
        body = vectors.sum(axis=0)
        body /= np.linalg.norm(body) or 1.0
        query = self._unit(self.encoder.piece_ids(headline))
        body_similarity = float(body @ query)
        best = int(similarities.argmax())
        features = (
            np.log(len(headline)),
            np.log1p(body_words),
            np.log(len(content)),
            weights @ exact,
            weights @ prefixed,
            weights @ covered,
            covered[ordered].min(),
            per_paragraph.max(),
            neighbours,
            weights @ soft[:, :LEAD].max(axis=1),
            exact[ordered].mean(),
            (idf * (1 - covered)).max(),
            self._found_by_chance(idf, covered, body_words),
            exact[numbers].mean() if numbers.any() else 0.5,
            self._tfidf_cosine(headline, body_ids),
            top[0],
            top[:3].mean(),
            body_similarity,
            similarities[:LEAD].max(),
            self._surprise(body, body_similarity),
            self._surprise(vectors[best], float(top[0])),
            np.mean([not self.encoder.pieces[word] for word in headline]),
            article.generic,
        )
        return Evidence(np.array(features, dtype=np.float64), similarities, vectors)

    def _semantic(
        self, headline: list[str], content: list[Block]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64], NDArray[np.intp]]:
        """Paragraph vectors, their similarity, and per headline word its best cosine in each."""
        encoder = self.encoder
        per_block = [encoder.piece_ids(block.words) for block in content]
        lengths = np.array([len(ids) for ids in per_block])
        ids = np.fromiter((i for block in per_block for i in block), np.intp, int(lengths.sum()))
        unique, inverse = np.unique(ids, return_inverse=True)
        raw = encoder.vectors(unique)
        owner = np.repeat(np.arange(len(content)), lengths)
        counts = np.bincount(owner * len(unique) + inverse, minlength=len(content) * len(unique))
        vectors = counts.reshape(len(content), len(unique)).astype(np.float32) @ raw
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

        per_word = [encoder.pieces[word] for word in headline]
        query_ids = np.array([i for pieces in per_word for i in pieces], dtype=np.intp)
        query = encoder.vectors(query_ids)
        whole = query.sum(axis=0)
        similarities = vectors @ (whole / max(float(np.linalg.norm(whole)), 1e-9))

        cosines = np.zeros((len(headline), len(content)))
        if len(query_ids) and len(unique):
            unit = raw / np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-9)
            query /= np.maximum(np.linalg.norm(query, axis=1, keepdims=True), 1e-9)
            filled = np.flatnonzero(lengths)
            starts = np.concatenate([[0], np.cumsum(lengths[filled])[:-1]])
            best = np.maximum.reduceat((query @ unit.T)[:, inverse], starts, axis=1)
            known = [k for k, pieces in enumerate(per_word) if pieces]
            pieces_of = np.array([len(per_word[k]) for k in known])
            first = np.concatenate([[0], np.cumsum(pieces_of)[:-1]])
            mean = np.add.reduceat(best, first, axis=0) / pieces_of[:, None]
            cosines[np.ix_(known, filled)] = np.maximum(mean, 0.0)
        return vectors, similarities, cosines, ids

    def _unit(self, ids: list[int]) -> NDArray[np.float32]:
        vector = self.encoder.vectors(np.array(ids, dtype=np.intp)).sum(axis=0)
        unit: NDArray[np.float32] = vector / max(float(np.linalg.norm(vector)), 1e-9)
        return unit

    def _surprise(self, vector: NDArray[np.float32], similarity: float) -> float:
        """Standard deviations by which a similarity exceeds that of unrelated headlines."""
        background = self.background
        mean = float(vector @ background.mean)
        variance = float(vector @ background.covariance @ vector)
        return (similarity - mean) / np.sqrt(max(variance, 1e-6))

    def _found_by_chance(
        self, idf: NDArray[np.float64], covered: NDArray[np.float64], body_words: int
    ) -> float:
        """Mean log-odds of the words found and missed, against an unrelated body of this length."""
        rate = np.exp(-idf) * body_words / AVERAGE_BODY
        chance = np.clip(1 - np.exp(-rate), 1e-4, 0.95)
        related = np.maximum(0.7, chance)
        bits = covered * np.log(related / chance) + (1 - covered) * np.log((1 - related) / (1 - chance))
        return float(bits.sum() / np.sqrt(len(idf)))

    def _tfidf_cosine(self, headline: list[str], body_ids: NDArray[np.intp]) -> float:
        idf = self.encoder.idf
        query = np.array(self.encoder.piece_ids(headline), dtype=np.intp)
        unique, counts = np.unique(body_ids, return_counts=True)
        if not len(unique) or not len(query):
            return 0.0
        body = counts * idf[unique]
        place = np.searchsorted(unique, query).clip(max=len(unique) - 1)
        shared = np.where(unique[place] == query, body[place], 0.0)
        norm = np.linalg.norm(body) * np.linalg.norm(idf[query])
        return float(shared @ idf[query] / norm) if norm else 0.0


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
