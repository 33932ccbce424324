"""Headline and passages read together: a small network over the transformer's token vectors.

Late interaction asks of every token of a headline how near the nearest token of a passage comes,
and adds up. Here each token looks for several kinds of answers, sees what it found beside what it
asked, and then the tokens of the headline confer. In numpy alone: it takes a small part of the time
that reading the passages takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mismatch.bert_numpy import WIDTH, Floats, Pair, gelu, linear, normed, softmax

if TYPE_CHECKING:
    from mismatch.transformer import Tokens

ASKED = 4  # kinds of answers that a token looks for, beside the nearest
INSIDE, INSIDE_HEADS, INSIDE_LAYERS = 256, 4, 2  # of the network in which tokens confer
MOST_TOKENS = 40  # of a headline that are looked at
PASSAGES = 4  # at most
LARGE = 20.0  # by which the small numbers that unit vectors have are brought to about 1
EPSILON = 1e-5  # of layer normalisation


class Joint:
    """Log-odds, not calibrated, that a headline does not belong to the passages.

    Parameters
    ----------
    arrays : mapping of str to ndarray of float32
        Parameters by the name that `mismatch.training.joint.TrainedJoint` gives them.
    """

    def __init__(self, arrays: Mapping[str, Floats]) -> None:
        def pair(name: str) -> Pair:
            return arrays[f"{name}.weight"], arrays[f"{name}.bias"]

        self.arrays = dict(arrays)
        self._query = arrays["query.weight"]
        self._sharpness = float(arrays["sharpness"][0])
        self._positions = arrays["positions.weight"]
        names = ("answers", "inputs", "norm", "out_norm", "hidden", "verdict")
        self._parts = {name: pair(name) for name in names}
        self._layers = []
        for number in range(INSIDE_LAYERS):
            layer = f"layers.{number}"
            parts = {
                name: pair(f"{layer}.{name}") for name in ("norm1", "norm2", "linear1", "linear2")
            }
            attention = f"{layer}.self_attn"
            parts["asked"] = (
                arrays[f"{attention}.in_proj_weight"],
                arrays[f"{attention}.in_proj_bias"],
            )
            parts["told"] = pair(f"{attention}.out_proj")
            self._layers.append(parts)

    def __call__(self, headline: Tokens, passages: Sequence[Tokens]) -> float:
        """Read a headline and up to `PASSAGES` passages, the article's first one first."""
        own = headline.tokens[:MOST_TOKENS]
        weights = headline.weights[:MOST_TOKENS, None]
        passages = passages[:PASSAGES]
        theirs = np.concatenate([passage.tokens for passage in passages])
        cosines = own @ theirs.T
        ends = np.cumsum([len(passage.tokens) for passage in passages])[:-1]
        in_each = np.zeros((len(own), PASSAGES), dtype=np.float32)
        for place, part in enumerate(np.split(cosines, ends, axis=1)):
            in_each[:, place] = part.max(1)
        nearest = softmax(self._sharpness * cosines) @ theirs
        asked = (own @ self._query.T).reshape(len(own), ASKED, WIDTH)
        found = softmax(asked @ theirs.T) @ theirs
        seen = np.concatenate(
            [
                own * LARGE,
                nearest * LARGE,
                own * nearest * WIDTH,
                np.abs(own - nearest) * LARGE,
                in_each * 3,
                weights * 10,
            ],
            axis=1,
        )
        x = linear(seen, self._parts["inputs"])
        x += linear(found.reshape(len(own), -1) * LARGE, self._parts["answers"])
        x = normed(x + self._positions[: len(own)], self._parts["norm"], EPSILON)
        for layer in self._layers:
            x = _confer(x, layer)
        share = weights / max(float(weights.sum()), 1e-6)
        best = cosines.max(1, keepdims=True)
        summary = [
            (x * share).sum(0),
            x.max(0),
            (best * share).sum(0),
            best.min(0),
            (share * np.maximum(0.5 - best, 0)).sum(0),
            (in_each * share).sum(0),
        ]
        x = normed(np.concatenate(summary)[None], self._parts["out_norm"], EPSILON)
        x = gelu(linear(x, self._parts["hidden"]))
        return float(linear(x, self._parts["verdict"])[0, 0])


def _confer(x: Floats, layer: Mapping[str, Pair]) -> Floats:
    """A transformer layer that normalises first (Xiong et al. 2020, fig. 1b)."""
    asked = linear(normed(x, layer["norm1"], EPSILON), layer["asked"])
    q, k, v = asked.reshape(len(x), 3, INSIDE_HEADS, -1).transpose(1, 2, 0, 3)
    attention = softmax(q @ k.swapaxes(1, 2) / np.float32(q.shape[2] ** 0.5))
    context = (attention @ v).swapaxes(0, 1).reshape(len(x), -1)
    x = x + linear(context, layer["told"])
    inner = gelu(linear(normed(x, layer["norm2"], EPSILON), layer["linear1"]))
    told: NDArray[np.float32] = x + linear(inner, layer["linear2"])
    return told
