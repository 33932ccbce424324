"""The whole pieces of a file that may break off in the middle of one."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_BLOCK = 1 << 20  # bytes


class Piece(NamedTuple):
    """A row or more: their number, their text, and where in the file they end."""

    rows: int
    text: bytes
    end: int


def lines(file: BinaryIO) -> Iterator[Piece]:
    """Lines that have an end.

    Examples
    --------
    >>> import io
    >>> list(lines(io.BytesIO(b"1\\n2\\n3")))
    [Piece(rows=1, text=b'1\\n', end=2), Piece(rows=1, text=b'2\\n', end=4)]
    """
    end = 0
    for line in file:
        end += len(line)
        if line.endswith(b"\n"):
            yield Piece(1, line, end)


def quoted_lines(file: BinaryIO) -> Iterator[Piece]:
    """Rows of CSV, whose fields may hold line breaks between double quotes.

    Examples
    --------
    >>> import io
    >>> [piece.text for piece in quoted_lines(io.BytesIO(b'a,b\\n1,"x\\n""y"\\n2,"z\\n'))]
    [b'a,b\\n', b'1,"x\\n""y"\\n']
    """
    row: list[bytes] = []
    quotes = 0
    for _, line, end in lines(file):
        row.append(line)
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            yield Piece(1, b"".join(row), end)
            row, quotes = [], 0


def gzip_pieces(file: BinaryIO) -> Iterator[Piece]:
    """Members of a gzip file that have an end, unpacked; each holds whole lines."""
    end, block = 0, file.read(_BLOCK)
    while block:
        member = zlib.decompressobj(wbits=31)
        text, whole = bytearray(), False
        while block and not whole:
            try:
                text += member.decompress(block)
            except zlib.error:
                return
            end += len(block)
            whole = member.eof
            block = member.unused_data if whole else file.read(_BLOCK)
        if not whole:
            return
        end -= len(block)
        yield Piece(text.count(b"\n"), bytes(text), end)
        block = block or file.read(_BLOCK)
