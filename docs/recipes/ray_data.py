"""Ray Data: score a folder of Parquet files; a killed run goes on where it stopped.

    python ray_data.py SOURCE TARGET

TARGET gets a folder of Parquet files for every few files of SOURCE, named in column ``path``; rows
of a file may have changed places. Both must be on storage that every node sees and that renames a
folder at once.
"""

from __future__ import annotations

import shutil
import sys
import uuid
from pathlib import Path
from typing import Any

import ray
from ray.data import ActorPoolStrategy, DataContext

from mismatch.arrow import Scorer


def score_folder(
    source: Path,
    target: Path,
    *,
    workers: int = 2,
    files_at_once: int = 64,
    task_bytes: int = 8 * 2**20,
    batch_rows: int = 1_024,
    **options: Any,
) -> None:
    """Score every file of `source` that `target` does not have yet.

    Parameters
    ----------
    source, target : path
        Folders.
    workers : int
        Processes, each with a model.
    files_at_once : int
        Files that are finished together: what a killed run loses at most. Workers start anew for
        each such portion, so let it be work for some minutes.
    task_bytes : int
        Articles of a task; smaller ones let workers end together.
    batch_rows : int
        Articles scored together.
    **options
        Of `Scorer`.
    """
    DataContext.get_current().target_max_block_size = task_bytes
    done = scored_files(target)
    left = [str(file) for file in sorted(source.glob("*.parquet")) if file.name not in done]
    for abandoned in target.glob("_*"):
        shutil.rmtree(abandoned)
    for start in range(0, len(left), files_at_once):
        name = uuid.uuid4().hex
        unfinished = target / f"_{name}"  # readers of Parquet pass over such names
        part = left[start : start + files_at_once]
        scored = ray.data.read_parquet(part, include_paths=True).map_batches(
            Scorer,
            fn_constructor_kwargs=options,
            batch_format="pyarrow",
            batch_size=batch_rows,
            num_cpus=0.5,  # so that beside a worker on every core there is a place for reading
            compute=ActorPoolStrategy(size=workers),
        )
        scored.write_parquet(str(unfinished))
        unfinished.rename(target / name)


def scored_files(target: Path) -> set[str]:
    """Names of the files whose rows are in `target`, all of them."""
    folders = [str(folder) for folder in target.glob("[!_]*")]
    if not folders:
        return set()
    paths = ray.data.read_parquet(folders, columns=["path"]).unique("path")
    return {Path(path).name for path in paths}


if __name__ == "__main__":
    score_folder(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
