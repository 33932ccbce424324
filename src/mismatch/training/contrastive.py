"""Contrastive training of static vectors: headline and paragraph of one article belong together.

Each step takes a batch of articles of one language, draws a paragraph or two of each, and asks
every headline to find its own paragraph among all of the batch, and back (InfoNCE with in-batch
negatives: van den Oord et al. 2018, eq. 4). Half of a batch comes from clusters of near headlines,
which are what the others cannot teach.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from mismatch.encoders import StaticEncoder
from mismatch.training.checkpoints import keep, resume
from mismatch.training.vocabulary import Words

log = logging.getLogger(__name__)
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Recipe:
    """What a training run is made of; equal recipes give equal vectors on one machine."""

    steps: int = 1000
    batch: int = 2048
    learning_rate: float = 0.01
    temperature: float = 0.05
    near: float = 0.5  # share of a batch that comes from clusters of near headlines
    cluster: int = 64  # articles a cluster
    english: float = 0.7  # share of batches; the rest goes by the root of a language's articles
    paragraph_pairs: float = 1.0  # weight of the paragraph-to-paragraph loss
    same_event: float = 0.8  # cosine of two headlines from which they are no negatives
    dropout: float = 0.25  # share of the pieces of a text that a step does not see
    lead: float = 0.5  # share of paragraphs drawn from the first three
    checkpoint: int = 200  # steps
    seed: int = 0


class Pieces:
    """Articles as piece ids.

    Text `i` is ``ids[start[i]:start[i + 1]]``; the texts of article `a` are its headline, at
    ``first[a]``, and its paragraphs, up to ``first[a + 1]``.
    """

    def __init__(self, articles: list[Words], encoder: StaticEncoder) -> None:
        pieces = cache(encoder.lexicon.piece_ids)
        ids: list[NDArray[np.int32]] = []
        first = [0]
        self.languages: dict[str, Ints] = {}
        members: dict[str, list[int]] = defaultdict(list)
        for article in articles:
            texts = [
                [i for word in words for i in pieces(word)]
                for words in (article.headline, *article.paragraphs)
            ]
            texts = [texts[0], *(text for text in texts[1:] if len(text) > 2)]
            if not texts[0] or len(texts) < 2:
                continue
            members["en" if article.lang == "pcm" else article.lang].append(len(first) - 1)
            ids += [np.array(text, dtype=np.int32) for text in texts]
            first.append(len(ids))
        self.first = np.array(first)
        self.start = np.concatenate([[0], np.cumsum([len(text) for text in ids])])
        self.ids = np.concatenate(ids)
        self.languages = {lang: np.array(rows) for lang, rows in sorted(members.items())}

    def gather(
        self, texts: Ints, dropout: float = 0.0, rng: np.random.Generator | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Concatenated ids of some texts and the offset of each, without a random share of them."""
        lengths = self.start[texts + 1] - self.start[texts]
        offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        place = np.repeat(self.start[texts] - offsets, lengths) + np.arange(lengths.sum())
        if rng is not None:
            kept = rng.random(len(place)) >= dropout
            place = place[kept]
            offsets = np.concatenate([[0], np.cumsum(kept)])[offsets]
        return torch.from_numpy(self.ids[place].astype(np.int64)), torch.from_numpy(offsets)

    def draw(self, articles: Ints, lead: float, rng: np.random.Generator) -> Ints:
        """One paragraph of each article: with probability `lead` one of the first three."""
        start, stop = self.first[articles] + 1, self.first[articles + 1]
        count = stop - start
        anywhere = (rng.random(len(articles)) * count).astype(np.int64)
        early = (rng.random(len(articles)) * np.minimum(count, 3)).astype(np.int64)
        drawn: Ints = start + np.where(rng.random(len(articles)) < lead, early, anywhere)
        return drawn


