"""Whatever the strings and columns are: no crash, and what the documentation says holds.

``MISMATCH_FUZZ=50`` draws fifty times as many examples, and others at each run.
"""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from invariants import check_article, check_score
from strategies import (
    KINDS,
    PROSE,
    TITLE,
    bodies,
    cells,
    column,
    drawn,
    missing,
    no_texts,
    texts,
    titles,
)

import mismatch
from mismatch import Detector, InputError, MismatchClassifier
from mismatch.text import clean_title, normalise, words

FAST = Detector("fast")
rows = st.lists(st.tuples(cells, cells), max_size=6)
shares = st.floats(allow_nan=True, allow_infinity=True) | st.floats(0, 1)


@drawn(1200)
@given(titles, bodies)
def test_the_text_room(title, body):
    check_article(title, body)


@drawn(200)
@given(texts)
def test_normalised_text(text):
    once = normalise(text)
    assert once == " ".join(once.split())
    assert all(word == word.strip() != "" for word in words(once))
    assert clean_title(text) == " ".join(clean_title(text).split())
    once.encode()  # no lone surrogate is left


@drawn(500)
@given(titles, bodies)
def test_score(title, body):
    score = check_score(FAST, title, body)
    if score is None:
        return
    html = score._repr_html_()
    html.encode()
    assert "<script" not in html.lower().replace("&lt;script", "")
    str(score).encode()
    repr(score).encode()


@drawn(10)
@given(titles, bodies)
def test_score_in_auto_mode(title, body):
    try:
        score = mismatch.score(title, body)
    except InputError:
        return
    assert 0 <= score.probability <= 1
    assert 0 < score.p_value <= 1


@drawn(60)
@given(rows, st.sampled_from(KINDS), st.sampled_from(KINDS))
def test_a_batch_is_its_rows(table, title_kind, body_kind):
    given_titles = column(title_kind, [title for title, _ in table])
    given_bodies = column(body_kind, [body for _, body in table])
    batch = mismatch.score_batch(to_list(given_titles), to_list(given_bodies), mode="fast")
    assert len(batch) == len(table)
    frame = batch.to_frame()
    assert frame["mismatch_problem"].notna().tolist() == np.isnan(batch.probability).tolist()
    pairs = zip(to_list(given_titles), to_list(given_bodies), strict=True)
    for row, (title, body) in enumerate(pairs):
        if not (isinstance(title, str) and isinstance(body, str)):
            assert "is missing" in batch.problem[row]
        elif (score := check_score(FAST, title, body)) is None:
            assert batch.problem[row] is not None
            with pytest.raises(InputError, match=f"row {row}: "):
                batch[row]
        else:
            assert batch.problem[row] is None
            assert batch.probability[row] == score.probability
            assert batch.p_value[row] == score.p_value
            assert batch.is_mismatch[row] == score.is_mismatch
    batch._repr_html_()


def to_list(values):
    """A pyarrow array gives out scalars of its own; `tolist` gives strings, as `score_frame`."""
    return values.to_pylist() if hasattr(values, "to_pylist") else values


@drawn(60)
@given(st.lists(st.tuples(cells | no_texts, cells | missing), max_size=5), st.data())
def test_a_frame_keeps_its_rows(table, data):
    labels = data.draw(st.lists(st.integers(0, 3), min_size=len(table), max_size=len(table)))
    frame = pd.DataFrame(table, columns=["title", "body"], index=labels, dtype=object)
    frame["other"] = range(len(table))
    scored = mismatch.score_frame(frame, mode="fast")
    assert scored.index.tolist() == labels
    assert scored["other"].tolist() == list(range(len(table)))
    problems = scored["mismatch_problem"]
    assert problems.notna().tolist() == scored["mismatch_probability"].isna().tolist()
    for place, (title, body) in enumerate(table):
        if isinstance(title, str) and isinstance(body, str):
            problem = FAST.raw([(title, body)])[0].problem
            assert problems.iloc[place] == problem if problem else pd.isna(problems.iloc[place])
        else:
            assert "is missing" in problems.iloc[place] or "is not text" in problems.iloc[place]


