"""Columns of any kind of table, as lists."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Hashable
from typing import Any

from mismatch.errors import ColumnError
from mismatch.extras import naming_extra


def read_columns(df: Any, names: list[str]) -> dict[str, list[Any]]:
    """Columns of any eager frame as lists."""
    with naming_extra("tables need narwhals", "tables"):
        import narwhals as nw
    frame = nw.from_native(df, eager_only=True)
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ColumnError(
            f"no column {', '.join(map(repr, missing))}; there are "
            f"{', '.join(map(repr, frame.columns))}"
        )
    return {name: frame[name].to_list() for name in names}


def text_of(value: object) -> str | None:
    """Strings as they are; anything else counts as missing."""
    return value if isinstance(value, str) else None


def group_of(value: Any) -> Hashable:
    """What the rows of a group share: days for times, None for missing values."""
    if isinstance(value, dt.datetime):
        return None if value != value else value.date()  # noqa: PLR0124 - NaT is unequal to itself
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float) and math.isnan(value):
        return None
    return value if isinstance(value, int | dt.date) else None
