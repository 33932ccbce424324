"""One run of ``mismatch score``: from its files to a stream or an output file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mismatch.cli.outputs import OutputError
from mismatch.cli.progress import Progress, Tally
from mismatch.cli.scoring import Settings, score_records, skip_written
from mismatch.cli.writing import File, Writer, open_output
from mismatch.errors import MismatchError

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
        self._score(self._records(), writer, shown=False)

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
            self._score(records, File(output), shown=True)
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
