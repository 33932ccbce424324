"""Confidence intervals of shares and of thresholds, and how many rows would narrow them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def clopper_pearson(hits: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact interval of a binomial share (Clopper and Pearson 1934, Biometrika 26).

    Parameters
    ----------
    hits, n : int
        `hits` of `n` trials, at least one.
    confidence : float, default 0.95
        Two-sided level.

    Returns
    -------
    (low, high) : tuple of float

    Examples
    --------
    >>> [round(bound, 4) for bound in clopper_pearson(0, 10)]
    [0.0, 0.3085]
    """
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, n - hits)) if hits < n else 1.0
    return low, high


def rate_bounds(k: int, n: int, confidence: float) -> tuple[float, float]:
    """Interval of the share of new scores above the k-th highest of n: Beta(k, n + 1 - k)."""
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low, high = beta.ppf([tail, 1 - tail], k, n + 1 - k)
    return float(low), float(high)


def threshold_bounds(descending: Floats, rate: float, confidence: float) -> tuple[float, float]:
    """Order statistics between which the score lies that a share `rate` exceeds."""
    from scipy.stats import binom

    n = len(descending)
    tail = (1 - confidence) / 2
    fewest = int(binom.ppf(tail, n, rate))
    most = int(binom.ppf(1 - tail, n, rate)) + 1
    high = float(descending[fewest - 1]) if fewest else float("inf")
    low = float(descending[most - 1]) if most <= n else float("-inf")
    return low, high


def rows_to_halve(k: int, n: int, confidence: float) -> int:
    """How many scores would make the interval of `rate_bounds` half as wide."""
    wanted = width(rate_bounds(k, n, confidence)) / 2
    share = k / (n + 1)

    def enough(rows: int) -> bool:
        place = min(max(round(share * (rows + 1)), 1), rows)
        return width(rate_bounds(place, rows, confidence)) <= wanted

    return smallest(enough, n)


def width(bounds: tuple[float, float]) -> float:
    """From the lower to the upper bound."""
    return bounds[1] - bounds[0]


def smallest(enough: Callable[[int], bool], least: int) -> int:
    """The smallest number from `least` on that is enough, where more always is, by halving."""
    most = 2 * least
    while not enough(most):
        most *= 2
    while least + 1 < most:
        middle = (least + most) // 2
        least, most = (least, middle) if enough(middle) else (middle, most)
    return most
