"""A mean drawn toward what is known of the others, the less facts it rests on the more.

    shrunk = v x + (1 - v) mean        v = n / (n + m), m = within / between

mean, within and between are those of the customer's segment where it is big enough, else of the whole book. For shares
m is the prior strength of the beta-binomial model (x + a) / (n + a + b) with a + b = m: the same formula. Counts, dates
and latest values are facts, not samples: they stay as they are. Source: Efron and Morris 1975.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from contracts.rules import SignalRule
from scoring.arrays import Numbers, Places
from scoring.measure.compile import MEAN_LIKE
from scoring.measure.norms import WHOLE_BOOK

_COLUMNS = ["mean", "between_variance", "within_variance"]


@dataclass(frozen=True, slots=True)
class Prior:
    """What a value is drawn to; arrays of one number per customer, or single numbers for all. NaN: not known."""

    mean: Numbers
    between: Numbers
    within: Numbers


class Priors:
    """The priors of a NORMS frame by signal and segment."""

    def __init__(self, norms: pd.DataFrame) -> None:
        self._rows = {
            (str(signal), str(segment)): values
            for signal, segment, values in zip(
                norms["signal_id"], norms["segment"], norms[_COLUMNS].to_numpy(float), strict=True
            )
        }

    def of(self, signal_id: str, names: list[str], places: Places) -> Prior:
        """The prior of customers whose segments stand at `places` in `names`; of all alike without segment rows."""
        unknown = np.full(len(_COLUMNS), np.nan)
        book = self._rows.get((signal_id, WHOLE_BOOK), unknown)
        own = [self._rows.get((signal_id, name), book) for name in names]
        if all(row is book for row in own):
            return Prior(*book)
        chosen = np.array([*own, book])[places]  # place -1, no segment, is the last row
        return Prior(*chosen.T)


def shrunk(
    value: Numbers, n: Numbers, prior: Prior, rule: SignalRule, prior_strength: float
) -> tuple[Numbers, Numbers | float]:
    """The values drawn to the prior, and v, the share that is the customer's own."""
    if rule.aggregate not in MEAN_LIKE:
        return value, 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        strength = np.where(prior.within > 0, prior.within / prior.between, 0.0)
        strength = np.where(np.isnan(prior.mean), 0.0, np.maximum(strength, prior_strength))
        own = np.where(np.isinf(strength), 0.0, n / (n + strength))
        own = np.where(strength == 0, 1.0, own)
    return own * value + (1.0 - own) * np.nan_to_num(prior.mean), own
