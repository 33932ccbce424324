"""A classifier refitted on labelled pairs of one's own, on top of the shipped score.

New score = the shipped score, stretched, plus a weighted sum of the standardised features. A ridge
penalty holds the stretch to 1 and the weights to 0, so that a few pairs change little; how strong
it is, cross-validation says. The result is a `Classifier` like any other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mismatch.calibration import Array, Calibration, probability
from mismatch.classifier import Classifier, Layer
from mismatch.feed import GRID, articles_needed, fit_map, interval_bounds
from mismatch.venn_abers import score_knots

__all__ = ["Refit", "compose", "refit", "widen"]

PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, np.inf)  # the last one changes nothing
HOLDS = (1.0, 10.0, 100.0, np.inf)  # and of the map to log-odds
FOLDS = 5
SURE = 2.0  # standard errors by which a change must have paid
WORD = 50.0  # pairs that the word of what is there already counts for, when changes are compared
FEWEST = 5  # pairs of each kind
SEED = 0
Ints = NDArray[np.int_]


@dataclass(frozen=True)
class Refit:
    """A refitted classifier with its calibration.

    `penalty` is the one that was chosen; `losses` (n,) are the log losses of the pairs, held out,
    at even odds.
    """

    classifier: Classifier
    calibration: Calibration
    penalty: float
    losses: Array

    def beats(self, other: Refit) -> bool:
        """Whether held-out pairs say that it is better than a fit to the same pairs."""
        gain = other.losses - self.losses
        return bool(gain.mean() > SURE * gain.std() / np.sqrt(len(gain)))


def refit(
    classifier: Classifier,
    calibration: Calibration,
    features: Array,
    labels: Ints,
    *,
    false_alarm_rate: float,
    penalty: float | None = None,
) -> Refit:
    """Fit to labelled pairs.

    Parameters
    ----------
    classifier, calibration
        What to start from.
    features : ndarray of float64, shape (n, d)
    labels : ndarray of int, shape (n,)
        1 for a mismatch, 0 for a genuine pair.
    false_alarm_rate : float
        The lowest that p-values must support: own genuine pairs are their reference if they are
        enough for it, otherwise the shipped ones stay.
    penalty : float, optional
        By default chosen by cross-validation.

    Raises
    ------
    ValueError
        If there are fewer than 5 pairs of a kind, or the penalty is not above 0.
    """
    if penalty is not None and not penalty > 0:
        raise ValueError(f"penalty must be above 0, not {penalty!r}")
    counts = np.bincount(labels, minlength=2)
    if counts.min() < FEWEST:
        raise ValueError(
            f"fitting needs {FEWEST} pairs or more of each kind, and has "
            f"{counts[0]:,} genuine and {counts[1]:,} mismatches"
        )
    weights = (len(labels) / 2 / counts)[labels]  # even odds, as the shipped calibration assumes
    design = _design(classifier, features)
    line = slope, offset = _tangent(calibration, design[:, 1], labels)
    folds = _folds(labels)
    held_out: dict[float, Array] = {}
    for tried in PENALTIES if penalty is None else (penalty,):
        scores = np.empty(len(labels))
        for fold in range(FOLDS):
            rest = folds != fold
            beta = _ridge(design[rest], labels[rest], weights[rest], line, tried)
            scores[~rest] = design[~rest] @ beta
        held_out[tried] = scores
    log_odds = {tried: slope * scores + offset for tried, scores in held_out.items()}
    if penalty is None:
        penalty = _choose(log_odds, labels, weights)
    beta = _ridge(design, labels, weights, line, penalty)
    scores = held_out[penalty]
    maps: dict[float, Array] = {}
    for held in HOLDS:
        maps[held] = np.empty(len(labels))
        for fold in range(FOLDS):
            rest = folds != fold
            at_grid = fit_map(calibration, scores[rest], labels[rest], weights[rest], held)
            maps[held][~rest] = np.interp(scores[~rest], GRID, at_grid)
    held = _choose(maps, labels, weights)
    at_grid = fit_map(calibration, scores, labels, weights, held)
    enough = counts[0] >= articles_needed(false_alarm_rate) if false_alarm_rate else False
    genuine = np.sort(scores[labels == 0]) if enough else calibration.genuine
    calibrated = _calibration(
        calibration, scores, labels, weights, log_odds=at_grid, genuine=genuine
    )
    losses = weights * (np.logaddexp(0, maps[held]) - labels * maps[held])
    return Refit(compose(classifier, beta), calibrated, penalty, losses)


def widen(classifier: Classifier, features: Array) -> Classifier:
    """The same classifier over more features, (n, d), of which it makes nothing yet."""
    old = len(classifier.mean)
    more = features[:, old:]
    networks: list[tuple[Layer, ...]] = [
        ((np.pad(layers[0][0], ((0, more.shape[1]), (0, 0))), layers[0][1]), *layers[1:])
        for layers in classifier.networks
    ]
    return Classifier(
        np.concatenate([classifier.mean, more.mean(axis=0)]),
        np.concatenate([classifier.scale, np.maximum(more.std(axis=0), 1e-9)]),
        tuple(networks),
        classifier.clip,
    )


def _design(classifier: Classifier, features: Array) -> Array:
    """A column of ones, the shipped score and the standardised features."""
    standard = classifier.standardise(features)
    return np.column_stack([np.ones(len(features)), classifier.scores(features), standard])


def _tangent(calibration: Calibration, scores: Array, labels: Ints) -> tuple[float, float]:
    """The shipped map as a straight line, where the kinds of pairs meet."""
    middle = (scores[labels == 0].mean() + scores[labels == 1].mean()) / 2
    low, high = np.interp([middle - 2, middle + 2], calibration.knots, calibration.log_odds)
    slope = max(float(high - low) / 4, 1e-2)
    return slope, float(low + high) / 2 - slope * float(middle)


def _folds(labels: Ints) -> Ints:
    """Fold of each pair, both kinds spread evenly."""
    rng = np.random.default_rng(SEED)
    folds = np.empty(len(labels), dtype=np.int_)
    for label in (0, 1):
        members = rng.permutation(np.flatnonzero(labels == label))
        folds[members] = np.arange(len(members)) % FOLDS
    return folds


def _ridge(
    design: Array, labels: Ints, weights: Array, line: tuple[float, float], penalty: float
) -> Array:
    """Coefficients of the new score, held to those of the shipped one."""
    from scipy.optimize import minimize

    start = np.zeros(design.shape[1])
    start[1] = 1.0
    slope, offset = line
    if np.isinf(penalty):
        return start

    def loss(beta: Array) -> tuple[float, Array]:
        z = slope * (design @ beta) + offset
        away = slope * (beta - start)
        value = weights @ (np.logaddexp(0, z) - labels * z) + penalty * (away @ away) / 2
        pull = slope * (design.T @ (weights * (probability(z) - labels)) + penalty * away)
        return float(value), pull

    found: Array = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return found


def _choose(held_out: dict[float, Array], labels: Ints, weights: Array) -> float:
    """The strongest penalty whose held-out log-odds lose no more than the best ones.

    Within two standard errors of the difference (Breiman et al. 1984, sec. 3.4.3). Fifty pairs
    hold few of the errors that are one in a hundred, and without them the surest map would always
    win. The infinite penalty changes nothing: what it says of each pair is part of the truth here,
    as if it stood for `WORD` pairs more.
    """
    n = len(labels)
    unchanged = probability(held_out[np.inf])
    truth = (n * labels + WORD * unchanged) / (n + WORD)
    losses = {p: weights * (np.logaddexp(0, z) - truth * z) for p, z in held_out.items()}
    best = min(losses, key=lambda penalty: losses[penalty].mean())
    for penalty in sorted(losses, reverse=True):
        gap = losses[penalty] - losses[best]
        if gap.mean() <= SURE * gap.std() / np.sqrt(n):
            return penalty
    return best


def _calibration(
    shipped: Calibration,
    scores: Array,
    labels: Ints,
    weights: Array,
    *,
    log_odds: Array,
    genuine: Array,
) -> Calibration:
    """What held-out scores mean; they are a little worse than new ones, which is the safe side."""
    knots = score_knots(scores)
    bounds = interval_bounds(shipped, scores, labels, weights, knots)
    return Calibration(GRID, log_odds, genuine, knots, bounds)


def compose(classifier: Classifier, beta: Array) -> Classifier:
    """A sum as a mean of networks: the stretched ones and one that is linear.

    `beta` has an offset, what the classifier's score is stretched by, and a weight for each of its
    standardised features.
    """
    count = len(classifier.networks)
    stretch = beta[1] * (count + 1) / count
    networks: list[tuple[Layer, ...]] = [
        (*layers[:-1], (layers[-1][0] * stretch, layers[-1][1] * stretch))
        for layers in classifier.networks
    ]
    networks.append((((count + 1) * beta[2:, None], (count + 1) * beta[:1]),))
    return Classifier(classifier.mean, classifier.scale, tuple(networks), classifier.clip)
