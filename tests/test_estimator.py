"""The classifier does what scikit-learn asks of one, whatever holds the pairs."""

import pickle

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import check_estimator

from mismatch import Detector, InputError, MismatchClassifier
from mismatch.calibration import Calibration, probability
from mismatch.classifier import Classifier
from mismatch.errors import ColumnError
from mismatch.refit import refit, widen


@pytest.fixture(scope="module")
def pairs(examples):
    plain = [
        e for e in examples if e["kind"] in {"plain", "format", "aggregator_true", "aggregator"}
    ]
    found = [(e["title"], e["body"]) for e in plain if not e["mismatch"]]
    sound = [r.problem is None for r in Detector("fast").raw(found)]
    own = [pair for pair, kept in zip(found, sound, strict=True) if kept][:40]
    moved = [(title, body) for (title, _), (_, body) in zip(own[3:] + own[:3], own, strict=True)]
    return own + moved


@pytest.fixture(scope="module")
def labels(pairs):
    return np.repeat([0, 1], len(pairs) // 2)


KINDS = {
    "list": list,
    "pandas": lambda pairs: pd.DataFrame(pairs, columns=["title", "body"]),
    "polars": lambda pairs: pl.DataFrame(pairs, schema=["title", "body"], orient="row"),
    "pyarrow": lambda pairs: pa.Table.from_pylist([{"title": t, "body": b} for t, b in pairs]),
}
OTHERS = {
    "dict": lambda pairs: {"title": [t for t, _ in pairs], "body": [b for _, b in pairs]},
    "array": lambda pairs: np.array(pairs, dtype=object),
}


@pytest.mark.parametrize("kind", [*KINDS, *OTHERS])
def test_every_kind_of_table_gives_the_same(pairs, labels, kind):
    expected = MismatchClassifier().fit(pairs, labels)
    table = (KINDS | OTHERS)[kind](pairs)
    found = MismatchClassifier().fit(table, labels)
    likely = found.predict_proba(table)
    assert np.array_equal(likely, expected.predict_proba(pairs))
    np.testing.assert_allclose(likely.sum(axis=1), 1)
    odds = found.decision_function(table)
    assert np.array_equal(found.predict(table), found.classes_[(odds > 0).astype(int)])
    np.testing.assert_allclose(probability(odds), likely[:, 1])
    assert found.score(table, labels) > 0.8


@pytest.mark.parametrize("kind", KINDS)
def test_it_works_inside_what_scikit_learn_has(pairs, labels, kind):
    table = KINDS[kind](pairs)
    simple = MismatchClassifier(penalty=100.0)
    held_out = cross_val_predict(simple, table, labels, cv=3, method="predict_proba")
    assert held_out.shape == (len(labels), 2)
    assert ((held_out[:, 1] > 0.5) == labels).mean() > 0.8
    pipeline = make_pipeline(FunctionTransformer(), simple)
    assert pipeline.fit(table, labels).score(table, labels) > 0.8
    search = GridSearchCV(simple, {"penalty": [10.0, 1000.0]}, cv=2).fit(table, labels)
    assert search.best_score_ > 0.8
    calibrated = CalibratedClassifierCV(simple, cv=2).fit(table, labels)
    assert calibrated.predict_proba(table).shape == (len(labels), 2)
    tuned = TunedThresholdClassifierCV(simple, cv=2, scoring="f1").fit(table, labels)
    assert tuned.score(table, labels) > 0.8


@pytest.mark.filterwarnings("ignore:Can't test estimator:sklearn.exceptions.SkipTestWarning")
def test_it_passes_scikit_learns_own_checks():
    """Those that do not fit to numbers: `check_estimator` itself runs one on text."""
    assert [check["status"] for check in check_estimator(MismatchClassifier())] == ["passed"]
    for check in (
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_valid_tag_types,
        estimator_checks.check_mixin_order,
        estimator_checks.check_estimators_unfitted,
    ):
        check("MismatchClassifier", MismatchClassifier())


def test_fitting_again_forgets_and_changes_nothing_that_was_given(pairs, labels):
    made = MismatchClassifier(penalty=100.0)
    before = made.get_params()
    table = pd.DataFrame(pairs, columns=["title", "body"])
    kept, given = table.copy(), labels.copy()
    assert made.fit(table, given) is made
    first = made.predict_proba(table)
    assert np.array_equal(made.fit(table[::2], given[::2]).classes_, [0, 1])
    assert not np.array_equal(made.predict_proba(table), first)
    assert np.array_equal(made.fit(table, given).predict_proba(table), first)
    assert made.get_params() == before
    assert table.equals(kept)
    assert np.array_equal(given, labels)


def test_parameters_clone_and_pickle(pairs, labels):
    made = MismatchClassifier(title="headline", prior=0.1)
    assert is_classifier(made)
    assert clone(made).get_params() == made.get_params()
    assert made.set_params(penalty=3.0).penalty == 3.0
    fitted = MismatchClassifier(prior=0.1).fit(pairs, labels)
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict_proba(pairs), fitted.predict_proba(pairs))
    assert not hasattr(clone(fitted), "detector_")


def test_it_works_in_joblib_workers(pairs, labels):
    fitted = MismatchClassifier(penalty=100.0).fit(pairs, labels)
    (there,) = joblib.Parallel(n_jobs=2)([joblib.delayed(fitted.predict_proba)(pairs[:4])])
    assert np.array_equal(there, fitted.predict_proba(pairs[:4]))


def test_labels_may_be_words_and_the_prior_is_that_of_the_labels(pairs, labels):
    words = np.array(["fits", "mismatch"])[labels]
    rare = np.flatnonzero((labels == 0) | (np.arange(len(labels)) % 4 == 0))
    chosen = [pairs[i] for i in rare]
    fitted = MismatchClassifier().fit(chosen, words[rare])
    assert fitted.classes_.tolist() == ["fits", "mismatch"]
    assert fitted.prior_ == pytest.approx(labels[rare].mean())
    assert set(fitted.predict(pairs)) == {"fits", "mismatch"}


