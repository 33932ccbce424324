"""Raw scores of the calibrator's and the test articles, measured once a mode and kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mismatch import Detector
from mismatch.stream import cut, score_rows
from mismatch.training.calibrating import CALIBRATOR_ROWS
from mismatch.training.corpora import Row
from mismatch.training.fitting import TEST_ROWS
from mismatch.training.measuring import list_pairs

SEED = 0
ROWS = {"calibrator": CALIBRATOR_ROWS, "test": TEST_ROWS}


@dataclass(frozen=True)
class Scored:
    """Pairs that could be scored; ``unfamiliar`` is empty where nothing is."""

    score: NDArray[np.float64]
    kind: NDArray[np.str_]
    corpus: NDArray[np.str_]
    source: NDArray[np.str_]
    unfamiliar: NDArray[np.str_]

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
    mode: str, stage: str, corpora: dict[str, list[Row]], folder: Path, workers: int
) -> Scored:
    """Read the scores from the folder, or measure them and write them there."""
    detector = Detector(mode)
    path = folder / f"{mode}-{stage}-{_digest(detector)}.npz"
    if path.exists():
        stored = np.load(path)
        return Scored(**{name: stored[name] for name in stored.files})
    listed = list_pairs(corpora, detector.encoder, ROWS[stage], SEED)
    rows = cut((pair.title, pair.body) for pair in listed)
    scores, _, _, unfamiliar = score_rows(detector, rows, len(listed), workers=workers)
    found = Scored(
        scores,
        np.array([pair.kind for pair in listed]),
        np.array([pair.corpus for pair in listed]),
        np.array([pair.source for pair in listed]),
        np.array([u or "" for u in unfamiliar]),
    ).select(~np.isnan(scores))
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(path, **vars(found))
    return found


def _digest(detector: Detector) -> str:
    """Tells apart what gives raw scores; another calibration of it does not change them."""
    digest = hashlib.sha256(detector.fast.encoder.table.tobytes())
    for layers in detector.classifier.networks:
        for weights, biases in layers:
            digest.update(weights.tobytes() + biases.tobytes())
    return digest.hexdigest()[:12]
