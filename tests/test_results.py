"""Results: frozen, exact through JSON, batches in input order."""

import pickle
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mismatch import InputError, Paragraph, Reason, Role, Score, ScoreBatch, Word

PARAGRAPHS = (
    ("It rained.", "content", 0.5, False),
    ("#rain #harbour", "echo", None, False),
    ("The striker limped off.", "content", -0.02, True),
)


def test_score_is_frozen_and_exact_through_json(make_score):
    score = make_score(*PARAGRAPHS)
    assert Score.model_validate_json(score.model_dump_json()) == score
    assert score.paragraphs[1].role is Role.ECHO
    assert score.reasons == (Reason.UNRELATED,)
    strange = make_score(interval=(0.9, 0.99), unfamiliar="The body is very short.")
    assert Score.model_validate_json(strange.model_dump_json()) == strange
    with pytest.raises(ValidationError):
        score.probability = 0.5


def test_missing_words_are_those_that_nothing_answers_and_that_tell_something(make_score):
    given = [("Rain", 1.0, 0.4), ("over", 0.1, 0.05), ("the", 1.0, 0.05), ("harbour", 0.2, 0.5)]
    words, start = [], 0
    for text, coverage, weight in given:
        end = start + len(text)
        words.append(Word(text=text, start=start, end=end, coverage=coverage, weight=weight))
        start = end + 1
    score = make_score(*PARAGRAPHS, words=tuple(words))
    assert [word.text for word in score.words if word.is_missing] == ["over", "harbour"]
    assert [word.text for word in score.missing_words] == ["harbour"]
    assert Score.model_validate_json(score.model_dump_json()) == score
    assert make_score(*PARAGRAPHS).missing_words == ()


@given(
    st.text(st.characters(codec=None)),
    st.floats(0, 1),
    st.floats(-1, 1),
    st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False)),
)
def test_any_text_and_number_survives_json(text, share, similarity, evidence):
    paragraph = Paragraph(
        text=text, start=3, end=3 + len(text), role=Role.CONTENT, similarity=similarity
    )
    score = Score(
        title=text,
        headline=text,
        probability=share,
        is_mismatch=False,
        p_value=share,
        false_alarm_rate=0.005,
        prior=0.5,
        log_odds=similarity * 700,
        mode="fast",
        paragraphs=(paragraph,),
        evidence=evidence,
    )
    assert Score.model_validate_json(score.model_dump_json()) == score
    assert str(score)
    assert score._repr_html_()


@pytest.mark.parametrize(
    "change",
    [
        {"probability": 1.5},
        {"p_value": float("nan")},
        {"prior": 0.0},
        {"log_odds": float("inf")},
        {"reasons": ("bad mood",)},
        {"shade": 3},
        {"interval": (0.1, 0.2)},
        {"interval": (0.1, 1.2)},
    ],
)
def test_impossible_values_are_refused(make_score, change):
    with pytest.raises(ValidationError):
        make_score(**change)


def test_similarity_may_be_off_by_a_rounding_error_and_no_more():
    near = Paragraph(text="a", start=0, end=1, role="content", similarity=1 + 1e-7)
    assert near.similarity == 1.0
    with pytest.raises(ValidationError, match="cosine"):
        Paragraph(text="a", start=0, end=1, role="content", similarity=1.1)
    with pytest.raises(ValidationError, match="span"):
        Paragraph(text="a", start=0, end=5, role="content")


def test_printed_score_says_verdict_reasons_and_debris(make_score):
    text = str(make_score(*PARAGRAPHS))
    for part in ("Mismatch", "0.988", "0.0004", "unrelated", "echo", "[foreign]", "0.50"):
        assert part in text
    assert str(make_score(*PARAGRAPHS, probability=0.01, reasons=())).startswith("Match")
    assert repr(make_score()).startswith("Score(headline='Rain over the harbour', probability=")


def test_every_reason_has_a_sentence():
    assert all(reason.text.endswith(".") for reason in Reason)


@pytest.fixture
def batch(make_score):
    scores = [make_score(probability=p) for p in (0.9, 0.5, 0.1, 0.7)]
    return ScoreBatch(
        probability=np.array([0.9, np.nan, 0.1, 0.7]),
        p_value=np.array([0.001, np.nan, 0.8, 0.01]),
        is_mismatch=np.array([True, False, False, True]),
        problem=np.array([None, "body has no content paragraph", None, None], dtype=object),
        interval=np.array([[0.8, 0.95], [np.nan, np.nan], [0.0, 0.2], [0.6, 0.8]]),
        unfamiliar=np.array([None, None, "The body is very short.", None], dtype=object),
        prior=0.5,
        explain=scores.__getitem__,
    )


def test_batch_is_a_sequence_of_scores(batch):
    assert len(batch) == 4
    assert batch[0].probability == 0.9
    assert batch[-1].probability == 0.7
    assert repr(batch) == "ScoreBatch(4 articles, 2 flagged, 1 not scored)"
    with pytest.raises(IndexError):
        batch[4]


def test_batch_row_with_a_problem_raises_with_its_number(batch):
    with pytest.raises(InputError, match="row 1: body has no content paragraph") as caught:
        batch[1]
    assert (caught.value.argument, caught.value.row) == ("body", 1)
    with pytest.raises(InputError):
        list(batch)


def test_batch_is_cut_as_an_array_is(batch):
    assert [score.probability for score in batch[2:]] == [0.1, 0.7]
    assert [score.probability for score in batch[batch.is_mismatch]] == [0.9, 0.7]
    assert [score.probability for score in batch[[3, 0]][::-1]] == [0.9, 0.7]
    assert batch[:0].probability.shape == (0,)


def test_batch_arrays_are_read_only_and_of_one_length(batch):
    with pytest.raises(ValueError, match="read-only"):
        batch.probability[0] = 0.0
    with pytest.raises(ValueError, match="differ in length"):
        replace(batch, p_value=batch.p_value[:2])


def test_batch_as_a_frame(batch, monkeypatch):
    frame = batch.to_frame()
    assert list(frame["is_mismatch"]) == [True, False, False, True]
    assert frame["mismatch_low"].tolist()[2:] == [0.0, 0.6]
    assert frame["mismatch_unfamiliar"][2] == "The body is very short."
    assert frame["mismatch_probability"].isna().tolist() == [False, True, False, False]
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"headline-mismatch\[tables\]"):
        batch.to_frame()


def test_input_error_survives_pickling():
    error = InputError("title", "is empty", row=7)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.row, again.fault) == (str(error), 7, "title is empty")
    assert isinstance(again, ValueError)
