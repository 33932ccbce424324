"""Many articles, chunk by chunk: each distinct pair scored once, on all cores, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mismatch.cache import Cache, Raw
from mismatch.parallel import Crew

if TYPE_CHECKING:
    from mismatch.detector import Detector

Chunk = list[tuple[Any, Any]]  # titles and bodies; what is no string becomes the row's problem
Tell = Callable[[int], object]

CHUNK = 1_024  # rows in memory at a time, twice
_TASK = 64  # pairs scored between two words to the cache and the progress bar
_TASK_TEXT = 500_000  # characters of a task that make it long enough
BAR_FROM = 2_000  # articles; shorter work shows no progress bar unless asked to


def score_rows(
    detector: Detector,
    chunks: Iterable[Chunk],
    total: int,
    *,
    workers: int | None = None,
    cache: str | Path | None = None,
    progress: bool | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """Raw scores of `total` rows, and what else `Raw` says of them, shape (4, total).

    Rows without a score have NaN.
    """
    shown = total >= BAR_FROM if progress is None else progress
    if shown:
        from tqdm.auto import tqdm  # in a notebook it wants widgets, and warns where there are none
    else:
        from tqdm import tqdm
    scores = np.full(total, np.nan)
    texts = np.full((len(Raw._fields) - 1, total), None, dtype=object)
    # None: silent where there is neither terminal nor notebook
    with tqdm(total=total, unit=" articles", disable=None if shown else True, leave=False) as bar:
        options = {"total": total, "workers": workers, "cache": cache, "tell": bar.update}
        row = 0
        for found in score_stream(detector, chunks, **options):
            for raw in found:
                scores[row], *texts[:, row] = raw
                row += 1
    return scores, texts


def score_stream(
    detector: Detector,
    chunks: Iterable[Chunk],
    *,
    total: int | None = None,
    workers: int | None = None,
    cache: str | Path | None = None,
    tell: Tell = lambda _: None,
) -> Iterator[list[Raw]]:
    """Score chunks of rows as they come; memory does not grow with their number.

    While one chunk is awaited, the next is being scored.

    Parameters
    ----------
    detector : Detector
        What scores.
    chunks : iterable of lists of (title, body)
        Read one ahead.
    total : int, optional
        Number of rows, where it is known.
    workers : int, optional
        Processes; by default as many as pay.
    cache : path, optional
        File of raw scores to look into and to add to.
    tell : callable
        Is told of every few rows that are done.

    Yields
    ------
    list of Raw
        One for each row of the next chunk.
    """
    with Cache(cache, detector.checksum) as known, Crew(detector, workers) as crew:
        work = _Work(detector, known, crew, total, tell)
        job: _Job | None = None
        for chunk in chunks:
            following = work.begin(chunk, job)
            if job:
                yield work.finish(job)
            job = following
        if job:
            yield work.finish(job)


class _Job:
    """One chunk under way: what is known of it, and what is being found out."""

    def __init__(self, keys: list[bytes | str], pairs: dict[bytes, tuple[str, str]]) -> None:
        self.keys = keys  # one a row: the pair's key, or the problem of a row without a pair
        self.pairs = pairs
        self.found: dict[bytes, Raw] = {}
        self.tasks: list[tuple[list[bytes], Callable[[], list[Raw]]]] = []


class _Work:
    """The way of a chunk through cache and crew."""

    def __init__(
        self, detector: Detector, cache: Cache, crew: Crew, total: int | None, tell: Tell
    ) -> None:
        self.detector, self.cache, self.crew = detector, cache, crew
        self.total, self.tell = total, tell
        self.rows = self.scored = 0

    def begin(self, chunk: Chunk, before: _Job | None) -> _Job:
        keys: list[bytes | str] = []
        pairs: dict[bytes, tuple[str, str]] = {}
        for title, body in chunk:
            if gap := find_gap("title", title) or find_gap("body", body):
                keys.append(gap)
            else:
                key = self.cache.key(title, body)
                keys.append(key)
                pairs[key] = title, body
        job = _Job(keys, pairs)
        job.found = self._known(pairs)
        begun = before.pairs if before else {}
        wanted = {k: pairs[k] for k in pairs if k not in job.found and k not in begun}
        self.rows += len(chunk)
        self.scored += len(wanted)
        # As many rows again as there were, where nobody knows how many will come.
        left = self.rows if self.total is None else self.total - self.rows + len(chunk)
        ahead = left * self.scored / max(self.rows, 1)
        for task in _tasks(wanted):
            job.tasks.append((list(task), self.crew.submit(list(task.values()), ahead)))
        return job

    def finish(self, job: _Job) -> list[Raw]:
        told = 0
        for keys, results in job.tasks:
            found = dict(zip(keys, results(), strict=True))
            self.cache.put(found)
            job.found |= found
            told += len(keys)
            self.tell(len(keys))
        left = [key for key in job.pairs if key not in job.found]  # the chunk before had them
        job.found |= self._known(left)
        for key in left:
            if key not in job.found:  # but they could not be kept
                job.found[key] = self.detector.raw([job.pairs[key]])[0]
        self.tell(len(job.keys) - told)
        return [Raw(np.nan, key) if isinstance(key, str) else job.found[key] for key in job.keys]

    def _known(self, keys: Iterable[bytes]) -> dict[bytes, Raw]:
        """What the cache has; not what it has without reasons that are now asked for."""
        found = self.cache.get(keys)
        bare = [k for k, raw in found.items() if raw.reasons is None and raw.problem is None]
        if bare:
            flagged = self.detector.is_flagged(np.array([found[key].score for key in bare]))
            for key, wanting in zip(bare, flagged.tolist(), strict=True):
                if wanting:
                    del found[key]
        return found


def _tasks(pairs: Mapping[bytes, tuple[str, str]]) -> Iterator[dict[bytes, tuple[str, str]]]:
    """Cut into pieces of a fraction of a second each."""
    task: dict[bytes, tuple[str, str]] = {}
    text = 0
    for key, pair in pairs.items():
        task[key] = pair
        text += len(pair[1])
        if len(task) == _TASK or text >= _TASK_TEXT:
            yield task
            task, text = {}, 0
    if task:
        yield task


def cut(rows: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """Cut an iterable into lists."""
    stream = iter(rows)
    while some := list(islice(stream, size)):
        yield some


def find_gap(argument: str, value: object) -> str | None:
    """Say why a value is no text.

    Examples
    --------
    >>> find_gap("title", None), find_gap("title", 7), find_gap("title", "Rain")
    ('title is missing', 'title is not text but int', None)
    """
    if isinstance(value, str):
        return None
    if is_missing(value):
        return f"{argument} is missing"
    return f"{argument} is not text but {type(value).__name__}"


def is_missing(value: object) -> bool:
    """Tell None, NaN and the missing values of pandas."""
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124 - NaN
        return True
    return type(value).__name__ in {"NAType", "NaTType"}  # pandas, without importing it
