"""Mismatches made of genuine articles: whose headline goes over whose body.

Every function returns, for each article, the index of the article whose title it gets, or -1
where there is none. A swapped title that shares a third or more of its words with the true one may
tell the same event, and is never used as a hard negative.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from mismatch.encoders import StaticEncoder
from mismatch.evidence import terms
from mismatch.text import clean_title, words
from mismatch.training.corpora import Row

MOST_SHARED = 1 / 3
NEIGHBOURS = 30
LEAST_IDF = 2.5  # nats; what stands in more than one article in twelve names nothing

Donors = NDArray[np.intp]
Key = Callable[[Row], object]


def title_terms(rows: Iterable[Row]) -> list[set[str]]:
    """The set of terms of each cleaned title."""
    return [set(terms(words(clean_title(row.title)))) for row in rows]


def shares_too_much(own: set[str], other: set[str]) -> bool:
    """Whether two titles may tell the same event."""
    return len(own & other) >= MOST_SHARED * min(len(own), len(other))


def random_swaps(rows: list[Row], rng: np.random.Generator) -> Donors:
    """Titles of other articles of the same corpus and language: a random cycle through each."""
    return _cycle(rows, lambda row: (row.corpus, row.lang), rng)


def same_week_swaps(rows: list[Row], rng: np.random.Generator) -> Donors:
    """Titles of the same outlet in the same ISO week that tell another event."""
    own = title_terms(rows)
    donors = np.full(len(rows), -1, dtype=np.intp)
    for members in _groups(rows, lambda row: row.week and (row.source, row.week)):
        for i in members:
            others = [j for j in members if j != i and not shares_too_much(own[i], own[j])]
            if others:
                donors[i] = rng.choice(others)
    return donors


def nearest_swaps(rows: list[Row], encoder: StaticEncoder, rng: np.random.Generator) -> Donors:
    """One of the titles nearest to the true one, to the encoder, that tell another event."""
    own = title_terms(rows)
    vectors = encoder.encode([clean_title(row.title) for row in rows])
    donors = np.full(len(rows), -1, dtype=np.intp)
    for group in _groups(rows, lambda row: row.lang):
        members = np.array(group)
        for start in range(0, len(members), 2000):
            chunk = members[start : start + 2000]
            similar = vectors[chunk] @ vectors[members].T
            k = min(NEIGHBOURS, len(members) - 1)
            nearest = members[np.argpartition(-similar, k, axis=1)[:, : k + 1]]
            for i, candidates in zip(chunk, nearest, strict=True):
                fit = [j for j in candidates if j != i and not shares_too_much(own[i], own[j])]
                if fit:
                    donors[i] = rng.choice(fit[:10])
    return donors


def rarest_name_swaps(rows: list[Row], encoder: StaticEncoder, rng: np.random.Generator) -> Donors:
    """Titles that share the rarest word they can with the true one, and tell another event."""
    own = title_terms(rows)
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        for term in own[i]:
            holders[row.lang, term].append(i)
    donors = np.full(len(rows), -1, dtype=np.intp)
    for i, row in enumerate(rows):
        for term in sorted(own[i], key=lambda term: (len(holders[row.lang, term]), term)):
            held = holders[row.lang, term]
            if len(held) > len(rows) // 20 or encoder.lexicon.idf_of(term) < LEAST_IDF:
                break
            others = [j for j in held if j != i and not shares_too_much(own[i], own[j])]
            if others:
                donors[i] = rng.choice(others)
                break
    return donors


def _groups(rows: list[Row], key: Key) -> list[list[int]]:
    groups: dict[object, list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        if (k := key(row)) is not None:
            groups[k].append(i)
    return [members for members in groups.values() if len(members) > 1]


def _cycle(rows: list[Row], key: Key, rng: np.random.Generator) -> Donors:
    donors = np.full(len(rows), -1, dtype=np.intp)
    for group in _groups(rows, key):
        order = rng.permutation(group)
        donors[order] = np.roll(order, 1)
    return donors
