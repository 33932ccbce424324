"""Evidence of the calibrator's and the test articles, measured once and kept, and their scores.

What is measured lies in ``build/trust`` in parts, so that a run that was stopped goes on where it
was. A classifier or calibration fitted anew changes none of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

import mismatch
from mismatch.evidence import FEATURES, EvidenceReader
from mismatch.familiarity import find_unfamiliar
from mismatch.judging import ReadingJudge
from mismatch.shipped import judge_of, shipped_fast, shipped_reading
from mismatch.stream import cut
from mismatch.text import read
from mismatch.training.calibrating import CALIBRATOR_ROWS, TEST_ROWS
from mismatch.training.corpora import NEWS, Row
from mismatch.training.measuring import Measured, Pair, list_pairs
from mismatch.training.pairs import random_swaps
from mismatch.training.reading import Stage, score
from sets import OUT_OF_DOMAIN

Floats = NDArray[np.float64]

SEED = 0
ROWS = {"calibrator": CALIBRATOR_ROWS, "test": TEST_ROWS}
UNSEEN = (*OUT_OF_DOMAIN, "ar_saudinewsnet")  # corpora that nothing was fitted on
# Of those, the articles by kind of pair that the transformer reads, a fiftieth of a second each.
_CALIBRATOR = {NEWS: 500, "*": 25}
_TEST = {NEWS: 2520, **dict.fromkeys(UNSEEN, 500), "*": 0}
ROWS_READ = {
    "calibrator": {"genuine": _CALIBRATOR, "random": _CALIBRATOR, "nearest": {NEWS: 500, "*": 0}},
    "test": {"genuine": _TEST, "random": _TEST, "week": {NEWS: 700, "*": 0}},
}
FEED = 6_000  # articles of one, at most
SECOND = "random, second"  # swaps that only `calibrate` is given
PART = 2_048  # pairs of a file
TASK = 64  # pairs a process takes on at a time: those of one body lie together


@dataclass(frozen=True)
class Scored:
    """Pairs that could be scored, as arrays of n.

    `features` (n, d) are those of the mode, NaN where nothing was read; `words` counts the content;
    ``unfamiliar`` is empty where nothing is.
    """

    score: Floats
    features: NDArray[np.float32]
    legible: NDArray[np.bool_]
    kind: NDArray[np.str_]
    corpus: NDArray[np.str_]
    source: NDArray[np.str_]
    unfamiliar: NDArray[np.str_]
    words: NDArray[np.int_]

    def select(self, chosen: NDArray[np.bool_]) -> Scored:
        return Scored(**{name: array[chosen] for name, array in vars(self).items()})

    def of(self, corpus: str, *kinds: str) -> Scored:
        return self.select((self.corpus == corpus) & np.isin(self.kind, kinds))

    @property
    def label(self) -> NDArray[np.int_]:
        return (self.kind != "genuine").astype(int)

    @property
    def corpora(self) -> list[str]:
        return sorted(set(self.corpus.tolist()))


def score_stage(
    mode: str, stage: str, stages: dict[str, dict[str, list[Row]]], folder: Path, workers: int
) -> Scored:
    """Score the pairs of a stage; a mode that reads is held against fewer of them.

    The stage ``"feeds"`` has as many articles of a corpus as nothing was trained on, up to `FEED`.
    """
    reads = mode != "fast"
    name = f"{'read' if reads else 'fast'}-{stage}-{_digest(reads=reads)}"
    if not (folder / name / "complete").exists():
        listed = _listed(stages, stage, reads=reads)
        _measure_all(listed, folder / name, workers, reads=reads)
    files = [np.load(path) for path in sorted((folder / name).glob("????.npz"))]
    found = {key: np.concatenate([file[key] for file in files]) for key in files[0].files}
    features = found["features"].astype(np.float64)
    fast = shipped_fast().classifier.scores(features[:, : len(FEATURES)])
    if not reads:
        return Scored(fast, **found)
    about = (found[name] for name in ("kind", "corpus", "kind", "source"))  # no language is asked
    read_all, spared, _ = score(
        shipped_reading(), Stage(Measured(features, *about), fast, found["legible"])
    )
    return Scored(spared if mode == "auto" else read_all, **found)


def _measure_all(listed: list[Pair], folder: Path, workers: int, *, reads: bool) -> None:
    """Measure what is not in the folder yet."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (reads,)) as processes:
        for number, part in enumerate(cut(tqdm(listed, folder.name, disable=None), PART)):
            path = folder / f"{number:04}.npz"
            if not path.exists():
                done = list(processes.map(_measure, cut(part, TASK)))
                joined = {key: np.concatenate([each[key] for each in done]) for key in done[0]}
                np.savez(path.with_suffix(".unfinished.npz"), **joined)
                path.with_suffix(".unfinished.npz").replace(path)
    (folder / "complete").touch()


