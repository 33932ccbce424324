"""One test over every kind of table: the same kind out, rows aligned, index kept."""

import math

import numpy as np
import pytest

import mismatch
from mismatch.cache import Raw
from mismatch.errors import ColumnError
from mismatch.stream import is_missing
from mismatch.tables import COLUMNS, DETAILS

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")

KINDS = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "arrow": pa.table,
    "batch": pa.RecordBatch.from_pydict,
    "lists": dict,
}
LISTS = {
    "headline": ["Rain 1", None, "", "Rain 2", "Rain 1"],
    "text": ["a", "b", "c", None, "a"],
    "n": [5, 4, 3, 2, 1],
}
PROBLEMS = [None, "title is missing", "title is empty", "body is missing", None]


@pytest.fixture
def scored(monkeypatch):
    """Pairs that were scored, by a stand-in that flags titles that end in 1."""
    calls = []

    def score(self, title, body):
        calls.append((title, body))
        if not title:
            return Raw(math.nan, "title is empty")
        score = 30.0 if title.endswith("1") else -30.0
        return Raw(score, None, "unrelated,boilerplate_body" if self.is_flagged(score) else None)

    def raw(self, pairs):
        return [score(self, *pair) for pair in pairs]

    monkeypatch.setattr(mismatch.Detector, "raw", raw)
    return calls


def to_lists(table):
    """Any table as lists, what is missing as None."""
    if isinstance(table, pd.DataFrame):
        lists = {name: table[name].tolist() for name in table}
    elif isinstance(table, pl.DataFrame):
        lists = table.to_dict(as_series=False)
    else:
        lists = table if isinstance(table, dict) else table.to_pydict()
    return {
        name: [None if is_missing(value) or value == "" else value for value in values]
        for name, values in lists.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_same_kind_rows_and_order_with_columns_added(kind, scored):
    table = KINDS[kind](LISTS)
    before = to_lists(table)
    out = mismatch.score_frame(table, "headline", "text")
    assert type(out) is type(table)
    found = to_lists(out)
    assert list(found) == [*LISTS, *COLUMNS]
    assert {name: found[name] for name in LISTS} == before == to_lists(table)
    assert found["is_mismatch"] == [True, False, False, False, True]
    reasons = "unrelated,boilerplate_body"
    assert found["mismatch_reason"] == [reasons, None, None, None, reasons]
    assert found["mismatch_problem"] == PROBLEMS
    assert [value is None for value in found["mismatch_p_value"]] == [
        p is not None for p in PROBLEMS
    ]
    assert found["mismatch_probability"][0] > 0.9
    assert sorted(scored) == [("", "c"), ("Rain 1", "a")]


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "batch"])
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_tables_of_any_length_keep_their_types(kind, rows, scored):
    lists = {"title": ["Rain 2"] * rows, "body": ["a"] * rows}
    types = pa.schema({"title": pa.string(), "body": pa.string()})
    full = {"title": ["Rain 1"], "body": ["a"]}
    make = {"arrow": pa.table, "batch": pa.RecordBatch.from_pydict}.get(kind)
    table = make(lists, schema=types) if make else KINDS[kind](lists)
    flagged = make(full, schema=types) if make else KINDS[kind](full)
    out, other = mismatch.score_frame(table), mismatch.score_frame(flagged)
    assert len(out) == rows
    if kind == "pandas":
        assert out[list(COLUMNS)].dtypes.equals(other[list(COLUMNS)].dtypes)
    else:
        assert out.schema == other.schema or rows == 0


@pytest.mark.parametrize("kind", KINDS)
def test_columns_that_lack_or_are_there_already(kind, scored):
    table = KINDS[kind](LISTS)
    with pytest.raises(ColumnError, match="no column 'title'; there are 'headline', 'text', 'n'"):
        mismatch.score_frame(table)
    with pytest.raises((KeyError, ValueError), match="no column 'kop'"):
        mismatch.score_frame(table, "headline", "kop")
    twice = mismatch.score_frame(table, "headline", "text")
    with pytest.raises(ColumnError, match="'mismatch_problem' already, which would be overwritten"):
        mismatch.score_frame(twice, "headline", "text")
    assert scored


def test_index_of_pandas_is_kept_whatever_it_is(scored):
    table = pd.DataFrame(LISTS)
    indices = [
        pd.Index([3, 1, 2, 0, 9]),
        pd.Index(["a"] * 5, name="same"),
        pd.MultiIndex.from_product([["x"], range(5)]),
        pd.date_range("2024", periods=5),
    ]
    for index in indices:
        out = table.set_index(index).pipe(mismatch.score_frame, "headline", "text")
        assert out.index.equals(index)
        assert out["is_mismatch"].tolist() == [True, False, False, False, True]
    some = table[table["n"] < 4].pipe(mismatch.score_frame, title="headline", body="text")
    assert some["mismatch_problem"].tolist()[:2] == PROBLEMS[2:4]


