"""The kernel of the engines: options travel, models do not; any Arrow text; every batch alike."""

import os
import pickle
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

import mismatch
from mismatch import arrow
from mismatch.arrow import Scorer
from mismatch.errors import ArtefactError, ColumnError
from mismatch.tables import COLUMNS

pa = pytest.importorskip("pyarrow")

TOLERANCE = 1e-4  # of probabilities that a transformer read in other company
ADDED = [pa.float64(), pa.float64(), pa.bool_(), pa.string(), pa.string()]
TEXT = {
    "string": pa.string(),
    "large_string": pa.large_string(),
    "string_view": pa.string_view(),
    "dictionary": pa.dictionary(pa.int32(), pa.string()),
    "large_dictionary": pa.dictionary(pa.int64(), pa.large_string()),
}


@pytest.fixture(autouse=True)
def threads():
    """Give the threads back that a scorer takes from its process."""
    with ThreadpoolController().limit(limits=None):
        before = (
            sys.modules["torch"].get_num_threads() if "torch" in sys.modules else os.cpu_count()
        )
        yield
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(before)


@pytest.fixture(scope="module")
def table(examples):
    rows = [{"id": e["id"], "headline": e["title"], "text": e["body"]} for e in examples[::2]]
    rows[3]["headline"] = rows[5]["text"] = None
    rows[8]["headline"] = rows[9]["text"] = ""
    return pa.Table.from_pylist(rows)


def in_batches(scorer, table, size):
    batches = [scorer(batch) for batch in table.to_batches(max_chunksize=size)]
    assert all(type(batch) is pa.RecordBatch for batch in batches)
    return pa.Table.from_batches(batches)


@pytest.mark.parametrize("size", [1, 10, 1000])
def test_batches_have_the_bits_of_the_whole_table(table, size):
    options = {"mode": "fast", "prior": 0.1, "false_alarm_rate": 0.02}
    scored = in_batches(Scorer("headline", "text", **options), table, size)
    assert scored.equals(mismatch.score_frame(table, "headline", "text", **options))
    assert scored["mismatch_problem"].take([3, 5, 8, 9]).to_pylist() == [
        "title is missing",
        "body is missing",
        "title is empty",
        "body is empty",
    ]


@pytest.mark.parametrize("mode", ["auto", "accurate"])
def test_what_is_read_in_batches_differs_by_less_than_the_tolerance(table, mode):
    some = table.slice(0, 24)
    scored = in_batches(Scorer("headline", "text", mode=mode), some, 5)
    whole = mismatch.score_frame(some, "headline", "text", mode=mode, workers=1)
    for column in ("mismatch_probability", "mismatch_p_value"):
        np.testing.assert_allclose(scored[column], whole[column], rtol=0, atol=TOLERANCE)
    for column in ("is_mismatch", "mismatch_reason", "mismatch_problem"):
        assert scored[column].equals(whole[column])
    assert scored["is_mismatch"].to_pylist().count(True) > 5


@pytest.mark.parametrize("kind", [pa.Table, pa.RecordBatch])
@pytest.mark.parametrize("name", TEXT)
@pytest.mark.parametrize("rows", [0, 1, 2])
def test_any_arrow_text_of_any_length_comes_out_with_the_same_types(kind, name, rows, table):
    titles = [None, "Ferry to Skellen stops for the winter"][:rows]
    bodies = ["Rain.", "The ferry to Skellen makes its last crossing on Sunday."][:rows]
    schema = pa.schema(
        [("title", TEXT[name]), ("body", TEXT[name]), ("n", pa.list_(pa.int8()))],
        metadata={"from": "a test"},
    )
    batch = kind.from_pydict({"title": titles, "body": bodies, "n": [[1]] * rows}, schema=schema)
    scored = Scorer(mode="fast")(batch)
    assert type(scored) is kind
    wanted = [*schema, *map(pa.field, COLUMNS, ADDED)]
    assert scored.schema.equals(pa.schema(wanted, schema.metadata), check_metadata=True)
    assert scored.select(schema.names).equals(batch)
    assert scored["mismatch_problem"].to_pylist() == ["title is missing", None][:rows]


