"""The same small BERT in numpy: for the first texts of a process, which torch's import would delay.

It takes about twice torch's time for a text, and none of the seconds that importing torch takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

WIDTH, LAYERS, HEADS, INNER = 384, 6, 12, 1536  # of all-MiniLM-L6-v2
EPSILON = 1e-12
LONGEST = 128  # tokens of a text that can be read, the two special ones among them
PAD, UNKNOWN, CLS, SEP = 0, 100, 101, 102

Floats = NDArray[np.float32]
Pair = tuple[Floats, Floats]  # weight and bias


class NumpyBert:
    """Token ids to contextual token vectors, as `mismatch.bert.Bert` does it in 32 bits.

    Parameters
    ----------
    arrays : mapping of str to ndarray of float32
        Parameters by the name that `mismatch.bert.Bert` gives them.
    """

    def __init__(self, arrays: Mapping[str, Floats]) -> None:
        def pair(name: str) -> Pair:
            return arrays[f"{name}.weight"], arrays[f"{name}.bias"]

        self._words = arrays["word_embeddings.weight"]
        kind = arrays["token_type_embeddings.weight"][0]
        self._positions = arrays["position_embeddings.weight"] + kind
        self._norm, self._salience = pair("norm"), pair("salience")
        self._layers = [
            {part: pair(f"layers.{number}.{part}") for part in _PARTS} for number in range(LAYERS)
        ]

    def __call__(self, ids: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
        """Read ids of shape (n, length), `PAD` where a text has ended: that is not computed.

        Gives unit vectors of the texts (n, `WIDTH`), unit vectors of the tokens (n, length,
        `WIDTH`), and token weights (n, length) that add up to 1 and are 0 on special tokens.
        """
        seen = ids != PAD
        place = seen.nonzero()
        x = normed(self._words[ids[place]] + self._positions[place[1]], self._norm)
        lengths = seen.sum(1).tolist()
        for layer in self._layers:
            x = normed(x + self._attended(x, layer, lengths), layer["attended_norm"])
            inner = gelu(linear(x, layer["inner"]))
            x = normed(x + linear(inner, layer["outer"]), layer["outer_norm"])
        tokens = np.zeros((*ids.shape, WIDTH), dtype=np.float32)
        tokens[place] = x
        special = ~seen | (ids == CLS) | (ids == SEP)
        salience = linear(tokens, self._salience)[:, :, 0]
        weights = softmax(np.where(special, np.float32(-1e4), salience))
        return _unit(tokens.sum(1)), _unit(tokens), weights

    def _attended(self, x: Floats, layer: Mapping[str, Pair], lengths: list[int]) -> Floats:
        """What the tokens of texts laid end to end see of their own text."""
        qkv = [linear(x, layer[part]) for part in ("query", "key", "value")]
        context = np.empty_like(x)
        done = 0
        for length, n in runs_of(lengths):
            part = slice(done, done + length * n)
            q, k, v = (each[part].reshape(n, length, HEADS, -1).swapaxes(1, 2) for each in qkv)
            attention = softmax(q @ k.swapaxes(2, 3) / np.float32(q.shape[3] ** 0.5))
            context[part] = (attention @ v).swapaxes(1, 2).reshape(-1, WIDTH)
            done += length * n
        return linear(context, layer["attended"])


def runs_of(lengths: list[int]) -> list[tuple[int, int]]:
    """Each length and how many times in a row it stands there.

    Examples
    --------
    >>> runs_of([5, 5, 8])
    [(5, 2), (8, 1)]
    """
    return [(length, len(list(run))) for length, run in groupby(lengths)]


_PARTS = ("query", "key", "value", "attended", "attended_norm", "inner", "outer", "outer_norm")


def linear(x: Floats, pair: Pair) -> Floats:
    """A matrix product and a bias."""
    weight, bias = pair
    y: Floats = x @ weight.T
    y += bias
    return y


def normed(x: Floats, pair: Pair, epsilon: float = EPSILON) -> Floats:
    """Layer normalisation (Ba et al. 2016, eq. 4)."""
    weight, bias = pair
    x = x - x.mean(-1, keepdims=True)
    x /= np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(epsilon))
    x *= weight
    x += bias
    return x


def gelu(x: Floats) -> Floats:
    """X times the normal distribution function at x (Hendrycks and Gimpel 2016)."""
    from scipy.special import ndtr

    x *= ndtr(x)
    return x


def softmax(x: Floats) -> Floats:
    """Positive numbers that add up to 1 along the last axis."""
    x = np.exp(x - x.max(-1, keepdims=True))
    x /= x.sum(-1, keepdims=True)
    return x


def _unit(x: Floats) -> Floats:
    unit: Floats = x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), np.float32(1e-12))
    return unit
