"""Whole tables: pandas, polars and pyarrow in, the same kind out, with columns added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from mismatch.detector import Detector
from mismatch.errors import ColumnError
from mismatch.prior import Prior
from mismatch.stream import CHUNK, Chunk, score_rows

if TYPE_CHECKING:
    import narwhals as nw

__all__ = ["score_frame"]

FrameT = TypeVar("FrameT")

COLUMNS = (
    "mismatch_probability",
    "mismatch_p_value",
    "is_mismatch",
    "mismatch_reason",
    "mismatch_problem",
)
DETAILS = ("mismatch_low", "mismatch_high", "mismatch_unfamiliar", "mismatch_missing")
_TEXTS = ("mismatch_reason", "mismatch_problem", "mismatch_unfamiliar", "mismatch_missing")


def score_frame(
    frame: FrameT,
    title: str = "title",
    body: str = "body",
    *,
    mode: str = "auto",
    prior: Prior = 0.5,
    false_alarm_rate: float = 0.005,
    progress: bool | None = None,
    workers: int | None = None,
    cache: str | Path | None = None,
    details: bool = False,
) -> FrameT:
    """Score a table: the same kind of table, rows, order and index, with columns added.

    ============================ ==========================================================
    ``mismatch_probability``     probability of a mismatch at `prior`; missing if not scored
    ``mismatch_p_value``         share of genuine articles that look at least this odd
    ``is_mismatch``              the decision; False for a row that was not scored
    ``mismatch_reason``          why a row is flagged, joined by commas; else missing
    ``mismatch_problem``         why a row was not scored; else missing
    ============================ ==========================================================

    A row whose title or body is missing, empty or no text stays, with its problem named. Missing
    is what the kind of table has for it; in a dict of lists NaN and the empty string, so that
    every list is of one type.

    With `details` there are four more:

    ============================ ==========================================================
    ``mismatch_low``             lower bound of the probability, as `Score.interval` has it
    ``mismatch_high``            upper bound
    ``mismatch_unfamiliar``      what lies outside the calibration (``short_body``,
                                 ``unknown_words``, ``no_prose``, ``short_title``,
                                 ``outlying``); else missing
    ``mismatch_missing``         words of a flagged row's headline that nothing in the body
                                 answers, joined by commas; else missing
    ============================ ==========================================================

    Parameters
    ----------
    frame : pandas, polars or Modin DataFrame, pyarrow Table or RecordBatch, or dict of lists
        It is not changed. Made for ``df.pipe``, ``LazyFrame.map_batches`` of polars and
        ``Dataset.map(batched=True)`` of Hugging Face, too.
    title, body : str
        Columns that hold the headlines and the articles.
    mode : str
        ``"auto"``, ``"accurate"`` or ``"fast"``: how much is read, as `Detector` says.
    prior : float or "auto"
        Share of mismatches to assume in the probabilities, strictly between 0 and 1; ``"auto"``
        estimates it from the table.
    false_alarm_rate : float
        Share of genuine articles that the decisions may flag, between 0 and 1.
    progress : bool, optional
        Whether to show a progress bar; by default on long work where someone may look on.
    workers : int, optional
        Processes to score in; by default one for each core on long work. The scores are the same.
    cache : path, optional
        A file that remembers scores, made where there is none. A run over a grown table scores
        only what is new, and one that was interrupted goes on where it stopped.
    details : bool
        Whether to add how sure the probability is, and which words of a headline are missing.

    Returns
    -------
    frame
        Of the kind that was given.

    Raises
    ------
    ColumnError
        If there is no such column (the message lists those that there are), or one of those to be
        added is there already. It is a KeyError and a ValueError.
    ValueError
        If an option lies outside its range.
    TypeError
        If `frame` is no table.

    Examples
    --------
    >>> import mismatch
    >>> body = '''The town council voted on Tuesday to widen the harbour bridge.
    ...
    ... Work begins in March and lasts nine weeks, said the mayor, who called the old bridge
    ... a bottleneck for the ferries.'''
    >>> odd = "Striker signs for three more seasons"
    >>> table = {"title": ["Council votes to widen harbour bridge", odd, None]}
    >>> scored = mismatch.score_frame({**table, "body": [body] * 3})
    >>> scored["is_mismatch"]
    [False, True, False]
    >>> scored["mismatch_reason"]
    ['', 'unrelated', '']
    >>> scored["mismatch_problem"]
    ['', '', 'title is missing']

    Lazy frames of polars need to be told what comes out:

    >>> import polars as pl
    >>> lazy = pl.DataFrame({**table, "body": [body] * 3}).lazy()
    >>> schema = lazy.collect_schema() | {
    ...     "mismatch_probability": pl.Float64,
    ...     "mismatch_p_value": pl.Float64,
    ...     "is_mismatch": pl.Boolean,
    ...     "mismatch_reason": pl.String,
    ...     "mismatch_problem": pl.String,
    ... }
    >>> scored = lazy.map_batches(mismatch.score_frame, schema=schema)
    >>> scored.filter("is_mismatch").collect()["title"].to_list()
    ['Striker signs for three more seasons']
    """
    detector = Detector(mode, prior=prior, false_alarm_rate=false_alarm_rate)
    options = {"progress": progress, "workers": workers, "cache": cache, "details": details}
    return add_scores(frame, detector, title, body, **options)


def add_scores(frame: FrameT, detector: Detector, title: str, body: str, **options: Any) -> FrameT:
    """Score a table with a detector; `options` are `details` and those of `score_rows`."""
    if isinstance(frame, Mapping):
        return cast("FrameT", _add_to_lists(frame, detector, title, body, **options))
    if _is_record_batch(frame):
        return cast("FrameT", _add_to_record_batch(frame, detector, title, body, **options))
    import narwhals as nw

    table = _as_table(frame)
    check_columns(table.columns, title, body, added=_added(**options))
    columns = _score(detector, table[title], table[body], len(table), **options)
    kinds: dict[str, Any] = {"is_mismatch": nw.Boolean(), **dict.fromkeys(_TEXTS, nw.String())}
    made = [
        nw.new_series(
            name,
            _without_nan(values),
            kinds.get(name, nw.Float64()),
            backend=table.implementation,
        )
        for name, values in columns.items()
    ]
    if (index := nw.maybe_get_index(table)) is not None:
        made = [nw.maybe_set_index(series, index=index) for series in made]
    return cast("FrameT", table.with_columns(*made).to_native())


def _add_to_lists(
    lists: Mapping[str, Any], detector: Detector, title: str, body: str, **options: Any
) -> dict[str, Any]:
    check_columns(list(lists), title, body, added=_added(**options))
    titles, bodies = lists[title], lists[body]
    if len(titles) != len(bodies):
        raise ValueError(
            f"{title!r} and {body!r} differ in length: {len(titles):,} and {len(bodies):,}"
        )
    added = _score(detector, titles, bodies, len(titles), **options)
    texts = {
        name: ["" if value is None else value for value in added[name]]
        for name in _TEXTS
        if name in added
    }
    return {**lists, **added, **texts}


def _add_to_record_batch(
    batch: Any, detector: Detector, title: str, body: str, **options: Any
) -> Any:
    import pyarrow as pa

    scored = add_scores(pa.Table.from_batches([batch]), detector, title, body, **options)
    arrays = [column.combine_chunks() for column in scored.columns]
    return pa.RecordBatch.from_arrays(arrays, schema=scored.schema)


def check_columns(columns: Sequence[str], *wanted: str, added: Sequence[str] = COLUMNS) -> None:
    """Refuse a table that lacks a column, or has one of those that would be added."""
    for column in wanted:
        if column not in columns:
            raise ColumnError(f"no column {column!r}; there are {', '.join(map(repr, columns))}")
    if taken := [column for column in added if column in columns]:
        raise ColumnError(
            f"the table has {', '.join(map(repr, taken))} already, which would be overwritten: "
            "drop or rename first"
        )


def _added(*, details: bool = False, **_: Any) -> tuple[str, ...]:
    return (*COLUMNS, *DETAILS) if details else COLUMNS


def _score(
    detector: Detector,
    titles: Any,
    bodies: Any,
    total: int,
    *,
    details: bool = False,
    **options: Any,
) -> dict[str, list[Any]]:
    """The columns to be added, as lists."""
    chunks = _chunks(titles, bodies, total)
    scores, (problem, reasons, unfamiliar, missing) = score_rows(detector, chunks, total, **options)
    prior = detector.prior_of(scores)
    likely, p_value, flagged = detector.decide(scores, prior)
    for texts in (reasons, missing):  # a cache may know those of what was flagged at another rate
        texts[~flagged] = None
    columns = [likely, p_value, flagged, reasons, problem]
    if details:
        interval = detector.calibration.interval(scores, unfamiliar.astype(bool), prior)
        columns += [*interval.T, unfamiliar, missing]
    names = _added(details=details)
    return dict(zip(names, (column.tolist() for column in columns), strict=True))


def _chunks(titles: Any, bodies: Any, total: int) -> Iterator[Chunk]:
    for start in range(0, total, CHUNK):
        part = slice(start, start + CHUNK)
        yield list(zip(_as_list(titles[part]), _as_list(bodies[part]), strict=True))


def _as_list(values: Any) -> list[Any]:
    return values.to_list() if hasattr(values, "to_list") else list(values)


def _without_nan(values: list[Any]) -> list[Any]:
    return [None if value != value else value for value in values]  # noqa: PLR0124 - NaN


def _is_record_batch(frame: object) -> bool:
    kind = type(frame)
    return kind.__name__ == "RecordBatch" and kind.__module__.startswith("pyarrow")


def _as_table(frame: Any) -> nw.DataFrame[Any]:
    import narwhals as nw

    try:
        return nw.from_native(frame, eager_only=True)
    except TypeError as error:
        if type(frame).__name__ == "LazyFrame":
            hint = "a LazyFrame is scored by lazy.map_batches(mismatch.score_frame, ...)"
        else:
            hint = "it must be a pandas or polars frame, a pyarrow table, or a dict of lists"
        raise TypeError(f"cannot score a {type(frame).__name__}: {hint}") from error
