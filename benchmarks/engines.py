"""Articles a second of the Ray and Spark recipes with one and two workers: ``engines.py``.

Every figure is of a process of its own, and of the time in which all of its workers were busy:
from when the last of them had its model warm to when the first ran out of work.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mismatch.arrow import Scorer

HERE = Path(__file__).parent
RECIPES = HERE.parent / "docs" / "recipes"
FILES = 48  # small ones, so that both workers have enough to do
ARTICLES = {"accurate": 720, "fast": 24_000}
ROWS = {"accurate": 10, "fast": 100}  # of a batch
WARM = 2  # batches of a worker before it counts


@dataclass(frozen=True)
class TimedScorer(Scorer):
    """A scorer that notes by whom and when each row was scored."""

    def __call__(self, table: Any) -> Any:
        import pyarrow as pa

        began = time.time()
        scored = super().__call__(table)
        ended = time.time()
        for name, value in (("worker", float(os.getpid())), ("began", began), ("ended", ended)):
            column = pa.array([value] * scored.num_rows, pa.float64())
            scored = scored.append_column(name, column)
        return scored


def write_articles(folder: Path, mode: str) -> None:
    """Political news, one in four under its neighbour's headline; the same in every run."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from mismatch.training.corpora import corpora_folder, read_rows

    corpora = corpora_folder()
    if corpora is None:
        sys.exit("the corpora are not here: set MISMATCH_CORPORA")
    articles = read_rows(corpora, "en_us_politics")[: ARTICLES[mode]]
    titles = [articles[row | 1 if row % 4 == 0 else row].title for row in range(len(articles))]
    table = pa.table({"title": titles, "body": [article.body for article in articles]})
    size = len(table) // FILES
    for part in range(FILES):
        pq.write_table(table.slice(part * size, size), folder / f"{part:02}.parquet")


def run_ray(source: Path, target: Path, workers: int, mode: str) -> None:
    """The recipe for Ray, timed."""
    import ray
    import ray_data

    ray_data.Scorer = TimedScorer
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    ray_data.score_folder(
        source,
        target,
        workers=workers,
        batch_rows=ROWS[mode],
        task_bytes=largest(source),
        mode=mode,
    )


def run_spark(source: Path, target: Path, workers: int, mode: str) -> None:
    """The recipe for Spark, timed."""
    import spark
    from pyspark.sql import SparkSession

    spark.Scorer = TimedScorer
    spark.SCORES += ", worker double, began double, ended double"
    size = largest(source)
    session = (
        SparkSession.builder.master(f"local[{workers}]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", ROWS[mode])
        .config("spark.sql.files.maxPartitionBytes", size)  # a task for every file
        .config("spark.sql.files.openCostInBytes", size)
        .getOrCreate()
    )
    spark.score_folder(session, str(source), str(target), mode=mode)


def largest(folder: Path) -> int:
    """Bytes of the largest file."""
    return max(file.stat().st_size for file in folder.iterdir())


RUNS = {"Ray Data": run_ray, "Spark": run_spark}


def steady_rate(target: Path, workers: int) -> float:
    """Articles a second while every worker was warm and busy."""
    import pyarrow.parquet as pq

    noted = pq.read_table(target, columns=["worker", "began", "ended"])
    batches = noted.group_by(noted.column_names).aggregate([([], "count_all")]).to_pylist()
    by_worker: dict[float, list[dict[str, float]]] = {}
    for batch in sorted(batches, key=lambda batch: batch["began"]):
        by_worker.setdefault(batch["worker"], []).append(batch)
    assert len(by_worker) == workers, f"{len(by_worker)} of {workers} workers had work"
    start = max(theirs[WARM]["began"] for theirs in by_worker.values())
    end = min(theirs[-1]["ended"] for theirs in by_worker.values())
    done = sum(
        batch["count_all"]
        * max(0.0, min(end, batch["ended"]) - max(start, batch["began"]))
        / (batch["ended"] - batch["began"])
        for batch in batches
    )
    return done / (end - start)


def measure(engine: str, workers: int, mode: str) -> None:
    """Print the rate of one run."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "source"), Path(folder, "target")
        source.mkdir()
        target.mkdir()
        write_articles(source, mode)
        RUNS[engine](source, target, workers, mode)
        print(json.dumps(steady_rate(target, workers)))


def in_fresh_process(engine: str, workers: int, mode: str) -> float:
    """The rate of one run in a process of its own."""
    paths = os.pathsep.join([str(HERE), str(RECIPES)])
    settings = {"PYTHONPATH": paths, "PYSPARK_PYTHON": sys.executable, "PYTHONWARNINGS": "ignore"}
    settings |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    settings["RAY_worker_niceness"] = "0"  # as Spark's
    code = f"from engines import measure; measure({engine!r}, {workers}, {mode!r})"
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code],
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return float(json.loads(run.stdout.splitlines()[-1]))


def main() -> None:
    """Measure what is asked for, the better of two runs each, and print a table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--engine", choices=RUNS, action="append")
    parser.add_argument("--mode", choices=ARTICLES, action="append")
    parser.add_argument("--repeat", type=int, default=2)
    asked = parser.parse_args()
    print("| engine, mode | 1 worker | 2 workers | ratio |\n|---|---|---|---|")
    for engine in asked.engine or RUNS:
        for mode in asked.mode or ARTICLES:
            one, two = (
                max(in_fresh_process(engine, workers, mode) for _ in range(asked.repeat))
                for workers in (1, 2)
            )
            print(f"| {engine}, {mode} | {one:.1f} | {two:.1f} | {two / one:.2f} |", flush=True)


if __name__ == "__main__":
    main()
