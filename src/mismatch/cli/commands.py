"""The commands. Exit codes: 0 all scored, 1 some line or article could not be, 2 wrong usage."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, NoReturn

import typer

import mismatch
from mismatch.cli.reading import Format, Source
from mismatch.cli.scoring import Settings, score_stream
from mismatch.cli.writing import JsonLines, OutputError, Table, open_output

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Tell whether headlines belong to their articles.",
)

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE", help="JSONL, CSV, TSV, or text (title first); .gz; - for standard input."
    ),
]
Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...", help="JSONL, CSV, TSV, or text (title first); .gz; - for standard input."
    ),
]
Title = Annotated[str, typer.Option(help="Column of the headline.")]
Body = Annotated[str, typer.Option(help="Column of the article.")]
Form = Annotated[Format | None, typer.Option("--format", help="If the name does not say it.")]
Mode = Annotated[str, typer.Option(help="How to score: fast.")]
FalseAlarms = Annotated[float, typer.Option(help="Share of genuine articles that may be flagged.")]
Prior = Annotated[float, typer.Option(help="Share of mismatches to be expected, 0 to 1.")]
Out = Annotated[Path | None, typer.Option("--output", "-o", help="A .jsonl or .jsonl.gz file.")]
AsTable = Annotated[
    bool | None,
    typer.Option("--table/--jsonl", help="A table or JSON lines; by default a table for readers."),
]


@app.callback(invoke_without_command=True)
def common(version: Annotated[bool, typer.Option("--version", help="Say it.")] = False) -> None:
    """Tell whether headlines belong to their articles."""
    if version:
        typer.echo(f"headline-mismatch {mismatch.__version__}")


@app.command()
def score(
    files: Files,
    title: Title = "title",
    body: Body = "body",
    form: Form = None,
    mode: Mode = "fast",
    false_alarms: FalseAlarms = 0.005,
    prior: Prior = 0.5,
    output: Out = None,
    table: AsTable = None,
) -> None:
    """Score articles; the rows come back with five columns added, or as a table."""
    sources = [Source(file, title, body, form) for file in files]
    settings = Settings(mode, prior, false_alarms)
    _check(files, settings)
    if output is None and table is None and all(s.stated_format is Format.TEXT for s in sources):
        raise typer.Exit(max([_print_article(source, settings, brief=True) for source in sources]))
    try:
        with open_output(output, files) if output else nullcontext(sys.stdout) as out:
            as_table = not output and (table if table is not None else sys.stdout.isatty())
            writer = Table(out, _width()) if as_table else JsonLines(out)
            records = chain.from_iterable(source.records() for source in sources)
            tally = score_stream(records, settings, writer, progress=output is not None)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        raise
    except (OutputError, OSError) as error:
        _refuse(error)
    if output or as_table:
        typer.echo(str(tally), err=True)
    raise typer.Exit(int(tally.problems > 0))


@app.command()
def explain(
    file: File,
    row: Annotated[int, typer.Option(min=1, help="Which article of the file.")] = 1,
    title: Title = "title",
    body: Body = "body",
    form: Form = None,
    mode: Mode = "fast",
    false_alarms: FalseAlarms = 0.005,
    prior: Prior = 0.5,
) -> None:
    """Show one article: the verdict, why, and every paragraph's similarity to the headline."""
    settings = Settings(mode, prior, false_alarms)
    _check([file], settings)
    source = Source(file, title, body, form)
    raise typer.Exit(_print_article(source, settings, row=row))


def _check(files: Iterable[str], settings: Settings) -> None:
    """Say what is wrong with the call before any work."""
    for file in files:
        if file != "-":
            try:
                Path(file).open("rb").close()
            except OSError as error:
                _refuse(error)
            if file.endswith(".parquet"):
                _refuse(f"{file}: Parquet is not read; write it as JSON lines or CSV")
    try:
        settings.check()
    except ValueError as error:
        _refuse(error)


def _print_article(source: Source, settings: Settings, *, row: int = 1, brief: bool = False) -> int:
    """Print one article's score for a reader; the exit code."""
    from mismatch.display import score_to_text

    record = next(islice(source.records(), row - 1, None), None)
    if record is None:
        _refuse(f"{source.file}: has fewer than {row} articles")
    problem = record.problem
    if not problem:
        try:
            result = mismatch.score(
                record.title,
                record.body,
                mode=settings.mode,
                prior=settings.prior,
                false_alarm_rate=settings.false_alarm_rate,
            )
        except mismatch.InputError as error:
            problem = str(error)
    if problem:
        typer.echo(f"{record.place}: {problem}", err=True)
        return 1
    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    shown = 6 if brief else None
    typer.echo(score_to_text(result, _width(), paragraphs=shown, color=color), color=color)
    return 0


def _width() -> int:
    return min(shutil.get_terminal_size((100, 24)).columns, 160)


def _refuse(problem: object) -> NoReturn:
    if isinstance(problem, OSError) and problem.filename:
        problem = f"{problem.filename}: {problem.strerror}"
    typer.echo(f"mismatch: {problem}", err=True)
    raise typer.Exit(2)
