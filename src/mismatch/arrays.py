"""Arrays by name, and names within names: the parts of a model in one file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]


def prefixed(name: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """Arrays under the name of what they belong to: ``classifier.mean``."""
    return {f"{name}.{key}": array for key, array in arrays.items()}


def unprefixed(name: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """The arrays that belong to a name, without it."""
    start = f"{name}."
    return {key.removeprefix(start): a for key, a in arrays.items() if key.startswith(start)}
