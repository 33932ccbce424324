"""Calibration to one's own articles: unlabelled, and mostly genuine.

Headlines moved among the articles make mismatches of the feed's own kind. A logistic map, then one
with a bend in its middle (beta calibration, Kull et al. 2017, eq. 4), both held back towards the
shipped one, turn its scores into log-odds. The articles themselves are the reference of p-values,
each counting by how likely it is to be genuine: a reference of which 2 % were mismatches would call
nothing odd.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mismatch.calibration import UNREAD, Array, Calibration, log_odds_of, probability
from mismatch.prior import estimate_prior
from mismatch.venn_abers import score_knots, venn_abers

__all__ = ["MOST_MISMATCHED", "articles_needed", "calibrate_to", "fit_map"]

MOST_MISMATCHED = 0.03  # share of the articles that may be set aside
LOOKS_ODD = 0.005  # share of genuine articles that pass for mismatches in any feed
CLEAR = 0.85  # share of mismatches beyond 95 % of the articles, below which none can be told
TAIL = 0.1  # of the mismatches, those that look oddest: of fewer, the share would be chance
FEWEST = 100
ROUNDS = 15
HELD = 1.0  # penalty on the square of each coefficient's way from the shipped map
GRID = np.concatenate([[-100.0], np.arange(-25.0, 25.25, 0.25), [100.0]])  # raw log-odds


def articles_needed(false_alarm_rate: float) -> int:
    """How many articles of one's own a false-alarm rate needs.

    A p-value can be no less than 1 / (1 + n), and some of the articles may be set aside.

    Examples
    --------
    >>> [articles_needed(rate) for rate in (0.05, 0.01, 0.005, 0.001)]
    [100, 103, 206, 1030]
    """
    if false_alarm_rate <= 0:
        raise ValueError(f"no number of articles supports a rate of {false_alarm_rate!r}")
    return max(FEWEST, math.ceil((1 / false_alarm_rate - 1) / (1 - MOST_MISMATCHED) - 1e-9))


def calibrate_to(shipped: Calibration, genuine: Array, swapped: Array) -> Calibration:
    """The calibration of a feed.

    Parameters
    ----------
    shipped : Calibration
        Where to start from.
    genuine : ndarray of float64, shape (n,)
        Raw scores of the feed's articles, of which a few may be mismatches.
    swapped : ndarray of float64, shape (m,)
        Raw scores of its headlines over other bodies of it.
    """
    genuine, swapped = shipped.as_read(genuine), shipped.as_read(swapped)
    weights = np.ones(len(genuine))
    most = min(_room_for_mismatches(genuine, swapped), MOST_MISMATCHED)
    scores = np.concatenate([genuine, swapped])
    labels = np.repeat([0, 1], [len(genuine), len(swapped)])
    for _ in range(ROUNDS):
        # A bend would follow the mismatches among the articles.
        balanced = _balanced(weights, len(swapped))
        log_odds = fit_map(shipped, scores, labels, balanced, bent=False)
        even = np.interp(genuine, GRID, log_odds)
        share = min(estimate_prior(even), most) - LOOKS_ODD
        before = weights
        odds = even + math.log(share / (1 - share)) if share > 0 else None
        weights = np.ones(len(genuine)) if odds is None else probability(-odds)
        if np.abs(weights - before).max() < 1e-3:
            break
    balanced = _balanced(weights, len(swapped))
    log_odds = fit_map(shipped, scores, labels, balanced)
    knots = score_knots(scores)
    bounds = interval_bounds(shipped, scores, labels, balanced, knots)
    fitted = Calibration(GRID, log_odds, _reference(genuine, weights), knots, bounds)
    return _with_unread(fitted, shipped)


def _with_unread(fitted: Calibration, shipped: Calibration) -> Calibration:
    """A feed's calibration, for the scores of pairs that were not read too."""
    if shipped.unread is None:
        return fitted
    alike = shipped.as_read(GRID + UNREAD)
    genuine, knots = (
        np.interp(scores, alike, GRID) for scores in (fitted.genuine, fitted.interval_knots)
    )
    log_odds = np.interp(alike, fitted.knots, fitted.log_odds)
    unread = Calibration(GRID, log_odds, genuine, knots, fitted.bounds)
    return replace(fitted, unread=unread)


