"""Which rows to flag so that a set share of them, and no more, is expected to be genuine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mismatch.calibration import probability

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def benjamini_hochberg(p_value: Floats, fdr: float) -> Flags:
    """Step-up procedure of Benjamini and Hochberg (1995).

    On conformal p-values of one reference sample it controls the false-discovery rate, since they
    are positively dependent (Bates, Candès, Lei, Romano and Sesia 2023, "Testing for outliers with
    conformal p-values", Theorem 2). No p-value is below 1 / (n + 1) for n reference articles, so
    that in a table of m rows fewer than m / (fdr · (n + 1)) mismatches cannot be found.

    Parameters
    ----------
    p_value : ndarray, shape (n,)
        NaN for a row that was not tested.
    fdr : float
        Wished false-discovery rate, 0 to 1.

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.001, 0.9, 0.02, np.nan, 0.5]), 0.05).tolist()
    [True, False, True, False, False]
    """
    tested = np.sort(p_value[~np.isnan(p_value)])
    steps = fdr * np.arange(1, len(tested) + 1) / max(1, len(tested))
    passed = np.flatnonzero(tested <= steps)
    if not len(passed):
        return np.zeros(len(p_value), dtype=bool)
    flags: Flags = p_value <= tested[passed[-1]]
    return flags


def local_discoveries(genuine: Floats, fdr: float) -> Flags:
    """The largest set of rows whose mean probability of being genuine is at most `fdr`.

    The mean of the local false-discovery rates of a set is its false-discovery rate (Efron 2007,
    "Size, power and false discovery rates", Annals of Statistics 35, eq. 2.9; the rule is Sun and
    Cai's of 2007). It holds as far as the probabilities are calibrated.

    Parameters
    ----------
    genuine : ndarray, shape (n,)
        Probability of each row to be genuine, 0 to 1; NaN for a row that was not tested.
    fdr : float
        Wished false-discovery rate, 0 to 1.

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> local_discoveries(np.array([0.01, 0.08, 0.9, np.nan, 0.4]), 0.05).tolist()
    [True, True, False, False, False]
    """
    tested = np.sort(genuine[~np.isnan(genuine)])
    means = np.cumsum(tested) / np.arange(1, len(tested) + 1)
    count = int(np.searchsorted(means, fdr, side="right"))  # the means of a sorted list ascend
    if not count:
        return np.zeros(len(genuine), dtype=bool)
    flags: Flags = genuine <= tested[count - 1]
    return flags


def discover(p_value: Floats, log_odds: Floats, fdr: float) -> tuple[Flags, str]:
    """Flag rows by Benjamini-Hochberg, or by probability where p-values are too coarse.

    Returns
    -------
    flags : ndarray of bool, shape (n,)
    criterion : str
        Which of the two: ``"Benjamini-Hochberg"`` or ``"local false-discovery rate"``.
    """
    flags = benjamini_hochberg(p_value, fdr)
    if flags.any():
        return flags, "Benjamini-Hochberg"
    return local_discoveries(probability(-log_odds), fdr), "local false-discovery rate"
