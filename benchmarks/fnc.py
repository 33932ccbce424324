"""Fake News Challenge 1: related against unrelated, without and with its training half."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import peers
import sets
from metrics import false_alarms_at, figures
from mismatch.calibration import probability
from mismatch.evidence import EvidenceReader
from mismatch.judging import ReadingJudge
from mismatch.shipped import shipped_fast, shipped_reading
from mismatch.training.fitting import fit_classifier
from mismatch.training.measuring import Measured, Pair, measure
from mismatch.training.reading import measure_stage

READ = 15_000  # pairs of the training half that the transformer reads


def measure_half(folder: Path, half: str, reader: EvidenceReader) -> Measured:
    """Evidence of every pair of one half."""
    pairs = sets.fnc1(folder, half)
    features = measure(list(zip(pairs.titles, pairs.bodies, strict=True)), reader)
    kind = np.where(pairs.label == 1, "random", "genuine")
    same = [np.full(len(kind), name) for name in (half, "en", "")]
    return Measured(features, kind, *same)


def read_half(folder: Path, half: str, judge: ReadingJudge) -> Measured:
    """Evidence and what was read of the pairs of one half that can be read.

    Of the training half, of `READ` drawn at random.
    """
    pairs = sets.fnc1(folder, half)
    listed = [
        Pair(title, body, "random" if label else "genuine", half, "en", "")
        for title, body, label in zip(pairs.titles, pairs.bodies, pairs.label, strict=True)
    ]
    if half == "train":
        chosen = np.random.default_rng(0).choice(len(listed), READ, replace=False)
        listed = [listed[i] for i in chosen.tolist()]
    listed.sort(key=lambda pair: pair.body)  # so that a body is read with many headlines at once
    stage = measure_stage(listed, judge)
    return stage.measured.select(stage.legible)


def report(scores: np.ndarray, label: np.ndarray, threshold: float) -> dict[str, float]:
    """AUROC and recalls, accuracy at a threshold, and false alarms where 99.4 % are found."""
    return figures(scores, label) | {
        "accuracy": float(((scores > threshold) == label).mean()),
        "false_alarms_at_99.4_percent_recall": false_alarms_at(scores, label, 0.994),
    }


def best_threshold(scores: np.ndarray, label: np.ndarray) -> float:
    """The threshold that classifies most pairs rightly."""
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(label[order]) + (label == 0).sum() - np.cumsum(1 - label[order])
    return float(scores[order[right.argmax()]]) - 1e-12


def measure_fnc1(folder: Path) -> dict[str, dict[str, float]]:
    """Ours as shipped and refitted, and TF-IDF, whose threshold is fitted on the training half."""
    model = shipped_fast()
    reader = EvidenceReader(model.encoder, model.background)
    test = measure_half(folder, "test", reader)
    train = measure_half(folder, "train", reader)
    train = train.select(~np.isnan(train.features[:, 0]))
    scorable = ~np.isnan(test.features[:, 0])
    label = test.label
    found = {}
    refitted = fit_classifier(train, seed=0)
    for name, classifier, prior in (
        ("mismatch fast, as shipped", model.classifier, None),
        ("mismatch fast, classifier fitted on the training half", refitted, train.label.mean()),
    ):
        scores = np.zeros(len(label))
        scores[scorable] = classifier.scores(test.features[scorable])
        if prior is None:
            chances = probability(model.calibration.at_prior(scores, 0.5))
            found[name] = report(chances, label, 0.5)
        else:
            threshold = best_threshold(classifier.scores(train.features), train.label)
            found[name] = report(scores, label, threshold)
    found |= measure_reading(folder)
    pairs = {half: sets.fnc1(folder, half) for half in ("train", "test")}
    tfidf = {half: peers.tfidf(p.titles, p.bodies) for half, p in pairs.items()}
    threshold = best_threshold(tfidf["train"], pairs["train"].label)
    found["TF-IDF cosine, threshold fitted on the training half"] = report(
        tfidf["test"], pairs["test"].label, threshold
    )
    return found


def measure_reading(folder: Path) -> dict[str, dict[str, float]]:
    """The accurate mode as shipped and with its classifier refitted."""
    judge = ReadingJudge(shipped_fast(), shipped_reading(), sparing=False)
    train, test = (read_half(folder, half, judge) for half in ("train", "test"))
    refitted = fit_classifier(train, seed=0)
    chances = judge.classifier.scores(test.features)
    chances = probability(judge.calibration.at_prior(chances, 0.5))
    threshold = best_threshold(refitted.scores(train.features), train.label)
    own = refitted.scores(test.features)
    return {
        "mismatch accurate, as shipped": report(chances, test.label, 0.5),
        f"mismatch accurate, classifier fitted on {READ:,} training pairs": report(
            own, test.label, threshold
        ),
    }
