"""What speaks for and against a headline, as one named feature vector.

Lexical evidence (which words of the headline stand in the body, weighted by inverse document
frequency, and how near to each other) and semantic evidence (similarities of vectors) are measured
for the headline against the content paragraphs. Echoes and boilerplate never enter.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain, count, pairwise

import numpy as np
from numpy.typing import NDArray

from mismatch.deep_sets import DeepSets
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
    "deep_sets",
)
WHOLE = FEATURES.index("deep_sets")  # how many of them the network itself weighs

LEAD = 2  # paragraphs
LONGEST_HEADLINE = 100  # distinct words; what follows in a longer one is not read
MOST_WORDS = 20_000  # distinct ones of a body, more than any article has; the rest is not read
FEW_PARAGRAPHS = 48
ALONE = 2**17  # products that BLAS adds up in one thread; how many share more changes the last bit
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

    `words` has a row of `WORD_FEATURES` per distinct word of the headline, which the last of the
    features is made of.
    `similarities` and `vectors` have one row per content paragraph; a row of zeros is a paragraph
    without a known word, or beyond `MOST_WORDS`. `headline` is the headline's unit vector.
    """

    features: Floats
    words: Floats
    similarities: Vectors
    vectors: Vectors
    headline: Vectors


class EvidenceReader:
    """Measures articles with one encoder and its background.

    Without `deep_sets`, which learns from the other features, the feature of that name is 0.
    """

    def __init__(
        self, encoder: StaticEncoder, background: Background, deep_sets: DeepSets | None
    ) -> None:
        self.encoder = encoder
        self.background = background
        self.deep_sets = deep_sets

    def __call__(self, article: Article) -> Evidence:
        """Measure an article that has a headline word and a content paragraph."""
        paragraphs = words_of(article)
        unread = len(paragraphs)
        paragraphs = _within_reach(paragraphs)
        unread -= len(paragraphs)
        headline = headline_terms(article)
        body = _Body(self.encoder.lexicon, paragraphs, headline)
        query = body.query
        found = [float(place < body.size) for place in query.places]
        soft = body.coverage()
        covered = soft.max(axis=0)
        idf = query.idf
        weights = idf / max(idf.sum(), 1e-9)
        in_lead = soft[:LEAD].max(0)
        of_headline = np.array([found, body.prefixed(headline, found), covered, in_lead])
        exact, prefixed, soft_coverage, lead = (of_headline @ weights).tolist()
        per_paragraph = soft @ weights
        neighbours = np.maximum(soft[:-1], soft[1:]) @ weights
        best = per_paragraph.argmax()
        best_paragraph = float(per_paragraph[best])

        similarities = body.vectors @ query.vector
        ranked = sorted(similarities.tolist(), reverse=True)
        body_similarity = float(body.whole @ query.vector)
        nearest = body.vectors[similarities.argmax()]
        body_surprise, best_surprise = self._surprises(
            [body.whole, nearest], [body_similarity, ranked[0]]
        )

        # Headlines are short: plain numbers are quicker than arrays.
        cover, rarity = covered.tolist(), idf.tolist()
        rarest = sorted(range(len(headline)), key=rarity.__getitem__, reverse=True)[:3]
        numbers = [hit for hit, word in zip(found, headline, strict=True) if word[0].isdigit()]
        features = (
            math.log(len(headline)),
            math.log1p(body.words),
            math.log(len(paragraphs)),
            exact,
            prefixed,
            soft_coverage,
            min([cover[i] for i in rarest]),
            best_paragraph,
            float(neighbours.max()) if len(neighbours) else best_paragraph,
            lead,
            sum([found[i] for i in rarest]) / len(rarest),
            max([weight * (1 - part) for weight, part in zip(rarity, cover, strict=True)]),
            _found_by_chance(rarity, cover, body.words),
            sum(numbers) / len(numbers) if numbers else 0.5,
            body.tfidf_cosine(),
            ranked[0],
            sum(ranked[:3]) / len(ranked[:3]),
            body_similarity,
            max(similarities[:LEAD].tolist()),
            body_surprise,
            best_surprise,
            query.norms.tolist().count(0.0) / len(headline),
            article.generic,
        )
        values = np.array([*features, 0.0], dtype=np.float64)
        words = np.array(
            [
                idf,
                weights,
                *of_headline[:3],
                soft[best],
                in_lead,
                np.log1p(body.counts_of(query.places)),
                *np.array([body.whole, nearest, query.vector]) @ query.columns,
                [word[0].isdigit() for word in headline],
                np.arange(len(headline)),
                similarities[soft.argmax(axis=0)],
                query.norms,
            ]
        ).T
        if self.deep_sets is not None:
            values[WHOLE] = self.deep_sets(words, values[:WHOLE])
        vectors = body.vectors
        if unread:
            similarities = np.pad(similarities, (0, unread))
            vectors = np.pad(vectors, ((0, unread), (0, 0)))
        return Evidence(values, words, similarities, vectors, query.vector)

    def _surprises(self, vectors: list[Vectors], similarities: list[float]) -> list[float]:
        """Standard deviations by which similarities exceed those of unrelated headlines."""
        stacked = np.array(vectors)
        means = (stacked @ self.background.mean).tolist()
        variances = np.einsum("ij,ij->i", stacked @ self.background.covariance, stacked).tolist()
        return [
            (similarity - mean) / math.sqrt(max(variance, 1e-6))
            for similarity, mean, variance in zip(similarities, means, variances, strict=True)
        ]


