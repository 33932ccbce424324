"""Threads, forks and spawned processes score as one thread does, from one model a process."""

import json
import multiprocessing
import os
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from random import Random

import numpy as np
import pytest

from mismatch import Detector, artefact, parallel
from mismatch.encoders import REMEMBERED_WORDS
from mismatch.parallel import Crew
from mismatch.text import read

THREADS = 16
FORKS = "fork" in multiprocessing.get_all_start_methods()
LIMIT = 120  # seconds after which a process hangs


def make_pairs(number: int) -> list[tuple[str, str]]:
    """Articles of words that no vocabulary has: all of them must be entered in the lexicon."""
    rng = Random(number)

    def word() -> str:
        return "".join(rng.choices("abcdefghijklmnoprstuvwyz", k=rng.randint(6, 12)))

    pairs = []
    for _ in range(number):
        words = [word() for _ in range(60)]
        title = " ".join([*rng.sample(words, 5), word(), word()])
        pairs.append((title, f"{' '.join(words[:30])}.\n\n{' '.join(words[30:])}."))
    return pairs


def of_kind(examples, kind: str, number: int) -> list[tuple[str, str]]:
    chosen = [(e["title"], e["body"]) for e in examples if e["kind"] == kind]
    return chosen[:number]


@pytest.fixture
def hurried():
    """Threads change places as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


FIRST_USE = f"""
import json, sys, threading
from concurrent.futures import ThreadPoolExecutor
sys.setswitchinterval(1e-6)
barrier = threading.Barrier({THREADS})
mode, pairs = json.load(sys.stdin)

def first(pair):
    barrier.wait()
    import mismatch
    return mismatch.score(*pair, mode=mode).log_odds

opened = []
sys.addaudithook(lambda event, args: event == "open" and opened.append(str(args[0])))
with ThreadPoolExecutor({THREADS}) as pool:
    scores = list(pool.map(first, pairs))
