"""What money to come is worth today.

    value = sum over receipts of amount S(t) / (1 + d)^t,   t in years, amount = yearly amount x receipt_months / 12

`receipt_now` counts the first receipt today and the last one before the horizon; `after_renewal` counts the first one a
period from now and the last one at the horizon. With constant retention r, one receipt a year and no horizon these are
m (1 + d) / (1 + d - r) and m r / (1 + d - r). Source: Gupta and Lehmann, Managing Customers as Investments, 2005.
"""

from __future__ import annotations

import numpy as np

from contracts.rules import Convention, LifetimeValueRules
from scoring.arrays import Numbers


def period_discount(annual: float, months: float) -> float:
    """The discount rate of a period: (1 + d)^(months / 12) - 1."""
    return float((1 + annual) ** (months / 12) - 1)


def receipts(*, horizon_months: int, receipt_months: int, convention: Convention) -> Numbers:
    """Months from now at which money is counted."""
    first = 0 if convention == "receipt_now" else receipt_months
    last = horizon_months if convention == "receipt_now" else horizon_months + 1
    return np.arange(first, last, receipt_months, dtype=float)


def receipt_weights(rules: LifetimeValueRules) -> tuple[Numbers, Numbers]:
    """Months of the receipts, and what one unit of yearly amount received then is worth today."""
    months = receipts(
        horizon_months=rules.horizon_months, receipt_months=rules.receipt_months, convention=rules.convention
    )
    return months, rules.receipt_months / 12 * (1 + rules.annual_discount) ** (-months / 12)
