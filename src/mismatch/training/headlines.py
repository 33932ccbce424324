"""Headlines written for articles of the corpora: what no swap of their own headlines teaches.

A swapped headline is nearly always of another subject, and few of a corpus's own are puns.
``data/headlines`` holds, for some thousand English articles, headlines that belong to them in words
that they do not use, and headlines of other events of the same people, firms and places.
"""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np

from mismatch.training.corpora import MANIFEST, Row, article_key
from mismatch.training.measuring import Pair
from mismatch.training.pairs import random_swaps

FILE = MANIFEST.parent / "headlines" / "headlines.jsonl"
KINDS = ("oblique", "plain", "same_topic", "unrelated")  # of pairs; the first two belong together

Titles = list[tuple[str, str]]  # kind and headline


class Headlines(NamedTuple):
    """What was written for one article.

    `oblique` and `plain` belong to it, the one in words that it does not use. The two of
    `same_topic` tell other events of its people, firms or places.
    """

    oblique: str
    plain: str
    same_topic: tuple[str, str]


def read_headlines() -> dict[str, Headlines]:
    """What was written for each article, by its key."""
    found = {}
    with FILE.open(encoding="utf-8") as lines:
        for entry in map(json.loads, lines):
            found[entry["article"]] = Headlines(
                entry["oblique"], entry["plain"], tuple(entry["same_topic"])
            )
    return found


def written_for(
    rows: list[Row], known: dict[str, Headlines], rng: np.random.Generator
) -> list[Titles]:
    """The written headlines of each article, by `KINDS`, from all that are known.

    Under 'unrelated' stand two that were written for others of the same corpus: a pun or a plain
    headline, and a pun or a headline of another event.
    """
    own = [known.get(article_key(row)) for row in rows]
    chosen = [i for i, written in enumerate(own) if written]
    found: list[Titles] = [[] for _ in rows]
    for i in chosen:
        oblique, plain, same_topic = own[i]  # type: ignore[misc]
        found[i] += [("oblique", oblique), ("plain", plain)]
        found[i] += [("same_topic", title) for title in same_topic]
    for other in ("plain", "same_topic"):
        donors = random_swaps([rows[i] for i in chosen], rng)
        for i, donor in zip(chosen, donors.tolist(), strict=True):
            if donor >= 0:
                titles = dict(found[chosen[donor]][:4])
                found[i].append(("unrelated", titles[str(rng.choice(["oblique", other]))]))
    return found


def written_pairs(corpora: dict[str, list[Row]], seed: int) -> list[Pair]:
    """The written headlines of some corpora, each over the bodies that `written_for` says."""
    known, rng = read_headlines(), np.random.default_rng(seed)
    return [
        Pair(title, row.body, kind, name, row.lang, row.source)
        for name, rows in corpora.items()
        for row, titles in zip(rows, written_for(rows, known, rng), strict=True)
        for kind, title in titles
    ]
