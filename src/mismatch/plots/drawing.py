"""The plots themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from mismatch.extras import naming_extra
from mismatch.plots.numbers import (
    detection_curve_data,
    flags_of,
    heat_map_data,
    log_odds_of,
    reliability_data,
    score_distribution_data,
    scored,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mismatch.auditing import AuditReport
    from mismatch.batch import ScoreBatch
    from mismatch.results import Score

BLUE, VERMILION, GREY = "#0072b2", "#d55e00", "#808080"


def score_distribution(
    scores: ScoreBatch | AuditReport, *, bins: int = 40, ax: Axes | None = None
) -> Axes:
    """Draw how the log-odds of a mismatch are distributed, and the threshold.

    Parameters
    ----------
    scores : ScoreBatch or AuditReport
    bins : int, default 40
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Counts on a logarithmic axis; the line is the lowest log-odds that was flagged. In an
        audit, rows of a displaced stretch or a swap may be flagged below it.
    """
    data = score_distribution_data(scores, bins=bins)
    ax = _axes(ax)
    width = data["high"] - data["low"]
    plain = data["articles"] - data["flagged"]
    style: dict[str, Any] = {"align": "edge", "width": width * 0.92}
    ax.bar(data["low"], plain, color=BLUE, alpha=0.6, label="not flagged", **style)
    ax.bar(data["low"], data["flagged"], bottom=plain, color=VERMILION, label="flagged", **style)
    own = flags_of(scores)
    if hasattr(scores, "cause"):
        own &= np.isin(scores.cause, ["unrelated", "moved"])
    if own.any():
        threshold = float(np.nanmin(log_odds_of(scores.probability)[own]))
        ax.axvline(threshold, color=GREY, linestyle="--", label=f"threshold {threshold:.2f}")
    ax.set(xlabel="log-odds of a mismatch", ylabel="articles", yscale="symlog")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3)
    _tidy(ax)
    return ax


def reliability(
    probability: ArrayLike, label: ArrayLike, *, bins: int = 10, ax: Axes | None = None
) -> Axes:
    """Draw a reliability diagram with 95 % binomial intervals and the counts of the bins.

    Parameters
    ----------
    probability, label, bins
        As in `reliability_data`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
    """
    data = reliability_data(probability, label, bins=bins)
    ax = _axes(ax, (4.6, 4.4))
    ax.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="perfect")
    ax.fill_between(
        data["stated"], data["observed_low"], data["observed_high"], color=BLUE, alpha=0.18, lw=0
    )
    ax.plot(data["stated"], data["observed"], "o-", color=BLUE, label="observed")
    for x, y, count in zip(data["stated"], data["observed_high"], data["articles"], strict=True):
        ax.annotate(f"{count:,}", (x, y), (0, 4), textcoords="offset points", ha="center", size=8)
    ax.set(
        xlabel="stated probability of a mismatch", ylabel="share of mismatches",
        xlim=(-0.03, 1.03), ylim=(-0.03, 1.08),
    )  # fmt: skip
    ax.legend(frameon=False)
    _tidy(ax)
    return ax


def detection_curve(
    score: ArrayLike, label: ArrayLike, *, name: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw recall against the false-alarm rate on a logarithmic axis.

    Parameters
    ----------
    score, label
        As in `detection_curve_data`.
    name : str, optional
        For the legend, where several curves are drawn on one pair of axes.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        From half a false alarm in the sample up to 1.
    """
    data = detection_curve_data(score, label)
    genuine = int((~scored(score, label)[1]).sum())
    ax = _axes(ax, (5.4, 4.0))
    floor = 0.5 / genuine
    rates = np.maximum(data["false_alarm_rate"], floor)
    ax.plot([floor, *rates], [0, *data["recall"]], drawstyle="steps-post", label=name)
    ax.set(
        xscale="log", xlim=(floor, 1), ylim=(0, 1.02), xlabel="false-alarm rate", ylabel="recall"
    )
    if name is not None:
        ax.legend(frameon=False, loc="lower right")
    _tidy(ax)
    return ax


def heat_map(score: Score, *, ax: Axes | None = None) -> Axes:
    """Draw the similarity of every paragraph to the headline.

    Parameters
    ----------
    score : Score
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        One bar a paragraph, the first on top, in a row as high as the paragraph's share of the
        text; foreign ones in vermilion, paragraphs that were not compared in grey.
    """
    from mismatch.display.plain import fit, visible

    data = heat_map_data(score)
    ax = _axes(ax, (6.4, 1.2 + 0.28 * len(data)))
    place = data["paragraph"].to_numpy()
    compared = data["similarity"].notna().to_numpy()
    strength = data["similarity"].fillna(0.0).to_numpy()
    colors = np.where(data["foreign"], VERMILION, BLUE)
    for y, bar, color, known in zip(place, strength, colors, compared, strict=True):
        tint = 0.03 + 0.5 * max(bar, 0.0) if known else 0.1
        ax.axhspan(y - 0.46, y + 0.46, color=color if known else GREY, alpha=tint, linewidth=0)
    ax.barh(place[compared], strength[compared], height=0.3, color=colors[compared])
    labels = [
        fit(visible(text), 40) + ("" if known else f" ({role})")
        for text, role, known in zip(data["text"], data["role"], compared, strict=True)
    ]
    # Dollar signs would be read as mathematics.
    ax.set_yticks(place, [label.replace("$", r"\$") for label in labels], size=8)
    ax.set(xlim=(min(0.0, *strength, 0.0) - 0.02, 1), xlabel="similarity to the headline")
    ax.set_title(fit(visible(score.headline), 60).replace("$", r"\$"), size=10, loc="left")
    ax.invert_yaxis()
    ax.spines[["top", "right", "left"]].set_visible(False)
    return ax


def _axes(ax: Axes | None, size: tuple[float, float] = (6.4, 3.6)) -> Axes:
    if ax is not None:
        return ax
    with naming_extra("plots need matplotlib", "plots"):
        from matplotlib import pyplot as plt
    new: Axes = plt.subplots(figsize=size, layout="constrained")[1]
    return new


def _tidy(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, alpha=0.25, linewidth=0.6)
    ax.set_axisbelow(True)
