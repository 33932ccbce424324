"""A model as a folder: numbers in safetensors, the rest in JSON, never code.

`config.json` carries a format number, the names of the features in order, and checksums of itself
and of every other file that is read, so that a changed, missing or foreign file is an error and
never a wrong score. The card, which is not read, may be edited.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mismatch.arrays import Arrays, prefixed, unprefixed
from mismatch.calibration import Calibration
from mismatch.classifier import Classifier
from mismatch.deep_sets import DeepSets
from mismatch.encoders import StaticEncoder
from mismatch.errors import ArtefactError
from mismatch.evidence import FEATURES, Background, EvidenceReader
from mismatch.foreign import ForeignFinder
from mismatch.sealing import digest, read_part, read_sealed, write_sealed

FORMAT = 7
SEALED_FROM = 3  # the config of older formats has no checksum of its own
OLDEST = 1  # its calibration stands among the tensors, and has no intervals
CONFIG, TENSORS = "config.json", "model.safetensors"
CALIBRATION = "calibration.safetensors"  # apart: it changes oftener, and is small
VOCABULARY, CARD = "vocabulary.txt", "README.md"
FILES = (TENSORS, CALIBRATION, VOCABULARY)
MODELS = Path(__file__).parent / "models"


@dataclass(frozen=True)
class Artefact:
    """Everything a detector needs, and the `about` of its card (figures, data, command)."""

    encoder: StaticEncoder
    background: Background
    deep_sets: DeepSets
    classifier: Classifier
    calibration: Calibration
    foreign: ForeignFinder
    about: dict[str, Any]
    checksum: str = ""  # of the folder it was read from

    def reader(self) -> EvidenceReader:
        """What measures articles as this model was fitted."""
        return EvidenceReader(self.encoder, self.background, self.deep_sets)


def shipped(mode: str) -> Path:
    """The folder of a model that ships inside the package: ``"fast"`` or ``"reading"``."""
    return MODELS / mode


def save(artefact: Artefact, folder: Path, card: str) -> None:
    """Write an artefact folder; an existing one is replaced file by file."""
    encoder, classifier, calibration = artefact.encoder, artefact.classifier, artefact.calibration
    arrays: Arrays = {
        "encoder.table": encoder.table,
        "encoder.scale": encoder.scale,
        "encoder.idf": encoder.idf,
        "background.mean": artefact.background.mean,
        "background.covariance": artefact.background.covariance,
        "foreign.weights": artefact.foreign.weights,
    }
    arrays |= prefixed("deep_sets", artefact.deep_sets.arrays)
    arrays |= prefixed("classifier", classifier.to_arrays())
    if encoder.beyond:
        words = "\n".join(encoder.beyond).encode("utf-8", "surrogatepass")
        arrays["encoder.beyond"] = np.array(list(encoder.beyond.values()), dtype=np.float64)
        arrays["encoder.beyond_words"] = np.frombuffer(words, dtype=np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    write_arrays(folder / TENSORS, arrays)
    write_arrays(folder / CALIBRATION, calibration.to_arrays())
    (folder / VOCABULARY).write_text("\n".join(encoder.vocabulary), encoding="utf-8", newline="\n")
    (folder / CARD).write_text(card, encoding="utf-8")
    about = {"foreign_threshold": artefact.foreign.threshold, "about": artefact.about}
    write_config(folder, FEATURES, FILES, about)


def load(folder: Path) -> Artefact:
    """Read an artefact folder.

    Raises
    ------
    ArtefactError
        If the folder is no artefact, is damaged, or is of a format this release does not know.
    """
    from safetensors import SafetensorError

    config = read_config(folder)
    check_features(folder, config, FEATURES)
    try:
        return _assemble(folder, config)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ArtefactError(f"{folder} is damaged: {error}") from error


def _assemble(folder: Path, config: dict[str, Any]) -> Artefact:
    arrays = read_arrays(folder, TENSORS, config)
    if config["format"] == OLDEST:
        fitted = unprefixed("calibration", arrays)
    else:
        fitted = read_arrays(folder, CALIBRATION, config)
    words = read_part(folder, VOCABULARY, config).decode().split("\n")
    return Artefact(
        StaticEncoder(
            words,
            arrays["encoder.table"],
            arrays["encoder.scale"],
            arrays["encoder.idf"],
            _beyond(arrays),
        ),
        Background(arrays["background.mean"], arrays["background.covariance"]),
        DeepSets(unprefixed("deep_sets", arrays)),
        Classifier.from_arrays(unprefixed("classifier", arrays)),
        Calibration.from_arrays(fitted),
        ForeignFinder(arrays["foreign.weights"], config["foreign_threshold"]),
        config["about"],
        digest((folder / CONFIG).read_bytes()),
    )


def _beyond(arrays: Arrays) -> dict[str, float]:
    """Inverse document frequencies of words outside the vocabulary, where a model has them."""
    if "encoder.beyond" not in arrays:
        return {}
    words = arrays["encoder.beyond_words"].tobytes().decode("utf-8", "surrogatepass").split("\n")
    return dict(zip(words, arrays["encoder.beyond"].tolist(), strict=True))


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays as safetensors, readable by whom the folder is."""
    from safetensors.numpy import save

    path.write_bytes(save({name: np.ascontiguousarray(a) for name, a in arrays.items()}))


def read_arrays(folder: Path, name: str, config: Mapping[str, Any]) -> Arrays:
    """Read arrays of a file that was sealed with `config`."""
    from safetensors.numpy import load

    return load(read_part(folder, name, config))


def write_config(
    folder: Path, features: Sequence[str], files: Iterable[str], more: Mapping[str, Any]
) -> None:
    """Write ``config.json``: format, names of the features, `more`, and checksums of the files."""
    write_sealed(folder / CONFIG, {"format": FORMAT, "features": features, **more}, files)


def read_config(folder: Path) -> dict[str, Any]:
    """Read ``config.json``.

    Raises
    ------
    ArtefactError
        If it cannot be read, is damaged, or is of a format this release does not know.
    """
    return read_sealed(folder / CONFIG, FORMAT, SEALED_FROM)


def check_features(folder: Path, config: Mapping[str, Any], features: Sequence[str]) -> None:
    """Refuse a model of other features than those measured here.

    Raises
    ------
    ArtefactError
        If it is one.
    """
    if config.get("features") != list(features):
        raise ArtefactError(f"{folder} was fitted on other features than this release measures")
