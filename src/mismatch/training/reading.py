"""What stands behind the transformer: classifier, calibration, and the rule that spares reading."""

from __future__ import annotations

import logging
import multiprocessing
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from threadpoolctl import threadpool_limits

from mismatch.artefact import Artefact
from mismatch.calibration import UNREAD, Calibration
from mismatch.classifier import Array, Classifier
from mismatch.evidence import FEATURES, EvidenceReader
from mismatch.joint import Joint
from mismatch.judging import ReadingJudge, Scale, Settling, Texts
from mismatch.reading_model import Reading
from mismatch.text import read
from mismatch.training.calibrating import (
    HARD_KINDS,
    WRITTEN,
    figures,
    fit_calibration,
    weights_of,
)
from mismatch.training.corpora import Row
from mismatch.training.fitting import fit_classifier, fit_regression
from mismatch.training.headlines import written_pairs
from mismatch.training.measuring import Measured, Pair, list_pairs, measured
from mismatch.transformer import TransformerEncoder

log = logging.getLogger(__name__)

ROWS = {  # articles of a corpus: reading takes a hundredth of a second each
    "classifier": {"en_us_politics": 2000, "*": 160},
    "calibrator": {"en_us_politics": 2500, "*": 150},
    "test": {"en_us_politics": 600, "*": 200},
}
KINDS = {  # of swaps that a stage needs
    "classifier": ("random", "week", "nearest", "rarest", "generic"),
    "calibrator": ("random", "nearest", "generic"),
    "test": ("random",),
}
AT_ONCE = 512  # pairs read together
HARD = 0.3  # weight of a hard swap beside a random one, in the classifier
HARD_TO_SETTLE = 1.0  # and where it is learnt what reading would say
SUREST = 10.0  # log-odds beyond which what it would say makes no difference
FLAGGED = 0.01  # false-alarm rate at which a pair counts as flagged, when thresholds are chosen
LOST = 0.015  # share of the flagged hard swaps that may be settled as genuine
DOOMED = 0.0001  # share of the genuine pairs that may be settled as mismatches
MARGIN = 2.0  # log-odds beyond that: headlines elsewhere may be more oblique
KNOTS = 40  # of a scale, each the mean of a fortieth of the pairs


@dataclass(frozen=True)
class Stage:
    """The pairs of a stage: fast evidence first, then what was read, NaN where nothing was."""

    measured: Measured
    fast: Array
    legible: NDArray[np.bool_]

    @property
    def known(self) -> Array:
        """The fast evidence."""
        return self.measured.features[:, : len(FEATURES)]


class Prepared(NamedTuple):
    """A pair before anything of it is read: its fast evidence, and what is to be read."""

    features: Array
    legible: bool
    texts: Texts


def fit_reading(
    encoder: TransformerEncoder,
    joints: tuple[Joint, ...],
    fast: Artefact,
    stages: dict[str, dict[str, list[Row]]],
    seed: int,
) -> Reading:
    """Everything behind the encoder and the joint readers, on articles that they never saw."""
    judge = ReadingJudge(fast, Reading(encoder, joints), sparing=False)
    found = {}
    for name, rows in ROWS.items():
        listed = list_pairs(stages[name], fast.encoder, rows, seed)
        listed = [pair for pair in listed if pair.kind in ("genuine", *KINDS[name])]
        if name == "classifier":
            written = written_pairs(stages[name], seed)
            listed += [pair for pair in written if pair.kind in WRITTEN]
        found[name] = measure_stage(listed, judge)
        log.info("%s stage: %d pairs read", name, int(found[name].legible.sum()))
    unread = fast.calibration
    model = fit_to(judge.reading, found["classifier"], found["calibrator"], unread, seed)
    articles = {
        stage: {name: len(rows) for name, rows in corpora.items()}
        for stage, corpora in stages.items()
    }
    return replace(model, about=describe(model, found["test"], articles, seed))


def describe(
    model: Reading, test: Stage, articles: dict[str, dict[str, int]], seed: int
) -> dict[str, Any]:
    """What the model's card says of it."""
    assert model.calibration is not None
    scores, _, settled = score(model, test)
    genuine = test.measured.label[test.legible] == 0
    unread = settled[test.legible]
    return {
        "articles": articles,
        "reference_articles": len(model.calibration.genuine),
        "unread_genuine": round(float(unread[genuine].mean()), 3),
        "unread_swapped": round(float(unread[~genuine].mean()), 3),
        "seed": seed,
        "figures": figures(scores, model.calibration, test.measured),
    }


