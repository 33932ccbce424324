"""The shell: streams in, rows out in order, problems named by file and line, exit codes."""

import csv
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import mismatch
from mismatch import Detector, InputError
from mismatch.cache import Raw
from mismatch.cli.commands import app

runner = CliRunner()

RAIN = {"title": "Rain over the harbour", "body": "Rain fell.\n\nThe harbour closed.", "id": 1}
ODD = {"title": "Mayor resigns", "body": "A striker limped off after half an hour.", "id": 2}


@pytest.fixture(autouse=True)
def stand_in(monkeypatch, make_score):
    """A scorer that asks whether any word of the title is in the body; it notes what it scores."""
    calls = []

    def found(title, body):
        calls.append(title)
        return any(word in body.lower() for word in title.lower().split())

    def score(self, title, body):
        for argument, text in (("title", title), ("body", body)):
            if not text.strip():
                raise InputError(argument, "is empty")
        odd = not found(title, body)
        content = (body, "content", 0.01 if odd else 0.7, False)
        kept = {} if odd else {"probability": 0.01, "p_value": 0.6, "reasons": ()}
        return make_score(content, title=title, headline=title, **kept)

    def raw(self, pairs):
        return [raw_one(title, body) for title, body in pairs]

    def raw_one(title, body):
        if not title.strip():
            return Raw(float("nan"), "title is empty")
        return Raw(-30.0) if found(title, body) else Raw(30.0, None, "unrelated")

    monkeypatch.setattr(Detector, "score", score)
    monkeypatch.setattr(Detector, "raw", raw)
    return calls


def write_lines(path, *rows):
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return str(path)


def read_lines(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_rows_come_back_in_order_with_columns_added(tmp_path, name):
    done = runner.invoke(app, ["score", write_lines(tmp_path / name, RAIN, ODD, RAIN)])
    assert done.exit_code == 0, done.output
    rows = read_lines(done.stdout)
    assert [row["id"] for row in rows] == [1, 2, 1]
    assert [row["is_mismatch"] for row in rows] == [False, True, False]
    assert rows[1]["mismatch_reason"] == "unrelated"
    assert rows[0]["mismatch_probability"] < 0.1
    assert rows[1]["mismatch_probability"] > 0.9
    assert rows[0]["mismatch_reason"] is None
    assert rows[0]["mismatch_problem"] is None
    assert done.stderr == ""


def test_csv_and_tsv_with_named_columns(tmp_path):
    for name, delimiter in (("a.csv", ","), ("a.tsv", "\t")):
        with (tmp_path / name).open("w", newline="", encoding="utf-8-sig") as out:
            writer = csv.writer(out, delimiter=delimiter)
            writer.writerows([["kop", "text"], ["Rain", "Rain.\nMore, rain."], ["Mayor", "Goal"]])
        call = ["score", str(tmp_path / name), "--title", "kop", "--body", "text"]
        done = runner.invoke(app, call)
        assert done.exit_code == 0, done.output
        assert [row["is_mismatch"] for row in read_lines(done.stdout)] == [False, True]


def test_problems_name_file_and_line_and_the_rest_is_scored(tmp_path):
    file = write_lines(
        tmp_path / "a.jsonl",
        RAIN,
        '{"title": "cut',
        "[1]",
        "",
        {"title": 7, "body": "x"},
        {"title": "x", "body": None},
        {"title": "x"},
        {"title": "", "body": "x"},
        "[" * 100_000,
        ODD,
    )
    done = runner.invoke(app, ["score", file])
    assert done.exit_code == 1
    rows = read_lines(done.stdout)
    assert [row["is_mismatch"] for row in rows] == [False, False, False, False, False, True]
    assert [row["mismatch_probability"] is None for row in rows] == [False, *[True] * 4, False]
    assert [row["mismatch_problem"] for row in rows[1:5]] == [
        "title is not text but int",
        "body is missing",
        "body is missing: no column 'body'",
        "title is empty",
    ]
    told = [line.removeprefix(f"{file}:").split(":")[0] for line in done.stderr.splitlines()]
    assert told == ["2", "3", "5", "6", "7", "8", "9"]
    assert f"{file}:2: is not JSON" in done.stderr


def test_broken_csv_rows_and_bytes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"title,body\nRain,Rain\nonly one\nRain,\xff\n\nMayor,Goal\n")
    done = runner.invoke(app, ["score", str(path)])
    assert done.exit_code == 1
    assert [row["is_mismatch"] for row in read_lines(done.stdout)] == [False, True]
    assert f"{path}:3: has 1 field where the header has 2" in done.stderr
    assert f"{path}:4: is not UTF-8" in done.stderr
    path.write_text("headline,body\nRain,Rain\n")
    done = runner.invoke(app, ["score", str(path)])
    assert done.exit_code == 1
    assert f"{path}:1: has no column 'title', but headline, body" in done.stderr


