"""Fake News Challenge 1: related against unrelated, without and with its training half.

``python benchmarks/fnc.py`` measures it alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import peers
import sets
from metrics import false_alarms_at, figures
from mismatch import Detector

FITTED = ("fast", "accurate")  # modes; auto, fitted, is accurate
AT_ONCE = 512  # pairs


def report(scores: np.ndarray, label: np.ndarray, threshold: float) -> dict[str, float]:
    """AUROC and recalls, accuracy at a threshold, and false alarms where 99.4 % are found."""
    return figures(scores, label) | {
        "accuracy": float(((scores > threshold) == label).mean()),
        "false_alarms_at_99.4_percent_recall": false_alarms_at(scores, label, 0.994),
    }


def best_threshold(scores: np.ndarray, label: np.ndarray) -> float:
    """The threshold that classifies most pairs rightly."""
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(label[order]) + (label == 0).sum() - np.cumsum(1 - label[order])
    return float(scores[order[right.argmax()]]) - 1e-12


def raw_scores(detector: Detector, pairs: sets.PairSet) -> np.ndarray:
    """Scores before calibration; NaN for a pair that cannot be scored."""
    scores = np.empty(len(pairs))
    order = sorted(range(len(pairs)), key=pairs.bodies.__getitem__)  # a body is read once
    for start in range(0, len(order), AT_ONCE):
        rows = order[start : start + AT_ONCE]
        raw = detector.raw([(pairs.titles[row], pairs.bodies[row]) for row in rows])
        scores[rows] = [each.score for each in raw]
    return scores


def log_odds(detector: Detector, pairs: sets.PairSet, prior: float) -> np.ndarray:
    """Log-odds of a mismatch at a prior; 0 for a pair that cannot be scored."""
    odds = detector.calibration.at_prior(raw_scores(detector, pairs), prior)
    return np.nan_to_num(odds, nan=0.0)


def measure_fnc1(folder: Path, modes: Sequence[str] = FITTED) -> dict[str, dict[str, float]]:
    """Ours as shipped and fitted, and TF-IDF, whose threshold is fitted on the training half."""
    train, test = (sets.fnc1(folder, half) for half in ("train", "test"))
    sound = np.flatnonzero(~np.isnan(raw_scores(Detector("fast"), train))).tolist()
    titles, bodies = ([texts[i] for i in sound] for texts in (train.titles, train.bodies))
    share = float(train.label.mean())
    found = {}
    for mode in modes:
        shipped = Detector(mode)
        scores = log_odds(shipped, test, 0.5)
        found[f"mismatch {mode}, as shipped"] = report(scores, test.label, 0.0)
        fitted = shipped.fit(titles, bodies, train.label[sound])
        scores = log_odds(fitted, test, share)
        found[f"mismatch {mode}, fitted to the training half"] = report(scores, test.label, 0.0)
    threshold = best_threshold(peers.tfidf(train.titles, train.bodies), train.label)
    found["TF-IDF cosine, threshold fitted on the training half"] = report(
        peers.tfidf(test.titles, test.bodies), test.label, threshold
    )
    return found


if __name__ == "__main__":
    corpora = sets.find_corpora()
    if corpora is not None:
        print(json.dumps(measure_fnc1(corpora), indent=1))
