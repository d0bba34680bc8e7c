"""What each playbook changed: EFFECTS, EFFECT_BALANCE and EFFECT_PATH frames.

A comparison is only made where accounts without a case are comparable; it is only called proven where the interval
excludes 0, both went the same way in the weeks before, and cases that were never closed do not take it away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import EFFECT_BALANCE, EFFECT_PATH, EFFECTS
from contracts.rules import EffectRules
from scoring.arrays import Numbers, Places
from scoring.explain.effect.estimate import Estimate, estimate, same_way, together
from scoring.explain.effect.matching import Candidates, Matched, Rows, candidates, match
from scoring.explain.effect.not_yet import staying_without, untreated
from scoring.explain.effect.panel import Panel, panel_of, window_mean
from scoring.explain.effect.words import Row, sentence


@dataclass(frozen=True, slots=True)
class Effects:
    """EFFECTS, EFFECT_BALANCE and EFFECT_PATH frames."""

    effects: pd.DataFrame
    balance: pd.DataFrame
    path: pd.DataFrame


def playbook_effects(
    history: pd.DataFrame, cases: pd.DataFrame, facts: pd.DataFrame, rules: EffectRules, *, zone: ZoneInfo
) -> Effects:
    """Each playbook that a closed case names, against comparable accounts without a case.

    Args:
        history: HISTORY frame.
        cases: CASES frame: all cases, so that nobody with one counts as untreated.
        facts: CUSTOMER_FACTS frame: value and segment.
        rules: which weeks, how alike, what is proven.
        zone: of the weeks.
    """
    panel = panel_of(history, cases, facts, rules, zone=zone)
    staying = staying_without(panel)
    closed = panel.openings.playbook[panel.openings.is_closed]
    rows: list[dict[str, Any]] = []
    balance: list[dict[str, object]] = []
    path: list[dict[str, object]] = []
    for playbook in sorted({str(name) for name in closed if name}):
        found = candidates(panel, playbook, rules, closed_only=True)
        pairs = match(panel, found, rules) if len(found.treated) >= rules.minimum_treated else None
        rows += [_row(panel, playbook, axis.value, found, pairs, staying, rules) for axis in rules.axes]
        if pairs is not None:
            balance += _balance(panel, playbook, pairs)
            path += [step for axis in rules.axes for step in _path(panel, playbook, axis.value, pairs, staying, rules)]
    return Effects(
        conform(pd.DataFrame(rows, columns=EFFECTS.names), EFFECTS),
        conform(pd.DataFrame(balance, columns=EFFECT_BALANCE.names), EFFECT_BALANCE),
        conform(pd.DataFrame(path, columns=EFFECT_PATH.names), EFFECT_PATH),
    )


def _row(
    panel: Panel,
    playbook: str,
    axis: str,
    found: Candidates,
    pairs: Matched | None,
    staying: Numbers,
    rules: EffectRules,
) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(EFFECTS.names) | {
        "playbook_id": playbook,
        "axis": axis,
        "n_treated": len(found.treated),
        "n_control": 0,
        "n_unmatched": 0,
        "n_left_out": found.left_out,
        "n_same_score": 0,
    }
    if pairs is None:
        is_few = len(found.treated) < rules.minimum_treated
        row["verdict"] = "too few cases" if is_few else "no comparable accounts"
        row["n_unmatched"] = 0 if is_few else len(found.treated)
        return row | {"sentence": sentence(row, rules)}
    made = _effect(panel, axis, pairs, staying, rules)
    change, same, same_count = _same_score(panel, axis, found, pairs, staying, rules)
    kept = _staying(panel, pairs, rules)
    revenue = float(panel.revenue[pairs.treated.customer].sum())
    row |= {
        "n_treated": len(pairs.treated),
        "n_control": len(np.unique(pairs.control.customer)),
        "n_unmatched": pairs.unmatched,
        "smd_max": float(np.abs(pairs.smd_after).max()),
        "pre_trend_p": _before(panel, axis, pairs, rules),
        "change": change,
        "same_score_change": same,
        "n_same_score": same_count,
        "low_with_unclosed": _low_with_unclosed(panel, playbook, axis, made, staying, rules),
    }
    if made is not None:
        row |= {"effect": made.effect, "low": made.low, "high": made.high}
    row["verdict"] = _verdict(row, rules)
    if kept is not None and row["verdict"] != "no comparable accounts":
        row |= {
            "staying_effect": kept.effect,
            "staying_low": kept.low,
            "staying_high": kept.high,
            "revenue_retained_amount": max(0.0, kept.low) * revenue,
        }
    return row | {"sentence": sentence(row, rules)}


def _verdict(row: Row, rules: EffectRules) -> str:
    is_like = row["n_treated"] >= rules.minimum_treated and row["smd_max"] < rules.maximum_difference
    if not is_like or row["effect"] is None:
        return "no comparable accounts"
    if row["pre_trend_p"] is None or row["pre_trend_p"] < rules.trend_alpha:
        return "not proven"
    if row["high"] < 0:
        return "worse"
    unclosed = row["low_with_unclosed"]
    return "proven" if row["low"] > 0 and unclosed is not None and unclosed > 0 else "not proven"


def _effect(panel: Panel, axis: str, pairs: Matched, staying: Numbers, rules: EffectRules) -> Estimate | None:
    """The mean over the weeks after of what each shows against the last week before."""
    steps = _steps(panel, axis, pairs, staying, rules, range(rules.after_from, rules.after_to + 1))
    return together([made for _, made in steps], confidence=rules.confidence)


def _steps(
    panel: Panel, axis: str, pairs: Matched, staying: Numbers, rules: EffectRules, offsets: range
) -> list[tuple[int, Estimate]]:
    """(offset, effect), offsets counted from the last week before the case."""
    values, treated, control = panel.scores[axis], pairs.treated, pairs.control
    free = untreated(panel, staying, control.customer, control.week)
    own = np.arange(len(control))
    found = []
    for offset in offsets:
        week = np.clip(control.week + offset, 0, values.shape[1] - 1)
        change = _at(values, control, offset) - values[control.customer, control.week]
        made = estimate(
            pairs,
            _at(values, treated, offset) - values[treated.customer, treated.week],
            np.where(free.is_before[own, week], change, np.nan),
            confidence=rules.confidence,
            control_weight=free.weight[own, week],
        )
        if made is not None:
            found.append((offset, made))
    return found


def _before(panel: Panel, axis: str, pairs: Matched, rules: EffectRules) -> float | None:
    """How likely both went the same way before the weeks on which they were matched; halves of the earlier weeks."""
    values = panel.scores[axis]
    half = rules.placebo_weeks // 2
    made = []
    for first, last in ((0, half - 1), (half, rules.placebo_weeks - 1)):
        sides = [
            window_mean(values, _early(rows, rules) + first, _early(rows, rules) + last, rows.customer)
            - values[rows.customer, rows.week]
            for rows in (pairs.treated, pairs.control)
        ]
        made.append(estimate(pairs, sides[0], sides[1], confidence=rules.confidence))
    if any(one is None or one.treated < rules.minimum_treated for one in made):
        return None
    return same_way(made)


def _early(rows: Rows, rules: EffectRules) -> Places:
    return rows.week - rules.pre_weeks - rules.placebo_weeks + 1


def _low_with_unclosed(
    panel: Panel, playbook: str, axis: str, made: Estimate | None, staying: Numbers, rules: EffectRules
) -> float | None:
    """The lower end over all cases of the playbook: whoever recovers is closed sooner, which is no effect."""
    mine = panel.openings.playbook == playbook
    if made is None or panel.openings.is_closed[mine].all():
        return made.low if made else None
    pairs = match(panel, candidates(panel, playbook, rules, closed_only=False), rules)
    every = _effect(panel, axis, pairs, staying, rules) if pairs else None
    return every.low if every else None


def _same_score(
    panel: Panel, axis: str, found: Candidates, pairs: Matched, staying: Numbers, rules: EffectRules
) -> tuple[float | None, float | None, int]:
    """Mean change of the treated, and of untreated accounts at the same score in the same week, like them or not.

    What comes back by itself: with reliability r, a score s is expected at mean + r (s - mean) when measured again.
    """
    values, pool = panel.scores[axis], found.pool
    level = values[pool.customer, pool.week]
    free = untreated(panel, staying, pool.customer, pool.week)
    own = np.arange(len(pool))
    total, count = np.zeros(len(pool)), np.zeros(len(pool))
    for offset in range(rules.after_from, rules.after_to + 1):
        week = np.clip(pool.week + offset, 0, values.shape[1] - 1)
        change = _at(values, pool, offset) - level
        weight = np.where(free.is_before[own, week] & ~np.isnan(change), free.weight[own, week], 0.0)
        total, count = total + weight * np.nan_to_num(change), count + weight
    near = rules.caliper * float(np.nanstd(level)) if len(level) else 0.0
    treated = pairs.treated
    means, used = [], set()
    for customer, week in zip(treated.customer.tolist(), treated.week.tolist(), strict=True):
        close = (pool.week == week) & (np.abs(level - values[customer, week]) <= near) & (count > 0)
        if close.any():
            means.append(float(total[close].sum() / count[close].sum()))
            used |= set(pool.customer[close].tolist())
    after = window_mean(values, treated.week + rules.after_from, treated.week + rules.after_to, treated.customer)
    change = after - values[treated.customer, treated.week]
    mine = None if np.isnan(change).all() else float(np.nanmean(change))
    return mine, (float(np.mean(means)) if means else None), len(used)


def _staying(panel: Panel, pairs: Matched, rules: EffectRules) -> Estimate | None:
    """Share of the revenue that is still ours when the weeks after are over; a control until its own first case."""
    last = pairs.control.week + rules.after_to
    until = np.minimum(last, panel.next_opening(pairs.control.customer, pairs.control.week))
    revenue = panel.revenue[pairs.treated.customer]
    if not revenue.sum() > 0:
        return None
    return estimate(
        pairs,
        panel.stays[pairs.treated.customer, pairs.treated.week + rules.after_to],
        panel.stays[pairs.control.customer, until],
        confidence=rules.confidence,
        weight=revenue,
    )


def _balance(panel: Panel, playbook: str, pairs: Matched) -> list[dict[str, object]]:
    treated = panel.covariates[pairs.treated.customer, pairs.treated.week].mean(axis=0)
    control = np.average(panel.covariates[pairs.control.customer, pairs.control.week], axis=0, weights=pairs.weight)
    return [
        {
            "playbook_id": playbook,
            "covariate": name,
            "mean_treated": float(treated[at]),
            "mean_all": float(pairs.mean_all[at]),
            "mean_control": float(control[at]),
            "smd_before": float(pairs.smd_before[at]),
            "smd_after": float(pairs.smd_after[at]),
        }
        for at, name in enumerate(panel.names)
    ]


def _path(
    panel: Panel, playbook: str, axis: str, pairs: Matched, staying: Numbers, rules: EffectRules
) -> list[dict[str, object]]:
    offsets = range(1 - rules.pre_weeks - rules.placebo_weeks, rules.after_to + 1)
    return [
        {
            "playbook_id": playbook,
            "axis": axis,
            "week_offset": offset,
            "n_treated": made.treated,
            "mean_treated": made.mean_treated,
            "mean_control": made.mean_control,
            "effect": made.effect,
            "low": made.low,
            "high": made.high,
        }
        for offset, made in _steps(panel, axis, pairs, staying, rules, offsets)
    ]


def _at(values: Numbers, rows: Rows, offset: int) -> Numbers:
    week = rows.week + offset
    inside = (week >= 0) & (week < values.shape[1])
    return np.where(inside, values[rows.customer, np.clip(week, 0, values.shape[1] - 1)], np.nan)
