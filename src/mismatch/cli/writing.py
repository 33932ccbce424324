"""Where scored records go: standard output as JSON lines or a table, or a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from mismatch.cli.formats import ArrowRow, JsonRow
from mismatch.cli.outputs import (
    CsvOutput,
    GzipJsonLinesOutput,
    JsonLinesOutput,
    Output,
    OutputError,
    Row,
    json_line,
)
from mismatch.display.plain import fit, probability_in_words, visible
from mismatch.tables import COLUMNS

if TYPE_CHECKING:
    from mismatch.cli.scoring import Scored


class Writer(Protocol):
    """Where scored records go."""

    def write(self, scored: list[Scored]) -> None:
        """Write some records, in order."""


@dataclass
class JsonLines:
    """The rows as they were read, with five columns added, on a stream."""

    out: TextIO

    def write(self, scored: list[Scored]) -> None:
        """Write some rows."""
        self.out.writelines(json_line(as_row(one)) for one in scored)


@dataclass
class File:
    """The same rows in a file of any format."""

    output: Output

    def write(self, scored: list[Scored]) -> None:
        """Write some rows."""
        if scored:
            self.output.write([as_row(one) for one in scored])


@dataclass
class Table:
    """One line an article: verdict, probability, p-value, headline, reasons."""

    out: TextIO
    width: int
    _begun: bool = field(default=False, init=False)

    def write(self, scored: list[Scored]) -> None:
        """Write some lines, under a heading if they are the first."""
        if not self._begun:
            self.out.write(f"{'':9}{'probability':>11}  {'p-value':>8}  headline\n")
            self._begun = True
        self.out.writelines(f"{self._line(one)}\n" for one in scored)

    def _line(self, scored: Scored) -> str:
        title = " ".join(visible(scored.record.title).split()) or scored.record.place
        if scored.problem:
            told, reasons = f"{'not scored':>20}  {'':8}", f"  ({scored.problem})"
        else:
            mark = "MISMATCH" if scored.is_mismatch else ""
            told = f"{mark:9}{probability_in_words(scored.probability or 0.0):>11}"
            told += f"  {scored.p_value:>8.2g}"
            reasons = f"  ({scored.reasons.replace(',', ', ')})" if scored.reasons else ""
        room = max(20, self.width - len(told) - 2 - len(reasons))
        return f"{told}  {fit(title, room)}{reasons}"


def as_row(scored: Scored) -> Row:
    """Give the row as it was read, with five columns; one that is there already is an error."""
    row = scored.record.row or {}
    if taken := [column for column in COLUMNS if column in row]:
        place = scored.record.place
        raise OutputError(f"{place}: has a column {taken[0]!r} already; rename it first")
    values = (
        scored.probability,
        scored.p_value,
        scored.is_mismatch,
        scored.reasons,
        scored.problem,
    )
    added = dict(zip(COLUMNS, values, strict=True))
    if isinstance(row, JsonRow | ArrowRow):
        return row.with_columns(added)
    return {**row, **added}


def open_output(path: Path, inputs: Sequence[str], *, resume: bool = False) -> Output:
    """Open a file of scored rows; its name says the format.

    Parameters
    ----------
    path : Path
        Ends in ``.jsonl``, ``.jsonl.gz``, ``.csv``, ``.tsv`` or ``.parquet``.
    inputs : sequence of str
        Files that are read; their columns keep their types where all are Parquet.
    resume : bool
        Go on after the last whole row that is there, instead of writing anew.

    Raises
    ------
    OutputError
        If the name is of no such format, the file is also read, or is not to be gone on with.
    OSError
        If it cannot be written.
    """
    for name in inputs:
        if name != "-" and path.exists() and path.samefile(name):
            raise OutputError(f"{path}: is also read; choose another name for the output")
    if path.suffixes[-2:] == [".jsonl", ".gz"]:
        return GzipJsonLinesOutput(path, resume=resume)
    match path.suffix:
        case ".jsonl" | ".ndjson":
            return JsonLinesOutput(path, resume=resume)
        case ".csv":
            return CsvOutput(path, delimiter=",", resume=resume)
        case ".tsv":
            return CsvOutput(path, delimiter="\t", resume=resume)
        case ".parquet":
            from mismatch.cli.parquet import ParquetOutput, check_pyarrow, common_schema

            check_pyarrow(path)
            typed = inputs and all(name.endswith(".parquet") for name in inputs)
            schema = common_schema(inputs) if typed else None
            return ParquetOutput(path, schema, resume=resume)
    raise OutputError(f"{path}: name it .jsonl, .jsonl.gz, .csv, .tsv or .parquet")
