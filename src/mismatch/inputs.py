"""Arguments as given: what is no text, no sequence, or of another length is refused by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mismatch.stream import is_missing


def check_string(argument: str, value: object, row: int | None = None) -> None:
    """Refuse what is no string, with its row in a batch."""
    if not isinstance(value, str):
        where = "" if row is None else f" (row {row})"
        raise TypeError(f"{argument} must be a string{where}, not {type(value).__name__}")


def as_texts(argument: str, values: Sequence[Any]) -> list[str | None]:
    """A list of strings and None from any sequence of strings and missing values."""
    if isinstance(values, str):
        raise TypeError(f"{argument} must be a sequence of strings, not one string")
    texts = list(values)
    for row, value in enumerate(texts):
        if is_missing(value):
            texts[row] = None
        else:
            check_string(argument, value, row)
    return texts


def check_lengths(**columns: Sequence[object] | NDArray[np.int_]) -> None:
    """Refuse columns of one table that differ in length, or a string in place of a column."""
    for name, column in columns.items():
        if isinstance(column, str):
            raise TypeError(f"{name} must be a sequence of strings, not one string")
    lengths = [len(column) for column in columns.values()]
    if len(set(lengths)) > 1:
        names, numbers = " and ".join(columns), " and ".join(f"{n:,}" for n in lengths)
        raise ValueError(f"{names} differ in length: {numbers}")
