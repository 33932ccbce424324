"""Scoring articles: the case that started it, bad input, odd input, options."""

import time
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mismatch
from mismatch import Detector, InputError, Reason, Role, Score

TITLE = "Harbour bridge closes for nine weeks of repairs"
BODY = "The bridge over the harbour shuts on Monday. Its bearings are replaced in nine weeks."
HASHTAGS = "#BMW #equip #batteries #partner #plants"


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


def example(examples, kind: str, number: str = "01") -> dict:
    return next(e for e in examples if e["kind"] == kind and e["id"].endswith(number))


@pytest.mark.parametrize("kind", ["aggregator", "wrong_body"])
def test_the_case_that_started_it_is_unrelated(examples, kind):
    case = example(examples, kind)
    score = mismatch.score(case["title"], case["body"])
    assert score.probability >= 0.99
    assert score.is_mismatch
    assert Reason.UNRELATED in score.reasons


def test_hashtags_of_the_title_are_an_echo_and_the_true_headline_fits(examples):
    case = example(examples, "aggregator")
    score = mismatch.score(case["title"], case["body"])
    tagged = [p for p in score.paragraphs if p.text.lstrip().startswith("#")]
    assert tagged
    assert {paragraph.role for paragraph in tagged} == {Role.ECHO}
    assert all(paragraph.similarity is None for paragraph in tagged)
    control = example(examples, "aggregator_control")
    score = mismatch.score(control["title"], control["body"])
    assert score.probability <= 0.2
    assert score.reasons == ()


def test_paragraphs_are_spans_of_the_body_and_content_has_a_similarity(examples):
    for case in examples[::9]:
        try:
            score = mismatch.score(case["title"], case["body"])
        except InputError:
            continue
        assert score.title == case["title"]
        for paragraph in score.paragraphs:
            assert case["body"][paragraph.start : paragraph.end] == paragraph.text
            assert (paragraph.similarity is not None) == (paragraph.role is Role.CONTENT)


def test_words_of_the_headline_are_held_against_content_alone(detector):
    body = (
        "The old ferry will stop on Sunday, the operator said after a winter of storms and repairs."
        "\n\n#Skellen #harbour #closes"
    )
    score = detector.score("Skellen ferry: the last “ferry” stops – Skellen harbour closes", body)
    spans = [(word.text, score.headline[word.start : word.end]) for word in score.words]
    assert all(text == span for text, span in spans)
    assert "Skellen ferry the last ferry stops Skellen harbour closes".split() == [
        text for text, _ in spans
    ]
    by_text = {word.text: word for word in score.words}
    assert by_text["ferry"].coverage == by_text["the"].coverage == 1.0
    assert by_text["Skellen"].is_missing  # its hashtag is an echo
    assert by_text["the"].weight < by_text["Skellen"].weight
    assert "Skellen" in [word.text for word in score.missing_words]


def test_words_of_long_headlines_and_of_scripts_without_spaces(detector):
    body = "今日、東京で新しい橋が開通した。市長が式典に出席し、多くの市民が集まった。"
    held, partly, not_held = detector.score("市民 新しい港 宇宙船", body).words
    assert (held.text, held.start, held.end, held.coverage) == ("市民", 0, 2, 1.0)
    assert not_held.coverage < partly.coverage < 1.0
    many = " ".join(f"w{n}" for n in range(150))
    assert len(detector.score(many, "The ferry stops on Sunday, said the operator.").words) == 100


def test_score_survives_json(examples):
    case = example(examples, "aggregator")
    score = mismatch.score(case["title"], case["body"])
    assert Score.model_validate_json(score.model_dump_json()) == score


@pytest.mark.parametrize(
    ("title", "body", "message"),
    [(None, BODY, "title .*NoneType"), (TITLE, 3, "body .*int"), (TITLE.encode(), BODY, "title")],
)
def test_what_is_no_string_is_a_type_error(title, body, message):
    with pytest.raises(TypeError, match=message):
        mismatch.score(title, body)


