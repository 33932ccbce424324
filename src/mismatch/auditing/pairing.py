"""Titles of a table against its bodies: near ones by vectors, then scored by the detector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mismatch.calibration import LARGEST_LOG_ODDS, log_odds_of
from mismatch.text import clean_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mismatch.detector import Detector

Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]
Rows = NDArray[np.intp]

BEGINNING = 3_000  # characters of a body that say what it is about
CHUNK = 512  # titles compared with every body at a time
UNFIT = LARGEST_LOG_ODDS  # of a mismatch, for what cannot be scored


class Pairing:
    """Any title of a table with any body of it.

    Parameters
    ----------
    detector : Detector
        Scores pairs, at a prior of one half.
    titles, bodies : sequences of str or None
        The columns.
    own : ndarray, shape (n,)
        Log-odds of a mismatch of each row as it stands; NaN where it could not be scored.
    options : dict
        Of `Detector.score_batch`: ``workers``, ``cache``.
    """

    def __init__(
        self,
        detector: Detector,
        titles: Sequence[str | None],
        bodies: Sequence[str | None],
        own: Floats,
        **options: Any,
    ) -> None:
        self.detector = detector
        self.options = options
        self.titles = titles
        self.bodies = bodies
        self.own = np.where(np.isnan(own), UNFIT, own)
        self._scored: dict[tuple[int, int], float] = {}

    def embed(self) -> None:
        """Make unit vectors of all headlines and of the beginnings of all bodies."""
        encoder = self.detector.encoder
        self.headlines = encoder.encode([clean_title(title or "") for title in self.titles])
        self.texts = encoder.encode([(body or "")[:BEGINNING] for body in self.bodies])

    def __len__(self) -> int:
        return len(self.titles)

    def score(self, titles: Rows, bodies: Rows) -> Floats:
        """Log-odds of a mismatch, at even odds, of ``titles[k]`` over ``bodies[k]``, shape (k,)."""
        pairs = list(zip(titles.tolist(), bodies.tolist(), strict=True))
        new = [pair for pair in dict.fromkeys(pairs) if pair[0] != pair[1]]
        new = [pair for pair in new if pair not in self._scored]
        if new:
            batch = self.detector.score_batch(
                [self.titles[t] for t, _ in new],
                [self.bodies[b] for _, b in new],
                progress=False,
                **self.options,
            )
            scored = np.nan_to_num(log_odds_of(batch.probability), nan=UNFIT)
            self._scored.update(zip(new, scored.tolist(), strict=True))
        return np.array(
            [self.own[t] if t == b else self._scored[t, b] for t, b in pairs], dtype=np.float64
        )

    def nearest_bodies(self, titles: Rows, among: Rows, k: int) -> Rows:
        """Rows of the `k` bodies most similar to each title but its own, shape (len(titles), k)."""
        return _nearest(self.headlines, self.texts, titles, among, k)

    def nearest_titles(self, bodies: Rows, among: Rows, k: int) -> Rows:
        """Rows of the `k` titles most similar to each body but its own, shape (len(bodies), k)."""
        return _nearest(self.texts, self.headlines, bodies, among, k)


def _nearest(of: Vectors, to: Vectors, rows: Rows, among: Rows, k: int) -> Rows:
    """Most similar first; where fewer than `k` are left, fewer columns."""
    k = max(0, min(k, len(among) - 1))
    found = np.empty((len(rows), k), dtype=np.intp)
    targets = to[among]
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        similar = of[part] @ targets.T
        similar[part[:, None] == among] = -np.inf
        top = np.argpartition(-similar, max(0, k - 1), axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(similar, top, axis=1), axis=1, kind="stable")
        found[start : start + CHUNK] = among[np.take_along_axis(top, order, axis=1)]
    return found
