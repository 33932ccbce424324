"""The commands. Exit codes: 0 all scored, 1 some line or article could not be, 2 stopped.

What stops a run is wrong usage, an output that cannot be written, and with ``--strict`` the first
line that cannot be scored. What an output file then holds is whole; ``--resume`` goes on from it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

import mismatch
from mismatch.cli import options
from mismatch.cli.outputs import OutputError
from mismatch.cli.reading import Format, Source
from mismatch.cli.running import Run
from mismatch.cli.scoring import Settings
from mismatch.cli.writing import JsonLines, Table
from mismatch.errors import MismatchError
from mismatch.prior import AUTO

if TYPE_CHECKING:
    from mismatch.detector import Detector

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Tell whether headlines belong to their articles.",
)


@app.callback(invoke_without_command=True)
def common(version: Annotated[bool, typer.Option("--version", help="Say it.")] = False) -> None:
    """Tell whether headlines belong to their articles."""
    if version:
        typer.echo(f"headline-mismatch {mismatch.__version__}")


@app.command()
def score(
    files: options.Files,
    title: options.Title = "title",
    body: options.Body = "body",
    form: options.Form = None,
    mode: options.Mode = "auto",
    false_alarms: options.FalseAlarms = 0.005,
    prior: options.ShareOrAuto = 0.5,
    output: options.Out = None,
    table: options.AsTable = None,
    workers: options.Workers = None,
    cache: options.CacheFile = None,
    resume: options.Resume = False,
    strict: options.Strict = False,
) -> None:
    """Score articles; the rows come back with five columns added, or as a table."""
    sources = [Source(file, title, body, form) for file in files]
    settings = Settings(mode, prior, false_alarms, workers, cache)
    if resume and not output:
        _refuse("--resume needs an --output to go on with")
    if prior == AUTO and any(source.file == "-" for source in sources):
        _refuse("--prior auto reads its input twice, and standard input can be read but once")
    detector = _check(sources, settings)
    if output is None and table is None and all(s.stated_format is Format.TEXT for s in sources):
        if prior == AUTO:
            _refuse("--prior auto takes a table of articles: one text does not tell the share")
        raise typer.Exit(max([_print_article(s, detector, brief=True) for s in sources]))
    run = Run(sources, settings, detector, strict)
    as_table = table if table is not None else sys.stdout.isatty()
    try:
        if output:
            run.to_file(output, resume=resume)
        else:
            run.to_stream(Table(sys.stdout, _width()) if as_table else JsonLines(sys.stdout))
    except BrokenPipeError:  # the reader of a pipe has seen enough
        raise
    except (MismatchError, OutputError, OSError) as error:
        _refuse(error)
    if output or as_table:
        typer.echo(str(run.tally), err=True)
    raise typer.Exit(int(run.tally.problems > 0))


@app.command()
def explain(
    file: options.File,
    row: Annotated[int, typer.Option(min=1, help="Which article of the file.")] = 1,
    title: options.Title = "title",
    body: options.Body = "body",
    form: options.Form = None,
    mode: options.Mode = "auto",
    false_alarms: options.FalseAlarms = 0.005,
    prior: options.Share = 0.5,
) -> None:
    """Show one article: the verdict, why, and every paragraph's similarity to the headline.

    Paragraphs are tinted by similarity on a terminal; NO_COLOR leaves that out, FORCE_COLOR
    does it everywhere.
    """
    source = Source(file, title, body, form)
    detector = _check([source], Settings(mode, prior, false_alarms))
    raise typer.Exit(_print_article(source, detector, row=row))


@app.command()
def audit(
    file: options.File,
    title: options.Title = "title",
    body: options.Body = "body",
    form: options.Form = None,
    fdr: Annotated[
        float, typer.Option(help="Share of the flagged rows that may be genuine, 0 to 1.")
    ] = 0.05,
    html: Annotated[Path | None, typer.Option(help="Write a page with plots and rows.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Flagged rows: a .jsonl, .csv or .parquet file."),
    ] = None,
    mode: options.Mode = "auto",
) -> None:
    """Look at a table as a whole: its wrong rows, shifted columns, swapped titles."""
    from mismatch.cli.auditing import audit_file

    source = Source(file, title, body, form)
    _check([source], Settings(mode))
    try:
        problems = audit_file(source, fdr=fdr, html=html, output=output, mode=mode)
    except (MismatchError, OutputError, OSError, ValueError) as error:
        _refuse(error)
    raise typer.Exit(int(problems > 0))


def _check(sources: Iterable[Source], settings: Settings) -> Detector:
    """Say what is wrong with the call before any work."""
    try:
        for source in sources:
            if source.file != "-":
                Path(source.file).open("rb").close()
            if source.stated_format is Format.PARQUET:
                from mismatch.cli.parquet import check_pyarrow

                check_pyarrow(source.file)
                if source.file == "-":
                    _refuse("Parquet cannot be read from standard input")
        return settings.detector()
    except (OSError, ValueError, OutputError) as error:
        _refuse(error)


def _print_article(source: Source, detector: Detector, *, row: int = 1, brief: bool = False) -> int:
    """Print one article's score for a reader; the exit code."""
    from mismatch.display import score_to_text

    record = next(islice(source.records(), row - 1, None), None)
    if record is None:
        _refuse(f"{source.file}: has fewer than {row} articles")
    problem = record.problem
    if not problem:
        try:
            result = detector.score(record.title, record.body)
        except mismatch.InputError as error:
            problem = str(error)
    if problem:
        typer.echo(f"{record.place}: {problem}", err=True)
        return 1
    color = "FORCE_COLOR" in os.environ or (sys.stdout.isatty() and "NO_COLOR" not in os.environ)
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
