"""How far probabilities and p-values can be trusted: ``python benchmarks/trust.py [MODE...]``.

Raw scores are measured once a mode and kept under ``build/trust``. Prints tables in Markdown;
``--plot FILE`` draws the reliability diagram of the docs.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from metrics import calibration_error
from mismatch import Detector
from mismatch.calibration import Calibration, probability
from mismatch.feed import GRID, calibrate_to, fit_map
from mismatch.prior import estimate_prior
from mismatch.training.calibrating import (
    ELSEWHERE,
    RARELY_HARD,
    WORST,
    conservative_reference,
    sources,
    weights_of,
)
from mismatch.training.corpora import corpora_folder, read_stages
from mismatch.venn_abers import venn_abers
from raw_scores import Scored, score_stage

Floats = NDArray[np.float64]
NEWS = "en_us_politics"
UNSEEN = (
    "en_event_clusters", "en_horne2017", "en_hyperpartisan", "en_isot_sample", "ar_saudinewsnet",
)  # fmt: skip
LEVELS = (0.001, 0.005, 0.01, 0.05, 0.1)
LEAST_SOURCE = 100  # genuine articles of an outlet that is looked at by itself
FEED = 1_000
SPLITS = 20
SURE = 1e-6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modes", nargs="*", default=["fast"])
    parser.add_argument("--work", type=Path, default=Path("build/trust"))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    folder = corpora_folder()
    if folder is None:
        print("skipped: needs the corpora; set MISMATCH_CORPORA to their folder")
        return 0
    stages = read_stages(folder)
    for mode in options.modes:
        pairs = {
            stage: score_stage(mode, stage, stages[stage], options.work, options.workers)
            for stage in ("calibrator", "test")
        }
        calibration = Detector(mode).calibration
        print(f"\n# mode {mode}\n")
        probabilities(calibration, pairs["calibrator"], pairs["test"])
        choices(pairs["calibrator"])
        validity(calibration, pairs["calibrator"], pairs["test"])
        feeds(calibration, pairs["calibrator"], pairs["test"])
        priors(calibration, pairs["test"])
        if options.plot:
            draw(calibration, pairs["test"], options.plot)
    return 0


def sets(test: Scored) -> dict[str, Scored]:
    """Random swaps of every test corpus; politics also with titles of the same outlet and week."""
    found = {f"{NEWS}, same week": test.of(NEWS, "genuine", "week")}
    return found | {name: test.of(name, "genuine", "random") for name in (NEWS, *UNSEEN)}


def probabilities(calibration: Calibration, calibrator: Scored, test: Scored) -> None:
    """Every way of calibrating, fitted on the calibrator's articles and held against the test's."""
    print("## ECE (15 equal-count bins) of the ways of calibrating\n")
    ways = fit_ways(calibrator)
    ways["shipped"] = lambda s: probability(calibration.at_prior(s, 0.5))
    row("set", "pairs", *ways, "by chance")
    line(len(ways) + 3)
    elsewhere = [[] for _ in ways]
    for name, pairs in sets(test).items():
        stated = [way(pairs.score) for way in ways.values()]
        errors = [calibration_error(p, pairs.label) for p in stated]
        for kept, error in zip(elsewhere, errors, strict=True):
            if name in UNSEEN[:4]:
                kept.append(error)
        chance = f"{by_chance(stated[-1]):.4f}"
        row(name, f"{len(pairs.score):,}", *(f"{e:.4f}" for e in errors), chance)
    row("mean of the four en_ sets", "", *(f"{np.mean(e):.4f}" for e in elsewhere), "")
    for title, loss in (("Brier score", brier), ("log loss", log_loss)):
        print(f"\n## {title}\n")
        row("set", *ways)
        line(len(ways) + 1)
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
    """What the reference of p-values was chosen by: each corpus of the calibrator left out."""
    print("\n## References of p-values, each calibrator corpus left out in turn\n")
    row("reference", *(f"valid at {a:g}" for a in LEVELS), "at all", "recall at 0.005")
    line(len(LEVELS) + 3)
    for worst in (None, 0.8, 0.9, WORST, 1.0):
        valid, recall = [], []
        for name in calibrator.corpora:
            rest = calibrator.select(calibrator.corpus != name)
            p = p_values_against(reference(rest, worst))
            own = p(calibrator.of(name, "genuine").score)
            valid.append([is_valid(own, a) for a in LEVELS])
            recall.append((p(calibrator.of(name, "random").score) <= 0.005).mean())
        marks = np.array(valid)
        name = "all articles alike" if worst is None else f"quantile {worst:g} of sources"
        row(name, *marks.sum(axis=0), marks.all(axis=1).sum(), f"{np.mean(recall):.3f}")


def reference(pairs: Scored, worst: float | None) -> Floats:
    if worst is None:
        return np.sort(pairs.score[pairs.label == 0])
    return conservative_reference(sources(pairs.score, pairs), worst)  # type: ignore[arg-type]


def validity(calibration: Calibration, calibrator: Scored, test: Scored) -> None:
    """Share of genuine articles of unseen sources whose p-value is at most a level."""
    p_before = p_values_against(reference(calibrator, None))
    for name, p in (("all articles alike", p_before), ("shipped", calibration.p_values)):
        print(f"\n## P(p <= a) in %, {name}; * is more than chance (5 %) allows\n")
        row("unseen source", "articles", *(f"{a:g}" for a in LEVELS))
        line(len(LEVELS) + 2)
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
            f"{set_} {(p(test.of(set_, 'random').score) <= 0.005).mean():.3f}"
            for set_ in (NEWS, *UNSEEN[:4])
        ]
        print(f"\nvalid at every level: {sum(valid)} of {len(valid)}")
        print(f"recall at 0.005: {', '.join(recalls)}")


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


def feeds(calibration: Calibration, calibrator: Scored, test: Scored) -> None:
    """What `calibrate` does with up to 1,000 articles of a corpus, on the others of it."""
    print(
        f"\n## After `calibrate` with {FEED:,} articles of a feed (six tenths of a smaller one)\n"
    )
    print("Means of random splits; P(p <= a) in %, recall at 0.005; 2 %: mismatches planted.\n")
    row(
        "feed", "articles", "0.005 before", "after", "0.05 before", "after", "recall before",
        "after", "0.005, 2 %", "recall, 2 %", "ECE before", "after", "by chance",
    )  # fmt: skip
    line(13)
    for name in test.corpora:
        genuine, swapped = (
            np.concatenate([stage.of(name, kind).score for stage in (calibrator, test)])
            if name != NEWS  # its calibrator articles are of other outlets
            else test.of(name, kind).score
            for kind in ("genuine", "random")
        )
        n = min(FEED, int(0.6 * len(genuine)))
        if n >= 250:
            found = np.mean(
                [split_feed(calibration, genuine, swapped, n, k) for k in range(SPLITS)], 0
            )
            shares = [f"{100 * found[i]:.2f}" for i in range(4)]
            row(
                name, f"{n:,}", *shares, f"{found[4]:.3f}", f"{found[5]:.3f}",
                f"{100 * found[6]:.2f}", f"{found[7]:.3f}", *(f"{e:.4f}" for e in found[8:]),
            )  # fmt: skip


def split_feed(
    calibration: Calibration, genuine: Floats, swapped: Floats, n: int, seed: int
) -> list[float]:
    rng = np.random.default_rng(seed)
    g, s = rng.permutation(genuine), rng.permutation(swapped)
    planted = round(0.02 * n)
    own = calibrate_to(calibration, g[:n], s[:n])
    spoilt = calibrate_to(calibration, np.r_[g[: n - planted], s[:planted]], s[planted:n])
    new, odd = g[n:], s[n:]
    scores, label = np.r_[new, odd], np.repeat([0, 1], [len(new), len(odd)])
    stated = [probability(c.at_prior(scores, 0.5)) for c in (calibration, own)]
    return [
        *((c.p_values(new) <= a).mean() for a in (0.005, 0.05) for c in (calibration, own)),
        *((c.p_values(odd) <= 0.005).mean() for c in (calibration, own)),
        (spoilt.p_values(new) <= 0.005).mean(),
        (spoilt.p_values(odd) <= 0.005).mean(),
        *(calibration_error(p, label) for p in stated),
        by_chance(stated[1], draws=5),
    ]


def priors(calibration: Calibration, test: Scored) -> None:
    """The share of mismatches estimated in 5,000 rows of politics, where it is planted."""
    print("\n## Estimated share of mismatches, 5,000 rows of politics drawn with replacement\n")
    row("planted", "median", "5 %", "95 %")
    line(4)
    genuine, odd = (test.of(NEWS, kind).score for kind in ("genuine", "random"))
    for share in (0.001, 0.01, 0.05, 0.3):
        found = []
        for seed in range(SPLITS):
            rng = np.random.default_rng(seed)
            k = round(5_000 * share)
            rows = np.r_[rng.choice(genuine, 5_000 - k), rng.choice(odd, k)]
            found.append(estimate_prior(calibration.at_prior(rows, 0.5)))
        row(f"{share:g}", *(f"{q:.4f}" for q in np.quantile(found, [0.5, 0.05, 0.95])))


def draw(calibration: Calibration, test: Scored, path: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "mismatch"
    from matplotlib import pyplot as plt

    from mismatch.plots import reliability

    figure, axes = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
    others = test.select(
        np.isin(test.corpus, UNSEEN[:4]) & np.isin(test.kind, ["genuine", "random"])
    )
    shown = (
        ("politics, held-out outlets", test.of(NEWS, "genuine", "random")),
        ("four unseen sets", others),
    )
    for ax, (title, pairs) in zip(axes, shown, strict=True):
        reliability(probability(calibration.at_prior(pairs.score, 0.5)), pairs.label, ax=ax)
        ax.set_title(title)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def p_values_against(genuine: Floats) -> Callable[[Floats], Floats]:
    return Calibration(GRID, GRID, genuine).p_values


def is_valid(p_values: Floats, level: float) -> bool:
    """Whether as many small p-values come by chance at least once in twenty times."""
    return bool(binom.sf((p_values <= level).sum() - 1, len(p_values), level) > 0.05)


def by_chance(stated: Floats, draws: int = 50) -> float:
    """ECE of labels drawn with the stated probabilities: perfect, but for their number."""
    rng = np.random.default_rng(0)
    drawn = [(rng.random(len(stated)) < stated).astype(int) for _ in range(draws)]
    return float(np.mean([calibration_error(stated, label) for label in drawn]))


def brier(stated: Floats, label: NDArray[np.int_]) -> float:
    return float(((stated - label) ** 2).mean())


def log_loss(stated: Floats, label: NDArray[np.int_]) -> float:
    held = np.clip(stated, SURE, 1 - SURE)
    return float(-np.log(np.where(label == 1, held, 1 - held)).mean())


def row(*cells: object) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def line(columns: int) -> None:
    print("|" + "---|" * columns)


if __name__ == "__main__":
    sys.exit(main())
