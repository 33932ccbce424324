"""Plots as inline SVG: no script, nothing fetched, colours by the page's own style."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, FOOT, LEFT = 560, 170, 26, 34
BINS = 48
PLACES = 140  # bars along the table
SHOWN = 12.0  # log-odds beyond which all is drawn at the edge


def _svg(label: str, parts: Iterable[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT + FOOT}" role="img" aria-label="{label}">'
        + "".join(parts)
        + "</svg>"
    )


def _bar(x: float, width: float, span: tuple[float, float], kind: str, told: str) -> str:
    """A bar between two heights, 0 to 1, that says its numbers when pointed at."""
    low, high = span
    if high <= low:
        return ""
    y, height = HEIGHT * (1 - high), HEIGHT * (high - low)
    return (
        f'<rect class="ma-bar-{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}"><title>{told}</title></rect>'
    )


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _grid(y: float) -> str:
    return f'<line class="ma-grid" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _axis() -> str:
    return f'<line class="ma-axis" x1="{LEFT}" x2="{WIDTH}" y1="{HEIGHT}" y2="{HEIGHT}"/>'


def distribution_chart(log_odds: NDArray[np.float64], flagged: NDArray[np.bool_]) -> str:
    """Histogram of log-odds, flagged rows on top of the others, on a logarithmic scale.

    Parameters
    ----------
    log_odds : ndarray, shape (n,)
        NaN is left out; beyond ±12 all is drawn at the edge.
    flagged : ndarray of bool, shape (n,)

    Returns
    -------
    str
        An ``svg`` element.
    """
    known = ~np.isnan(log_odds)
    edges = np.linspace(-SHOWN, SHOWN, BINS + 1)
    shown = np.clip(log_odds[known], -SHOWN, SHOWN)
    every = np.histogram(shown, edges)[0]
    odd = np.histogram(shown[flagged[known]], edges)[0]
    top = math.log1p(max(1, int(every.max(initial=0))))
    step = (WIDTH - LEFT) / BINS
    parts = []
    for k, (count, found) in enumerate(zip(every.tolist(), odd.tolist(), strict=True)):
        x, told = LEFT + k * step, f"{count:,} rows, {found:,} flagged"
        height = math.log1p(count) / top
        split = height * (found / count) if count else 0.0
        parts.append(_bar(x + 1, step - 2, (0.0, split), "odd", told))
        parts.append(_bar(x + 1, step - 2, (split, height), "plain", told))
    most = max(1, int(every.max(initial=0)))
    ticks = [10**power for power in range(9) if 10**power < 0.6 * most]
    for count in (*ticks, most):
        y = HEIGHT * (1 - math.log1p(count) / top)
        parts.append(_text(LEFT - 6, y + 4, f"{count:,}", "end"))
        parts.append(_grid(y))
    for value in range(-12, 13, 4):
        x = LEFT + (value + SHOWN) / (2 * SHOWN) * (WIDTH - LEFT)
        anchor = "end" if value == 12 else "start" if value == -12 else "middle"
        parts.append(_text(x, HEIGHT + 18, str(value).replace("-", "−"), anchor))
    return _svg("Histogram of the log-odds of a mismatch", [*parts, _axis()])


def position_chart(flagged: NDArray[np.bool_], shifts: Sequence[tuple[int, int]]) -> str:
    """Share of flagged rows along the table, displaced stretches shaded.

    Parameters
    ----------
    flagged : ndarray of bool, shape (n,)
    shifts : sequence of (start, stop)

    Returns
    -------
    str
        An ``svg`` element.
    """
    n = len(flagged)
    edges = np.unique(np.linspace(0, n, min(PLACES, max(n, 1)) + 1).astype(int))
    scale = (WIDTH - LEFT) / max(n, 1)
    parts = [
        f'<rect class="ma-shade" x="{LEFT + start * scale:.1f}" y="0" '
        f'width="{max(1.0, (stop - start) * scale):.1f}" height="{HEIGHT}">'
        f"<title>displaced: rows {start:,} to {stop - 1:,}</title></rect>"
        for start, stop in shifts
    ]
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        found = int(flagged[start:stop].sum())
        told = f"rows {start:,} to {stop - 1:,}: {found:,} flagged"
        share = found / (stop - start)
        width = max(0.8, (stop - start) * scale - 1)
        parts.append(_bar(LEFT + start * scale, width, (0.0, share), "odd", told))
    for share in (0.5, 1.0):
        y = HEIGHT * (1 - share)
        parts.append(_text(LEFT - 6, y + 10 * share, f"{share:.0%}", "end"))
        parts.append(_grid(y))
    parts.append(_text(LEFT, HEIGHT + 18, "row 0", "start"))
    parts.append(_text(WIDTH, HEIGHT + 18, f"row {max(0, n - 1):,}", "end"))
    return _svg("Share of flagged rows along the table", [*parts, _axis()])
