"""A score as plain text, for ``print`` and for terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mismatch.display.plain import (
    fit,
    interval_in_words,
    probability_in_words,
    rarity_in_words,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mismatch.results import Paragraph, Score

_LABEL = 12  # columns: the longest label is 'boilerplate'
# Of the 256 terminal colours, backgrounds from faint to strong blue, all legible under white text.
_BLUES = (235, 236, 17, 18, 19, 20)


def score_to_text(
    score: Score, width: int = 88, paragraphs: int | None = None, *, color: bool = False
) -> str:
    """Say a score in lines of text.

    Parameters
    ----------
    score : Score
        What to print.
    width : int, default 88
        Columns; at least 40 are used.
    paragraphs : int, optional
        How many paragraphs to show at most, the telling ones; all by default.
    color : bool, default False
        Tint paragraphs by similarity with ANSI escape codes.

    Returns
    -------
    str
        Verdict, headline, reasons and paragraphs, one a line, without a closing newline. Control
        characters in the article's text are replaced.
    """
    width = max(width, 40)
    verdict = "Mismatch" if score.is_mismatch else "Match"
    missing = visible(", ".join(word.text for word in score.missing_words))
    lines = [
        f"{verdict}: probability of a mismatch {probability_in_words(score.probability)} "
        f"({interval_in_words(*score.interval)}; prior {score.prior:.2g}), "
        f"p-value {score.p_value:.2g}",
        f"  {rarity_in_words(score.p_value)}; decided at {100 * score.false_alarm_rate:g} %"
        " false alarms",
        f"  {fit(visible(score.headline), width - 2)}",
        *(f"  {reason}: {reason.text}" for reason in score.reasons),
        *([f"  unfamiliar: {score.unfamiliar}"] if score.unfamiliar else []),
        *([f"  missing: {fit(missing, width - 11)}"] if missing else []),
        "",
    ]
    shown = _telling(score.paragraphs, paragraphs)
    lines += [_line(paragraph, width, color=color) for paragraph in shown]
    if hidden := len(score.paragraphs) - len(shown):
        lines.append(f"{'':>{_LABEL}}  … {hidden:,} more paragraph{'s' if hidden > 1 else ''}")
    return "\n".join(lines)


def _telling(paragraphs: Sequence[Paragraph], limit: int | None) -> list[Paragraph]:
    """Choose the foreign, the most similar and a few of those that were set aside, in order."""
    if limit is None or len(paragraphs) <= limit:
        return list(paragraphs)
    foreign = [p for p in paragraphs if p.foreign][: limit // 3]
    aside = [p for p in paragraphs if p.similarity is None][: limit // 3]
    rest = [p for p in paragraphs if p.similarity is not None and not p.foreign]
    rest.sort(key=lambda p: -(p.similarity or 0.0))
    chosen = foreign + aside + rest[: limit - len(foreign) - len(aside)]
    return sorted(chosen, key=lambda p: p.start)


def _line(paragraph: Paragraph, width: int, *, color: bool) -> str:
    similarity = paragraph.similarity
    text = visible(paragraph.text)
    if similarity is None:
        line = f"{paragraph.role.value:>{_LABEL}}  {fit(text, width - _LABEL - 2)}"
        return f"\x1b[2m{line}\x1b[0m" if color else line
    filled = round(5 * max(similarity, 0.0))
    label = f"{'█' * filled}{'░' * (5 - filled)} {similarity:5.2f}"
    mark = "[foreign] " if paragraph.foreign else ""
    text = fit(mark + text, width - _LABEL - 2)
    if color:
        tint = _BLUES[round((len(_BLUES) - 1) * max(similarity, 0.0))]
        text = f"\x1b[97;48;5;{tint}m{text}\x1b[0m"
    return f"{label:>{_LABEL}}  {text}"
