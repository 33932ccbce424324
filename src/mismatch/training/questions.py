"""What a network is asked of articles under their own headlines and under others, as a loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def loss_of(
    scores: Tensor, belongs: Tensor, weights: Tensor, starts: Sequence[int], which: float
) -> Tensor:
    """Whether each pair belongs together, and which headlines are each article's own.

    Both classes count alike, and all articles. `scores` are log-odds of a mismatch, shape (n,);
    `starts` are the places where the next article's pairs begin, and `which` is the weight of the
    second question.
    """
    totals = torch.where(belongs, weights[belongs].sum(), weights[~belongs].sum())
    apart = functional.binary_cross_entropy_with_logits(
        scores, (~belongs).float(), weights / totals / 2, reduction="sum"
    )
    groups = (torch.tensor_split(part, list(starts)) for part in (-scores, belongs, weights))
    missed = [
        _missed(score[own], score[~own], w[own])
        for score, own, w in zip(*groups, strict=True)
        if not own.all()
    ]
    return apart + which * torch.stack(missed).mean()


def _missed(own: Tensor, other: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy of choosing each of an article's own headlines among all that are not."""
    missed: Tensor = own.logaddexp(other.logsumexp(0)) - own
    return (missed * weights).sum() / weights.sum()
