"""Customers without a contract: expected purchases (BG/NBD) times expected amount (Gamma-Gamma), discounted.

The interval is that of the parameters, by the delta method: a customer's value is drawn along its slope by each of the
seven logarithms, so that one draw moves all customers together.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd

from contracts.rules import LifetimeValueRules
from scoring.arrays import Numbers
from scoring.predict.lifetime_value import bg_nbd, gamma_gamma
from scoring.predict.lifetime_value.estimates import Z_95
from scoring.predict.lifetime_value.valuation import Valuation

DAYS_PER_WEEK = 7.0

_WEEKS_PER_MONTH = 365.25 / 12 / DAYS_PER_WEEK
_STEP_MONTHS = 3
_STEP = 1e-3


def purchase_histories(paid: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    """Frame customer_id, repeats, last, observed (weeks), mean: purchases of one day count as one.

    Args:
        paid: frame customer_id, day, amount; the first purchase of a customer begins its history.
        today: the day of the valuation, exclusive.
    """
    known = paid.loc[(paid["amount"] > 0) & (paid["day"] < today)]
    days = known.groupby(["customer_id", "day"], as_index=False)["amount"].sum()
    first = days.groupby("customer_id")["day"].transform("min")
    again = days.loc[days["day"] > first].groupby("customer_id")
    histories = days.groupby("customer_id").agg(first=("day", "min"), latest=("day", "max"))
    histories["repeats"] = again.size().reindex(histories.index).fillna(0).astype(float)
    histories["last"] = (histories["latest"] - histories["first"]).dt.days / DAYS_PER_WEEK
    histories["observed"] = (today - histories["first"]).dt.days / DAYS_PER_WEEK
    histories["mean"] = again["amount"].mean().reindex(histories.index).fillna(0.0)
    return histories.reset_index()[["customer_id", "repeats", "last", "observed", "mean"]]


def fit(histories: pd.DataFrame) -> tuple[bg_nbd.BetaGeometricPoisson, gamma_gamma.GammaGamma]:
    """Both models from a frame of `purchase_histories` with repeat buyers."""
    counted = histories.groupby(["repeats", "last", "observed"], as_index=False).size()
    purchases = bg_nbd.Purchases(*(counted[name].to_numpy(float) for name in ("repeats", "last", "observed", "size")))
    amounts = gamma_gamma.fit(histories["repeats"].to_numpy(float), histories["mean"].to_numpy(float))
    return bg_nbd.fit(purchases), amounts


def value_purchases(
    histories: pd.DataFrame,
    buying: bg_nbd.BetaGeometricPoisson,
    spending: gamma_gamma.GammaGamma,
    rules: LifetimeValueRules,
    rng: np.random.Generator,
) -> Valuation:
    """Values of purchases to come within the horizon.

    Args:
        histories: frame of `purchase_histories`, and per customer `share` (of the amount that is margin; 1: revenue)
            and `basis`; sorted.
        buying: how often.
        spending: how much.
        rules: horizon and discount; purchases count in the middle of a quarter.
        rng: seeded by the caller.
    """
    share = histories["share"].to_numpy(float)

    def bought(parameters: Numbers) -> Numbers:
        return _discounted_purchases(parameters, histories, rules)

    def spent(parameters: Numbers) -> Numbers:
        mean = gamma_gamma.expected_amount(
            parameters, histories["repeats"].to_numpy(float), histories["mean"].to_numpy(float)
        )
        margin: Numbers = mean * share
        return margin

    often, much = bought(np.exp(buying.logarithms)), spent(np.exp(spending.logarithms))
    slopes = np.column_stack(
        [slope * much for slope in _slopes(bought, buying.logarithms)]
        + [often * slope for slope in _slopes(spent, spending.logarithms)]
    )
    root = np.zeros((7, 7))
    root[:4, :4] = np.linalg.cholesky(buying.covariance)
    root[4:, 4:] = np.linalg.cholesky(spending.covariance)
    moved = np.hstack([np.zeros((7, 1)), root @ rng.standard_normal((7, rules.draws))])
    half = Z_95 * np.sqrt(((slopes @ root) ** 2).sum(axis=1))
    value = often * much
    rows = histories[["customer_id", "basis"]].assign(low=np.maximum(value - half, 0.0), high=value + half)

    def factors(shift: Numbers) -> Numbers:
        return np.vstack([np.ones(shift.size), moved[:, : shift.size]])

    return Valuation(
        rows=rows.reset_index(drop=True),
        loads=np.column_stack([value, slopes]),
        factors=factors,
        draws=rules.draws,
        has_retention=False,
    )


def _slopes(of: Callable[[Numbers], Numbers], at: Numbers) -> list[Numbers]:
    found = []
    for place in range(at.size):
        step = np.zeros(at.size)
        step[place] = _STEP
        found.append((of(np.exp(at + step)) - of(np.exp(at - step))) / (2 * _STEP))
    return found


def _discounted_purchases(parameters: Numbers, histories: pd.DataFrame, rules: LifetimeValueRules) -> Numbers:
    """Sum over quarters of expected purchases at today's worth. Customers of equal x and T share all but P(alive)."""
    pairs, of_customer = np.unique(histories[["repeats", "observed"]].to_numpy(float), axis=0, return_inverse=True)
    repeats, observed = pairs.T
    nothing = np.zeros(len(pairs))
    edges = np.append(np.arange(0, rules.horizon_months, _STEP_MONTHS), rules.horizon_months).astype(float)
    total, before = nothing, nothing
    for begin, end in pairwise(edges):
        # as if surely alive: P(alive) is put in below, customer by customer
        until = bg_nbd.expected_purchases(parameters, end * _WEEKS_PER_MONTH, repeats, observed, observed)
        until = until / bg_nbd.is_alive(parameters, repeats, observed, observed)
        total = total + (until - before) * (1 + rules.annual_discount) ** (-(begin + end) / 24)
        before = until
    alive = bg_nbd.is_alive(parameters, *(histories[name].to_numpy(float) for name in ("repeats", "last", "observed")))
    whole: Numbers = alive * total[np.ravel(of_customer)]
    return whole
