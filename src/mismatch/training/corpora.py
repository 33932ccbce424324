"""The corpora as genuine articles, each in one stage of training.

An encoder, a classifier on its similarities and a calibrator of the classifier each need articles
that the stage before has not seen. The manifest (``data/corpora.json``) says how each corpus is
divided; copies of one article never lie in two stages.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

NEWS = "en_us_politics"  # the corpus that is most like what users have
STAGES = ("encoder", "classifier", "calibrator", "test")
MANIFEST = Path(__file__).parents[3] / "data" / "corpora.json"


@dataclass(frozen=True, slots=True)
class Row:
    """A genuine article of a corpus."""

    title: str
    body: str
    lang: str
    corpus: str
    source: str
    date: date | None

    @property
    def week(self) -> tuple[int, int] | None:
        """ISO year and week of publication, or None."""
        return None if self.date is None else self.date.isocalendar()[:2]


def corpora_folder() -> Path | None:
    """The folder of ``MISMATCH_CORPORA`` (default ``../shared/corpora``), None if absent."""
    default = MANIFEST.parents[1].parent / "shared" / "corpora"
    folder = Path(os.environ.get("MISMATCH_CORPORA") or default)
    return folder if folder.is_dir() else None


def read_manifest() -> dict[str, Any]:
    """The manifest of the corpora: names, licences, checksums and how each is split."""
    manifest: dict[str, Any] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    return manifest


def read_jsonl(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """The objects of one corpus file."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def read_rows(folder: Path, name: str) -> list[Row]:
    """The articles of one corpus that have a title and a body, in file order."""
    return [
        Row(
            title=r["title"],
            body=r["body"],
            lang=r.get("lang") or "",
            corpus=name,
            source=r.get("source") or "",
            date=parse_date(r.get("date")),
        )
        for r in read_jsonl(folder, name)
        if r.get("title") and r.get("body")
    ]


def parse_date(text: str | None) -> date | None:
    """The day of ``2019-03-31...`` or ``31-MAR-1987...``; None if neither or impossible."""
    if not text:
        return None
    for form, length in (("%Y-%m-%d", 10), ("%d-%b-%Y", 11)):
        try:
            day = datetime.strptime(text.strip()[:length].strip(), form).date()
        except ValueError:
            continue
        return day if 1900 < day.year < 2100 else None
    return None


def fold(text: str, length: int | None = None) -> str:
    """Letters and digits of a text, lower-cased: the key under which near copies meet."""
    letters = "".join(c for c in text[: 4 * length if length else None].lower() if c.isalnum())
    return letters[:length]


def article_key(row: Row) -> str:
    """A name for an article that holds none of its text."""
    return hashlib.sha256(f"{fold(row.title)} {fold(row.body, 160)}".encode()).hexdigest()[:16]


def body_digest(row: Row) -> str:
    """What decides a share of an article: near copies of a body have the same."""
    return hashlib.sha256(fold(row.body, 160).encode()).hexdigest()


def copy_keys(row: Row) -> tuple[str, str]:
    """Keys by which near copies of an article are known: its first 160 letters and its title."""
    return fold(row.body, 160), "title:" + fold(row.title)


def split_corpus(
    rows: list[Row], rule: dict[str, Any], shares: list[float]
) -> dict[str, list[Row]]:
    """Divide the rows of one corpus into the stages by the rule of the manifest."""
    stages: dict[str, list[Row]] = {stage: [] for stage in STAGES}
    if rule["by"] == "none":
        stages[rule["stage"]] = rows
        return stages
    if rule["by"] == "source":
        for row in rows:
            stages[_stage_of_source(row.source, rule)].append(row)
        return stages
    if rule["by"] == "date":
        keys = [str(row.date or "") for row in rows]
    else:
        keys = [body_digest(row) for row in rows]
    order = sorted(range(len(rows)), key=keys.__getitem__)
    start = 0
    for stage, share in zip(STAGES, shares, strict=True):
        stop = start + round(share * len(rows)) if stage != STAGES[-1] else len(rows)
        stages[stage] = [rows[i] for i in order[start:stop]]
        start = stop
    return stages


def _stage_of_source(source: str, rule: dict[str, Any]) -> str:
    for stage in STAGES:
        if any(source.startswith(name) for name in rule.get(stage, ())):
            return stage
    return "encoder"


def read_stages(folder: Path, names: list[str] | None = None) -> dict[str, dict[str, list[Row]]]:
    """Every corpus in its stages, near copies dropped: ``stages[stage][corpus]`` is a list of rows.

    A copy stays in the last stage that has it, so that nothing measured was ever trained on.
    """
    manifest = read_manifest()
    stages: dict[str, dict[str, list[Row]]] = {stage: {} for stage in STAGES}
    for name, entry in manifest["corpora"].items():
        if name.startswith("fnc1") or (names is not None and name not in names):
            continue
        split = split_corpus(read_rows(folder, name), entry["split"], manifest["stages"]["shares"])
        for stage, rows in split.items():
            if rows:
                stages[stage][name] = rows
    later = {fold(r["body"], 160) for r in read_jsonl(folder, "fnc1_test_bodies")}
    later |= {fold(r["body"], 160) for r in read_jsonl(folder, "fnc1_train_bodies")}
    for stage in reversed(STAGES):
        for name, rows in stages[stage].items():
            kept = []
            for row in rows:
                body, title = copy_keys(row)
                if body not in later and title not in later:
                    kept.append(row)
                later.update((body, title))
            stages[stage][name] = kept
    return stages
