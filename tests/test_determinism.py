"""The same articles get the same scores: of each run, company and order, thread count and release.

``expected_scores.json`` has the raw scores of ``data/examples`` as they were measured when models
or text rules last changed. Every machine and every set of releases is held against it;
``python tests/test_determinism.py`` writes it anew.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from mismatch import artefact, reading_model
from mismatch.judging import FastJudge, Judge, ReadingJudge
from mismatch.text import read
from mismatch.transformer import TransformerEncoder

TOLERANCE = 1e-4  # of log-odds, in 32 bits
HALF_TOLERANCE = 0.25  # where the transformer computes in bfloat16
EVERY = {"fast": 1, "auto": 7, "accurate": 7}  # reading takes a second a dozen articles
EXPECTED = Path(__file__).with_name("expected_scores.json")
EXAMPLES = Path(__file__).parents[1] / "data" / "examples"

Pairs = list[tuple[str, str]]


@cache
def judge_of(mode: str, *, half: bool = False) -> Judge:
    """The shipped judge, in 32 bits on every processor unless asked for half of them."""
    fast = artefact.load(artefact.shipped("fast"))
    if mode == "fast":
        return FastJudge(fast)
    reading = reading_model.load(artefact.shipped("reading"))
    encoder = reading.encoder
    assert isinstance(encoder, TransformerEncoder)
    encoder = TransformerEncoder(encoder.vocabulary, encoder.arrays, half=half)
    return ReadingJudge(fast, replace(reading, encoder=encoder), sparing=mode == "auto")


@cache
def fast_model() -> artefact.Artefact:
    return artefact.load(artefact.shipped("fast"))


def score(judge: Judge, pairs: Pairs) -> np.ndarray:
    """Raw scores, shape (n,)."""
    measure = fast_model().reader()
    articles = [read(*pair) for pair in pairs]
    return judge(articles, [measure(article) for article in articles])[0]


def chosen(mode: str) -> dict[str, tuple[str, str]]:
    """Title and body of the examples of the table, those that can be scored, by their names."""
    rows = {}
    for file in sorted(EXAMPLES.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            example = json.loads(line)
            article = read(example["title"], example["body"])
            if article.headline_words and article.content:
                rows[example["id"]] = (example["title"], example["body"])
    return dict(list(rows.items())[:: EVERY[mode]])


@pytest.mark.parametrize("mode", EVERY)
def test_scores_are_those_that_were_measured(mode):
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))[mode]
    pairs = chosen(mode)
    assert list(pairs) == list(expected)
    found = score(judge_of(mode), list(pairs.values()))
    moved = {
        name: (old, new)
        for (name, old), new in zip(expected.items(), found.tolist(), strict=True)
        if abs(old - new) > TOLERANCE
    }
    assert not moved, f"{len(moved)} of {len(pairs)} moved, (old, new): {moved}"


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return list(chosen("fast").values())


def test_a_fresh_process_finds_the_same_bits(pairs):
    code = (
        "import json, sys; from mismatch import Detector; pairs = json.load(sys.stdin); "
        "print(json.dumps([raw.score for raw in Detector('fast').raw(pairs)]))"
    )
    asked = json.dumps(pairs[::5])
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            input=asked,
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1")
    ]
    assert runs[0] == runs[1]
    assert json.loads(runs[0]) == score(judge_of("fast"), pairs[::5]).tolist()


@pytest.mark.parametrize("mode", ["fast", "accurate"])
def test_company_and_order_change_nothing_beyond_the_tolerance(mode, pairs):
    pairs = pairs[:: 1 if mode == "fast" else 12]
    judge = judge_of(mode)
    whole = score(judge, pairs)
    assert np.array_equal(whole, score(judge, pairs))
    order = np.random.default_rng(0).permutation(len(pairs))
    shuffled = score(judge, [pairs[i] for i in order])
    alone = np.concatenate([score(judge, [pair]) for pair in pairs])
    for other in (shuffled[np.argsort(order)], alone):
        if mode == "fast":
            assert np.array_equal(other, whole)
        assert np.abs(other - whole).max() < TOLERANCE


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_nothing_beyond_the_tolerance(threads, pairs):
    import torch
    from threadpoolctl import threadpool_limits

    few = pairs[::12]
    fast, accurate = (score(judge_of(mode), few) for mode in ("fast", "accurate"))
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with threadpool_limits(threads, user_api="blas"):
            assert np.array_equal(score(judge_of("fast"), few), fast)
            assert np.abs(score(judge_of("accurate"), few) - accurate).max() < TOLERANCE
    finally:
        torch.set_num_threads(before)


def test_bfloat16_stays_within_its_own_tolerance(pairs):
    few = pairs[::12]
    half = score(judge_of("accurate", half=True), few)
    assert np.abs(half - score(judge_of("accurate"), few)).max() < HALF_TOLERANCE


def write_expected() -> None:
    table = {}
    for mode in EVERY:
        pairs = chosen(mode)
        scores = score(judge_of(mode), list(pairs.values()))
        table[mode] = dict(zip(pairs, scores.round(6).tolist(), strict=True))
    EXPECTED.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_expected()
