"""A stream of records, scored chunk by chunk."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mismatch.cli.outputs import OutputError, Row, as_text
from mismatch.prior import Prior
from mismatch.stream import CHUNK, Chunk, score_stream

if TYPE_CHECKING:
    from mismatch.cache import Raw
    from mismatch.cli.outputs import Output
    from mismatch.cli.reading import Record
    from mismatch.detector import Detector

_TEXT = 8_000_000  # characters in memory at a time, or one article if that is longer


@dataclass(frozen=True, slots=True)
class Settings:
    """How articles are scored."""

    mode: str = "auto"
    prior: Prior = 0.5
    false_alarm_rate: float = 0.005
    workers: int | None = None
    cache: Path | None = None

    def detector(self) -> Detector:
        """Load the model; a ValueError says what setting is wrong."""
        from mismatch.detector import Detector

        return Detector(self.mode, prior=self.prior, false_alarm_rate=self.false_alarm_rate)


@dataclass(frozen=True, slots=True)
class Scored:
    """A record with what scoring said; numbers are None where it could not be scored."""

    record: Record
    probability: float | None = None
    p_value: float | None = None
    is_mismatch: bool = False
    reasons: str | None = None
    problem: str | None = None


def score_records(
    records: Iterable[Record], settings: Settings, detector: Detector
) -> Iterator[list[Scored]]:
    """Score records as they come, in order; memory does not grow with their number."""
    for some, found in raw_records(records, settings, detector):
        yield list(_scored(some, found, detector))


def raw_records(
    records: Iterable[Record], settings: Settings, detector: Detector
) -> Iterator[tuple[list[Record], list[Raw]]]:
    """Some records at a time, with the raw scores of those of them that have no problem."""
    under_way: deque[list[Record]] = deque()

    def chunks() -> Iterator[Chunk]:
        for some in _cut(records):
            under_way.append(some)
            yield [(record.title, record.body) for record in some if not record.problem]

    stream = score_stream(detector, chunks(), workers=settings.workers, cache=settings.cache)
    for found in stream:
        yield under_way.popleft(), found


def _scored(records: list[Record], found: list[Raw], detector: Detector) -> Iterator[Scored]:
    scores = np.array([raw.score for raw in found], dtype=np.float64)
    decided = zip(found, *(values.tolist() for values in detector.decide(scores)), strict=True)
    for record in records:
        if record.problem:
            yield Scored(record, problem=record.problem)
            continue
        raw, probability, p_value, flagged = next(decided)
        if raw.problem:
            yield Scored(record, problem=raw.problem)
        else:
            reasons = raw.reasons if flagged else None
            yield Scored(record, probability, p_value, flagged, reasons)


def _cut(records: Iterable[Record]) -> Iterator[list[Record]]:
    some: list[Record] = []
    text = 0
    for record in records:
        some.append(record)
        text += len(record.body)
        if len(some) == CHUNK or text >= _TEXT:
            yield some
            some, text = [], 0
    if some:
        yield some


def skip_written(
    records: Iterator[Record], output: Output, title: str, body: str
) -> Iterator[Record]:
    """Leave out the records whose rows an output has already, but for their problems.

    Raises
    ------
    OutputError
        If the output's last row is not the record in its place.
    """
    left = output.rows
    for record in records:
        if left == 0:
            yield record
            continue
        if record.row is not None:
            left -= 1
            if left == 0 and output.last is not None:
                for column in (title, body):
                    if _plain(output.last, column) != _plain(record.row, column):
                        raise OutputError(
                            f"{output.path}: its last row is not that of {record.place}; "
                            "nothing to resume"
                        )
        elif record.problem:
            yield record
    if left:
        raise OutputError(f"{output.path}: has {left:,} rows more than the input")


def _plain(row: Row, column: str) -> bytes:
    value = row.get(column)
    return b"" if value is None else as_text(value).encode(errors="replace")
