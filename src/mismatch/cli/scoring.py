"""A stream of records, scored chunk by chunk."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from tqdm import tqdm

import mismatch
from mismatch.cli.writing import Scored, Writer

if TYPE_CHECKING:
    from mismatch.cli.reading import Record

_CHUNK = 256  # articles in memory at a time
_TOLD = 100  # problems told one by one; the rest are counted


@dataclass(frozen=True, slots=True)
class Settings:
    """How articles are scored."""

    mode: str
    prior: float
    false_alarm_rate: float

    def check(self) -> None:
        """Refuse a wrong value before any file is touched."""
        list(self.score([]))

    def score(self, chunk: list[Record]) -> Iterator[Scored]:
        """Score the records that have an article, in order."""
        batch = mismatch.score_batch(
            [record.title for record in chunk if not record.problem],
            [record.body for record in chunk if not record.problem],
            mode=self.mode,
            prior=self.prior,
            false_alarm_rate=self.false_alarm_rate,
            progress=False,
        )
        i = -1
        for record in chunk:
            if record.problem:
                yield Scored(record, problem=record.problem)
                continue
            i += 1
            if batch.problem[i] is not None:
                yield Scored(record, problem=batch.problem[i])
                continue
            flagged = bool(batch.is_mismatch[i])
            yield Scored(
                record,
                float(batch.probability[i]),
                float(batch.p_value[i]),
                flagged,
                reasons=batch[i].reasons if flagged else (),
            )


@dataclass
class Tally:
    """What came of a stream."""

    articles: int = 0
    flagged: int = 0
    problems: int = 0
    _begun: float = field(default_factory=time.perf_counter)

    def __str__(self) -> str:
        seconds = time.perf_counter() - self._begun
        counts = f"{self.articles:,} articles: {self.flagged:,} flagged, {self.problems:,} problems"
        return f"{counts} ({seconds:.1f} s)"


def score_stream(
    records: Iterable[Record], settings: Settings, writer: Writer, *, progress: bool
) -> Tally:
    """Score all records and write them in order; problems go to standard error.

    Parameters
    ----------
    records : iterable of Record
        Read as they are needed.
    settings : Settings
        How to score.
    writer : Writer
        Where to.
    progress : bool
        Show a progress bar, where standard error is a terminal.

    Returns
    -------
    Tally
        How many were written, flagged, and not scored.
    """
    tally = Tally()
    bar = tqdm(records, unit=" articles", disable=None if progress else True)
    stream = iter(bar)
    while chunk := list(islice(stream, _CHUNK)):
        for scored in settings.score(chunk):
            if scored.problem:
                tally.problems += 1
                if tally.problems <= _TOLD:
                    bar.write(f"{scored.record.place}: {scored.problem}", file=sys.stderr)
            if scored.record.row is not None:
                tally.articles += 1
                tally.flagged += scored.is_mismatch
                writer.write(scored)
    if tally.problems > _TOLD:
        bar.write(f"... and {tally.problems - _TOLD:,} more problems", file=sys.stderr)
    return tally
