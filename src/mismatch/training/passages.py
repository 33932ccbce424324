"""Articles as token ids, and the batches of them that the transformer is fine-tuned on."""

from __future__ import annotations

import multiprocessing
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from mismatch.encoders import StaticEncoder
from mismatch.text import read
from mismatch.training.corpora import NEWS, Row
from mismatch.training.pairs import shares_too_much, title_terms
from mismatch.training.vocabulary import minilm_folder

Ids = NDArray[np.uint16]
Ints = NDArray[np.int64]
Group = tuple[str, str]  # corpus and language

LANGUAGES = ("en", "pcm", "fr", "de", "pt", "es", "eo")  # what an English vocabulary can spell
LONGEST_TITLE, MOST_PARAGRAPHS, LONGEST_PARAGRAPH = 40, 40, 160  # tokens, paragraphs, tokens
LONGEST_TEXT = 1_500  # characters of a text that are tokenised
FULL = 0.6  # of a passage's room, from which no other paragraph is added
SMALLEST_WEEK = 4  # articles
NEAR = 3  # near headlines looked at for each that is drawn


@dataclass(frozen=True, slots=True)
class Piece:
    """Token ids of a headline and its content paragraphs.

    `best` is the paragraph nearest to the headline, to the static encoder; `row` the article's
    place among the rows it was made of.
    """

    row: int
    title: Ids
    paragraphs: list[Ids]
    best: int

    def passage(self, start: int, most: int) -> Ids:
        """Paragraphs from `start` on while there is room, `most` tokens at most."""
        parts = [self.paragraphs[start][:most]]
        size = len(parts[0])
        for more in self.paragraphs[start + 1 :]:
            if size >= most * FULL:
                break
            parts.append(more[: most - size])
            size += len(parts[-1])
        return np.concatenate(parts)


_shared: tuple[StaticEncoder, Tokenizer]


def tokenise(rows: list[Row], encoder: StaticEncoder) -> list[Piece]:
    """Read and tokenise articles on all cores; those that cannot be scored are left out."""
    global _shared  # noqa: PLW0603  # what forked workers read
    tokenizer = Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    _shared = (encoder, tokenizer)
    jobs = [(i, row.title, row.body) for i, row in enumerate(rows)]
    with multiprocessing.get_context("fork").Pool() as pool:
        return [piece for piece in pool.imap(_tokenise, jobs, chunksize=64) if piece is not None]


def _tokenise(job: tuple[int, str, str]) -> Piece | None:
    encoder, tokenizer = _shared
    row, title, body = job
    article = read(title, body)
    content = article.content[:MOST_PARAGRAPHS]
    if article.generic or not article.headline_words or not content:
        return None
    texts = [article.headline, *(block.text for block in content)]
    vectors = encoder.encode(texts)
    ids = [
        np.array(tokenizer.encode(text[:LONGEST_TEXT], add_special_tokens=False).ids, np.uint16)
        for text in texts
    ]
    paragraphs = [part[:LONGEST_PARAGRAPH] for part in ids[1:]]
    if len(ids[0]) < 2 or sum(map(len, paragraphs)) < 8:
        return None
    nearest = int((vectors[1:] @ vectors[0]).argmax())
    return Piece(row, ids[0][:LONGEST_TITLE], paragraphs, nearest)


class Batch(NamedTuple):
    """Headlines, two passages of each article, and which headlines may tell the same event.

    `barred` of shape (n, n) is True where article j's passage is no fair negative of headline i.
    """

    titles: list[Ids]
    first: list[Ids]
    other: list[Ids]
    barred: NDArray[np.bool_]


@dataclass(frozen=True)
class Mix:
    """How batches are drawn."""

    batch: int = 64
    cluster: int = 16  # articles with near headlines, twice a batch, and of one outlet's week, once
    first: int = 80  # tokens of the passage at an article's start, or now and then its best
    other: int = 56  # tokens of a passage from anywhere
    from_start: float = 0.7
    from_best: float = 0.4
    politics: float = 0.55  # share of batches from `NEWS`
    foreign: float = 0.12  # and from other languages than English
    seed: int = 0


class Batches:
    """Batches of one corpus and language each: the same for the same step, whatever came before."""

    def __init__(
        self, rows: list[Row], pieces: list[Piece], encoder: StaticEncoder, mix: Mix
    ) -> None:
        self.pieces, self.mix = pieces, mix
        self.terms = title_terms([rows[piece.row] for piece in pieces])
        members: dict[Group, list[int]] = defaultdict(list)
        weeks: dict[Group, dict[object, list[int]]] = defaultdict(lambda: defaultdict(list))
        for i, piece in enumerate(pieces):
            row = rows[piece.row]
            group = row.corpus, "en" if row.lang == "pcm" else row.lang
            members[group].append(i)
            if row.week:
                weeks[group][row.source, row.week].append(i)
        self.groups = {g: np.array(m) for g, m in members.items() if len(m) >= 2 * mix.batch}
        self.weeks = {
            g: [np.array(w) for w in weeks[g].values() if len(w) >= SMALLEST_WEEK]
            for g in self.groups
        }
        vectors = encoder.encode([rows[piece.row].title for piece in pieces])
        self.vectors = {g: vectors[m] for g, m in self.groups.items()}
        self.names = sorted(self.groups)
        self.shares = _shares(self.names, [len(self.groups[g]) for g in self.names], mix)

    def draw(self, step: int) -> Batch:
        """The batch of a step."""
        mix, rng = self.mix, np.random.default_rng([self.mix.seed, step])
        group = self.names[rng.choice(len(self.names), p=self.shares)]
        chosen = self._choose(group, rng)
        first, other = [], []
        for piece in (self.pieces[i] for i in chosen):
            start = 0 if rng.random() < mix.from_start else piece.best
            first.append(piece.passage(start, mix.first))
            best = rng.random() < mix.from_best
            start = piece.best if best else int(rng.integers(len(piece.paragraphs)))
            other.append(piece.passage(start, mix.other))
        terms = [self.terms[i] for i in chosen]
        barred = [
            [i != j and shares_too_much(x, y) for j, y in enumerate(terms)]
            for i, x in enumerate(terms)
        ]
        return Batch([self.pieces[i].title for i in chosen], first, other, np.array(barred))

    def _choose(self, group: Group, rng: np.random.Generator) -> list[int]:
        rows, vectors, mix = self.groups[group], self.vectors[group], self.mix
        chosen: list[int] = []
        for _ in range(2):
            near = np.argsort(-(vectors @ vectors[rng.integers(len(rows))]))[: mix.cluster * NEAR]
            chosen += rows[rng.choice(near, mix.cluster, replace=False)].tolist()
        if weeks := self.weeks[group]:
            sizes = np.array([len(week) for week in weeks])
            week = weeks[rng.choice(len(sizes), p=sizes / sizes.sum())]
            chosen += rng.permutation(week)[: mix.cluster].tolist()
        chosen += rng.permutation(rows)[: 2 * mix.batch].tolist()
        return list(dict.fromkeys(chosen))[: mix.batch]


def _shares(names: list[Group], sizes: list[int], mix: Mix) -> NDArray[np.float64]:
    """Share of batches of each group: by kind as `mix` says, inside a kind by a root of size."""
    shares = np.array(sizes, dtype=np.float64) ** 0.6
    english = 1 - mix.politics - mix.foreign
    kind = np.array([0 if c == NEWS else 1 if lang == "en" else 2 for c, lang in names])
    for number, share in enumerate((mix.politics, english, mix.foreign)):
        if (kind == number).any():
            shares[kind == number] *= share / shares[kind == number].sum()
    shares /= shares.sum()
    return shares
