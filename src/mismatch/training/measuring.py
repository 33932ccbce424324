"""Labelled pairs of a stage and their evidence, measured on both cores."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mismatch.deep_sets import MOST_WORDS
from mismatch.encoders import StaticEncoder
from mismatch.evidence import EvidenceReader
from mismatch.text import read
from mismatch.training import pairs
from mismatch.training.corpora import Row

GENERIC_TITLES = (
    "Home", "News", "Latest news", "Untitled", "Page not found", "Sign in", "Top stories", "404",
    "Subscribe", "World", "Politics", "Sport", "Breaking news", "Log in", "Search results",
    "Startseite", "Accueil", "Inicio", "Error", "Access denied", "Archive", "Contact us",
)  # fmt: skip
GENERIC_SHARE = 0.03
OWN = ("genuine", "oblique", "plain")  # kinds of pairs that belong together


Words = NDArray[np.float32]  # of a headline: `mismatch.evidence.Evidence.words`, the first ones


class Pair(NamedTuple):
    """A headline over a body, and where they come from; kinds are those of `Measured`."""

    title: str
    body: str
    kind: str
    corpus: str
    lang: str
    source: str


@dataclass(frozen=True)
class Measured:
    """Evidence of pairs: features (n, d), and of each its kind, corpus, language and outlet.

    Kind is 'genuine', 'generic', how the headline was swapped ('random', 'week', 'nearest',
    'rarest'), or how it was written (`mismatch.training.headlines`).
    """

    features: NDArray[np.float64]
    kind: NDArray[np.str_]
    corpus: NDArray[np.str_]
    lang: NDArray[np.str_]
    source: NDArray[np.str_]

    def select(self, chosen: NDArray[np.bool_]) -> Measured:
        """The pairs of a mask."""
        return Measured(*(array[chosen] for array in vars(self).values()))

    @property
    def label(self) -> NDArray[np.int_]:
        """1 for a mismatch, 0 for a pair that belongs together."""
        label: NDArray[np.int_] = (~np.isin(self.kind, OWN)).astype(np.int_)
        return label


def measure_stage(
    corpora: dict[str, list[Row]], reader: EvidenceReader, most: dict[str, int], seed: int
) -> Measured:
    """Evidence of the genuine pairs of some corpora and of every kind of swap between them."""
    return measure_words(corpora, reader, most, seed)[0]


def measure_words(
    corpora: dict[str, list[Row]], reader: EvidenceReader, most: dict[str, int], seed: int
) -> tuple[Measured, list[Words]]:
    """The same, and the evidence of the words of each pair's headline."""
    listed = list_pairs(corpora, reader.encoder, most, seed)
    found = measure([(pair.title, pair.body) for pair in listed], reader)
    sound = [pair for pair, each in zip(listed, found, strict=True) if each]
    features, words = zip(*filter(None, found), strict=True)
    return measured(np.array(features), sound), list(words)


def joined(parts: list[tuple[Measured, list[Words]]]) -> tuple[Measured, list[Words]]:
    """What was measured in parts, as one."""
    columns = zip(*(vars(pairs).values() for pairs, _ in parts), strict=True)
    return Measured(*map(np.concatenate, columns)), [own for _, words in parts for own in words]


def measured(features: NDArray[np.float64], listed: list[Pair]) -> Measured:
    """Pairs with their features, shape (n, d)."""
    about = (
        np.array([getattr(pair, name) for pair in listed])
        for name in ("kind", "corpus", "lang", "source")
    )
    return Measured(features, *about)


def list_pairs(
    corpora: dict[str, list[Row]], encoder: StaticEncoder, most: dict[str, int], seed: int
) -> list[Pair]:
    """The genuine pairs of some corpora and every kind of swap between them.

    `most` caps the articles of a corpus; ``most["*"]`` those of corpora it does not name.
    """
    rng = np.random.default_rng(seed)
    listed: list[Pair] = []
    for name, every in corpora.items():
        cap = most.get(name, most["*"])
        chosen = np.sort(rng.choice(len(every), min(cap, len(every)), replace=False))
        rows = [every[i] for i in chosen]
        swaps = {
            "random": pairs.random_swaps(rows, rng),
            "week": pairs.same_week_swaps(rows, rng),
            "nearest": pairs.nearest_swaps(rows, encoder, rng),
            "rarest": pairs.rarest_name_swaps(rows, encoder, rng),
        }
        for i, row in enumerate(rows):
            titles = {"genuine": row.title}
            titles |= {kind: rows[d[i]].title for kind, d in swaps.items() if d[i] >= 0}
            if rng.random() < GENERIC_SHARE:
                titles["generic"] = str(rng.choice(GENERIC_TITLES))
            listed += [
                Pair(title, row.body, kind, name, row.lang, row.source)
                for kind, title in titles.items()
            ]
    return listed


_reader: EvidenceReader


def measure(
    jobs: list[tuple[str, str]], reader: EvidenceReader
) -> list[tuple[NDArray[np.float64], Words] | None]:
    """Features of (title, body) pairs and of their words; None for one that cannot be scored."""
    global _reader  # noqa: PLW0603  # what forked workers read; sending it would cost more
    _reader = reader
    with multiprocessing.get_context("fork").Pool() as pool:
        return pool.map(_measure, jobs, chunksize=64)


def _measure(job: tuple[str, str]) -> tuple[NDArray[np.float64], Words] | None:
    article = read(*job)
    if not article.headline_words or not article.content:
        return None
    with threadpool_limits(1):
        evidence = _reader(article)
    return evidence.features, evidence.words[:MOST_WORDS].astype(np.float32)
