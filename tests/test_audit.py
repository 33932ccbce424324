"""Audits find planted damage in tables of every kind, and undo it."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import mismatch
from mismatch.auditing import Shift, Swap

STRETCH = (20, 40)
SWAPS = [(50, 61), (57, 70)]
WALL = [5, 8, 12]

KINDS = {
    "pandas": lambda columns: pd.DataFrame(
        columns, index=range(1000, 1000 + len(columns["title"]))
    ),
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
}


@pytest.fixture(scope="module")
def genuine(examples):
    kinds = {"plain", "same_topic_control", "aggregator_control"}
    return [e for e in examples if e["kind"] in kinds and e["lang"] == "en"][::-1]


@pytest.fixture(scope="module")
def damaged(genuine):
    titles, bodies = [e["title"] for e in genuine], [e["body"] for e in genuine]
    start, stop = STRETCH
    titles[start:stop] = [titles[stop - 1], *titles[start : stop - 1]]
    for a, b in SWAPS:
        titles[a], titles[b] = titles[b], titles[a]
    for row in WALL:
        bodies[row] = "Please enable cookies to continue.\n\nSubscribe to our newsletter."
    source = ["Alpha"] * 25 + ["Beta"] * (len(titles) - 25)
    return {"title": titles, "body": bodies, "source": source}


@pytest.fixture(scope="module")
def report(damaged):
    return mismatch.audit(pd.DataFrame(damaged), source="source")


def test_the_stretch_is_named_with_bounds_and_offset(report):
    assert report.shifts == (Shift(*STRETCH, 1),)
    assert str(report.shifts[0]) == "rows 20 to 39: titles 1 row too far down"
    assert report.flagged[slice(*STRETCH)].all()
    assert set(report.cause[slice(*STRETCH)]) == {"shifted"}


def test_swaps_are_found(report):
    assert report.swaps == tuple(Swap(a, b) for a, b in SWAPS)
    assert set(report.cause[[50, 61, 57, 70]]) == {"swapped"}


def test_few_other_rows_are_flagged(report):
    planted = {*range(*STRETCH), 50, 61, 57, 70}
    assert len(set(report.rows.tolist()) - planted) <= 2


def test_boilerplate_bodies_are_one_body_under_many_titles(report):
    [repeat] = report.repeated_bodies
    assert repeat.rows == tuple(WALL)
    assert repeat.others == 3
    assert all(report.problem[row] for row in WALL)
    assert not report.flagged[WALL].any()  # a row that cannot be scored is listed apart


def test_the_prior_is_near_the_planted_share(report):
    planted = (STRETCH[1] - STRETCH[0] + 2 * len(SWAPS)) / (len(report) - len(WALL))
    assert planted / 1.5 <= report.prior <= planted * 1.5  # 72 rows tell no more than that


@pytest.mark.parametrize("kind", KINDS)
def test_repair_gives_the_right_titles_and_the_same_kind(kind, damaged, genuine):
    table = KINDS[kind](damaged)
    before = [list(column) for column in damaged.values()]
    report = mismatch.audit(table)
    repaired = report.repair()
    assert type(repaired) is type(table)
    titles = repaired["title"].to_pylist() if kind == "pyarrow" else list(repaired["title"])
    wrong = {row for row, e in enumerate(genuine) if titles[row] != e["title"]}
    assert wrong <= set(report.unrepaired.tolist())
    assert len(wrong) <= 1
    bodies = repaired["body"].to_pylist() if kind == "pyarrow" else list(repaired["body"])
    assert bodies == damaged["body"]
    assert [list(column) for column in damaged.values()] == before
    if kind == "pandas":
        assert list(repaired.index) == list(table.index)
        assert list(table["title"]) == damaged["title"]  # the input is as it was
    assert set(report.unrepaired.tolist()) <= set(report.rows.tolist())


@pytest.mark.parametrize("kind", KINDS)
def test_to_frame_lists_the_flagged_rows_oddest_first(kind, damaged):
    table = KINDS[kind](damaged)
    report = mismatch.audit(table)
    frame = report.to_frame()
    assert type(frame) is type(table)
    columns = frame.to_pydict() if kind == "pyarrow" else {c: list(frame[c]) for c in frame.columns}
    assert columns["row"] == report.rows.tolist()
    assert columns["title"] == [damaged["title"][row] for row in columns["row"]]
    swapped = columns["row"].index(50)
    assert columns["best_title_row"][swapped] == columns["best_body_row"][swapped] == 61
    assert columns["best_title"][swapped] == damaged["title"][61]
    assert columns["best_title_probability"][swapped] > 0.5
    assert columns["cause"][swapped] == "swapped"


def test_printed_it_says_what_happened(report):
    text = str(report)
    assert text.startswith(f"{len(report):,} rows: ")
    for part in ("rows 20 to 39", "rows 50 and 61", "One body under many titles (1)", "not scored"):
        assert part in text
    assert max(map(len, text.splitlines())) <= 110
    assert repr(report).startswith("AuditReport(")


def test_explain_is_the_row_in_full(report, damaged):
    score = report.explain(50)
    assert score.is_mismatch
    assert score.title == damaged["title"][50]
    with pytest.raises(mismatch.InputError):
        report.explain(WALL[0])


@pytest.mark.parametrize("offset", [-3, -1, 2])
def test_stretches_of_other_offsets(genuine, offset):
    titles = [e["title"] for e in genuine]
    low, high = 10, 45
    body = range(low + max(0, -offset), high - max(0, offset))
    moved = {row + offset: titles[row] for row in body}
    outside = iter([f"Nothing is known of case number {k}" for k in range(9)])
    for row in range(low, high):
        titles[row] = moved.get(row) or next(outside)
    report = mismatch.audit(pd.DataFrame({"title": titles, "body": [e["body"] for e in genuine]}))
    [shift] = report.shifts
    assert shift.offset == offset
    assert abs(shift.start - low) <= 3
    assert abs(shift.stop - high) <= 3
    repaired = report.repair()["title"].tolist()
    right = sum(repaired[row] == genuine[row]["title"] for row in body)
    assert right >= len(body) - 6


def test_a_clean_table_shows_no_structure(genuine):
    report = mismatch.audit(pd.DataFrame(genuine)[["title", "body"]])
    assert not report.shifts
    assert not report.swaps
    assert report.flagged.sum() <= 2
    assert report.repair()["title"].tolist() == [e["title"] for e in genuine]


def test_missing_and_mixed_values_keep_their_rows():
    table = pd.DataFrame(
        {"title": [None, 7, "Rain", ""], "body": ["It rained.", "Text.", None, "x"]}
    )
    report = mismatch.audit(table)
    assert len(report) == 4
    assert all(report.problem)
    assert not report.flagged.any()
    assert report.repair().equals(table)
    assert "4 not scored" in str(report)


def test_days_and_outlets_with_many_mismatches_are_named(genuine):
    titles = [e["title"] for e in genuine]
    for row in range(0, 18, 2):
        titles[row] = genuine[row + 40]["title"]
    day = pd.to_datetime("2026-03-01 08:00") + pd.to_timedelta(range(len(titles)), unit="h")
    table = pd.DataFrame({"title": titles, "body": [e["body"] for e in genuine], "day": day})
    table.loc[70, "day"] = pd.NaT
    report = mismatch.audit(table, date="day")
    assert [group.value for group in report.groups] == ["2026-03-01"]
    assert report.groups[0].column == "day"
    with pytest.raises(KeyError, match="no column 'outlet'"):
        mismatch.audit(table, source="outlet")


def test_an_empty_table():
    report = mismatch.audit(pd.DataFrame({"title": [], "body": []}))
    assert len(report) == 0
    assert "0 rows" in str(report)
    assert len(report.to_frame()) == 0
    assert report._repr_html_()


def test_bad_calls_say_what_is_wrong():
    table = pd.DataFrame({"headline": ["a"], "text": ["b"]})
    with pytest.raises(KeyError, match="no column 'title', 'body'; there are 'headline', 'text'"):
        mismatch.audit(table)
    with pytest.raises(ValueError, match="fdr must lie strictly between 0 and 1"):
        mismatch.audit(table, "headline", "text", fdr=0)
    with pytest.raises(TypeError):
        mismatch.audit([("a", "b")])
    with pytest.raises(ValueError, match="mode must be one of"):
        mismatch.audit(table, "headline", "text", mode="psychic")


def test_a_cached_audit_scores_nothing_twice(damaged, report, tmp_path, monkeypatch):
    table = pd.DataFrame(damaged)
    first = mismatch.audit(table, source="source", cache=tmp_path / "scores", workers=1)
    assert first.cause.tolist() == report.cause.tolist()
    monkeypatch.setattr(mismatch.Detector, "raw", None)
    again = mismatch.audit(table, source="source", cache=tmp_path / "scores", workers=1)
    assert again.cause.tolist() == first.cause.tolist()
    np.testing.assert_array_equal(again.p_value, first.p_value)
