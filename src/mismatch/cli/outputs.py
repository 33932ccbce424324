"""Files of scored rows, written chunk by chunk: whole at every moment, and to be gone on with."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from mismatch.cli.formats import JsonRow
from mismatch.cli.pieces import Piece, gzip_pieces, lines, quoted_lines
from mismatch.tables import COLUMNS

ADDED = dict(zip(COLUMNS, (float, float, bool, str, str), strict=True))
Row = dict[str, Any]


class OutputError(Exception):
    """An output that cannot or must not be written; what stands in it is whole."""


class Output(Protocol):
    """A file that scored rows are added to."""

    path: Path
    rows: int  # that are there
    last: Row | None  # of those that were there when it was opened
    left_out: set[str]  # columns that it has no place for

    def write(self, rows: list[Row]) -> None:
        """Add rows: all or, with an OutputError, none."""

    def close(self, *, complete: bool) -> None:
        """Finish, or leave it to be resumed."""


class _TextOutput:
    """Text that grows by pieces; one that was cut off is removed before the next is added."""

    def __init__(self, path: Path, *, resume: bool) -> None:
        self.path = path
        self.rows = 0
        self.last: Row | None = None
        self.left_out: set[str] = set()
        self._end = 0
        self._tail = b""
        resume = resume and path.exists()
        if resume:
            with path.open("rb") as there:
                for piece in self._pieces(there):
                    self.rows += piece.rows
                    self._tail, self._end = piece.text, piece.end
            self._recall()
        self._file: BinaryIO = path.open("r+b" if resume else "wb", buffering=0)
        self._file.truncate(self._end)
        self._file.seek(self._end)

    def _pieces(self, there: BinaryIO) -> Iterator[Piece]:
        raise NotImplementedError

    def _recall(self) -> None:
        """Find the last row in the tail."""
        raise NotImplementedError

    def _encode(self, rows: list[Row]) -> bytes:
        raise NotImplementedError

    def write(self, rows: list[Row]) -> None:
        """Add rows: all or, on a full disk, none."""
        left = memoryview(self._encode(rows))
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            self._file.truncate(self._end)
            raise OutputError(f"{self.path}: {error.strerror}") from error
        self._end = self._file.tell()
        self.rows += len(rows)

    def close(self, *, complete: bool) -> None:  # noqa: ARG002 - it is whole at any time
        """Close the file."""
        self._file.close()


class JsonLinesOutput(_TextOutput):
    """One JSON object a line."""

    def _pieces(self, there: BinaryIO) -> Iterator[Piece]:
        return lines(there)

    def _recall(self) -> None:
        if self.rows:
            self.last = _loads(self.path, self._tail.splitlines()[-1])

    def _encode(self, rows: list[Row]) -> bytes:
        return "".join(json_line(row) for row in rows).encode()


class GzipJsonLinesOutput(JsonLinesOutput):
    """The same packed, every piece a gzip member of its own."""

    def _pieces(self, there: BinaryIO) -> Iterator[Piece]:
        return gzip_pieces(there)

    def _encode(self, rows: list[Row]) -> bytes:
        return gzip.compress(super()._encode(rows), 6)


class CsvOutput(_TextOutput):
    """A table with a heading; its columns are those of the first rows.

    A column that turns up later has no place; it is left out and named in `left_out`.
    """

    def __init__(self, path: Path, *, delimiter: str, resume: bool) -> None:
        self.columns: list[str] = []
        self._delimiter = delimiter
        super().__init__(path, resume=resume)

    def _pieces(self, there: BinaryIO) -> Iterator[Piece]:
        pieces = quoted_lines(there)
        if heading := next(pieces, None):
            self._end = heading.end
            self.columns = self._decode(heading.text)
            if not set(COLUMNS) <= set(self.columns):
                raise OutputError(f"{self.path}: has no columns of scores; nothing to resume")
        return pieces

    def _decode(self, text: bytes) -> list[str]:
        rows = csv.reader(io.StringIO(text.decode(), newline=""), delimiter=self._delimiter)
        return next(rows)

    def _recall(self) -> None:
        if self.rows:
            self.last = dict(zip(self.columns, self._decode(self._tail), strict=False))

    def _encode(self, rows: list[Row]) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self._delimiter, lineterminator="\n")
        if not self.columns:
            names = dict.fromkeys(name for row in rows for name in row)
            self.columns = [name for name in names if name not in COLUMNS] + list(COLUMNS)
            writer.writerow(self.columns)
        known = set(self.columns)
        for row in rows:
            self.left_out |= row.keys() - known
            writer.writerow([_cell(row.get(name)) for name in self.columns])
        return text.getvalue().encode(errors="replace")


def json_line(row: Row) -> str:
    """Give a row as one line of JSON."""
    if isinstance(row, JsonRow):
        return row.text + "\n"
    line = json.dumps(row, ensure_ascii=False, default=str) + "\n"
    try:
        line.encode()
    except UnicodeEncodeError:  # lone surrogates are JSON only as escapes
        return json.dumps(row, default=str) + "\n"
    return line


def as_text(value: Any) -> str:
    """Give text as it is, all else as JSON."""
    return value if isinstance(value, str) else json_line(value)[:-1]


def _cell(value: Any) -> Any:
    return as_text(value) if isinstance(value, list | dict | bool) else value


def _loads(path: Path, line: bytes) -> Row:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or COLUMNS[0] not in row:
        raise OutputError(f"{path}: holds no scored rows; nothing to resume")
    return row
