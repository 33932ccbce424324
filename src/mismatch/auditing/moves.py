"""Titles that belong to another row's body: swapped pairs and other displacements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mismatch.auditing.pairing import Pairing, Rows
    from mismatch.auditing.shifts import Shift

NEAREST = 5  # bodies looked at for each suspect title
FITS = 0.0  # log-odds of a mismatch, at even odds, below which a title fits
BETTER = 4.0  # nats by which a title must fit better elsewhere than the two that stand there
SWAPPED = 10.0  # nats that speak for a swap in all: a chance pair of suspects rarely reaches it
EACH = 2.5  # nats by which either title of a swap must fit better than either where it stands


@dataclass(frozen=True, slots=True)
class Swap:
    """Two rows whose titles stand in each other's place; rows are counted from 0."""

    first: int
    second: int

    def __str__(self) -> str:
        return f"rows {self.first:,} and {self.second:,}"


def find_moves(
    pairing: Pairing, judge: Pairing, suspects: Rows, taken: Iterable[int] = ()
) -> dict[int, int]:
    """Match the titles of suspect rows to the bodies of others: ``{title row: body row}``.

    Swaps come first, the likeliest first: two titles that together fit better in each other's
    place. Then single titles move where they fit and fit better than the title that stands there
    and than the body they stand over. Each title and each body is used once.

    Parameters
    ----------
    pairing : Pairing
        Finds the bodies that a title is near, and tells which of them are worth a closer look.
    judge : Pairing
        Takes it: the same one, or one of a detector that reads.
    suspects : ndarray of int
        Rows whose title may not belong to their body.
    taken : iterable of int
        Rows that are explained already.
    """
    rows = np.setdiff1d(suspects, np.fromiter(taken, dtype=np.intp))
    near = pairing.nearest_bodies(rows, rows, NEAREST)
    titles, bodies = np.repeat(rows, near.shape[1]), near.ravel()
    better = pairing.score(titles, bodies) < np.minimum(pairing.own[titles], pairing.own[bodies])
    titles, bodies = titles[better], bodies[better]
    there = judge.score(titles, bodies)
    least = np.minimum(judge.own[titles], judge.own[bodies])
    swap = least - there >= EACH
    back = np.full(len(titles), np.inf)
    back[swap] = judge.score(bodies[swap], titles[swap])
    gain = judge.own[titles] + judge.own[bodies] - there - back
    swap &= (gain >= SWAPPED) & (least - back >= EACH)
    single = (there < FITS) & (least - there >= BETTER)
    moves: dict[int, int] = {}
    for k in np.flatnonzero(swap)[np.argsort(-gain[swap], kind="stable")]:
        first, second = int(titles[k]), int(bodies[k])
        if first not in moves and second not in moves:
            moves[first], moves[second] = second, first
    filled = set(moves)
    for k in np.flatnonzero(single)[np.argsort(there[single], kind="stable")]:
        title, body = int(titles[k]), int(bodies[k])
        if title not in moves and body not in filled:
            moves[title] = body
            filled.add(body)
    return moves


def swaps_among(moves: dict[int, int]) -> list[Swap]:
    """The pairs of rows whose titles go to each other.

    Examples
    --------
    >>> swaps_among({3: 8, 8: 3, 5: 1})
    [Swap(first=3, second=8)]
    """
    return [Swap(t, b) for t, b in sorted(moves.items()) if t < b and moves.get(b) == t]


def realign(pairing: Pairing, shift: Shift) -> dict[int, int]:
    """Moves that undo a shift: ``{title row: body row}``.

    The titles pushed out at one end go to the bodies left over at the other where they fit there,
    as they do where a stretch was rolled.
    """
    moves = {body + shift.offset: body for body in shift.bodies}
    touched = range(shift.start, shift.stop)
    titles = np.array([row for row in touched if row not in moves], dtype=np.intp)
    bodies = np.array(sorted(set(touched) - set(moves.values())), dtype=np.intp)
    fits = pairing.score(titles, bodies) < FITS
    moves.update(zip(titles[fits].tolist(), bodies[fits].tolist(), strict=True))
    return moves
