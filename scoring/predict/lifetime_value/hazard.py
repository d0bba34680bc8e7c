"""Customers under contract whose survival a retention model foretells, month by month.

The model's curves share one uncertainty: how many customers leave in all, known as well as the churn it was fitted on
(1 / sqrt(events) on the log scale). A shift u of the log-odds of staying a month moves every curve together; the value
of a customer is a smooth function of u, held here as a polynomial through Chebyshev nodes, so that draws and what-ifs
need no further pass over the months.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.polynomial import chebyshev
from scipy.special import ndtri

from contracts.rules import LifetimeValueRules
from scoring.arrays import Numbers
from scoring.predict.lifetime_value.estimates import Z_95, shifted_retention
from scoring.predict.lifetime_value.present_value import receipt_weights
from scoring.predict.lifetime_value.valuation import Valuation

_NODES = 9
_WIDEST = 2.0
_LAST_MONTHS = 12
_ROWS = 2_000
_SAFE = 1e-9


def value_curves(
    amounts: pd.DataFrame, curves: pd.DataFrame, rules: LifetimeValueRules, *, events: int, rng: np.random.Generator
) -> Valuation:
    """Values from survival curves.

    Args:
        amounts: frame customer_id, amount (a year's contribution), basis; every customer has a curve; sorted.
        curves: frame customer_id, month, survival; months 1, 2, ... from now. After the last month given, a customer
            leaves as readily as on average in the last twelve given.
        rules: horizon, discount, convention.
        events: churned customers that the model was fitted on.
        rng: seeded by the caller.
    """
    staying = _staying(curves, list(amounts["customer_id"]), rules.horizon_months)
    months, worth = receipt_weights(rules)
    amount = amounts["amount"].to_numpy(float)
    nodes = chebyshev.chebpts1(_NODES)
    transform = np.linalg.inv(chebyshev.chebvander(nodes, _NODES - 1))
    loads = np.empty((len(amounts), _NODES))
    for begin in range(0, len(amounts), _ROWS):
        part = slice(begin, begin + _ROWS)
        odds = staying[part] / (1 - staying[part])
        at_nodes = np.column_stack([_worth(odds, node * _WIDEST, months, worth) for node in nodes])
        loads[part] = amount[part, None] * (at_nodes @ transform.T)
    deviation = 1 / np.sqrt(max(events, 1))
    # even steps through the normal distribution: one parameter needs no chance
    base = np.concatenate([[0.0], deviation * rng.permutation(ndtri((np.arange(rules.draws) + 0.5) / rules.draws))])

    def factors(shift: Numbers) -> Numbers:
        return _polynomials(base[: shift.size] + shift)

    ends = np.sort(loads @ _polynomials(np.array([-Z_95 * deviation, Z_95 * deviation])), axis=1)
    rows = amounts[["customer_id", "basis"]].assign(low=ends[:, 0], high=ends[:, 1])
    return Valuation(rows=rows, loads=loads, factors=factors, draws=rules.draws)


def _polynomials(shift: Numbers) -> Numbers:
    values: Numbers = chebyshev.chebvander(np.clip(shift / _WIDEST, -1, 1), _NODES - 1).T.astype(np.float64)
    return values


def _worth(odds: Numbers, shift: float, months: Numbers, worth: Numbers) -> Numbers:
    by_month = np.zeros(odds.shape[1] + 1)
    by_month[months.astype(int)] = worth
    survival = np.cumprod(shifted_retention(odds, shift), axis=1)
    total: Numbers = by_month[0] + survival @ by_month[1:]
    return total


def _staying(curves: pd.DataFrame, customers: list[str], horizon: int) -> Numbers:
    """Chance to stay each month for who is still here: customers x months 1 ... horizon."""
    known = curves.loc[(curves["month"] >= 1) & (curves["month"] <= horizon)]
    place = pd.Index(customers).get_indexer(pd.Index(known["customer_id"]))
    is_asked = place >= 0
    last = int(known["month"].max())
    survival = np.full((len(customers), last), np.nan)
    survival[place[is_asked], known["month"].to_numpy(int)[is_asked] - 1] = known["survival"].to_numpy(float)[is_asked]
    before = np.column_stack([np.ones(len(customers)), survival[:, :-1]])
    staying: Numbers = np.clip(survival / np.maximum(before, _SAFE), _SAFE, 1 - _SAFE)
    late = min(_LAST_MONTHS, last)
    tail = np.exp(np.log(staying[:, -late:]).mean(axis=1, keepdims=True))
    whole: Numbers = np.hstack([staying, np.repeat(tail, horizon - last, axis=1)])
    return whole