class _Query:
    """The distinct words of a headline, at `places` of arrays of vectors, their norms and idf."""

    def __init__(self, places: list[int], raw: Vectors, norms: Vectors, idf: Vectors) -> None:
        self.places = places
        raw = raw.take(places, axis=0)
        self.norms = norms.take(places)
        units = raw / np.maximum(self.norms, 1e-9)[:, None]
        self.columns: Vectors = np.ascontiguousarray(units.T)  # multiplies faster than units.T
        self.idf = idf.take(places).astype(np.float64)
        self.vector: Vectors = _unit(np.add.reduce(raw))


class _Body:
    """The content paragraphs as vectors, and each distinct word of them once."""

    def __init__(self, lexicon: Lexicon, paragraphs: list[list[str]], headline: list[str]) -> None:
        lengths = list(map(len, paragraphs))
        self.words = sum(lengths)
        self.lengths = np.array(lengths)
        # In the order of the text, not of the lexicon's rows: the sums are then the same to the
        # last bit whatever articles the lexicon has met before.
        place: defaultdict[str, int] = defaultdict(count().__next__)
        self.inverse = np.fromiter(
            map(place.__getitem__, chain.from_iterable(paragraphs)), np.intp, self.words
        )
        self.size = size = len(place)
        self.counts = np.bincount(self.inverse).astype(np.float32)
        places = [place[word] for word in headline]  # those the body lacks come last
        words = list(place)
        self.distinct = words[:size]
        raw, norms, idf = lexicon.look_up(words)
        self.query = _Query(places, raw, norms, idf)
        self.raw, self.norms, self.idf = raw[:size], norms[:size], idf[:size]
        self.vectors: Vectors = self._sums()
        squares = np.einsum("ij,ij->i", self.vectors, self.vectors)
        self.vectors /= np.maximum(np.sqrt(squares), 1e-9)[:, None]
        self.whole = _unit(np.add.reduce(self.vectors))

    def _sums(self) -> Vectors:
        """Sum of the vectors of each paragraph's words, shape (paragraphs, d)."""
        if len(self.lengths) > FEW_PARAGRAPHS:  # a table of counts is slower then, and may be huge
            parts = np.split(self.inverse, np.cumsum(self.lengths)[:-1])
            return np.array([np.add.reduce(self.raw.take(part, axis=0)) for part in parts])
        height, width = len(self.lengths), len(self.raw)
        cell = np.repeat(np.arange(height) * width, self.lengths) + self.inverse
        table = np.bincount(cell, minlength=height * width).reshape(height, width)
        sums: Vectors = table.astype(np.float32) @ self.raw
        return sums

    def coverage(self) -> Floats:
        """How well each paragraph covers each headline word, 0 to 1: shape (paragraphs, words).

        1 where it holds the word, otherwise the word's best cosine in it; none without a vector.
        """
        columns = self.query.columns
        cosines = np.empty((self.size, columns.shape[1]), dtype=np.float32)
        step = max(1, ALONE // columns.size)
        for start in range(0, self.size, step):
            part = slice(start, start + step)
            np.matmul(self.raw[part], columns, out=cosines[part])
        cosines /= np.maximum(self.norms, 1e-9)[:, None]
        for i, place in enumerate(self.query.places):
            if place < self.size:
                cosines[place, i] = max(1.0, cosines[place, i])
        starts = np.cumsum(self.lengths) - self.lengths
        best = np.maximum.reduceat(cosines.take(self.inverse, axis=0), starts, axis=0)
        return np.maximum(best, 0.0).astype(np.float64)

    def prefixed(self, headline: list[str], found: list[float]) -> list[float]:
        """Whether each headline word, or one like it, stands in the body.

        Words of five letters or more are alike when the first five are the same.
        """
        text = " " + " ".join(self.distinct)
        return [
            hit or float(len(word) >= PREFIX and f" {word[:PREFIX]}" in text)
            for word, hit in zip(headline, found, strict=True)
        ]

    def counts_of(self, places: list[int]) -> list[float]:
        """How often the body holds the words at some places."""
        counts = self.counts.tolist()
        return [counts[place] if place < self.size else 0.0 for place in places]

    def tfidf_cosine(self) -> float:
        """Cosine of headline and body as bags of words, counts times idf."""
        body = self.counts * self.idf
        idf = self.query.idf
        norm = math.sqrt(float(body @ body) * float(idf @ idf))
        shared = [
            float(body[place]) * rarity
            for place, rarity in zip(self.query.places, idf.tolist(), strict=True)
            if place < self.size
        ]
        return sum(shared) / norm if norm else 0.0


def words_of(article: Article) -> list[list[str]]:
    """The words of each content paragraph, as they are compared."""
    return [
        block.words if block.text.isascii() else terms(block.words) for block in article.content
    ]


def headline_terms(article: Article) -> list[str]:
    """The distinct words of the headline, as they are compared: `Evidence.words` has a row each."""
    return list(dict.fromkeys(terms(article.headline_words)))[:LONGEST_HEADLINE]


def _within_reach(paragraphs: list[list[str]]) -> list[list[str]]:
    """The first paragraphs, up to `MOST_WORDS` distinct words."""
    if sum(map(len, paragraphs)) <= MOST_WORDS:
        return paragraphs
    met: set[str] = set()
    for place, paragraph in enumerate(paragraphs):
        met.update(paragraph)
        if len(met) > MOST_WORDS:
            return paragraphs[: max(1, place)]
    return paragraphs


def _unit(vector: Vectors) -> Vectors:
    return vector / max(math.sqrt(float(vector @ vector)), 1e-9)


def _found_by_chance(idf: list[float], covered: list[float], body_words: int) -> float:
    """Log-odds of the words found and missed, against an unrelated body of this length.

    A naive Bayes sum over the words, divided by the root of their number.
    """
    odds = 0.0
    for rarity, cover in zip(idf, covered, strict=True):
        rate = math.exp(-rarity) * (body_words / AVERAGE_BODY)
        chance = min(max(1 - math.exp(-rate), 1e-4), 0.95)
        related = max(0.7, chance)
        odds += cover * math.log(related / chance)
        odds += (1 - cover) * math.log((1 - related) / (1 - chance))
    return odds / math.sqrt(len(idf))


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
