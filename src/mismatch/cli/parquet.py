"""Parquet in, row group by row group, and out, in parts that are joined at the end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from mismatch.cli.arrow import cast_table, join_types, make_array
from mismatch.cli.formats import ArrowRow, Rows
from mismatch.cli.outputs import ADDED, OutputError
from mismatch.tables import COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 512  # rows unpacked at a time
_GROUP = 16_384  # rows of a row group written, at most
_GROUP_BYTES = 16_000_000  # of them in memory, about


def check_pyarrow(file: object) -> None:
    """Refuse a file that only pyarrow can read or write, where it is not installed."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        needs = f"{file}: Parquet needs pyarrow: pip install 'headline-mismatch[tables]'"
        raise OutputError(needs) from error


def read_parquet(stream: BinaryIO, needed: set[str]) -> Rows:
    """Read a Parquet file; rows are counted from 1."""
    import pyarrow as pa
    from pyarrow import parquet

    number = 0
    try:
        # By pages: read ahead, pyarrow would keep every row group that it has given out.
        with parquet.ParquetFile(stream, buffer_size=1 << 20, pre_buffer=False) as file:
            there = file.schema_arrow.names
            if missing := sorted(needed - set(there)):
                yield 1, f"has no column {missing[0]!r}, but {', '.join(there)}"
                return
            for batch in _read_ahead(file.iter_batches(_BATCH)):
                for place, row in enumerate(batch.to_pylist()):
                    number += 1
                    yield number, ArrowRow.of(row, batch, place)
    except pa.ArrowException as error:
        yield number + 1, f"cannot be read: {error}"


def _read_ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Unpack each batch while the one before it is looked at."""
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = thread.submit(next, batches, None)
            yield batch


def common_schema(files: Sequence[str]) -> pa.Schema:
    """Columns and types of Parquet files together."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        schemas = [parquet.read_schema(file).remove_metadata() for file in files]
        return pa.unify_schemas(schemas, promote_options="permissive")
    except (pa.ArrowException, OSError) as error:
        raise OutputError(f"{', '.join(files)}: {error}") from error


