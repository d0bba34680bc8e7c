"""A measured value on the scale 0-100, between two fixed anchors that experts chose.

Fixed, never this week's minimum and maximum: one outlier would move everybody, and a score would drift without a
new fact. Source: OECD/JRC Handbook on Constructing Composite Indicators, 2008, section 5.
"""

from __future__ import annotations

import numpy as np

from scoring.arrays import Numbers


def anchored(value: Numbers, *, bad: float | Numbers, good: float | Numbers) -> Numbers:
    """100 * (value - bad) / (good - bad), clipped to 0-100; `bad` may lie above `good`. NaN stays NaN."""
    score: Numbers = np.asarray(value - bad)
    score *= 100.0
    score /= np.asarray(good) - bad
    np.clip(score, 0.0, 100.0, out=score)
    return score
