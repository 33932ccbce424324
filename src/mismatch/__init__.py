"""Tells whether a headline belongs to its article.

>>> import mismatch
>>> s = mismatch.score("Title of an article", "Its body ...")  # doctest: +SKIP
>>> s.probability, s.is_mismatch, s.reasons  # doctest: +SKIP

Names are imported on first use, so that ``import mismatch`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mismatch.api import score, score_batch
    from mismatch.auditing import AuditReport, audit
    from mismatch.detector import Detector
    from mismatch.errors import InputError
    from mismatch.estimator import MismatchClassifier
    from mismatch.operating import OperatingPoint, OperatingPoints, operating_points
    from mismatch.results import Paragraph, Reason, Score, ScoreBatch, Word
    from mismatch.tables import score_frame
    from mismatch.text import Role

__version__ = "0.1.0"

__all__ = [
    "AuditReport",
    "Detector",
    "InputError",
    "MismatchClassifier",
    "OperatingPoint",
    "OperatingPoints",
    "Paragraph",
    "Reason",
    "Role",
    "Score",
    "ScoreBatch",
    "Word",
    "__version__",
    "audit",
    "operating_points",
    "score",
    "score_batch",
    "score_frame",
]

_ROOMS = {
    "AuditReport": "auditing",
    "Detector": "detector",
    "InputError": "errors",
    "MismatchClassifier": "estimator",
    "OperatingPoint": "operating",
    "OperatingPoints": "operating",
    "Paragraph": "results",
    "Reason": "results",
    "Role": "text",
    "Score": "results",
    "ScoreBatch": "results",
    "Word": "results",
    "audit": "auditing",
    "operating_points": "operating",
    "score": "api",
    "score_batch": "api",
    "score_frame": "tables",
}


def __getattr__(name: str) -> object:
    """Import a public name from its room on first use (PEP 562)."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported yet or not."""
    return sorted(__all__)
