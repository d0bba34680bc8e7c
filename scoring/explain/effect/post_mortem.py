"""What went before a loss: positions, alerts, cases, and the first week in which a rule could have caught it.

The rules are those of `EarlyWarning`. They are looked up on the weeks as they were known then, not on what became
clear later; a notice to terminate is the loss itself and warns of nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from contracts.frames import conform
from contracts.results import POST_MORTEM, POST_MORTEM_STEPS
from contracts.rules.effect import EarlyWarning
from contracts.weeks import Week
from contracts.words import Axis, CustomerStatus, EventKind, PlacementState, Zone


@dataclass(frozen=True, slots=True)
class PostMortem:
    """POST_MORTEM and POST_MORTEM_STEPS frames, and the HISTORY rows that were looked at."""

    lost: pd.DataFrame
    steps: pd.DataFrame
    weeks: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Step:
    at: pd.Timestamp
    kind: str
    what: str


def post_mortems(
    history: pd.DataFrame,
    facts: pd.DataFrame,
    alerts: pd.DataFrame,
    cases: pd.DataFrame,
    events: pd.DataFrame,
    rules: EarlyWarning,
    *,
    zone: ZoneInfo,
) -> PostMortem:
    """One row for each customer that left within the weeks looked at.

    Args:
        history: HISTORY frame.
        facts: CUSTOMER_FACTS frame of the last week.
        alerts: one row per alert told: customer_id, at, headline.
        cases: CASES frame.
        events: EVENTS frame.
        rules: what could have caught it, and how far back.
        zone: of the weeks.
    """
    newest = Week.parse(str(history["week"].max())) if len(history) else None
    gone = facts[facts["status"] == CustomerStatus.LEFT.value].sort_values("customer_id")
    rows: list[dict[str, object]] = []
    steps: list[dict[str, object]] = []
    looked: list[pd.DataFrame] = []
    for fact in gone.to_dict("records"):
        customer = str(fact["customer_id"])
        mine = history[(history["customer_id"] == customer) & (history["state"] != PlacementState.LEFT.value)]
        if mine.empty or newest is None:
            continue
        last = Week.parse(str(mine["week"].max()))
        if newest.weeks_since(last) > rules.weeks:
            continue
        mine = mine[mine["week"] > str(last.shift(-rules.weeks))].sort_values("week")
        found = _steps(mine, _of(alerts, customer), _of(cases, customer), _of(events, customer), rules, zone)
        rows.append(_row(fact, mine, found, last, zone))
        end = pd.Timestamp(last.ends_at(zone))
        told = [*sorted(found, key=lambda step: (step.at, step.kind, step.what)), _Step(end, "lost", "No longer ours")]
        steps += [{"customer_id": customer, "at": step.at, "kind": step.kind, "what": step.what} for step in told]
        looked.append(mine)
    weeks = pd.concat(looked, ignore_index=True) if looked else history.iloc[:0]
    steps_frame = pd.DataFrame(steps, columns=POST_MORTEM_STEPS.names).drop_duplicates()
    return PostMortem(
        conform(pd.DataFrame(rows, columns=POST_MORTEM.names), POST_MORTEM),
        conform(steps_frame, POST_MORTEM_STEPS),
        weeks,
    )


def first_warnings(weeks: pd.DataFrame, rules: EarlyWarning) -> list[tuple[str, str]]:
    """(week, rule in words) of each rule that held in these weeks of one customer, at its first week; oldest first."""
    found: dict[str, str] = {}
    rows = weeks.sort_values("week").to_dict("records")
    for at, row in enumerate(rows):
        said = ["Critical"] if row["zone"] == Zone.CRITICAL.value else []
        before = [
            past
            for past in rows[:at]
            if Week.parse(str(row["week"])).weeks_since(Week.parse(str(past["week"]))) <= rules.fall_weeks
        ]
        for axis in Axis:
            score = row[axis.value]
            if pd.isna(score):
                continue
            if score < rules.low_score:
                said.append(f"{axis.value} under {rules.low_score:g}")
            highest = max((past[axis.value] for past in before if pd.notna(past[axis.value])), default=score)
            if highest - score >= rules.fall_points:
                said.append(f"{axis.value} fell by {rules.fall_points:g} points within {rules.fall_weeks} weeks")
        for rule in said:
            found.setdefault(rule, str(row["week"]))
    return sorted(((week, rule) for rule, week in found.items()))


def _of(frame: pd.DataFrame, customer: str) -> pd.DataFrame:
    return frame[frame["customer_id"] == customer]


def _steps(
    weeks: pd.DataFrame,
    alerts: pd.DataFrame,
    cases: pd.DataFrame,
    events: pd.DataFrame,
    rules: EarlyWarning,
    zone: ZoneInfo,
) -> list[_Step]:
    since = pd.Timestamp(Week.parse(str(weeks["week"].min())).starts_at(zone))
    found = [
        _Step(pd.Timestamp(Week.parse(week).ends_at(zone)), "rule", said) for week, said in first_warnings(weeks, rules)
    ]
    warning = events[events["kind"] != EventKind.NOTICE_TO_TERMINATE.value]
    found += [_Step(e["happened_at"], "event", str(e["headline"])) for e in warning.to_dict("records")]
    found += [_Step(a["at"], "alert", str(a["headline"])) for a in alerts.to_dict("records")]
    for case in cases.to_dict("records"):
        found.append(_Step(case["opened_at"], "case", f"{case['title']}: opened"))
        if pd.notna(case["closed_at"]):
            found.append(_Step(case["closed_at"], "case", f"{case['title']}: {case['status']}"))
    return [step for step in found if step.at >= since]


def _row(
    fact: Mapping[Hashable, Any], weeks: pd.DataFrame, steps: list[_Step], last: Week, zone: ZoneInfo
) -> dict[str, object]:
    warnings = [step for step in steps if step.kind in {"rule", "event"}]
    first = min(warnings, key=lambda step: (step.at, step.kind), default=None)
    alerts = sorted(step.at for step in steps if step.kind == "alert")
    opened = sorted(step.at for step in steps if step.kind == "case" and step.what.endswith(": opened"))
    zones = weeks["zone"].dropna()
    week = _week_of(first, zone) if first else None
    lead = last.weeks_since(week) + 1 if week else None
    return {
        **{name: fact[name] for name in ("customer_id", "name", "ended_on", "revenue_amount")},
        "last_week": str(last),
        "last_zone": zones.iloc[-1] if len(zones) else None,
        "first_week": str(week) if week else None,
        "first_rule": first.what if first else None,
        "lead_weeks": lead,
        "alerts": len(alerts),
        "first_alert_at": alerts[0] if alerts else None,
        "cases": len(opened),
        "first_case_at": opened[0] if opened else None,
        "sentence": _sentence(first, week, lead, len(alerts), len(opened)),
    }


def _week_of(step: _Step, zone: ZoneInfo) -> Week:
    """A rule of a week is known when that week ends; an event belongs to the week in which it happened."""
    moment = step.at.to_pydatetime()
    return Week.closed_by(moment, zone) if step.kind == "rule" else Week.containing(moment, zone)


def _sentence(first: _Step | None, week: Week | None, lead: int | None, alerts: int, cases: int) -> str:
    if first is None or week is None:
        return "No rule we have could have caught it."
    early = f"{first.what} in {week}, {lead} {'week' if lead == 1 else 'weeks'} before it was gone"
    if not alerts and not cases:
        return f"{early}; nobody was alerted and no case was opened."
    return f"{early}; {alerts or 'no'} {'alert' if alerts == 1 else 'alerts'}, {cases or 'no'} " + (
        "case." if cases == 1 else "cases."
    )
