"""Scores of many articles, as arrays in input order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from mismatch.errors import InputError
from mismatch.extras import naming_extra

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mismatch.results import Score

__all__ = ["ScoreBatch"]


@dataclass(frozen=True, eq=False, repr=False)
class ScoreBatch:
    """Scores of many articles: arrays in input order, and a `Score` for each row on demand.

    ``batch[i]`` explains one row (a `Score`); ``batch[2:5]``, ``batch[batch.is_mismatch]`` and
    ``batch[[4, 1]]`` are batches of those rows.

    Attributes
    ----------
    probability : ndarray of float64, shape (n,)
        Probability of a mismatch, 0 to 1; NaN for a row that cannot be scored.
    p_value : ndarray of float64, shape (n,)
        Share of genuine articles that look at least this odd; NaN likewise.
    is_mismatch : ndarray of bool, shape (n,)
        The decision; False for a row that cannot be scored.
    problem : ndarray of object, shape (n,)
        None, or why the row cannot be scored: 'title is empty'.
    interval : ndarray of float64, shape (n, 2)
        Low and high probability: between them lies what a perfect calibration would say; NaN for
        a row that cannot be scored.
    unfamiliar : ndarray of object, shape (n,)
        None, or a sentence saying why the row lies outside what the calibration covers.
    prior : float
        Share of mismatches that the probabilities assume; with ``"auto"`` the one estimated.
    explain : callable
        Scores the row of a number in full.

    Raises
    ------
    InputError
        By ``batch[i]`` for a row that cannot be scored, with the row's number.
    """

    probability: NDArray[np.float64]
    p_value: NDArray[np.float64]
    is_mismatch: NDArray[np.bool_]
    problem: NDArray[np.object_]
    interval: NDArray[np.float64]
    unfamiliar: NDArray[np.object_]
    prior: float
    explain: Callable[[int], Score] = field(repr=False)

    def __post_init__(self) -> None:
        others = ("explain", "prior")
        arrays = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in others}
        if len({len(array) for array in arrays.values()}) > 1:
            lengths = {name: len(array) for name, array in arrays.items()}
            raise ValueError(f"the arrays differ in length: {lengths}")
        for name, array in arrays.items():
            view = array.view()  # the maker may keep writing to its own array, a reader may not
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __len__(self) -> int:
        return len(self.probability)

    @overload
    def __getitem__(self, item: int) -> Score: ...
    @overload
    def __getitem__(self, item: slice | list[int] | NDArray[Any]) -> ScoreBatch: ...
    def __getitem__(self, item: Any) -> Score | ScoreBatch:
        rows = np.arange(len(self))[item]
        if rows.ndim:
            return ScoreBatch(
                self.probability[item],
                self.p_value[item],
                self.is_mismatch[item],
                self.problem[item],
                self.interval[item],
                self.unfamiliar[item],
                self.prior,
                explain=lambda i: self.explain(int(rows[i])),
            )
        row = int(rows)
        if self.problem[row] is not None:
            argument, _, problem = self.problem[row].partition(" ")
            raise InputError(argument, problem, row=row)
        return self.explain(row)

    def __iter__(self) -> Iterator[Score]:
        return (self[row] for row in range(len(self)))

    def __repr__(self) -> str:
        flagged, problems = int(self.is_mismatch.sum()), sum(p is not None for p in self.problem)
        return f"ScoreBatch({len(self):,} articles, {flagged:,} flagged, {problems:,} not scored)"

    def _repr_html_(self) -> str:
        from mismatch.display import batch_to_html

        return batch_to_html(self)

    def to_frame(self) -> pd.DataFrame:
        """Give the arrays as a pandas frame, one row an article.

        Returns
        -------
        pandas.DataFrame
            Columns ``mismatch_probability``, ``mismatch_low``, ``mismatch_high``,
            ``mismatch_p_value``, ``is_mismatch``, ``mismatch_unfamiliar`` and
            ``mismatch_problem``.

        Raises
        ------
        ImportError
            Where pandas is not installed; the message names the extra that brings it.
        """
        with naming_extra("to_frame needs pandas", "tables"):
            import pandas as pd
        return pd.DataFrame(
            {
                "mismatch_probability": self.probability,
                "mismatch_low": self.interval[:, 0],
                "mismatch_high": self.interval[:, 1],
                "mismatch_p_value": self.p_value,
                "is_mismatch": self.is_mismatch,
                "mismatch_unfamiliar": self.unfamiliar,
                "mismatch_problem": self.problem,
            }
        )
