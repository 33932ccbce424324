"""What a classifier's score means: a probability, an interval around it, and a p-value.

All of it is arithmetic on a few fitted numbers (`mismatch.training.calibrating`), the same for
every mode: a raw score goes in, log-odds and shares come out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST_LOG_ODDS", "Calibration", "log_odds_of", "probability"]

Array = NDArray[np.float64]
LARGEST_LOG_ODDS = 30.0  # beyond it a float64 probability is 1 to 13 digits


def _nothing_known() -> Array:
    return np.array([[[-LARGEST_LOG_ODDS], [LARGEST_LOG_ODDS]]] * 2)


@dataclass(frozen=True)
class Calibration:
    """What a classifier's score means, learnt from articles it was not fitted on.

    Attributes
    ----------
    knots, log_odds : ndarray of float64, shape (k,)
        A monotone piecewise linear map from score to the log-odds of a mismatch where half of the
        articles are mismatches.
    genuine : ndarray of float64, shape (n,)
        Sorted scores of genuine articles, the reference of the conformal p-values.
    interval_knots : ndarray of float64, shape (m,)
        Scores at which the interval's bounds are known.
    bounds : ndarray of float64, shape (2, 2, m)
        Log-odds, at even odds, between which the probability lies: ``bounds[0]`` low and high for
        articles like those calibrated on, ``bounds[1]`` for unfamiliar ones. By default nothing
        is known, and every interval is from 0 to 1.

    Examples
    --------
    >>> ends = np.array([-10.0, 10.0])
    >>> calibration = Calibration(ends, ends, np.arange(-99.0, 0.0))
    >>> calibration.p_values(np.array([-1.5])).tolist()
    [0.02]
    >>> probability(calibration.at_prior(np.zeros(1), prior=0.1)).round(3).tolist()
    [0.1]
    """

    knots: Array
    log_odds: Array
    genuine: Array
    interval_knots: Array = field(default_factory=lambda: np.zeros(1))
    bounds: Array = field(default_factory=_nothing_known)

    def at_prior(self, scores: Array, prior: float) -> Array:
        """Calibrated log-odds of a mismatch, shape (n,), where a share `prior` are mismatches."""
        return _shifted(np.interp(scores, self.knots, self.log_odds), prior)

    def interval(self, scores: Array, unfamiliar: NDArray[np.bool_], prior: float) -> Array:
        """Low and high probability of a mismatch, shape (n, 2); NaN where the score is.

        The probability that `at_prior` stands for always lies between them.
        """
        low, high = (
            np.where(
                unfamiliar,
                np.interp(scores, self.interval_knots, self.bounds[1, side]),
                np.interp(scores, self.interval_knots, self.bounds[0, side]),
            )
            for side in (0, 1)
        )
        middle = self.at_prior(scores, prior)
        return np.column_stack(
            [
                probability(np.minimum(_shifted(low, prior), middle)),
                probability(np.maximum(_shifted(high, prior), middle)),
            ]
        )

    def p_values(self, scores: Array) -> Array:
        """Conformal p-values: ``(1 + #{genuine >= score}) / (1 + n)``, in (0, 1].

        Valid for articles exchangeable with the reference ones (Vovk et al. 2005, eq. 2.20).
        """
        below = np.searchsorted(self.genuine, scores, side="left")
        return (1 + len(self.genuine) - below) / (1 + len(self.genuine))

    @property
    def smallest_rate(self) -> float:
        """Lowest false-alarm rate that the number of reference articles can support."""
        return 1 / (1 + len(self.genuine))

    def to_arrays(self) -> dict[str, Array]:
        """The fitted numbers by name, for a file."""
        return {
            "knots": self.knots,
            "log_odds": self.log_odds,
            "genuine": self.genuine,
            "interval_knots": self.interval_knots,
            "bounds": self.bounds,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Calibration:
        """A calibration from the arrays of a file; one of an older format has no intervals.

        Raises
        ------
        KeyError
            If an array is missing.
        """
        fitted = cls(arrays["knots"], arrays["log_odds"], arrays["genuine"])
        if "bounds" not in arrays:
            return fitted
        return cls(
            fitted.knots,
            fitted.log_odds,
            fitted.genuine,
            arrays["interval_knots"],
            arrays["bounds"],
        )


def probability(log_odds: Array) -> Array:
    """The logistic function."""
    chance: Array = 1 / (1 + np.exp(-log_odds))
    return chance


def log_odds_of(share: Array) -> Array:
    """The inverse of `probability`: of shares that may be 0 or 1, within ±`LARGEST_LOG_ODDS`."""
    with np.errstate(divide="ignore"):
        odds: Array = np.log(share) - np.log1p(-share)
    return np.clip(odds, -LARGEST_LOG_ODDS, LARGEST_LOG_ODDS)


def _shifted(even: Array, prior: float) -> Array:
    shift = np.log(prior / (1 - prior))
    shifted: Array = np.clip(even + shift, -LARGEST_LOG_ODDS, LARGEST_LOG_ODDS)
    return shifted
