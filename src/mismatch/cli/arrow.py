"""Arrow types for rows that were written by hand, and need not agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mismatch.cli.outputs import as_text

if TYPE_CHECKING:
    import pyarrow as pa


def make_array(values: list[Any]) -> pa.Array:
    """An Arrow array of one type; of JSON text where the values have several, or none."""
    import pyarrow as pa

    try:
        array = pa.array(values)
    except (pa.ArrowException, OverflowError, UnicodeError):
        return _texts(values)
    return array if _is_storable(array.type) else _texts(values)


def _is_storable(kind: pa.DataType) -> bool:
    """Parquet has no structs without a field."""
    import pyarrow as pa

    fields = [kind.field(n) for n in range(kind.num_fields)]
    if pa.types.is_struct(kind) and not fields:
        return False
    return all(_is_storable(field.type) for field in fields)


def join_types(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """One type for the values of two; text where there is no other."""
    import pyarrow as pa

    schemas = [pa.schema([("", kind)]) for kind in (one, other)]
    try:
        return pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    except pa.ArrowException:
        return pa.string()


def cast_table(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Bring a table to a schema that its types were joined to."""
    import pyarrow as pa

    columns = []
    for field in schema:
        if field.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, field.type))
            continue
        column = table[field.name]
        try:
            columns.append(column.cast(field.type))
        except pa.ArrowException:  # lists and structs have no cast to text or to other structs
            values = column.to_pylist()
            text = pa.types.is_string(field.type)
            columns.append(_texts(values) if text else pa.array(values, field.type))
    return pa.table(columns, schema=schema)


def _texts(values: list[Any]) -> pa.Array:
    import pyarrow as pa

    texts = [None if value is None else as_text(value) for value in values]
    return pa.array([t and t.encode(errors="replace").decode() for t in texts], pa.string())
