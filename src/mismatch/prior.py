"""The share of mismatches in a table, estimated from its scores.

A classifier is calibrated where half of the articles are mismatches; a user's table has far fewer.
Expectation-maximisation finds the share under which the probabilities agree with their own mean
(Saerens, Latinne and Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori
probabilities", Neural Computation 14, eqs. 2.4 and 2.9).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["AUTO", "Prior", "check_prior", "estimate_prior", "find_prior", "shift_log_odds"]

AUTO: Literal["auto"] = "auto"
Prior = float | Literal["auto"]

STEPS = 1_000
TOLERANCE = 1e-9


def shift_log_odds(log_odds: ArrayLike, old: float, new: float) -> NDArray[np.float64]:
    """Log-odds at another prior (Saerens et al. 2002, eq. 2.4, for two classes).

    Parameters
    ----------
    log_odds : array_like of float, any shape
        Log-odds of a mismatch at the prior `old`.
    old, new : float
        Shares of mismatches, strictly between 0 and 1.

    Returns
    -------
    ndarray of float64, same shape

    Raises
    ------
    ValueError
        If a prior lies outside its range.

    Examples
    --------
    >>> shift_log_odds([0.0], old=0.5, new=0.01).round(3).tolist()
    [-4.595]
    """
    for name, prior in (("old", old), ("new", new)):
        if not 0 < prior < 1:
            raise ValueError(f"{name} must lie strictly between 0 and 1, not at {prior!r}")
    shift = np.log(new / (1 - new)) - np.log(old / (1 - old))
    shifted: NDArray[np.float64] = np.asarray(log_odds, dtype=np.float64) + shift
    return shifted


def estimate_prior(log_odds: ArrayLike, *, at: float = 0.5) -> float:
    """Estimate the share of mismatches among scored articles.

    Parameters
    ----------
    log_odds : array_like of float, shape (n,)
        Calibrated log-odds of a mismatch at the prior `at`; NaN is left out.
    at : float, default 0.5
        The prior that `log_odds` assumes, strictly between 0 and 1.

    Returns
    -------
    float
        The maximum-likelihood share, from 0 to 1; NaN where nothing is scored. It is as good as
        the calibration: genuine articles of a kind that the model does not know raise it.

    Raises
    ------
    ValueError
        If `at` lies outside its range.

    Examples
    --------
    >>> round(estimate_prior([6.0] * 5 + [-6.0] * 95), 3)
    0.048
    """
    even = shift_log_odds(log_odds, old=at, new=0.5)
    even = np.clip(even[~np.isnan(even)], -700.0, 700.0)
    if not len(even):
        return float("nan")
    ratio = np.exp(even)  # how many times likelier the evidence is for a mismatch
    share = 0.5
    for _ in range(STEPS):
        weighted = share * ratio
        new = float(np.mean(weighted / (weighted + (1 - share))))
        if abs(new - share) <= TOLERANCE:
            return new
        share = new
    return share


def check_prior(prior: object) -> None:
    """Refuse what is neither ``"auto"`` nor a share strictly between 0 and 1.

    Raises
    ------
    ValueError
        With what was given.
    """
    if prior == AUTO:
        return
    if not isinstance(prior, float | int) or not 0 < prior < 1:
        raise ValueError(f"prior must lie strictly between 0 and 1, or be 'auto', not {prior!r}")


def find_prior(prior: Prior, even: ArrayLike) -> float:
    """The share to assume: `prior` itself, or where it is ``"auto"`` what the scores say.

    Parameters
    ----------
    prior : float or "auto"
    even : array_like of float, shape (n,)
        Calibrated log-odds of a mismatch at even odds; NaN is left out.

    Returns
    -------
    float
        Strictly between 0 and 1: an estimate is held away from either by half a row. Without any
        scored row, 0.5.

    Examples
    --------
    >>> find_prior(0.2, [3.0]), round(find_prior("auto", [6.0] * 5 + [-6.0] * 95), 3)
    (0.2, 0.048)
    """
    if prior != AUTO:
        return prior
    scores = np.asarray(even, dtype=np.float64)
    rows = int((~np.isnan(scores)).sum())
    if not rows:
        return 0.5
    half = 0.5 / (rows + 1)
    return float(np.clip(estimate_prior(scores), half, 1 - half))