@pytest.mark.parametrize(
    ("title", "body", "argument", "problem"),
    [
        ("", BODY, "title", "is empty"),
        (" \n\t", BODY, "title", "is empty"),
        ("\u200b", BODY, "title", "is empty|has no word"),
        ("*** !!!", BODY, "title", "has no word"),
        (TITLE, "", "body", "is empty"),
        (TITLE, "\n\n \t", "body", "is empty"),
        (TITLE, f"{TITLE}\n\nWe use cookies. Accept all cookies", "body", "no content paragraph"),
    ],
)
def test_what_cannot_be_scored_is_an_input_error(detector, title, body, argument, problem):
    with pytest.raises(InputError, match=problem) as caught:
        detector.score(title, body)
    assert caught.value.argument == argument
    batch = detector.score_batch([TITLE, title], [BODY, body])
    assert batch.problem.tolist() == [None, caught.value.fault]
    assert np.isnan(batch.probability).tolist() == [False, True]
    assert np.isnan(batch.p_value).tolist() == [False, True]
    assert batch.is_mismatch.tolist() == [False, False]


def test_prior_moves_the_log_odds_and_not_the_p_value():
    even = mismatch.score(TITLE, BODY)
    rare = mismatch.score(TITLE, BODY, prior=0.01)
    assert rare.log_odds - even.log_odds == pytest.approx(np.log(0.01 / 0.99))
    assert (rare.p_value, rare.prior) == (even.p_value, 0.01)
    assert rare.probability < even.probability


@pytest.mark.parametrize(
    "option",
    [{"prior": p} for p in (0, 1, -0.5, float("nan"))]
    + [{"false_alarm_rate": r} for r in (-0.01, 1.01, float("nan"), 0.0, 1e-9)]
    + [{"mode": "slow"}],
    ids=repr,
)
def test_options_outside_their_range_are_refused(option):
    with pytest.raises(ValueError, match=next(iter(option))):
        Detector(**option)
    with pytest.raises(ValueError, match=next(iter(option))):
        mismatch.score(TITLE, BODY, **option)


def test_detector_prints_its_operating_point():
    assert repr(Detector(prior=0.2)) == "Detector(mode='auto', prior=0.2, false_alarm_rate=0.005)"


any_text = st.text(st.characters(codec=None), max_size=200)


@settings(max_examples=50, deadline=None)
@given(any_text, any_text)
def test_any_unicode_is_scored_or_refused(detector, title, body):
    try:
        score = detector.score(title, body)
    except InputError:
        return
    assert 0 < score.probability < 1
    assert Score.model_validate_json(score.model_dump_json()) == score


HOSTILE = {
    "5 MB of prose": "The town met on the bridge and said little. " * 114_000,
    "5 MB without a space": "x" * 5_000_000,
    "50,000 paragraphs": "\n\n".join(f"Paragraph w{i} of the bridge works." for i in range(50_000)),
    "control characters": "\x00\x01\x1b[31m town \x08\x0b\x0c\x7f" * 50_000,
    "unclosed tags": "<div><p>A town " * 100_000,
    "unclosed comment and script": "A town <!-- <script>" * 50_000,
    "angle brackets": "<" * 1_000_000 + " town",
    "entities": "&amp;&#x26;&" * 200_000 + " town",
    "combining marks": "e" + "\u0301" * 1_000_000 + " town",
    "line breaks": "\r\n" * 1_000_000 + "town",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bodies_end_in_time(detector, body):
    start = time.perf_counter()
    with suppress(InputError):  # refused is well, too
        assert 0 < detector.score(TITLE, body).probability < 1
    assert time.perf_counter() - start < 20


def test_a_title_of_a_megabyte_ends_in_time(detector):
    start = time.perf_counter()
    assert 0 < detector.score("word after word " * 62_500, BODY).probability < 1
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize(
    "make",
    [
        tuple,
        np.array,
        lambda texts: np.array(texts, dtype=object),
        pd.Series,
        lambda texts: pd.Series(texts, dtype=object, index=[9, 4, 7]),
        lambda texts: pd.Series(texts, dtype="string"),
    ],
    ids=["tuple", "numpy", "numpy object", "pandas", "pandas object", "pandas string"],
)
def test_titles_and_bodies_come_in_any_sequence(detector, make):
    titles, bodies = [TITLE, "Striker signs for three more seasons", "Rain"], [BODY] * 3
    expected = detector.score_batch(titles, bodies)
    batch = detector.score_batch(make(titles), make(bodies))
    assert np.array_equal(batch.probability, expected.probability)
    assert type(batch[0].title) is str
