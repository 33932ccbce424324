"""Rows out of bytes. Each reader gives line numbers with either a row or what is wrong there."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    import pyarrow as pa

Rows = Iterator[tuple[int, dict[str, Any] | str]]


class JsonRow(dict[str, Any]):
    """A JSON object that keeps its text, so that it can be written as it was read."""

    __slots__ = ("text",)
    text: str

    @classmethod
    def of(cls, row: dict[str, Any], text: str) -> JsonRow:
        """Make one of an object and its text."""
        made = cls(row)
        made.text = text
        return made

    def with_columns(self, added: dict[str, Any]) -> JsonRow:
        """Give a row with columns added at the end, to the text as well."""
        text = self.text.rstrip()[:-1] + (", " if self else "") + json.dumps(added)[1:]
        return JsonRow.of(self | added, text)


class ArrowRow(dict[str, Any]):
    """A row that keeps the Arrow batch it is of, so that its columns are written as they were."""

    __slots__ = ("batch", "place")
    batch: pa.RecordBatch
    place: int

    @classmethod
    def of(cls, row: dict[str, Any], batch: pa.RecordBatch, place: int) -> ArrowRow:
        """Make one of the values in a place of a batch."""
        made = cls(row)
        made.batch, made.place = batch, place
        return made

    def with_columns(self, added: dict[str, Any]) -> ArrowRow:
        """Give a row with columns added; the batch has none of them."""
        return ArrowRow.of(self | added, self.batch, self.place)


_NOT_UTF8 = "is not UTF-8 text"
_BROKEN_BYTE = re.compile("[\udc80-\udcff]")


def read_json_lines(stream: BinaryIO) -> Rows:
    """Read one JSON object a line; blank lines are skipped.

    Examples
    --------
    >>> list(read_json_lines(io.BytesIO(b'{"a": 1}\\n[]\\n')))
    [(1, {'a': 1}), (2, 'is not a JSON object')]
    """
    for number, raw in enumerate(stream, start=1):
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            if not line.strip():
                continue
            row = json.loads(line)
        except UnicodeDecodeError:
            yield number, _NOT_UTF8
        except (ValueError, RecursionError) as error:
            yield number, f"is not JSON: {error}"
        else:
            yield number, JsonRow.of(row, line) if isinstance(row, dict) else "is not a JSON object"


def read_csv(stream: BinaryIO, needed: set[str], delimiter: str = ",") -> Rows:
    """Read a table with a header; fields may hold line breaks.

    Without the needed columns nothing more is read.

    Examples
    --------
    >>> list(read_csv(io.BytesIO(b'a,b\\n1,"2\\n3"\\n4\\n'), {"a"}))
    [(2, {'a': '1', 'b': '2\\n3'}), (4, 'has 1 field where the header has 2')]
    """
    csv.field_size_limit(2**31 - 1)  # a body may be of any length
    # Broken bytes become lone surrogates, so that one bad row does not end the reading.
    with io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="") as text:
        lines = csv.reader(text, delimiter=delimiter)
        header: list[str] = []
        while True:
            begins = lines.line_num + 1
            try:
                fields = next(lines)
            except StopIteration:
                return
            except csv.Error as error:
                yield begins, f"is not CSV: {error}"
                continue
            if fields and header:
                yield begins, _csv_row(header, fields)
            elif fields:
                header = fields
                if missing := sorted(needed - set(header)):
                    yield begins, f"has no column {missing[0]!r}, but {', '.join(header)}"
                    return


def _csv_row(header: list[str], fields: list[str]) -> dict[str, Any] | str:
    if len(fields) != len(header):
        count = f"{len(fields)} field{'s' if len(fields) > 1 else ''}"
        return f"has {count} where the header has {len(header)}"
    if any(map(_BROKEN_BYTE.search, fields)):
        return _NOT_UTF8
    return dict(zip(header, fields, strict=True))


def read_text(stream: BinaryIO, title: str, body: str) -> Rows:
    """Read one article: its first line is the title, the rest the body.

    Examples
    --------
    >>> list(read_text(io.BytesIO(b"Rain\\n\\nIt rained."), "title", "body"))
    [(1, {'title': 'Rain', 'body': 'It rained.'})]
    """
    text = stream.read().decode("utf-8-sig", errors="replace").strip()
    first, _, rest = text.replace("\r\n", "\n").partition("\n")
    yield 1, {title: first.strip(), body: rest.strip()}
