"""The words of a headline weighed together: as trained, in numpy, and what it learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mismatch.deep_sets import INSIDE, MOST_WORDS, SHARE, WORD_FEATURES, DeepSets
from mismatch.evidence import FEATURES, WHOLE
from mismatch.shipped import shipped_fast
from mismatch.training import fitting
from mismatch.training.deep_sets import Headlines, Recipe, TrainedDeepSets, loss_of, train
from mismatch.training.measuring import Measured

WIDTH = len(WORD_FEATURES)
COVERAGE = WORD_FEATURES.index("coverage")


def some_pairs(articles: int, seed: int = 0) -> tuple[Measured, list[np.ndarray]]:
    """Articles under their own headline, all of whose words are covered, and two others."""
    rng = np.random.default_rng(seed)
    kinds = articles * ["genuine", "random", "week"]
    words = []
    for kind in kinds:
        own = rng.random((rng.integers(2, 12), WIDTH)).astype(np.float32)
        own[:, SHARE] /= own[:, SHARE].sum()
        if kind == "genuine":
            own[:, COVERAGE] = 1
        else:  # the mean says little: one word is missing
            own[:, COVERAGE] = 0.9 + 0.1 * own[:, COVERAGE]
            own[rng.integers(len(own)), COVERAGE] = 0
        words.append(own)
    empty = np.array(["x"] * len(kinds))
    features = rng.random((len(kinds), len(FEATURES)))
    english = np.full(len(kinds), "en")
    return Measured(features, np.array(kinds), empty, english, empty), words


@pytest.fixture(scope="module")
def network() -> TrainedDeepSets:
    torch.manual_seed(0)
    pairs, words = some_pairs(4)
    whole = pairs.features[:, :WHOLE].astype(np.float32)
    return TrainedDeepSets(np.concatenate(words), whole, 0.1).eval()


def in_numpy(network: TrainedDeepSets) -> DeepSets:
    return DeepSets({name: part.numpy() for name, part in network.state_dict().items()})


def test_numpy_says_what_torch_says(network):
    pairs, words = some_pairs(8, seed=1)
    headlines = Headlines(pairs, words)
    with torch.inference_mode():
        expected = network(*headlines.gather(np.arange(len(words)))).numpy()
    weigh = in_numpy(network)
    found = [weigh(own, row) for own, row in zip(words, pairs.features[:, :WHOLE], strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_order_says_nothing_but_in_the_feature_of_position(network):
    weigh = in_numpy(network)
    pairs, words = some_pairs(1)
    whole = pairs.features[0, :WHOLE]
    assert weigh(words[0][::-1], whole) == pytest.approx(weigh(words[0], whole), abs=1e-4)


def test_words_beyond_the_most_are_not_looked_at(network):
    weigh = in_numpy(network)
    rng = np.random.default_rng(0)
    long, whole = rng.random((MOST_WORDS + 7, WIDTH)), rng.random(WHOLE)
    assert weigh(long, whole) == weigh(long[:MOST_WORDS], whole)


def test_outliers_and_headlines_without_weight_are_finite(network):
    weigh = in_numpy(network)
    assert np.isfinite(weigh(np.full((3, WIDTH), 1e9), np.full(WHOLE, -1e9)))
    assert np.isfinite(weigh(np.zeros((1, WIDTH)), np.zeros(WHOLE)))


def test_training_finds_the_one_word_that_is_missing():
    pairs, words = some_pairs(400)
    weigh = train(pairs, words, Recipe(epochs=20, batch=16))
    fresh, others = some_pairs(60, seed=2)
    odds = np.array(
        [weigh(own, row) for own, row in zip(others, fresh.features[:, :WHOLE], strict=True)]
    )
    assert ((odds > 0) == (fresh.label == 1)).mean() > 0.95


def test_training_sees_a_share_of_the_articles_in_other_languages(monkeypatch):
    pairs, words = some_pairs(60)
    pairs.lang[90:] = "de"  # half of the articles
    seen = []
    gather = Headlines.gather
    monkeypatch.setattr(
        Headlines, "gather", lambda self, rows: seen.append(rows) or gather(self, rows)
    )
    train(pairs, words, Recipe(epochs=4, batch=8, foreign=0.25))
    rows = np.concatenate(seen)
    assert (rows < 90).sum() == 4 * 90
    assert 0.1 < (rows >= 90).sum() / (4 * 90) < 0.4


def test_training_is_the_same_for_a_seed():
    pairs, words = some_pairs(40)
    one, same = (train(pairs, words, Recipe(epochs=2, batch=8)) for _ in range(2))
    assert all(np.array_equal(one.arrays[name], same.arrays[name]) for name in one.arrays)
    assert one.arrays["hidden.weight"].shape == (INSIDE, 4 * INSIDE)


def test_loss_asks_which_headline_is_the_articles_own(network):
    pairs, words = some_pairs(6)
    headlines = Headlines(pairs, words)
    assert [len(rows) for rows in headlines.articles] == [3] * 6
    with torch.inference_mode():
        belongs = loss_of(network, headlines, headlines.articles, 0.0)
        both = loss_of(network, headlines, headlines.articles, 1.0)
        scores = network(*headlines.gather(np.arange(len(words)))).reshape(6, 3)
    expected = -torch.log_softmax(-scores, 1)[:, 0].mean()
    assert float(both - belongs) == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_score_is_a_weighted_sum_of_the_classifier_and_the_network(network):
    pairs, words = some_pairs(300)
    weigh = in_numpy(network)
    whole = pairs.features[:, :WHOLE]
    pairs.features[:, WHOLE] = [weigh(own, row) for own, row in zip(words, whole, strict=True)]
    both = fitting.fit_beside(weigh, pairs, words, seed=0)
    rest = fitting.fit_classifier(replace(pairs, features=whole), seed=0)
    share = fitting.SAID_TOGETHER
    expected = (1 - share) * rest.scores(whole) + share * pairs.features[:, WHOLE]
    np.testing.assert_allclose(both.scores(pairs.features), expected, atol=1e-6)


def test_shipped_evidence_ends_with_what_the_words_say_together():
    fast = shipped_fast()
    assert FEATURES[WHOLE:] == ("deep_sets",)
    assert fast.deep_sets.arrays["words.weight"].shape == (INSIDE, WIDTH)
    assert fast.deep_sets.arrays["whole.weight"].shape == (INSIDE, WHOLE)
