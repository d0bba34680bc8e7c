"""A valuation under common draws: every sum over customers carries the interval that belongs to it.

value of customer i in draw k = sum over c of loads[i, c] x factors[c, k]. The loads are the customers' own (money and
kind of history), the factors the uncertain parameters that all share. Errors of retention strike everybody at once,
so sums are made inside each draw; adding up independent errors would promise a precision that nobody has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scoring.arrays import Numbers

Factors = Callable[[Numbers], Numbers]
"""Change of the log-odds of renewing, one per draw (the estimate itself first) -> factors (columns x draws)."""

_STEP = 0.01


@dataclass(frozen=True)
class Valuation:
    """`rows`: customer_id, basis, low, high (one row per customer with a value, sorted); `loads`: customers x columns,
    dense or sparse; `draws`: how many beside the estimate. `has_retention`: a shift of retention means something.
    """

    rows: pd.DataFrame
    loads: Any
    factors: Factors
    draws: int
    has_retention: bool = True

    def unshifted(self) -> Numbers:
        return self.factors(np.zeros(self.draws + 1))

    def values(self) -> Numbers:
        """The estimate per customer."""
        return np.asarray(self.loads @ self.factors(np.zeros(1))[:, 0])

    def sums(self, members: Numbers, shift: Numbers | None = None) -> Numbers:
        """Sums over groups, the estimate first.

        Args:
            members: groups x customers, 1 for those that count.
            shift: change of the log-odds of renewing per draw; None: none.
        """
        factors = self.unshifted() if shift is None else self.factors(shift)
        return np.asarray((self.loads.T @ members.T).T) @ factors

    def sensitivity(self) -> Numbers:
        """Change of each customer's value per unit of log-odds of renewing."""
        if not self.has_retention:
            return np.zeros(len(self.rows))
        slope = (self.factors(np.array([_STEP])) - self.factors(np.array([-_STEP]))) / (2 * _STEP)
        return np.asarray(self.loads @ slope[:, 0])
