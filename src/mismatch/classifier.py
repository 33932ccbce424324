"""From features to a score: the log-odds of a mismatch before calibration.

Fitting is scikit-learn's (`mismatch.training`); deciding is arithmetic on the fitted numbers, so
that a saved classifier outlives any release of scikit-learn and starts without importing it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Layer = tuple[Array, Array]


@dataclass(frozen=True)
class Classifier:
    """Mean of small feed-forward networks; one without a hidden layer is a logistic regression.

    `networks` holds for each network its layers as (weights of shape (in, out), biases of shape
    (out,)), rectified between layers, as ``sklearn.neural_network.MLPClassifier`` has them.
    Features are brought to zero mean and unit variance with `mean` and `scale`, then clipped
    to ±`clip` standard deviations: an article far outside the fitted range is no surer for it.
    """

    mean: Array
    scale: Array
    networks: tuple[tuple[Layer, ...], ...]
    clip: float = 4.0

    @cached_property
    def _side_by_side(self) -> list[list[Layer]]:
        """Networks of the same depth as one whose output is their sum: a few products, not many."""
        depths = sorted({len(layers) for layers in self.networks})
        return [_join([n for n in self.networks if len(n) == depth]) for depth in depths]

    def standardise(self, features: Array) -> Array:
        """Features in standard deviations from the mean, within ±`clip`, shape (n, d)."""
        standard: Array = np.clip((features - self.mean) / self.scale, -self.clip, self.clip)
        return standard

    def to_arrays(self) -> dict[str, Array]:
        """The fitted numbers by name, for a file."""
        arrays = {"mean": self.mean, "scale": self.scale, "clip": np.array(self.clip)}
        for n, layers in enumerate(self.networks):
            for k, (weights, biases) in enumerate(layers):
                arrays |= {f"{n}.{k}.weights": weights, f"{n}.{k}.biases": biases}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Classifier:
        """A classifier from the arrays of a file.

        Raises
        ------
        KeyError
            If an array is missing.
        """
        networks: list[tuple[Layer, ...]] = []
        while f"{len(networks)}.0.weights" in arrays:
            layers: list[Layer] = []
            while (name := f"{len(networks)}.{len(layers)}") + ".weights" in arrays:
                layers.append((arrays[f"{name}.weights"], arrays[f"{name}.biases"]))
            networks.append(tuple(layers))
        clip = float(np.ravel(arrays.get("clip", np.array(cls.clip)))[0])  # of a file, shape (1,)
        return cls(arrays["mean"], arrays["scale"], tuple(networks), clip)

    def scores(self, features: Array) -> Array:
        """Log-odds of a mismatch before calibration, shape (n,), of features (n, d)."""
        # One small product a row: many rows at once round otherwise than one, and the score of an
        # article may not depend on the batch it came in.
        standard = self.standardise(features)[:, None, :]
        total = np.zeros(len(features))
        for layers in self._side_by_side:
            hidden = standard
            for weights, biases in layers[:-1]:
                hidden = np.maximum(hidden @ weights + biases, 0.0)
            weights, biases = layers[-1]
            total += (hidden @ weights + biases)[:, 0, 0]
        mean: Array = total / len(self.networks)
        return mean


def _join(networks: list[tuple[Layer, ...]]) -> list[Layer]:
    """One network that does what several of the same depth do, and adds up their outputs."""
    joined = []
    last = len(networks[0]) - 1
    for depth, layers in enumerate(zip(*networks, strict=True)):
        weights = [layer[0] for layer in layers]
        biases = [layer[1] for layer in layers]
        inputs = np.cumsum([0] + [len(w) for w in weights])
        outputs = np.cumsum([0] + [w.shape[1] for w in weights])
        if depth == 0:  # all read the same features
            inputs = np.array([0] * len(inputs))
        if depth == last:  # all add to the same output
            outputs = np.array([0] * len(outputs))
        height, width = inputs[-1] or len(weights[0]), outputs[-1] or weights[0].shape[1]
        block = np.zeros((height, width))
        for w, top, left in zip(weights, inputs.tolist(), outputs.tolist(), strict=False):
            block[top : top + len(w), left : left + w.shape[1]] += w
        bias = np.sum(biases, axis=0) if depth == last else np.concatenate(biases)
        joined.append((block, bias))
    return joined
