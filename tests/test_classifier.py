"""From features to decisions: held against scikit-learn and against counting."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from mismatch import Detector
from mismatch.classifier import Classifier

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(2, 3, (200, 7))
LABELS = (FEATURES @ RNG.normal(size=7) + RNG.normal(size=200) > 0).astype(int)
MEAN, SCALE = FEATURES.mean(axis=0), FEATURES.std(axis=0)
STANDARD = (FEATURES - MEAN) / SCALE


def log_odds_of(model) -> np.ndarray:
    chances = model.predict_proba(STANDARD)
    return np.log(chances[:, 1]) - np.log(chances[:, 0])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scores_are_scikit_learns_log_odds():
    linear = LogisticRegression().fit(STANDARD, LABELS)
    deep = MLPClassifier((6, 4), max_iter=5, random_state=0).fit(STANDARD, LABELS)
    networks = (
        ((linear.coef_.T, linear.intercept_),),
        tuple(zip(deep.coefs_, deep.intercepts_, strict=True)),
    )
    expected = [log_odds_of(linear), log_odds_of(deep)]
    for network, odds in zip(networks, expected, strict=True):
        alone = Classifier(MEAN, SCALE, (network,), clip=100.0)
        np.testing.assert_allclose(alone.scores(FEATURES), odds, atol=1e-9)
    both = Classifier(MEAN, SCALE, networks, clip=100.0)
    np.testing.assert_allclose(both.scores(FEATURES), np.mean(expected, axis=0), atol=1e-9)
    alone = np.array([both.scores(row[None])[0] for row in FEATURES])
    assert np.array_equal(both.scores(FEATURES), alone)  # no article depends on its batch


def test_an_article_far_outside_the_fitted_range_is_no_surer():
    network = ((np.ones((7, 1)), np.zeros(1)),)
    classifier = Classifier(MEAN, SCALE, (network,))
    far, farther = classifier.scores(MEAN + SCALE * np.array([[4.0], [400.0]]))
    assert far == farther == pytest.approx(28.0)


@pytest.mark.parametrize("rate", [0.001, 0.005, 0.05, 1.0])
def test_decision_is_the_p_value_at_the_false_alarm_rate(rate, examples):
    chosen = examples[::5]
    batch = Detector(false_alarm_rate=rate).score_batch(
        [e["title"] for e in chosen], [e["body"] for e in chosen]
    )
    assert np.array_equal(batch.is_mismatch, batch.p_value <= rate)
    read = [e["lang"] == "en" for e in chosen]  # other languages have a calibration of their own
    scored = np.flatnonzero([p is None and r for p, r in zip(batch.problem, read, strict=True)])
    by_probability = scored[np.argsort(batch.probability[scored], kind="stable")]
    assert (np.diff(batch.p_value[by_probability]) <= 0).all()
    for row in scored[:5]:
        assert batch[row].is_mismatch == (batch[row].p_value <= rate)
