"""A model as a folder: numbers in safetensors, the rest in JSON, never code.

`config.json` carries a format number, the names of the features in order, and a checksum of every
other file, so that a changed, missing or foreign file is an error and never a wrong score.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mismatch.classifier import Calibration, Classifier, Layer
from mismatch.encoders import StaticEncoder
from mismatch.errors import ArtefactError
from mismatch.evidence import FEATURES, Background
from mismatch.foreign import ForeignFinder

FORMAT = 1
CONFIG, TENSORS = "config.json", "model.safetensors"
VOCABULARY, CARD = "vocabulary.txt", "README.md"


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
    """The folder of a model that ships inside the package."""
    return Path(__file__).parent / "models" / mode


def save(artefact: Artefact, folder: Path, card: str) -> None:
    """Write an artefact folder; an existing one is replaced file by file."""
    from safetensors.numpy import save_file

    encoder, classifier, calibration = artefact.encoder, artefact.classifier, artefact.calibration
    arrays: dict[str, NDArray[Any]] = {
        "encoder.table": encoder.table,
        "encoder.scale": encoder.scale,
        "encoder.idf": encoder.idf,
        "background.mean": artefact.background.mean,
        "background.covariance": artefact.background.covariance,
        "classifier.mean": classifier.mean,
        "classifier.scale": classifier.scale,
        "calibration.knots": calibration.knots,
        "calibration.log_odds": calibration.log_odds,
        "calibration.genuine": calibration.genuine,
        "foreign.weights": artefact.foreign.weights,
    }
    for n, layers in enumerate(classifier.networks):
        for k, (weights, biases) in enumerate(layers):
            arrays[f"classifier.{n}.{k}.weights"] = weights
            arrays[f"classifier.{n}.{k}.biases"] = biases
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(a) for name, a in arrays.items()}, folder / TENSORS)
    (folder / VOCABULARY).write_text("\n".join(encoder.vocabulary), encoding="utf-8", newline="\n")
    (folder / CARD).write_text(card, encoding="utf-8")
    config = {
        "format": FORMAT,
        "features": FEATURES,
        "networks": [len(layers) for layers in classifier.networks],
        "clip": classifier.clip,
        "foreign_threshold": artefact.foreign.threshold,
        "about": artefact.about,
        "sha256": {name: _digest(folder / name) for name in (TENSORS, VOCABULARY)},
    }
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def load(folder: Path) -> Artefact:
    """Read an artefact folder.

    Raises
    ------
    ArtefactError
        If the folder is no artefact, is damaged, or is of a format this release does not know.
    """
    from safetensors import SafetensorError

    config = _read_config(folder)
    try:
        return _assemble(folder, config)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ArtefactError(f"{folder} is damaged: {error}") from error


def _assemble(folder: Path, config: dict[str, Any]) -> Artefact:
    from safetensors.numpy import load_file

    arrays = load_file(folder / TENSORS)
    words = (folder / VOCABULARY).read_text(encoding="utf-8").split("\n")
    encoder = StaticEncoder(
        words, arrays["encoder.table"], arrays["encoder.scale"], arrays["encoder.idf"]
    )
    networks: list[tuple[Layer, ...]] = [
        tuple(
            (arrays[f"classifier.{n}.{k}.weights"], arrays[f"classifier.{n}.{k}.biases"])
            for k in range(depth)
        )
        for n, depth in enumerate(config["networks"])
    ]
    return Artefact(
        encoder,
        Background(arrays["background.mean"], arrays["background.covariance"]),
        Classifier(
            arrays["classifier.mean"], arrays["classifier.scale"], tuple(networks), config["clip"]
        ),
        Calibration(
            arrays["calibration.knots"],
            arrays["calibration.log_odds"],
            arrays["calibration.genuine"],
        ),
        ForeignFinder(arrays["foreign.weights"], config["foreign_threshold"]),
        config["about"],
        _digest(folder / CONFIG),  # it holds the checksums of the other files
    )


def _read_config(folder: Path) -> dict[str, Any]:
    try:
        config: dict[str, Any] = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        number = config["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"{folder} is not a mismatch model: no readable {CONFIG}") from error
    if number != FORMAT:
        raise ArtefactError(
            f"{folder} has format {number!r}; this release reads format {FORMAT}: "
            "install the release that wrote it, or a newer one"
        )
    if config.get("features") != list(FEATURES):
        raise ArtefactError(f"{folder} was fitted on other features than this release measures")
    sums = config.get("sha256") or {}
    for name in (TENSORS, VOCABULARY):
        if not (folder / name).is_file():
            raise ArtefactError(f"{folder} lacks {name}")
        if _digest(folder / name) != sums.get(name):
            raise ArtefactError(f"{folder / name} is damaged: its checksum is not the recorded one")
    return config


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
