"""The threshold for a wished false-alarm rate, recall or precision, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mismatch.extras import naming_extra
from mismatch.intervals import (
    clopper_pearson,
    rate_bounds,
    rows_to_halve,
    smallest,
    threshold_bounds,
    width,
)

if TYPE_CHECKING:
    import pandas as pd

    from mismatch.batch import ScoreBatch

__all__ = ["OperatingPoint", "OperatingPoints", "operating_points"]

Floats = NDArray[np.float64]
Figure = Literal["false_alarm_rate", "recall", "precision"]
DEFAULT_RATES = (0.001, 0.005, 0.01, 0.05)


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """One threshold and what is known of it.

    Attributes
    ----------
    figure : str
        What was wished for: ``"false_alarm_rate"``, ``"recall"`` or ``"precision"``.
    wished : float
        Its value, strictly between 0 and 1.
    threshold : float
        Flag articles whose score is at least this; NaN where the sample reaches no such point.
    estimate : float
        The figure at this threshold: expected (false-alarm rate, recall) or counted (precision).
    low, high : float
        Confidence interval of the figure at this threshold.
    threshold_low, threshold_high : float
        Confidence interval of the ideal threshold; NaN for precision, and infinite where the
        sample is too small to bound it.
    rows : int
        Articles the figure rests on: genuine ones, mismatches, or flagged ones.
    rows_to_halve : int
        How many of them would make the interval of the figure half as wide.
    """

    figure: Figure
    wished: float
    threshold: float
    estimate: float
    low: float
    high: float
    threshold_low: float
    threshold_high: float
    rows: int
    rows_to_halve: int

    def __str__(self) -> str:
        what = f"{self.figure.replace('_', ' ')} {self.wished:g}"
        if np.isnan(self.threshold):
            return f"{what}: not within reach of {self.rows:,} articles"
        return (
            f"{what}: threshold {self.threshold:.4g}, where it is {self.low:.3g} to "
            f"{self.high:.3g} ({self.rows:,} articles; {self.rows_to_halve:,} would halve this)"
        )


@dataclass(frozen=True, slots=True)
class OperatingPoints:
    """Several thresholds on one sample, in the order asked for: a sequence of `OperatingPoint`.

    Attributes
    ----------
    points : tuple of OperatingPoint
    confidence : float
        Level of every interval, two-sided.
    """

    points: tuple[OperatingPoint, ...]
    confidence: float

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, item: int) -> OperatingPoint:
        return self.points[item]

    def __iter__(self) -> Iterator[OperatingPoint]:
        return iter(self.points)

    def __str__(self) -> str:
        return "\n".join([f"intervals at {self.confidence:.0%}", *map(str, self.points)])

    def to_frame(self) -> pd.DataFrame:
        """Give the points as a pandas frame, one row a point.

        Raises
        ------
        ImportError
            Where pandas is not installed; the message names the extra that brings it.
        """
        with naming_extra("to_frame needs pandas", "tables"):
            import pandas as pd
        names = OperatingPoint.__slots__
        return pd.DataFrame({n: [getattr(p, n) for p in self.points] for n in names})


def operating_points(
    scores: ScoreBatch | ArrayLike,
    labels: ArrayLike | None = None,
    *,
    false_alarm_rate: float | Sequence[float] = (),
    recall: float | Sequence[float] = (),
    precision: float | Sequence[float] = (),
    confidence: float = 0.95,
) -> OperatingPoints:
    """Choose thresholds on one's own articles, with confidence intervals.

    Parameters
    ----------
    scores : ScoreBatch or array_like of float, shape (n,)
        Scores, the higher the odder; of a batch, its probabilities. NaN is left out.
    labels : array_like of bool, shape (n,), optional
        Which articles are mismatches. Without labels all are taken for genuine; the few that are
        not make thresholds stricter, never laxer.
    false_alarm_rate, recall, precision : float or sequence of float
        What to reach, strictly between 0 and 1; any number of each. By default false-alarm rates
        of 0.001, 0.005, 0.01 and 0.05. Precision is that at the sample's own share of mismatches.
    confidence : float, default 0.95
        Level of the two-sided intervals.

    Returns
    -------
    OperatingPoints

    Raises
    ------
    ValueError
        If the lengths differ, a wish lies outside its range, or the articles needed for it (say,
        mismatches for a recall) are missing.

    Notes
    -----
    The threshold for a rate r on n genuine articles is their k-th highest score, with
    k = ⌊r (n + 1)⌋: the expected rate of new articles is k / (n + 1), and the rate itself has a
    Beta(k, n + 1 - k) distribution (David and Nagaraja 2003, *Order Statistics*, sec. 2.1; Vovk
    2012, "Conditional validity of inductive conformal predictors", Proposition 2b). Its bounds are
    those of the two quantiles. The ideal threshold lies between the order statistics that a
    binomial count of n at r reaches (David and Nagaraja, sec. 7.1). Precision has the
    Clopper-Pearson interval (1934) of a threshold fixed beforehand; chosen on the same sample, it
    is a little too good.

    Examples
    --------
    >>> genuine = [k / 1000 for k in range(999)]
    >>> point = operating_points(genuine, false_alarm_rate=0.01)[0]
    >>> point.threshold, round(point.low, 4), round(point.high, 4)
    (0.989, 0.0048, 0.017)
    """
    values = np.asarray(getattr(scores, "probability", scores), dtype=np.float64)
    odd = np.zeros(len(values), bool) if labels is None else np.asarray(labels).astype(bool)
    if len(odd) != len(values):
        raise ValueError(f"scores and labels differ in length: {len(values):,} and {len(odd):,}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie strictly between 0 and 1, not at {confidence!r}")
    values, odd = values[~np.isnan(values)], odd[~np.isnan(values)]
    wishes = [
        (figure, float(wish))
        for figure, wished in (
            ("false_alarm_rate", false_alarm_rate),
            ("recall", recall),
            ("precision", precision),
        )
        for wish in np.atleast_1d(wished)
    ] or [("false_alarm_rate", rate) for rate in DEFAULT_RATES]
    points = []
    for figure, wish in wishes:
        if not 0 < wish < 1:
            raise ValueError(f"{figure} must lie strictly between 0 and 1, not at {wish!r}")
        if figure == "false_alarm_rate":
            points.append(_at_false_alarm_rate(_some(values[~odd], "genuine"), wish, confidence))
        elif figure == "recall":
            points.append(_at_recall(_some(values[odd], "mismatched"), wish, confidence))
        else:
            _some(values[odd], "mismatched")
            points.append(_at_precision(values, odd, wish, confidence))
    return OperatingPoints(tuple(points), confidence)


def _some(values: Floats, kind: str) -> Floats:
    if not len(values):
        raise ValueError(f"there is no scored {kind} article to choose a threshold on")
    return values


def _at_false_alarm_rate(genuine: Floats, rate: float, confidence: float) -> OperatingPoint:
    n = len(genuine)
    k = int(rate * (n + 1) + 1e-9)
    descending = np.sort(genuine)[::-1]
    low, high = threshold_bounds(descending, rate, confidence)
    if not k:
        nan = float("nan")
        needed = int(np.ceil(1 / rate - 1 - 1e-9))
        return OperatingPoint("false_alarm_rate", rate, nan, nan, nan, nan, low, high, n, needed)
    bounds = rate_bounds(k, n, confidence)
    return OperatingPoint(
        figure="false_alarm_rate",
        wished=rate,
        # Just above the next lower score would do as well; this one is the conformal choice.
        threshold=float(descending[k - 1]),
        estimate=k / (n + 1),
        low=bounds[0],
        high=bounds[1],
        threshold_low=low,
        threshold_high=high,
        rows=n,
        rows_to_halve=rows_to_halve(k, n, confidence),
    )


def _at_recall(mismatched: Floats, recall: float, confidence: float) -> OperatingPoint:
    """The k-th highest score has an expected recall of k / (n + 1): the same order statistics."""
    n = len(mismatched)
    k = int(np.ceil(recall * (n + 1) - 1e-9))
    descending = np.sort(mismatched)[::-1]
    low, high = threshold_bounds(descending, recall, confidence)
    if k > n:
        nan = float("nan")
        needed = int(np.ceil(recall / (1 - recall) - 1e-9))
        return OperatingPoint("recall", recall, nan, nan, nan, nan, low, high, n, needed)
    bounds = rate_bounds(k, n, confidence)
    halved = rows_to_halve(k, n, confidence)
    threshold = float(descending[k - 1])
    return OperatingPoint("recall", recall, threshold, k / (n + 1), *bounds, low, high, n, halved)


def _at_precision(
    values: Floats, odd: NDArray[np.bool_], wish: float, conf: float
) -> OperatingPoint:
    """The lowest threshold whose flagged articles are mismatches often enough."""
    order = np.argsort(-values, kind="stable")
    ranked = values[order]
    hits = np.cumsum(odd[order])
    last = np.append(ranked[1:] != ranked[:-1], True)  # equal scores go together
    reached = np.flatnonzero(last & (hits >= wish * np.arange(1, len(ranked) + 1)))
    nan = float("nan")
    if not len(reached):
        return OperatingPoint("precision", wish, nan, nan, nan, nan, nan, nan, len(values), 0)
    count = int(reached[-1]) + 1
    right = int(hits[count - 1])
    low, high = clopper_pearson(right, count, conf)
    halved = smallest(
        lambda m: width(clopper_pearson(round(right / count * m), m, conf)) <= (high - low) / 2,
        count,
    )
    threshold = float(ranked[count - 1])
    share = right / count
    return OperatingPoint("precision", wish, threshold, share, low, high, nan, nan, count, halved)
