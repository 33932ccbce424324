"""Files from the shell: every format, stopped half way and gone on with, full disks."""

import csv
import datetime as dt
import gzip
import itertools
import json
import resource
import tracemalloc

import numpy as np
import pytest
from typer.testing import CliRunner

from mismatch import Detector
from mismatch.cache import Raw
from mismatch.cli import running
from mismatch.cli.commands import app
from mismatch.cli.parquet import read_parquet
from mismatch.tables import COLUMNS

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

runner = CliRunner()
NAMES = ("out.jsonl", "out.jsonl.gz", "out.csv", "out.tsv", "out.parquet")


@pytest.fixture(autouse=True)
def scored(monkeypatch):
    """Titles that were scored, by a stand-in that flags the odd numbers."""
    calls = []

    def raw(self, pairs):
        return [raw_one(title) for title, _ in pairs]

    def raw_one(title):
        calls.append(title)
        if not title:
            return Raw(float("nan"), "title is empty")
        odd = title[-1] in "13579"
        return Raw(30.0, None, "unrelated") if odd else Raw(-30.0)

    monkeypatch.setattr(Detector, "raw", raw)
    return calls


@pytest.fixture
def table(tmp_path):
    """A file of 5,000 articles, with line breaks and quotes in them."""
    path = tmp_path / "in.jsonl"
    lines = (json.dumps(article(i)) for i in range(5000))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def article(i):
    return {"id": i, "title": f"No. {i}", "body": f'A "body"\n\nof,\t{i} lines — é'}


def run(*call):
    return runner.invoke(app, ["score", "--workers", "1", *map(str, call)])


