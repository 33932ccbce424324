"""What a mode's raw scores mean, learnt from the calibrator's articles.

``python -m mismatch.training.calibrating [FOLDER]`` refits this of a fast model, and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression

from mismatch import artefact
from mismatch.calibration import Array, Calibration, log_odds_of
from mismatch.evidence import EvidenceReader
from mismatch.training.corpora import NEWS, corpora_folder, read_stages
from mismatch.training.measuring import Measured, measure_stage
from mismatch.venn_abers import score_knots, venn_abers

SEED = 0
CALIBRATOR_ROWS = {"en_us_politics": 3300, "en_reuters_1987": 500, "*": 300}
ELSEWHERE = 0.02  # weight of other corpora beside it: most are no news prose
RARELY_HARD = 0.03  # weight of a hard swap beside a random one: they are rare
ENDS = np.array([-100.0, 100.0])

# Of the quantiles that benchmarks/trust.py tries on the calibrator's corpora, each left out in
# turn, the lowest at which the p-values of 9 in 10 are valid at every level (17 of 18).
WORST = 0.95  # share of sources whose genuine articles must not be flagged oftener than stated
SHRUNK = 200  # articles of all sources that stand beside those of one
OWN_SOURCE = 100  # articles that make an outlet a source of its own
LEAST_SOURCE = 30
FEWEST_PAIRS = 100  # of a corpus that has a say in what may be true of unfamiliar articles


def fit_calibration(scores: Array, pairs: Measured, worst: float = WORST) -> Calibration:
    """Everything, from the raw scores of the calibrator's pairs, shape (n,).

    `worst` is that of `conservative_reference`.
    """
    weights = weights_of(pairs, RARELY_HARD, ELSEWHERE)
    # Kish 1965, sec. 11.7: weighted pairs tell as much as so many plain ones.
    effective = weights.sum() ** 2 / (weights**2).sum()
    knots = score_knots(scores)
    low, high = venn_abers(scores, pairs.label, weights * effective / weights.sum(), knots)
    familiar = np.array([log_odds_of(low), log_odds_of(high)])
    return Calibration(
        ENDS,
        platt(scores, pairs.label, weights),
        conservative_reference(sources(scores, pairs), worst),
        knots,
        np.array([familiar, unfamiliar_bounds(scores, pairs, knots, familiar)]),
    )


def weights_of(pairs: Measured, hard: float, elsewhere: float = 1.0) -> Array:
    """Weight of each pair: hard swaps count little, and both classes alike in total."""
    weights = np.where(np.isin(pairs.kind, ["week", "nearest", "rarest"]), hard, 1.0)
    weights[pairs.corpus != NEWS] *= elsewhere
    for label in (0, 1):
        weights[pairs.label == label] /= weights[pairs.label == label].sum()
    return weights * len(weights) / 2


def platt(scores: Array, labels: NDArray[np.int_], weights: Array) -> Array:
    """Log-odds at `ENDS` by Platt's sigmoid (1999, eq. 1), with log-odds in place of margins."""
    fitted = LogisticRegression(C=1e6).fit(scores[:, None], labels, weights)
    line: Array = ENDS * fitted.coef_[0, 0] + fitted.intercept_[0]
    return line


def sources(scores: Array, pairs: Measured) -> list[Array]:
    """Genuine scores of each source: an outlet of many articles, or the rest of a corpus."""
    found = []
    for corpus in sorted(set(pairs.corpus.tolist())):
        genuine = (pairs.corpus == corpus) & (pairs.label == 0)
        outlets, own = pairs.source[genuine], scores[genuine]
        counts = Counter(outlets.tolist())
        large = [outlet for outlet, count in sorted(counts.items()) if count >= OWN_SOURCE]
        if len(counts) == 1 or not large:
            found.append(own)
            continue
        found += [own[outlets == outlet] for outlet in large]
        rest = own[~np.isin(outlets, large)]
        if len(rest) >= LEAST_SOURCE:
            found.append(rest)
    return [np.sort(group) for group in found]


def conservative_reference(groups: list[Array], worst: float = WORST) -> Array:
    """Genuine scores that are exceeded as often as those of a source among the oddest.

    P-values against all articles alike hold on average over the sources: for half of them too
    many articles are odd. Here the share of genuine articles above a score is the quantile
    `worst` over the sources, each of them drawn towards all (as by a beta prior worth `SHRUNK`
    articles), so that the p-values hold for that share of sources drawn like these (the idea of
    hierarchical conformal prediction: Dunn et al. 2022, "Distribution-free prediction sets for
    two-layer hierarchical models").
    """
    every = np.sort(np.concatenate(groups))
    n = len(every)
    pooled = (n - np.arange(n)) / n
    shares = [
        (len(group) - np.searchsorted(group, every) + SHRUNK * pooled) / (len(group) + SHRUNK)
        for group in groups
    ]
    above = np.quantile(shares, worst, axis=0)  # falls with the score, as each of them does
    return np.sort(np.interp((np.arange(n) + 0.5) / n, above[::-1], every[::-1]))


def unfamiliar_bounds(scores: Array, pairs: Measured, knots: Array, familiar: Array) -> Array:
    """Log-odds between which the calibrations of all corpora lie, each for itself, (2, m)."""
    lows, highs = [familiar[0]], [familiar[1]]
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


def main() -> int:
    """Refit the calibration of the model folder that is named, or of the shipped one."""
    corpora = corpora_folder()
    if corpora is None:
        sys.stderr.write("calibrating needs the corpora: set MISMATCH_CORPORA to their folder\n")
        return 2
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else artefact.shipped("fast")
    model = artefact.load(folder)
    reader = EvidenceReader(model.encoder, model.background)
    pairs = measure_stage(read_stages(corpora)["calibrator"], reader, CALIBRATOR_ROWS, SEED)
    calibration = fit_calibration(model.classifier.scores(pairs.features), pairs)
    save_calibration(calibration, folder)
    return 0


def save_calibration(calibration: Calibration, folder: Path) -> None:
    """Replace the calibration of a fast model's folder, and leave its weights as they are."""
    path = folder / artefact.CALIBRATION
    fitted = {name: np.ascontiguousarray(a) for name, a in calibration.to_arrays().items()}
    save_file(fitted, path)
    config = json.loads((folder / artefact.CONFIG).read_text(encoding="utf-8"))
    config["format"] = artefact.FORMAT
    config["about"]["reference_articles"] = len(calibration.genuine)
    config["sha256"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    text = json.dumps(config, indent=1) + "\n"
    (folder / artefact.CONFIG).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
