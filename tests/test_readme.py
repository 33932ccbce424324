"""Every Python block of the README runs, in order, in one namespace."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks():
    text = README.read_text(encoding="utf-8") if README.exists() else ""
    return [(text[: found.start()].count("\n") + 2, found[1]) for found in BLOCK.finditer(text)]


@pytest.mark.skipif(not blocks(), reason="the README has no Python block")
def test_readme_runs(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    names = {"__name__": "readme"}
    for line, code in blocks():
        # Blank lines in front, so that a traceback names the README's own line.
        exec(compile("\n" * (line - 1) + code, str(README), "exec"), names)
