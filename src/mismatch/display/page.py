"""An audit as one page that fetches nothing and runs no script but its own."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from html import escape
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

import numpy as np

from mismatch.display.audit import (
    CAUSES,
    charts_to_html,
    facts_to_html,
    findings_to_html,
    rule_in_words,
    safe,
)
from mismatch.display.html import score_to_html
from mismatch.display.plain import probability_in_words, shorten
from mismatch.display.report_style import CSS, PAGE_CSS, SCRIPT
from mismatch.display.style import CSS as SCORE_CSS
from mismatch.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mismatch.auditing import AuditReport, Candidate

FOUND = 50  # findings of a kind
UNSCORED = 200  # rows that could not be scored
BEGINNING = 160  # characters of another row's body

_HEAD = (
    '<div class="ma-columns" aria-hidden="true"><span>row</span><span>cause</span>'
    "<span>probability</span><span>title</span></div>"
)


def report_to_page(report: AuditReport, rows: int = 500) -> str:
    """Write an audit as HTML.

    Parameters
    ----------
    report : AuditReport
    rows : int, default 500
        How many flagged rows to show, the oddest of each cause in turn.

    Returns
    -------
    str
        A whole document. All text of the table is escaped, and a content security policy allows
        no resource and no script but the one whose digest it names.
    """
    flagged = int(report.flagged.sum())
    shown = choose_rows(report, rows)
    listed = "".join(_row(report, row) for row in shown)
    told = f"{flagged:,} flagged rows"
    if len(shown) < flagged:
        told += f", the {len(shown):,} oddest of each cause"
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Audit of {len(report):,} articles</title>"
        f"<style>{SCORE_CSS}{CSS}{PAGE_CSS}</style></head>"
        '<body class="mismatch-audit-page"><main class="mismatch-audit">'
        "<h1>Do the headlines belong to their bodies?</h1>"
        + facts_to_html(report)
        + findings_to_html(report, FOUND)
        + charts_to_html(report)
        + f'<p class="ma-foot">{escape(rule_in_words(report))}</p>'
        + (f"<h2>{told}</h2>{_tools(report)}" if listed else "<h2>No row is flagged</h2>")
        + (f'{_HEAD}<div class="ma-rows">{listed}</div>' if listed else "")
        + _unscored(report)
        + "</main>"
        + (f"<script>{SCRIPT}</script>" if listed else "")
        + "</body></html>\n"
    )


def choose_rows(report: AuditReport, limit: int) -> list[int]:
    """The oddest rows, taken from each cause in turn, the oddest first."""
    by_cause: dict[str, list[int]] = defaultdict(list)
    for row in report.rows.tolist():
        by_cause[report.cause[row]].append(row)
    turns = chain.from_iterable(zip_longest(*by_cause.values()))
    chosen = {
        row for row, _ in zip((r for r in turns if r is not None), range(limit), strict=False)
    }
    return [row for row in report.rows.tolist() if row in chosen]


def _tools(report: AuditReport) -> str:
    causes = "".join(
        f'<option value="{cause}">{cause} ({count:,})</option>'
        for cause, count in report.counts.items()
    )
    return (
        '<div class="ma-tools"><input id="ma-text" type="search" aria-label="Search the titles" '
        'placeholder="Search the titles">'
        f'<label>Cause <select id="ma-cause"><option value="">any</option>{causes}</select></label>'
        '<label>Sort by <select id="ma-order"><option value="odds">oddest first</option>'
        '<option value="row">row</option><option value="fit">best fitting title</option></select>'
        "</label><output></output></div>"
    )


def _row(report: AuditReport, row: int) -> str:
    cause, odds = report.cause[row], float(np.nan_to_num(report.log_odds[row]))
    titles, bodies = report.titles_for.get(row, ()), report.bodies_for.get(row, ())
    fit = titles[0].probability if titles else 0.0
    better, best = "", report.right_title(row)
    if best is not None:
        title = safe(shorten(report.titles[best] or "", 200))
        better = f'<span class="ma-fits" dir="auto">fits: {title}</span>'
    return (
        f'<details data-row="{row}" data-odds="{odds:.4f}" data-cause="{cause}" '
        f'data-fit="{fit:.4f}"><summary><span class="ma-number">{row:,}</span>'
        f'<span><span class="ma-chip ma-{cause}" title="{CAUSES[cause]}">{cause}</span></span>'
        f"<span>{escape(probability_in_words(float(report.probability[row])))}</span>"
        f'<span class="ma-title" dir="auto">{safe(shorten(report.titles[row] or "", 300))}</span>'
        f'{better}</summary><div class="ma-inside">'
        + _candidates("Titles of the table that fit this body", titles, report.titles)
        + _candidates("Bodies of the table that fit this title", bodies, report.bodies)
        + _heat_map(report, row)
        + "</div></details>"
    )


def _candidates(heading: str, candidates: Sequence[Candidate], texts: Sequence[str | None]) -> str:
    if not candidates:
        return ""
    rows = "".join(
        f"<tr><td>row {c.row:,}</td><td>{escape(probability_in_words(c.probability))}</td>"
        f'<td dir="auto">{safe(shorten((texts[c.row] or "").strip(), BEGINNING))}</td></tr>'
        for c in candidates
    )
    return f'<h3>{heading}</h3><table class="ma-pairs"><tbody>{rows}</tbody></table>'


def _heat_map(report: AuditReport, row: int) -> str:
    try:
        return score_to_html(report.explain(row), style=False)
    except InputError as error:
        return f'<p class="ma-foot">{safe(error.fault)}</p>'


def _unscored(report: AuditReport) -> str:
    rows = [row for row, problem in enumerate(report.problem) if problem is not None]
    if not rows:
        return ""
    lines = "".join(
        f"<tr><td>{row:,}</td><td>{safe(report.problem[row])}</td>"
        f'<td dir="auto">{safe(shorten(report.titles[row] or "", 200))}</td></tr>'
        for row in rows[:UNSCORED]
    )
    first = f", the first {UNSCORED:,} here" if len(rows) > UNSCORED else ""
    return (
        f"<h2>{len(rows):,} rows could not be scored{first}</h2><table><thead><tr><th>row</th>"
        f"<th>problem</th><th>title</th></tr></thead><tbody>{lines}</tbody></table>"
    )
