"""Every notebook runs from top to bottom."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, tmp_path):
    # The kernel is spoken to by local files, not ports: tests open no network connection.
    kernel = {"transport": "ipc", "ip": str(tmp_path / "kernel")}
    NotebookClient(
        nbformat.read(path, as_version=4),
        timeout=300,
        resources={"metadata": {"path": str(path.parent)}},
        config=Config(AsyncKernelManager=kernel),
    ).execute()
