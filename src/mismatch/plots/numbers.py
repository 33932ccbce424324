"""The numbers behind the plots, as pandas frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mismatch.extras import naming_extra
from mismatch.intervals import clopper_pearson

if TYPE_CHECKING:
    import pandas as pd

    from mismatch.auditing import AuditReport
    from mismatch.batch import ScoreBatch
    from mismatch.results import Score

SURE = 1e-12  # probabilities are held this far from 0 and 1 for their log-odds


def score_distribution_data(scores: ScoreBatch | AuditReport, *, bins: int = 40) -> pd.DataFrame:
    """Count articles by their log-odds of a mismatch.

    Parameters
    ----------
    scores : ScoreBatch or AuditReport
    bins : int, default 40

    Returns
    -------
    pandas.DataFrame
        One row a bin: ``low``, ``high`` (log-odds), ``articles``, ``flagged``.
    """
    odds, flags = log_odds_of(scores.probability), flags_of(scores)
    known = ~np.isnan(odds)
    edges = np.histogram_bin_edges(odds[known], bins)
    every = np.histogram(odds[known], edges)[0]
    flagged = np.histogram(odds[known & flags], edges)[0]
    return _frame({"low": edges[:-1], "high": edges[1:], "articles": every, "flagged": flagged})


def reliability_data(
    probability: ArrayLike, label: ArrayLike, *, bins: int = 10, confidence: float = 0.95
) -> pd.DataFrame:
    """Compare stated probabilities with what happened, in bins of equal width.

    Parameters
    ----------
    probability : array_like of float, shape (n,)
        Of a mismatch, 0 to 1; NaN is left out.
    label : array_like of bool, shape (n,)
        Which are mismatches.
    bins : int, default 10
    confidence : float, default 0.95
        Level of the binomial intervals (Clopper and Pearson 1934).

    Returns
    -------
    pandas.DataFrame
        One row a bin that holds articles: ``low``, ``high``, ``articles``, ``stated`` (mean
        probability), ``observed`` (share of mismatches), ``observed_low``, ``observed_high``.
    """
    p, odd = scored(probability, label)
    place = np.minimum((p * bins).astype(int), bins - 1)
    held = np.unique(place)
    counts = np.array([int((place == k).sum()) for k in held], dtype=int)
    hits = np.array([int(odd[place == k].sum()) for k in held], dtype=int)
    bounds = [clopper_pearson(h, n, confidence) for h, n in zip(hits, counts, strict=True)]
    return _frame(
        {
            "low": held / bins,
            "high": (held + 1) / bins,
            "articles": counts,
            "stated": [float(p[place == k].mean()) for k in held],
            "observed": hits / np.maximum(counts, 1),
            "observed_low": [low for low, _ in bounds],
            "observed_high": [high for _, high in bounds],
        }
    )


def detection_curve_data(score: ArrayLike, label: ArrayLike) -> pd.DataFrame:
    """Recall against false-alarm rate at every threshold.

    Parameters
    ----------
    score : array_like of float, shape (n,)
        The higher the odder; NaN is left out.
    label : array_like of bool, shape (n,)
        Which are mismatches; there must be some of both kinds.

    Returns
    -------
    pandas.DataFrame
        ``threshold`` (descending), ``false_alarm_rate``, ``recall``.

    Raises
    ------
    ValueError
        If one kind is missing.
    """
    s, odd = scored(score, label)
    if odd.all() or not odd.any():
        raise ValueError("a detection curve needs genuine articles and mismatches")
    order = np.argsort(-s, kind="stable")
    last = np.flatnonzero(np.append(np.diff(s[order]) != 0, True))
    return _frame(
        {
            "threshold": s[order][last],
            "false_alarm_rate": np.cumsum(~odd[order])[last] / (~odd).sum(),
            "recall": np.cumsum(odd[order])[last] / odd.sum(),
        }
    )


def heat_map_data(score: Score) -> pd.DataFrame:
    """The paragraphs of one article as numbers.

    Parameters
    ----------
    score : Score

    Returns
    -------
    pandas.DataFrame
        One row a paragraph: ``paragraph`` (from 0), ``start``, ``end``, ``role``, ``similarity``
        (NaN where none was measured), ``foreign``, ``text``.
    """
    paragraphs = score.paragraphs
    return _frame(
        {
            "paragraph": np.arange(len(paragraphs)),
            "start": [p.start for p in paragraphs],
            "end": [p.end for p in paragraphs],
            "role": [p.role.value for p in paragraphs],
            "similarity": np.array([p.similarity for p in paragraphs], dtype=np.float64),
            "foreign": [p.foreign for p in paragraphs],
            "text": [p.text for p in paragraphs],
        }
    )


def log_odds_of(probability: ArrayLike) -> NDArray[np.float64]:
    """Log-odds, finite."""
    clipped = np.clip(np.asarray(probability, dtype=np.float64), SURE, 1 - SURE)
    odds: NDArray[np.float64] = np.log(clipped / (1 - clipped))
    return odds


def flags_of(scores: ScoreBatch | AuditReport) -> NDArray[np.bool_]:
    """Which rows a batch or an audit flags."""
    flags = scores.flagged if hasattr(scores, "flagged") else scores.is_mismatch
    return np.asarray(flags, dtype=bool)


def scored(score: ArrayLike, label: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Scores and labels of the rows that have a score."""
    s, odd = np.asarray(score, dtype=np.float64), np.asarray(label).astype(bool)
    if s.shape != odd.shape:
        raise ValueError(f"scores and labels differ in shape: {s.shape} and {odd.shape}")
    known = ~np.isnan(s)
    return s[known], odd[known]


def _frame(columns: dict[str, Any]) -> pd.DataFrame:
    with naming_extra("the numbers of a plot need pandas", "tables"):
        import pandas as pd
    return pd.DataFrame(columns)
