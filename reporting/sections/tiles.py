"""The tiles of the first screen: a figure, its change, what of it is noise, and its trend.

Noise of a figure = 1.96 standard deviations of its earlier weekly changes; unknown before eight of them.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from contracts.words import PlacementState, Zone
from reporting import formats
from reporting.ground import Ground, change_of
from reporting.models.pack import Change, Metric, Tile, Trend
from reporting.reading import equal, numbers, total
from reporting.sections.experience import metric_tile

TREND_WEEKS = 26
RENEWAL_DAYS = 90
_MINIMUM_WEEKS = 8
_NORMAL = 1.96


def weekly_values(ground: Ground) -> pd.DataFrame:
    """One row per week, oldest first, this week last: revenue in Critical, renewals at risk, mean scores.

    Both sums are at today's revenue and over today's renewals, so that only the customers' standing moves them.
    """
    known = ground.frame("history")
    known = known.loc[
        known["week"] < ground.book.facts.week, ["customer_id", "week", "state", "zone", "loyalty", "retention"]
    ]
    current = ground.accounts.assign(week=ground.book.facts.week)[list(known.columns)]
    first = str(ground.week.shift(1 - TREND_WEEKS))
    both = pd.concat([known.loc[known["week"] >= first].astype(object), current.astype(object)], ignore_index=True)
    both = both.loc[equal(both["state"], PlacementState.PLACED)]
    both = both.sort_values(["week", "customer_id"], kind="stable")  # sums of floats must not depend on row order
    worth = ground.accounts.set_index("customer_id")["revenue_amount"]
    both = both.assign(
        loyalty=numbers(both["loyalty"]),
        retention=numbers(both["retention"]),
        critical=both["customer_id"].map(worth).astype("float64").where(both["zone"] == Zone.CRITICAL, 0.0).fillna(0.0),
    )
    due = due_renewals(ground).set_index("customer_id")
    asked = both["customer_id"].map(due["renewal_amount"].fillna(due["revenue_amount"])).astype("float64")
    lines = both["customer_id"].map(numbers(due["retention_line"])).astype("float64")
    endangered = (both["retention"] < lines).to_numpy() | equal(both["zone"], Zone.CRITICAL)
    weekly = (
        both.assign(renewals=asked.where(endangered, 0.0).fillna(0.0))
        .groupby("week", sort=True)
        .agg(
            critical=("critical", "sum"),
            renewals=("renewals", "sum"),
            loyalty=("loyalty", "mean"),
            retention=("retention", "mean"),
        )
    )
    weeks = [str(ground.week.shift(step)) for step in range(1 - TREND_WEEKS, 1)]
    return weekly.reindex(weeks)


def noise_of(series: pd.Series[Any]) -> float | None:
    """How much a figure changes in a normal week: 1.96 standard deviations of its earlier weekly changes.

    None with fewer than eight earlier changes: then nothing is called noise, and the tile says so.
    """
    changes = series.diff().iloc[1:-1].dropna()
    return float(_NORMAL * changes.std(ddof=1)) if len(changes) >= _MINIMUM_WEEKS else None


def trend_of(
    series: pd.Series[Any], noise: float | None, *, is_worse_up: bool, decimals: int, what: str
) -> Trend | None:
    """The sparkline of a tile; None when fewer than three weeks are known."""
    known = series.dropna()
    if len(known) < 3:
        return None
    earlier = known.iloc[:-1]
    middle, spread = float(earlier.median()), (noise or 0.0) / math.sqrt(2)
    last = float(known.iloc[-1])
    outside = noise is not None and (last > middle + spread if is_worse_up else last < middle - spread)
    finding = (
        f"{what}, {len(known)} weeks from {known.index[0]} to {known.index[-1]}: "
        f"{formats.number(float(known.iloc[0]), decimals)} to {formats.number(last, decimals)}"
    )
    return Trend(
        tuple(None if pd.isna(value) else float(value) for value in series.loc[known.index[0] :]),
        middle - spread if noise is not None else None,
        middle + spread if noise is not None else None,
        str(known.index[0]), str(known.index[-1]), is_worse_up, outside, finding,
    )  # fmt: skip


def tiles(ground: Ground, answers: tuple[Metric, ...]) -> tuple[Tile, ...]:
    """Revenue in Critical, renewals at risk, satisfaction, mean loyalty, mean retention."""
    weekly = weekly_values(ground)
    found = [_critical_tile(ground, weekly), _renewal_tile(ground, weekly), metric_tile(answers)]
    for axis, label in (("loyalty", "Mean loyalty"), ("retention", "Mean retention")):
        found.append(_mean_tile(ground, weekly, axis=axis, label=label))
    return tuple(found)


def _note(change: Change, noise: float | None, said: str, *, is_first: bool) -> str:
    if is_first:
        return "first report"
    if change.direction == "unknown":
        return "no earlier figure"
    if noise is None:
        return "" if change.text == "no change" else "noise not known yet"
    if change.is_noise:
        return said if change.text == "no change" else f"no real change, {said}"
    return f"outside noise, {said}"


def _critical_tile(ground: Ground, weekly: pd.DataFrame) -> Tile:
    accounts = ground.accounts
    critical = accounts.loc[equal(accounts["zone"], Zone.CRITICAL)]
    is_first = ground.book.facts.previous_week is None
    if not ground.shows_money:
        before = None if is_first else float(equal(accounts["before_zone"], Zone.CRITICAL).sum())
        change = change_of(before, float(len(critical)), noise=None, up_is_worse=True)
        note = "first report" if is_first else "against last week"
        return Tile(
            "critical", "Accounts in Critical", formats.number(len(critical)), f"of {len(accounts)}", change, note
        )
    now = total(critical["revenue_amount"]) or 0.0
    was = equal(accounts["before_zone"], Zone.CRITICAL)
    before = None if is_first else total(accounts.loc[was, "revenue_amount"]) or 0.0
    noise = noise_of(weekly["critical"])
    change = _in_money(_judged(change_of(before, now, noise=noise, up_is_worse=True), noise), ground)
    trend = trend_of(weekly["critical"], noise, is_worse_up=True, decimals=0, what="Revenue in Critical")
    said = f"±{formats.money(noise, ground.currency)}" if noise is not None else ""
    return Tile(
        "critical", "Revenue in Critical", formats.money(now, ground.currency),
        formats.figures(len(critical), "account"), change, _note(change, noise, said, is_first=is_first), trend, now,
    )  # fmt: skip


def _judged(change: Change, noise: float | None, *, decimals: int = 0) -> Change:
    """Without known noise a change is told but not judged: no arrow, no colour."""
    if noise is not None or change.delta is None:
        return change
    return Change(change.before, change.delta, formats.signed(change.delta, decimals), "same")


def _in_money(change: Change, ground: Ground) -> Change:
    """The same change with its figure said as money."""
    if change.delta is None:
        return change
    said = formats.money(abs(change.delta), ground.currency)
    sign = formats.MINUS if change.delta < 0 else "+"
    arrow = "▲" if change.delta > 0 else "▼"
    if abs(change.delta) < 0.5:
        return Change(change.before, change.delta, "no change", "same", is_noise=True)
    text = f"{arrow}{formats.NBSP}{said}" if change.direction in ("worse", "better") else f"{sign}{said}"
    return Change(change.before, change.delta, text, change.direction, change.is_noise)


def due_renewals(ground: Ground, within_days: int = RENEWAL_DAYS) -> pd.DataFrame:
    """The accounts whose renewal falls due within so many days after the data day, soonest first."""
    accounts = ground.accounts
    due = pd.to_datetime(accounts["renewal_on"])
    today = pd.Timestamp(ground.today)
    chosen = ((due >= today) & (due < today + pd.Timedelta(days=within_days))).to_numpy(dtype=bool, na_value=False)
    found = accounts.loc[chosen].assign(due=due[chosen])
    return found.sort_values(["due", "customer_id"], kind="stable")


def _renewal_tile(ground: Ground, weekly: pd.DataFrame) -> Tile:
    """Renewals of accounts whose retention is below its line, or that are Critical."""
    due = due_renewals(ground)
    worth = due["renewal_amount"].fillna(due["revenue_amount"])
    line = numbers(due["retention_line"])
    risk = ((due["retention"] < line) | (due["zone"] == Zone.CRITICAL)).to_numpy(dtype=bool, na_value=False)
    was = ((due["before_retention"] < line) | (due["before_zone"] == Zone.CRITICAL)).to_numpy(
        dtype=bool, na_value=False
    )
    is_first = ground.book.facts.previous_week is None
    unit = f"{formats.number(int(risk.sum()))} of {formats.number(len(due))} due"
    label = f"Renewals at risk, {RENEWAL_DAYS} days"
    if not ground.shows_money:
        change = change_of(None if is_first else float(was.sum()), float(risk.sum()), noise=None, up_is_worse=True)
        note = "first report" if is_first else "retention below its line"
        return Tile("renewals", label, formats.number(int(risk.sum())), unit, change, note)
    now, before = total(worth[risk]) or 0.0, None if is_first else total(worth[was]) or 0.0
    noise = noise_of(weekly["renewals"])
    change = _in_money(_judged(change_of(before, now, noise=noise, up_is_worse=True), noise), ground)
    trend = trend_of(weekly["renewals"], noise, is_worse_up=True, decimals=0, what="Revenue of renewals at risk")
    said = f"±{formats.money(noise, ground.currency)}" if noise is not None else ""
    note = _note(change, noise, said, is_first=is_first)
    return Tile("renewals", label, formats.money(now, ground.currency), unit, change, note, trend, now)


def _mean_tile(ground: Ground, weekly: pd.DataFrame, *, axis: str, label: str) -> Tile:
    """The mean of placed accounts; the change is of those placed in both weeks, like for like."""
    accounts = ground.accounts
    placed = accounts.loc[equal(accounts["state"], PlacementState.PLACED)]
    is_first = ground.book.facts.previous_week is None
    if not placed[axis].notna().any():
        empty = Change(None, None, "", "unknown")
        return Tile(axis, label, "–", "of 100", empty, "no account has enough evidence")
    now = float(placed[axis].mean())
    pairs = placed.loc[placed[axis].notna() & placed[f"before_{axis}"].notna()]
    noise = noise_of(weekly[axis])
    change = Change(None, None, "", "unknown")
    if len(pairs) and not is_first:
        shift = float((pairs[axis] - pairs[f"before_{axis}"]).mean())
        change = _judged(change_of(now - shift, now, noise=noise, decimals=1), noise, decimals=1)
    trend = trend_of(weekly[axis], noise, is_worse_up=False, decimals=1, what=label)
    said = f"±{formats.number(noise, 1)}" if noise is not None else ""
    note = _note(change, noise, said, is_first=is_first)
    return Tile(axis, label, formats.number(now, 1), "of 100", change, note, trend, now)
