"""Hugging Face `datasets`: score a folder of Parquet files, in a process on every core.

python hugging_face.py SOURCE TARGET
"""

from __future__ import annotations

import os
import sys
from typing import Any

from datasets import Dataset, load_dataset

from mismatch.arrow import Scorer


def score_dataset(dataset: Dataset, *, workers: int | None = None, **options: Any) -> Dataset:
    """Add the scores to a dataset; `options` are those of `Scorer`.

    `datasets` remembers the result under the options and the data: a second run reads it.
    """
    arrow = dataset.with_format("arrow")
    scored = arrow.map(Scorer(**options), batched=True, num_proc=workers)
    return scored.with_format(None)


if __name__ == "__main__":
    articles = load_dataset("parquet", data_files=sys.argv[1] + "/*.parquet", split="train")
    score_dataset(articles, workers=os.cpu_count()).to_parquet(sys.argv[2])