def score(model: Reading, stage: Stage) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Scores of a stage: all legible pairs read, then those that are settled spared; and which."""
    assert model.classifier is not None
    assert model.settling is not None
    scored = model.classifier.scores(stage.measured.features)
    scores = np.where(stage.legible, scored, UNREAD + stage.fast)
    settled, found = model.settling.settle(stage.known)
    settled &= stage.legible
    return scores, np.where(settled, found, scores), settled | ~stage.legible


def measure_stage(listed: list[Pair], judge: ReadingJudge) -> Stage:
    """Fast evidence of every pair on all cores, then the features of reading the legible ones."""
    prepared = prepare(listed, judge)
    sound = [pair for pair, each in zip(listed, prepared, strict=True) if each is not None]
    pairs = [each for each in prepared if each is not None]
    features = np.full((len(pairs), len(judge.features)), np.nan)
    features[:, : len(FEATURES)] = [each.features for each in pairs]
    legible = np.array([each.legible for each in pairs])
    rows = np.flatnonzero(legible)
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        features[some, len(FEATURES) :] = judge.measure([pairs[row].texts for row in some])
        if start // AT_ONCE % 10 == 0:
            log.info("read %d of %d pairs", start, len(rows))
    fast = judge.fast.classifier.scores(features[:, : len(FEATURES)])
    return Stage(measured(features, sound), fast, legible)


_shared: tuple[ReadingJudge, EvidenceReader]


def prepare(listed: list[Pair], judge: ReadingJudge) -> list[Prepared | None]:
    """Prepare pairs on all cores; None for one that cannot be scored."""
    global _shared  # noqa: PLW0603  # what forked workers read; sending it would cost more
    _shared = judge, judge.fast.reader()
    with multiprocessing.get_context("fork").Pool() as pool:
        return pool.map(_prepare_one, listed, chunksize=64)


def _prepare_one(pair: Pair) -> Prepared | None:
    judge, reader = _shared
    article = read(pair.title, pair.body)
    if not article.headline_words or not article.content:
        return None
    with threadpool_limits(1):
        evidence = reader(article)
        texts = judge.pick(article, evidence)
        return Prepared(evidence.features, judge.is_legible(article), texts)


def fit_to(
    reading: Reading, fitting: Stage, calibrating: Stage, unread: Calibration, seed: int
) -> Reading:
    """Classifier, rule of settling, and the calibration of both ways of using them.

    `unread` is that of the fast scores, by which pairs are judged that cannot be read.
    """
    classifier = fit_classifier(fitting.measured.select(fitting.legible), seed, HARD)
    legible = calibrating.legible
    pairs = calibrating.measured.select(legible)
    settling = fit_settling(fitting, calibrating, classifier, seed)
    model = replace(reading, classifier=classifier, settling=settling)
    scores, spared, settled = score(model, calibrating)
    log.info("settled without reading: %.3f of the pairs", settled.mean())
    return replace(
        model,
        calibration=replace(fit_calibration(scores[legible], pairs), unread=unread),
        sparing_calibration=replace(fit_calibration(spared[legible], pairs), unread=unread),
    )


def fit_settling(fitting: Stage, calibrating: Stage, classifier: Classifier, seed: int) -> Settling:
    """Which pairs are safe to leave unread, and the score they get.

    A regression tells from the fast evidence what `classifier` would say of a pair once read. It
    learns from the pairs of `fitting`. In those of `calibrating`, of the hard swaps that reading
    would flag a share `LOST` may look as genuine as what is left unread, and of the genuine pairs
    that it would not flag a share `DOOMED` as odd.
    """
    learnt = fitting.measured.select(fitting.legible)
    wanted = classifier.scores(learnt.features).clip(-SUREST, SUREST)
    known = fitting.known[fitting.legible]
    predictor = fit_regression(known, wanted, weights_of(learnt, HARD_TO_SETTLE), seed)
    pairs = calibrating.measured.select(calibrating.legible)
    scores = classifier.scores(pairs.features)
    predicted = predictor.scores(calibrating.known[calibrating.legible])
    genuine = pairs.kind == "genuine"
    flagged = scores > np.quantile(scores[genuine], 1 - FLAGGED)
    hard = flagged & np.isin(pairs.kind, HARD_KINDS)
    below = float(np.quantile(predicted[hard], LOST))
    above = float(np.quantile(predicted[genuine & ~flagged], 1 - DOOMED)) + MARGIN
    return Settling(
        predictor,
        genuine_below=below,
        mismatch_above=above,
        safe=_scale(predicted, scores, predicted < below),
        odd=_scale(predicted, scores, predicted > above),
    )


def _scale(given: Array, wanted: Array, chosen: NDArray[np.bool_]) -> Scale:
    """A rising map from one score of the chosen pairs to the other, through means of like pairs.

    Isotonic regression of the pairs themselves would follow the few at either end, where settled
    pairs meet those that are read.
    """
    given, wanted = given[chosen], wanted[chosen]
    groups = np.array_split(np.argsort(given, kind="stable"), min(KNOTS, len(given)))
    knots, scores = (
        np.array([score[group].mean() for group in groups]) for score in (given, wanted)
    )
    return Scale(knots, IsotonicRegression().fit_transform(knots, scores))