weights = [path for path in opened if path.endswith((".safetensors", "vocabulary.txt"))]
print(json.dumps([scores, weights]))
"""


@pytest.mark.parametrize("mode", ["fast", "auto"])
def test_first_use_from_many_threads_loads_the_model_once(mode, examples):
    pairs = of_kind(examples, "plain", THREADS // 2) + of_kind(examples, "oblique", THREADS // 2)
    asked = json.dumps([mode, pairs])
    command = [sys.executable, "-c", FIRST_USE]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    scores, opened = json.loads(done.stdout)
    files = {"calibration.safetensors", "model.safetensors", "vocabulary.txt"}
    if mode == "auto":
        files |= {"fitted.safetensors", "joint.safetensors", "transformer.safetensors"}
    assert {os.path.basename(path) for path in opened} == files  # noqa: PTH119
    assert len(opened) == len(set(opened))
    detector = Detector(mode)
    assert scores == pytest.approx([detector.score(*pair).log_odds for pair in pairs], abs=1e-4)


def test_threads_that_meet_new_words_do_not_mix_them_up(hurried):
    model = artefact.load(artefact.shipped("fast"))
    together = model.reader()
    articles = [read(*pair) for pair in make_pairs(100)]
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(together, articles))
    fresh = artefact.load(artefact.shipped("fast"))
    alone = fresh.reader()
    for article, one in zip(articles, found, strict=True):
        assert np.array_equal(one.features, alone(article).features)


def test_a_thread_that_forgets_words_takes_none_from_the_others(hurried):
    model = artefact.load(artefact.shipped("fast"))
    lexicon = model.encoder.lexicon
    texts = [title for title, _ in make_pairs(100)]
    expected = [model.encoder.encode([text])[0] for text in texts]
    stop = threading.Event()

    def crowd() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            lexicon.look_up([f"crowd{number}x{i}" for i in range(REMEMBERED_WORDS // 4)])

    with ThreadPoolExecutor(THREADS) as pool:
        crowding = pool.submit(crowd)
        found = list(pool.map(lambda text: model.encoder.encode([text])[0], texts))
        stop.set()
        crowding.result()
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("mode", ["fast", "accurate"])
def test_one_detector_from_many_threads(mode, examples, hurried):
    detector = Detector(mode)
    pairs = of_kind(examples, "plain", 8) + of_kind(examples, "language", 8)
    alone = [detector.raw([pair])[0].score for pair in pairs]
    with ThreadPoolExecutor(THREADS) as pool:
        found = [raw[0].score for raw in pool.map(detector.raw, [[pair] for pair in pairs])]
        whole = pool.submit(detector.score_batch, *zip(*pairs, strict=True), workers=1).result()
    if mode == "fast":
        assert found == alone
    assert found == pytest.approx(alone, abs=1e-4)
    assert (whole.problem == None).all()  # noqa: E711 - an array


def score_in_child(connection, detector, pairs) -> None:
    connection.send([detector.score(*pair).log_odds for pair in pairs])
    connection.close()


def score_in_threads_of_child(connection, detector, pairs) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        connection.send([s.log_odds for s in pool.map(lambda p: detector.score(*p), pairs)])
    connection.close()


def from_child(method: str, target, detector, pairs) -> list[float]:
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=target, args=(theirs, detector, pairs), daemon=True)
    child.start()
    theirs.close()
    try:
        assert ours.poll(LIMIT), f"hangs after {method}"
        return ours.recv()
    finally:
        child.kill()
        child.join()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("target", [score_in_child, score_in_threads_of_child])
@pytest.mark.parametrize("mode", ["fast", "accurate"])
@pytest.mark.skipif(not FORKS, reason="nothing forks here")
def test_after_a_fork_of_a_process_that_has_scored(mode, target, examples):
    detector = Detector(mode)
    pairs = of_kind(examples, "plain", 6)
    expected = [detector.score(*pair).log_odds for pair in pairs]  # all of torch's threads run
    assert from_child("fork", target, detector, pairs) == pytest.approx(expected, abs=1e-4)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.skipif(not FORKS, reason="nothing forks here")
def test_a_fork_amid_other_threads_finds_every_lock_free(examples):
    detector = Detector("fast")
    pairs = of_kind(examples, "plain", 1)
    expected = [detector.score(*pair).log_odds for pair in pairs]
    stop = threading.Event()
    words = [f"busy{number}" for number in range(2_000)]

    def keep_busy() -> None:
        while not stop.is_set():
            detector.encoder.lexicon.look_up(words)  # nearly always inside the lock

    with ThreadPoolExecutor(4) as pool:
        busy = [pool.submit(keep_busy) for _ in range(4)]
        try:
            for _ in range(5):
                assert from_child("fork", score_in_child, detector, pairs) == expected
        finally:
            stop.set()
        for thread in busy:
            thread.result()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.skipif(not FORKS, reason="nothing forks here")
def test_a_fork_inherits_no_processes_that_wait(examples):
    detector = Detector("fast")
    pairs = of_kind(examples, "plain", 6)
    with Crew(detector, 2) as crew:
        expected = [raw.score for raw in crew.submit(pairs, len(pairs))()]
    waiting = list(parallel._kept.executor._processes.values())
    child = multiprocessing.get_context("fork").Process(target=score_in_processes, args=(pairs,))
    child.start()
    assert parallel._kept is None
    assert not any(process.is_alive() for process in waiting)
    child.join(LIMIT)
    assert child.exitcode == 0
    with Crew(detector, 2) as crew:
        assert [raw.score for raw in crew.submit(pairs, len(pairs))()] == expected


def score_in_processes(pairs) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # that it goes on alone
        with Crew(Detector("fast"), 2) as crew:
            assert len(crew.submit(pairs, len(pairs))()) == len(pairs)
        assert parallel._kept is None


SPAWN = """
import json, multiprocessing, sys
from mismatch import Detector

def work(detector, pairs):
    return [detector.score(*pair).log_odds for pair in pairs]

if __name__ == "__main__":
    mode, pairs = json.load(sys.stdin)
    detector = Detector(mode)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(json.dumps(pool.apply(work, (detector, pairs))))
"""


@pytest.mark.parametrize("mode", ["fast", "accurate"])
def test_spawned_processes(mode, examples, tmp_path):
    pairs = of_kind(examples, "plain", 6)
    (tmp_path / "spawn.py").write_text(SPAWN)
    done = subprocess.run(
        [sys.executable, tmp_path / "spawn.py"],
        input=json.dumps([mode, pairs]),
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT,
    )
    detector = Detector(mode)
    expected = [detector.score(*pair).log_odds for pair in pairs]
    assert json.loads(done.stdout) == pytest.approx(expected, abs=1e-4)


def test_a_fitted_detector_travels_without_what_it_can_make_again(tmp_path):
    import pickle

    Detector("fast").save(tmp_path)
    detector = Detector.load(tmp_path)
    packed = pickle.dumps(detector)
    assert len(packed) < 30e6  # the table; not the vectors that are made of it
    again = pickle.loads(packed)
    title, body = make_pairs(1)[0]
    assert again.score(title, body) == detector.score(title, body)
