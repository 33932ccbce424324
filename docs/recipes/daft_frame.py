"""Daft: score a folder of Parquet files with a user-defined function over two columns.

python daft_frame.py SOURCE TARGET
"""

from __future__ import annotations

import sys
from typing import Any

import daft
import pyarrow as pa
from daft import DataType, Series

from mismatch.arrow import Scorer

SCORES = DataType.struct(
    {
        "mismatch_probability": DataType.float64(),
        "mismatch_p_value": DataType.float64(),
        "is_mismatch": DataType.bool(),
        "mismatch_reason": DataType.string(),
        "mismatch_problem": DataType.string(),
    }
)


def score_frame(
    frame: daft.DataFrame,
    title: str = "title",
    body: str = "body",
    *,
    workers: int = 2,
    **options: Any,
) -> daft.DataFrame:
    """Add the scores to a frame; `options` are those of `Scorer`.

    Every worker is a process of its own. Rows come in the order in which they are done.
    """

    @daft.cls(max_concurrency=workers, use_process=True)
    class Scores:
        def __init__(self) -> None:
            self.scorer = Scorer(**options)

        @daft.method.batch(return_dtype=SCORES, batch_size=1024)
        def of(self, titles: Series, bodies: Series) -> pa.Array:
            table = pa.table({"title": titles.to_arrow(), "body": bodies.to_arrow()})
            scores = self.scorer(table).drop_columns(["title", "body"])
            return scores.to_struct_array().combine_chunks()

    scores = Scores().of(frame[title], frame[body])
    return frame.select(*frame.column_names, scores.unnest())


if __name__ == "__main__":
    score_frame(daft.read_parquet(sys.argv[1] + "/*.parquet")).write_parquet(sys.argv[2])
