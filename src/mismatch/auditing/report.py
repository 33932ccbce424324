"""What an audit found, as one frozen object."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mismatch.auditing.fitting import Candidate
    from mismatch.auditing.groups import Group, Repeat
    from mismatch.auditing.moves import Swap
    from mismatch.auditing.shifts import Shift
    from mismatch.detector import Detector
    from mismatch.results import Score


@dataclass(frozen=True, eq=False, repr=False)
class AuditReport:
    """A table's wrong rows, what happened to it, and how to put it right.

    Printed, it is a summary; in a notebook it shows counts, plots and the oddest rows. Rows are
    counted from 0 in the table's order, whatever its index.

    Attributes
    ----------
    frame : frame
        The table as given.
    title, body : str
        Names of its columns.
    fdr : float
        The wished false-discovery rate.
    prior : float
        Estimated share of mismatches in the table, 0 to 1; NaN where no row could be scored.
    log_odds : ndarray of float64, shape (n,)
        Log-odds of a mismatch at that prior; NaN for a row that could not be scored.
    p_value : ndarray of float64, shape (n,)
        Share of genuine articles that look at least as odd, 0 to 1; NaN likewise.
    flagged : ndarray of bool, shape (n,)
        The rows taken for mismatches: by their own score, or as part of a shift or a swap.
    cause : ndarray of object, shape (n,)
        ``"shifted"``, ``"swapped"``, ``"moved"`` (its title or body was found elsewhere) or
        ``"unrelated"`` for a flagged row, else None.
    problem : ndarray of object, shape (n,)
        Why a row could not be scored, else None.
    shifts : tuple of Shift
        Stretches whose titles stand some rows too high or too low.
    swaps : tuple of Swap
        Pairs of rows that have each other's title.
    moves : dict of int to int
        Row of a title to the row of the body it belongs to, where both are flagged.
    repeated_titles, repeated_bodies : tuple of Repeat
        One title over many bodies, one body under many titles.
    groups : tuple of Group
        Outlets and days with an unusual share of mismatches, shifts and swaps apart.
    titles_for, bodies_for : dict of int to tuple of Candidate
        For the body (the title) of a flagged row the titles (bodies) that fit it best.
    """

    frame: Any
    title: str
    body: str
    fdr: float
    prior: float
    log_odds: NDArray[np.float64]
    p_value: NDArray[np.float64]
    flagged: NDArray[np.bool_]
    cause: NDArray[np.object_]
    problem: NDArray[np.object_]
    shifts: tuple[Shift, ...]
    swaps: tuple[Swap, ...]
    moves: dict[int, int]
    repeated_titles: tuple[Repeat, ...]
    repeated_bodies: tuple[Repeat, ...]
    groups: tuple[Group, ...]
    titles_for: dict[int, tuple[Candidate, ...]]
    bodies_for: dict[int, tuple[Candidate, ...]]
    titles: list[str | None] = field(repr=False)
    bodies: list[str | None] = field(repr=False)
    detector: Detector = field(repr=False)

    def __len__(self) -> int:
        return len(self.flagged)

    @property
    def probability(self) -> NDArray[np.float64]:
        """Probability of a mismatch at the estimated prior, shape (n,); NaN where not scored."""
        return 1 / (1 + np.exp(-self.log_odds))

    @property
    def rows(self) -> NDArray[np.intp]:
        """The flagged rows, the oddest first."""
        flagged = np.flatnonzero(self.flagged)
        return flagged[np.argsort(-np.nan_to_num(self.log_odds[flagged]), kind="stable")]

    @property
    def unrepaired(self) -> NDArray[np.intp]:
        """Flagged rows that `repair` leaves with their title, in row order."""
        filled = set(self.moves.values())
        return np.array([row for row in np.flatnonzero(self.flagged) if row not in filled], np.intp)

    def right_title(self, row: int) -> int | None:
        """Row of the title that belongs to the body of `row`, where one was found, else None."""
        found = next((title for title, body in self.moves.items() if body == row), None)
        if found is None and (best := self.titles_for.get(row, ())):
            found = best[0].row if best[0].probability >= 0.5 else None
        return found

    def explain(self, row: int) -> Score:
        """Score one row in full, at the estimated prior.

        Raises
        ------
        InputError
            If the row could not be scored; ``report.problem[row]`` says why.
        """
        return self.detector.score(self.titles[row] or "", self.bodies[row] or "")

    def repair(self) -> Any:
        """Give the table with the titles moved to the bodies they belong to.

        Only the column of titles changes. A flagged row for whose body no title was found keeps
        its own and is listed in `unrepaired`; that title may by then stand twice.

        Returns
        -------
        frame
            A new one, of the kind that was given.
        """
        import narwhals as nw

        frame = nw.from_native(self.frame, eager_only=True)
        order = np.arange(len(self))
        for title, body in self.moves.items():
            order[body] = title
        titles = frame[self.title][order.tolist()].alias(self.title)
        return frame.with_columns(titles).to_native()

    def to_frame(self) -> Any:
        """Give the flagged rows, the oddest first, as a frame of the kind that was given.

        Returns
        -------
        frame
            Columns ``row``, ``title``, ``probability``, ``p_value``, ``cause``, ``best_title``,
            ``best_title_row``, ``best_title_probability``, ``best_body_row`` and
            ``best_body_probability``; what was not found is missing.
        """
        import narwhals as nw

        rows = self.rows.tolist()
        titles = [next(iter(self.titles_for.get(row, ())), None) for row in rows]
        bodies = [next(iter(self.bodies_for.get(row, ())), None) for row in rows]
        columns: dict[str, tuple[list[Any], Any]] = {
            "row": (rows, nw.Int64),
            "title": ([_encodable(self.titles[row]) for row in rows], nw.String),
            "probability": (self.probability[rows].tolist(), nw.Float64),
            "p_value": (self.p_value[rows].tolist(), nw.Float64),
            "cause": (self.cause[rows].tolist(), nw.String),
            "best_title": ([c and _encodable(self.titles[c.row]) for c in titles], nw.String),
            "best_title_row": ([-1 if c is None else c.row for c in titles], nw.Int64),
            "best_title_probability": (_probabilities(titles), nw.Float64),
            "best_body_row": ([-1 if c is None else c.row for c in bodies], nw.Int64),
            "best_body_probability": (_probabilities(bodies), nw.Float64),
        }
        backend = nw.get_native_namespace(nw.from_native(self.frame, eager_only=True))
        return nw.from_dict(
            {name: values for name, (values, _) in columns.items()},
            schema={name: dtype() for name, (_, dtype) in columns.items()},
            backend=backend,
        ).to_native()

    def __repr__(self) -> str:
        return (
            f"AuditReport({len(self):,} rows, {int(self.flagged.sum()):,} flagged at a "
            f"false-discovery rate of {self.fdr:g})"
        )

    def __str__(self) -> str:
        from mismatch.display.audit import report_to_text

        return report_to_text(self)

    def _repr_html_(self) -> str:
        from mismatch.display.audit import report_to_html

        return report_to_html(self)

    def to_html(self, path: str | Path, *, rows: int = 500) -> None:
        """Write the report as one page that fetches nothing.

        Parameters
        ----------
        path : str or Path
            Where to write it; an existing file is replaced.
        rows : int, default 500
            How many flagged rows to show, the oddest of each cause first.
        """
        from mismatch.display.page import report_to_page

        Path(path).write_text(report_to_page(self, rows=rows), encoding="utf-8")

    @property
    def counts(self) -> dict[str, int]:
        """Flagged rows by cause, the commonest first."""
        return dict(Counter(self.cause[self.flagged].tolist()).most_common())


def _probabilities(candidates: list[Candidate | None]) -> list[float]:
    return [float("nan") if c is None else c.probability for c in candidates]


def _encodable(text: str | None) -> str | None:
    """Replace lone surrogates, which no column of strings can hold."""
    return text and text.encode("utf-8", "replace").decode("utf-8")