def test_options_are_pickled_and_never_a_model(table):
    scorer = Scorer("headline", "text", mode="accurate", prior=0.2)
    fresh = pickle.dumps(scorer)
    scorer(table.slice(0, 2))
    used = pickle.dumps(scorer)
    assert used == fresh
    assert len(used) < 1_000
    again = pickle.loads(used)
    assert again == scorer
    assert hash(again) == hash(scorer)
    assert again(table.slice(0, 2)).equals(scorer(table.slice(0, 2)))


def test_model_is_loaded_once_by_many_threads_and_equal_scorers(monkeypatch, table):
    made = []

    class Slow(mismatch.Detector):
        def __init__(self, *args, **options):
            made.append(options)
            time.sleep(0.1)
            super().__init__(*args, **options)

    monkeypatch.setattr(arrow, "Detector", Slow)
    arrow._load.cache_clear()
    together = threading.Barrier(16)

    def score(_):
        scorer = Scorer("headline", "text", mode="fast")
        together.wait()
        return scorer(table)

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(score, range(16)))
    assert made == [{"mode": "fast"}]
    assert all(each.equals(found[0]) for each in found)
    Scorer("id", "text", mode="fast", threads=2)(table.slice(0, 1))
    assert len(made) == 1
    Scorer("id", "text", mode="fast", prior=0.1)(table.slice(0, 1))
    assert made[1:] == [{"mode": "fast", "prior": 0.1}]
    arrow._load.cache_clear()


def test_saved_detector(tmp_path, table):
    detector = mismatch.Detector("fast", prior=0.01, false_alarm_rate=0.05)
    detector.save(tmp_path / "own")
    scored = Scorer("headline", "text", detector=tmp_path / "own")(table)
    options = {"mode": "fast", "prior": 0.01, "false_alarm_rate": 0.05}
    assert scored.equals(mismatch.score_frame(table, "headline", "text", **options))
    mismatch.Detector("fast", prior="auto").save(tmp_path / "auto")
    with pytest.raises(ValueError, match="prior='auto' is estimated from a whole table"):
        Scorer(detector=tmp_path / "auto")(table)
    with pytest.raises(ArtefactError, match="nowhere"):
        Scorer(detector=str(tmp_path / "nowhere"))(table)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prior": "auto"}, "one batch at a time: give a share"),
        ({"prior": 1.0}, "prior"),
        ({"mode": "quick"}, "mode must be one of auto, accurate, fast, not 'quick'"),
        ({"threads": 0}, "threads must be 1 or more, not 0"),
        ({"detector": "a", "mode": "fast", "prior": 0.5}, "mode and prior cannot be given beside"),
        ({"false_alarm_rate": 2}, "false_alarm_rate must lie in 0 to 1, not at 2"),
    ],
)
def test_options_outside_their_range_are_refused_before_anything_runs(options, message):
    with pytest.raises(ValueError, match=message):
        Scorer(**options)


def test_columns_that_lack_or_are_there_already(table):
    with pytest.raises(ColumnError, match="no column 'title'; there are 'id', 'headline', 'text'"):
        Scorer(mode="fast")(table)
    scorer = Scorer("headline", "text", mode="fast")
    with pytest.raises(ColumnError, match=r"'is_mismatch'.*already"):
        scorer(scorer(table))


@pytest.mark.parametrize("threads", [1, 2])
def test_process_keeps_to_its_threads_and_without_reading_to_numpy(threads):
    code = f"""
import sys
import pyarrow as pa
from mismatch.arrow import Scorer
from threadpoolctl import threadpool_info

table = pa.table({{"title": ["Last ferry on Sunday"], "body": ["It rained on Sunday, they said."]}})
for mode in ("fast", "accurate"):
    assert "torch" not in sys.modules
    Scorer(mode=mode, threads={threads})(table)
    blas = [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]
    assert blas and set(blas) <= set(range(1, {threads} + 1)), blas
import torch
assert torch.get_num_threads() == {threads}
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


def test_page_on_recipes_runs():
    page = (Path(__file__).parents[1] / "docs" / "recipes.md").read_text(encoding="utf-8")
    code = page.split("```python\n")[1].split("```")[0]
    *lines, last = code.splitlines()
    names = {}
    exec("\n".join(lines), names)
    shown, told = last.split("  # ")
    assert repr(eval(shown, names)) == told