def read(path):
    """The rows of an output of any format, with numbers as numbers."""
    if path.suffix == ".parquet":
        return parquet.read_table(path).to_pylist()
    if path.suffix in {".csv", ".tsv"}:
        delimiter = "," if path.suffix == ".csv" else "\t"
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter=delimiter))
        return [{**row, "id": int(row["id"])} for row in rows]
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", NAMES)
def test_output_in_every_format(tmp_path, table, name):
    done = run(table, "-o", tmp_path / name)
    assert (done.exit_code, done.output.split(" (")[0]) == (
        0,
        "5,000 articles: 2,500 flagged, 0 problems",
    )
    rows = read(tmp_path / name)
    assert list(rows[0]) == ["id", "title", "body", *COLUMNS]
    assert [row["id"] for row in rows] == list(range(5000))
    assert all(row["body"] == article(i)["body"] for i, row in enumerate(rows))
    assert rows[7]["mismatch_reason"] == "unrelated"
    assert not rows[6]["mismatch_reason"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", name]


@pytest.mark.parametrize("source", ["in.parquet", "in.csv", "in.jsonl.gz"])
def test_input_in_every_format(tmp_path, source):
    rows = [article(i) for i in range(2500)]
    path = tmp_path / source
    if source == "in.parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path, row_group_size=700)
    elif source == "in.csv":
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    assert run(path, "-o", tmp_path / "out.parquet").exit_code == 0
    found = read(tmp_path / "out.parquet")
    assert [int(row["id"]) for row in found] == list(range(2500))
    assert sum(row["is_mismatch"] for row in found) == 1250


def break_off(path, table, monkeypatch):
    """Run, and be stopped after three chunks."""
    original = running.score_records

    def stopped(*arguments):
        yield from itertools.islice(original(*arguments), 3)
        raise OSError(5, "pulled the plug")

    with monkeypatch.context() as patch:
        patch.setattr(running, "score_records", stopped)
        return run(table, "-o", path)


@pytest.mark.parametrize("name", NAMES)
def test_a_stopped_run_resumes_without_losing_or_repeating_a_row(
    tmp_path, table, monkeypatch, scored, name
):
    path = tmp_path / name
    done = break_off(path, table, monkeypatch)
    assert done.exit_code == 2
    assert "pulled the plug (3,072 rows are written; --resume goes on)" in done.output
    if name.endswith("parquet"):
        parts = sorted((tmp_path / "out.parquet.parts").glob("*.parquet"))
        assert sum(parquet.read_metadata(part).num_rows for part in parts) == 3072
        (parts[0].parent / "00000003.unfinished").write_bytes(b"PAR1 and no more")
    else:
        assert [row["id"] for row in read(path)] == list(range(3072))
        with path.open("ab") as out:  # killed while it wrote
            out.write(path.read_bytes()[:90])
    scored.clear()
    done = run(table, "-o", path, "--resume")
    assert done.exit_code == 0, done.output
    assert "going on after 3,07" in done.output
    assert [row["id"] for row in read(path)] == list(range(5000))
    assert len(scored) <= 5000 - 3072
    again = run(table, "-o", path, "--resume")
    assert (again.exit_code, len(read(path))) == (0, 5000)


@pytest.mark.parametrize("name", NAMES)
def test_a_grown_file_is_gone_on_with(tmp_path, table, name):
    path = tmp_path / name
    assert run(table, "-o", path).exit_code == 0
    with table.open("a", encoding="utf-8") as out:
        out.writelines(json.dumps(article(i)) + "\n" for i in range(5000, 5010))
    done = run(table, "-o", path, "--resume")
    assert done.exit_code == 0, done.output
    assert [row["id"] for row in read(path)] == list(range(5010))


@pytest.mark.parametrize("name", NAMES)
def test_resume_refuses_another_tables_output(tmp_path, table, name):
    path = tmp_path / name
    assert run(table, "-o", path).exit_code == 0
    before = path.read_bytes()
    other = tmp_path / "other.jsonl"
    other.write_text("".join(json.dumps(article(i + 1)) + "\n" for i in range(5000)))
    done = run(other, "-o", path, "--resume")
    assert (done.exit_code, "last row is not that of" in done.output) == (2, True)
    other.write_text(json.dumps(article(0)) + "\n")
    done = run(other, "-o", path, "--resume")
    assert (done.exit_code, "4,999 rows more than the input" in done.output) == (2, True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["notes.jsonl", "notes.csv"])
def test_resume_leaves_a_file_that_is_not_its_own_as_it_was(tmp_path, table, name):
    path = tmp_path / name
    path.write_text('{"a": 1}\n{"b": 2')
    done = run(table, "-o", path, "--resume")
    assert (done.exit_code, "nothing to resume" in done.output) == (2, True)
    assert path.read_text() == '{"a": 1}\n{"b": 2'


def run_on_a_full_disk(table, path, limit):
    """Run where no file may have more bytes; it stops, and says how to go on."""
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, kept[1]))
    try:
        done = run(table, "-o", path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
    assert done.exit_code == 2, done.output
    assert "--resume goes on" in done.output


@pytest.mark.parametrize("name", NAMES)
def test_a_full_disk_leaves_whole_rows_and_the_run_resumes(tmp_path, table, name):
    path = tmp_path / name
    limit = {"out.parquet": 8_000, "out.jsonl.gz": 30_000}.get(name, 300_000)
    run_on_a_full_disk(table, path, limit)
    if not name.endswith("parquet"):
        assert 0 < len(read(path)) < 5000
    assert run(table, "-o", path, "--resume").exit_code == 0
    assert [row["id"] for row in read(path)] == list(range(5000))


def write_articles(path, number, **columns):
    rows = [{**article(i), **columns} for i in range(number)]
    parquet.write_table(pa.Table.from_pylist(rows), path, row_group_size=700)
    return path


def test_parquet_to_parquet_stopped_grown_and_with_another_column(tmp_path, monkeypatch):
    table, path = tmp_path / "in.parquet", tmp_path / "out.parquet"
    write_articles(table, 5000)
    assert "3,072 rows are written" in break_off(path, table, monkeypatch).output
    parts = sorted(file.name for file in (tmp_path / "out.parquet.parts").iterdir())
    assert parts == [f"{n:08}.parquet" for n in range(3)]  # the joined one is not left behind
    assert run(table, "-o", path, "--resume").exit_code == 0
    assert [row["id"] for row in read(path)] == list(range(5000))
    write_articles(table, 5010)
    assert run(table, "-o", path, "--resume").exit_code == 0
    assert [row["id"] for row in read(path)] == list(range(5010))
    write_articles(table, 5020, outlet="Daily Example")
    assert run(table, "-o", path, "--resume").exit_code == 0
    rows = read(path)
    assert [row["id"] for row in rows] == list(range(5020))
    assert [row["outlet"] for row in rows] == [None] * 5010 + ["Daily Example"] * 10
    assert list(rows[0]) == ["id", "title", "body", "outlet", *COLUMNS]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.parquet", "out.parquet"]


@pytest.mark.parametrize("limit", [8_000, 20_000, 80_000])
def test_parquet_to_parquet_on_a_full_disk(tmp_path, limit):
    table, path = write_articles(tmp_path / "in.parquet", 5000), tmp_path / "out.parquet"
    run_on_a_full_disk(table, path, limit)
    assert run(table, "-o", path, "--resume").exit_code == 0
    assert [row["id"] for row in read(path)] == list(range(5000))


def test_parquet_of_several_files_keeps_its_order_and_types(tmp_path):
    one = write_articles(tmp_path / "a.parquet", 1500, outlet="Daily Example")
    other = pa.Table.from_pylist([article(i) for i in range(1500, 3000)])
    other = other.set_column(0, "id", other["id"].cast(pa.int32()))
    parquet.write_table(other.select(["body", "title", "id"]), tmp_path / "b.parquet")
    out = tmp_path / "out.parquet"
    assert run(one, tmp_path / "b.parquet", "-o", out).exit_code == 0
    found = parquet.read_table(out)
    assert found["id"].to_pylist() == list(range(3000))
    assert found.schema.field("id").type == pa.int64()
    assert found["body"].to_pylist() == [article(i)["body"] for i in range(3000)]
    assert found["outlet"].to_pylist() == ["Daily Example"] * 1500 + [None] * 1500


def test_strict_stops_at_the_first_broken_line_and_resumes_when_it_is_mended(tmp_path, table):
    lines = table.read_text(encoding="utf-8").splitlines()
    table.write_text("\n".join([*lines[:1500], "{", *lines[1500:]]) + "\n", encoding="utf-8")
    path = tmp_path / "out.jsonl"
    done = run(table, "-o", path)
    assert (done.exit_code, len(read(path))) == (1, 5000)
    assert f"{table}:1501: is not JSON" in done.output
    done = run(table, "-o", path, "--strict")
    assert (done.exit_code, len(read(path))) == (2, 1500)
    assert f"stopped at {table}:1501 (1,500 rows are written" in done.output
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert run(table, "-o", path, "--strict", "--resume").exit_code == 0
    assert [row["id"] for row in read(path)] == list(range(5000))


def test_a_cache_spares_the_second_run(tmp_path, table, scored):
    call = (table, "-o", tmp_path / "out.csv", "--cache", tmp_path / "scores.db")
    assert run(*call).exit_code == 0
    assert len(scored) == 5000
    scored.clear()
    assert run(*call).exit_code == 0
    assert scored == []
    (tmp_path / "scores.db").write_bytes(b"no database at all" * 100)
    done = run(*call)
    assert (done.exit_code, "cannot be used as a cache" in done.output) == (2, True)


def test_columns_that_come_and_go(tmp_path):
    rows = [{**article(i), **({"tags": ["a"]} if i > 2000 else {})} for i in range(2500)]
    rows[2400]["id"] = "x"
    for i, row in enumerate(rows):
        row["meta"] = {} if i < 1100 else {"a" if i < 2200 else "b": i}
        row["big"] = 10**30 if i == 1200 else i
        row["place"] = {"x": i} if i < 1100 else {"y": [i]}
        row["note"] = "\ud800" if i == 3 else "é"
    table = tmp_path / "in.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run(table, "-o", tmp_path / "out.parquet").exit_code == 0
    found = parquet.read_table(tmp_path / "out.parquet")
    assert found.schema.field("id").type == pa.string()
    assert found["tags"].to_pylist()[2000:2002] == [None, ["a"]]
    assert found["meta"].to_pylist()[:2200:2199] == ["{}", '{"a": 2199, "b": null}']
    assert found["big"].to_pylist()[1199:1201] == ["1199", str(10**30)]
    assert found["place"].to_pylist()[1099:1101] == [
        {"x": 1099, "y": None},
        {"x": None, "y": [1100]},
    ]
    assert found["note"].to_pylist()[2:4] == ["é", "?"]
    done = run(table, "-o", tmp_path / "out.csv")
    assert done.exit_code == 1
    assert "no place for 'tags'" in done.output


def test_parquet_types_are_kept(tmp_path):
    days = [dt.datetime(2024, 5, 1, tzinfo=dt.UTC), None]
    table = pa.table({"title": ["a 1", None], "body": ["b", "c"], "day": days, "n": [[1], []]})
    parquet.write_table(table, tmp_path / "in.parquet")
    assert run(tmp_path / "in.parquet", "-o", tmp_path / "out.parquet").exit_code == 1
    found = parquet.read_table(tmp_path / "out.parquet")
    assert found.select(table.column_names).schema.types == table.schema.types
    assert found["mismatch_problem"].to_pylist() == [None, "title is missing"]
    assert run(tmp_path / "in.parquet", "-o", tmp_path / "out.jsonl").exit_code == 1
    assert read(tmp_path / "out.jsonl")[0]["day"].startswith("2024-05-01")


def test_parquet_without_the_columns_or_without_pyarrow(tmp_path, monkeypatch):
    parquet.write_table(pa.table({"headline": ["x"]}), tmp_path / "in.parquet")
    done = run(tmp_path / "in.parquet")
    assert (done.exit_code, "no column 'body', but headline" in done.output) == (1, True)
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    assert "cannot be read" in run(tmp_path / "bad.parquet").output
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    done = run(tmp_path / "in.parquet")
    assert (done.exit_code, "headline-mismatch[tables]" in done.output) == (2, True)


def odds_of_the_flagged(rows):
    (likely,) = (row["mismatch_probability"] for row in rows if row["is_mismatch"])
    return likely / (1 - likely)


def test_the_share_is_estimated_over_all_files_before_the_first_row_is_written(tmp_path, scored):
    numbers = [[0, 1, 2, 4, 6], [8, 10, 12, 14, 16, ""]]  # one of ten is odd
    files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for file, some in zip(files, numbers, strict=True):
        rows = [article(i) if i != "" else {"title": "", "body": "Text"} for i in some]
        file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    out = tmp_path / "out.jsonl"
    done = run(*files, "-o", out, "--prior", "auto")
    assert "prior: 0.1, estimated from 10 articles" in done.stderr
    assert len(scored) == len(set(scored)) == 11
    estimated = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    even = [json.loads(line) for line in run(*files).stdout.splitlines()]
    assert [r["mismatch_problem"] for r in estimated] == [r["mismatch_problem"] for r in even]
    ratio = odds_of_the_flagged(estimated) / odds_of_the_flagged(even)
    assert ratio == pytest.approx(1 / 9, rel=1e-4)
    to_stream = run(*files, "--prior", "auto", "--cache", tmp_path / "kept.db")
    assert [json.loads(line) for line in to_stream.stdout.splitlines()] == estimated
    again = run(*files, "-o", out, "--prior", "auto", "--cache", tmp_path / "kept.db", "--resume")
    assert "going on after 11 rows" in again.stderr
    assert len(scored) == 3 * 11  # even odds and two caches


def test_a_long_parquet_file_is_not_kept_in_memory(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "long.parquet"
    schema = pa.schema([("title", pa.string()), ("body", pa.string())])
    with parquet.ParquetWriter(path, schema) as writer:
        for _ in range(60):  # row groups of a megabyte that does not compress
            bodies = [rng.bytes(5_000).hex() for _ in range(100)]
            writer.write_table(pa.table({"title": ["Rain"] * 100, "body": bodies}, schema))
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            assert sum(1 for _ in read_parquet(file, {"title", "body"})) == 6_000
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 50e6
    assert most < 40e6  # a batch of 1,024 rows, as Parquet, and as Python's strings