def fit_map(
    shipped: Calibration,
    scores: Array,
    labels: NDArray[np.int_],
    weights: Array,
    held: float = HELD,
    *,
    bent: bool = True,
) -> Array:
    """Log-odds at even odds at the scores of `GRID`, rising, held back towards the shipped ones."""
    x, at = (np.interp(s, shipped.knots, shipped.log_odds) for s in (scores, GRID))
    straight = _ridge(_line(x), labels, weights, np.array([0.0, 1.0]), held)
    x, at = _line(x) @ straight, _line(at) @ straight
    if not bent:
        return at
    slopes = _ridge(_bend(x), labels, weights, np.array([0.0, 1.0, 1.0]), held)
    fitted: Array = _bend(at) @ slopes
    return fitted


def interval_bounds(
    shipped: Calibration, scores: Array, labels: NDArray[np.int_], weights: Array, knots: Array
) -> Array:
    """A calibration's `bounds` at knots: of own pairs, and the shipped ones for the unfamiliar."""
    familiar = [log_odds_of(b) for b in venn_abers(scores, labels, weights, knots)]
    unfamiliar = [np.interp(knots, shipped.interval_knots, b) for b in shipped.bounds[1]]
    return np.array([familiar, unfamiliar])


def _line(x: Array) -> Array:
    return np.column_stack([np.ones(len(x)), x])


def _bend(x: Array) -> Array:
    """One slope above 0 and another below, joined smoothly."""
    return np.column_stack([np.ones(len(x)), np.logaddexp(0, x), -np.logaddexp(0, -x)])


def _ridge(
    design: Array, labels: NDArray[np.int_], weights: Array, start: Array, held: float
) -> Array:
    """Logistic regression whose coefficients are held to `start`; slopes stay above 0."""
    from scipy.optimize import minimize

    if np.isinf(held):
        return start

    def loss(beta: Array) -> tuple[float, Array]:
        z = design @ beta
        value = weights @ (np.logaddexp(0, z) - labels * z) + held * ((beta - start) ** 2).sum()
        slope = design.T @ (weights * (probability(z) - labels)) + 2 * held * (beta - start)
        return value, slope

    bounds = [(None, None), *[(0.02, None)] * (len(start) - 1)]
    found: Array = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return found


def _balanced(weights: Array, swapped: int) -> Array:
    """Weights of genuine and swapped pairs, of the same total."""
    n = len(weights)
    return np.concatenate([weights * n / weights.sum(), np.full(swapped, n / swapped)])


def _room_for_mismatches(genuine: Array, swapped: Array) -> float:
    """The largest share of mismatches that the articles have room for above every score.

    Were a share p of them mismatches, p times as many would lie above a score as of the swapped
    pairs (Blanchard, Lee and Scott 2010, "Semi-supervised novelty detection", JMLR 11, sec. 4).
    And none where the two kinds overlap, as in a language that the models do not know: there the
    genuine articles that look odd would pass for mismatches.
    """
    if (swapped > np.quantile(genuine, 0.95)).mean() < CLEAR:
        return 0.0
    at = np.quantile(swapped, np.linspace(0, 1 - TAIL, 91))
    above = 1 - np.searchsorted(np.sort(genuine), at) / len(genuine)
    odd = 1 - np.searchsorted(np.sort(swapped), at) / len(swapped)
    return float((above / odd).min())


def _reference(genuine: Array, weights: Array) -> Array:
    """As many sorted scores as the weights add up to, distributed as the weighted ones."""
    if (weights == 1).all():
        return np.sort(genuine)
    order = np.argsort(genuine, kind="stable")
    middle = np.cumsum(weights[order]) - weights[order] / 2
    count = int(weights.sum())
    places = (np.arange(count) + 0.5) / count * weights.sum()
    reference: Array = np.interp(places, middle, genuine[order])
    return reference
