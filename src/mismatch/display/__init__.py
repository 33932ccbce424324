"""Scores for a reader: HTML for notebooks, plain text for terminals. All text is made inert."""

from mismatch.display.html import batch_to_html, score_to_html
from mismatch.display.terminal import score_to_text

__all__ = ["batch_to_html", "score_to_html", "score_to_text"]
