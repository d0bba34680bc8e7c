"""Applies playbooks to customers: suggested steps with owner, due day, reason in words, and priority in money."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from contracts.frames import Kind, conform
from contracts.ids import canonical_json, key_digest
from contracts.results import ACTIONS
from contracts.rules import Calendar, Playbook
from contracts.words import BusinessUnit, PlacementState, Zone
from contracts.working_time import add_working_days
from scoring.act.reasons import Reason, events_of, reasons_of, stays_of, topics
from scoring.measure.asof import limit_of
from scoring.org import OrgChart, org_chart, owner_of, units_of

_MOST_SPECIFIC = 2
"""A plan of more is not read: the two most specific playbooks per customer, after the opening one."""

_WEEKDAYS = Calendar(working_days=[1, 2, 3, 4, 5], time_zone="UTC")


@dataclass(frozen=True, slots=True)
class _Standing:
    """What decides about one customer's plan. `stay`: weeks in this zone and the zone before, as far as known."""

    customer_id: str
    zone: Zone
    tier: object
    units: tuple[BusinessUnit, ...]
    stay: tuple[int, Zone | None]
    reasons: Sequence[Reason]
    happened: Mapping[str, str]


def plan(
    placements: pd.DataFrame,
    contributions: pd.DataFrame,
    events: pd.DataFrame,
    facts: pd.DataFrame,
    assignments: pd.DataFrame,
    people: pd.DataFrame,
    playbooks: Sequence[Playbook],
    signal_words: pd.DataFrame,
    *,
    as_of: datetime,
    history: pd.DataFrame | None = None,
    calendar: Calendar = _WEEKDAYS,
) -> pd.DataFrame:
    """ACTIONS frame: customers by their dearest action, then each plan in its own order.

    A playbook fits a placed customer in one of its zones (and tiers, units, zone history, where it names some). With
    `signals` or `events` it also needs one of those signals among the customer's strongest negative contributions, or
    one of those events. A plan begins with the opening playbook of the zone, if there is one, then holds the two most
    specific of the others. Each reason stands under one step only: the first that it concerns.

    priority_amount = value at risk * chance_to_help, value at risk = yearly revenue * (100 - retention) / 100:
    revenue weighed by the risk index, an order of work and no expected loss. Null without revenue.

    Args:
        history: HISTORY frame up to this week; without it nobody's zone history is known.
        calendar: due days are working days of it.
    """
    chart = org_chart(people, assignments, as_of=limit_of(Kind.DAY, as_of).date())
    book = facts.set_index("customer_id")[["tier", "revenue_amount"]].to_dict("index")
    reasons, happened, stays = reasons_of(contributions, signal_words), events_of(events), stays_of(history)
    placed = placements.loc[placements["state"] == PlacementState.PLACED.value].sort_values("customer_id")
    versions = {
        playbook.id: key_digest(canonical_json(playbook.model_dump(mode="json")).decode()) for playbook in playbooks
    }
    today = pd.Timestamp(limit_of(Kind.DAY, as_of)).round("D").date()
    days = sorted({step.due_days for playbook in playbooks for step in playbook.steps})
    due = {number: add_working_days(calendar, today, number) for number in days}
    rows: list[dict[str, object]] = []
    for placement in placed.to_dict("records"):
        customer = str(placement["customer_id"])
        if customer not in book:
            continue
        standing = _Standing(
            customer,
            Zone(placement["zone"]),
            book[customer]["tier"],
            tuple(units_of(chart, customer)),
            stays.get(customer, (1, None)),
            reasons.get(customer, ()),
            happened.get(customer, {}),
        )
        at_risk = float(book[customer]["revenue_amount"]) * (100.0 - float(placement["retention"])) / 100.0
        rows.extend(_plan_of(standing, placement["episode_id"], at_risk, playbooks, versions, chart, due))
    frame = conform(pd.DataFrame(rows, columns=ACTIONS.names), ACTIONS)
    dearest = frame.groupby("customer_id")["priority_amount"].transform("max")
    order = ["dearest", "customer_id", "plan_order"]
    ordered = frame.assign(dearest=dearest).sort_values(order, ascending=[False, True, True], na_position="last")
    return ordered.drop(columns="dearest").reset_index(drop=True)


