"""What all tests share. No test reaches a network: sockets other than local ones raise."""

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]

# A model named by mistake must not be looked for on a hub.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of the corpora, which are no part of the repository."""
    folder = Path(os.environ.get("MISMATCH_CORPORA") or ROOT.parent / "shared" / "corpora")
    if not folder.is_dir():
        pytest.skip(f"the corpora are not here ({folder}; set MISMATCH_CORPORA)")
    return folder


@pytest.fixture(scope="session")
def examples() -> list[dict[str, Any]]:
    """The labelled articles of ``data/examples``."""
    files = sorted((ROOT / "data" / "examples").glob("*.jsonl"))
    lines = (line for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return [json.loads(line) for line in lines if line.strip()]


@pytest.fixture
def make_score() -> Callable[..., Any]:
    """A maker of scores by hand: ``make_score(("text", role, similarity, foreign), ...)``."""
    from mismatch import Paragraph, Score

    def make(*paragraphs: tuple[str, str, float | None, bool], **changes: Any) -> Score:
        made, position = [], 0
        for text, role, similarity, foreign in paragraphs:
            end = position + len(text)
            span = {"start": position, "end": end}
            made.append(
                Paragraph(text=text, role=role, similarity=similarity, foreign=foreign, **span)
            )
            position = end + 2
        probability = changes.get("probability", 0.9875)
        fields = {
            "title": "Rain over the harbour - Daily Example",
            "headline": "Rain over the harbour",
            "probability": probability,
            "is_mismatch": probability > 0.5,
            "p_value": 0.0004,
            "false_alarm_rate": 0.005,
            "prior": 0.5,
            "log_odds": math.log(probability / (1 - probability)) if probability < 1 else 0.0,
            "mode": "fast",
            "reasons": ("unrelated",),
            "paragraphs": tuple(made),
            "evidence": {"best": 0.1},
        }
        return Score(**{**fields, **changes})

    return make
