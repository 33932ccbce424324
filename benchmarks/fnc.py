"""Fake News Challenge 1: related against unrelated, without and with its training half."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import peers
import sets
from metrics import false_alarms_at, figures
from mismatch import artefact
from mismatch.classifier import probability
from mismatch.evidence import EvidenceReader
from mismatch.training.fitting import fit_classifier
from mismatch.training.measuring import Measured, measure


def measure_half(folder: Path, half: str, reader: EvidenceReader) -> Measured:
    """Evidence of every pair of one half."""
    pairs = sets.fnc1(folder, half)
    features = measure(list(zip(pairs.titles, pairs.bodies, strict=True)), reader)
    kind = np.where(pairs.label == 1, "random", "genuine")
    return Measured(features, kind, np.full(len(kind), half), np.full(len(kind), "en"))


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
    model = artefact.load(artefact.shipped("fast"))
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
    pairs = {half: sets.fnc1(folder, half) for half in ("train", "test")}
    tfidf = {half: peers.tfidf(p.titles, p.bodies) for half, p in pairs.items()}
    threshold = best_threshold(tfidf["train"], pairs["train"].label)
    found["TF-IDF cosine, threshold fitted on the training half"] = report(
        tfidf["test"], pairs["test"].label, threshold
    )
    return found
