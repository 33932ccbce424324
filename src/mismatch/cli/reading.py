"""Articles out of files, one after the other: JSON lines, CSV, Parquet, plain text."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, cast

from mismatch.cli.formats import read_csv, read_json_lines, read_text


class Format(StrEnum):
    """How articles are written in a file."""

    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"
    TEXT = "text"


_BY_SUFFIX = {
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".json": Format.JSONL,
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".parquet": Format.PARQUET,
}


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a file, and the article on it.

    Attributes
    ----------
    place : str
        File and line, for messages: ``articles.jsonl:17``.
    row : dict or None
        All columns as read; None where the line is broken, so that there is no row to keep.
    title, body : str
        The article; empty where there is a problem.
    problem : str or None
        Why the article cannot be scored.
    """

    place: str
    row: dict[str, Any] | None = field(default=None, repr=False)
    title: str = ""
    body: str = ""
    problem: str | None = None


@dataclass(slots=True)
class Source:
    """A file of articles.

    Parameters
    ----------
    file : str
        Path, or ``-`` for standard input. What ends in ``.gz`` is unpacked.
    title, body : str
        Columns that hold the headline and the article.
    format : Format, optional
        By default the file's name says it; standard input is JSON lines if it begins with ``{``,
        and otherwise one article as text.
    """

    file: str
    title: str = "title"
    body: str = "body"
    format: Format | None = None
    _file: BinaryIO | None = field(default=None, init=False, repr=False)

    @property
    def size(self) -> int | None:
        """Bytes of the file; None for standard input."""
        return None if self.file == "-" else Path(self.file).stat().st_size

    @property
    def position(self) -> int:
        """Bytes read so far."""
        if self._file is None or self.file == "-":
            return 0
        return self.size or 0 if self._file.closed else self._file.tell()

    @property
    def stated_format(self) -> Format | None:
        """The format that is known before reading; None for standard input."""
        if self.format or self.file == "-":
            return self.format
        return _BY_SUFFIX.get(Path(self.file.removesuffix(".gz")).suffix.lower(), Format.TEXT)

    def records(self) -> Iterator[Record]:
        """Read the file as a stream, whatever its length; nothing in it ends the reading early."""
        name = "standard input" if self.file == "-" else self.file
        line = 0
        try:
            with self._open() as file, self._unpack(file) as stream:
                for line, row in self._rows(stream):
                    yield self._record(f"{name}:{line}", row)
        except (OSError, EOFError, zlib.error) as error:
            yield Record(f"{name}:{line + 1}", problem=f"cannot be read: {error}")

    def _open(self) -> BinaryIO:
        if self.file == "-":
            return sys.stdin.buffer
        self._file = Path(self.file).open("rb")  # noqa: SIM115 - closed when it is read
        return self._file

    def close(self) -> None:
        """Close the file, read to its end or not."""
        if self._file is not None:
            self._file.close()

    def _unpack(self, file: BinaryIO) -> BinaryIO:
        return cast("BinaryIO", gzip.open(file)) if self.file.endswith(".gz") else file

    def _rows(self, stream: BinaryIO) -> Iterator[tuple[int, dict[str, Any] | str]]:
        form = self.stated_format
        if form is None:
            stream = io.BufferedReader(stream)  # type: ignore[type-var]
            begins = stream.peek(64).removeprefix(b"\xef\xbb\xbf").lstrip()
            form = Format.JSONL if begins.startswith(b"{") else Format.TEXT
        if form is Format.JSONL:
            return read_json_lines(stream)
        if form is Format.TEXT:
            return read_text(stream, self.title, self.body)
        if form is Format.PARQUET:
            from mismatch.cli.parquet import read_parquet

            return read_parquet(stream, {self.title, self.body})
        return read_csv(stream, {self.title, self.body}, "\t" if form is Format.TSV else ",")

    def _record(self, place: str, row: dict[str, Any] | str) -> Record:
        if isinstance(row, str):
            return Record(place, problem=row)
        for argument, column in (("title", self.title), ("body", self.body)):
            if column not in row:
                return Record(place, row, problem=f"{argument} is missing: no column {column!r}")
            if row[column] is None:
                return Record(place, row, problem=f"{argument} is missing")
            if not isinstance(row[column], str):
                kind = type(row[column]).__name__
                return Record(place, row, problem=f"{argument} is not text but {kind}")
        return Record(place, row, row[self.title], row[self.body])
