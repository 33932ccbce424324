"""The audit: the rooms of a table's damage, one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mismatch.auditing.columns import group_of, read_columns, text_of
from mismatch.auditing.discovery import discover
from mismatch.auditing.fitting import find_fitting
from mismatch.auditing.groups import find_repeats, unusual_groups
from mismatch.auditing.moves import find_moves, realign, swaps_among
from mismatch.auditing.pairing import Pairing
from mismatch.auditing.report import AuditReport
from mismatch.auditing.shifts import find_shifts
from mismatch.calibration import log_odds_of, probability
from mismatch.detector import Detector
from mismatch.prior import estimate_prior, shift_log_odds

SUSPECT = 0.02  # p-value up to which a title may turn out to be another row's
MOST_MATCHED = 2_000  # flagged rows, the oddest, for which fitting titles are looked up


def audit(
    df: Any,
    title: str = "title",
    body: str = "body",
    *,
    source: str | None = None,
    date: str | None = None,
    fdr: float = 0.05,
    mode: str = "auto",
    progress: bool | None = None,
    workers: int | None = None,
    cache: str | Path | None = None,
) -> AuditReport:
    """Look at a table as a whole: the wrong rows, what went wrong, and which title fits.

    Parameters
    ----------
    df : pandas.DataFrame, polars.DataFrame or pyarrow.Table
        One article a row. It is not changed. An audit keeps about 2 kB a row beside it.
    title, body : str
        Names of its columns of headlines and bodies.
    source, date : str, optional
        Names of columns whose values may have an unusual share of mismatches.
    fdr : float
        False-discovery rate: share of the flagged rows that may be genuine, strictly between 0
        and 1. By their probabilities, at the share of mismatches that is estimated from the table.
    mode : str
        How the rows are scored, as `Detector` says, and the few places that a title may belong to.
        Which those are is looked for in the fast mode: there are many.
    progress : bool, optional
        Whether to show a progress bar; by default on long work where someone may look on.
    workers : int, optional
        Processes to score in; by default one for each core on long work. The scores are the same.
    cache : path, optional
        A file that remembers scores, made where there is none: an audit of a grown table scores
        only what is new, and one that was interrupted goes on where it stopped.

    Returns
    -------
    AuditReport

    Raises
    ------
    ColumnError
        If a named column is missing (the message lists those that there are). It is a KeyError
        and a ValueError.
    TypeError
        If `df` is no eager frame.
    ValueError
        If `fdr` lies outside its range or the mode is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "title": ["Ferry to Skellen stops for the winter", "Pupils win chess trophy"],
    ...     "body": [
    ...         "Five pupils of Valserre have won the national chess trophy. They beat eleven "
    ...         "schools, the last with a queen sacrifice.",
    ...         "The ferry to Skellen makes its last crossing on Sunday. The island has no doctor "
    ...         "in winter.",
    ...     ],
    ... })
    >>> report = audit(table)
    >>> report.swaps
    (Swap(first=0, second=1),)
    >>> report.repair()["title"].tolist()
    ['Pupils win chess trophy', 'Ferry to Skellen stops for the winter']
    """
    if not 0 < fdr < 1:
        raise ValueError(f"fdr must lie strictly between 0 and 1, not at {fdr!r}")
    columns = [name for name in (title, body, source, date) if name is not None]
    values = read_columns(df, columns)
    titles, bodies = ([text_of(value) for value in values[name]] for name in (title, body))
    detector = Detector(mode)
    options: dict[str, Any] = {"workers": workers, "cache": cache}
    batch = detector.score_batch(titles, bodies, progress=progress, **options)  # type: ignore[arg-type]
    even = log_odds_of(batch.probability)
    prior = estimate_prior(even)
    log_odds = _at(even, prior)
    flagged = discover(probability(-log_odds), fdr)

    pairing = _pairing(detector, titles, bodies, even, progress=progress, **options)
    shifts = find_shifts(pairing)
    moves: dict[int, int] = {}
    for shift in shifts:
        moves |= realign(pairing, shift)
    shifted = {row for shift in shifts for row in range(shift.start, shift.stop)}
    suspects = np.flatnonzero(flagged | (batch.p_value <= SUSPECT))
    judge = Pairing(detector, titles, bodies, even, **options) if detector.reads else pairing
    others = find_moves(pairing, judge, suspects, shifted)
    swaps = [s for s in swaps_among(others) if flagged[s.first] or flagged[s.second]]
    swapped = {row for swap in swaps for row in (swap.first, swap.second)}
    cause = np.full(len(titles), None, dtype=object)
    cause[flagged] = "unrelated"
    cause[[row for row in others if flagged[row]]] = "moved"
    cause[list(swapped)] = "swapped"
    cause[list(shifted)] = "shifted"
    flagged = cause != None  # noqa: E711 - elementwise
    moves |= {t: b for t, b in others.items() if flagged[t] and flagged[b]}
    scored = ~np.isnan(even)
    explained = np.isin(cause.astype(str), ["shifted", "swapped"])  # no fault of an outlet or day
    groups = [
        group
        for name in (source, date)
        if name is not None
        for group in unusual_groups(
            name, [group_of(v) for v in values[name]], flagged, scored & ~explained
        )
    ]
    oddest = np.flatnonzero(flagged)
    oddest = oddest[np.argsort(-np.nan_to_num(even[oddest]), kind="stable")][:MOST_MATCHED]
    return AuditReport(
        frame=df,
        title=title,
        body=body,
        fdr=fdr,
        prior=prior,
        log_odds=log_odds,
        p_value=batch.p_value,
        flagged=flagged,
        cause=cause,
        problem=batch.problem,
        shifts=tuple(shifts),
        swaps=tuple(swaps),
        moves=moves,
        repeated_titles=tuple(find_repeats(titles, bodies)),
        repeated_bodies=tuple(find_repeats(bodies, titles)),
        groups=tuple(groups),
        titles_for=find_fitting(pairing, oddest, moves, of_bodies=True),
        bodies_for=find_fitting(pairing, oddest, moves, of_bodies=False),
        titles=titles,
        bodies=bodies,
        detector=detector,
    )


def _pairing(
    detector: Detector,
    titles: list[str | None],
    bodies: list[str | None],
    even: Any,
    *,
    progress: bool | None,
    **options: Any,
) -> Pairing:
    if detector.reads:
        detector = Detector("fast")
        batch = detector.score_batch(titles, bodies, progress=progress, **options)  # type: ignore[arg-type]
        even = log_odds_of(batch.probability)
    pairing = Pairing(detector, titles, bodies, even, **options)
    pairing.embed()
    return pairing


def _at(even: Any, prior: float) -> Any:
    """Log-odds at the estimated share, which is held away from 0 and 1 by half a row."""
    half = 0.5 / (len(even) + 1)
    return shift_log_odds(even, old=0.5, new=float(np.clip(np.nan_to_num(prior), half, 1 - half)))