def train(
    pieces: Pieces, vectors: NDArray[np.float32], recipe: Recipe, folder: Path
) -> NDArray[np.float32]:
    """Train from the given vectors, or go on from the last checkpoint of `folder`."""
    torch.manual_seed(recipe.seed)
    bag = torch.nn.EmbeddingBag(len(vectors), vectors.shape[1], mode="mean", sparse=True)
    bag.weight.data = torch.from_numpy(vectors.copy())
    optimiser = torch.optim.SparseAdam(bag.parameters(), lr=recipe.learning_rate)
    checkpoint = folder / "encoder.pt"
    run = asdict(recipe)
    step = resume(checkpoint, run, bag, optimiser)
    while step < recipe.steps:
        loss = 0.0
        batches = _Batches(pieces, bag, recipe, step)
        until = min(step + recipe.checkpoint, recipe.steps)
        for step in range(step + 1, until + 1):  # noqa: B020
            for group in optimiser.param_groups:
                warm = min(1.0, step / 20)
                group["lr"] = recipe.learning_rate * warm * (1 - (step - 1) / recipe.steps)
            optimiser.zero_grad()
            batch_loss = _loss(pieces, bag, recipe, *batches.next())
            batch_loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()  # type: ignore[no-untyped-call]
            loss += float(batch_loss.detach())
        log.info("step %d of %d, loss %.3f", step, recipe.steps, loss / recipe.checkpoint)
        keep(checkpoint, run, bag, optimiser, step)
    trained: NDArray[np.float32] = bag.weight.detach().numpy()
    return trained


def _loss(
    pieces: Pieces,
    bag: torch.nn.EmbeddingBag,
    recipe: Recipe,
    articles: Ints,
    rng: np.random.Generator,
) -> torch.Tensor:
    texts = (pieces.first[articles], *(pieces.draw(articles, recipe.lead, rng) for _ in range(2)))
    headline, one, other = (
        functional.normalize(bag(*pieces.gather(t, recipe.dropout, rng)), dim=1) for t in texts
    )
    with torch.no_grad():
        same = (headline @ headline.T > recipe.same_event).fill_diagonal_(0)
    return _nce(headline, one, same, recipe) + recipe.paragraph_pairs * _nce(
        one, other, same, recipe
    )


def _nce(
    left: torch.Tensor, right: torch.Tensor, same: torch.Tensor, recipe: Recipe
) -> torch.Tensor:
    logits = (left @ right.T / recipe.temperature).masked_fill(same, -1e4)
    own = torch.arange(len(left))
    return (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2


class _Batches:
    """Batches of one language each, drawn from clusters made with the vectors as they now are."""

    def __init__(
        self, pieces: Pieces, bag: torch.nn.EmbeddingBag, recipe: Recipe, step: int
    ) -> None:
        self.recipe, self.languages = recipe, pieces.languages
        self.rng = np.random.default_rng([recipe.seed, step])
        self.clusters: dict[str, list[Ints]] = {}
        for lang, rows in self.languages.items():
            with torch.no_grad():
                headlines = functional.normalize(
                    bag(*pieces.gather(pieces.first[rows])), dim=1
                ).numpy()
            halves = _halve(headlines, np.arange(len(rows)), recipe.cluster, self.rng)
            self.clusters[lang] = [rows[half] for half in halves]
        shares = {lang: len(rows) ** 0.5 for lang, rows in self.languages.items() if lang != "en"}
        total = sum(shares.values()) or 1.0
        self.shares = [
            recipe.english if lang == "en" else (1 - recipe.english) * shares[lang] / total
            for lang in self.languages
        ]

    def next(self) -> tuple[Ints, np.random.Generator]:
        share = np.array(self.shares)
        lang = list(self.languages)[self.rng.choice(len(share), p=share / share.sum())]
        rows, clusters = self.languages[lang], self.clusters[lang]
        size = min(self.recipe.batch, len(rows))
        near = min(len(clusters), round(size * self.recipe.near / self.recipe.cluster))
        chosen = [clusters[i] for i in self.rng.choice(len(clusters), near, replace=False)]
        rest = (
            self.rng.choice(rows, size - near * self.recipe.cluster, replace=False)
            if near
            else rows
        )
        return np.unique(np.concatenate([*chosen, rest])), self.rng


def _halve(
    vectors: NDArray[np.float32], rows: Ints, size: int, rng: np.random.Generator
) -> list[Ints]:
    """Clusters of at most `size` near rows: halved along the line between two random ones."""
    if len(rows) <= size:
        return [rows]
    one, other = rng.choice(rows, 2, replace=False)
    order = rows[np.argsort(vectors[rows] @ (vectors[one] - vectors[other]), kind="stable")]
    half = len(order) // 2
    return [
        *_halve(vectors, order[:half], size, rng),
        *_halve(vectors, order[half:], size, rng),
    ]
