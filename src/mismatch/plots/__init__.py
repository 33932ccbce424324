"""Plots with matplotlib; each has its numbers as a frame beside it, under ``..._data``.

Needs the extra ``plots``: ``pip install 'headline-mismatch[plots]'``. Every plot takes ``ax=``, and
gives back the axes that it drew on.
"""

from mismatch.plots.drawing import detection_curve, heat_map, reliability, score_distribution
from mismatch.plots.numbers import (
    detection_curve_data,
    heat_map_data,
    reliability_data,
    score_distribution_data,
)

__all__ = [
    "detection_curve",
    "detection_curve_data",
    "heat_map",
    "heat_map_data",
    "reliability",
    "reliability_data",
    "score_distribution",
    "score_distribution_data",
]
