"""The options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mismatch.cli.reading import Format
from mismatch.prior import AUTO, Prior

_KINDS = "JSONL, CSV, TSV (also .gz), Parquet, or text (title first); - for standard input."


def share_or_auto(text: str) -> Prior:
    """A share as a number, or ``"auto"``; whether it lies in its range, the detector says."""
    if text == AUTO:
        return AUTO
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither a share nor 'auto'") from None


File = Annotated[str, typer.Argument(metavar="FILE", help=_KINDS)]
Files = Annotated[list[str], typer.Argument(metavar="FILE...", help=_KINDS)]
Title = Annotated[str, typer.Option(help="Column of the headline.")]
Body = Annotated[str, typer.Option(help="Column of the article.")]
Form = Annotated[Format | None, typer.Option("--format", help="If the name does not say it.")]
Mode = Annotated[str, typer.Option(help="How to score: auto, accurate or fast.")]
FalseAlarms = Annotated[float, typer.Option(help="Share of genuine articles that may be flagged.")]
Share = Annotated[float, typer.Option(help="Share of mismatches to be expected, 0 to 1.")]
ShareOrAuto = Annotated[
    Any,  # typer takes no union, though it is given a parser
    typer.Option(
        parser=share_or_auto,
        metavar="SHARE|auto",
        help="Share of mismatches to be expected, 0 to 1; auto estimates it in a reading before.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="A .jsonl, .jsonl.gz, .csv, .tsv or .parquet file."),
]
AsTable = Annotated[
    bool | None,
    typer.Option("--table/--jsonl", help="A table or JSON lines; by default a table for readers."),
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes; by default one a core on long work.")
]
CacheFile = Annotated[
    Path | None, typer.Option("--cache", help="A file that remembers scores from run to run.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on after the last whole row of the output.")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Stop at the first line that cannot be scored.")
]
