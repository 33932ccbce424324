"""One kernel for every engine: Arrow table in, the same with scores out; it travels as options."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from mismatch.detector import Detector
from mismatch.locking import make_lock
from mismatch.prior import AUTO, check_prior
from mismatch.shipped import MODES
from mismatch.tables import add_scores

__all__ = ["Scorer"]

TableT = TypeVar("TableT")

_lock = make_lock()  # of a later room than the models' own, which is taken under it


@dataclass(frozen=True)
class Scorer:
    """Adds the five columns of `score_frame` to Arrow tables, wherever an engine runs it.

    What is pickled are the options below, never a model: a process loads its model on the first
    call, once for all equal options and all threads. It scores in that process alone, and BLAS and
    torch keep to `threads` threads there from then on, so that workers do not fight over cores.

    Parameters
    ----------
    title, body : str
        Columns that hold the headlines and the articles.
    detector : str or path, optional
        Folder that `Detector.save` wrote, as workers see it; its mode, prior and false-alarm rate
        hold. By default a detector as it ships, of the next three options.
    mode : str, optional
        ``"auto"``, ``"accurate"`` or ``"fast"``, as in `Detector`; ``"auto"`` by default.
    prior : float, optional
        Share of mismatches to assume in the probabilities, strictly between 0 and 1; 0.5 by
        default. ``"auto"`` is refused: every batch would be given another one.
    false_alarm_rate : float, optional
        Share of genuine articles that decisions may flag, between 0 and 1; 0.005 by default.
    threads : int
        Threads of a process, 1 or more. With a worker on every core, more than one only loses.

    Raises
    ------
    ValueError
        If an option lies outside its range, or is given beside `detector`.

    Examples
    --------
    >>> import pyarrow as pa
    >>> title = "Last ferry to Skellen on Sunday"
    >>> body = "The ferry to Skellen makes its last crossing on Sunday, the operator said."
    >>> batch = pa.table({"headline": [title, None], "text": [body, body]})
    >>> scored = Scorer("headline", "text", mode="fast")(batch)
    >>> scored["is_mismatch"].to_pylist(), scored["mismatch_problem"].to_pylist()
    ([False, False], [None, 'title is missing'])
    """

    title: str = "title"
    body: str = "body"
    detector: str | Path | None = None
    mode: str | None = None
    prior: float | None = None
    false_alarm_rate: float | None = None
    threads: int = 1

    def __post_init__(self) -> None:
        options = {n: getattr(self, n) for n in ("mode", "prior", "false_alarm_rate")}
        given = {name: value for name, value in options.items() if value is not None}
        if given and self.detector is not None:
            names = " and ".join(given)
            raise ValueError(f"{names} cannot be given beside detector, whose own hold")
        if "mode" in given and self.mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}, not {self.mode!r}")
        if "prior" in given:
            _refuse_auto(self.prior)
            check_prior(self.prior)
        if "false_alarm_rate" in given and not 0 <= given["false_alarm_rate"] <= 1:
            rate = self.false_alarm_rate
            raise ValueError(f"false_alarm_rate must lie in 0 to 1, not at {rate!r}")
        if self.threads < 1:
            raise ValueError(f"threads must be 1 or more, not {self.threads!r}")

    def __call__(self, table: TableT) -> TableT:
        """Score a batch.

        Parameters
        ----------
        table : pyarrow Table or RecordBatch
            Text may be of type string, large_string, string_view or a dictionary of them. (Any
            other table that `score_frame` takes will do as well.)

        Returns
        -------
        table
            Of the same kind: the same rows and columns, and then two of float64, one of bool and
            two of string, as `score_frame` describes them. A row that cannot be scored is there,
            with its problem.

        Raises
        ------
        ColumnError
            If a column is missing, or one of the five is there already; names it.
        ArtefactError
            If the detector's folder cannot be read.
        ValueError
            If an option lies outside what the model supports.
        """
        with _lock:
            detector = _load(self.detector, self.mode, self.prior, self.false_alarm_rate)
        _limit_threads(self.threads, reads=detector.reads)
        return add_scores(table, detector, self.title, self.body, workers=1, progress=False)


@cache
def _load(
    folder: str | Path | None,
    mode: str | None,
    prior: float | None,
    false_alarm_rate: float | None,
) -> Detector:
    if folder is not None:
        detector = Detector.load(folder)
        _refuse_auto(detector.prior)
        return detector
    options = {"mode": mode, "prior": prior, "false_alarm_rate": false_alarm_rate}
    return Detector(**{n: v for n, v in options.items() if v is not None})  # type: ignore[arg-type]


def _refuse_auto(prior: object) -> None:
    if prior == AUTO:
        raise ValueError(
            "prior='auto' is estimated from a whole table, but a Scorer sees one batch at a time: "
            "give a share between 0 and 1"
        )


def _limit_threads(threads: int, *, reads: bool) -> None:
    """Hold this process, and this thread of it, to a number of threads for good."""
    from threadpoolctl import threadpool_limits

    if reads:
        import scipy.special  # noqa: F401 - brings a BLAS of its own
        import torch

        torch.set_num_threads(threads)
    threadpool_limits(threads, user_api="blas")
