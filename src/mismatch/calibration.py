"""What a classifier's score means: a probability, an interval around it, and a p-value.

All of it is arithmetic on a few fitted numbers (`mismatch.training.calibrating`), the same for
every mode: a raw score goes in, log-odds and shares come out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mismatch.arrays import prefixed, unprefixed

__all__ = ["LARGEST_LOG_ODDS", "UNREAD", "Calibration", "log_odds_of", "probability"]

Array = NDArray[np.float64]
LARGEST_LOG_ODDS = 30.0  # beyond it a float64 probability is 1 to 13 digits
UNREAD = 1000.0  # lifts the fast scores of pairs that cannot be read out of the scale of the others
_NAMES = ("knots", "log_odds", "genuine", "interval_knots", "bounds")


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
    unread : Calibration, optional
        What the fast scores of pairs mean that a mode which reads cannot read; in `scores`
        they stand `UNREAD` higher.

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
    unread: Calibration | None = None

    def at_prior(self, scores: Array, prior: float) -> Array:
        """Calibrated log-odds of a mismatch, shape (n,), where a share `prior` are mismatches."""
        return _shifted(self._even(scores), prior)

    def _even(self, scores: Array) -> Array:
        return self._by_scale(scores, lambda one, s: np.interp(s, one.knots, one.log_odds))

    def interval(self, scores: Array, unfamiliar: NDArray[np.bool_], prior: float) -> Array:
        """Low and high probability of a mismatch, shape (n, 2); NaN where the score is.

        The probability that `at_prior` stands for always lies between them.
        """
        low, high = (
            np.where(unfamiliar, self._bound(scores, 1, side), self._bound(scores, 0, side))
            for side in (0, 1)
        )
        middle = self.at_prior(scores, prior)
        return np.column_stack(
            [
                probability(np.minimum(_shifted(low, prior), middle)),
                probability(np.maximum(_shifted(high, prior), middle)),
            ]
        )

    def _bound(self, scores: Array, strange: int, side: int) -> Array:
        return self._by_scale(
            scores, lambda one, s: np.interp(s, one.interval_knots, one.bounds[strange, side])
        )

    def p_values(self, scores: Array) -> Array:
        """Conformal p-values: ``(1 + #{genuine >= score}) / (1 + n)``, in (0, 1].

        Valid for articles exchangeable with the reference ones (Vovk et al. 2005, eq. 2.20).
        """
        return self._by_scale(scores, lambda one, s: _shares_above(s, one.genuine))

    def as_read(self, scores: Array) -> Array:
        """The scores with those of pairs that were not read at the log-odds that they stand for."""
        if self.unread is None:
            return scores
        alike = np.interp(self._even(scores), self.log_odds, self.knots)
        return np.where(_is_unread(scores), alike, scores)

    def _by_scale(self, scores: Array, value: Callable[[Calibration, Array], Array]) -> Array:
        """A value of each score, by this calibration or by that of pairs that were not read."""
        found = value(self, scores)
        if self.unread is None:
            return found
        return np.where(_is_unread(scores), value(self.unread, scores - UNREAD), found)

    @property
    def smallest_rate(self) -> float:
        """Lowest false-alarm rate that the number of reference articles can support."""
        return 1 / (1 + len(self.genuine))

    def to_arrays(self) -> dict[str, Array]:
        """The fitted numbers by name, for a file."""
        arrays = {name: getattr(self, name) for name in _NAMES}
        if self.unread is not None:
            arrays |= prefixed("unread", self.unread.to_arrays())
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Calibration:
        """A calibration from the arrays of a file; one of an older format has no intervals.

        Raises
        ------
        KeyError
            If an array is missing.
        """
        names = _NAMES if "bounds" in arrays else _NAMES[:3]
        nested = unprefixed("unread", arrays)
        unread = cls.from_arrays(nested) if nested else None
        return cls(**{name: arrays[name] for name in names}, unread=unread)


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


def _is_unread(scores: Array) -> NDArray[np.bool_]:
    return scores > UNREAD / 2


def _shares_above(scores: Array, genuine: Array) -> Array:
    below = np.searchsorted(genuine, scores, side="left")
    shares: Array = (1 + len(genuine) - below) / (1 + len(genuine))
    return shares
