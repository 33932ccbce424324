"""Spark: score a folder of Parquet files; a killed run goes on where it stopped.

    spark-submit spark.py SOURCE TARGET

TARGET gets a partition ``source=NAME`` for every file of SOURCE. Spark puts a partition there as a
whole or not at all, on any file system that renames a folder at once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import col
from pyspark.sql.types import StructType

from mismatch.arrow import Scorer

SCORES = (
    "mismatch_probability double, mismatch_p_value double, is_mismatch boolean, "
    "mismatch_reason string, mismatch_problem string"
)


def score_frame(frame: DataFrame, **options: Any) -> DataFrame:
    """Add the scores to a frame; `options` are those of `Scorer`."""
    scorer = Scorer(**options)

    def score(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return map(scorer, batches)

    schema = StructType(frame.schema.fields + StructType.fromDDL(SCORES).fields)
    return frame.mapInArrow(score, schema)


def score_folder(
    spark: SparkSession, source: str, target: str, *, files_at_once: int = 64, **options: Any
) -> None:
    """Score every file of `source` that `target` does not have yet.

    Parameters
    ----------
    spark : SparkSession
        Set ``spark.sql.execution.arrow.maxRecordsPerBatch`` to about 1,000.
    source, target : str
        Folders, on any storage that Spark knows.
    files_at_once : int
        Files that are finished together: what a killed run loses at most.
    **options
        Of `Scorer`.
    """
    done = scored_files(spark, target)
    files = sorted(spark.read.parquet(source).inputFiles())  # quoted, as `done` has their names
    left = [unquote(file) for file in files if file.rpartition("/")[2] not in done]
    for start in range(0, len(left), files_at_once):
        articles = spark.read.parquet(*left[start : start + files_at_once])
        named = articles.withColumn("source", col("_metadata.file_name"))
        write = score_frame(named, **options).write.mode("overwrite").partitionBy("source")
        write.option("partitionOverwriteMode", "dynamic").parquet(target)


def scored_files(spark: SparkSession, target: str) -> set[str]:
    """Names of the files whose rows are in `target`, all of them."""
    try:
        rows = spark.read.parquet(target).select("source").distinct().collect()
    except AnalysisException as error:
        if error.getCondition() in {"PATH_NOT_FOUND", "UNABLE_TO_INFER_SCHEMA"}:  # nothing yet
            return set()
        raise
    return {row["source"] for row in rows}


if __name__ == "__main__":
    session = (
        SparkSession.builder.appName("mismatch")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", 1_000)
        .getOrCreate()
    )
    score_folder(session, sys.argv[1], sys.argv[2])
