"""Labelled pairs of a stage and their evidence, measured on both cores."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mismatch.evidence import FEATURES, EvidenceReader
from mismatch.text import read
from mismatch.training import pairs
from mismatch.training.corpora import Row

GENERIC_TITLES = (
    "Home", "News", "Latest news", "Untitled", "Page not found", "Sign in", "Top stories", "404",
    "Subscribe", "World", "Politics", "Sport", "Breaking news", "Log in", "Search results",
    "Startseite", "Accueil", "Inicio", "Error", "Access denied", "Archive", "Contact us",
)  # fmt: skip
GENERIC_SHARE = 0.03


@dataclass(frozen=True)
class Measured:
    """Evidence of pairs: features (n, d), and of each pair its kind, corpus and language.

    Kind is 'genuine', 'generic', or how the headline was swapped: 'random', 'week', 'nearest',
    'rarest'.
    """

    features: NDArray[np.float64]
    kind: NDArray[np.str_]
    corpus: NDArray[np.str_]
    lang: NDArray[np.str_]

    def select(self, chosen: NDArray[np.bool_]) -> Measured:
        """The pairs of a mask."""
        return Measured(
            self.features[chosen], self.kind[chosen], self.corpus[chosen], self.lang[chosen]
        )

    @property
    def label(self) -> NDArray[np.int_]:
        """1 for a mismatch, 0 for a genuine pair."""
        label: NDArray[np.int_] = (self.kind != "genuine").astype(np.int_)
        return label


def measure_stage(
    corpora: dict[str, list[Row]], reader: EvidenceReader, most: dict[str, int], seed: int
) -> Measured:
    """Evidence of the genuine pairs of some corpora and of every kind of swap between them.

    `most` caps the articles of a corpus; ``most["*"]`` those of corpora it does not name.
    """
    rng = np.random.default_rng(seed)
    jobs: list[tuple[str, str]] = []
    about: list[tuple[str, str, str]] = []
    for name, every in corpora.items():
        cap = most.get(name, most["*"])
        chosen = np.sort(rng.choice(len(every), min(cap, len(every)), replace=False))
        rows = [every[i] for i in chosen]
        swaps = {
            "random": pairs.random_swaps(rows, rng),
            "week": pairs.same_week_swaps(rows, rng),
            "nearest": pairs.nearest_swaps(rows, reader.encoder, rng),
            "rarest": pairs.rarest_name_swaps(rows, reader.encoder, rng),
        }
        for i, row in enumerate(rows):
            titles = {"genuine": row.title}
            titles |= {kind: rows[d[i]].title for kind, d in swaps.items() if d[i] >= 0}
            if rng.random() < GENERIC_SHARE:
                titles["generic"] = str(rng.choice(GENERIC_TITLES))
            for kind, title in titles.items():
                jobs.append((title, row.body))
                about.append((kind, name, row.lang))
    features = measure(jobs, reader)
    kept = ~np.isnan(features[:, 0])
    kinds, corpus, lang = (np.array(column)[kept] for column in zip(*about, strict=True))
    return Measured(features[kept], kinds, corpus, lang)


_reader: EvidenceReader


def measure(jobs: list[tuple[str, str]], reader: EvidenceReader) -> NDArray[np.float64]:
    """Features of (title, body) pairs, a row of NaN for one that cannot be scored."""
    global _reader  # noqa: PLW0603  # what forked workers read; sending it would cost more
    _reader = reader
    with multiprocessing.get_context("fork").Pool() as pool:
        return np.array(pool.map(_features, jobs, chunksize=64))


def _features(job: tuple[str, str]) -> NDArray[np.float64]:
    article = read(*job)
    if not article.headline_words or not article.content:
        return np.full(len(FEATURES), np.nan)
    with threadpool_limits(1):
        return _reader(article).features
