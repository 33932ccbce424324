"""Figures of merit of scores that rise with the likelihood of a mismatch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

Floats = NDArray[np.float64]
Ints = NDArray[np.int_]


def recall_at(scores: Floats, label: Ints, false_alarm_rate: float) -> float:
    """Share of mismatches that score above all but this share of genuine pairs."""
    threshold = np.quantile(scores[label == 0], 1 - false_alarm_rate, method="higher")
    return float((scores[label == 1] > threshold).mean())


def false_alarms_at(scores: Floats, label: Ints, recall: float) -> float:
    """Share of genuine pairs flagged where this share of mismatches is."""
    threshold = np.quantile(scores[label == 1], 1 - recall, method="lower")
    return float((scores[label == 0] >= threshold).mean())


def calibration_error(probability: Floats, label: Ints, bins: int = 15) -> float:
    """Expected calibration error over bins of equal count (Nguyen and O'Connor 2015)."""
    order = np.argsort(probability, kind="stable")
    parts = zip(
        np.array_split(probability[order], bins), np.array_split(label[order], bins), strict=True
    )
    gaps = [abs(p.mean() - y.mean()) * len(p) for p, y in parts if len(p)]
    return float(sum(gaps) / len(label))


def figures(scores: Floats, label: Ints, *, probabilities: bool = False) -> dict[str, float]:
    """AUROC and recalls; for probabilities the expected calibration error too."""
    found = {
        "auroc": float(roc_auc_score(label, scores)),
        "recall_at_1_percent": recall_at(scores, label, 0.01),
        "recall_at_0.1_percent": recall_at(scores, label, 0.001),
    }
    if probabilities:
        found["calibration_error"] = calibration_error(scores, label)
    return found
