"""Positions as a panel, customers by weeks, with the week before each case opened.

Score of the week that ended last before opening: that is what led to the case, so it belongs to the time before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from contracts.rules import EffectRules
from contracts.weeks import Week, weeks_between
from contracts.words import PlacementState
from scoring.arrays import Flags, Numbers, Places

NEVER = np.iinfo(np.intp).max


@dataclass(frozen=True, slots=True)
class Openings:
    """Cases with their customer's place, the place of the last week before opening, playbook, and whether closed."""

    customer: Places
    week: Places
    playbook: np.ndarray[tuple[int], np.dtype[np.object_]]
    is_closed: Flags


@dataclass(frozen=True, slots=True)
class Panel:
    """`scores`: axis -> customers x weeks, NaN where unknown; `stays`: 1 ours, 0 left, NaN not known.

    `covariates`: customers x weeks x names, of the window that ends with the week; NaN where too little is known.
    """

    customers: list[str]
    weeks: list[Week]
    scores: dict[str, Numbers]
    stays: Numbers
    revenue: Numbers
    segment: Places
    openings: Openings
    names: tuple[str, ...]
    covariates: Numbers

    def next_opening(self, customer: Places, week: Places) -> Places:
        """The week of the first case after `week`, by place; NEVER when there is none."""
        found = np.full(len(customer), NEVER, dtype=np.intp)
        by_customer = _grouped(self.openings)
        for at, (who, when) in enumerate(zip(customer.tolist(), week.tolist(), strict=True)):
            later = [one for one in by_customer.get(who, ()) if one > when]
            if later:
                found[at] = min(later)
        return found


def panel_of(
    history: pd.DataFrame, cases: pd.DataFrame, facts: pd.DataFrame, rules: EffectRules, *, zone: ZoneInfo
) -> Panel:
    """The panel of HISTORY, CASES and CUSTOMER_FACTS frames; weeks without a position stay empty columns."""
    names = sorted(history["week"].unique())
    weeks = weeks_between(Week.parse(names[0]), Week.parse(names[-1])) if names else []
    place = {str(week): at for at, week in enumerate(weeks)}
    customers = sorted(history["customer_id"].unique())
    row = _places(history["customer_id"], {name: at for at, name in enumerate(customers)})
    column = _places(history["week"], place)
    shape = (len(customers), len(weeks))
    scores = {axis.value: _matrix(history[axis.value], row, column, shape) for axis in rules.axes}
    facts = facts.drop_duplicates("customer_id").set_index("customer_id").reindex(customers)
    revenue = facts["revenue_amount"].astype(float).to_numpy()
    known = revenue[~np.isnan(revenue)]
    value = np.log1p(np.where(np.isnan(revenue), np.median(known) if len(known) else 0.0, revenue).clip(0))
    segment = _segments(facts, rules)
    covariate_names, covariates = _covariates(scores, value, rules)
    return Panel(
        customers,
        weeks,
        scores,
        _stays(history["state"], row, column, shape),
        np.nan_to_num(revenue),
        segment,
        _openings(cases, customers, weeks, zone),
        covariate_names,
        covariates,
    )


def window_mean(values: Numbers, first: Places, last: Places, row: Places) -> Numbers:
    """Mean of the known values of each row between two weeks (both included); NaN when fewer than half are known."""
    count = (last - first + 1).astype(float)
    total, known = _sums(values)
    inside = (first >= 0) & (last < values.shape[1])
    low, high = np.where(inside, first, 0), np.where(inside, last + 1, 1)
    n = known[row, high] - known[row, low]
    mean = np.divide(total[row, high] - total[row, low], n, out=np.full(len(row), np.nan), where=n > 0)
    return np.where(inside & (2 * n >= count), mean, np.nan)


def _sums(values: Numbers) -> tuple[Numbers, Numbers]:
    filled = np.nan_to_num(values)
    zero = np.zeros((len(values), 1))
    return (
        np.hstack([zero, filled.cumsum(axis=1)]),
        np.hstack([zero, (~np.isnan(values)).astype(float).cumsum(axis=1)]),
    )


def _covariates(scores: dict[str, Numbers], value: Numbers, rules: EffectRules) -> tuple[tuple[str, ...], Numbers]:
    names: list[str] = []
    layers: list[Numbers] = []
    for axis, values in scores.items():
        usual, trend = _trailing(values, rules.pre_weeks)
        names += [f"{axis} level", f"{axis} usual level", f"{axis} trend"]
        layers += [values, usual, trend]
    names.append("value (log)")
    layers.append(np.repeat(value[:, None], next(iter(scores.values())).shape[1], axis=1))
    return tuple(names), np.stack(layers, axis=2)


def _trailing(values: Numbers, span: int) -> tuple[Numbers, Numbers]:
    """Mean, and least-squares slope over the window in points per window, of the last `span` weeks of every week."""
    known = ~np.isnan(values)
    week = np.arange(values.shape[1], dtype=float)
    y = np.nan_to_num(values)
    n, t, tt, sy, ty = (_rolling(part, span) for part in (known * 1.0, known * week, known * week**2, y, y * week))
    enough = 2 * n >= span
    enough[:, : span - 1] = False
    spread = n * tt - t**2
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(enough, sy / n, np.nan)
        slope = np.where(enough & (spread > 0), (n * ty - t * sy) / spread, np.nan)
    return mean, slope * (span - 1)


def _rolling(values: Numbers, span: int) -> Numbers:
    total = values.cumsum(axis=1)
    total[:, span:] = total[:, span:] - values.cumsum(axis=1)[:, :-span]
    rolled: Numbers = total
    return rolled


def _matrix(values: pd.Series, row: Places, column: Places, shape: tuple[int, int]) -> Numbers:
    made = np.full(shape, np.nan)
    made[row, column] = values.astype(float).to_numpy()
    return made


def _stays(state: pd.Series, row: Places, column: Places, shape: tuple[int, int]) -> Numbers:
    """Whoever left stays away: rows of left customers may end with the week in which they left."""
    made = np.full(shape, np.nan)
    made[row, column] = (state != PlacementState.LEFT.value).to_numpy(float)
    gone = np.maximum.accumulate(made == 0.0, axis=1)
    return np.where(np.isnan(made) & gone, 0.0, made)


def _openings(cases: pd.DataFrame, customers: list[str], weeks: list[Week], zone: ZoneInfo) -> Openings:
    place = {name: at for at, name in enumerate(customers)}
    mine = cases[cases["customer_id"].isin(place)].sort_values(["opened_at", "case_id"])
    closed_by = [Week.closed_by(moment, zone) for moment in mine["opened_at"]]
    return Openings(
        _places(mine["customer_id"], place),
        np.array([week.weeks_since(weeks[0]) for week in closed_by], dtype=np.intp),
        mine["playbook_id"].astype(object).where(mine["playbook_id"].notna(), "").to_numpy(dtype=object),
        mine["closed_at"].notna().to_numpy(bool),
    )


def _segments(facts: pd.DataFrame, rules: EffectRules) -> Places:
    words = ["|".join(row) for row in facts[list(rules.segments)].fillna("").astype(str).to_numpy().tolist()]
    place = {word: at for at, word in enumerate(sorted(set(words)))}
    return np.array([place[word] for word in words], dtype=np.intp)


def _places(names: pd.Series, place: Mapping[str, int]) -> Places:
    return np.array(names.map(place), dtype=np.intp)


def _grouped(openings: Openings) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for customer, week in zip(openings.customer.tolist(), openings.week.tolist(), strict=True):
        found.setdefault(customer, []).append(week)
    return found
