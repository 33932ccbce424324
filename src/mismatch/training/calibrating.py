"""What a mode's raw scores mean, learnt from the calibrator's articles.

``python -m mismatch.training.calibrating [FOLDER]`` refits this of a fast model and writes its card
anew; everything else stays as it is.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from mismatch import artefact
from mismatch.calibration import Array, Calibration, log_odds_of
from mismatch.feed import GRID, fit_map
from mismatch.training.card import write_card
from mismatch.training.corpora import NEWS, corpora_folder, read_stages
from mismatch.training.measuring import Measured, measure_stage
from mismatch.venn_abers import score_knots, venn_abers

SEED = 0
CALIBRATOR_ROWS = {"en_us_politics": 3300, "en_reuters_1987": 500, "*": 300}
TEST_ROWS = {"en_us_politics": 5000, "*": 1000}
DEFAULT_RATE = 0.005
ELSEWHERE = 0.02  # weight of other corpora beside it: most are no news prose
HARD_KINDS = ("week", "nearest", "rarest")
RARELY_HARD = 0.03  # weight of a hard swap beside a random one: they are rare
WRITTEN = {"plain": 0.2, "same_topic": 0.3, "unrelated": 0.5}  # and of a written headline
FREE = Calibration(GRID, GRID, np.zeros(1))  # what the map starts from
HELD = 1e-3  # hardly, to that

# At a share of all genuine articles, the quantile of the sources' shares that a p-value states: of
# those that benchmarks/trust.py tries on the calibrator's sources, each left out in turn, the one
# that finds most mismatches where the sources left out have, in the mean, no more small p-values
# than these state. Where a share is small, the oddest source is mostly chance; where it is large,
# it is known.
SHARES = (0.003, 0.05)
WORST = (0.9, 1.0)
SHRUNK = 300  # articles of all sources that stand beside those of one
OWN_SOURCE = 100  # articles that make an outlet a source of its own
LEAST_SOURCE = 30
MIDDLE = (0.1, 0.9)  # of the sources, whose calibrations an interval spans: 8 in 10
FEWEST_PAIRS = 100  # of a corpus that has a say in what may be true of unfamiliar articles


def fit_calibration(scores: Array, pairs: Measured) -> Calibration:
    """Everything, from the raw scores of the calibrator's pairs, shape (n,)."""
    weights = weights_of(pairs, RARELY_HARD, ELSEWHERE)
    # Kish 1965, sec. 11.7: weighted pairs tell as much as so many plain ones.
    effective = weights.sum() ** 2 / (weights**2).sum()
    knots = score_knots(scores)
    low, high = venn_abers(scores, pairs.label, weights * effective / weights.sum(), knots)
    pooled = np.array([log_odds_of(low), log_odds_of(high)])
    log_odds = fit_map(FREE, scores, pairs.label, weights, HELD)
    familiar = familiar_bounds(scores, pairs, log_odds, knots, pooled)
    return Calibration(
        GRID,
        log_odds,
        conservative_reference(sources(scores, pairs)),
        knots,
        np.array([familiar, unfamiliar_bounds(scores, pairs, knots, pooled)]),
    )


def weights_of(pairs: Measured, hard: float, elsewhere: float = 1.0) -> Array:
    """Weight of each pair: hard swaps count little, and both classes alike in total."""
    weights = np.where(np.isin(pairs.kind, HARD_KINDS), hard, 1.0)
    for kind, weight in WRITTEN.items():
        weights[pairs.kind == kind] = weight
    weights[pairs.corpus != NEWS] *= elsewhere
    for label in (0, 1):
        weights[pairs.label == label] /= weights[pairs.label == label].sum()
    return weights * len(weights) / 2


def sources(scores: Array, pairs: Measured) -> list[Array]:
    """Sorted scores of the genuine pairs of each source."""
    genuine = pairs.label == 0
    return [np.sort(scores[chosen & genuine]) for chosen in masks_of_sources(pairs)]


def masks_of_sources(pairs: Measured) -> list[NDArray[np.bool_]]:
    """Which pairs are of each source: an outlet of many articles, or the rest of a corpus."""
    found = []
    for corpus in sorted(set(pairs.corpus.tolist())):
        own = pairs.corpus == corpus
        counts = Counter(pairs.source[own & (pairs.label == 0)].tolist())
        large = [outlet for outlet, count in sorted(counts.items()) if count >= OWN_SOURCE]
        if len(counts) == 1 or not large:
            found.append(own)
            continue
        found += [own & (pairs.source == outlet) for outlet in large]
        rest = own & ~np.isin(pairs.source, large)
        if (rest & (pairs.label == 0)).sum() >= LEAST_SOURCE:
            found.append(rest)
    return found


