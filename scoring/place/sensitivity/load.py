"""What moved lines mean for people: changes of zone, entries into Critical, cases per owner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from contracts.words import BusinessUnit, Role
from scoring.arrays import Numbers
from scoring.place.sensitivity.lookup import Words
from scoring.place.sensitivity.planes import Step
from scoring.place.sensitivity.tallies import per_line

Places = np.ndarray[Any, np.dtype[np.intp]]
WEEKS_A_YEAR = 52.18


def owners_of(assignments: pd.DataFrame, people: pd.DataFrame, unit: BusinessUnit) -> pd.Series:
    """Person id by customer id: the owner in that unit; with several, the first by id."""
    in_unit = people.loc[people["business_unit"] == unit.value, "person_id"]
    own = assignments.loc[(assignments["role"] == Role.OWNER.value) & assignments["person_id"].isin(in_unit)]
    return (
        own.sort_values(["customer_id", "person_id"])
        .drop_duplicates("customer_id")
        .set_index("customer_id")["person_id"]
    )


@dataclass(slots=True)
class Moves:
    """Collects, week by week, who changed zone under which line, and who entered Critical."""

    weeks: set[int] = field(default_factory=set)
    judged: int = 0
    rows: list[Places] = field(default_factory=list)
    changed: list[Words] = field(default_factory=list)
    entered: list[Words] = field(default_factory=list)

    def see(self, step: Step) -> None:
        self.judged += int(step.is_judged.sum())
        if step.is_judged.any():
            self.weeks.add(step.week)
        changed = (step.before[0] ^ step.after[0]) | (step.before[1] ^ step.after[1])
        rows = np.flatnonzero((changed != 0) & step.is_judged)
        self.rows.append(rows + step.customers.start)
        self.changed.append(changed[rows])
        self.entered.append(changed[rows] & ~(step.after[0][rows] | step.after[1][rows]))


@dataclass(frozen=True, slots=True)
class Load:
    """Per line. NaN where there is no week to compare with. owners: how many there are; customers of nobody count for
    the book and for no owner.
    """

    changes_per_account_year: Numbers
    alerts_per_week: Numbers
    alerts_per_owner_week: Numbers
    busiest_owner_week: Numbers
    critical_per_owner: Numbers
    owners: int


def load(moves: Moves, critical: Words, owner: pd.Series, customers: pd.Index, lines: int) -> Load:
    """Alerts and standing cases per owner.

    Args:
        moves: what was seen while replaying.
        critical: bits of the lines under which each customer is Critical in the end.
        owner: person id by customer id.
        customers: ids of the rows.
        lines: how many bits count.
    """
    codes, names = pd.factorize(owner.reindex(customers), use_na_sentinel=True)
    rows = np.concatenate(moves.rows) if moves.rows else np.empty(0, np.intp)
    changed = np.concatenate(moves.changed) if moves.changed else np.empty(0, np.uint64)
    entered = np.concatenate(moves.entered) if moves.entered else np.empty(0, np.uint64)
    weeks, owners = len(moves.weeks), len(names)
    ones = np.ones(rows.size)
    years, has_weeks = moves.judged / WEEKS_A_YEAR, weeks > 0
    alerts = per_line(entered, lines, ones)
    mine = _by_owner(entered, codes[rows], owners, lines)
    standing = _by_owner(critical, codes, owners, lines)
    nothing = np.full(lines, np.nan)
    return Load(
        changes_per_account_year=per_line(changed, lines, ones) / years if years else nothing,
        alerts_per_week=alerts / weeks if has_weeks else nothing,
        alerts_per_owner_week=mine.mean(axis=1) / weeks if has_weeks and owners else nothing,
        busiest_owner_week=mine.max(axis=1) / weeks if has_weeks and owners else nothing,
        critical_per_owner=standing.mean(axis=1) if owners else nothing,
        owners=owners,
    )


def _by_owner(words: Words, codes: Places, owners: int, lines: int) -> Numbers:
    """Lines x owners: rows whose bit is set."""
    found = np.zeros((lines, owners))
    some = np.flatnonzero((words != 0) & (codes >= 0))
    for line in range(lines):
        is_set = ((words[some] >> np.uint64(line)) & np.uint64(1)).astype(bool)
        found[line] = np.bincount(codes[some[is_set]], minlength=owners)
    return found