def _plan_of(
    standing: _Standing,
    episode_id: object,
    at_risk: float,
    playbooks: Sequence[Playbook],
    versions: Mapping[str, str],
    chart: OrgChart,
    due: Mapping[int, date],
) -> list[dict[str, object]]:
    customer = standing.customer_id
    rows: list[dict[str, object]] = []
    for playbook, number, action, reason in _reasoned(_chosen(playbooks, standing), standing):
        step = playbook.steps[number - 1]
        rows.append(
            {
                "action_id": key_digest("action", customer, playbook.id, number, episode_id),
                "customer_id": customer,
                "playbook_id": playbook.id,
                "playbook_name": playbook.name,
                "playbook_version": versions[playbook.id],
                "step": number,
                "plan_order": len(rows) + 1,
                "action": action,
                "reason": reason,
                "owner_id": owner_of(chart, customer, step.unit),
                "business_unit": step.unit.value,
                "due_on": pd.Timestamp(due[step.due_days]),
                "value_at_risk_amount": None if math.isnan(at_risk) else round(at_risk, 2),
                "chance_to_help": playbook.chance_to_help,
                "priority_amount": None if math.isnan(at_risk) else round(at_risk * playbook.chance_to_help, 2),
                "review_by": pd.Timestamp(playbook.review_by),
                "status": "todo",
            }
        )
    return rows


def _chosen(playbooks: Sequence[Playbook], standing: _Standing) -> list[tuple[Playbook, Reason | None]]:
    """The playbooks of a plan in its order, each with the reason that chose it; None for a general one."""
    opening: list[tuple[Playbook, Reason | None]] = []
    specific: list[tuple[int, Playbook, Reason | None]] = []
    for playbook in playbooks:
        if not _fits(playbook, standing):
            continue
        event = next((standing.happened[k.value] for k in playbook.events if k.value in standing.happened), None)
        signal = next((reason for reason in standing.reasons if reason.signal_id in playbook.signals), None)
        is_general = not playbook.events and not playbook.signals
        if playbook.is_opening and (is_general or event or signal):
            opening.append((playbook, None if is_general else signal))
        elif event:
            specific.append((0, playbook, Reason("", "", event)))
        elif signal:
            specific.append((1, playbook, signal))
        elif is_general:
            narrow = bool(playbook.tiers or playbook.units or playbook.after_zones or playbook.weeks_in_zone)
            specific.append((2 if narrow else 3, playbook, None))
    specific.sort(key=lambda fit: fit[0])
    return [*opening[:1], *((playbook, reason) for _, playbook, reason in specific[:_MOST_SPECIFIC])]


def _fits(playbook: Playbook, standing: _Standing) -> bool:
    weeks, before = standing.stay
    return (
        standing.zone in playbook.zones
        and (not playbook.tiers or standing.tier in playbook.tiers)
        and (not playbook.units or bool(set(playbook.units) & set(standing.units)))
        and (not playbook.after_zones or before in playbook.after_zones)
        and weeks >= playbook.weeks_in_zone
    )


def _reasoned(
    chosen: Sequence[tuple[Playbook, Reason | None]], standing: _Standing
) -> list[tuple[Playbook, int, str, str]]:
    """Playbook, step number, action and reason, in plan order. A step without a reason of its own says its place.

    Specific playbooks take their reasons first, whatever their place: a general one can say the zone instead.
    """
    taken = {reason.sentence for _, reason in chosen if reason}
    steps: list[tuple[Playbook, int, str, str]] = []
    for playbook, chose in chosen:
        for number, step in enumerate(playbook.steps, start=1):
            own = next((r for r in standing.reasons if r.signal_id in step.signals and r.sentence not in taken), None)
            reason = own or (chose if number == 1 else None)
            if reason is None and number == 1:
                text = next((r.sentence for r in standing.reasons if r.sentence not in taken), _stay(standing, taken))
            else:
                text = reason.sentence if reason else f"Step {number} of {len(playbook.steps)} of “{playbook.name}”."
            taken.add(text)
            action = step.action.replace("{topics}", topics(standing.reasons))
            steps.append((playbook, number, action, text))
    return steps


def _stay(standing: _Standing, taken: set[str]) -> str:
    """Why a general playbook applies when every reason is spoken for: how the customer came to its zone."""
    weeks, before = standing.stay
    plain = f"In the zone {standing.zone.label}."
    since = f"In the zone {standing.zone.label}, {weeks} week{'s' if weeks > 1 else ''} now"
    told = f"{since}, {before.label} before." if before else f"{since}."
    return plain if plain not in taken else told
