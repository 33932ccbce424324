"""A score as HTML: the paragraphs as a heat map.

Nothing is known of the page that it is put into. Text therefore takes the page's own colour, and
tints are half transparent, so that light and dark themes both work without being asked for.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from mismatch.display.plain import (
    interval_in_words,
    probability_in_words,
    rarity_in_words,
    shorten,
    visible,
)
from mismatch.display.style import CSS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mismatch.batch import ScoreBatch
    from mismatch.results import Paragraph, Score

MAX_PARAGRAPHS = 60
MAX_LETTERS = 700
MAX_ROWS = 10

# Notebooks typeset whatever stands between dollar signs unless told not to.
_BARE = '<div class="mismatch-score tex2jax_ignore mathjax_ignore">'
_OPEN = f"{_BARE}<style>{CSS}</style>"


def score_to_html(score: Score, *, style: bool = True) -> str:
    """Show a score as a self-contained piece of HTML, for notebooks and reports.

    Parameters
    ----------
    score : Score
        What to show.
    style : bool, default True
        Whether to bring the style along; a page of many scores needs it once.

    Returns
    -------
    str
        One ``div``: verdict, headline, probability, reasons, the headline's words that nothing in
        the body answers (listed, and underlined in the headline), and the paragraphs tinted by
        similarity, the first 60 of them, each up to 700 characters. All text is escaped.
    """
    kind, verdict = ("odd", "Mismatch") if score.is_mismatch else ("fits", "Match")
    reasons = "".join(
        f"<li><b>{escape(reason.replace('_', ' '))}</b> {escape(reason.text)}</li>"
        for reason in score.reasons
    )
    if score.unfamiliar:
        reasons += f"<li><b>unfamiliar</b> {_safe(score.unfamiliar)}</li>"
    if missing := ", ".join(word.text for word in score.missing_words):
        reasons += f"<li><b>missing</b> {_safe(shorten(missing, MAX_LETTERS))}</li>"
    return (
        (_OPEN if style else _BARE)
        + f'<div class="ms-head"><span class="ms-chip ms-{kind}">{verdict}</span>'
        f'<span class="ms-headline" dir="auto">{_headline_to_html(score)}</span></div>'
        f'<div class="ms-facts"><span>probability of a mismatch</span>'
        f'<span class="ms-gauge" aria-hidden="true">'
        f'<i class="ms-{kind}" style="width:{100 * score.probability:.1f}%"></i></span>'
        f"<b>{escape(probability_in_words(score.probability))}</b>"
        f"<span>({interval_in_words(*score.interval)})</span>"
        f"<span>{escape(rarity_in_words(score.p_value))}</span></div>"
        + (f'<ul class="ms-reasons">{reasons}</ul>' if reasons else "")
        + _paragraphs_to_html(score.paragraphs)
        + f'<div class="ms-foot">decided at {100 * score.false_alarm_rate:g} % false alarms'
        f" · prior {score.prior:.2g} · mode {_safe(score.mode)} · number and tint: similarity"
        " to the headline, −1 to 1</div></div>"
    )


def _headline_to_html(score: Score) -> str:
    """The headline, the words that nothing in the body answers underlined."""
    parts, done = [], 0
    for word in score.missing_words:
        parts.append(_safe(score.headline[done : word.start]))
        parts.append(f'<span class="ms-missing">{_safe(word.text)}</span>')
        done = word.end
    return "".join(parts) + _safe(score.headline[done:])


def _paragraphs_to_html(paragraphs: Sequence[Paragraph]) -> str:
    rows = "".join(_paragraph_to_html(p) for p in paragraphs[:MAX_PARAGRAPHS])
    more = ""
    if hidden := paragraphs[MAX_PARAGRAPHS:]:
        foreign = sum(p.foreign for p in hidden)
        told = f", {foreign:,} of them foreign" if foreign else ""
        more = f'<div class="ms-more">and {len(hidden):,} more paragraphs{told}</div>'
    return f'<div class="ms-body">{rows}</div>{more}'


def _paragraph_to_html(paragraph: Paragraph) -> str:
    text = _safe(shorten(paragraph.text.strip(), MAX_LETTERS))
    if paragraph.similarity is None:
        label, style, kind = escape(paragraph.role.value), "", " ms-aside"
    else:
        strength = max(paragraph.similarity, 0.0)
        number = f"{paragraph.similarity:.2f}".replace("-", "−")
        bar = f'<i style="width:{strength:.0%}"></i>'
        label = f'{number}<span class="ms-gauge" aria-hidden="true">{bar}</span>'
        style = f' style="--ms-tint:{0.03 + 0.5 * strength:.2f}"'
        kind = " ms-foreign" if paragraph.foreign else ""
    mark = '<span class="ms-mark">foreign</span> ' if paragraph.foreign else ""
    return (
        f'<div class="ms-row{kind}"{style}><div class="ms-label">{label}</div>'
        f'<div class="ms-text" dir="auto">{mark}{text}</div></div>'
    )


def batch_to_html(batch: ScoreBatch) -> str:
    """Show a batch's counts and its ten oddest rows as HTML.

    Parameters
    ----------
    batch : ScoreBatch
        What to show; the rows shown are scored in full for their headlines and reasons.

    Returns
    -------
    str
        One ``div`` with its own style. All text is escaped.
    """
    problems = sum(problem is not None for problem in batch.problem)
    # NaN sorts last, so rows that could not be scored come after all others.
    oddest = np.argsort(-batch.probability, kind="stable")[: min(MAX_ROWS, len(batch) - problems)]
    rows = "".join(_batch_row_to_html(int(row), batch) for row in oddest)
    table = (
        "<table><thead><tr><th>row</th><th></th><th>probability</th><th>p-value</th>"
        f"<th>headline</th><th>reasons</th></tr></thead><tbody>{rows}</tbody></table>"
    )
    return (
        f'{_OPEN}<div class="ms-facts"><b>{len(batch):,}</b> articles'
        f"<b>{int(batch.is_mismatch.sum()):,}</b> flagged<b>{problems:,}</b> not scored</div>"
        + (table if rows else "")
        + (f'<div class="ms-foot">the {len(oddest)} oddest rows</div></div>' if rows else "</div>")
    )


def _batch_row_to_html(row: int, batch: ScoreBatch) -> str:
    score = batch[row]
    flag = '<span class="ms-chip ms-odd">Mismatch</span>' if score.is_mismatch else ""
    reasons = ", ".join(reason.replace("_", " ") for reason in score.reasons)
    return (
        f"<tr><td>{row:,}</td><td>{flag}</td>"
        f"<td>{escape(probability_in_words(score.probability))}</td><td>{score.p_value:.2g}</td>"
        f'<td dir="auto">{_safe(shorten(score.headline, 120))}</td><td>{escape(reasons)}</td></tr>'
    )


def _safe(text: str) -> str:
    return escape(visible(text))
