"""Scored rows out: as JSON lines with columns added, or as a table for a reader."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from mismatch.display.plain import fit, probability_in_words, visible

if TYPE_CHECKING:
    from mismatch.cli.reading import Record

COLUMNS = (
    "mismatch_probability",
    "mismatch_p_value",
    "is_mismatch",
    "mismatch_reason",
    "mismatch_problem",
)


class OutputError(Exception):
    """An output that must not be written; said before harm is done."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A record with what scoring said; numbers are None where it could not be scored."""

    record: Record
    probability: float | None = None
    p_value: float | None = None
    is_mismatch: bool = False
    reasons: Sequence[str] = ()
    problem: str | None = None


class Writer(Protocol):
    """Where scored records go."""

    def write(self, scored: Scored) -> None:
        """Write one record."""


@dataclass
class JsonLines:
    """The rows as they were read, with five columns added."""

    out: TextIO

    def write(self, scored: Scored) -> None:
        """Write one row; a column that is there already is not overwritten but an error."""
        row = scored.record.row or {}
        if taken := [column for column in COLUMNS if column in row]:
            place = scored.record.place
            raise OutputError(f"{place}: has a column {taken[0]!r} already; rename it first")
        values = (
            scored.probability,
            scored.p_value,
            None if scored.problem else scored.is_mismatch,
            ",".join(scored.reasons) or None,
            scored.problem,
        )
        row = {**row, **dict(zip(COLUMNS, values, strict=True))}
        self.out.write(_one_line(row) + "\n")


@dataclass
class Table:
    """One line an article: verdict, probability, p-value, headline, reasons."""

    out: TextIO
    width: int
    _begun: bool = field(default=False, init=False)

    def write(self, scored: Scored) -> None:
        """Write one line, under a heading if it is the first."""
        if not self._begun:
            self.out.write(f"{'':9}{'probability':>11}  {'p-value':>8}  headline\n")
            self._begun = True
        title = " ".join(visible(scored.record.title).split()) or scored.record.place
        if scored.problem:
            told, reasons = f"{'not scored':>20}  {'':8}", f"  ({scored.problem})"
        else:
            mark = "MISMATCH" if scored.is_mismatch else ""
            told = f"{mark:9}{probability_in_words(scored.probability or 0.0):>11}"
            told += f"  {scored.p_value:>8.2g}"
            reasons = f"  ({', '.join(scored.reasons)})" if scored.reasons else ""
        room = max(20, self.width - len(told) - 2 - len(reasons))
        self.out.write(f"{told}  {fit(title, room)}{reasons}\n")


def open_output(path: Path, inputs: Sequence[str]) -> TextIO:
    """Open a file of JSON lines to be written.

    Raises
    ------
    OutputError
        If the name is not one of JSON lines, or the file is also read.
    OSError
        If it cannot be written.
    """
    if path.suffixes[-2:] != [".jsonl", ".gz"] and path.suffix not in {".jsonl", ".ndjson"}:
        raise OutputError(f"{path}: only JSON lines are written: name it .jsonl or .jsonl.gz")
    for name in inputs:
        if name != "-" and path.exists() and path.samefile(name):
            raise OutputError(f"{path}: is also read; choose another name for the output")
    if path.suffix == ".gz":
        return gzip.open(path, "wt", encoding="utf-8", newline="\n")
    return path.open("w", encoding="utf-8", newline="\n")


def _one_line(row: dict[str, Any]) -> str:
    line = json.dumps(row, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:  # lone surrogates are JSON only as escapes
        return json.dumps(row)
    return line
