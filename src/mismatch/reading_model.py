"""The reading model as a folder, beside the fast one: the same rules, other files.

The transformer's weights, which seldom change, lie apart from the small arrays that are fitted to
what it reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mismatch.arrays import Arrays, prefixed, unprefixed
from mismatch.artefact import (
    CARD,
    CONFIG,
    VOCABULARY,
    check_features,
    read_arrays,
    read_config,
    write_arrays,
    write_config,
)
from mismatch.calibration import Calibration
from mismatch.classifier import Classifier
from mismatch.encoders import Encoder
from mismatch.errors import ArtefactError
from mismatch.evidence import FEATURES
from mismatch.joint import Joint
from mismatch.judging import Settling
from mismatch.reading import reading_features
from mismatch.sealing import digest, read_part
from mismatch.transformer import TransformerEncoder, dequantised, quantised

WEIGHTS = "transformer.safetensors"
JOINT = "joint.safetensors"
FITTED = "fitted.safetensors"
FILES = (WEIGHTS, JOINT, FITTED, VOCABULARY)


@dataclass(frozen=True)
class Reading:
    """An encoder and what was fitted to it; None where nothing was yet.

    `calibration` is of scores where every pair is read, `sparing_calibration` where `settling`
    spares those that the fast evidence settles.
    """

    encoder: Encoder
    joints: tuple[Joint, ...] = ()  # of an encoder that gives token vectors
    classifier: Classifier | None = None
    calibration: Calibration | None = None
    settling: Settling | None = None
    sparing_calibration: Calibration | None = None
    about: Mapping[str, Any] | None = None
    checksum: str = ""  # of the folder it was read from

    @property
    def features(self) -> tuple[str, ...]:
        """Names of what the classifier is given: the fast evidence, then what was read."""
        tokens = hasattr(self.encoder, "read")
        return (*FEATURES, *reading_features(tokens=tokens, joints=len(self.joints)))


def save(reading: Reading, folder: Path, card: str) -> None:
    """Write a folder; an existing one is replaced file by file. Foreign encoders are left out."""
    arrays: Arrays = {}
    if reading.settling is not None:
        arrays |= prefixed("settling", reading.settling.to_arrays())
    for name in ("classifier", "calibration", "sparing_calibration"):
        if (part := getattr(reading, name)) is not None:
            arrays |= prefixed(name, part.to_arrays())
    folder.mkdir(parents=True, exist_ok=True)
    written = {FITTED: arrays}
    if reading.joints:
        written[JOINT] = {}
        for number, joint in enumerate(reading.joints):
            written[JOINT] |= prefixed(str(number), quantised(joint.arrays))
    if isinstance(reading.encoder, TransformerEncoder):
        written[WEIGHTS] = reading.encoder.arrays
        words = "\n".join(reading.encoder.vocabulary)
        (folder / VOCABULARY).write_text(words, encoding="utf-8", newline="\n")
    for file, content in written.items():
        write_arrays(folder / file, content)
    (folder / CARD).write_text(card, encoding="utf-8")
    files = [file for file in FILES if file in written]
    if WEIGHTS in written:
        files.append(VOCABULARY)
    write_config(folder, reading.features, files, {"about": reading.about})


def load(folder: Path, encoder: Encoder | None = None) -> Reading:
    """Read a folder.

    Parameters
    ----------
    folder : Path
        What `save` wrote.
    encoder : Encoder, optional
        The encoder, where it was not written.

    Raises
    ------
    ArtefactError
        If it is no reading model, is damaged, is of a format this release does not know, or lacks
        an encoder.
    """
    from safetensors import SafetensorError

    config = read_config(folder)
    own = WEIGHTS in config.get("sha256", ())
    if not own and encoder is None:
        raise ArtefactError(f"{folder} was fitted to an encoder of its owner's: give encoder=")
    try:
        arrays = read_arrays(folder, FITTED, config)
        if own:
            words = read_part(folder, VOCABULARY, config).decode().split("\n")
            encoder = TransformerEncoder(words, read_arrays(folder, WEIGHTS, config))
        assert encoder is not None
        joints = _read_joints(folder, config) if JOINT in config["sha256"] else ()
        reading = Reading(
            encoder,
            joints,
            _read(Classifier, "classifier", arrays),
            _read(Calibration, "calibration", arrays),
            _read(Settling, "settling", arrays),
            _read(Calibration, "sparing_calibration", arrays),
            config["about"],
            digest((folder / CONFIG).read_bytes()) if own else "",
        )
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ArtefactError(f"{folder} is damaged: {error}") from error
    check_features(folder, config, reading.features)
    if reading.settling and not (reading.calibration and reading.calibration.unread):
        raise ArtefactError(f"{folder} lacks the calibration of pairs that cannot be read")
    return reading


def _read_joints(folder: Path, config: Mapping[str, Any]) -> tuple[Joint, ...]:
    arrays = read_arrays(folder, JOINT, config)
    numbers = sorted({name.partition(".")[0] for name in arrays if name[0].isdigit()})
    parts = [unprefixed(number, arrays) for number in numbers] or [arrays]  # of one, by format 5
    return tuple(Joint(dequantised(part)) for part in parts)


T = TypeVar("T", Classifier, Calibration, Settling)


def _read(kind: type[T], name: str, arrays: Arrays) -> T | None:
    """The part of a name, or None where there is none."""
    found = unprefixed(name, arrays)
    return kind.from_arrays(found) if found else None
