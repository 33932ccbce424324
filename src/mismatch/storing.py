"""A detector as a folder: its settings, and the models it is made of, each in a folder of its own.

::

    detector.json   mode, prior, false-alarm rate, checksums
    fast/           the fast model
    reading/        the reading model, where there is one
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from mismatch import artefact, reading_model
from mismatch.artefact import Artefact
from mismatch.calibration import Calibration
from mismatch.encoders import Encoder
from mismatch.errors import ArtefactError
from mismatch.judging import FastJudge, Judge, ReadingJudge
from mismatch.sealing import read_part, read_sealed, write_sealed

FORMAT = 2
SEALED_FROM = 2  # older formats have no checksums
FAST, READING = "fast", "reading"
SETTINGS = "detector.json"
OPTIONS = ("mode", "prior", "false_alarm_rate")
MODES = ("fast", "accurate", "auto", "encoder")
CARD = """# A detector of mismatch

Written by `Detector.save`; `mismatch.Detector.load` reads it. Fitted or calibrated by its owner:
the figures of the shipped models do not hold for it.
"""


def save(
    folder: Path, fast: Artefact, judge: Judge, calibration: Calibration, settings: dict[str, Any]
) -> None:
    """Write a detector's folder; an existing one is replaced file by file."""
    parts = [FAST]
    if isinstance(judge, ReadingJudge):
        parts.append(READING)
        reading = judge.reading
        if judge.sparing:
            reading = replace(reading, sparing_calibration=calibration)
        else:
            reading = replace(reading, calibration=calibration)
        reading_model.save(reading, folder / READING, CARD)
    elif isinstance(judge, FastJudge):
        fast = replace(fast, classifier=judge.classifier, calibration=calibration)
    artefact.save(fast, folder / FAST, CARD)
    sealed = [f"{part}/{artefact.CONFIG}" for part in parts]
    write_sealed(folder / SETTINGS, {"format": FORMAT, **settings}, sealed)


def load(folder: Path, encoder: Encoder | None) -> tuple[Artefact, Judge, dict[str, Any]]:
    """Fast model, judge and settings of a detector's folder, or of a fast model's alone.

    Raises
    ------
    ArtefactError
        If the folder is no detector, is damaged, or has a format this release cannot read.
    """
    if not (folder / SETTINGS).exists():
        if (folder / FAST).exists():
            raise ArtefactError(f"{folder} lacks {SETTINGS}")
        fast = artefact.load(folder)
        return fast, FastJudge(fast), {"mode": "fast"}
    sealed = read_sealed(folder / SETTINGS, FORMAT, SEALED_FROM)
    settings = {name: sealed[name] for name in OPTIONS if name in sealed}
    mode = settings.get("mode")
    if mode not in MODES:
        raise ArtefactError(f"{folder / SETTINGS} has mode {mode!r}, which this release has not")
    for name in sealed.get("sha256", ()):
        read_part(folder, name, sealed)
    fast = artefact.load(folder / FAST)
    if mode == "fast":
        return fast, FastJudge(fast), settings
    reading = reading_model.load(folder / READING, encoder)
    return fast, ReadingJudge(fast, reading, sparing=mode == "auto"), settings