def conservative_reference(groups: list[Array], worst: tuple[float, float] = WORST) -> Array:
    """Genuine scores that are exceeded as often as those of a source among the oddest.

    P-values against all articles alike hold on average over the sources: for half of them too
    many articles are odd. Here the share of genuine articles above a score is a quantile over the
    sources, each of them drawn towards all (as by a beta prior worth `SHRUNK` articles), so that
    the p-values hold for that share of sources drawn like these (the idea of hierarchical conformal
    prediction: Dunn et al. 2022, "Distribution-free prediction sets for two-layer hierarchical
    models"). The quantile rises from ``worst[0]`` to ``worst[1]`` between the `SHARES`, in
    proportion to their logarithm.
    """
    every = np.sort(np.concatenate(groups))
    n = len(every)
    pooled = (n - np.arange(n)) / n
    shares = [
        (len(group) - np.searchsorted(group, every) + SHRUNK * pooled) / (len(group) + SHRUNK)
        for group in groups
    ]
    place = np.interp(np.log(pooled), np.log(SHARES), worst) * (len(groups) - 1)
    lower, upper = np.floor(place).astype(int), np.ceil(place).astype(int)
    ranked = np.sort(shares, axis=0)
    column = np.arange(n)
    # It falls with the score, as each of them does, and the quantile too.
    above = ranked[lower, column] + (place - lower) * (
        ranked[upper, column] - ranked[lower, column]
    )
    return np.sort(np.interp((np.arange(n) + 0.5) / n, above[::-1], every[::-1]))


def familiar_bounds(
    scores: Array, pairs: Measured, log_odds: Array, knots: Array, pooled: Array
) -> Array:
    """Log-odds between which those of most sources lie, (2, m): nobody knows which one comes next.

    `log_odds` are those of `GRID` for all sources together, towards which each source's own are
    held back; `pooled` are the Venn-Abers bounds for all of them.
    """
    shipped = Calibration(GRID, log_odds, np.zeros(1))
    weights = np.where(np.isin(pairs.kind, HARD_KINDS), RARELY_HARD, 1.0)
    own = [np.interp(knots, GRID, log_odds)]
    for chosen in masks_of_sources(pairs):
        labels, weight = pairs.label[chosen], weights[chosen].copy()
        if np.bincount(labels, minlength=2).min() < LEAST_SOURCE:
            continue
        for label in (0, 1):
            weight[labels == label] *= (labels == 0).sum() / weight[labels == label].sum()
        map_ = fit_map(shipped, scores[chosen], labels, weight, bent=False)
        own.append(np.interp(knots, GRID, map_))
    low, high = np.quantile(own, MIDDLE, axis=0)
    return np.array([np.minimum(low, pooled[0]), np.maximum(high, pooled[1])])


def unfamiliar_bounds(scores: Array, pairs: Measured, knots: Array, pooled: Array) -> Array:
    """Log-odds between which the calibrations of all corpora lie, each for itself, (2, m)."""
    lows, highs = [pooled[0]], [pooled[1]]
    plain = np.isin(pairs.kind, ["genuine", "random"])
    for corpus in sorted(set(pairs.corpus.tolist())):
        chosen = plain & (pairs.corpus == corpus)
        labels = pairs.label[chosen]
        if np.bincount(labels, minlength=2).min() < FEWEST_PAIRS:
            continue
        low, high = venn_abers(scores[chosen], labels, np.ones(len(labels)), knots)
        lows.append(log_odds_of(low))
        highs.append(log_odds_of(high))
    return np.array([np.min(lows, axis=0), np.max(highs, axis=0)])


def figures(scores: Array, calibration: Calibration, test: Measured) -> dict[str, dict[str, float]]:
    """Random swaps of each test corpus: AUROC, recall at 1 %, false alarms at the default rate."""
    p_values, scores = calibration.p_values(scores), calibration.as_read(scores)
    found = {}
    for name in sorted(set(test.corpus.tolist())):
        genuine = (test.corpus == name) & (test.kind == "genuine")
        swapped = (test.corpus == name) & (test.kind == "random")
        both = genuine | swapped
        threshold = np.quantile(scores[genuine], 0.99)
        found[name] = {
            "articles": int(genuine.sum()),
            "auroc": round(float(roc_auc_score(test.label[both], scores[both])), 4),
            "recall_at_1_percent": round(float((scores[swapped] > threshold).mean()), 4),
            "flagged_genuine": round(float((p_values[genuine] <= DEFAULT_RATE).mean()), 4),
            "flagged_swapped": round(float((p_values[swapped] <= DEFAULT_RATE).mean()), 4),
        }
    return found


def main() -> int:
    """Refit the calibration of the model folder that is named, or of the shipped one."""
    corpora = corpora_folder()
    if corpora is None:
        sys.stderr.write("calibrating needs the corpora: set MISMATCH_CORPORA to their folder\n")
        return 2
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else artefact.shipped("fast")
    model = artefact.load(folder)
    reader = model.reader()
    stages = read_stages(corpora)
    pairs = measure_stage(stages["calibrator"], reader, CALIBRATOR_ROWS, SEED)
    test = measure_stage(stages["test"], reader, TEST_ROWS, SEED)
    calibration = fit_calibration(model.classifier.scores(pairs.features), pairs)
    measured = figures(model.classifier.scores(test.features), calibration, test)
    about = model.about | {"reference_articles": len(calibration.genuine), "figures": measured}
    model = replace(model, calibration=calibration, about=about)
    artefact.save(model, folder, write_card(about))
    return 0


if __name__ == "__main__":
    sys.exit(main())
