"""Applies playbooks to customers: suggested steps with owner, due day, reason in words, and priority in money."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from contracts.frames import Kind, conform
from contracts.ids import canonical_json, key_digest
from contracts.results import ACTIONS
from contracts.rules import Playbook
from contracts.words import PlacementState, Zone
from scoring.measure.asof import limit_of
from scoring.org import OrgChart, org_chart, owner_of

STRONGEST = 3
"""How many of a customer's strongest negative contributions count as its main reasons."""

_MOST_PLAYBOOKS = 2
"""A plan of more is not read: the two most specific playbooks per customer."""


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
) -> pd.DataFrame:
    """ACTIONS frame, dearest first, then by customer, playbook and step.

    A playbook fits a placed customer in one of its zones (and tiers, when it names some). With `signals` or `events`
    it also needs one of those signals among the customer's strongest negative contributions, or one of those events;
    such a specific playbook comes before a general one, and the two first are applied.

    priority_amount = value at risk * chance_to_help, value at risk = yearly revenue * (100 - retention) / 100:
    revenue weighed by the risk index, an order of work and no expected loss. Null without revenue.
    """
    chart = org_chart(people, assignments, as_of=limit_of(Kind.DAY, as_of).date())
    book = facts.set_index("customer_id")[["tier", "revenue_amount"]].to_dict("index")
    reasons = _reasons(contributions, signal_words)
    happened = _happened(events)
    placed = placements.loc[placements["state"] == PlacementState.PLACED.value].sort_values("customer_id")
    versions = {
        playbook.id: key_digest(canonical_json(playbook.model_dump(mode="json")).decode()) for playbook in playbooks
    }
    rows: list[dict[str, object]] = []
    for placement in placed.to_dict("records"):
        customer = str(placement["customer_id"])
        if customer not in book:
            continue
        tier, revenue = book[customer]["tier"], float(book[customer]["revenue_amount"])
        mine, mine_events = reasons.get(customer, {}), happened.get(customer, {})
        for playbook, reason in _chosen(playbooks, placement, tier, mine, mine_events):
            amount = revenue * (100.0 - float(placement["retention"])) / 100.0 * playbook.chance_to_help
            rows.extend(_steps(playbook, versions[playbook.id], placement, reason, amount, chart, as_of))
    frame = conform(pd.DataFrame(rows, columns=ACTIONS.names), ACTIONS)
    order = ["priority_amount", "customer_id", "playbook_id", "step"]
    return frame.sort_values(order, ascending=[False, True, True, True], na_position="last", ignore_index=True)


def said(sentence: str, *, value: float, n: float, unit: str) -> str:
    """A signal's sentence with its value: shares as percent, other numbers with at most one decimal."""
    shown = f"{value:.0%}" if unit == "share" else f"{value:,.1f}".removesuffix(".0")
    return sentence.replace("{value}", shown).replace("{n}", f"{n:,.0f}")


def _reasons(contributions: pd.DataFrame, signal_words: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Per customer its strongest negative contributions, worst first: signal and sentence."""
    words = signal_words.set_index("signal_id")[["name", "sentence", "unit"]].to_dict("index")
    worst = contributions.loc[contributions["contribution"] < 0]
    worst = worst.sort_values(["customer_id", "contribution", "signal_id"]).groupby("customer_id").head(STRONGEST)
    found: dict[str, dict[str, str]] = {}
    columns = worst[["customer_id", "signal_id", "value", "n"]]
    for customer, signal, value, n in columns.itertuples(index=False, name=None):
        if signal in words:
            sentence = words[signal]["sentence"]
            worded = sentence if isinstance(sentence, str) and sentence else str(words[signal]["name"])
            text = said(worded, value=value, n=n, unit=str(words[signal]["unit"]))
            found.setdefault(str(customer), {})[str(signal)] = text
    return found


def _happened(events: pd.DataFrame) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in events.sort_values(["happened_at", "event_id"]).to_dict("records"):
        found.setdefault(str(row["customer_id"]), {})[str(row["kind"])] = str(row["headline"])
    return found


def _chosen(
    playbooks: Sequence[Playbook],
    placement: Mapping[Any, Any],
    tier: object,
    reasons: Mapping[str, str],
    events: Mapping[str, str],
) -> list[tuple[Playbook, str]]:
    """The playbooks that fit and the reason each is suggested, the most specific first."""
    zone = Zone(placement["zone"])
    fits: list[tuple[int, Playbook, str]] = []
    for playbook in playbooks:
        if zone not in playbook.zones or (playbook.tiers and tier not in playbook.tiers):
            continue
        event = next((events[kind.value] for kind in playbook.events if kind.value in events), None)
        signal = next((text for name, text in reasons.items() if name in playbook.signals), None)
        if event:
            fits.append((0, playbook, event))
        elif signal:
            fits.append((1, playbook, signal))
        elif not playbook.events and not playbook.signals:
            fits.append((2, playbook, next(iter(reasons.values()), f"In the zone {zone.label}.")))
    fits.sort(key=lambda fit: fit[0])
    return [(playbook, reason) for _, playbook, reason in fits[:_MOST_PLAYBOOKS]]


def _steps(
    playbook: Playbook,
    version: str,
    placement: Mapping[Any, Any],
    reason: str,
    amount: float,
    chart: OrgChart,
    as_of: datetime,
) -> list[dict[str, object]]:
    customer = str(placement["customer_id"])
    today = pd.Timestamp(limit_of(Kind.DAY, as_of)).round("D")
    return [
        {
            "action_id": key_digest("action", customer, playbook.id, number, placement["episode_id"]),
            "customer_id": customer,
            "playbook_id": playbook.id,
            "playbook_version": version,
            "step": number,
            "action": step.action,
            "reason": reason,
            "owner_id": owner_of(chart, customer, step.unit),
            "business_unit": step.unit.value,
            "due_on": today + timedelta(days=step.due_days),
            "priority_amount": None if math.isnan(amount) else round(amount, 2),
            "status": "suggested",
        }
        for number, step in enumerate(playbook.steps, start=1)
    ]