def _listed(stages: dict[str, dict[str, list[Row]]], stage: str, *, reads: bool) -> list[Pair]:
    if stage == "feeds":
        return list(_feeds(stages))
    listed = list_pairs(stages[stage], shipped_fast().encoder, ROWS[stage], SEED)
    return list(_chosen(listed, stage)) if reads else listed


def _feeds(stages: dict[str, dict[str, list[Row]]]) -> Iterator[Pair]:
    """Articles of each corpus with their own headline and with two random other ones."""
    rng = np.random.default_rng(SEED)
    for corpus, rows in stages["test"].items():
        if corpus != NEWS:  # whose calibrator articles are of other outlets
            rows = rows + stages["calibrator"].get(corpus, [])  # noqa: PLW2901
        chosen = [rows[i] for i in rng.permutation(len(rows))[:FEED]]
        swaps = {kind: random_swaps(chosen, rng) for kind in ("random", SECOND)}
        for place, row in enumerate(chosen):
            about = corpus, row.lang, row.source
            yield Pair(row.title, row.body, "genuine", *about)
            for kind, donors in swaps.items():
                if donors[place] >= 0:
                    yield Pair(chosen[donors[place]].title, row.body, kind, *about)


def _chosen(listed: list[Pair], stage: str) -> Iterator[Pair]:
    """The pairs that are read: of some of the articles, in the order they are in."""
    rng = np.random.default_rng(SEED)
    for corpus, pairs in groupby(listed, lambda pair: pair.corpus):
        articles = [list(same) for _, same in groupby(pairs, lambda pair: pair.body)]
        for article, place in zip(articles, rng.permutation(len(articles)), strict=True):
            for pair in article:
                rows = ROWS_READ[stage].get(pair.kind, {"*": 0})
                if place < rows.get(corpus, rows["*"]):
                    yield pair


_worker: tuple[EvidenceReader, ReadingJudge | None]


def _begin(reads: bool) -> None:  # noqa: FBT001 - the pool gives it so
    from threadpoolctl import threadpool_limits

    global _worker  # noqa: PLW0603 - a process has one
    threadpool_limits(1)
    fast = shipped_fast()
    judge = None
    if reads:
        import torch

        torch.set_num_threads(1)
        judge = judge_of("accurate")
        assert isinstance(judge, ReadingJudge)
    _worker = fast.reader(), judge


def _measure(pairs: list[Pair]) -> dict[str, NDArray[Any]]:
    reader, judge = _worker
    fast = shipped_fast()
    articles = [read(pair.title, pair.body) for pair in pairs]
    sound = [bool(article.headline_words and article.content) for article in articles]
    pairs = [pair for pair, kept in zip(pairs, sound, strict=True) if kept]
    articles = [article for article, kept in zip(articles, sound, strict=True) if kept]
    evidence = [reader(article) for article in articles]
    known = np.array([each.features for each in evidence]).reshape(-1, len(FEATURES))
    legible = np.zeros(len(pairs), dtype=bool)
    features = known
    if judge is not None:
        legible[:] = [judge.is_legible(article) for article in articles]
        features = np.full((len(pairs), len(judge.features)), np.nan)
        features[:, : len(FEATURES)] = known
        rows = np.flatnonzero(legible).tolist()
        if rows:
            features[rows, len(FEATURES) :] = judge.measure(
                [judge.pick(articles[row], evidence[row]) for row in rows]
            )
    standard = (known - fast.classifier.mean) / fast.classifier.scale
    pieces, clip = fast.encoder.lexicon.pieces, fast.classifier.clip
    strange = [find_unfamiliar(a, s, clip, pieces) for a, s in zip(articles, standard, strict=True)]
    return {
        "features": features.astype(np.float32),
        "legible": legible,
        "kind": np.array([pair.kind for pair in pairs], dtype=str),
        "corpus": np.array([pair.corpus for pair in pairs], dtype=str),
        "source": np.array([pair.source for pair in pairs], dtype=str),
        "unfamiliar": np.array([each or "" for each in strange], dtype=str),
        "words": np.array([sum(len(b.words) for b in a.content) for a in articles], dtype=int),
    }


def _digest(*, reads: bool) -> str:
    """Tells apart the models that measure, and the code that reads and measures text."""
    digest = hashlib.sha256(shipped_fast().encoder.table.tobytes())
    package = Path(mismatch.__file__).parent
    for file in sorted([*package.glob("text/**/*"), package / "evidence.py", Path(__file__)]):
        if file.suffix in {".py", ".txt"}:
            digest.update(file.read_bytes())
    if reads:
        reading = shipped_reading()
        parts = [reading.encoder, *reading.joints]
        for arrays in (part.arrays for part in parts):  # type: ignore[attr-defined]
            for name in sorted(arrays):
                digest.update(arrays[name].tobytes())
    return digest.hexdigest()[:12]
