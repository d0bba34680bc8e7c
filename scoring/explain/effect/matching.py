"""Comparable accounts: same week, same segment, near in the chance of a case, nearest in level, trend and value.

Nearest neighbours with replacement among accounts without a case in the window, within a caliper of the logit of the
propensity score. Among near ones those are taken that make up for the differences of the pairs before, so that the
means agree too, and not only each pair.

Source: Rosenbaum and Rubin, American Statistician 39, 1985; Austin, Pharmaceutical Statistics 10,
2011 (caliper of .2 standard deviations); Stuart, Statistical Science 25, 2010 (standardised differences under .1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from contracts.rules import EffectRules
from scoring.arrays import Flags, Numbers, Places
from scoring.explain.effect.panel import Panel
from scoring.predict.glm import fit

_MOST_ROWS = 40_000
_PENALTY = 1.0
_MAKE_UP = 3.0
"""How much the sum of all differences counts beside the pair's own."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Customers at a week, by place."""

    customer: Places
    week: Places

    def __len__(self) -> int:
        return len(self.customer)

    def where(self, kept: Flags | Places) -> Rows:
        return Rows(self.customer[kept], self.week[kept])


@dataclass(frozen=True, slots=True)
class Candidates:
    """Customers with a case of one playbook, and customers without any at the same weeks. `left_out`: customers with a
    case whose time before or after is not known, or who had another case shortly before.
    """

    treated: Rows
    pool: Rows
    left_out: int


@dataclass(frozen=True, slots=True)
class Matched:
    """Pairs of places in `treated` and `control`; `smd_before` and `smd_after` by covariate."""

    treated: Rows
    control: Rows
    pair_treated: Places
    pair_control: Places
    x_treated: Numbers
    x_control: Numbers
    mean_all: Numbers
    smd_before: Numbers
    smd_after: Numbers
    unmatched: int

    @property
    def weight(self) -> Numbers:
        """How much each control counts when every treated row counts 1."""
        size = np.bincount(self.pair_treated, minlength=len(self.treated)).astype(float)
        counts = np.bincount(self.pair_control, 1 / size[self.pair_treated], minlength=len(self.control))
        return counts.astype(float)


def candidates(panel: Panel, playbook: str, rules: EffectRules, *, closed_only: bool) -> Candidates:
    """The first case of the playbook per customer with whole weeks before and after; and who had no case then."""
    cases = panel.openings
    mine = (cases.playbook == playbook) & (cases.is_closed | (not closed_only))
    seen: dict[int, tuple[int, bool]] = {}
    for customer, week in zip(cases.customer[mine].tolist(), cases.week[mine].tolist(), strict=True):
        good = _is_whole(panel, customer, week, rules)
        if customer not in seen or (good and not seen[customer][1]):
            seen[customer] = (week, good)
    chosen = sorted((customer, week) for customer, (week, good) in seen.items() if good)
    treated = Rows(np.array([c for c, _ in chosen], np.intp), np.array([w for _, w in chosen], np.intp))
    return Candidates(treated, _pool(panel, np.unique(treated.week), rules), len(seen) - len(chosen))


def _is_whole(panel: Panel, customer: int, week: int, rules: EffectRules) -> bool:
    if week < rules.pre_weeks - 1 or week + rules.after_to >= len(panel.weeks):
        return False
    mine = panel.openings.week[panel.openings.customer == customer]
    is_first = not ((mine < week) & (mine > week - rules.pre_weeks)).any()
    return is_first and not np.isnan(panel.covariates[customer, week]).any()


def _pool(panel: Panel, weeks: Places, rules: EffectRules) -> Rows:
    """Who had a score and no case in the weeks before, and got none then; a later one is for `not_yet`."""
    customers, kept = [], []
    for week in weeks.tolist():
        cases = panel.openings
        near = (cases.week > week - rules.pre_weeks) & (cases.week <= week)
        known: Flags = np.isnan(panel.covariates[:, week]).sum(axis=1) == 0
        known[cases.customer[near]] = False
        found = np.flatnonzero(known)
        customers.append(found)
        kept.append(np.full(len(found), week, np.intp))
    if not customers:
        return Rows(np.zeros(0, np.intp), np.zeros(0, np.intp))
    return Rows(np.concatenate(customers).astype(np.intp), np.concatenate(kept))


def match(panel: Panel, found: Candidates, rules: EffectRules) -> Matched | None:
    """Pairs within the caliper; None where nobody has a comparable account."""
    x, z = _at(panel, found.treated), _at(panel, found.pool)
    if len(x) < 2 or len(z) < 2:
        return None
    scale = np.sqrt((x.var(axis=0, ddof=1) + z.var(axis=0, ddof=1)) / 2)
    scale = np.where(scale > 0, scale, 1.0)
    middle = z.mean(axis=0)
    x_std, z_std = (x - middle) / scale, (z - middle) / scale
    chance = _propensity(x_std, z_std)
    own, others = x_std @ chance, z_std @ chance
    caliper = rules.caliper * float(np.concatenate([own, others]).std())
    pairs: list[tuple[int, int]] = []
    owed = np.zeros(x.shape[1])
    for at in range(len(x)):
        near = (found.pool.week == found.treated.week[at]) & (np.abs(others - own[at]) <= caliper)
        near &= panel.segment[found.pool.customer] == panel.segment[found.treated.customer[at]]
        near &= found.pool.customer != found.treated.customer[at]
        places = np.flatnonzero(near)
        chosen, owed = _nearest(z_std[places] - x_std[at], owed, rules.neighbours)
        pairs += [(at, int(places[place])) for place in chosen]
    if not pairs:
        return None
    who, whom = (np.array(side, np.intp) for side in zip(*pairs, strict=True))
    kept, renamed = np.unique(who, return_inverse=True)
    used, control = np.unique(whom, return_inverse=True)
    size = np.bincount(renamed).astype(float)
    weight = np.bincount(control, 1 / size[renamed])
    after = x[kept].mean(axis=0) - np.average(z[used], axis=0, weights=weight)
    return Matched(
        found.treated.where(kept),
        found.pool.where(used),
        renamed.astype(np.intp),
        control.astype(np.intp),
        x_std[kept],
        z_std[used],
        middle,
        (x.mean(axis=0) - middle) / scale,
        after / scale,
        len(x) - len(kept),
    )


def _nearest(gaps: Numbers, owed: Numbers, wanted: int) -> tuple[list[int], Numbers]:
    """The places of those nearest, and the sum of differences from then on: a far-off sum makes a neighbour on the
    other side nearer.
    """
    wanted = min(wanted, len(gaps))
    free = np.ones(len(gaps), bool)
    chosen: list[int] = []
    for _ in range(wanted):
        cost = (gaps**2).sum(axis=1) + _MAKE_UP * ((owed + gaps / wanted) ** 2).sum(axis=1)
        place = int(np.where(free, cost, np.inf).argmin())
        chosen.append(place)
        free[place] = False
        owed = owed + gaps[place] / wanted
    return chosen, owed


def _at(panel: Panel, rows: Rows) -> Numbers:
    values: Numbers = panel.covariates[rows.customer, rows.week]
    return values


def _propensity(x: Numbers, z: Numbers) -> Numbers:
    """Slopes of the logit of the chance of a case on standardised covariates."""
    step = -(-len(z) // _MOST_ROWS)
    pool = z[::step]
    is_treated = np.concatenate([np.ones(len(x), bool), np.zeros(len(pool), bool)])
    return fit(np.vstack([x, pool]), is_treated, penalty=_PENALTY).coefficients
