"""Stretches in which the title column stands some rows too high or too low.

Every body is compared with the titles of its neighbouring rows; the likeliest sequence of offsets
is the best path through a hidden Markov model (Viterbi 1967) whose states are the offsets. The
detector then says where exactly each stretch begins and ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mismatch.auditing.pairing import Floats, Pairing, Rows

LARGEST = 5  # rows of offset looked for
SURE = 3.0  # a single row counts for no more than this, in nats
APART = 3.0  # standard deviations between the similarities of a pair and of unrelated texts
BEYOND = 10  # rows on either side, further on than any offset, that unrelated titles are taken from
AROUND = 51  # rows over which they are pooled
SWITCH = 10.0  # nats against any change of offset: a stretch needs some four rows
MARGIN = 12  # rows around a bound that the detector reads
SAMPLE = 60  # rows of a stretch that the detector reads to confirm it


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of rows whose titles are displaced.

    Attributes
    ----------
    start, stop : int
        The rows touched are ``start`` to ``stop - 1``, counted from 0.
    offset : int
        The title of a body stands `offset` rows further down, or up where it is negative.
    """

    start: int
    stop: int
    offset: int

    def __str__(self) -> str:
        rows = "row" if abs(self.offset) == 1 else "rows"
        way = "down" if self.offset > 0 else "up"
        return (
            f"rows {self.start:,} to {self.stop - 1:,}: "
            f"titles {abs(self.offset)} {rows} too far {way}"
        )

    @property
    def bodies(self) -> range:
        """Rows of the bodies whose titles stand elsewhere in the stretch."""
        return range(self.start + max(0, -self.offset), self.stop - max(0, self.offset))


def find_shifts(pairing: Pairing) -> list[Shift]:
    """Find displaced stretches in a table, in row order."""
    n = len(pairing)
    offsets = list(range(-LARGEST, LARGEST + 1))
    if n < 2 * LARGEST + 2:
        return []
    path = np.array(offsets)[best_path(_emissions(pairing, offsets), offsets.index(0))]
    bounds = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), n]
    found = []
    for start, stop in pairwise(bounds):
        offset = int(path[start])
        if offset and (bodies := _confirm(pairing, start, stop, offset)):
            low, high = bodies
            found.append(Shift(low + min(0, offset), high + max(0, offset), offset))
    return found


def _emissions(pairing: Pairing, offsets: list[int]) -> Floats:
    """Evidence in nats that each body belongs to the title `offset` rows on, shape (n, offsets).

    Log-likelihood ratio of normal distributions `APART` standard deviations apart. What an
    unrelated title looks like is learnt from titles a little further on: outlets that write of one
    thing all day, and languages that the encoder knows less well, have their own.
    """
    n = len(pairing)
    further = range(LARGEST + 1, min(LARGEST + 1 + BEYOND, n - LARGEST))
    unrelated = np.array([_similar(pairing, sign * k) for k in further for sign in (-1, 1)])
    mean = _smooth(unrelated.mean(axis=0))
    spread = np.sqrt(_smooth(((unrelated - mean) ** 2).mean(axis=0)))
    evidence = np.empty((n, len(offsets)))
    rows = np.arange(n)
    for column, offset in enumerate(offsets):
        surprise = (_similar(pairing, offset) - mean) / np.maximum(spread, 1e-3)
        evidence[:, column] = np.clip(APART * (surprise - APART / 2), -SURE, SURE)
        evidence[(rows + offset < 0) | (rows + offset >= n), column] = -SURE
    evidence[~pairing.texts.any(axis=1)] = 0.0
    return evidence


def _similar(pairing: Pairing, offset: int) -> Floats:
    """Cosine of each body with the title `offset` rows on, going round at the ends, shape (n,)."""
    titles = np.roll(pairing.headlines, -offset, axis=0)
    similar: Floats = np.einsum("ij,ij->i", pairing.texts, titles).astype(np.float64)
    return similar


def _smooth(values: Floats) -> Floats:
    """Mean over the rows around each, shape (n,)."""
    width = min(AROUND, len(values))
    window = np.ones(width)
    share: Floats = np.convolve(np.ones(len(values)), window, "same")
    smoothed: Floats = np.convolve(values, window, "same") / share
    return smoothed


def best_path(evidence: Floats, home: int, switch: float = SWITCH) -> Rows:
    """The sequence of states with the most evidence, less `switch` for every change of state.

    Parameters
    ----------
    evidence : ndarray, shape (n, states)
    home : int
        State before the first and after the last row.
    switch : float
        Cost of a change, in the unit of `evidence`.

    Returns
    -------
    ndarray of int, shape (n,)

    Examples
    --------
    >>> evidence = np.array([[1, 0], [1, 0], [0, 9], [0, 9], [1, 0]])
    >>> best_path(evidence, home=0, switch=3.0).tolist()
    [0, 0, 1, 1, 0]
    """
    n, states = evidence.shape
    came: NDArray[np.intp] = np.zeros((n, states), dtype=np.intp)
    total = np.full(states, -switch)
    total[home] = 0.0
    stay = np.arange(states)
    for row in range(n):
        best = int(total.argmax())
        came[row] = np.where(total[best] - switch > total, best, stay)
        total = np.maximum(total, total[best] - switch) + evidence[row]
    total -= np.where(stay == home, 0.0, switch)
    path = np.empty(n, dtype=np.intp)
    state = int(total.argmax())
    for row in range(n - 1, -1, -1):
        path[row] = state
        state = int(came[row, state])
    return path


def _confirm(pairing: Pairing, start: int, stop: int, offset: int) -> tuple[int, int] | None:
    """Exact bounds of the displaced bodies by the detector, or None if it sees no displacement."""
    n = len(pairing)
    low, high = max(start - MARGIN, 0, -offset), min(stop + MARGIN, n, n - offset)
    middle = np.unique(np.linspace(start, stop - 1, min(SAMPLE, stop - start)).astype(np.intp))
    middle = middle[(middle >= low) & (middle < high)]
    if not len(middle) or np.median(_gain(pairing, middle, offset)) <= 0:
        return None
    half = (start + stop) // 2
    left = np.arange(low, min(half, start + MARGIN) + 1)
    right = np.arange(max(half, stop - MARGIN - 1), high)
    before = np.cumsum(_gain(pairing, left, offset)[::-1])[::-1]  # gain of beginning at each row
    after = np.cumsum(_gain(pairing, right, offset))
    return int(left[before.argmax()]), int(right[after.argmax()]) + 1


def _gain(pairing: Pairing, bodies: Rows, offset: int) -> Floats:
    """Nats that speak for the displaced title over the one that stands there, shape (n,).

    Where neither fits, each counts as surely wrong and the doubt goes against the displacement.
    """
    own = np.clip(pairing.score(bodies, bodies), -SURE, SURE)
    return own - np.clip(pairing.score(bodies + offset, bodies), -SURE, SURE) - math.log(2)
