"""``mismatch audit``: a file as a table, and the report of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mismatch
from mismatch.cli.outputs import OutputError

if TYPE_CHECKING:
    from mismatch.cli.reading import Source

_WAYS = {".jsonl": "to_json", ".csv": "to_csv", ".parquet": "to_parquet"}


def audit_file(
    source: Source, *, fdr: float, html: Path | None, output: Path | None, mode: str
) -> int:
    """Audit a file, print the report, and write what is asked for; the number of broken lines."""
    try:
        import pandas as pd
    except ImportError as error:
        needs = "audit needs pandas: pip install 'headline-mismatch[tables]'"
        raise OutputError(needs) from error
    if output and output.suffix not in _WAYS:
        raise OutputError(f"{output}: name it {', '.join(_WAYS)}")
    for path in filter(None, (html, output)):
        path.open("a").close()  # said before the work if it cannot be written
    rows, problems = _read(source)
    frame = pd.DataFrame(rows, columns=None if rows else [source.title, source.body])
    report = mismatch.audit(frame, source.title, source.body, fdr=fdr, mode=mode)
    sys.stdout.write(f"{report}\n")
    if html:
        report.to_html(html)
    if output:
        _write(report.to_frame(), output)
    return problems


def _read(source: Source) -> tuple[list[dict[str, Any]], int]:
    """All rows; broken lines are told and counted. An article that cannot be scored is a row."""
    rows, problems = [], 0
    for record in source.records():
        if record.problem:
            problems += 1
            sys.stderr.write(f"{record.place}: {record.problem}\n")
        if record.row is not None:
            rows.append(record.row)
    return rows, problems


def _write(frame: Any, output: Path) -> None:
    if output.suffix == ".jsonl":
        frame.to_json(output, orient="records", lines=True, force_ascii=False)
    else:
        getattr(frame, _WAYS[output.suffix])(output, index=False)
