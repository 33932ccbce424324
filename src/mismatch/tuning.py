"""A detector made one's own: calibrated to articles of a feed, or fitted to labelled pairs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from mismatch import frequencies
from mismatch.errors import InputError, UnfittedError
from mismatch.explaining import find_fault
from mismatch.feed import articles_needed, calibrate_to
from mismatch.inputs import check_lengths, check_string
from mismatch.judging import FastJudge, Judge, ReadingJudge
from mismatch.refit import Refit, refit, widen
from mismatch.stream import cut, score_rows
from mismatch.text import read

if TYPE_CHECKING:
    from mismatch.artefact import Artefact
    from mismatch.calibration import Calibration
    from mismatch.detector import Detector

__all__ = ["articles_needed", "calibrated", "fitted"]

Floats = NDArray[np.float64]
Pairs = list[tuple[Any, Any]]
SEED = 0
AT_ONCE = 256  # pairs
SWAPS = 2  # headlines of others that each article lends its body to, for a calibration


def calibrated(
    detector: Detector,
    titles: Sequence[str],
    bodies: Sequence[str],
    *,
    progress: bool | None = None,
    workers: int | None = None,
) -> tuple[Artefact, Judge, Calibration]:
    """What `Detector.calibrate` gives a detector of its options."""
    check_lengths(titles=titles, bodies=bodies)
    rate = detector.false_alarm_rate
    needed = articles_needed(rate)
    own = list(zip(titles, bodies, strict=True))
    _check_enough(len(own), needed, rate)
    if detector.judge.classifier is None:
        detector = _fitted_to_own(detector, own)
    genuine = _raw_scores(detector, own, progress=progress, workers=workers)
    sound = [pair for pair, score in zip(own, genuine.tolist(), strict=True) if score == score]  # noqa: PLR0124 - NaN
    _check_enough(len(sound), needed, rate)
    other = _raw_scores(detector, _swapped(sound, SWAPS), progress=progress, workers=workers)
    calibration = calibrate_to(
        detector.calibration, genuine[~np.isnan(genuine)], other[~np.isnan(other)]
    )
    return detector.fast, detector.judge, calibration


def fitted(
    detector: Detector,
    titles: Sequence[str],
    bodies: Sequence[str],
    labels: ArrayLike,
    *,
    penalty: float | None = None,
) -> tuple[Artefact, Judge, Calibration]:
    """What `Detector.fit` gives a detector of its options."""
    odd = as_labels(labels)
    check_lengths(titles=titles, bodies=bodies, labels=odd)
    pairs = list(zip(titles, bodies, strict=True))
    features = _features(detector, pairs)
    try:
        classifier, calibration = detector.classifier, detector.calibration
    except UnfittedError:
        classifier = widen(detector.fast.classifier, features)
        calibration = detector.fast.calibration
    rate = detector.false_alarm_rate
    fit = partial(refit, classifier, calibration, false_alarm_rate=rate, penalty=penalty)
    found, fast = fit(features, odd), detector.fast
    if len(set(bodies)) >= frequencies.FEWEST:
        with threadpool_limits(1, "blas"):
            own, known = frequencies.measure_apart(fast, pairs)
        other = fit(np.hstack([known, features[:, known.shape[1] :]]), odd)
        if other.beats(found):
            found, fast = other, own
    return fast, _judge_of(detector, fast, found), found.calibration


def as_labels(labels: ArrayLike) -> NDArray[np.int_]:
    """Labels as 0 and 1.

    Raises
    ------
    ValueError
        If a label is no truth value; names the row.

    Examples
    --------
    >>> as_labels([True, False, 1]).tolist()
    [1, 0, 1]
    """
    values = np.asarray(labels)
    if values.ndim != 1:
        raise ValueError(f"labels must be one a pair, not an array of shape {values.shape}")
    known = np.array([value in (0, 1) for value in values.tolist()], dtype=bool)
    if not known.all():
        raise ValueError(f"labels must be True or False, 1 or 0 (row {int(np.argmin(known))})")
    return values.astype(np.int_)


def _judge_of(detector: Detector, fast: Artefact, found: Refit) -> Judge:
    """The judge with another classifier; every passage is read, as for the fit."""
    digest = hashlib.sha256(detector.checksum.encode())
    digest.update(fast.encoder.idf.tobytes())
    for layers in found.classifier.networks:
        for array in layers[-1]:
            digest.update(np.ascontiguousarray(array).tobytes())
    changes = {
        "classifier": found.classifier,
        "calibration": found.calibration,
        "checksum": digest.hexdigest(),
    }
    judge = detector.judge
    if isinstance(judge, ReadingJudge):
        plain = {"settling": None, "sparing_calibration": None}
        reading = replace(judge.reading, **changes, **plain)  # type: ignore[arg-type]
        return ReadingJudge(fast, reading, sparing=False)
    return FastJudge(replace(fast, **changes))  # type: ignore[arg-type]


def _fitted_to_own(detector: Detector, own: Pairs) -> Detector:
    """A first classifier of a foreign encoder: own articles against their headlines moved about."""
    sound = [pair for pair in own if _is_sound(pair)]
    pairs = sound + _swapped(sound)
    labels = np.repeat([0, 1], [len(sound), len(pairs) - len(sound)])
    return detector.fit([title for title, _ in pairs], [body for _, body in pairs], labels)


def _is_sound(pair: tuple[object, object]) -> bool:
    title, body = pair
    return isinstance(title, str) and isinstance(body, str) and not find_fault(read(title, body))


def _raw_scores(detector: Detector, pairs: Pairs, **options: Any) -> Floats:
    scores, _ = score_rows(detector, cut(pairs), len(pairs), **options)
    return scores


def _features(detector: Detector, pairs: Pairs) -> Floats:
    """What the classifier reads of each pair, shape (n, d); an unsound pair is named."""
    for row, (title, body) in enumerate(pairs):
        for name, value in (("title", title), ("body", body)):
            check_string(name, value, row)
        if fault := find_fault(read(title, body)):
            raise InputError(fault.argument, fault.problem, row=row)
    measure = detector.fast.reader()
    features: list[Floats] = [np.empty(0)] * len(pairs)
    order = sorted(range(len(pairs)), key=lambda row: pairs[row][1])  # a body is then read once
    with threadpool_limits(1, "blas"):  # products of an article's size only lose by threads
        for start in range(0, len(order), AT_ONCE):
            rows = order[start : start + AT_ONCE]
            articles = [read(*pairs[row]) for row in rows]
            measured = detector.judge.measure_all(articles, list(map(measure, articles)))
            for row, each in zip(rows, measured, strict=True):
                features[row] = each
    return np.array(features)


def _swapped(pairs: Pairs, times: int = 1) -> Pairs:
    """Every body under the headline of so many others: the next ones in a random cycle."""
    order = np.random.default_rng(SEED).permutation(len(pairs))
    return [
        (pairs[donor][0], pairs[body][1])
        for step in range(1, times + 1)
        for donor, body in zip(order.tolist(), np.roll(order, step).tolist(), strict=True)
        if pairs[donor][0] != pairs[body][0]
    ]


def _check_enough(there: int, needed: int, rate: float) -> None:
    if there < needed:
        raise ValueError(
            f"a false-alarm rate of {rate:g} takes {needed:,} articles that can be scored, and "
            f"there are {there:,}"
        )
