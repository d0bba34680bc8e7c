"""A mean drawn toward what is known of the others, the less facts it rests on the more.

    shrunk = v x + (1 - v) mean        v = n / (n + m), m = within / between

mean, within and between are those of the customer's segment where it is big enough, else of the whole book. For shares
m is the prior strength of the beta-binomial model (x + a) / (n + a + b) with a + b = m: the same formula. Counts, dates
and latest values are facts, not samples: they stay as they are. Source: Efron and Morris 1975.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scoring.arrays import Numbers, Places
from scoring.measure.norms import WHOLE_BOOK, Segments

_COLUMNS = ["mean", "between_variance", "within_variance"]


@dataclass(frozen=True, slots=True)
class Prior:
    """What values are drawn to, shaped as they are or fit to be broadcast; NaN: not known."""

    mean: Numbers
    between: Numbers
    within: Numbers


@dataclass(frozen=True, slots=True)
class Priors:
    """The priors of some signals by segment (the last row: no segment), and the segment of each customer."""

    table: Numbers
    places: Places

    @classmethod
    def of(cls, norms: pd.DataFrame, signal_ids: Sequence[str], segments: Segments, customers: Sequence[str]) -> Priors:
        """From a NORMS frame; a segment without a row of its own has the book's."""
        numbers = norms[_COLUMNS].to_numpy(float)
        rows = dict(zip(zip(norms["signal_id"], norms["segment"], strict=True), numbers, strict=True))
        names, places = segments.places(customers)
        unknown = np.full(len(_COLUMNS), np.nan)
        book = {signal: rows.get((signal, WHOLE_BOOK), unknown) for signal in signal_ids}
        table = [[rows.get((signal, name), book[signal]) for signal in signal_ids] for name in (*names, WHOLE_BOOK)]
        return cls(np.array(table, dtype=float).reshape(len(names) + 1, len(signal_ids), len(_COLUMNS)), places)

    def at(self, customers: slice) -> Prior:
        """The priors of these customers, customers by signals; one row for all where there are no segments."""
        if len(self.table) == 1:
            return Prior(*np.moveaxis(self.table[0], -1, 0))
        return Prior(*np.moveaxis(self.table[self.places[customers]], -1, 0))


def shrunk(value: Numbers, n: Numbers, prior: Prior, *, prior_strength: float) -> tuple[Numbers, Numbers]:
    """Means drawn to the prior, and v, the share that is the customer's own."""
    with np.errstate(invalid="ignore", divide="ignore"):
        strength = np.where(prior.within > 0, prior.within / prior.between, 0.0)
        strength = np.where(np.isnan(prior.mean), 0.0, np.maximum(strength, prior_strength))
        own = n / (n + strength)  # 0 where the strength is infinite
    if not strength.all():
        own = np.where(strength == 0, 1.0, own)
    return own * value + (1.0 - own) * np.nan_to_num(prior.mean), own
