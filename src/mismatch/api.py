"""The functions most users need: one detector a call, made from the shipped models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mismatch.detector import Detector
from mismatch.prior import Prior

if TYPE_CHECKING:
    from mismatch.batch import ScoreBatch
    from mismatch.results import Score

__all__ = ["score", "score_batch"]


def score(
    title: str,
    body: str,
    *,
    mode: str = "auto",
    prior: float = 0.5,
    false_alarm_rate: float = 0.005,
) -> Score:
    """Tell whether a headline belongs to its body.

    Parameters
    ----------
    title, body : str
        The headline and the text under it, plain or HTML.
    mode : str
        ``"auto"``, ``"accurate"`` or ``"fast"``: how much is read, as `Detector` says.
    prior : float
        Share of mismatches to assume in the probability, strictly between 0 and 1.
    false_alarm_rate : float
        Share of genuine articles that the decision may flag, between 0 and 1.

    Returns
    -------
    Score

    Raises
    ------
    TypeError
        If `title` or `body` is not a string.
    InputError
        If the title or the body is empty, or the body has no content paragraph.
    ValueError
        If an option lies outside its range.

    Examples
    --------
    >>> import mismatch
    >>> body = '''The town council voted on Tuesday to widen the harbour bridge.
    ...
    ... Work begins in March and lasts nine weeks, said the mayor, who called the old bridge
    ... a bottleneck for the ferries.'''
    >>> mismatch.score("Council votes to widen harbour bridge", body).is_mismatch
    False
    >>> mismatch.score("Striker signs for three more seasons", body).is_mismatch
    True
    """
    return Detector(mode, prior=prior, false_alarm_rate=false_alarm_rate).score(title, body)


def score_batch(
    titles: Sequence[str],
    bodies: Sequence[str],
    *,
    mode: str = "auto",
    prior: Prior = 0.5,
    false_alarm_rate: float = 0.005,
    progress: bool | None = None,
    workers: int | None = None,
    cache: str | Path | None = None,
) -> ScoreBatch:
    """Score many articles: arrays in input order.

    Takes the options of `score`; a missing or empty title or body keeps its row, with NaN and the
    problem named.

    Parameters
    ----------
    titles, bodies : sequences of str
        One headline and one body an article.
    mode : str
        ``"auto"``, ``"accurate"`` or ``"fast"``: how much is read, as `Detector` says.
    prior : float or "auto"
        Share of mismatches to assume in the probabilities, strictly between 0 and 1; ``"auto"``
        estimates it from the batch.
    false_alarm_rate : float
        Share of genuine articles that the decisions may flag, between 0 and 1.
    progress : bool, optional
        Whether to show a progress bar; by default on long work where someone may look on.
    workers : int, optional
        Processes to score in; by default one for each core on long work.
    cache : path, optional
        A file that remembers scores, made where there is none. A run over a grown list scores only
        what is new, and one that was interrupted goes on where it stopped.

    Returns
    -------
    ScoreBatch
        ``probability``, ``interval``, ``p_value``, ``is_mismatch``, ``unfamiliar``, ``problem``;
        ``batch[i]`` is a `Score`.

    Raises
    ------
    TypeError
        If a title or body is neither a string nor missing; names the argument and the row.
    ValueError
        If the lengths differ or an option lies outside its range.
    """
    detector = Detector(mode, prior=prior, false_alarm_rate=false_alarm_rate)
    return detector.score_batch(titles, bodies, progress=progress, workers=workers, cache=cache)
