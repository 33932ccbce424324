"""An audit for a reader: a summary in lines of text, and a view for notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from mismatch.display.charts import distribution_chart, position_chart
from mismatch.display.plain import fit, probability_in_words, shorten, visible
from mismatch.display.report_style import CSS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mismatch.auditing import AuditReport

LISTED = 8  # of each kind of finding
ODDEST = 10  # rows shown in a notebook

CAUSES = {
    "shifted": "the title column is displaced here",
    "swapped": "has the title of another row, and that row has its title",
    "moved": "its title or its body was found in another row",
    "unrelated": "no better match was found in the table",
}


def percent(share: float) -> str:
    """Say a share with two digits.

    Examples
    --------
    >>> percent(0.0312), percent(float("nan"))
    ('3.1 %', 'unknown')
    """
    return "unknown" if share != share else f"{100 * share:.2g} %"  # noqa: PLR0124 - NaN


def findings(report: AuditReport) -> dict[str, list[str]]:
    """What happened to a table: lines of plain text under a heading for each kind."""
    return {
        "Displaced titles": list(map(str, report.shifts)),
        "Swapped titles": list(map(str, report.swaps)),
        "One body under many titles": [
            f"{repeat.others:,} titles over {_quoted(repeat.text)}"
            for repeat in report.repeated_bodies
        ],
        "One title over many bodies": [
            f"{repeat.others:,} bodies under {_quoted(repeat.text)}"
            for repeat in report.repeated_titles
        ],
        "Unusually many mismatches": list(map(str, report.groups)),
    }


def _quoted(text: str) -> str:
    return f"“{fit(visible(text), 70)}”"


def listed(lines: list[str], limit: int = LISTED) -> Iterable[str]:
    """The first lines, and how many more there are."""
    yield from lines[:limit]
    if len(lines) > limit:
        yield f"and {len(lines) - limit:,} more"


def report_to_text(report: AuditReport, width: int = 100) -> str:
    """Say an audit in lines of text, the ten oddest rows among them.

    Control characters in the articles' text are replaced.
    """
    flagged = int(report.flagged.sum())
    unscored = sum(problem is not None for problem in report.problem)
    causes = ", ".join(f"{count:,} {cause}" for cause, count in report.counts.items())
    lines = [
        f"{len(report):,} rows: {flagged:,} flagged at a false-discovery rate of "
        f"{percent(report.fdr)}, {unscored:,} not scored",
        f"  estimated share of mismatches: {percent(report.prior)}",
    ]
    if flagged:
        kept = len(report.unrepaired)
        lines.append(f"  {causes}; repair() mends {flagged - kept:,}, {kept:,} stay")
    for heading, found in findings(report).items():
        if found:
            lines += ["", f"{heading} ({len(found):,})"]
            lines += [f"  {fit(visible(line), width - 2)}" for line in listed(found)]
    if flagged:
        lines += ["", "Oddest rows"]
    for row in report.rows[:ODDEST].tolist():
        title = fit(visible(report.titles[row] or ""), width - 34)
        probability = probability_in_words(float(report.probability[row]))
        lines.append(f"  {row:>9,}  {report.cause[row]:<9}  {probability:>7}  {title}")
    return "\n".join(lines)


def safe(text: str) -> str:
    """Text of an article, inert and visible."""
    return escape(visible(text))


def facts_to_html(report: AuditReport) -> str:
    """The counts, as a row of figures."""
    unscored = sum(problem is not None for problem in report.problem)
    mended = int(report.flagged.sum()) - len(report.unrepaired)
    facts = [
        (f"{len(report):,}", "articles"),
        (f"{int(report.flagged.sum()):,}", "flagged"),
        (percent(report.prior), "mismatches, estimated"),
        (f"{mended:,}", "mended by repair()"),
        (f"{unscored:,}", "not scored"),
    ]
    cells = "".join(
        f"<div><b>{escape(n)}</b><span>{escape(what)}</span></div>" for n, what in facts
    )
    return f'<div class="ma-facts">{cells}</div>'


def findings_to_html(report: AuditReport, limit: int = LISTED) -> str:
    """What happened to the table, one card a kind."""
    cards = "".join(
        f'<section class="ma-card"><h3>{escape(heading)} <i>{len(found):,}</i></h3><ul>'
        + "".join(f'<li dir="auto">{safe(line)}</li>' for line in listed(found, limit))
        + "</ul></section>"
        for heading, found in findings(report).items()
        if found
    )
    return f'<div class="ma-cards">{cards}</div>' if cards else ""


def charts_to_html(report: AuditReport) -> str:
    """The two plots, side by side where there is room."""
    return (
        '<div class="ma-cards"><section class="ma-card"><h3>Log-odds of a mismatch</h3>'
        f"{distribution_chart(report.log_odds, report.flagged)}"
        '<p class="ma-foot">Rows on a logarithmic scale; vermilion: flagged.</p></section>'
        '<section class="ma-card"><h3>Where in the table</h3>'
        f"{position_chart(report.flagged, [(s.start, s.stop) for s in report.shifts])}"
        '<p class="ma-foot">Share of flagged rows; shaded: displaced titles.</p></section></div>'
    )


def report_to_html(report: AuditReport) -> str:
    """Show an audit in a notebook: counts, what happened, plots, the ten oddest rows."""
    rows = "".join(_row_to_html(report, row) for row in report.rows[:ODDEST].tolist())
    table = (
        "<table><thead><tr><th>row</th><th>cause</th><th>probability</th><th>title</th>"
        f"<th>fits better</th></tr></thead><tbody>{rows}</tbody></table>"
    )
    return (
        f'<div class="mismatch-audit tex2jax_ignore mathjax_ignore"><style>{CSS}</style>'
        + facts_to_html(report)
        + findings_to_html(report)
        + charts_to_html(report)
        + (table if rows else "")
        + f'<p class="ma-foot">{escape(rule_in_words(report))}</p></div>'
    )


def rule_in_words(report: AuditReport) -> str:
    """How the rows were chosen, in a sentence."""
    return (
        f"Flagged so that about {percent(report.fdr)} of the flagged rows may be genuine, "
        f"by their probabilities, and as part of a displaced stretch or a swap; "
        f"scored in mode {visible(report.detector.mode)}. Rows are counted from 0."
    )


def _row_to_html(report: AuditReport, row: int) -> str:
    best = report.right_title(row)
    fits = "" if best is None else report.titles[best] or ""
    return (
        f'<tr><td>{row:,}</td><td><span class="ma-chip ma-{report.cause[row]}">'
        f"{report.cause[row]}</span></td>"
        f"<td>{escape(probability_in_words(float(report.probability[row])))}</td>"
        f'<td dir="auto">{safe(shorten(report.titles[row] or "", 120))}</td>'
        f'<td dir="auto">{safe(shorten(fits, 120))}</td></tr>'
    )