class ParquetOutput:
    """A Parquet file that grows by parts, each whole, in a folder beside it.

    A Parquet file cannot be read before its end is written; so every call of `write` makes a small
    file of its own, not packed. They are joined, and packed, while the run goes on, if the types
    are known beforehand; else by `close`.

    Parameters
    ----------
    path : Path
        The file that is there in the end; the folder has its name and ``.parts``.
    schema : pyarrow.Schema, optional
        Types of the input's columns; found out from the rows where they are not known.
    resume : bool
        Go on after the parts that are there.
    """

    def __init__(self, path: Path, schema: pa.Schema | None, *, resume: bool) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        check_pyarrow(path)
        if path.is_dir():
            raise OutputError(f"{path}: is a directory")
        self.path = path
        self.left_out: set[str] = set()
        self.parts = path.with_name(path.name + ".parts")
        kinds = {float: pa.float64(), bool: pa.bool_(), str: pa.string()}
        self._added = pa.schema([(name, kinds[kind]) for name, kind in ADDED.items()])
        self._read = schema
        self.done = resume and path.exists() and not self.parts.exists()
        if not resume:
            shutil.rmtree(self.parts, ignore_errors=True)
        if not self.done:
            self.parts.mkdir(exist_ok=True)
        self._number = len(self._written())
        self.rows = sum(_count(part) for part in self._written())
        self.last = self._read_last()
        self._joined: _Joined | None = None
        self._known: pa.Schema | None = None  # of all parts, where it is known beforehand
        if schema is not None:
            known = pa.schema([*schema, *self._added])
            agree = (parquet.read_schema(part).equals(known) for part in self._written())
            self._known = known if all(agree) else None

    def _written(self) -> list[Path]:
        return [self.path] if self.done else sorted(self.parts.glob("*.parquet"))

    def _read_last(self) -> dict[str, Any] | None:
        from pyarrow import parquet

        for part in reversed(self._written()):
            with parquet.ParquetFile(part) as file:
                if file.metadata.num_rows:
                    group = file.read_row_group(file.num_row_groups - 1)
                    last: dict[str, Any] = group.slice(group.num_rows - 1).to_pylist()[0]
                    return last
        return None

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Write a part, whole or not at all."""
        from pyarrow import ArrowException, parquet

        if self.done:  # and yet the input has more rows by now
            self.parts.mkdir()
            self.path.replace(self.parts / f"{0:08}.parquet")
            self.done = False
        part = self.parts / f"{self._number:08}.parquet"
        unfinished = part.with_suffix(".unfinished")
        table = self._table(rows)
        try:
            if self._joined is None and self._known is not None:
                self._joined = self._join_written(self._known)
            parquet.write_table(table, unfinished, compression="none", use_dictionary=False)
            unfinished.replace(part)
            self._number += 1
            self.rows += len(rows)
            if self._joined is not None:
                self._joined.add(table)
        except (OSError, ArrowException) as error:
            unfinished.unlink(missing_ok=True)
            raise OutputError(f"{self.path}: {error}") from error

    def _table(self, rows: list[dict[str, Any]]) -> pa.Table:
        import pyarrow as pa

        added = [pa.array([row[field.name] for row in rows], field.type) for field in self._added]
        if self._read is not None:
            table = _as_read(rows, self._read)
        else:
            names = dict.fromkeys(name for row in rows for name in row if name not in COLUMNS)
            table = pa.table({name: make_array([row.get(name) for row in rows]) for name in names})
        for field, column in zip(self._added, added, strict=True):
            table = table.append_column(field, column)
        return table

    def close(self, *, complete: bool) -> None:
        """Finish the joined file where all are there; else leave the parts to be resumed."""
        from pyarrow import ArrowException

        joined, self._joined = self._joined, None
        if self.done or not complete:
            if joined is not None:
                joined.give_up()
            return
        try:
            if joined is None:
                joined = self._join_written(self._common())
            joined.finish().replace(self.path)
        except (OSError, ArrowException) as error:
            if joined is not None:
                joined.give_up()
            raise OutputError(f"{self.path}: {error}") from error
        shutil.rmtree(self.parts)

    def _join_written(self, schema: pa.Schema) -> _Joined:
        """The parts that are there, joined."""
        import pyarrow as pa
        from pyarrow import parquet

        joined = _Joined(self.parts / "joined.unfinished", schema)
        for part in self._written():
            with parquet.ParquetFile(part, pre_buffer=False) as file:
                for batch in file.iter_batches(_BATCH):
                    joined.add(pa.Table.from_batches([batch]))
        return joined

    def _common(self) -> pa.Schema:
        """One type a column; text where the parts disagree. The added columns come last."""
        import pyarrow as pa
        from pyarrow import parquet

        fields: dict[str, pa.DataType] = {}
        for part in self._written():
            for field in parquet.read_schema(part):
                known = fields.setdefault(field.name, field.type)
                fields[field.name] = known if known == field.type else join_types(known, field.type)
        fields = {name: kind for name, kind in fields.items() if name not in COLUMNS}
        return pa.schema([*fields.items(), *self._added])


def _as_read(rows: list[Any], schema: pa.Schema) -> pa.Table:
    """The columns that rows of Parquet files have there."""
    import pyarrow as pa

    tables = []
    for _, group in groupby(rows, lambda row: id(row.batch)):
        some = list(group)
        taken = some[0].batch.take(pa.array([row.place for row in some]))
        tables.append(cast_table(pa.Table.from_batches([taken]), schema))
    return pa.concat_tables(tables)


class _Joined:
    """A file that tables are added to, brought to one schema and packed by a thread."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        from pyarrow import parquet

        self._path, self._schema = path, schema
        self._writer = parquet.ParquetWriter(path, schema, compression="zstd")
        self._thread = ThreadPoolExecutor(1)
        self._under_way: Future[None] | None = None
        self._waiting: list[pa.Table] = []

    def add(self, table: pa.Table) -> None:
        """Take on a table; an error is that of an earlier one."""
        self._waiting.append(cast_table(table, self._schema))
        rows = sum(len(each) for each in self._waiting)
        if rows >= _GROUP or sum(each.nbytes for each in self._waiting) >= _GROUP_BYTES:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa

        if self._under_way is not None:
            self._under_way.result()
        group, self._waiting = pa.concat_tables(self._waiting), []
        self._under_way = self._thread.submit(self._writer.write_table, group)

    def finish(self) -> Path:
        """Write what is left, and the end."""
        if self._waiting:
            self._write()
        self._thread.shutdown()
        if self._under_way is not None:
            self._under_way.result()
        self._writer.close()
        return self._path

    def give_up(self) -> None:
        """Leave no file behind."""
        from pyarrow import ArrowException

        self._thread.shutdown()
        with suppress(OSError, ArrowException):
            self._writer.close()
        self._path.unlink(missing_ok=True)


def _count(part: Path) -> int:
    from pyarrow import parquet

    count: int = parquet.read_metadata(part).num_rows
    return count
