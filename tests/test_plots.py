"""Every plot draws, and the frame beside it holds the numbers that it shows."""

import sys

import numpy as np
import pytest

import mismatch

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")

from matplotlib import pyplot as plt  # noqa: E402

from mismatch import plots  # noqa: E402


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def labelled(examples):
    kept = [e for e in examples if e["lang"] == "en"]
    batch = mismatch.score_batch([e["title"] for e in kept], [e["body"] for e in kept])
    return batch, np.array([e["mismatch"] for e in kept])


def test_score_distribution_counts_every_scored_article(labelled):
    batch, _ = labelled
    data = plots.score_distribution_data(batch)
    assert data["articles"].sum() == (~np.isnan(batch.probability)).sum()
    assert data["flagged"].sum() == batch.is_mismatch.sum()
    ax = plots.score_distribution(batch)
    assert any("threshold" in text.get_text() for text in ax.get_legend().get_texts())
    ax.figure.canvas.draw()


def test_reliability_compares_stated_and_observed(labelled):
    batch, label = labelled
    data = plots.reliability_data(batch.probability, label, bins=5)
    assert data["articles"].sum() == (~np.isnan(batch.probability)).sum()
    assert (data["observed_low"] <= data["observed"]).all()
    assert (data["observed"] <= data["observed_high"]).all()
    assert ((data["low"] <= data["stated"]) & (data["stated"] <= data["high"])).all()
    ax = plots.reliability(batch.probability, label, bins=5)
    assert len(ax.texts) == len(data)  # the counts


def test_reliability_of_perfect_probabilities():
    rng = np.random.default_rng(0)
    p = rng.random(20_000)
    data = plots.reliability_data(p, rng.random(20_000) < p)
    assert np.allclose(data["stated"], data["observed"], atol=0.04)


def test_detection_curve_is_scikit_learns(labelled):
    from sklearn.metrics import roc_curve

    batch, label = labelled
    known = ~np.isnan(batch.probability)
    data = plots.detection_curve_data(batch.probability, label)
    rate, recall, threshold = roc_curve(
        label[known], batch.probability[known], drop_intermediate=False
    )
    assert np.allclose(data["threshold"], threshold[1:])
    assert np.allclose(data["false_alarm_rate"], rate[1:])
    assert np.allclose(data["recall"], recall[1:])
    ax = plots.detection_curve(batch.probability, label, name="fast")
    assert ax.get_xscale() == "log"
    with pytest.raises(ValueError, match="genuine articles and mismatches"):
        plots.detection_curve_data([0.1, 0.2], [False, False])


def test_heat_map_has_a_row_for_every_paragraph(make_score):
    score = make_score(
        ("It rained for $5 or $6.", "content", 0.54, False),
        ("A striker limped. \x1b[31m", "content", -0.03, True),
        ("#rain", "echo", None, False),
    )
    data = plots.heat_map_data(score)
    assert data["role"].tolist() == ["content", "content", "echo"]
    assert np.isnan(data["similarity"].iloc[2])
    ax = plots.heat_map(score)
    assert len(ax.get_yticklabels()) == 3
    ax.figure.canvas.draw()


def test_plots_draw_on_given_axes(labelled):
    batch, label = labelled
    _, (left, right) = plt.subplots(1, 2)
    assert plots.detection_curve(batch.probability, label, ax=left) is left
    assert plots.reliability(batch.probability, label, ax=right) is right


def test_without_matplotlib_the_error_names_the_extra(labelled, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)
    with pytest.raises(ImportError, match=r"headline-mismatch\[plots\]"):
        plots.score_distribution(labelled[0])


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="differ in shape"):
        plots.reliability_data([0.1, 0.2], [True])
