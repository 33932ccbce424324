"""Probabilities, intervals and p-values: held against oracles, counting and planted truth."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from venn_abers import VennAbers

from mismatch import Detector, tuning
from mismatch.calibration import LARGEST_LOG_ODDS, UNREAD, Calibration, probability
from mismatch.feed import GRID, articles_needed, calibrate_to, log_odds_of
from mismatch.stream import score_rows
from mismatch.training.calibrating import conservative_reference, familiar_bounds
from mismatch.training.measuring import Measured
from mismatch.venn_abers import score_knots, venn_abers

ENDS = np.array([-100.0, 100.0])
halves = st.integers(-8, 8).map(lambda n: n / 2)  # few values, so that ties are common


def two_classes(n, seed, shift=0.0):
    """Log-odds of two normal classes: their likelihood ratio, so calibrated at even odds."""
    rng = np.random.default_rng(seed)
    return 3.0 * rng.normal(-1.5, 1.0, n) + shift, 3.0 * rng.normal(1.5, 1.0, n) + shift


@given(st.lists(halves, min_size=1, max_size=30), st.lists(halves, min_size=1, max_size=10))
def test_p_values_are_counted_shares(genuine, scores):
    calibration = Calibration(np.zeros(2), np.zeros(2), np.sort(genuine))
    expected = [(1 + sum(g >= s for g in genuine)) / (1 + len(genuine)) for s in scores]
    p_values = calibration.p_values(np.array(scores))
    np.testing.assert_allclose(p_values, expected)
    assert (p_values >= calibration.smallest_rate).all()
    assert (p_values <= 1).all()


def test_p_values_are_those_of_mapie():
    from mapie.conformity_scores import LACConformityScore

    # What MAPIE leaves outside its sets at a level is what has a p-value of at most that.
    rng = np.random.default_rng(0)
    genuine, new = np.sort(rng.random(99)), rng.random(200)
    calibration = Calibration(ENDS, ENDS, genuine)
    for level in (0.05, 0.1, 0.5):
        limit = LACConformityScore().get_conformity_score_quantiles(
            genuine[:, None], np.array([level]), None
        )
        assert np.array_equal(calibration.p_values(new) <= level, new > np.ravel(limit)[0])


@given(st.floats(0.001, 0.999), st.lists(st.floats(-5, 5), min_size=2, max_size=20))
def test_prior_shifts_log_odds_and_probability_rises_with_the_score(prior, scores):
    calibration = Calibration(np.array([-9.0, 0.0, 9.0]), np.array([-7.0, 1.0, 6.0]), np.zeros(1))
    scores = np.sort(scores)
    odds = calibration.at_prior(scores, prior)
    shift = odds - calibration.at_prior(scores, 0.5)
    np.testing.assert_allclose(shift, np.log(prior) - np.log1p(-prior), atol=1e-9)
    assert (np.diff(probability(odds)) >= 0).all()
    np.testing.assert_allclose(probability(odds) / (1 - probability(odds)), np.exp(odds))


def test_probability_never_reaches_certainty_by_rounding():
    calibration = Calibration(np.array([-1e4, 1e4]), np.array([-1e4, 1e4]), np.zeros(1))
    low, high = probability(calibration.at_prior(np.array([-1e4, 1e4]), 0.5))
    assert 0 < low < high < 1


def test_venn_abers_is_that_of_its_authors():
    genuine, odd = two_classes(150, 1)
    scores = probability(np.concatenate([genuine, odd]) / 3)
    labels = np.repeat([0, 1], 150)
    at = np.linspace(0.02, 0.98, 41)
    oracle = VennAbers()
    oracle.fit(np.column_stack([1 - scores, scores]), labels)
    _, expected = oracle.predict_proba(np.column_stack([1 - at, at]))
    low, high = venn_abers(scores, labels, np.ones(300), at)
    np.testing.assert_allclose(np.column_stack([low, high]), expected, atol=1e-6)
    assert (np.diff(low) >= -1e-12).all()
    assert (np.diff(high) >= -1e-12).all()
    assert (low <= high).all()


def interval_of(n):
    genuine, odd = two_classes(n, 2)
    scores, labels = np.concatenate([genuine, odd]), np.repeat([0, 1], n)
    knots = score_knots(scores)
    bounds = venn_abers(scores, labels, np.ones(2 * n), knots)
    familiar = np.array([log_odds_of(b) for b in bounds])
    wide = np.array([[-LARGEST_LOG_ODDS], [LARGEST_LOG_ODDS]]) * np.ones(len(knots))
    return Calibration(ENDS, ENDS, np.sort(genuine), knots, np.array([familiar, wide]))


def test_interval_holds_the_probability_and_narrows_with_data():
    at = np.linspace(-9, 9, 61)
    plain = np.zeros(61, dtype=bool)
    widths = []
    for n in (60, 6_000):
        calibration = interval_of(n)
        for prior in (0.5, 0.01):
            low, high = calibration.interval(at, plain, prior).T
            likely = probability(calibration.at_prior(at, prior))
            assert (low <= likely).all()
            assert (likely <= high).all()
        widths.append(np.ptp(calibration.interval(at, plain, 0.5), axis=1).mean())
    assert widths[1] < widths[0] / 3
    strange = calibration.interval(at, ~plain, 0.5)
    assert (np.ptp(strange, axis=1) > 0.99).all()


def test_interval_shifts_with_the_prior_as_the_probability_does():
    calibration = interval_of(600)
    at, plain = np.linspace(-4, 4, 9), np.zeros(9, dtype=bool)
    even, rare = (calibration.interval(at, plain, prior) for prior in (0.5, 0.02))
    assert (rare < even).all()
    odds = np.log(even / (1 - even)) - np.log(rare / (1 - rare))
    np.testing.assert_allclose(odds, np.log(49), atol=1e-6)


def test_a_row_without_a_score_has_no_interval():
    interval = interval_of(60).interval(np.array([np.nan]), np.array([False]), 0.5)
    assert np.isnan(interval).all()
    assert interval.shape == (1, 2)


def test_arrays_give_back_the_same_calibration_and_older_ones_know_no_interval():
    calibration = interval_of(60)
    arrays = calibration.to_arrays()
    again = Calibration.from_arrays(arrays)
    for name, array in again.to_arrays().items():
        assert np.array_equal(array, arrays[name])
    older = Calibration.from_arrays({k: arrays[k] for k in ("knots", "log_odds", "genuine")})
    interval = older.interval(np.zeros(1), np.zeros(1, dtype=bool), 0.5)
    np.testing.assert_allclose(interval, [[0, 1]], atol=1e-12)
    with pytest.raises(KeyError):
        Calibration.from_arrays({"knots": calibration.knots})


@pytest.mark.parametrize("level", [0.005, 0.05, 0.1])
def test_conservative_reference_holds_for_nearly_every_source(level):
    rng = np.random.default_rng(3)
    shifts = rng.normal(0, 0.7, 220)
    sources = [np.sort(rng.normal(shift, 1, 400)) for shift in shifts]
    new = [rng.normal(shift, 1, 4_000) for shift in shifts]
    pooled = Calibration(ENDS, ENDS, np.sort(np.concatenate(sources)))
    careful = Calibration(ENDS, ENDS, conservative_reference(sources))
    kept = [
        np.mean([(c.p_values(n) <= level).mean() <= level for n in new]) for c in (pooled, careful)
    ]
    assert kept[0] < 0.85
    assert kept[1] > 0.88  # of some draws of sources, 0.91 on average at the lowest level


def pairs_of_sources(shifts, n, seed):
    """Scores of sources whose pairs all look odder by a shift than the same pairs elsewhere."""
    parts = [two_classes(n, seed + k, shift) for k, shift in enumerate(shifts)]
    scores = np.concatenate([np.concatenate(part) for part in parts])
    corpus = np.repeat([f"source {k}" for k in range(len(shifts))], 2 * n)
    kind = np.tile(np.repeat(["genuine", "random"], n), len(shifts))
    nothing = np.full(len(scores), "")
    return scores, Measured(np.zeros((len(scores), 0)), kind, corpus, nothing, nothing)


def test_an_interval_spans_what_most_sources_would_say():
    at = np.linspace(-4, 4, 9)
    shifts = np.random.default_rng(13).normal(0, 1.5, 40)
    covered, widths = [], []
    for spread in (0.0, 1.0):
        scores, pairs = pairs_of_sources(spread * shifts, 200, 100)
        knots = score_knots(scores)
        bounds = venn_abers(scores, pairs.label, np.ones(len(scores)), knots)
        pooled = np.array([log_odds_of(bound) for bound in bounds])
        low, high = familiar_bounds(scores, pairs, GRID, knots, pooled)
        low, high = np.interp(at, knots, low), np.interp(at, knots, high)
        truth = at - spread * np.random.default_rng(14).normal(0, 1.5, 2_000)[:, None]
        covered.append(((low <= truth) & (truth <= high)).mean())
        widths.append((high - low).mean())
        assert (low <= np.interp(at, knots, pooled[0])).all()
        assert (high >= np.interp(at, knots, pooled[1])).all()
    assert 0.7 < covered[1] < 0.9
    assert widths[1] > 2 * widths[0]


def test_one_source_is_its_own_reference():
    genuine = np.sort(np.random.default_rng(4).normal(size=500))
    reference = conservative_reference([genuine])
    at = np.linspace(-3, 3, 50)
    one, other = (Calibration(ENDS, ENDS, r).p_values(at) for r in (genuine, reference))
    np.testing.assert_allclose(one, other, atol=0.004)


@pytest.mark.parametrize("planted", [0, 20])
def test_a_feed_of_its_own_is_learnt_even_with_mismatches_in_it(planted):
    shipped = Calibration(ENDS, ENDS, np.sort(two_classes(5_000, 5)[0]))
    shift = 4.0  # articles of this feed look odder than those of the shipped reference
    genuine, odd = two_classes(1_000, 6, shift)
    new, new_odd = two_classes(20_000, 7, shift)
    assert (shipped.p_values(new) <= 0.01).mean() > 0.03
    own = np.concatenate([genuine[planted:], odd[:planted]])
    calibration = calibrate_to(shipped, own, odd[planted:])
    assert 0.002 < (calibration.p_values(new) <= 0.01).mean() < 0.02
    assert (calibration.p_values(new_odd) <= 0.01).mean() > 0.6
    scores = np.concatenate([new, new_odd])
    truth = probability(scores - shift)
    stated = probability(calibration.at_prior(scores, 0.5))
    assert np.abs(stated - truth).mean() < 0.015


def test_scores_on_a_scale_of_their_own_mean_what_their_calibration_says():
    other = Calibration(ENDS, 0.5 * ENDS - 1, np.arange(-20.0, 0.0))
    plain = Calibration(ENDS, ENDS, np.arange(-99.0, 0.0))
    both = replace(plain, unread=other)
    scores = np.array([-1.5, -1.5 + UNREAD, np.nan, 8.0 + UNREAD])
    assert both.p_values(scores)[[0, 1]].tolist() == [0.02, 2 / 21]
    np.testing.assert_allclose(both.at_prior(scores, 0.5), [-1.5, -1.75, np.nan, 3.0])
    np.testing.assert_allclose(both.as_read(scores), [-1.5, -1.75, np.nan, 3.0])
    assert plain.as_read(scores) is scores
    again = Calibration.from_arrays(both.to_arrays())
    assert np.array_equal(again.p_values(scores), both.p_values(scores), equal_nan=True)


def test_a_feed_is_one_whether_its_articles_are_read_or_not():
    unread = Calibration(ENDS, 0.5 * ENDS - 1, np.sort(two_classes(1_000, 3)[0]))
    shipped = Calibration(ENDS, ENDS, np.sort(two_classes(1_000, 5)[0]), unread=unread)
    genuine, odd = two_classes(1_000, 6)
    own = calibrate_to(shipped, genuine, odd)
    as_unread = (np.concatenate([genuine, odd]) + 1) / 0.5 + UNREAD  # of the same log-odds
    mixed = np.where(np.arange(2_000) % 2, np.concatenate([genuine, odd]), as_unread)
    alike = calibrate_to(shipped, mixed[:1_000], mixed[1_000:])
    np.testing.assert_allclose(alike.genuine, own.genuine, atol=1e-9)
    for scores in (mixed, as_unread):
        read = own.as_read(scores)
        np.testing.assert_allclose(own.p_values(scores), own.p_values(read), atol=0.002)
        np.testing.assert_allclose(own.at_prior(scores, 0.5), own.at_prior(read, 0.5), atol=0.01)


def test_genuine_articles_that_look_odd_are_no_mismatches_where_the_kinds_overlap():
    def overlapping(n, seed):
        rng = np.random.default_rng(seed)
        odd_looking = rng.random(n) < 0.1
        genuine = np.where(odd_looking, rng.uniform(-2, 2, n), rng.normal(-5, 1, n))
        return genuine, rng.uniform(-3, 6, n)

    shipped = Calibration(ENDS, ENDS, np.sort(overlapping(5_000, 10)[0]))
    new, _ = overlapping(20_000, 11)
    shares = []
    for seed in range(20, 26):
        own = calibrate_to(shipped, *overlapping(1_000, seed))
        assert len(own.genuine) == 1_000
        shares.append([(own.p_values(new) <= level).mean() for level in (0.005, 0.01, 0.05)])
    assert (np.mean(shares, axis=0) < [0.007, 0.013, 0.055]).all()


def test_articles_beyond_every_mismatch_leave_a_calibration():
    genuine, odd = two_classes(300, 12)
    shipped = Calibration(ENDS, ENDS, np.sort(genuine))
    far = np.concatenate([genuine[6:], np.full(6, 99.0)])
    own = calibrate_to(shipped, far, odd)
    assert np.isfinite(own.interval(odd, np.zeros(300, dtype=bool), 0.5)).all()
    assert (own.p_values(odd) <= 0.01).mean() > 0.4


@pytest.mark.parametrize("rate", [0.5, 0.05, 0.01, 0.005, 0.001])
def test_as_many_articles_as_needed_support_the_rate(rate):
    n = articles_needed(rate)
    genuine, odd = two_classes(n, 8)
    shipped = Calibration(ENDS, ENDS, np.sort(genuine))
    own = np.concatenate([genuine, odd[: n // 50]])[-n:]
    assert calibrate_to(shipped, own, odd).smallest_rate <= rate
    with pytest.raises(ValueError, match="no number"):
        articles_needed(0.0)


@pytest.fixture(scope="module")
def genuine(examples):
    pairs = [(e["title"], e["body"]) for e in examples if not e["mismatch"]]
    found = Detector("fast").raw(pairs)
    return [pair for pair, raw in zip(pairs, found, strict=True) if raw.problem is None]


def test_too_few_articles_are_refused_with_the_number_needed(genuine):
    titles, bodies = zip(*genuine, strict=True)
    with pytest.raises(ValueError, match=r"rate of 0.005 takes 206 articles.* there are \d+"):
        Detector("fast").calibrate(titles, bodies)
    blank = [*titles[:99], *[""] * 30]
    with pytest.raises(ValueError, match=r"takes 100 .* there are 99"):
        Detector("fast", false_alarm_rate=0.2).calibrate(blank, bodies[:129])
    with pytest.raises(ValueError, match="differ in length"):
        Detector("fast").calibrate(titles, bodies[1:])


def test_every_body_is_lent_to_two_other_headlines(genuine, monkeypatch):
    scored = []

    def keep(detector, chunks, total, **options):
        scored.append([pair for chunk in chunks for pair in chunk])
        return score_rows(detector, iter([scored[-1]]), total, **options)

    monkeypatch.setattr(tuning, "score_rows", keep)
    own = genuine[:103]
    Detector("fast", false_alarm_rate=0.01).calibrate(*zip(*own, strict=True))
    as_given, swapped = scored
    assert as_given == own
    assert len(set(swapped)) == len(swapped) == 2 * len(own)
    assert not set(swapped) & set(own)
    for part in (0, 1):
        assert set(Counter(pair[part] for pair in swapped).values()) == {2}


def test_a_calibrated_detector_is_another_one(genuine, tmp_path):
    titles, bodies = zip(*genuine, strict=True)
    shipped = Detector("fast", false_alarm_rate=0.02)
    before = shipped.score_batch(titles, bodies)
    own = shipped.calibrate(titles, bodies)
    after = own.score_batch(titles, bodies)
    assert np.array_equal(shipped.score_batch(titles, bodies).p_value, before.p_value)
    assert not np.array_equal(after.p_value, before.p_value)
    assert after.is_mismatch.mean() <= 0.05
    assert own.false_alarm_rate == 0.02
    own.save(tmp_path / "own")
    again = Detector.load(tmp_path / "own").score_batch(titles, bodies)
    assert np.array_equal(again.p_value, after.p_value)
    assert np.array_equal(again.interval, after.interval)


def test_intervals_are_wide_and_a_warning_given_where_the_article_is_unlike_the_rest():
    detector = Detector("fast")
    title = "Council votes to widen the harbour bridge"
    body = (
        "The town council voted on Tuesday to widen the harbour bridge. Work begins in March and "
        "lasts nine weeks, said the mayor, who called the old bridge a bottleneck for traffic.\n\n"
        "The council had put the vote off twice, because the state would not say how much of the "
        "cost it would bear. Now it pays for two thirds of the work, the mayor said."
    )
    usual = detector.score(title, body)
    assert usual.unfamiliar is None
    finnish = (
        "Kaupunginvaltuusto päätti tiistaina leventää satamasiltaa. Työt alkavat maaliskuussa ja "
        "kestävät yhdeksän viikkoa, sanoi pormestari, joka kutsui vanhaa siltaa pullonkaulaksi. "
        "Valtuusto oli lykännyt äänestystä kahdesti, koska valtio ei kertonut osuuttaan kuluista."
    )
    digits = "Bridge 12 45 77 | 88.1 % | 90 | 17:30 | 2,000 km\n" * 9
    for strange, word in (
        (detector.score(title, "The bridge will be widened."), "short"),
        (detector.score("Valtuusto päätti leventää satamasiltaa", finnish), "unknown"),
        (detector.score(title, digits), "numbers"),
    ):
        assert word in strange.unfamiliar
        assert word in str(strange)
        assert word in strange._repr_html_()
        assert np.ptp(strange.interval) > 2 * np.ptp(usual.interval)
    batch = detector.score_batch([title, title], [body, "The bridge will be widened."])
    assert batch.interval.shape == (2, 2)
    assert batch.unfamiliar[0] is None
    assert batch[1].unfamiliar == batch.unfamiliar[1]
    assert batch[1].interval == tuple(batch.interval[1])


def test_prior_auto_is_estimated_from_the_batch(genuine):
    titles, bodies = map(list, zip(*genuine, strict=True))
    moved = [*titles[-6:], *titles[:-6]]
    few = Detector("fast", prior="auto").score_batch(titles, bodies)
    many = Detector("fast", prior="auto").score_batch(moved, bodies)
    assert few.prior < many.prior
    assert many.prior > 0.7
    row = int(np.flatnonzero(~np.isnan(few.probability))[0])
    assert few[row].prior == few.prior
    assert few[row].probability == few.probability[row]
    with pytest.raises(ValueError, match="many articles"):
        Detector("fast", prior="auto").score(titles[0], bodies[0])
    with pytest.raises(ValueError, match="'auto'"):
        Detector("fast", prior="often")


@pytest.mark.parametrize("share", [0.01, 0.05, 0.3])
def test_a_planted_share_is_found_within_a_factor(share):
    from mismatch.prior import find_prior

    genuine, odd = two_classes(5_000, 9)
    k = round(5_000 * share)
    found = find_prior("auto", np.concatenate([genuine[k:], odd[:k]]))
    assert share / 1.5 < found < share * 1.5
