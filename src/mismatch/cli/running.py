"""One run of ``mismatch score``: from its files to a stream or an output file."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

import numpy as np
import typer

from mismatch.cli.outputs import OutputError
from mismatch.cli.progress import Progress, Tally
from mismatch.cli.scoring import Scored, Settings, raw_records, score_records, skip_written
from mismatch.cli.writing import File, Writer, open_output
from mismatch.errors import MismatchError
from mismatch.prior import AUTO

if TYPE_CHECKING:
    from mismatch.cli.reading import Record, Source
    from mismatch.detector import Detector


@dataclass
class Run:
    """What is scored, and how; `strict` stops at the first line that cannot be."""

    sources: Sequence[Source]
    settings: Settings
    detector: Detector
    strict: bool = False
    tally: Tally = field(default_factory=Tally)

    def to_stream(self, writer: Writer) -> None:
        """Score all, and show no progress."""
        with self._with_prior(shown=False) as run:
            run._score(self._records(), writer, shown=False)

    def to_file(self, path: Path, *, resume: bool) -> None:
        """Score all into a file.

        Raises
        ------
        OutputError
            If the file cannot be written or gone on with, or the run stopped half way; the message
            says how many rows are written.
        """
        output = open_output(path, [source.file for source in self.sources], resume=resume)
        if output.rows:
            typer.echo(f"{path}: going on after {output.rows:,} rows", err=True)
        source = self.sources[0]
        records = skip_written(self._records(), output, source.title, source.body)
        try:
            with self._with_prior(shown=True) as run:
                run._score(records, File(output), shown=True)
            output.close(complete=True)
        except (MismatchError, OutputError, OSError) as error:
            told = f"{error} ({output.rows:,} rows are written; --resume goes on)"
            raise OutputError(told) from error
        finally:
            output.close(complete=False)
        if output.left_out:
            names = ", ".join(map(repr, sorted(output.left_out)))
            typer.echo(f"{path}: no place for {names}, which the first rows did not have", err=True)
            self.tally.problems += len(output.left_out)

    @contextmanager
    def _with_prior(self, *, shown: bool) -> Iterator[Self]:
        """Give this run, or one that knows the share of mismatches where that is to be estimated.

        For that all is scored beforehand, and remembered: in the user's cache or in one that is
        thrown away.
        """
        if self.detector.prior != AUTO:
            yield self
            return
        with TemporaryDirectory() as folder:
            kept = replace(self.settings, cache=self.settings.cache or Path(folder) / "scores")
            scores = array("d")  # of the articles that have one
            with Progress(self.sources, Tally(), shown=shown) as progress:
                for some, found in raw_records(self._records(), kept, self.detector):
                    scores.extend(raw.score for raw in found if not raw.problem)
                    progress.add([Scored(record) for record in some])
            prior = self.detector.prior_of(np.array(scores))
            typer.echo(f"prior: {prior:.3g}, estimated from {len(scores):,} articles", err=True)
            known = replace(kept, prior=prior)
            yield replace(self, settings=known, detector=known.detector())

    def _records(self) -> Iterator[Record]:
        return chain.from_iterable(source.records() for source in self.sources)

    def _score(self, records: Iterator[Record], writer: Writer, *, shown: bool) -> None:
        try:
            with Progress(self.sources, self.tally, shown=shown) as progress:
                for some in score_records(records, self.settings, self.detector):
                    faults = [n for n, scored in enumerate(some) if scored.problem]
                    stop = faults[0] if self.strict and faults else len(some)
                    for n in faults:
                        if n <= stop:
                            progress.tell(some[n])
                    whole = [scored for scored in some[:stop] if scored.record.row is not None]
                    writer.write(whole)
                    progress.add(whole)
                    if stop < len(some):
                        raise OutputError(f"stopped at {some[stop].record.place}")
        finally:
            for source in self.sources:
                source.close()
