"""Accounts that get their own case later: untreated until then, and weighted for those that are no longer.

Whoever gets worse gets a case sooner, so the accounts that stay without one are the better ones, and an effect held
against them alone looks too small. Each week that an account is still without a case counts 1 / P(still without), from
the weekly chance of a case given its scores (pooled logit). Source: Robins and Finkelstein, Biometrics 56, 2000.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.arrays import Flags, Numbers, Places
from scoring.explain.effect.panel import Panel
from scoring.predict.glm import fit, probability_of

_MOST_ROWS = 100_000
_LARGEST = 10.0
_PENALTY = 1.0


@dataclass(frozen=True, slots=True)
class Untreated:
    """Rows (a customer from a week on) by weeks: whether the week lies before the row's own case, and its weight."""

    is_before: Flags
    weight: Numbers


def staying_without(panel: Panel) -> Numbers:
    """Customers x weeks: log of the chance to get no case up to the week, summed from the first."""
    size, weeks, names = panel.covariates.shape
    opened = np.zeros((size, weeks), bool)
    inside = (panel.openings.week >= 0) & (panel.openings.week < weeks)
    opened[panel.openings.customer[inside], panel.openings.week[inside]] = True
    x = panel.covariates.reshape(-1, names)
    known = ~np.isnan(x).any(axis=1)
    events, others = np.flatnonzero(known & opened.ravel()), np.flatnonzero(known & ~opened.ravel())
    chance = np.full(size * weeks, float(opened.mean()) if opened.size else 0.0)
    if len(events) and len(others):
        step = -(-len(others) // _MOST_ROWS)
        rows = np.concatenate([events, others[::step]])
        middle, scale = x[others].mean(axis=0), x[others].std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        weight = np.concatenate([np.ones(len(events)), np.full(len(rows) - len(events), float(step))])
        made = fit((x[rows] - middle) / scale, opened.ravel()[rows], penalty=_PENALTY, weight=weight)
        chance[known] = probability_of(made.intercept + (x[known] - middle) / scale @ made.coefficients)
    total: Numbers = np.log1p(-np.minimum(chance, 0.9)).reshape(size, weeks).cumsum(axis=1)
    return total


def untreated(panel: Panel, staying: Numbers, customer: Places, week: Places) -> Untreated:
    """For each row: weeks up to that of its own next case, which is the last one before the case opened."""
    until = panel.next_opening(customer, week)
    weeks = np.arange(staying.shape[1])
    before = np.hstack([np.zeros((len(customer), 1)), staying[customer][:, :-1]])
    since = np.where(weeks[None, :] > week[:, None], before - staying[customer, week][:, None], 0.0)
    return Untreated(weeks[None, :] <= until[:, None], np.minimum(np.exp(-since), _LARGEST))
