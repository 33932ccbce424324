"""Where a training run stands, in a file that is whole at every moment."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

log = logging.getLogger(__name__)


def resume(
    path: Path, run: Mapping[str, Any], trainee: nn.Module, optimiser: torch.optim.Optimizer
) -> int:
    """Bring both to where they were, and give the step; 0 where nothing was kept of this run."""
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    if state.get("run") != run:
        return 0
    trainee.load_state_dict(state["trainee"])
    optimiser.load_state_dict(state["optimiser"])
    step: int = state["step"]
    log.info("going on from step %d", step)
    return step


def keep(
    path: Path,
    run: Mapping[str, Any],
    trainee: nn.Module,
    optimiser: torch.optim.Optimizer,
    step: int,
) -> None:
    """Write where a run stands; `run` says what it is made of."""
    state = {
        "run": run,
        "trainee": trainee.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
    }
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").rename(path)