def test_a_truncated_gzip_file_is_read_as_far_as_it_goes(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    write_lines(path, RAIN, *({**ODD, "id": i} for i in range(2000)))
    path.write_bytes(path.read_bytes()[:-200])
    done = runner.invoke(app, ["score", str(path)])
    assert done.exit_code == 1
    assert len(read_lines(done.stdout)) > 0
    assert "cannot be read" in done.stderr


def test_standard_input(tmp_path):
    done = runner.invoke(app, ["score", "-"], input=json.dumps(ODD))
    assert read_lines(done.stdout)[0]["is_mismatch"] is True
    done = runner.invoke(app, ["explain", "-"], input="Rain\n\nRain fell.\n")
    assert done.stdout.startswith("Match")


def test_long_input_is_read_as_a_stream_and_identical_articles_scored_once(tmp_path, stand_in):
    rows = [{**(RAIN, ODD)[i % 2], "id": i} for i in range(3000)]
    file = write_lines(tmp_path / "a.jsonl", *rows)
    out = tmp_path / "out.jsonl.gz"
    done = runner.invoke(app, ["score", file, "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert done.stderr.startswith("3,000 articles: 1,500 flagged, 0 problems")
    assert len(stand_in) == 2
    with gzip.open(out, "rt", encoding="utf-8") as lines:
        assert [json.loads(line)["id"] for line in lines] == list(range(3000))


def test_text_gives_a_readable_score(tmp_path):
    path = tmp_path / "article.txt"
    path.write_text("Mayor resigns\n\nA striker limped off.\n")
    for command in ("score", "explain"):
        done = runner.invoke(app, [command, str(path)])
        assert done.exit_code == 0, done.output
        assert done.stdout.startswith("Mismatch: probability of a mismatch 0.988")
    assert read_lines(runner.invoke(app, ["score", "--jsonl", str(path)]).stdout)
    path.write_text("Mayor resigns\n")
    done = runner.invoke(app, ["score", str(path)])
    assert (done.exit_code, done.stderr) == (1, f"{path}:1: body is empty\n")


def test_table_for_readers(tmp_path):
    file = write_lines(tmp_path / "a.jsonl", RAIN, ODD, {**RAIN, "title": " "})
    done = runner.invoke(app, ["score", "--table", file])
    lines = done.stdout.splitlines()
    assert lines[2].startswith("MISMATCH")
    assert lines[2].endswith("Mayor resigns  (unrelated)")
    assert "title is empty" in lines[3]
    assert "3 articles: 1 flagged, 1 problems" in done.stderr


def test_explain_takes_a_row(tmp_path):
    file = write_lines(tmp_path / "a.jsonl", RAIN, ODD)
    assert "Mayor resigns" in runner.invoke(app, ["explain", file, "--row", "2"]).stdout
    done = runner.invoke(app, ["explain", file, "--row", "3"])
    assert (done.exit_code, "fewer than 3" in done.stderr) == (2, True)


def test_wrong_usage_is_said_before_scoring(tmp_path, stand_in):
    file = write_lines(tmp_path / "a.jsonl", RAIN)
    scored = write_lines(tmp_path / "scored.jsonl", {**RAIN, "is_mismatch": True})
    text = write_lines(tmp_path / "a.txt", "Rain", "Rain fell.")
    calls = {
        "No such file": [str(tmp_path / "none.jsonl")],
        "Is a directory": [str(tmp_path)],
        "also read": [file, "-o", file],
        "name it .jsonl": [file, "-o", str(tmp_path / "out.txt")],
        "false_alarm_rate must lie": [file, "--false-alarms", "2"],
        "mode must be": [file, "--mode", "none"],
        "needs an --output": [file, "--resume"],
        "No such file or": [file, "-o", str(tmp_path / "none" / "out.jsonl")],
        "prior must lie": [file, "--prior", "1"],
        "'often' is neither a share nor 'auto'": [file, "--prior", "often"],
        "standard input can be read but once": [file, "-", "--prior", "auto"],
        "one text does not tell": [text, "--prior", "auto"],
        "'is_mismatch' already": [scored],
    }
    for message, call in calls.items():
        done = runner.invoke(app, ["score", *call])
        assert (done.exit_code, message in done.stderr) == (2, True), (message, done.output)
    assert len(stand_in) <= 1
    assert read_lines(Path(file).read_text()) == [RAIN]


def test_explain_in_colour(tmp_path, monkeypatch):
    file = write_lines(tmp_path / "a.jsonl", RAIN)
    assert "\x1b[" not in runner.invoke(app, ["explain", file]).stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[97;48;5;" in runner.invoke(app, ["explain", file]).stdout


def test_json_is_written_as_it_was_read(tmp_path):
    line = '{ "title":"Rain", "body": "rain \\u00e9", "x": 1.50E+2, "n": 123456789012345678901 }'
    file = write_lines(tmp_path / "a.jsonl", line + " ", "{}")
    written = runner.invoke(app, ["score", file]).stdout.splitlines()
    assert written[0].startswith(line[:-1] + ', "mismatch_probability": ')
    assert json.loads(written[1])["mismatch_problem"] == "title is missing: no column 'title'"


def test_lone_surrogates_are_written_as_escapes(tmp_path):
    file = write_lines(tmp_path / "a.jsonl", '{"title": "Rain \\ud800", "body": "rain"}')
    out = tmp_path / "out.jsonl"
    assert runner.invoke(app, ["score", file, "-o", str(out)]).exit_code == 0
    assert read_lines(out.read_text(encoding="utf-8"))[0]["title"] == "Rain \ud800"


def test_module_is_the_command():
    call = [sys.executable, "-m", "mismatch", "--version"]
    run = subprocess.run(call, capture_output=True, text=True, check=True)
    assert run.stdout == f"headline-mismatch {mismatch.__version__}\n"


def test_audit_prints_the_report_and_writes_rows_and_page(tmp_path, examples, stand_in):
    table, page, out = (tmp_path / name for name in ("in.jsonl", "page.html", "out.csv"))
    good = [e for e in examples if e["kind"] == "plain" and not e["mismatch"]]
    write_lines(table, *({name: e[name] for name in ("title", "body")} for e in good), "{")
    call = ["audit", str(table), "--html", str(page), "-o", str(out), "--fdr", "0.1"]
    done = runner.invoke(app, call)
    assert done.exit_code == 1, done.output
    assert f"{len(good)}" in done.stdout
    assert f"{table}:{len(good) + 1}: is not JSON" in done.stderr
    assert page.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html")
    assert out.read_text(encoding="utf-8").startswith("row,title,probability")
    for message, options in {
        "fdr must lie": ["--fdr", "2"],
        "name it .jsonl": ["-o", str(tmp_path / "out.txt")],
        "No such file": ["--html", str(tmp_path / "none" / "x.html")],
    }.items():
        done = runner.invoke(app, ["audit", str(table), *options])
        assert (done.exit_code, message in done.stderr) == (2, True), (message, done.output)
