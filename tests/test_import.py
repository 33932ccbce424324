"""``import mismatch`` is free, and what is not needed is not imported."""

import json
import socket
import subprocess
import sys

import pytest
from pytest_socket import SocketBlockedError

HEAVY = {"matplotlib", "numpy", "pandas", "polars", "pyarrow", "pydantic", "scipy", "sklearn"}
HEAVY |= {"sentence_transformers", "tokenizers", "torch", "transformers", "tqdm", "typer"}


def in_fresh_process(code: str) -> dict:
    code += "\nimport json, sys; loaded = sorted({name.partition('.')[0] for name in sys.modules})"
    code += "\nprint(json.dumps({**result, 'loaded': loaded}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def test_import_is_free():
    timed = "import time; t = time.perf_counter(); import mismatch"
    timed += "; result = {'seconds': time.perf_counter() - t}"
    runs = [in_fresh_process(timed) for _ in range(3)]
    assert not HEAVY & set(runs[0]["loaded"])
    assert min(run["seconds"] for run in runs) < 0.1


def test_results_need_neither_learner_nor_frames():
    got = in_fresh_process("from mismatch import InputError, Score, ScoreBatch; result = {}")
    assert not (HEAVY - {"numpy", "pydantic"}) & set(got["loaded"])


def test_text_needs_the_standard_library_only():
    got = in_fresh_process("from mismatch import Role; result = {'role': Role.CONTENT}")
    assert not HEAVY & set(got["loaded"])


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("127.0.0.1", 80)])
def test_no_test_reaches_a_network(address):
    with pytest.warns(UserWarning, match="tried to use"), pytest.raises(SocketBlockedError):
        socket.create_connection(address, timeout=0.1)
