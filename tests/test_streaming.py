"""Long work: each pair once, the same bits in any process, caches, killed runs, no growth."""

import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
import time
import tracemalloc
import warnings

import numpy as np
import pytest

import mismatch
from mismatch import Detector, parallel
from mismatch.cache import Cache, Raw
from mismatch.errors import CacheError
from mismatch.parallel import Crew
from mismatch.stream import score_stream


@pytest.fixture
def scored(monkeypatch):
    """Pairs that were scored, by a stand-in whose score is in the title."""
    calls = []

    def score(self, title, body):
        calls.append((title, body))
        score = float(title)
        return Raw(score, None, "unrelated" if self.is_flagged(score) else None)

    def raw(self, pairs):
        return [score(self, *pair) for pair in pairs]

    monkeypatch.setattr(Detector, "raw", raw)
    return calls


def frame(titles):
    return {"title": [str(title) for title in titles], "body": ["x"] * len(titles)}


def test_identical_pairs_are_scored_once_however_far_apart(scored):
    titles = np.random.default_rng(0).integers(0, 700, 5000)
    out = mismatch.score_frame(frame(titles), workers=1)
    assert len(scored) == len(set(scored)) == len(set(titles.tolist()))
    batch = mismatch.score_batch([str(n) for n in titles], ["x"] * len(titles), workers=1)
    assert out["mismatch_probability"] == batch.probability.tolist()


def test_title_and_body_do_not_run_together(scored):
    with Cache(None, "m") as cache:
        pairs = [("ab", "c"), ("a", "bc"), ("a", ""), ("", "a"), ("1 a", "b"), ("\ud800", "\ud801")]
        assert len({cache.key(*pair) for pair in pairs}) == len(pairs)


def test_other_processes_give_the_same_bits(examples):
    titles, bodies = ([e[name] for e in examples] for name in ("title", "body"))
    detector = Detector("fast")
    one = detector.score_batch(titles, bodies, workers=1)
    two = detector.score_batch(titles, bodies, workers=2)
    np.testing.assert_array_equal(one.probability, two.probability)
    np.testing.assert_array_equal(one.problem, two.problem)
    single = [detector.score(*pair).probability for pair in zip(titles[:40], bodies, strict=False)]
    np.testing.assert_array_equal(one.probability[:40], single)


def test_a_worker_that_is_killed_costs_no_row(examples):
    titles, bodies = ([e[name] for e in examples] for name in ("title", "body"))
    detector = Detector("fast")
    pairs = list(zip(titles, bodies, strict=True))
    with Crew(detector, 2) as crew:
        assert len(crew.submit(pairs[:5], 5)()) == 5
        for process in list(crew._pool.executor._processes.values()):
            os.kill(process.pid, signal.SIGKILL)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            tasks = [crew.submit(pairs[n : n + 20], 100) for n in range(0, 100, 20)]
            found = [raw for task in tasks for raw in task()]
    assert ["in this process alone" in str(warning.message) for warning in told] == [True]
    np.testing.assert_equal(found, detector.raw(pairs[:100]))


def pids_of(crew: Crew, pairs) -> set[int]:
    crew.submit(pairs, len(pairs))()
    return set(crew._pool.executor._processes)


def test_processes_wait_for_the_next_work_of_the_same_model(examples):
    pairs = [(e["title"], e["body"]) for e in examples[:5]]
    expected = Detector("fast", false_alarm_rate=0.1).raw(pairs)
    with Crew(Detector("fast"), 2) as crew:
        first = pids_of(crew, pairs)
    with Crew(Detector("fast"), 2) as crew:
        assert pids_of(crew, pairs) == first
        with Crew(Detector("fast"), 2) as other:  # nobody shares processes with unfinished work
            assert pids_of(other, pairs).isdisjoint(first)
    with Crew(Detector("fast", false_alarm_rate=0.1), 2) as crew:  # other reasons
        assert pids_of(crew, pairs).isdisjoint(first)
    for process in list(parallel._kept.executor._processes.values()):
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    with Crew(Detector("fast", false_alarm_rate=0.1), 2) as crew, warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_equal(crew.submit(pairs, 5)(), expected)


def test_idle_processes_end_and_start_again(examples, monkeypatch):
    monkeypatch.setattr(parallel, "IDLE", 0.2)
    pairs = [(e["title"], e["body"]) for e in examples[:5]]
    with Crew(Detector("fast", false_alarm_rate=0.02), 2) as crew:
        first = pids_of(crew, pairs)
    executor = parallel._kept.executor
    deadline = time.monotonic() + 30
    while executor._processes:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with Crew(Detector("fast", false_alarm_rate=0.02), 2) as crew:
        assert pids_of(crew, pairs).isdisjoint(first)
        assert crew._pool.executor is executor


def test_work_that_fails_leaves_no_process(examples):
    pairs = [(e["title"], e["body"]) for e in examples[:5]]
    crew = Crew(Detector("fast"), 2)
    crew.submit(pairs, 5)()
    processes = list(crew._pool.executor._processes.values())
    assert all(process.is_alive() for process in processes)
    crew.__exit__(ZeroDivisionError)
    assert not any(process.is_alive() for process in processes)


def test_short_work_stays_in_this_process(scored, monkeypatch):
    monkeypatch.setattr(Crew, "_start", lambda self: pytest.fail("started processes"))
    mismatch.score_frame(frame(range(3000)), mode="fast")
    mismatch.score_frame(frame(range(900)))
    mismatch.score_frame(frame([1] * 50_000))


