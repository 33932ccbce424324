"""A model as a folder: numbers in safetensors, the rest in JSON, never code.

`config.json` carries a format number, the names of the features in order, and a checksum of every
other file, so that a changed, missing or foreign file is an error and never a wrong score.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mismatch.calibration import Calibration
from mismatch.classifier import Classifier
from mismatch.encoders import StaticEncoder
from mismatch.errors import ArtefactError
from mismatch.evidence import FEATURES, Background
from mismatch.foreign import ForeignFinder

FORMAT = 2
OLDER = 1  # its calibration stands among the tensors, and has no intervals
CONFIG, TENSORS = "config.json", "model.safetensors"
CALIBRATION = "calibration.safetensors"  # apart: it changes oftener, and is small
VOCABULARY, CARD = "vocabulary.txt", "README.md"
FILES = (TENSORS, CALIBRATION, VOCABULARY)
MODELS = Path(__file__).parent / "models"

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Artefact:
    """Everything a detector needs, and the `about` of its card (figures, data, command)."""

    encoder: StaticEncoder
    background: Background
    classifier: Classifier
    calibration: Calibration
    foreign: ForeignFinder
    about: dict[str, Any]
    checksum: str = ""  # of the folder it was read from


def shipped(mode: str) -> Path:
    """The folder of a model that ships inside the package: ``"fast"`` or ``"reading"``."""
    return MODELS / mode


def save(artefact: Artefact, folder: Path, card: str) -> None:
    """Write an artefact folder; an existing one is replaced file by file."""
    from safetensors.numpy import save_file

    encoder, classifier, calibration = artefact.encoder, artefact.classifier, artefact.calibration
    arrays: Arrays = {
        "encoder.table": encoder.table,
        "encoder.scale": encoder.scale,
        "encoder.idf": encoder.idf,
        "background.mean": artefact.background.mean,
        "background.covariance": artefact.background.covariance,
        "foreign.weights": artefact.foreign.weights,
    }
    arrays |= prefixed("classifier", classifier.to_arrays())
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(a) for name, a in arrays.items()}, folder / TENSORS)
    fitted = {name: np.ascontiguousarray(a) for name, a in calibration.to_arrays().items()}
    save_file(fitted, folder / CALIBRATION)
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

    config, checksum = read_config(folder, FEATURES, FILES)
    try:
        return _assemble(folder, config, checksum)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ArtefactError(f"{folder} is damaged: {error}") from error


def _assemble(folder: Path, config: dict[str, Any], checksum: str) -> Artefact:
    from safetensors.numpy import load_file

    arrays = load_file(folder / TENSORS)
    older = config["format"] == OLDER
    fitted = unprefixed("calibration", arrays) if older else load_file(folder / CALIBRATION)
    words = (folder / VOCABULARY).read_text(encoding="utf-8").split("\n")
    return Artefact(
        StaticEncoder(
            words, arrays["encoder.table"], arrays["encoder.scale"], arrays["encoder.idf"]
        ),
        Background(arrays["background.mean"], arrays["background.covariance"]),
        Classifier.from_arrays(unprefixed("classifier", arrays)),
        Calibration.from_arrays(fitted),
        ForeignFinder(arrays["foreign.weights"], config["foreign_threshold"]),
        config["about"],
        checksum,
    )


def prefixed(name: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """Arrays under the name of what they belong to: ``classifier.mean``."""
    return {f"{name}.{key}": array for key, array in arrays.items()}


def unprefixed(name: str, arrays: Arrays) -> Arrays:
    """The arrays that belong to a name, without it."""
    start = f"{name}."
    return {key.removeprefix(start): a for key, a in arrays.items() if key.startswith(start)}


def write_config(
    folder: Path, features: Sequence[str], files: Sequence[str], more: Mapping[str, Any]
) -> None:
    """Write ``config.json``: format, names of the features, checksums of the files, and `more`."""
    sums = {name: _digest(folder / name) for name in files}
    config = {"format": FORMAT, "features": features, **more, "sha256": sums}
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def read_config(
    folder: Path, features: Sequence[str], files: Sequence[str]
) -> tuple[dict[str, Any], str]:
    """Read ``config.json``, hold the files against it, and give its checksum: it stands for all.

    Raises
    ------
    ArtefactError
        If it cannot be read, is of another format or for other features, or a file is not the one
        that it was written with.
    """
    try:
        config: dict[str, Any] = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        number = config["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"{folder} is not a mismatch model: no readable {CONFIG}") from error
    if number not in (OLDER, FORMAT):
        raise ArtefactError(
            f"{folder} has format {number!r}; this release reads formats {OLDER} and {FORMAT}: "
            "install the release that wrote it, or a newer one"
        )
    if config.get("features") != list(features):
        raise ArtefactError(f"{folder} was fitted on other features than this release measures")
    sums = config.get("sha256") or {}
    for name in files:
        if number == OLDER and name == CALIBRATION:
            continue
        if not (folder / name).is_file():
            raise ArtefactError(f"{folder} lacks {name}")
        if _digest(folder / name) != sums.get(name):
            raise ArtefactError(f"{folder / name} is damaged: its checksum is not the recorded one")
    return config, _digest(folder / CONFIG)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
