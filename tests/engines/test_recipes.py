"""The recipes of docs/recipes on real Parquet: what a single machine says, every row once.

An engine runs in a process of its own, as a user's script does: it opens sockets on the loopback,
starts threads and warns, none of which a test's process allows.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import mismatch
from mismatch.tables import COLUMNS

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
dataset = pytest.importorskip("pyarrow.dataset").dataset

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
SECONDS = 600  # that a run may take on a busy machine
PARTS = 6  # files that the articles lie in
TOLERANCE = 1e-4  # of probabilities that a transformer read in other company

# Nothing but the loopback, no word to anyone, and the interpreter of the tests for the workers.
SETTINGS = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "PYSPARK_PYTHON": sys.executable,
    "PYTHONPATH": str(RECIPES),
    "PYTHONWARNINGS": "ignore",
    "RAY_AUTH_MODE": "disabled",
    "RAY_worker_niceness": "0",  # else a busy machine starves them
    "RAY_USAGE_STATS_ENABLED": "0",
    "SPARK_LOCAL_IP": "127.0.0.1",
}


def need(engine):
    """Skip where an engine is not installed."""
    if importlib.util.find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed: pip install 'headline-mismatch[engines]'")
    if engine == "pyspark" and not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("Spark needs Java, which is not there")


@pytest.fixture(scope="session")
def articles(examples):
    """The labelled articles, and some that cannot be scored, as an Arrow table."""
    rows = [{name: each[name] for name in ("id", "title", "body")} for each in examples]
    rows[30]["title"] = rows[60]["title"] = None
    rows[40]["title"] = ""
    return pa.Table.from_pylist(rows)


@pytest.fixture(scope="session")
def source(articles, tmp_path_factory):
    """The articles in several files of several row groups."""
    folder = tmp_path_factory.mktemp("source")
    size = -(-len(articles) // PARTS)
    for part in range(PARTS):
        file = folder / f"part {part}.parquet"
        pq.write_table(articles.slice(part * size, size), file, row_group_size=20)
    return folder


@pytest.fixture(scope="session")
def scored(articles):
    """What a single machine says in the fast mode."""
    return mismatch.score_frame(articles, mode="fast", workers=1)


@pytest.fixture
def start(tmp_path):
    """Start Python code beside the recipes; what is left of it at the end is killed."""
    started = []

    def begin(code):
        script = tmp_path / "driver.py"
        script.write_text(code)
        settings = os.environ | SETTINGS | {"HF_HOME": str(tmp_path / "hugging_face")}
        started.append(subprocess.Popen([sys.executable, str(script)], env=settings, cwd=tmp_path))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def run(start):
    """Run Python code beside the recipes to its end."""

    def finish(code):
        assert start(code).wait(SECONDS) == 0

    return finish


RAY = """
from pathlib import Path
import ray
from ray_data import score_folder

if __name__ == "__main__":
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    score_folder(Path({source!r}), Path({target!r}), workers=2, files_at_once=2, mode="fast")
"""
SPARK = """
from pyspark.sql import SparkSession
from spark import score_folder

if __name__ == "__main__":
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", 10).getOrCreate()
    score_folder(session, {source!r}, {target!r}, files_at_once=2, mode="fast")
"""
FOLDERS = {  # what to run, which files are finished, and what puts the rows in order again
    "ray": (RAY, "[!_]*/*.parquet", "id"),
    "pyspark": (SPARK, "source=*/*.parquet", "source"),
}


@pytest.mark.parametrize("engine", FOLDERS)
def test_killed_run_goes_on_and_ends_with_every_row_once(engine, source, scored, start, tmp_path):
    need(engine)
    code, finished, order = FOLDERS[engine]
    target = tmp_path / "target"
    target.mkdir()
    code = code.format(source=str(source), target=str(target))
    first = start(code)
    deadline = time.monotonic() + SECONDS
    while not list(target.glob(finished)):
        assert first.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.2)  # into the next files
    first.kill()
    first.wait()
    times = {file: file.stat().st_mtime_ns for file in target.glob(finished)}
    assert 0 < dataset(target).count_rows() < len(scored)

    assert start(code).wait(SECONDS) == 0
    files = {file: file.stat().st_mtime_ns for file in target.glob(finished)}
    assert files | times == files  # what was finished is not scored again
    found = dataset(target, partitioning="hive").to_table().sort_by(order)
    wanted = scored.sort_by("id") if order == "id" else scored
    assert found.select(scored.column_names).equals(wanted)

    assert start(code).wait(SECONDS) == 0  # nothing is left to do
    assert {file: file.stat().st_mtime_ns for file in target.glob(finished)} == files


def test_dask(source, scored, run, tmp_path):
    need("dask")
    run(f"""
