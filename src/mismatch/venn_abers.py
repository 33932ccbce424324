"""Venn-Abers intervals: how far a calibrated probability can be trusted.

An inductive Venn-Abers predictor (Vovk and Petej 2014, "Venn-Abers predictors", UAI) fits two
isotonic regressions on the calibration set, one with the new article as genuine and one as a
mismatch: a perfectly calibrated probability is one of the two. They are near each other where
articles of like score are many. Here they are worked out beforehand at the knots of a table.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["score_knots", "venn_abers"]

Array = NDArray[np.float64]
KNOTS = 96


def score_knots(scores: Array, most: int = KNOTS) -> Array:
    """Scores at which to know the interval: quantiles, so that they are many where scores are."""
    return np.unique(np.quantile(scores, np.linspace(0, 1, most)))


def venn_abers(
    scores: Array, labels: NDArray[np.int_], weights: Array, at: Array
) -> tuple[Array, Array]:
    """Lower and upper probability of a mismatch at some scores.

    Parameters
    ----------
    scores, labels, weights : ndarray, shape (n,)
        Calibration set: score, 1 for a mismatch or 0, and how many articles each counts for.
    at : ndarray of float64, shape (m,)
        Scores of articles that count for one each.

    Returns
    -------
    low, high : ndarray of float64, shape (m,)
        0 to 1, ``low <= high``; both rise with the score.

    Examples
    --------
    >>> scores, labels = np.array([-2.0, -1.0, 1.0, 2.0]), np.array([0, 0, 1, 1])
    >>> low, high = venn_abers(scores, labels, np.ones(4), np.array([-3.0, 3.0]))
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([0.0, 0.67], [0.33, 1.0])
    """
    from scipy.optimize import isotonic_regression

    values, place = np.unique(scores, return_inverse=True)
    total = np.bincount(place, weights)
    odd = np.bincount(place, weights * labels)
    bounds = np.empty((2, len(at)))
    for k, score in enumerate(at):
        where = int(np.searchsorted(values, score))
        there = where < len(values) and values[where] == score
        for label in (0, 1):
            if there:
                t, o = total.copy(), odd.copy()
                t[where] += 1
                o[where] += label
            else:
                t, o = np.insert(total, where, 1.0), np.insert(odd, where, float(label))
            bounds[label, k] = isotonic_regression(o / t, weights=t).x[where]
    return bounds[0], bounds[1]
