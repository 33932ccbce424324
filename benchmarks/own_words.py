"""What `fit` gains by learning anew, from a feed's own bodies, how rare words are.

``python benchmarks/own_words.py``: 1,000 articles of a feed, each under its own headline and under
another, are fitted to; log loss and AUROC are of other articles, as the shipped model has them,
fitted with the shipped frequencies of words, and as `Detector.fit` does it.
"""

from __future__ import annotations

import math
import sys
from unittest.mock import patch

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

from mismatch import Detector, frequencies
from mismatch.training.corpora import NEWS, Row, read_stages
from mismatch.training.pairs import random_swaps
from sets import find_corpora, without_wrong_labels

FITTED = 1_000  # articles
HELD_OUT = 1_000  # articles at most, and
LEAST = 300  # at least
DRAWS = 3


def main() -> int:
    folder = find_corpora()
    if folder is None:
        return 0
    stages = read_stages(folder)
    print("| feed | log loss, AUROC as shipped | shipped frequencies | `fit` | own taken |")
    print("|---|---|---|---|---|")
    gains = []
    for name, rows in stages["test"].items():
        # The shipped calibration was fitted on the calibrator's stage, no model on either.
        every = rows if name == NEWS else rows + stages["calibrator"].get(name, [])
        every = without_wrong_labels(every)
        if len(every) < FITTED + LEAST:
            continue
        found = np.array([measure(every, seed) for seed in range(DRAWS)])
        cells = (f"{loss:.4f}, {auroc:.4f}" for loss, auroc in found.mean(axis=0)[:3])
        taken = int(found[:, 3, 0].sum())
        print(f"| {name} | {' | '.join(cells)} | {taken} of {DRAWS} |", flush=True)
        gains.append((found[:, 2] - found[:, 1]).mean(axis=0))
    loss, auroc = np.mean(gains, axis=0)
    print(f"\nOwn frequencies: log loss {loss:+.4f}, AUROC {auroc:+.4f} on the average feed")
    return 0


def measure(rows: list[Row], seed: int) -> list[tuple[float, float]]:
    """Log loss and AUROC of three detectors on the same pairs; and whether words were learnt."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(rows))[: FITTED + HELD_OUT]
    drawn = [rows[i] for i in order]
    own, others = (pairs_of(part, rng) for part in (drawn[:FITTED], drawn[FITTED:]))
    shipped = Detector("fast")
    with patch.object(frequencies, "FEWEST", math.inf):
        plain = shipped.fit(*own)
    fitted = shipped.fit(*own)
    titles, bodies, label = others
    found = []
    for detector in (shipped, plain, fitted):
        chance = detector.score_batch(titles, bodies, progress=False).probability
        known = ~np.isnan(chance)
        of = label[known], chance[known]
        found.append((float(log_loss(*of)), float(roc_auc_score(*of))))
    taken = fitted.encoder is not shipped.encoder
    return [*found, (float(taken), 0.0)]


def pairs_of(rows: list[Row], rng: np.random.Generator) -> tuple[list[str], list[str], np.ndarray]:
    """Titles, bodies and labels of articles under their own headline and under another."""
    sound = Detector("fast").score_batch(
        [row.title for row in rows], [row.body for row in rows], progress=False
    )
    rows = [row for row, problem in zip(rows, sound.problem, strict=True) if problem is None]
    donors = random_swaps(rows, rng)
    pairs = [(row.title, row.body, 0) for row in rows]
    pairs += [(rows[d].title, row.body, 1) for row, d in zip(rows, donors, strict=True) if d >= 0]
    titles, bodies, label = zip(*pairs, strict=True)
    return list(titles), list(bodies), np.array(label)


if __name__ == "__main__":
    sys.exit(main())
