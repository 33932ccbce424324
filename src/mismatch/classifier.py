"""From features to a calibrated probability, a p-value and a decision.

Fitting is scikit-learn's (`mismatch.training`); deciding is arithmetic on the fitted numbers, so
that a saved classifier outlives any release of scikit-learn and starts without importing it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Layer = tuple[Array, Array]
LARGEST_LOG_ODDS = 30.0  # beyond it a float64 probability is 1 to 13 digits


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

    def scores(self, features: Array) -> Array:
        """Log-odds of a mismatch before calibration, shape (n,), of features (n, d)."""
        standard = np.clip((features - self.mean) / self.scale, -self.clip, self.clip)
        # One small product a row: many rows at once round otherwise than one, and the score of an
        # article may not depend on the batch it came in.
        standard = standard[:, None, :]
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


@dataclass(frozen=True)
class Calibration:
    """What a classifier's score means, learnt from articles it was not fitted on.

    `knots` and `log_odds` are a monotone piecewise linear map from score to the log-odds of a
    mismatch where half of the articles are mismatches. `genuine` are sorted scores of genuine
    articles, the reference of the conformal p-values.
    """

    knots: Array
    log_odds: Array
    genuine: Array

    def at_prior(self, scores: Array, prior: float) -> Array:
        """Calibrated log-odds of a mismatch, shape (n,), where a share `prior` are mismatches."""
        shift = np.log(prior / (1 - prior))
        even = np.interp(scores, self.knots, self.log_odds)
        shifted: Array = np.clip(even + shift, -LARGEST_LOG_ODDS, LARGEST_LOG_ODDS)
        return shifted

    def p_values(self, scores: Array) -> Array:
        """Conformal p-values: ``(1 + #{genuine >= score}) / (1 + n)``, in (0, 1].

        Valid for articles exchangeable with the reference ones (Vovk et al. 2005, eq. 2.20).
        """
        below = np.searchsorted(self.genuine, scores, side="left")
        return (1 + len(self.genuine) - below) / (1 + len(self.genuine))

    @property
    def smallest_rate(self) -> float:
        """Lowest false-alarm rate that the number of reference articles can support."""
        return 1 / (1 + len(self.genuine))


def probability(log_odds: Array) -> Array:
    """The logistic function."""
    chance: Array = 1 / (1 + np.exp(-log_odds))
    return chance
