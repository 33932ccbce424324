"""Training of the network that weighs the words of a headline together.

It is asked two things of an article under its own headline and under others: whether each belongs,
and which one is its own. The second is what a classifier of single pairs never learns: to tell two
headlines over one body apart, whatever kind of body it is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mismatch.deep_sets import CLIP, INSIDE, SHARE, WORD_FEATURES, DeepSets
from mismatch.evidence import WHOLE
from mismatch.training import questions
from mismatch.training.calibrating import HARD_KINDS
from mismatch.training.measuring import Measured, Words

log = logging.getLogger(__name__)

Floats = NDArray[np.float32]
LIKE_RANDOM, HARD = 0.5, 0.3  # weights of a swapped headline beside the article's own one


@dataclass(frozen=True)
class Recipe:
    """What a training run is made of; equal recipes give equal networks on one machine."""

    epochs: int = 6
    batch: int = 64  # articles
    foreign: float = 0.3  # of the articles that are not English, the share that an epoch sees
    which: float = 3.0  # weight of the question which headline is an article's own
    learning_rate: float = 2e-3
    warm: int = 100  # steps
    decay: float = 0.3
    dropout: float = 0.1
    clip: float = 1.0
    seed: int = 0


class Headlines:
    """Pairs as evidence of words and of wholes; the pairs of an article follow its genuine one."""

    def __init__(self, pairs: Measured, words: Sequence[Words]) -> None:
        self.words = words
        self.whole = pairs.features[:, :WHOLE].astype(np.float32)
        self.belongs = pairs.label == 0
        swapped = np.where(np.isin(pairs.kind, HARD_KINDS), HARD, LIKE_RANDOM)
        self.weight = np.where(self.belongs, 1.0, swapped).astype(np.float32)
        starts = np.append(np.flatnonzero(pairs.kind == "genuine"), len(words))
        self.articles = [
            np.arange(start, stop) for start, stop in pairwise(starts) if stop > start + 1
        ]
        self.foreign = pairs.lang[[rows[0] for rows in self.articles]] != "en"

    def gather(self, rows: NDArray[np.intp]) -> tuple[Tensor, Tensor, Tensor]:
        """Words (n, w, d), which of them are real (n, w), and wholes (n, k)."""
        own = [torch.from_numpy(self.words[row]) for row in rows.tolist()]
        words = nn.utils.rnn.pad_sequence(own, batch_first=True)
        lengths = torch.tensor([len(each) for each in own])
        real = torch.arange(words.shape[1])[None] < lengths[:, None]
        return words, real, torch.from_numpy(self.whole[rows])


class TrainedDeepSets(nn.Module):
    """The network of `mismatch.deep_sets.DeepSets`, for many pairs at once."""

    def __init__(self, words: Floats, whole: Floats, dropout: float) -> None:
        super().__init__()
        for name, values in (("words", words), ("whole", whole)):
            self.register_buffer(f"{name}_mean", torch.from_numpy(values.mean(0)))
            self.register_buffer(f"{name}_scale", torch.from_numpy(values.std(0) + 1e-6))
        self.words = nn.Linear(words.shape[1], INSIDE)
        self.again = nn.Linear(3 * INSIDE, INSIDE)
        self.whole = nn.Linear(whole.shape[1], INSIDE)
        self.hidden = nn.Linear(4 * INSIDE, INSIDE)
        self.verdict = nn.Linear(INSIDE, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, words: Tensor, real: Tensor, whole: Tensor) -> Tensor:
        """Log-odds of a mismatch, shape (n,)."""
        there = real[..., None]
        share = words[..., SHARE, None] * there
        share = share / share.sum(1, keepdim=True).clamp_min(1e-6)
        x = self.dropout(torch.relu(self.words(self._standardised("words", words))))
        # What was rectified is never below 0: words that are none leave the largest as it is.
        met = torch.cat([(x * share).sum(1), (x * there).amax(1)], -1)
        met = met[:, None].expand(-1, x.shape[1], -1)
        x = self.dropout(torch.relu(self.again(torch.cat([x, met], -1))))
        seen = torch.relu(self.whole(self._standardised("whole", whole)))
        parts = [(x * share).sum(1), (x * there).amax(1), (x * there).sum(1) / there.sum(1), seen]
        x = torch.relu(self.hidden(self.dropout(torch.cat(parts, -1))))
        verdict: Tensor = self.verdict(self.dropout(x))[:, 0]
        return verdict

    def _standardised(self, name: str, values: Tensor) -> Tensor:
        mean, scale = self.get_buffer(f"{name}_mean"), self.get_buffer(f"{name}_scale")
        return ((values - mean) / scale).clamp(-CLIP, CLIP)


def train(pairs: Measured, words: Sequence[Words], recipe: Recipe) -> DeepSets:
    """Train on the pairs of a stage.

    Parameters
    ----------
    pairs : Measured
        Each article's genuine pair, and after it the same body under other headlines.
    words : sequence of ndarray of shape (w, len(WORD_FEATURES))
        Evidence of the words of each pair's headline.
    recipe : Recipe
    """
    torch.manual_seed(recipe.seed)
    headlines = Headlines(pairs, words)
    model = TrainedDeepSets(
        np.concatenate(headlines.words).reshape(-1, len(WORD_FEATURES)),
        headlines.whole,
        recipe.dropout,
    )
    optimiser = torch.optim.AdamW(
        model.parameters(), recipe.learning_rate, weight_decay=recipe.decay
    )
    foreign = headlines.foreign
    usual = (~foreign).sum() + foreign.sum() * recipe.foreign
    batches = max(1, int(usual) // recipe.batch)
    steps, step, start = batches * recipe.epochs, 0, time.monotonic()
    for epoch in range(recipe.epochs):
        rng = np.random.default_rng([recipe.seed, epoch])
        seen = ~foreign | (rng.random(len(foreign)) < recipe.foreign)
        order = rng.permutation(np.flatnonzero(seen))
        losses = []
        for some in np.array_split(order, batches):
            rate = min(1.0, (step + 1) / recipe.warm) * max(0.02, 1 - step / steps)
            for group in optimiser.param_groups:
                group["lr"] = recipe.learning_rate * rate
            loss = loss_of(model, headlines, [headlines.articles[i] for i in some], recipe.which)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            optimiser.step()
            losses.append(float(loss.detach()))
            step += 1
        log.info("deep sets, epoch %d: loss %.3f, %.0f s",
                 epoch + 1, np.mean(losses), time.monotonic() - start)  # fmt: skip
    return DeepSets({name: part.numpy() for name, part in model.eval().state_dict().items()})


def loss_of(
    model: TrainedDeepSets,
    headlines: Headlines,
    articles: list[NDArray[np.intp]],
    which: float,
) -> Tensor:
    """Cross-entropy of both questions: both classes count alike, and every article."""
    rows = np.concatenate(articles)
    scores = model(*headlines.gather(rows))
    belongs = torch.from_numpy(headlines.belongs[rows])
    weights = torch.from_numpy(headlines.weight[rows])
    starts = np.cumsum([len(own) for own in articles])[:-1].tolist()
    return questions.loss_of(scores, belongs, weights, starts, which)