@drawn(40)
@given(rows.filter(len), st.sampled_from(["category", "string", "str", "string[pyarrow]"]))
def test_columns_of_every_kind_get_the_same_scores(table, kind):
    plain = {"title": column("string", [t for t, _ in table])}
    plain["body"] = column("string", [b for _, b in table])
    other = pd.DataFrame({name: values.astype(kind) for name, values in plain.items()})
    lists = {name: values.tolist() for name, values in plain.items()}
    scored = mismatch.score_frame(other, mode="fast")["mismatch_probability"]
    expected = mismatch.score_frame(lists, mode="fast")["mismatch_probability"]
    np.testing.assert_array_equal(scored.to_numpy(dtype=float, na_value=np.nan), expected)


@drawn(15)
@given(rows)
def test_an_audit_marks_what_it_cannot_read(table):
    frame = pd.DataFrame(
        {"title": [t for t, _ in table], "body": [b for _, b in table]}, dtype=object
    )
    report = mismatch.audit(frame, mode="fast", progress=False)
    assert len(report.flagged) == len(table)
    str(report)
    report._repr_html_().encode()
    assert len(report.repair()) == len(table)


@drawn(30)
@given(no_texts)
def test_what_is_no_text_is_refused_by_name(value):
    with pytest.raises(TypeError, match=r"^title must be a string"):
        mismatch.score(value, PROSE, mode="fast")
    with pytest.raises(TypeError, match=r"^body must be a string"):
        mismatch.score(TITLE, value, mode="fast")
    with pytest.raises(TypeError, match=r"^titles must be a string \(row 1\)"):
        mismatch.score_batch([TITLE, value], [PROSE, PROSE], mode="fast")


@drawn(40)
@given(shares, shares)
def test_options_are_taken_or_refused(prior, rate):
    known = FAST.calibration
    if not (0 < prior < 1 and known.smallest_rate <= rate <= 1):
        with pytest.raises(ValueError, match=r"prior|false_alarm_rate"):
            Detector("fast", prior=prior, false_alarm_rate=rate)
        return
    detector = Detector("fast", prior=prior, false_alarm_rate=rate)
    score = detector.score(TITLE, PROSE)
    assert score.prior == prior
    assert score.is_mismatch == (score.p_value <= rate)


@drawn(40)
@given(
    st.lists(st.tuples(st.floats(), st.sampled_from([0, 1, True])), max_size=40),
    st.floats(0.01, 0.99),
)
def test_operating_points_are_found_or_refused(scored, wished):
    scores, labels = [s for s, _ in scored], [label for _, label in scored]
    try:
        points = mismatch.operating_points(scores, labels, false_alarm_rate=wished, recall=wished)
    except ValueError:
        return
    for point in points:
        assert math.isnan(point.estimate) or 0 <= point.estimate <= 1
        assert not point.low > point.high
    str(points)


@drawn(5)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=8))
def test_a_detector_is_calibrated_or_says_why_not(table):
    columns = [t for t, _ in table], [b for _, b in table]
    with pytest.raises(ValueError, match="articles"):
        FAST.calibrate(*columns, progress=False)


@pytest.fixture(scope="module")
def classifier(examples) -> MismatchClassifier:
    chosen = [e for e in examples if e["kind"] in {"plain", "wrong_body"}]
    pairs = [(e["title"], e["body"]) for e in chosen]
    return MismatchClassifier().fit(pairs, [e["mismatch"] for e in chosen])


@drawn(20)
@given(pairs=st.lists(st.tuples(bodies, bodies), min_size=1, max_size=4))
def test_the_classifier_gives_a_row_each_or_names_the_one(classifier, pairs):
    frame = pd.DataFrame(pairs, columns=["title", "body"], dtype=object)
    problems = [raw.problem for raw in FAST.raw(pairs)]
    if any(problems):
        row = next(row for row, problem in enumerate(problems) if problem)
        with pytest.raises(InputError, match=f"^row {row}: {problems[row]}"):
            classifier.predict_proba(frame)
        return
    chances = classifier.predict_proba(frame)
    assert chances.shape == (len(pairs), 2)
    np.testing.assert_allclose(chances.sum(axis=1), 1)


@drawn(30)
@given(titles, bodies)
def test_features_are_finite(title, body):
    try:
        features = FAST.features(title, body)
    except InputError:
        return
    assert np.isfinite(features).all()
