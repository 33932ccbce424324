"""Scoring in other processes, once that pays: one model a process, one thread a model."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from mismatch.locking import make_lock

if TYPE_CHECKING:
    from mismatch.cache import Raw
    from mismatch.detector import Detector

Pairs = Sequence[tuple[str, str]]

WORTH = 4_000  # articles still to be scored, from which on starting processes saves time
WORTH_READING = 1_000  # and where a transformer reads, whose import takes seconds
MOST_GROWN = 2**31  # bytes
MOST = 8  # processes that are started unless told otherwise; each holds a model
IDLE = 60  # seconds that processes wait for the next call before they end

_detector: Detector | None = None  # of a worker process


@dataclass(frozen=True)
class _Pool:
    """Processes that have loaded a detector."""

    executor: Any
    key: object  # equal where as many processes give the same raw scores

    def is_alive(self) -> bool:
        """Whether a task comes back; processes that ended for want of work are started again."""
        try:
            self.executor.submit(os.getpid).result()
        except RuntimeError:  # one of them was killed
            return False
        return True


_kept: _Pool | None = None  # by the last work that ended well, for the next
_lock = make_lock()


class Crew:
    """Scores tasks here, or in processes of its own as soon as that is quicker.

    Work that ends well leaves its processes for the next of the same model, `IDLE` seconds long.

    Parameters
    ----------
    detector : Detector
        Scores one pair at a time, with the same result in every process.
    workers : int, optional
        1 for this process alone; more for as many others from the start; by default one for each
        core, once there is long work ahead.

    Raises
    ------
    ValueError
        If `workers` is less than 1.
    """

    def __init__(self, detector: Detector, workers: int | None) -> None:
        from threadpoolctl import ThreadpoolController

        if workers is not None and workers < 1:
            raise ValueError(f"workers must be 1 or more, not {workers!r}")
        self._detector = detector
        self._asked = workers
        self._pool: _Pool | None = None
        self._threads = ThreadpoolController()
        self._alone = workers == 1 or multiprocessing.current_process().daemon

    def submit(self, pairs: Pairs, ahead: float) -> Callable[[], list[Raw]]:
        """Take on a task; what is given back waits for its results.

        `ahead` is how many articles are still to be scored, as far as anyone can tell.
        """
        worth = WORTH_READING if self._detector.reads else WORTH
        if self._pool is None and not self._alone and (self._asked or ahead >= worth):
            self._start()
        if self._pool is None:
            return lambda: self._score_here(pairs)
        from joblib.externals.loky.process_executor import ShutdownExecutorError

        try:
            task = self._pool.executor.submit(_score_there, pairs)
        except (RuntimeError, ShutdownExecutorError) as error:
            self._give_up(error)
            return lambda: self._score_here(pairs)
        return lambda: self._wait(task, pairs)

    def _score_here(self, pairs: Pairs) -> list[Raw]:
        # Products of an article's size only lose by threads, and on a busy machine tenfold.
        # Those of a transformer in torch do not: it keeps its own.
        with self._threads.limit(limits=1, user_api="blas"):
            return self._detector.raw(pairs)

    def _wait(self, task: Any, pairs: Pairs) -> list[Raw]:
        from joblib.externals.loky import BrokenProcessPool, CancelledError

        try:
            found: list[Raw] = task.result()
        except (BrokenProcessPool, CancelledError) as error:  # killed, or out of memory
            self._give_up(error)
            return self._score_here(pairs)
        return found

    def _start(self) -> None:
        import joblib
        from joblib.externals.loky import ProcessPoolExecutor

        number = self._asked or min(joblib.cpu_count(), MOST)
        if number == 1:
            self._alone = True
            return
        key = self._detector.raw_key, number
        pool = _swap(None)
        if pool and pool.key == key and pool.is_alive():
            self._pool = pool
            return
        _end(pool)
        try:
            executor = ProcessPoolExecutor(
                number, timeout=IDLE, initializer=_begin, initargs=(self._detector,)
            )
        except (OSError, ImportError) as error:  # no semaphores, no file handles
            self._give_up(error)
        else:
            self._pool = _Pool(executor, key)

    def _give_up(self, error: BaseException) -> None:
        if not self._alone:
            warnings.warn(f"going on in this process alone: {error}", stacklevel=2)
        self._alone = True
        self._stop(well=False)

    def _stop(self, *, well: bool) -> None:
        pool, self._pool = self._pool, None
        if well and pool and multiprocessing.parent_process() is None:
            pool = _swap(pool)  # a child of multiprocessing does not take leave of its own
        _end(pool)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._stop(well=kind is None)


def _swap(pool: _Pool | None) -> _Pool | None:
    """Keep a pool, or none, and give what was kept: one that nobody else is using."""
    global _kept
    with _lock:
        kept, _kept = _kept, pool
    return kept


def _end(pool: _Pool | None) -> None:
    """End the processes of a pool, whatever they do."""
    if pool:
        pool.executor.shutdown(wait=True, kill_workers=True)


if hasattr(os, "register_at_fork"):  # a fork would inherit processes that are not its own
    os.register_at_fork(before=lambda: _end(_swap(None)))


def _begin(detector: Detector) -> None:
    """Set up a worker process."""
    from joblib.externals.loky import process_executor
    from threadpoolctl import threadpool_limits

    global _detector  # noqa: PLW0603 - a process has one
    _detector = detector
    # Models and words met grow a worker by more than the 300 MB that loky takes for a leak: it
    # would be ended and started anew every minute.
    process_executor._MAX_MEMORY_LEAK_SIZE = MOST_GROWN
    threadpool_limits(1)
    if detector.reads:
        import torch

        torch.set_num_threads(1)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process when its parent has been killed; waiting for work, it would not notice."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _score_there(pairs: Pairs) -> list[Raw]:
    assert _detector is not None
    return _detector.raw(pairs)
