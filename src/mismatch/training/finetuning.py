"""Fine-tuning of MiniLM: headline and passage of one article belong together.

Two views of one forward pass are trained side by side, each asked to find a headline's own passage
among all of a batch, and back (InfoNCE, van den Oord et al. 2018, eq. 4): the cosine of the mean
vectors, and the late interaction, which asks of every token of the headline how well the best
token of a passage answers it (Khattab & Zaharia 2020, eq. 3), by a learnt weight of the token.
"""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from mismatch.bert import Bert, from_hugging_face
from mismatch.bert_numpy import CLS, PAD, SEP, WIDTH
from mismatch.training.checkpoints import keep, resume
from mismatch.training.passages import Batch, Batches, Ids
from mismatch.training.vocabulary import minilm_folder

log = logging.getLogger(__name__)

NEVER = -1e4  # logit of what is no candidate


@dataclass(frozen=True)
class Finetuning:
    """What a fine-tuning run is made of, besides its batches."""

    steps: int = 800
    learning_rate: float = 8e-5
    warm: int = 60  # steps
    decay: float = 0.01
    other: float = 0.5  # weight of the passage from anywhere beside that at the start
    sharpness: float = 20.0  # inverse temperature at the start
    sharpness_rate: float = 0.02
    clip: float = 1.0
    checkpoint: int = 100  # steps
    seed: int = 0


class Trainee(nn.Module):
    """The transformer, and how sharply each view of it tells right from wrong."""

    def __init__(self, bert: Bert, sharpness: float) -> None:
        super().__init__()
        self.bert = bert
        self.sharpness = nn.Parameter(torch.tensor([sharpness, sharpness]))

    def read(self, texts: list[Ids]) -> tuple[Tensor, Tensor, Tensor]:
        """Unit vectors, unit token vectors and token weights of some texts."""
        ids = np.full((len(texts), max(map(len, texts)) + 2), PAD, dtype=np.int64)
        for row, text in enumerate(texts):
            ids[row, 0], ids[row, len(text) + 1] = CLS, SEP
            ids[row, 1 : len(text) + 1] = text
        found: tuple[Tensor, Tensor, Tensor] = self.bert(torch.from_numpy(ids))
        return found


def minilm() -> Bert:
    """all-MiniLM-L6-v2, as it comes from its package."""
    state = load_file(minilm_folder() / "model.safetensors")
    return from_hugging_face({name.removeprefix("bert."): part for name, part in state.items()})


def late_interaction(title: Tensor, weights: Tensor, passage: Tensor, seen: Tensor) -> Tensor:
    """Weighted mean over headline tokens of their best cosine in a passage: (titles, passages).

    `title` (n, t, d) and `passage` (m, p, d) are unit token vectors, `weights` (n, t) those of the
    headline's tokens, 0 on special ones; `seen` (m, p) is False on what no token may answer with.
    """
    place = (weights > 0).nonzero(as_tuple=True)
    cosines = title[place] @ passage.reshape(-1, WIDTH).T
    cosines = cosines.view(-1, *seen.shape).masked_fill(~seen[None], -1.0)
    answers = cosines.amax(2) * weights[place][:, None]
    return torch.zeros(len(title), len(passage)).index_add(0, place[0], answers)


def loss_of(trainee: Trainee, batch: Batch, other: float) -> tuple[Tensor, list[float]]:
    """Both views' loss, and the share of headlines that each view gives their own passage."""
    title, title_tokens, weights = trainee.read(batch.titles)
    parts = [trainee.read(texts) for texts in (batch.first, batch.other)]
    passage = torch.cat([part[0] for part in parts])
    length = max(part[1].shape[1] for part in parts)
    tokens = torch.cat([functional.pad(p[1], (0, 0, 0, length - p[1].shape[1])) for p in parts])
    seen = torch.cat([functional.pad(p[2] > 0, (0, length - p[2].shape[1])) for p in parts])
    views = (
        title @ passage.T * trainee.sharpness[0],
        late_interaction(title_tokens, weights, tokens, seen) * trainee.sharpness[1],
    )
    n = len(title)
    own, twin = torch.arange(n), torch.eye(n, dtype=torch.bool)
    none = torch.zeros_like(twin)
    barred = torch.from_numpy(batch.barred).repeat(1, 2)
    loss, right = torch.zeros(()), []
    for view in views:
        logits = view.masked_fill(barred, NEVER)
        to_first = logits.masked_fill(torch.cat([none, twin], 1), NEVER)
        to_other = logits.masked_fill(torch.cat([twin, none], 1), NEVER)
        loss = loss + functional.cross_entropy(to_first, own)
        loss = loss + functional.cross_entropy(logits[:, :n].T, own)
        loss = loss + other * functional.cross_entropy(to_other, own + n)
        loss = loss + other * functional.cross_entropy(logits[:, n:].T, own)
        right.append(float((to_first.argmax(1) == own).float().mean()))
    return loss / 4, right


def finetune(batches: Batches, recipe: Finetuning, folder: Path) -> Bert:
    """Fine-tune all-MiniLM-L6-v2, or go on from the checkpoint of `folder`.

    Its vectors of words and positions stay as they are: the articles do not hold every word.
    """
    torch.manual_seed(recipe.seed)
    trainee = Trainee(minilm(), recipe.sharpness)
    for table in (trainee.bert.word_embeddings, trainee.bert.position_embeddings):
        table.weight.requires_grad = False
    weights = [p for p in trainee.bert.parameters() if p.requires_grad]
    groups = [
        {"params": weights, "base": recipe.learning_rate, "weight_decay": recipe.decay},
        {"params": [trainee.sharpness], "base": recipe.sharpness_rate, "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups)
    checkpoint = folder / "transformer.pt"
    run = asdict(recipe) | asdict(batches.mix)
    step = resume(checkpoint, run, trainee, optimiser)
    told, start = [], time.monotonic()
    while step < recipe.steps:
        rate = min(1.0, (step + 1) / recipe.warm) * (1 - step / recipe.steps)
        for group in optimiser.param_groups:
            group["lr"] = group["base"] * rate
        loss, right = loss_of(trainee, batches.draw(step), recipe.other)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(weights, recipe.clip)
        optimiser.step()
        step += 1
        told.append([float(loss.detach()), *right])
        if step % recipe.checkpoint == 0 or step == recipe.steps:
            log.info(
                "step %d: loss %.3f, right by mean vector %.3f, by tokens %.3f; %.2f s a step",
                step, *np.mean(told, axis=0), (time.monotonic() - start) / len(told),
            )  # fmt: skip
            told, start = [], time.monotonic()
            keep(checkpoint, run, trainee, optimiser, step)
    return trainee.bert.eval()
