"""The foreign-paragraph model: genuine articles with paragraphs of another planted in them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from sklearn.linear_model import LogisticRegression

from mismatch.evidence import EvidenceReader
from mismatch.foreign import FEWEST, SHORTEST, ForeignFinder, features
from mismatch.text import Article, Block, read
from mismatch.training.corpora import Row

CORPORA = ("en_us_politics", "en_health", "en_university", "en_digitalgov", "de_fang_covid")
ARTICLES = 700  # a corpus
LONGEST = 25  # paragraphs of a host: short articles have less of a rest, and must be known too
FALSE_ALARMS = 1 / 5000  # of genuine paragraphs


def fit_foreign(reader: EvidenceReader, corpora: dict[str, list[Row]], seed: int) -> ForeignFinder:
    """Fit on planted paragraphs; the threshold lets one genuine paragraph in 5,000 be accused."""
    rng = np.random.default_rng(seed)
    found, labels = [], []
    for name in CORPORA:
        rows = corpora.get(name, [])
        articles = [read(row.title, row.body) for row in rows[:ARTICLES]]
        whole = [a for a in articles if a.headline_words and len(a.content) >= FEWEST]
        for host, donor in pairwise(whole):
            mixed, planted = _plant(host, donor, rng)
            lengths = np.array([len(block.words) for block in mixed.content])
            judged = lengths >= SHORTEST
            found.append(features(mixed, reader(mixed))[judged])
            labels.append(planted[judged])
    measured, label = np.concatenate(found), np.concatenate(labels)
    model = LogisticRegression(max_iter=1000).fit(measured, label)
    weights = np.append(model.coef_[0], model.intercept_[0])
    odds = measured @ weights[:-1] + weights[-1]
    return ForeignFinder(weights, float(np.quantile(odds[~label], 1 - FALSE_ALARMS)))


def _plant(host: Article, donor: Article, rng: np.random.Generator) -> tuple[Article, np.ndarray]:
    """Half of the time, one to three paragraphs of the donor somewhere after the host's first."""
    own: list[Block] = host.content[: int(rng.integers(FEWEST, LONGEST))]
    count = int(rng.integers(1, 4)) if rng.random() < 0.5 else 0
    count = min(count, len(own) // 2)
    start = int(rng.integers(0, max(1, len(donor.content) - count)))
    place = int(rng.integers(1, len(own) + 1))
    blocks = [*own[:place], *donor.content[start : start + count], *own[place:]]
    planted = np.zeros(len(blocks), dtype=bool)
    planted[place : place + count] = True
    mixed = Article(host.title, host.headline, host.headline_words, host.generic, blocks)
    return mixed, planted
