"""Raw scores remembered: in one SQLite file that outlives the run, or on disk for one run only.

A key is a hash of model, library version, title and body, so that one file serves any number of
models and releases, and a changed text is another text. Probabilities, p-values and decisions are
worked out anew from the raw score: another prior or false-alarm rate needs no second scoring.
"""

from __future__ import annotations

import hashlib
import sqlite3
import warnings
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Self

from mismatch.errors import CacheError

_FORMAT = 0x6D69_7303  # "mis", 3: says that a file is ours, and which tables it has
_COLUMNS = "key, score, problem, reasons, unfamiliar, missing"
_ASKED = 500  # keys in one question; SQLite takes 999 or more
_MEMORY = 16_384  # KiB of pages held, whatever the file's size


class Raw(NamedTuple):
    """What scoring one pair found, before prior and false-alarm rate are applied.

    `score` is uncalibrated (NaN with a problem). `reasons` and the headline's `missing` words, each
    joined by commas, were read only where the pair was flagged. `unfamiliar` names what lies
    outside the calibration.
    """

    score: float
    problem: str | None = None
    reasons: str | None = None
    unfamiliar: str | None = None
    missing: str | None = None


class Cache:
    """Raw scores by key, in a file that several runs may share.

    Parameters
    ----------
    path : path, optional
        The file; created where there is none. Without one, results are kept in a temporary file
        that SQLite removes, so that memory stays the same however many there are.
    model : str
        Checksum of the model, part of every key.

    Examples
    --------
    >>> with Cache(None, "a model") as cache:
    ...     key = cache.key("Rain", "It rained.")
    ...     cache.put({key: Raw(-3.5)})
    ...     cache.get([key, b"another"]) == {key: Raw(-3.5)}
    True
    """

    def __init__(self, path: str | Path | None, model: str) -> None:
        from mismatch import __version__

        seed = hashlib.sha256(f"{__version__}\n{model}".encode()).digest()
        self._hasher = hashlib.blake2b(key=seed, digest_size=16)
        self._path = path
        self._full = False
        try:
            self._rows = _open("" if path is None else str(path))
        except sqlite3.Error as error:
            raise CacheError(f"{path} cannot be used as a cache: {error}") from error

    def key(self, title: str, body: str) -> bytes:
        """Hash of a pair: 16 bytes."""
        hasher = self._hasher.copy()
        for part in (f"{len(title)} {title}", body):
            hasher.update(part.encode("utf-8", "surrogatepass"))
        return hasher.digest()

    def get(self, keys: Iterable[bytes]) -> dict[bytes, Raw]:
        """Find what is known of these keys."""
        return {row[0]: Raw(_number(row[1]), *row[2:]) for row in self._ask(iter(keys))}

    def _ask(
        self, keys: Iterator[bytes]
    ) -> Iterator[tuple[bytes, float | None, str, str, str, str]]:
        while some := list(islice(keys, _ASKED)):
            marks = ",".join("?" * len(some))
            try:
                yield from self._rows.execute(
                    f"SELECT {_COLUMNS} FROM raw WHERE key IN ({marks})",  # noqa: S608
                    some,
                )
            except sqlite3.Error as error:
                raise CacheError(f"{self._path} cannot be read: {error}") from error

    def put(self, found: Mapping[bytes, Raw]) -> None:
        """Remember results, at once and whole. A full disk ends the remembering, not the run."""
        if self._full or not found:
            return
        rows = [(key, None if raw.problem else raw.score, *raw[1:]) for key, raw in found.items()]
        try:
            with self._rows:
                self._rows.executemany("INSERT OR REPLACE INTO raw VALUES (?, ?, ?, ?, ?, ?)", rows)
        except sqlite3.Error as error:
            self._full = True
            if self._path is not None:
                told = f"scores are no longer kept in {self._path}: {error}"
                warnings.warn(told, stacklevel=2)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()


def _open(file: str) -> sqlite3.Connection:
    rows = sqlite3.connect(file, timeout=60.0)
    try:
        (found,) = rows.execute("PRAGMA application_id").fetchone()
        (tables,) = rows.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if found != _FORMAT and (found or tables):
            raise sqlite3.DatabaseError("it is another program's file, or another release's")
        # A killed process loses nothing that was committed; only a power cut could.
        rows.execute("PRAGMA synchronous = OFF")
        rows.execute(f"PRAGMA cache_size = -{_MEMORY}")
        if not tables:
            with rows:
                rows.execute(f"PRAGMA application_id = {_FORMAT}")
                rows.execute(
                    "CREATE TABLE IF NOT EXISTS raw "
                    "(key BLOB PRIMARY KEY, score REAL, problem TEXT, reasons TEXT, "
                    "unfamiliar TEXT, missing TEXT) WITHOUT ROWID"
                )
    except sqlite3.Error:
        rows.close()
        raise
    return rows


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
