"""Parquet in, row group by row group, and out, in parts that are joined at the end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from mismatch.cli.arrow import cast_table, join_types, make_array
from mismatch.cli.formats import Rows
from mismatch.cli.outputs import ADDED, OutputError
from mismatch.tables import COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 1_024  # rows held at a time
_GROUP = 16_384  # rows of a row group written


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
        # Read ahead, pyarrow would keep every row group that it has given out.
        with parquet.ParquetFile(stream, pre_buffer=False) as file:
            there = file.schema_arrow.names
            if missing := sorted(needed - set(there)):
                yield 1, f"has no column {missing[0]!r}, but {', '.join(there)}"
                return
            for batch in file.iter_batches(_BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except pa.ArrowException as error:
        yield number + 1, f"cannot be read: {error}"


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
    file of its own, and `close` joins them, row group by row group.

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

        check_pyarrow(path)
        if path.is_dir():
            raise OutputError(f"{path}: is a directory")
        self.path = path
        self.left_out: set[str] = set()
        self.parts = path.with_name(path.name + ".parts")
        kinds = {float: pa.float64(), bool: pa.bool_(), str: pa.string()}
        self._added = pa.schema([(name, kinds[kind]) for name, kind in ADDED.items()])
        self._schema = pa.schema([*schema, *self._added]) if schema is not None else None
        self.done = resume and path.exists() and not self.parts.exists()
        if not resume:
            shutil.rmtree(self.parts, ignore_errors=True)
        if not self.done:
            self.parts.mkdir(exist_ok=True)
        self._number = len(self._written())
        self.rows = sum(_count(part) for part in self._written())
        self.last = self._read_last()

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
        try:
            parquet.write_table(self._table(rows), unfinished, compression="zstd")
            unfinished.replace(part)
        except (OSError, ArrowException) as error:
            unfinished.unlink(missing_ok=True)
            raise OutputError(f"{self.path}: {error}") from error
        self._number += 1
        self.rows += len(rows)

    def _table(self, rows: list[dict[str, Any]]) -> pa.Table:
        import pyarrow as pa

        if self._schema is not None:
            return pa.Table.from_pylist(rows, schema=self._schema)
        names = list(dict.fromkeys(name for row in rows for name in row if name not in COLUMNS))
        columns = {name: make_array([row.get(name) for row in rows]) for name in names}
        for field in self._added:
            columns[field.name] = pa.array([row[field.name] for row in rows], field.type)
        return pa.table(columns)

    def close(self, *, complete: bool) -> None:
        """Join the parts where all are there; else leave them to be resumed."""
        if self.done or not complete:
            return
        from pyarrow import ArrowException, parquet

        schema = self._common()
        unfinished = self.parts / "joined.unfinished"
        try:
            with parquet.ParquetWriter(unfinished, schema, compression="zstd") as out:
                for table in _in_groups(self._written(), schema):
                    out.write_table(table)
            unfinished.replace(self.path)
        except (OSError, ArrowException) as error:
            unfinished.unlink(missing_ok=True)
            raise OutputError(f"{self.path}: {error}") from error
        shutil.rmtree(self.parts)

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


def _in_groups(parts: Sequence[Path], schema: pa.Schema) -> Iterator[pa.Table]:
    """Rows of the parts, a row group at a time, in one schema."""
    import pyarrow as pa
    from pyarrow import parquet

    waiting: list[pa.Table] = []
    for part in parts:
        with parquet.ParquetFile(part) as file:
            for batch in file.iter_batches(_GROUP):
                waiting.append(cast_table(pa.Table.from_batches([batch]), schema))
                if sum(map(len, waiting)) >= _GROUP:
                    yield pa.concat_tables(waiting)
                    waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _count(part: Path) -> int:
    from pyarrow import parquet

    count: int = parquet.read_metadata(part).num_rows
    return count
