"""What many articles cost: ``python benchmarks/scale.py [stream|cost] ...``.

``stream`` scores a Parquet file of 1,000,000 distinct pairs with ``mismatch score``: its memory
against that on 10,000 of them, its rate against `mismatch.score_batch` on the same articles, and
the time of a second run with the cache of the first. The pairs are held-out articles, half of them
under the title of another.

``cost`` measures milliseconds of one core per article in each mode, by length of the body, and the
rate of one and two processes on a feed with one mismatch in a hundred. Each rate is taken by a
process of its own: ``rate``, with the articles as JSON on its standard input.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import mismatch
from mismatch.training.corpora import Row, read_stages
from sets import MODES, find_corpora

RESULTS = Path(__file__).parent / "scale.json"
GROUP = 10_000  # rows of a row group
LENGTHS = (500, 1_000, 2_000, 4_000, 8_000, 16_000)  # characters of a body
MISMATCHES = 0.01
SHARES = {"fast": 1.0, "auto": 0.2, "accurate": 0.05}  # of the articles that a rate is taken on


def held_out(folder: Path) -> list[Row]:
    """English articles of the test and calibrator stages, in a fixed random order."""
    stages = read_stages(folder)
    rows = [r for s in ("test", "calibrator") for c in stages[s].values() for r in c]
    rows = [r for r in rows if r.lang == "en" and len(r.body) >= 200]
    return [rows[i] for i in np.random.default_rng(0).permutation(len(rows))]


def pairs(rows: list[Row], number: int) -> Iterator[tuple[str, str]]:
    """Distinct pairs: every article with its own title, then with that of the k-th after it.

    Of each two neighbours one is genuine as long as there are articles; a title that has been
    over a body once comes back with a number behind it, which makes it another pair.
    """
    n = len(rows)
    for i in range(number):
        lap, place = divmod(i, n)
        own = (i + lap) % 2 == 0
        title = rows[place if own else (place + 1 + lap) % n].title
        yield (f"{title} ({lap})" if own and lap else title), rows[place].body


def write(path: Path, rows: list[Row], number: int) -> None:
    """Write that many pairs as Parquet, a row group at a time."""
    schema = pa.schema([("title", pa.string()), ("body", pa.string())])
    stream = pairs(rows, number)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, number, GROUP):
            some = [next(stream) for _ in range(min(GROUP, number - start))]
            columns = dict(zip(("title", "body"), map(list, zip(*some, strict=True)), strict=True))
            writer.write_table(pa.table(columns, schema=schema))


def run_score(source: Path, output: Path, *options: str) -> dict[str, float]:
    """Seconds and peak megabytes of ``mismatch score`` and of its largest worker."""
    command = [sys.executable, "-m", "mismatch", "score", str(source), "-o", str(output), *options]
    start = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603
    peaks: dict[int, float] = {}
    watch = threading.Thread(target=_watch, args=(process, peaks))
    watch.start()
    said = process.communicate()[1]
    watch.join()
    if process.returncode > 1:
        raise RuntimeError(said)
    workers = [peak for pid, peak in peaks.items() if pid != process.pid]
    return {
        "seconds": time.perf_counter() - start,
        "megabytes": peaks[process.pid],
        "megabytes_of_a_worker": max(workers, default=0.0),
    }


def _watch(process: subprocess.Popen[str], peaks: dict[int, float]) -> None:
    """Note the peak memory of a process and of its children while it runs."""
    while process.poll() is None:
        for pid in _family(process.pid):
            try:
                status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
            except OSError:  # it has just ended
                continue
            if "VmHWM:" in status:
                peaks[pid] = int(status.split("VmHWM:")[1].split()[0]) / 1024
        time.sleep(0.25)


def _family(pid: int) -> list[int]:
    found = [pid]
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except OSError:
        return found
    for child in children:
        found += _family(int(child))
    return found


def measure_stream(rows: list[Row], small: int, large: int, mode: str) -> dict[str, Any]:
    """Memory, rate and cached rate of a long run."""
    found: dict[str, Any] = {"rows": [small, large]}
    some = list(pairs(rows, small))
    start = time.perf_counter()
    mismatch.score_batch(*zip(*some, strict=True), mode=mode, progress=False, workers=2)
    found["score_batch_rate"] = small / (time.perf_counter() - start)
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        for number in (small, large):
            source = folder / f"{number}.parquet"
            write(source, rows, number)
            found[f"megabytes_in_{number}"] = source.stat().st_size / 1e6
            options = ("--mode", mode, "--workers", "2", "--cache", str(folder / f"{number}.db"))
            for run in ("first", "second"):
                name = f"{run}_{number}"
                found[name] = run_score(source, folder / f"{name}.parquet", *options)
                found[name]["rate"] = number / found[name]["seconds"]
                print(name, json.dumps(found[name]), flush=True)
            scored = folder / f"first_{number}.parquet"
            found[f"rows_out_{number}"] = pq.ParquetFile(scored).metadata.num_rows
            found[f"megabytes_out_{number}"] = scored.stat().st_size / 1e6
            found[f"megabytes_of_cache_{number}"] = (folder / f"{number}.db").stat().st_size / 1e6
            source.unlink()
    return found


def measure_cost(rows: list[Row], number: int) -> dict[str, Any]:
    """Milliseconds of one core an article, by mode and length, and rates by processes."""
    found: dict[str, Any] = {}
    rng = np.random.default_rng(1)
    chosen = rows[:number]
    wrong = rng.random(len(chosen)) < MISMATCHES
    titles = [
        rows[(i + 1) % len(rows)].title if w else row.title
        for i, (row, w) in enumerate(zip(chosen, wrong.tolist(), strict=True))
    ]
    bodies = [row.body for row in chosen]
    found["characters"] = float(np.mean([len(body) for body in bodies]))
    for mode in MODES:
        part = slice(0, int(number * SHARES[mode]))
        each = {
            str(workers): _rate(titles[part], bodies[part], mode, workers) for workers in (1, 2)
        }
        found[mode] = {"articles": part.stop, "rate": each, "milliseconds": {}}
        print(mode, json.dumps(each), flush=True)
        long = [row for row in rows if len(row.body) >= LENGTHS[-1]][
            : 200 if mode == "fast" else 60
        ]
        for length in LENGTHS:  # of the same articles
            cut = [row.body[:length] for row in long]
            rate = _rate([row.title for row in long], cut, mode, 1)
            found[mode]["milliseconds"][length] = 1000 / rate
        print(mode, json.dumps(found[mode]["milliseconds"]), flush=True)
    return found


def _rate(titles: list[str], bodies: list[str], mode: str, workers: int) -> float:
    """Articles a second of so many processes with a thread each.

    It is taken in a fresh process, whose memory holds these articles and no corpora.
    """
    asked = json.dumps({"titles": titles, "bodies": bodies, "mode": mode, "workers": workers})
    command = [sys.executable, __file__, "rate"]
    done = subprocess.run(command, input=asked, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    return float(done.stdout)


def take_rate(titles: list[str], bodies: list[str], mode: str, workers: int) -> float:
    """Articles a second, the better of two times.

    What a few articles take is taken off: that is what starting the processes costs.
    """
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(1)
    detector = mismatch.Detector(mode)
    few = 20 * (workers - 1)
    seconds: dict[int, float] = {}
    with threadpool_limits(1):
        for number in (few, len(titles)) * 2:
            begun = time.perf_counter()
            detector.score_batch(titles[:number], bodies[:number], progress=False, workers=workers)
            taken = time.perf_counter() - begun
            seconds[number] = min(taken, seconds.get(number, taken))
    return (len(titles) - few) / (seconds[len(titles)] - seconds[few])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["stream", "cost", "rate"], nargs="*",
                        default=["stream", "cost"])  # fmt: skip
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the long stream")
    parser.add_argument("--mode", default="fast", choices=MODES, help="of the streams")
    parser.add_argument("--articles", type=int, default=10_000, help="that the rates are taken on")
    options = parser.parse_args()
    if "rate" in options.what:
        print(take_rate(**json.load(sys.stdin)))
        return 0
    folder = find_corpora()
    if folder is None:
        return 0
    rows = held_out(folder)
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    if "cost" in options.what:
        results["cost"] = measure_cost(rows, options.articles)
    if "stream" in options.what:
        measured = measure_stream(rows, min(10_000, options.rows // 2), options.rows, options.mode)
        results["stream"] = results.get("stream", {}) | {options.mode: measured}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