def test_bad_input_is_named(pairs, labels):
    made = MismatchClassifier()
    with pytest.raises(NotFittedError):
        made.predict(pairs)
    with pytest.raises(ValueError, match="two kinds of labels"):
        made.fit(pairs, np.zeros(len(pairs)))
    with pytest.raises(ValueError, match="differ in length"):
        made.fit(pairs, labels[1:])
    with pytest.raises(ValueError, match="5 pairs or more"):
        made.fit(pairs[:20], [1] * 4 + [0] * 16)
    with pytest.raises(TypeError, match="row 1"):
        made.fit([pairs[0], "one string"], [0, 1])
    with pytest.raises(TypeError, match="must be a frame"):
        made.fit(7, labels)
    with pytest.raises(ColumnError, match="no column 'title'"):
        made.fit(pd.DataFrame({"headline": [], "body": []}), [0, 1])
    with pytest.raises(InputError, match="row 2: title is empty"):
        made.fit([*pairs[:2], ("", "It rained."), *pairs[3:]], labels)
    fitted = made.set_params(penalty=100.0).fit(pairs, labels)
    with pytest.raises(InputError, match="row 1: body is missing"):
        fitted.predict([pairs[0], ("Rain", None)])
    with pytest.raises(ValueError, match="penalty must be above 0"):
        MismatchClassifier(penalty=0.0).fit(pairs, labels)


def feed(n, seed):
    """Pairs of a feed where a feature tells what the shipped classifier leaves out."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    features = rng.normal(labels[:, None] * np.array([2.0, 1.5, 0.0, 0.0]), 1.0)
    return features, labels


LINE = np.array([-100.0, 100.0])
SHIPPED = Classifier(
    np.array([1.0, 0.75, 0.0, 0.0]),
    np.ones(4),
    (((np.array([[2.0], [0.0], [0.0], [0.0]]), np.zeros(1)),),),
    clip=10.0,
)
CALIBRATION = Calibration(LINE, LINE, np.sort(np.random.default_rng(0).normal(-2, 2, 4_000)))


def log_loss(classifier, calibration, features, labels):
    odds = calibration.at_prior(classifier.scores(features), 0.5)
    return np.mean(np.logaddexp(0, odds) - labels * odds)


def test_two_thousand_pairs_help_and_fifty_do_no_harm():
    features, labels = feed(20_000, 1)
    before = log_loss(SHIPPED, CALIBRATION, features, labels)
    many = refit(SHIPPED, CALIBRATION, *feed(2_000, 2), false_alarm_rate=0.005)
    assert log_loss(many.classifier, many.calibration, features, labels) < 0.8 * before
    p_values = many.calibration.p_values(many.classifier.scores(features))
    assert (p_values[labels == 0] <= 0.01).mean() < 0.02
    losses = [
        log_loss(f.classifier, f.calibration, features, labels)
        for f in (
            refit(SHIPPED, CALIBRATION, *feed(50, s), false_alarm_rate=0.005) for s in range(3, 9)
        )
    ]
    assert np.mean(losses) < 1.02 * before


def test_fifty_pairs_without_the_rare_errors_do_not_make_it_surer():
    """One pair in fifty lies on the wrong side; a calibration that knows it is never sure."""

    def noisy(n, seed):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, 2, n)
        features = rng.normal(labels[:, None] * np.array([4.0, 0.0, 0.0, 0.0]), 1.0)
        wrong = rng.random(n) < 0.02
        features[wrong, 0] = rng.normal(4.0 * (1 - labels[wrong]), 1.0)
        return features, labels

    shipped = Classifier(
        np.array([2.0, 0.0, 0.0, 0.0]),
        np.ones(4),
        (((np.array([[4.0], [0.0], [0.0], [0.0]]), np.zeros(1)),),),
        clip=10.0,
    )
    likelier = np.exp(np.linspace(-40, 40, 161))  # log-odds without the errors
    odds = np.log((0.98 * likelier + 0.02) / (0.98 + 0.02 * likelier))
    calibration = Calibration(np.linspace(-40, 40, 161), odds, np.sort(odds))
    features, labels = noisy(5_000, 1)
    before = log_loss(shipped, calibration, features, labels)
    losses = [
        log_loss(found.classifier, found.calibration, features, labels)
        for found in (
            refit(shipped, calibration, *noisy(50, seed), false_alarm_rate=0.005)
            for seed in range(10, 22)
        )
    ]
    assert np.mean(losses) < 1.02 * before


def test_a_refitted_classifier_is_the_sum_that_was_fitted():
    features, labels = feed(400, 10)
    found = refit(SHIPPED, CALIBRATION, features, labels, false_alarm_rate=0.005, penalty=np.inf)
    np.testing.assert_allclose(found.classifier.scores(features), SHIPPED.scores(features))
    found = refit(SHIPPED, CALIBRATION, features, labels, false_alarm_rate=0.005, penalty=1.0)
    change = found.classifier.scores(features) - SHIPPED.scores(features)
    columns = np.column_stack(
        [np.ones(400), SHIPPED.scores(features), SHIPPED.standardise(features)]
    )
    np.testing.assert_allclose(columns @ np.linalg.lstsq(columns, change)[0], change, atol=1e-8)


def test_a_wider_classifier_gives_the_same_scores():
    features, _ = feed(30, 11)
    more = np.column_stack([features, np.arange(30.0)])
    wider = widen(SHIPPED, more)
    assert np.array_equal(wider.scores(more), SHIPPED.scores(features))
