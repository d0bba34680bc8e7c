"""SIGNALS as numbers in a rectangle: one row per rule, one column per customer, in the order of their ids.

Each rule's numbers lie side by side in memory, so that a book of a hundred thousand customers is worked through
signal by signal. The order of the frame's rows does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contracts.rules import SignalRule
from scoring.arrays import Numbers, coded


@dataclass(frozen=True, slots=True)
class Grid:
    """Rules by customers (sorted ids): what was measured; NaN where nothing was."""

    customers: list[str]
    value: Numbers
    n: Numbers
    variance: Numbers


def grid(signals: pd.DataFrame, rules: Sequence[SignalRule]) -> Grid:
    """The grid of these rules over every customer of `signals`, a SIGNALS frame; other signals are left out."""
    customers, column = coded(signals["customer_id"])
    names, code = coded(signals["signal_id"])
    place = {rule.id: number for number, rule in enumerate(rules)}
    row = np.array([place.get(name, -1) for name in names], dtype=np.intp)[code]
    wanted = signals["is_observed"].to_numpy(bool) & (row >= 0)
    at = (row * len(customers) + column)[wanted]

    def spread(name: str) -> Numbers:
        filled = np.full(len(rules) * len(customers), np.nan)
        filled[at] = signals[name].to_numpy(float, na_value=np.nan)[wanted]
        return filled.reshape(len(rules), len(customers))

    return Grid(customers, spread("value"), spread("n"), spread("variance"))
