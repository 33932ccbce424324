"""Many articles at once: the same scores in the same order, and bad rows kept."""

import numpy as np
import pandas as pd
import pytest

import mismatch
from mismatch import Detector, InputError, detector

TITLE = "Harbour bridge closes for nine weeks of repairs"
BODY = "The bridge over the harbour shuts on Monday. Its bearings are replaced in nine weeks."


@pytest.fixture(scope="module")
def columns(examples) -> tuple[list[str], list[str]]:
    chosen = examples[::3]
    return [e["title"] for e in chosen], [e["body"] for e in chosen]


def equal(one: mismatch.ScoreBatch, other: mismatch.ScoreBatch) -> bool:
    """Equal to the last bit."""
    return (
        np.array_equal(one.probability, other.probability, equal_nan=True)
        and np.array_equal(one.p_value, other.p_value, equal_nan=True)
        and np.array_equal(one.is_mismatch, other.is_mismatch)
        and np.array_equal(one.problem, other.problem)
    )


def test_batch_equals_single_scores_bit_for_bit(columns):
    detector = Detector("fast")
    batch = detector.score_batch(*columns)
    for row, (title, body) in enumerate(zip(*columns, strict=True)):
        if batch.problem[row]:
            with pytest.raises(InputError, match=batch.problem[row]):
                detector.score(title, body)
            continue
        score = detector.score(title, body)
        assert score.probability == batch.probability[row]
        assert score.p_value == batch.p_value[row]
        assert score.is_mismatch == batch.is_mismatch[row]
        assert batch[row] == score


def test_order_is_kept_under_permutation(columns):
    order = np.random.default_rng(0).permutation(len(columns[0]))
    shuffled = [[column[i] for i in order] for column in columns]
    score_batch = Detector("fast").score_batch
    assert equal(score_batch(*shuffled), score_batch(*columns)[order])


def test_a_batch_equals_its_parts(columns):
    titles, bodies = columns
    score_batch = Detector("fast").score_batch
    whole = score_batch(titles, bodies)
    for start in range(0, len(titles), 31):
        part = slice(start, start + 31)
        assert equal(score_batch(titles[part], bodies[part]), whole[part])


def test_the_number_of_workers_changes_no_score(columns):
    score_batch = Detector("fast").score_batch
    assert equal(score_batch(*columns, workers=2), score_batch(*columns))


@pytest.mark.parametrize(
    ("titles", "bodies", "message"),
    [
        ([TITLE, TITLE, 5], [BODY] * 3, r"titles .*row 2.*int"),
        ([TITLE, TITLE], [BODY, b"bytes"], r"bodies .*row 1.*bytes"),
        (TITLE, [BODY], "titles must be a sequence"),
        ([TITLE], BODY, "bodies must be a sequence"),
    ],
)
def test_wrong_types_are_refused_before_any_work(monkeypatch, titles, bodies, message):
    def no_work(*_: object) -> None:
        pytest.fail("an article was read before all types were checked")

    monkeypatch.setattr(detector, "read", no_work)
    with pytest.raises(TypeError, match=message):
        mismatch.score_batch(titles, bodies)


def test_lengths_that_differ_are_both_named():
    with pytest.raises(ValueError, match="3 and 2"):
        mismatch.score_batch([TITLE] * 3, [BODY] * 2)


def test_missing_and_empty_rows_keep_their_place():
    titles = pd.Series([TITLE, None, "", TITLE, float("nan"), TITLE], dtype=object)
    bodies = pd.Series([BODY, BODY, BODY, pd.NA, BODY, "Leave a Comment"], dtype=object)
    batch = mismatch.score_batch(titles, bodies)
    problems = ["title is missing", "title is empty", "body is missing", "title is missing"]
    assert batch.problem.tolist()[:5] == [None, *problems]
    assert "no content paragraph" in batch.problem[5]
    assert np.isnan(batch.probability).tolist() == [False, *[True] * 5]
    assert not batch.is_mismatch[1:].any()
    with pytest.raises(InputError, match="row 3: body is missing"):
        batch[3]


@pytest.mark.parametrize("dtype", ["string", "str", object])
def test_missing_values_of_any_column_kind(dtype):
    titles = pd.Series([TITLE, None], dtype=dtype)
    batch = mismatch.score_batch(titles, [BODY, BODY])
    assert batch.problem.tolist() == [None, "title is missing"]


def test_an_empty_batch_is_a_batch():
    batch = mismatch.score_batch([], [])
    assert len(batch) == 0
    assert batch.probability.shape == (0,)
    assert list(batch) == []


def test_a_batch_explains_the_texts_it_was_given():
    titles = [TITLE]
    batch = mismatch.score_batch(titles, [BODY])
    titles[0] = "Something else"
    assert batch[0].title == TITLE


def test_detector_options_reach_every_row(columns):
    strict = Detector(prior=0.01, false_alarm_rate=0.001).score_batch(*columns)
    usual = mismatch.score_batch(*columns)
    scored = np.flatnonzero([problem is None for problem in strict.problem])
    assert (strict.probability[scored] < usual.probability[scored]).all()
    assert np.array_equal(strict.p_value, usual.p_value, equal_nan=True)
    assert not (strict.is_mismatch & ~usual.is_mismatch).any()
    assert strict[scored[0]].false_alarm_rate == 0.001


def test_progress_bar_is_quiet_unless_asked_for(columns, capsys):
    mismatch.score_batch(*columns)
    mismatch.score_batch(*columns, progress=True)  # no terminal: still quiet
    assert capsys.readouterr() == ("", "")
