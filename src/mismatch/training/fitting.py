"""Classifier, calibration and foreign-paragraph model, each on articles of its own stage."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

from mismatch.artefact import Artefact
from mismatch.calibration import Array
from mismatch.classifier import Classifier, Layer
from mismatch.deep_sets import DeepSets
from mismatch.encoders import StaticEncoder
from mismatch.evidence import WHOLE, Background, EvidenceReader
from mismatch.refit import compose, widen
from mismatch.text import clean_title
from mismatch.training import deep_sets
from mismatch.training.calibrating import (
    CALIBRATOR_ROWS,
    TEST_ROWS,
    figures,
    fit_calibration,
    weights_of,
)
from mismatch.training.corpora import Row
from mismatch.training.measuring import (
    Measured,
    Words,
    joined,
    measure_stage,
    measure_words,
)
from mismatch.training.strangers import fit_foreign

log = logging.getLogger(__name__)

CLASSIFIER_ROWS = {"en_us_politics": 4400, "en_reuters_1987": 1500, "*": 900}
HARD = 0.1  # weight of a hard negative beside a random one
SUSPECT = 0.003  # share of genuine training rows that look worst and are taken for true mismatches
NETWORKS = 4
SAID_TOGETHER = 0.8  # of the score, by `DeepSets`; the rest by the classifier
HIDDEN = (32, 16)
BACKGROUND_TITLES = 20_000


def fit(
    encoder: StaticEncoder,
    stages: dict[str, dict[str, list[Row]]],
    more: tuple[Measured, list[Words]],
    seed: int,
) -> Artefact:
    """Everything behind the encoder, with the figures of its card.

    From `more` pairs the network over words learns too (`mismatch.training.encoding.cross_fitted`).
    """
    background = fit_background(encoder, stages["encoder"], seed)
    reader = EvidenceReader(encoder, background, None)
    pairs, words = measure_words(stages["classifier"], reader, CLASSIFIER_ROWS, seed)
    log.info("classifier stage: %d pairs", len(pairs.kind))
    reader.deep_sets = deep_sets.train(*joined([(pairs, words), more]), deep_sets.Recipe(seed=seed))
    classifier = fit_beside(reader.deep_sets, pairs, words, seed)
    measured = {}
    for stage, rows in (("calibrator", CALIBRATOR_ROWS), ("test", TEST_ROWS)):
        measured[stage] = measure_stage(stages[stage], reader, rows, seed)
        log.info("%s stage: %d pairs", stage, len(measured[stage].kind))
    scores = classifier.scores(measured["calibrator"].features)
    calibration = fit_calibration(scores, measured["calibrator"])
    foreign = fit_foreign(reader, stages["classifier"], seed)
    about = {
        "articles": {
            stage: {name: len(rows) for name, rows in corpora.items()}
            for stage, corpora in stages.items()
        },
        "reference_articles": len(calibration.genuine),
        "vocabulary": len(encoder.vocabulary),
        "dimension": encoder.dimension,
        "seed": seed,
        "figures": figures(
            classifier.scores(measured["test"].features), calibration, measured["test"]
        ),
    }
    return Artefact(encoder, background, reader.deep_sets, classifier, calibration, foreign, about)


def fit_background(encoder: StaticEncoder, corpora: dict[str, list[Row]], seed: int) -> Background:
    """Moments of the vectors of headlines that the encoder was trained on."""
    titles = [clean_title(row.title) for rows in corpora.values() for row in rows]
    chosen = np.random.default_rng(seed).permutation(len(titles))[:BACKGROUND_TITLES]
    vectors = encoder.encode([titles[i] for i in chosen])
    vectors = vectors[np.abs(vectors).sum(axis=1) > 0]
    return Background(vectors.mean(axis=0), np.cov(vectors.T).astype(np.float32))


def fit_beside(
    weighing: DeepSets, pairs: Measured, words: Sequence[Words], seed: int
) -> Classifier:
    """A classifier of all else, and beside it what the words say together, as one sum.

    Both learn from the same pairs, so that none of them can be fitted to what the other says.
    """
    whole = pairs.features[:, :WHOLE]
    rest = fit_classifier(replace(pairs, features=whole), seed)
    said = [weighing(own.astype(np.float64), row) for own, row in zip(words, whole, strict=True)]
    wide = widen(rest, np.column_stack([whole, said]))
    taken = SAID_TOGETHER * wide.scale[-1]
    offset = SAID_TOGETHER * wide.mean[-1]
    return compose(wide, np.array([offset, 1 - SAID_TOGETHER, *np.zeros(WHOLE), taken]))


def fit_classifier(pairs: Measured, seed: int, hard: float = HARD) -> Classifier:
    """A logistic regression and a few small networks, averaged, fitted twice.

    `hard` is the weight of a hard negative beside a random one.

    The genuine pairs that the first fit finds oddest are taken for true mismatches of the corpora
    and left out of the second.
    """
    first = _fit_once(pairs, seed, hard)
    scores = first.scores(pairs.features)
    genuine = pairs.kind == "genuine"
    limit = np.quantile(scores[genuine], 1 - SUSPECT)
    return _fit_once(pairs.select(~genuine | (scores <= limit)), seed, hard)


def _fit_once(pairs: Measured, seed: int, hard: float) -> Classifier:
    scaler = StandardScaler().fit(pairs.features)
    standard = np.clip(scaler.transform(pairs.features), -Classifier.clip, Classifier.clip)
    weights = weights_of(pairs, hard)
    linear = LogisticRegression(max_iter=1000).fit(standard, pairs.label, weights)
    networks: list[tuple[Layer, ...]] = [((linear.coef_.T.copy(), linear.intercept_.copy()),)]
    for n in range(NETWORKS):
        network = MLPClassifier(
            HIDDEN, alpha=1e-3, max_iter=30, batch_size=512, early_stopping=True,
            random_state=seed + n,
        )  # fmt: skip
        network.fit(standard, pairs.label, sample_weight=weights)
        networks.append(tuple(zip(network.coefs_, network.intercepts_, strict=True)))
    return Classifier(scaler.mean_, scaler.scale_, tuple(networks))


def fit_regression(features: Array, wanted: Array, weights: Array, seed: int) -> Classifier:
    """A few small networks, averaged, whose score is what is wanted of features (n, d)."""
    scaler = StandardScaler().fit(features)
    standard = np.clip(scaler.transform(features), -Classifier.clip, Classifier.clip)
    networks: list[tuple[Layer, ...]] = []
    for n in range(NETWORKS):
        network = MLPRegressor(
            hidden_layer_sizes=HIDDEN, alpha=1e-3, max_iter=60, batch_size=512,
            early_stopping=True, random_state=seed + n,
        )  # fmt: skip
        network.fit(standard, wanted, sample_weight=weights)
        networks.append(tuple(zip(network.coefs_, network.intercepts_, strict=True)))
    return Classifier(scaler.mean_, scaler.scale_, tuple(networks))
