"""Word frequencies of one's own articles, and that `fit` takes them where they pay."""

import math
import pickle
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from mismatch import Detector, frequencies, shipped
from mismatch.frequencies import FOLDS, SHIPPED, adapted, count, measure_apart
from mismatch.text import read

THINGS = (
    "harbour bridge school budget hospital museum railway library orchard stadium airport vineyard "
    "theatre reservoir lighthouse bakery monastery tunnel greenhouse pharmacy quarry tramway "
    "brewery chapel archive windmill aquarium canal embassy sawmill"
).split()
NAMES = [f"{first}{last}" for first in "Bran Ost Vell Kar Mur Tob".split()
         for last in "nikar ulven eddin ossar".split()]  # fmt: skip
DEEDS = "closes reopens expands floods burns moves sells hires strikes celebrates".split()


def make_feed(articles: int) -> tuple[list[str], list[str]]:
    """Every other article speaks of Quorvantic Zeldemouth, the others of nobody known."""
    rng = np.random.default_rng(0)
    titles, bodies = [], []
    for number in range(articles):
        thing, other = rng.choice(THINGS, 2, replace=False)
        deed = rng.choice(DEEDS)
        name = "Quorvantic Zeldemouth" if number % 2 else rng.choice(NAMES)
        titles.append(f"{name} {thing} {deed}")
        told = name if number % 2 else "the town"
        bodies.append(
            f"The {thing} of {told} {deed} this week, the mayor said on day {number}. "
            f"Nobody in {told} knows how long.\n\n"
            f"People of {told} had asked for it, as they did for the {other}."
        )
    return titles, bodies


@pytest.fixture(scope="module")
def encoder():
    return shipped.shipped_fast().encoder


def test_words_are_counted_once_an_article_and_only_in_content():
    first = read("Bridge closes", "The bridge closes today. The bridge is old.\n\n#Bridge #closes")
    second = read("Bridge opens", "A new bridge opens.\n\n桥梁今天开放")
    assert count([first])["closes"] == 1
    assert count([first, second])["bridge"] == 2
    assert count([second])["桥梁"] == 1  # as evidence compares such scripts: by pairs


def test_a_word_of_many_own_articles_is_common_and_one_of_a_single_article_is_not(encoder):
    holding = Counter({"zeldemouth": 400, "harbour": 400, "quorvantic": 1})
    own = adapted(encoder, holding, 500)
    before, after = encoder.lexicon.idf_of, own.lexicon.idf_of
    for word in ("zeldemouth", "harbour"):
        among = SHIPPED * math.exp(-before(word)) + 399
        assert after(word) == pytest.approx(math.log((SHIPPED + 500) / among), rel=1e-5)
    for word in ("quorvantic", "bridge", "unmetword"):  # rarer now: 500 more did not hold them
        assert after(word) == pytest.approx(before(word) + math.log(1.5), rel=1e-5)
    assert set(own.beyond) == {"zeldemouth"}
    assert np.array_equal(own.encode(["harbour"]), encoder.encode(["harbour"]))


def test_counting_twice_is_counting_together(encoder):
    once = adapted(encoder, {"zeldemouth": 301, "harbour": 301}, 1000)
    twice = adapted(once, {"zeldemouth": 1, "harbour": 1}, 0)
    for word in ("zeldemouth", "harbour", "bridge"):
        assert twice.lexicon.idf_of(word) == pytest.approx(once.lexicon.idf_of(word), rel=1e-5)


def test_a_word_keeps_its_frequency_when_the_lexicon_forgets_it(encoder):
    own = adapted(encoder, {"zeldemouth": 400}, 500)
    kept = own.lexicon.idf_of("zeldemouth")
    own.lexicon.rows([f"zz{number}" for number in range(70_000)])
    own.lexicon.look_up(["bridge"])
    assert "zeldemouth" not in own.lexicon
    assert own.lexicon.idf_of("unmetword") > own.lexicon.idf_of("zeldemouth") == kept


def test_evidence_is_measured_without_the_pairs_own_body():
    fast = shipped.shipped_fast()
    titles, bodies = make_feed(12)
    pairs = [*zip(titles, bodies, strict=True), *zip(titles[1:], bodies[:-1], strict=True)]
    own, features = measure_apart(fast, pairs)
    for row, (title, body) in enumerate(pairs):
        fold = bodies.index(body) % FOLDS
        others = [(t, b) for i, (t, b) in enumerate(pairs[:12]) if i % FOLDS != fold]
        encoder = adapted(fast.encoder, count(read(t, b) for t, b in others), len(others))
        expected = replace(fast, encoder=encoder).reader()(read(title, body)).features
        assert np.array_equal(features[row], expected)
    every = adapted(fast.encoder, count(read(t, b) for t, b in pairs[:12]), 12)
    assert np.array_equal(own.encoder.idf, every.idf)
    assert own.encoder.beyond == every.beyond


@pytest.fixture(scope="module")
def labelled() -> tuple[list[str], list[str], list[bool]]:
    titles, bodies = make_feed(240)
    return titles + titles[1:] + titles[:1], bodies + bodies, [False] * 240 + [True] * 240


def test_fit_learns_words_where_that_pays(labelled, monkeypatch, tmp_path):
    shared = Detector("fast").fit(*labelled)
    assert shared.encoder is shipped.shipped_fast().encoder  # too few bodies to try
    monkeypatch.setattr(frequencies, "FEWEST", 100)
    detector = Detector("fast").fit(*labelled)
    assert detector.encoder.lexicon.idf_of("zeldemouth") < 3
    assert detector.checksum != shared.checksum
    titles, bodies, labels = labelled
    old, new = (d.score_batch(titles, bodies, progress=False).probability
                for d in (shared, detector))  # fmt: skip
    assert loss(new, labels) < loss(old, labels)
    detector.save(tmp_path / "saved")
    for again in (Detector.load(tmp_path / "saved"), pickle.loads(pickle.dumps(detector))):
        same = again.score_batch(titles[:20], bodies[:20], progress=False).probability
        assert np.array_equal(same, new[:20])
        assert again.score(titles[0], bodies[1]) == detector.score(titles[0], bodies[1])


def test_fit_keeps_the_shipped_words_where_they_do_no_worse(examples, monkeypatch):
    monkeypatch.setattr(frequencies, "FEWEST", 10)
    genuine = [each for each in examples if not each["mismatch"]][:80]
    titles, bodies = ([each[name] for each in genuine] for name in ("title", "body"))
    moved = titles[1:] + titles[:1]
    detector = Detector("fast").fit(titles + moved, bodies + bodies, [False] * 80 + [True] * 80)
    assert detector.encoder is shipped.shipped_fast().encoder


def loss(chance: np.ndarray, labels: list[bool]) -> float:
    return float(-np.log(np.where(labels, chance, 1 - chance)).mean())
