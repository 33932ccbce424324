"""How far probabilities and p-values can be trusted: ``python benchmarks/trust.py [MODE...]``.

Evidence is measured once and kept under ``build/trust``. Prints tables in Markdown; ``--plot FILE``
draws the reliability diagrams of the docs. Articles that ``data/wrong_labels.json`` lists are left
out: their bodies are not their headlines'.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

import trust_feeds
from metrics import calibration_error
from mismatch import Detector
from mismatch.calibration import Calibration, probability
from mismatch.feed import GRID, fit_map
from mismatch.prior import estimate_prior
from mismatch.training.calibrating import (
    ELSEWHERE,
    RARELY_HARD,
    WORST,
    conservative_reference,
    masks_of_sources,
    sources,
    weights_of,
)
from mismatch.training.corpora import NEWS, read_stages
from mismatch.venn_abers import venn_abers
from raw_scores import UNSEEN, Scored, score_stage
from sets import MODES, OUT_OF_DOMAIN, find_corpora, without_wrong_labels
from trust_measures import (
    LEVELS,
    brier,
    by_chance,
    covered,
    heading,
    intervals_of,
    is_valid,
    log_loss,
    p_values_against,
    row,
    stated_by,
)

Floats = NDArray[np.float64]
RATE = 0.005
LEAST_SOURCE = 100  # genuine articles of an outlet that is looked at by itself
DRAWS = 20
ROWS = 5_000
SHARES = (0.001, 0.01, 0.05, 0.3)
LENGTHS = (0, 30, 60, 120, 300, 1_000, 10**9)  # words
UNDECIDED = (0.05, 0.95)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modes", nargs="*", default=MODES)
    parser.add_argument("--work", type=Path, default=Path("build/trust"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    folder = find_corpora()
    if folder is None:
        return 0
    stages = {
        stage: {name: without_wrong_labels(rows) for name, rows in corpora.items()}
        for stage, corpora in read_stages(folder).items()
    }
    shown = {}
    for mode in options.modes:
        pairs = {
            stage: score_stage(mode, stage, stages, options.work, options.workers)
            for stage in ("calibrator", "test", *["feeds"] * (mode == "fast"))
        }
        test = pairs["test"]
        detector = Detector(mode)
        calibration = detector.calibration
        shown[mode] = calibration, test
        print(f"\n# mode {mode}")
        calibrator = on_one_scale(calibration, pairs["calibrator"])
        probabilities(calibration, calibrator, test)
        if mode == "fast":  # of the others too few pairs are read
            choices(calibrator)
        validity(calibration, calibrator, test)
        intervals(calibration, test)
        priors(calibration, test)
        feeds = pairs.get("feeds", test)
        trust_feeds.calibrating(calibration, feeds)
        trust_feeds.validity(calibration, feeds)
        if mode != "auto":  # what is fitted reads every pair
            trust_feeds.fitting(detector.classifier, calibration, feeds)
    if options.plot:
        draw(shown, options.plot)
    return 0


def on_one_scale(calibration: Calibration, pairs: Scored) -> Scored:
    """The same pairs; the scores of those that cannot be read, as if they had been."""
    return replace(pairs, score=calibration.as_read(pairs.score))


def sets(test: Scored) -> dict[str, Scored]:
    """Random swaps of the test corpora; politics also with titles of the same outlet and week."""
    found = {name: test.of(name, "genuine", "random") for name in (NEWS, *UNSEEN)}
    week = test.of(NEWS, "week")
    rows = np.flatnonzero((test.corpus == NEWS) & (test.kind == "week"))
    # The genuine pair of an article comes before its others.
    genuine = np.flatnonzero(test.kind == "genuine")
    own = genuine[np.searchsorted(genuine, rows) - 1]
    chosen = np.zeros(len(test.kind), dtype=bool)
    chosen[np.r_[rows, own]] = True
    assert len(week.score) == len(own)
    return {**found, f"{NEWS}, same week": test.select(chosen)}


def probabilities(calibration: Calibration, calibrator: Scored, test: Scored) -> None:
    """Every way of calibrating, fitted on the calibrator's articles and held against the test's."""
    ways = {
        name: lambda s, way=way: way(calibration.as_read(s))
        for name, way in fit_ways(calibrator).items()
    }
    ways["shipped"] = lambda s: stated_by(calibration, s)
    heading(
        "ECE (15 equal-count bins) of the ways of calibrating",
        "set", "pairs", *ways, "by chance",
    )  # fmt: skip
    elsewhere: list[list[float]] = []
    for name, pairs in sets(test).items():
        stated = [way(pairs.score) for way in ways.values()]
        errors = [calibration_error(p, pairs.label) for p in stated]
        errors.append(by_chance(stated[-1]))
        if name in OUT_OF_DOMAIN:
            elsewhere.append(errors)
        row(name, f"{len(pairs.score):,}", *(f"{e:.4f}" for e in errors))
    row("mean of the four en_ sets", "", *(f"{e:.4f}" for e in np.mean(elsewhere, axis=0)))
    for title, loss in (("Brier score", brier), ("Log loss", log_loss)):
        heading(title, "set", *ways)
        for name, pairs in sets(test).items():
            row(name, *(f"{loss(way(pairs.score), pairs.label):.4f}" for way in ways.values()))


Way = Callable[[Floats], Floats]


def fit_ways(pairs: Scored) -> dict[str, Way]:
    """Maps from raw score to probability; the raw score itself is the first."""
    s, y = pairs.score, pairs.label
    w = weights_of(pairs, RARELY_HARD, ELSEWHERE)  # type: ignore[arg-type]
    platt = LogisticRegression(C=1e6).fit(s[:, None], y, w)
    warm = LogisticRegression(C=1e6, fit_intercept=False).fit(s[:, None], y, w)
    isotonic = IsotonicRegression(out_of_bounds="clip").fit(s, y, w)
    bent = fit_map(Calibration(GRID, GRID, np.zeros(1)), s, y, w, 1e-3)
    knots = np.unique(np.quantile(s, np.linspace(0, 1, 200)))
    n = w.sum() / (w**2).sum()
    low, high = venn_abers(s, y, w * n, knots)
    merged = high / (1 - low + high)
    return {
        "before": probability,
        "temperature": lambda x: warm.predict_proba(x[:, None])[:, 1],
        "Platt": lambda x: platt.predict_proba(x[:, None])[:, 1],
        "beta": lambda x: probability(np.interp(x, GRID, bent)),
        "isotonic": isotonic.predict,
        "Venn-Abers": lambda x: np.interp(x, knots, merged),
    }


def choices(calibrator: Scored) -> None:
    """What the reference of p-values was chosen by: each source of the calibrator left out."""
    heading(
        "References of p-values, each source of the calibrator left out in turn: its share of "
        "genuine articles with p <= a, mean over the sources, by a",
        "reference", *(f"{a:g}" for a in LEVELS), "sources valid at all", f"recall at {RATE:g}",
    )  # fmt: skip
    masks = masks_of_sources(calibrator)  # type: ignore[arg-type]
    tried = (None, *((low, 1.0) for low in (0.8, 0.85, WORST[0], 0.93, 1.0)))
    for worst in tried:
        shares, valid, recall = [], [], []
        for chosen in masks:
            p = p_values_against(reference(calibrator.select(~chosen), worst))
            own = p(calibrator.score[chosen & (calibrator.kind == "genuine")])
            shares.append([(own <= a).mean() / a for a in LEVELS])
            valid.append(all(is_valid(own, a) for a in LEVELS))
            odd = p(calibrator.score[chosen & (calibrator.kind == "random")])
            recall += [(odd <= RATE).mean()] if len(odd) else []
        name = "all articles alike"
        if worst is not None:
            name = f"quantile {' to '.join(f'{w:g}' for w in sorted(set(worst)))} of sources"
        row(
            name, *(f"{share:.2f}" for share in np.mean(shares, axis=0)),
            f"{sum(valid)} of {len(masks)}", f"{np.mean(recall):.3f}",
        )  # fmt: skip


def reference(pairs: Scored, worst: tuple[float, float] | None) -> Floats:
    if worst is None:
        return np.sort(pairs.score[pairs.label == 0])
    return conservative_reference(sources(pairs.score, pairs), worst)  # type: ignore[arg-type]


def validity(calibration: Calibration, calibrator: Scored, test: Scored) -> None:
    """Share of genuine articles of unseen sources whose p-value is at most a level."""
    alike = p_values_against(reference(calibrator, None))
    ways = {
        "all articles alike": lambda s: alike(calibration.as_read(s)),
        "shipped": calibration.p_values,
    }
    for way, p in ways.items():
        heading(
            f"P(p <= a) in %, {way}; * is more than chance (5 %) allows",
            "unseen source", "articles", *(f"{a:g}" for a in LEVELS),
        )  # fmt: skip
        valid = []
        for source, scores in unseen_sources(test).items():
            own = p(scores)
            marks = [is_valid(own, a) for a in LEVELS]
            valid.append(all(marks))
            cells = [
                f"{100 * (own <= a).mean():.2f}{' *' * (not m)}"
                for a, m in zip(LEVELS, marks, strict=True)
            ]
            row(source, f"{len(own):,}", *cells)
        recalls = [
            f"{name} {(p(test.of(name, 'random').score) <= RATE).mean():.3f}"
            for name in (NEWS, *OUT_OF_DOMAIN)
        ]
        print(f"\nvalid at every level: {sum(valid)} of {len(valid)}")
        print(f"recall at {RATE:g}: {', '.join(recalls)}")


def unseen_sources(test: Scored) -> dict[str, Floats]:
    """Genuine scores of outlets and corpora that the calibrator never saw."""
    politics = test.of(NEWS, "genuine")
    counts = Counter(politics.source.tolist())
    found = {
        outlet: politics.score[politics.source == outlet]
        for outlet, count in counts.most_common()
        if count >= LEAST_SOURCE
    }
    return found | {name: test.of(name, "genuine").score for name in UNSEEN}


def intervals(calibration: Calibration, test: Scored) -> None:
    """How often the share of mismatches lies where intervals say, and how wide these are."""
    heading(
        "Intervals: bins of 100 pairs whose share of mismatches may lie in the mean interval",
        "set", "familiar pairs", "bins covered", "median width", "unfamiliar pairs",
        "bins covered", "median width",
    )  # fmt: skip
    plain = test.select(np.isin(test.kind, ["genuine", "random"]))
    for name in (*(n for n in plain.corpora if n in (NEWS, *UNSEEN)), "all sets"):
        pairs = plain if name == "all sets" else plain.of(name, "genuine", "random")
        cells = []
        for strange in (False, True):
            some = pairs.select((pairs.unfamiliar != "") == strange)
            cells.append(f"{len(some.score):,}")
            if len(some.score) < 100:
                cells += ["", ""]
                continue
            inside = covered(calibration, some)
            width = np.median(np.ptp(intervals_of(calibration, some), axis=1))
            cells += [f"{sum(inside)} of {len(inside)}", f"{width:.3f}"]
        row(name, *cells)
    heading("Width of intervals by the body's length", "words", "pairs", "unfamiliar",
            "median width", "where 0.05 < P < 0.95")  # fmt: skip
    width = np.ptp(intervals_of(calibration, plain), axis=1)
    stated = stated_by(calibration, plain.score)
    open_ = (stated > UNDECIDED[0]) & (stated < UNDECIDED[1])
    for low, high in pairwise(LENGTHS):
        some = (plain.words >= low) & (plain.words < high)
        if some.sum() < 2:
            continue
        row(
            f"{low:,} to {high - 1:,}" if high < LENGTHS[-1] else f"{low:,} and more",
            f"{some.sum():,}", f"{(plain.unfamiliar[some] != '').mean():.0%}",
            f"{np.median(width[some]):.3f}",
            f"{np.median(width[some & open_]):.3f}" if (some & open_).any() else "",
        )  # fmt: skip


def priors(calibration: Calibration, test: Scored) -> None:
    """The share of mismatches estimated in rows of politics, where it is planted."""
    heading(
        f"Estimated share of mismatches, {ROWS:,} rows of politics drawn with replacement, "
        f"{DRAWS} draws",
        "planted", "median", "lowest", "highest", "within a factor of 1.5",
    )  # fmt: skip
    genuine, odd = (test.of(NEWS, kind).score for kind in ("genuine", "random"))
    for share in SHARES:
        found = []
        for seed in range(DRAWS):
            rng = np.random.default_rng(seed)
            k = round(ROWS * share)
            rows = np.r_[rng.choice(genuine, ROWS - k), rng.choice(odd, k)]
            found.append(estimate_prior(calibration.at_prior(rows, 0.5)))
        near = np.mean([share / 1.5 <= each <= share * 1.5 for each in found])
        spread = (f"{x:.4f}" for x in (np.median(found), min(found), max(found)))
        row(f"{share:g}", *spread, f"{near:.0%}")


def draw(shown: dict[str, tuple[Calibration, Scored]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "mismatch"
    from matplotlib import pyplot as plt

    from mismatch.plots import reliability

    figure, axes = plt.subplots(
        2, len(shown), figsize=(4 * len(shown), 8), layout="constrained", squeeze=False
    )
    for column, (mode, (calibration, test)) in zip(axes.T, shown.items(), strict=True):
        plain = test.select(np.isin(test.kind, ["genuine", "random"]))
        for ax, title, corpora in (
            (column[0], f"{mode}: politics, held-out outlets", (NEWS,)),
            (column[1], f"{mode}: four unseen sets", OUT_OF_DOMAIN),
        ):
            pairs = plain.select(np.isin(plain.corpus, corpora))
            reliability(stated_by(calibration, pairs.score), pairs.label, ax=ax)
            ax.set_title(title)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    sys.exit(main())
