"""What probabilities, intervals and p-values are held against, and tables of it in Markdown."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from metrics import calibration_error
from mismatch.calibration import Calibration, probability
from mismatch.feed import GRID
from mismatch.intervals import clopper_pearson
from raw_scores import Scored

Floats = NDArray[np.float64]
Ints = NDArray[np.int_]

LEVELS = (0.001, 0.005, 0.01, 0.05, 0.1)
SURE = 1e-6  # so that no single pair costs an infinite loss
PAIRS = 100  # of a bin in which an interval is held against what happened


def by_chance(stated: Floats, draws: int = 50) -> float:
    """ECE of labels drawn with the stated probabilities: perfect, but for their number."""
    rng = np.random.default_rng(0)
    drawn = [(rng.random(len(stated)) < stated).astype(int) for _ in range(draws)]
    return float(np.mean([calibration_error(stated, label) for label in drawn]))


def brier(stated: Floats, label: Ints) -> float:
    return float(((stated - label) ** 2).mean())


def losses_of(stated: Floats, label: Ints) -> Floats:
    """The log loss of every pair."""
    held = np.clip(stated, SURE, 1 - SURE)
    losses: Floats = -np.log(np.where(label == 1, held, 1 - held))
    return losses


def log_loss(stated: Floats, label: Ints) -> float:
    return float(losses_of(stated, label).mean())


def p_values_against(genuine: Floats) -> Callable[[Floats], Floats]:
    return Calibration(GRID, GRID, genuine).p_values


def is_valid(p_values: Floats, level: float) -> bool:
    """Whether as many small p-values come by chance at least once in twenty times."""
    return bool(binom.sf((p_values <= level).sum() - 1, len(p_values), level) > 0.05)


def intervals_of(calibration: Calibration, pairs: Scored) -> Floats:
    return calibration.interval(pairs.score, pairs.unfamiliar != "", 0.5)


def covered(calibration: Calibration, pairs: Scored) -> list[bool]:
    """Of bins of like score, whether the share of mismatches may lie in the mean interval.

    It may where its own 95 % confidence interval (Clopper and Pearson 1934) meets that one.
    """
    bounds = intervals_of(calibration, pairs)
    order = np.argsort(pairs.score, kind="stable")
    found = []
    for rows in np.array_split(order, max(3, len(order) // PAIRS)):
        low, high = clopper_pearson(int(pairs.label[rows].sum()), len(rows))
        found.append(bool(high >= bounds[rows, 0].mean() and low <= bounds[rows, 1].mean()))
    return found


def stated_by(calibration: Calibration, scores: Floats) -> Floats:
    return probability(calibration.at_prior(scores, 0.5))


def row(*cells: object) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def heading(title: str, *columns: str) -> None:
    print(f"\n## {title}\n")
    row(*columns)
    print("|" + "---|" * len(columns))