def test_progress_is_silent_without_a_terminal(scored, capfd):
    mismatch.score_frame(frame(range(3000)), workers=1)
    mismatch.score_frame(frame(range(10)), progress=True)
    assert capfd.readouterr() == ("", "")


def test_a_grown_table_costs_only_what_is_new(scored, tmp_path):
    cache = tmp_path / "scores.db"
    first = mismatch.score_frame(frame(range(1000)), cache=cache, workers=1)
    scored.clear()
    out = mismatch.score_frame(frame(range(-5, 1000)), cache=str(cache), workers=1)
    assert sorted(int(title) for title, _ in scored) == list(range(-5, 0))
    assert out["mismatch_p_value"][5:] == first["mismatch_p_value"]
    assert [path.name for path in tmp_path.iterdir()] == ["scores.db"]


def test_a_cache_serves_other_priors_and_false_alarm_rates(scored, tmp_path):
    detector = Detector()
    middle = float(detector.calibration.genuine[-10])  # flagged at 1 %, not at 0.1 %
    rows = frame([middle, 30.0, -30.0])
    strict = {"false_alarm_rate": 0.001, "cache": tmp_path / "scores.db"}
    assert mismatch.score_frame(rows, **strict)["is_mismatch"] == [False, True, False]
    scored.clear()
    loose = {**strict, "false_alarm_rate": 0.05, "prior": 0.01}
    out = mismatch.score_frame(rows, **loose)
    assert out["mismatch_reason"] == ["unrelated", "unrelated", ""]
    assert [title for title, _ in scored] == [str(middle)]  # whose reasons had not been read
    assert out == mismatch.score_frame(rows, **{**loose, "cache": None})
    scored.clear()
    assert mismatch.score_frame(rows, **strict)["mismatch_reason"] == ["", "unrelated", ""]
    assert scored == []


def test_another_model_or_release_is_not_served(tmp_path, monkeypatch):
    with Cache(tmp_path / "c", "one") as one:
        key = one.key("a", "b")
        one.put({key: Raw(1.0), one.key("", "b"): Raw(math.nan, "title is empty")})
    with Cache(tmp_path / "c", "one") as again:
        assert again.get([again.key("a", "b")]) == {key: Raw(1.0)}
        assert again.get([again.key("", "b")]).popitem()[1].problem == "title is empty"
    with Cache(tmp_path / "c", "two") as two:
        assert two.get([two.key("a", "b")]) == {}
    monkeypatch.setattr(mismatch, "__version__", "9")
    with Cache(tmp_path / "c", "one") as later:
        assert later.get([later.key("a", "b")]) == {}


def test_cache_files_that_are_none(tmp_path):
    (tmp_path / "text").write_text("no database" * 100)
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE mine (x)")
    other.close()
    for name in ("text", "other.db", ".", "none/x"):
        with pytest.raises(CacheError, match="cannot be used as a cache"):
            Cache(tmp_path / name, "m")


def test_a_cache_that_is_full_does_not_end_the_run(scored, tmp_path):
    cache = tmp_path / "scores.db"
    mismatch.score_frame(frame(range(10)), cache=cache)
    held = sqlite3.connect(cache)
    held.execute("CREATE TRIGGER full BEFORE INSERT ON raw BEGIN SELECT RAISE(FAIL, 'full'); END")
    held.commit()
    held.close()
    with pytest.warns(UserWarning, match="no longer kept in .*: full"):
        out = mismatch.score_frame(frame(range(3000)), cache=cache, workers=1)
    assert len(out["is_mismatch"]) == 3000


def test_memory_does_not_grow_with_the_rows(scored, monkeypatch):
    monkeypatch.setattr(Detector, "raw", lambda self, pairs: [Raw(0.0) for _ in pairs])
    detector, peaks = Detector(), []
    for chunks in (5, 50):
        rows = ([(f"{n} {i}", "body" * 50) for i in range(1024)] for n in range(chunks))
        tracemalloc.start()
        assert sum(len(found) for found in score_stream(detector, rows, workers=1)) == 1024 * chunks
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_killed_run_resumes(tmp_path, examples):
    rows = [
        {"id": i, "title": e["title"], "body": f"{e['body']}\n\nNo. {i}"}
        for i, e in enumerate(examples * 30)
    ]
    table, out, cache = (tmp_path / name for name in ("in.jsonl", "out.jsonl", "scores.db"))
    table.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    call = [sys.executable, "-m", "mismatch", "score", table, "-o", out, "--cache", cache]
    call += ["--mode", "fast"]
    run = subprocess.Popen([*map(str, call), "--workers", "1"], stderr=subprocess.PIPE)
    while not (out.exists() and out.stat().st_size):
        assert run.poll() is None, run.stderr.read()
        time.sleep(0.02)
    run.kill()
    run.communicate()
    assert out.read_bytes().count(b"\n") < len(rows)
    done = subprocess.run(
        [*map(str, call), "--resume"], capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 1}, done.stderr
    ids = [json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines()]
    assert ids == list(range(len(rows)))


def test_warnings_are_none_in_plain_use(examples):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mismatch.score_frame({"title": ["a"], "body": [examples[0]["body"]]}, progress=True)
