"""The models that ship inside the package, each read once a process."""

from __future__ import annotations

from functools import cache

from mismatch import artefact, reading_model
from mismatch.artefact import Artefact
from mismatch.judging import FastJudge, Judge, ReadingJudge
from mismatch.locking import make_lock
from mismatch.reading_model import Reading

MODES = ("auto", "accurate", "fast")

_lock = make_lock()  # a cache alone would let every waiting thread read them


def judge_of(mode: str) -> Judge:
    """The judge of a mode.

    Raises
    ------
    ValueError
        If there is no such mode.
    """
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}, not {mode!r}")
    if mode == "fast":
        return FastJudge(shipped_fast())
    return ReadingJudge(shipped_fast(), shipped_reading(), sparing=mode == "auto")


def shipped_fast() -> Artefact:
    """The fast model that ships."""
    with _lock:
        return _fast()


def shipped_reading() -> Reading:
    """The reading model that ships."""
    with _lock:
        return _reading()


@cache
def _fast() -> Artefact:
    return artefact.load(artefact.shipped("fast"))


@cache
def _reading() -> Reading:
    return reading_model.load(artefact.shipped("reading"))