import dask.dataframe as dd
from dask_frame import score_frame

if __name__ == "__main__":
    articles = dd.read_parquet({str(source)!r}, split_row_groups=True)
    assert articles.npartitions > {PARTS}
    scored = score_frame(articles, mode="fast").compute(scheduler="processes", num_workers=2)
    scored.to_parquet("out.parquet", index=False)
""")
    assert pq.read_table(tmp_path / "out.parquet").cast(scored.schema).equals(scored)


def test_daft(source, scored, run, tmp_path):
    need("daft")
    run(f"""
import daft
from daft_frame import score_frame

if __name__ == "__main__":
    score_frame(daft.read_parquet({f"{source}/*.parquet"!r}), mode="fast").write_parquet("out")
""")
    found = pq.read_table(tmp_path / "out").cast(scored.schema)  # in the order of its workers
    assert found.sort_by("id").equals(scored.sort_by("id"))


def test_hugging_face(source, scored, run, tmp_path):
    need("datasets")
    run(f"""
from datasets import load_dataset
from hugging_face import score_dataset

if __name__ == "__main__":
    files = {f"{source}/*.parquet"!r}
    articles = load_dataset("parquet", data_files=files, split="train")
    scored = score_dataset(articles, workers=2, mode="fast")
    scored.to_parquet("out.parquet")
    assert score_dataset(articles, workers=2, mode="fast")._fingerprint == scored._fingerprint
    some = articles.select(range(16))
    score_dataset(some, workers=2, mode="accurate").to_parquet("read.parquet")
""")
    assert pq.read_table(tmp_path / "out.parquet").cast(scored.schema).equals(scored)
    found = pq.read_table(tmp_path / "read.parquet")
    wanted = mismatch.score_frame(found.select(["title", "body"]), mode="accurate", workers=1)
    for column in ("mismatch_probability", "mismatch_p_value"):
        np.testing.assert_allclose(
            found[column].to_numpy(), wanted[column].to_numpy(), rtol=0, atol=TOLERANCE
        )
    assert found["is_mismatch"].equals(wanted["is_mismatch"])


DATATROVE = """
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import ParquetWriter
from datatrove_filter import MismatchFilter

if __name__ == "__main__":
    LocalPipelineExecutor(
        [
            ParquetReader({source!r}, text_key="body"),
            MismatchFilter(
                drop={drop}, exclusion_writer=ParquetWriter("dropped"), batch_size=50, mode="fast"
            ),
            ParquetWriter("kept"),
        ],
        tasks=2,
        workers=2,
        logging_dir="logs",
    ).run()
"""


@pytest.mark.parametrize("drop", [True, False])
def test_datatrove(drop, source, scored, run, tmp_path):
    need("datatrove")
    run(DATATROVE.format(source=str(source), drop=drop))
    rows = {row["id"]: row for row in scored.to_pylist()}
    flagged = {name for name, row in rows.items() if row["is_mismatch"]}
    for folder, names in (
        ("kept", set(rows) - flagged if drop else set(rows)),
        ("dropped", flagged if drop else set()),
    ):
        found = pq.read_table(tmp_path / folder).to_pylist() if names else []
        assert sorted(row["id"] for row in found) == sorted(names)
        for row in found:
            values = row["metadata"].items()
            told = {k: None if v == "" or v != v else v for k, v in values}  # noqa: PLR0124 - NaN
            wanted = {name: rows[row["id"]][name] for name in COLUMNS}
            assert {name: told[name] for name in wanted} == wanted
