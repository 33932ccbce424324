"""A detector as a folder: its settings, and the models it is made of, each in a folder of its own.

::

    detector.json   mode, prior, false-alarm rate
    fast/           the fast model
    reading/        the reading model, where there is one
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from mismatch import artefact, reading_model
from mismatch.artefact import Artefact
from mismatch.calibration import Calibration
from mismatch.encoders import Encoder
from mismatch.errors import ArtefactError
from mismatch.judging import FastJudge, Judge, ReadingJudge

FORMAT = 1
SETTINGS = "detector.json"
CARD = """# A detector of mismatch

Written by `Detector.save`; `mismatch.Detector.load` reads it. Fitted or calibrated by its owner:
the figures of the shipped models do not hold for it.
"""


def save(
    folder: Path, fast: Artefact, judge: Judge, calibration: Calibration, settings: dict[str, Any]
) -> None:
    """Write a detector's folder; an existing one is replaced file by file."""
    if isinstance(judge, ReadingJudge):
        reading = judge.reading
        if judge.sparing:
            reading = replace(reading, sparing_calibration=calibration)
        else:
            reading = replace(reading, calibration=calibration)
        reading_model.save(reading, folder / "reading", CARD)
    elif isinstance(judge, FastJudge):
        fast = replace(fast, classifier=judge.classifier, calibration=calibration)
    artefact.save(fast, folder / "fast", CARD)
    text = json.dumps({"format": FORMAT, **settings}, indent=1)
    (folder / SETTINGS).write_text(text + "\n", encoding="utf-8")


def load(folder: Path, encoder: Encoder | None) -> tuple[Artefact, Judge, dict[str, Any]]:
    """Fast model, judge and settings of a detector's folder, or of a fast model's alone.

    Raises
    ------
    ArtefactError
        If the folder is no detector, is damaged, or has a format this release cannot read.
    """
    if not (folder / SETTINGS).exists():
        fast = artefact.load(folder)
        return fast, FastJudge(fast), {"mode": "fast"}
    try:
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        number, mode = settings.pop("format"), settings["mode"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtefactError(f"{folder} is damaged: no readable {SETTINGS}") from error
    if number != FORMAT:
        raise ArtefactError(f"{folder} has format {number!r}; this release reads format {FORMAT}")
    fast = artefact.load(folder / "fast")
    if mode == "fast":
        return fast, FastJudge(fast), settings
    reading = reading_model.load(folder / "reading", encoder)
    return fast, ReadingJudge(fast, reading, sparing=mode == "auto"), settings
