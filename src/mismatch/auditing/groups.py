"""Rows that share a text, and outlets or days with an unusual share of mismatches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from mismatch.auditing.discovery import Flags

LEVEL = 0.01  # of the test, corrected for the number of groups


@dataclass(frozen=True, slots=True)
class Repeat:
    """One text in several rows that otherwise differ.

    Attributes
    ----------
    text : str
        The title or body that comes back, as it first stands.
    rows : tuple of int
        Where it stands, counted from 0.
    others : int
        How many different bodies (or titles) it goes with.
    """

    text: str
    rows: tuple[int, ...]
    others: int


@dataclass(frozen=True, slots=True)
class Group:
    """An outlet or a day with more mismatches than chance would give it.

    Attributes
    ----------
    column, value : str
        Name of the column and the value the rows share.
    rows, flagged : int
        How many rows there are and how many of them are flagged.
    p_value : float
        Chance of as many if the flagged rows were dealt out blindly, times the number of groups
        (Bonferroni): the tail of Fisher's exact test, which is the binomial one for small groups
        of large tables, and does not take a small table's share for certain.
    """

    column: str
    value: str
    rows: int
    flagged: int
    p_value: float

    def __str__(self) -> str:
        share = self.flagged / self.rows
        return (
            f"{self.column} {self.value!r}: {self.flagged:,} of {self.rows:,} rows flagged"
            f" ({share:.0%})"
        )


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()


def find_repeats(texts: Sequence[str | None], others: Sequence[str | None]) -> list[Repeat]:
    """Texts that stand beside at least two different others, the commonest first.

    Examples
    --------
    >>> find_repeats(["Home", "Rain", "home "], ["one", "two", "three"])
    [Repeat(text='Home', rows=(0, 2), others=2)]
    """
    found: dict[str, list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        if text and (key := _key(text)):
            found[key].append(row)
    repeats = []
    for rows in found.values():
        different = {_key(others[row] or "") for row in rows} if rows[1:] else set()
        if len(different) > 1:
            repeats.append(Repeat(str(texts[rows[0]]), tuple(rows), len(different)))
    return sorted(repeats, key=lambda repeat: -len(repeat.rows))


def unusual_groups(
    column: str, values: Sequence[Hashable], flagged: Flags, counted: Flags, level: float = LEVEL
) -> list[Group]:
    """Values of a column whose rows are flagged more often than those of all others.

    Parameters
    ----------
    column : str
        Its name.
    values : sequence of hashable, length n
        None stands for missing, and is no group.
    flagged, counted : ndarray of bool, shape (n,)
        Which rows are flagged, and which count at all.
    level : float
        Of the test, after correction.

    Returns
    -------
    list of Group
        The least likely first.
    """
    from scipy.stats import hypergeom

    members: dict[Any, list[int]] = defaultdict(list)
    for row in np.flatnonzero(counted).tolist():
        if values[row] is not None:
            members[values[row]].append(row)
    total, every = int(flagged[counted].sum()), int(counted.sum())
    groups = []
    for value, rows in members.items():
        own = int(flagged[rows].sum())
        tail = float(hypergeom.sf(own - 1, every, total, len(rows)))
        p_value = min(1.0, tail * len(members))
        if own > 1 and p_value <= level:
            groups.append(Group(column, str(value), len(rows), own, p_value))
    return sorted(groups, key=lambda group: group.p_value)
