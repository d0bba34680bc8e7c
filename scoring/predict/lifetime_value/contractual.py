"""Customers under contract: survival by tenure times yearly contribution, discounted, up to a horizon.

A customer who has made n renewals and whose next one is due in w months is still here in month m with
    S(m) = product of r_(n+1) ... r_(n+j),   j = renewals due up to month m
and a year's contribution is worth sum over receipts of S(m) / (1 + d)^(m / 12). Customers of equal n, w and group share
that factor, so 100,000 of them need a few hundred products per draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from contracts.rules import LifetimeValueRules
from contracts.words import CustomerStatus
from scoring.arrays import Flags, Numbers
from scoring.predict.lifetime_value import sbg
from scoring.predict.lifetime_value.estimates import interval, shifted_retention
from scoring.predict.lifetime_value.groups import Shift
from scoring.predict.lifetime_value.present_value import receipt_weights
from scoring.predict.lifetime_value.spells import DAYS_PER_MONTH
from scoring.predict.lifetime_value.valuation import Valuation

_MOST_RENEWALS = 60


@dataclass(frozen=True, slots=True)
class Standing:
    """Kinds of customers: renewals made, months to the next one, place of the group, and whether notice was given."""

    made: Numbers
    months: Numbers
    group: Numbers
    is_noticed: Flags

    def of(self, chosen: Flags) -> Standing:
        return Standing(self.made[chosen], self.months[chosen], self.group[chosen], self.is_noticed[chosen])


def standing(facts: pd.DataFrame, today: pd.Timestamp, rules: LifetimeValueRules, group: Numbers) -> Standing:
    """Where each customer stands. Without a first day a customer counts as new, the cautious end; without a renewal
    date the next anniversary of its first day is taken.
    """
    days = (today - facts["since_on"]).dt.days.fillna(0).clip(lower=0).to_numpy(float)
    period = rules.renewal_months
    made = np.floor(days / DAYS_PER_MONTH / period)
    anniversary = np.ceil((made + 1) * period - days / DAYS_PER_MONTH)
    due = np.ceil((facts["renewal_on"] - today).dt.days.to_numpy(float) / DAYS_PER_MONTH)
    months = np.where(np.isnan(due), anniversary, due)
    return Standing(
        made=np.minimum(made, _MOST_RENEWALS),
        months=np.clip(months, 1, rules.horizon_months + period),
        group=group,
        is_noticed=(facts["status"] == CustomerStatus.NOTICE.value).to_numpy(bool),
    )


def value_contracts(
    amounts: pd.DataFrame,
    stands: Standing,
    model: sbg.ShiftedBetaGeometric,
    shifts: list[Shift],
    rules: LifetimeValueRules,
    rng: np.random.Generator,
) -> Valuation:
    """Values from retention by tenure.

    Args:
        amounts: frame customer_id, amount (a year's contribution), basis; one row per customer, sorted.
        stands: of the same customers.
        model: the book's retention.
        shifts: of each group, by its place in `stands.group`.
        rules: horizon, discount, convention.
        rng: seeded by the caller.
    """
    whole = np.column_stack([stands.made, stands.months, stands.group, stands.is_noticed])
    kinds, kind_of = np.unique(whole, axis=0, return_inverse=True)
    kind_of = np.ravel(kind_of)
    a, b = sbg.draws(model, rules.draws, rng)
    moves = np.array([s.mean for s in shifts])[:, None] + np.array([s.deviation for s in shifts])[:, None] * np.hstack(
        [np.zeros((len(shifts), 1)), rng.standard_normal((len(shifts), rules.draws))]
    )

    def factors(shift: Numbers) -> Numbers:
        few = shift.size  # one shift: the estimate alone
        return _factors(kinds, a[:few], b[:few], moves[:, :few], shift, rules)

    amount = amounts["amount"].to_numpy(float)
    size = len(amounts)
    loads = csr_array((amount, (np.arange(size), kind_of)), shape=(size, len(kinds)))
    low, high = interval(factors(np.zeros(rules.draws + 1))[:, 1:])
    ends = np.sort(np.column_stack([amount * low[kind_of], amount * high[kind_of]]), axis=1)
    rows = amounts[["customer_id", "basis"]].assign(low=ends[:, 0], high=ends[:, 1])
    return Valuation(rows=rows, loads=loads, factors=factors, draws=rules.draws)


def _factors(
    kinds: Numbers, a: Numbers, b: Numbers, moves: Numbers, shift: Numbers, rules: LifetimeValueRules
) -> Numbers:
    """Worth of one unit of yearly contribution: kinds x draws."""
    months, worth = receipt_weights(rules)
    made, until, group, is_noticed = kinds.T
    passed = np.where(months < until[:, None], 0, 1 + (months - until[:, None]) // rules.renewal_months).astype(int)
    survived = np.ones((len(kinds), a.size))
    total = np.zeros((len(kinds), a.size))
    for renewals in range(int(passed.max(initial=0)) + 1):
        if renewals:
            number = (made + renewals)[:, None]
            survived *= shifted_retention((b + number - 1) / a, moves[group.astype(int)] + shift)
            survived[is_noticed > 0] = 0.0
        total += ((passed == renewals) @ worth)[:, None] * survived
    return total
