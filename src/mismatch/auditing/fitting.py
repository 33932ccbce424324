"""Which title of the table fits a body, and which body a title."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mismatch.auditing.pairing import Pairing, Rows

CANDIDATES = 5  # looked at for each row
SHOWN = 3  # of which so many are kept


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row whose title (or body) may be the right one.

    Attributes
    ----------
    row : int
        Where it stands, counted from 0.
    probability : float
        Probability that the two belong together, 0 to 1, at even odds.
    """

    row: int
    probability: float


def find_fitting(
    pairing: Pairing, rows: Rows, moves: dict[int, int], *, of_bodies: bool
) -> dict[int, tuple[Candidate, ...]]:
    """The best titles for the bodies of some rows, or the best bodies for their titles."""
    everywhere = np.arange(len(pairing))
    nearest = pairing.nearest_titles if of_bodies else pairing.nearest_bodies
    near = nearest(rows, everywhere, CANDIDATES)
    known = {b: t for t, b in moves.items()} if of_bodies else moves
    first = np.array([known.get(row, row) for row in rows.tolist()], dtype=np.intp)
    near = np.column_stack([first, near])
    own = np.repeat(rows, near.shape[1])
    pairs = (near.ravel(), own) if of_bodies else (own, near.ravel())
    scores = pairing.score(*pairs).reshape(near.shape)
    fitting = {}
    for row, others, odds in zip(rows.tolist(), near, scores, strict=True):
        found = {int(o): float(s) for o, s in zip(others, odds, strict=True) if o != row}
        best = sorted(found, key=found.__getitem__)[:SHOWN]
        fitting[row] = tuple(Candidate(o, 1 / (1 + math.exp(found[o]))) for o in best)
    return fitting
