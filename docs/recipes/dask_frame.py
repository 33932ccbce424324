"""Dask: score a folder of Parquet files, one partition at a time.

python dask_frame.py SOURCE TARGET
"""

from __future__ import annotations

import sys
from typing import Any

import dask
import dask.dataframe as dd

from mismatch.arrow import Scorer


def score_frame(frame: dd.DataFrame, **options: Any) -> dd.DataFrame:
    """Add the scores to a frame; `options` are those of `Scorer`.

    The kernel takes the pandas frames that Dask is made of as they are. Compute with processes:
    threads share one interpreter, and gain little.
    """
    scorer = Scorer(**options)
    return frame.map_partitions(scorer, meta=scorer(frame._meta))


if __name__ == "__main__":
    with dask.config.set(scheduler="processes"):
        articles = dd.read_parquet(sys.argv[1], split_row_groups=True)
        score_frame(articles).to_parquet(sys.argv[2])