def test_what_is_no_text_is_the_rows_problem(scored):
    values = [
        "Rain 1",
        7,
        float("nan"),
        pd.NA,
        pd.NaT,
        b"x",
        ["x"],
        np.nan,
        None,
        np.str_("Rain 2"),
    ]
    table = pd.DataFrame({"title": pd.Series(values, dtype=object), "body": "a"})
    out = mismatch.score_frame(table)
    missing = "title is missing"
    assert to_lists(out)["mismatch_problem"] == [
        None,
        "title is not text but int",
        *[missing] * 3,
        "title is not text but bytes",
        "title is not text but list",
        *[missing] * 2,
        None,
    ]
    assert table["title"].tolist()[1] == 7


@pytest.mark.parametrize("kind", KINDS)
def test_details_say_how_sure_the_probability_is(kind, scored, monkeypatch):
    score = mismatch.Detector.raw
    strange = {"Rain 2": "short_body"}

    def raw(self, pairs):
        found = score(self, pairs)
        return [
            each._replace(unfamiliar=strange.get(title), missing=each.reasons and "Rain")
            for (title, _), each in zip(pairs, found, strict=True)
        ]

    monkeypatch.setattr(mismatch.Detector, "raw", raw)
    table = KINDS[kind](LISTS | {"text": ["a", "b", "c", "d", "a"]})
    found = to_lists(mismatch.score_frame(table, "headline", "text", details=True))
    assert list(found) == [*LISTS, *COLUMNS, *DETAILS]
    assert found["mismatch_unfamiliar"] == [None, None, None, "short_body", None]
    assert found["mismatch_missing"] == ["Rain", None, None, None, "Rain"]
    for low, likely, high in zip(
        *(found[f"mismatch_{name}"] for name in ("low", "probability", "high")), strict=True
    ):
        assert (low is None) == (likely is None) == (high is None)
        assert low is None or 0 <= low <= likely <= high <= 1
    widths = [found["mismatch_high"][row] - found["mismatch_low"][row] for row in (0, 3)]
    assert widths[1] > 2 * widths[0] > 0
    with pytest.raises(ColumnError, match="'mismatch_low' already"):
        mismatch.score_frame({**LISTS, "mismatch_low": [0.0] * 5}, "headline", "text", details=True)


def test_details_say_which_words_are_missing(examples, tmp_path):
    rows = [e for e in examples if e["kind"] in ("wrong_body", "plain")]
    table = {name: [row[name] for row in rows] for name in ("title", "body")}
    options = {"mode": "fast", "details": True, "cache": tmp_path / "scores.db"}
    found = mismatch.score_frame(table, **options)
    assert mismatch.score_frame(table, **options) == found  # from the cache
    batch = mismatch.score_batch(table["title"], table["body"], mode="fast")
    for row, missing in enumerate(found["mismatch_missing"]):
        words = batch[row].missing_words if batch.is_mismatch[row] else ()
        assert missing == ",".join(word.text for word in words)
    assert "Norwick,City" in " ".join(found["mismatch_missing"])


def test_lazy_frames_in_batches(scored):
    eager = pl.DataFrame(LISTS)
    options = {"title": "headline", "body": "text"}
    wanted = mismatch.score_frame(eager, **options)
    lazy = eager.lazy().map_batches(
        lambda frame: mismatch.score_frame(frame, **options), schema=wanted.schema
    )
    assert lazy.collect().equals(wanted)
    assert lazy.filter("is_mismatch").select("n").collect()["n"].to_list() == [5, 1]
    with pytest.raises(TypeError, match=r"lazy\.map_batches"):
        mismatch.score_frame(eager.lazy())


def test_what_is_no_table():
    for value in ([1], "x", None, pd.Series(["x"])):
        with pytest.raises(TypeError, match="cannot score a"):
            mismatch.score_frame(value)
    with pytest.raises(ValueError, match="differ in length: 1 and 2"):
        mismatch.score_frame({"title": ["x"], "body": ["x", "y"]})
    for wrong in ({"prior": 2}, {"false_alarm_rate": -1}, {"mode": "none"}, {"workers": 0}):
        with pytest.raises(ValueError, match="must"):
            mismatch.score_frame({"title": ["x"], "body": ["x"]}, **wrong)


@pytest.mark.parametrize("mode", ["fast", "auto"])
def test_agrees_with_score_batch_and_score(examples, mode):
    pytest.importorskip("torch")  # once it is imported, it reads from the first text on
    titles, bodies = ([e[name] for e in examples] for name in ("title", "body"))
    options = {"mode": mode, "prior": 0.1, "false_alarm_rate": 0.02}
    batch = mismatch.score_batch(titles, bodies, **options)
    out = mismatch.score_frame(pd.DataFrame({"title": titles, "body": bodies}), **options)
    np.testing.assert_array_equal(out["mismatch_probability"], batch.probability)
    np.testing.assert_array_equal(out["mismatch_p_value"], batch.p_value)
    np.testing.assert_array_equal(out["is_mismatch"], batch.is_mismatch)
    for row in np.flatnonzero(batch.is_mismatch)[:20]:
        assert out["mismatch_reason"][row] == ",".join(batch[int(row)].reasons)
    assert out["mismatch_reason"].notna().equals(out["is_mismatch"])
