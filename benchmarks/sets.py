"""The pairs that every method is measured on, and what they are made of.

Copies of the true title inside a body ('echoes') would give the answer away to any method that
counts words, so they are taken out of every body before any method sees it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mismatch.text import Role, read
from mismatch.training.corpora import (
    Row,
    article_key,
    corpora_folder,
    read_jsonl,
    read_stages,
)
from mismatch.training.headlines import read_headlines
from mismatch.training.pairs import Donors, random_swaps, same_week_swaps

MODES = ("fast", "auto", "accurate")  # in the order of every table
OUT_OF_DOMAIN = ("en_event_clusters", "en_isot_sample", "en_hyperpartisan", "en_horne2017")
POLITICS = "en_us_politics"
WRONG_LABELS = Path(__file__).parents[1] / "data" / "wrong_labels.json"
SHORTEST = 200  # characters of a body that an outlet would publish


@dataclass(frozen=True)
class PairSet:
    """Titles over bodies; ``label`` is 1 for a mismatch, 0 for a genuine pair.

    ``wrong`` is True where a genuine pair is none or a swapped title belongs, once they are read.
    """

    name: str
    titles: list[str]
    bodies: list[str]
    label: NDArray[np.int_]
    wrong: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.titles)


def find_corpora() -> Path | None:
    """The corpora's folder; without one, None, and a line that says so."""
    folder = corpora_folder()
    if folder is None:
        print("skipped: the benchmark needs the corpora; set MISMATCH_CORPORA to their folder")
    return folder


def wrong_labels(of: str = "articles") -> dict[str, str]:
    """Keys of the articles that are not their headline's, and why.

    Of ``"swaps"``: keys of an article and of one whose headline belongs over it as well.
    """
    listed = json.loads(WRONG_LABELS.read_text(encoding="utf-8"))[of]
    return {key: why for corpus in listed.values() for key, why in corpus.items()}


def without_wrong_labels(rows: list[Row]) -> list[Row]:
    """The articles but for those that, read by hand, are not their headline's."""
    wrong = wrong_labels()
    return [row for row in rows if article_key(row) not in wrong]


def without_echoes(row: Row) -> str:
    """The body without the paragraphs that repeat its own title."""
    echoes = [b for b in read(row.title, row.body).blocks if b.role is Role.ECHO]
    body = row.body
    for block in reversed(echoes):
        body = body[: block.start] + body[block.end :]
    return body.strip()


def swapped(name: str, rows: list[Row], donors: Donors) -> PairSet:
    """Every article that gets another title, with its own title and with the other."""
    chosen = [i for i in range(len(rows)) if donors[i] >= 0]
    bodies = [without_echoes(rows[i]) for i in chosen]
    kept = [k for k, body in enumerate(bodies) if len(body) >= SHORTEST]
    own = [rows[chosen[k]].title for k in kept]
    other = [rows[donors[chosen[k]]].title for k in kept]
    label = np.repeat([0, 1], len(kept))
    keys = [article_key(row) for row in rows]
    articles, swaps = wrong_labels(), wrong_labels("swaps")
    wrong = [keys[chosen[k]] in articles for k in kept]
    wrong += [f"{keys[chosen[k]]} {keys[donors[chosen[k]]]}" in swaps for k in kept]
    return PairSet(name, own + other, 2 * [bodies[k] for k in kept], label, np.array(wrong))


def politics_and_out_of_domain(folder: Path, seed: int = 0) -> Iterator[PairSet]:
    """Swaps on held-out outlets and on the corpora that nothing was trained on."""
    test = read_stages(folder, [POLITICS, *OUT_OF_DOMAIN])["test"]
    swaps: list[tuple[str, str, Callable[..., Donors]]] = [
        ("politics, random", POLITICS, random_swaps),
        ("politics, same outlet and week", POLITICS, same_week_swaps),
        *((f"{name}, random", name, random_swaps) for name in OUT_OF_DOMAIN),
    ]
    for name, corpus, swap in swaps:
        rows = test[corpus]
        yield swapped(name, rows, swap(rows, np.random.default_rng(seed)))


def written(folder: Path) -> Iterator[PairSet]:
    """Headlines that were written for test articles (``data/headlines``).

    Each article's own headline and a plain one, against two of other events of its people, firms or
    places; then each article's oblique headline, against one that was written for another article.
    """
    known = read_headlines()
    test = read_stages(folder)["test"].values()
    articles = [(row, known[article_key(row)]) for rows in test for row in rows
                if article_key(row) in known]  # fmt: skip
    bodies = [without_echoes(row) for row, _ in articles]
    own = [row.title for row, _ in articles] + [headlines.plain for _, headlines in articles]
    other = [headlines.same_topic[n] for n in (0, 1) for _, headlines in articles]
    yield _halves("written, same topic", own, other, 2 * bodies)
    oblique = [headlines.oblique for _, headlines in articles]
    yield _halves("written, oblique", oblique, [*oblique[1:], oblique[0]], bodies)


def _halves(name: str, own: list[str], other: list[str], bodies: list[str]) -> PairSet:
    """Bodies under headlines that belong to them, then the same bodies under others."""
    label = np.repeat([0, 1], len(own))
    return PairSet(name, own + other, 2 * bodies, label, np.zeros(len(label), dtype=bool))


def fnc1(folder: Path, half: str) -> PairSet:
    """Fake News Challenge 1, 'train' or 'test': unrelated (1) against related (0)."""
    bodies = {r["body_id"]: r["body"] for r in read_jsonl(folder, f"fnc1_{half}_bodies")}
    rows = list(read_jsonl(folder, f"fnc1_{half}_stances"))
    return PairSet(
        f"FNC-1 {half}",
        [r["title"] for r in rows],
        [bodies[r["body_id"]] for r in rows],
        np.array([r["label"] == "unrelated" for r in rows], dtype=int),
        np.zeros(len(rows), dtype=bool),
    )
