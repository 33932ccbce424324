"""Thresholds hold what they promise, and their intervals cover."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import binomtest

from mismatch import operating_points
from mismatch.intervals import clopper_pearson


@pytest.mark.parametrize(("hits", "n"), [(0, 7), (1, 20), (19, 20), (20, 20), (13, 400)])
def test_clopper_pearson_is_scipys_exact_interval(hits, n):
    theirs = binomtest(hits, n).proportion_ci(confidence_level=0.9, method="exact")
    assert clopper_pearson(hits, n, 0.9) == pytest.approx((theirs.low, theirs.high))


def test_false_alarm_rate_and_its_interval_hold_on_new_articles():
    rng = np.random.default_rng(0)
    rates, covered, bracketed = [], [], []
    for _ in range(600):
        point = operating_points(rng.random(499), false_alarm_rate=0.05)[0]
        true = 1 - point.threshold  # of uniform scores
        rates.append(true)
        covered.append(point.low <= true <= point.high)
        bracketed.append(point.threshold_low <= 0.95 <= point.threshold_high)
    assert np.mean(rates) == pytest.approx(0.05, abs=0.002)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.025)
    assert np.mean(bracketed) > 0.93


def test_recall_holds_on_new_mismatches():
    rng = np.random.default_rng(1)
    true, covered = [], []
    for _ in range(400):
        scores = np.concatenate([rng.random(199), rng.random(50) - 1])
        labels = np.repeat([True, False], [199, 50])
        point = operating_points(scores, labels, recall=0.9)[0]
        true.append(1 - point.threshold)
        covered.append(point.low <= 1 - point.threshold <= point.high)
    assert np.mean(true) == pytest.approx(0.9, abs=0.005)
    assert np.mean(covered) > 0.9


def test_precision_is_the_lowest_threshold_that_reaches_it():
    scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]
    labels = [True, True, False, True, True, False, False]
    point = operating_points(scores, labels, precision=0.8)[0]
    assert (point.threshold, point.estimate, point.rows) == (0.5, 0.8, 5)
    assert point.low < 0.8 < point.high
    out_of_reach = operating_points([0.9, 0.1], [False, True], precision=0.9)[0]
    assert np.isnan(out_of_reach.threshold)
    assert "not within reach" in str(out_of_reach)


def test_equal_scores_are_flagged_together():
    point = operating_points([0.9, 0.9, 0.9, 0.1], [True, True, False, False], precision=0.9)[0]
    assert np.isnan(point.threshold)


def test_rows_to_halve_do_halve_the_interval():
    rng = np.random.default_rng(2)
    point = operating_points(rng.random(300), false_alarm_rate=0.02)[0]
    larger = operating_points(rng.random(point.rows_to_halve), false_alarm_rate=0.02)[0]
    assert larger.high - larger.low == pytest.approx((point.high - point.low) / 2, rel=0.1)


def test_a_sample_too_small_says_how_many_it_needs():
    point = operating_points(np.arange(50.0), false_alarm_rate=0.01)[0]
    assert np.isnan(point.threshold)
    assert point.rows_to_halve == 99
    assert not np.isnan(operating_points(np.arange(99.0), false_alarm_rate=0.01)[0].threshold)


def test_a_batch_in_several_points_out():
    import mismatch

    body = "The council voted to widen the harbour bridge, a bottleneck for ferries, on Tuesday."
    batch = mismatch.score_batch(["Council widens harbour bridge"] * 150 + [None], [body] * 151)
    points = operating_points(batch, false_alarm_rate=[0.01, 0.1])
    assert len(points) == 2
    assert [point.wished for point in points] == [0.01, 0.1]
    frame = points.to_frame()
    assert list(frame["rows"]) == [150, 150]
    assert "intervals at 95%" in str(points)
    with pytest.raises(dataclasses.FrozenInstanceError):
        points.confidence = 0.5
    assert [p.wished for p in operating_points(batch)] == [0.001, 0.005, 0.01, 0.05]


def test_bad_calls_say_what_is_wrong():
    with pytest.raises(ValueError, match="differ in length: 2 and 1"):
        operating_points([0.1, 0.2], [True])
    with pytest.raises(ValueError, match="no scored mismatched article"):
        operating_points([0.1, 0.2], recall=0.9)
    with pytest.raises(ValueError, match="no scored genuine article"):
        operating_points([float("nan")])
    with pytest.raises(ValueError, match="precision must lie strictly between"):
        operating_points([0.1, 0.2], [True, False], precision=1.0)
    with pytest.raises(ValueError, match="confidence must lie"):
        operating_points([0.1], confidence=1)
