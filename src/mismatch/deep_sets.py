"""The words of a headline weighed together: a small network over what is measured of each.

A weighted mean over a headline's words cannot tell two names that are missing from ten plain words
that are half covered. Here each word is looked at by itself, then beside what the others have
found, and the headline as a whole says what they make of the body (Zaheer et al. 2017, "Deep
Sets"). In numpy alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WORD_FEATURES = (
    "idf",
    "share",  # of the headline's idf
    "exact",
    "prefix",
    "coverage",
    "coverage_by_best_paragraph",
    "coverage_by_lead",
    "log_count",  # in the body
    "similarity_to_body",
    "similarity_to_best_paragraph",
    "similarity_to_headline",
    "number",
    "position",
    "similarity_of_covering_paragraph",  # to the headline
    "length",  # of its vector
)
SHARE, PREFIX, COVERAGE = map(WORD_FEATURES.index, ("share", "prefix", "coverage"))
MOST_WORDS = 20  # of a headline that are looked at
INSIDE = 64
CLIP = 4.0  # standard deviations


class DeepSets:
    """Log-odds, not calibrated, that a headline does not belong to its body.

    Parameters
    ----------
    arrays : mapping of str to ndarray of float32
        Parameters by the name that `mismatch.training.deep_sets.TrainedDeepSets` gives them.
    """

    def __init__(self, arrays: Mapping[str, Floats]) -> None:
        self.arrays = dict(arrays)
        self._layers = {
            name: (np.ascontiguousarray(arrays[f"{name}.weight"].T), arrays[f"{name}.bias"])
            for name in ("words", "again", "whole", "hidden", "verdict")
        }

    def __call__(self, words: NDArray[np.float64], whole: NDArray[np.float64]) -> float:
        """Weigh a headline.

        Parameters
        ----------
        words : ndarray of shape (n, len(WORD_FEATURES))
            Of each distinct word, in the headline's order; the first `MOST_WORDS` are looked at.
        whole : ndarray of shape (d,)
            The evidence of the headline as a whole.
        """
        words = words[:MOST_WORDS]
        share = words[:, SHARE].astype(np.float32)
        share /= max(float(share.sum()), 1e-6)
        x = self._rectified("words", self._standardised("words", words))
        weights, bias = self._layers["again"]
        own, others = weights[:INSIDE], weights[INSIDE:]
        x = np.maximum(x @ own + (np.concatenate([share @ x, x.max(0)]) @ others + bias), 0)
        seen = self._rectified("whole", self._standardised("whole", whole))
        x = self._rectified("hidden", np.concatenate([share @ x, x.max(0), x.mean(0), seen]))
        weights, bias = self._layers["verdict"]
        return float((x @ weights + bias)[0])

    def _standardised(self, name: str, values: NDArray[np.float64]) -> Floats:
        mean, scale = self.arrays[f"{name}_mean"], self.arrays[f"{name}_scale"]
        standard: Floats = np.clip((values.astype(np.float32) - mean) / scale, -CLIP, CLIP)
        return standard

    def _rectified(self, name: str, values: Floats) -> Floats:
        weights, bias = self._layers[name]
        found: Floats = np.maximum(values @ weights + bias, 0)
        return found
