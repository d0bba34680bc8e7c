"""Decides what must be told at once, and to whom: customers that entered Critical, and hard events.

One alert per stay in Critical (episode) and per event, whichever clock saw it first. The first run of a workspace
is a baseline and tells nobody; nor does a move that a policy or a restated identity made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from contracts.rules import AlertRules
from contracts.words import CustomerStatus, MessageKind, Zone
from scoring.org import OrgChart, bu_lead_of, org_chart, team_of, units_of

_ENTRIES = ("moved", "returned")


@dataclass(frozen=True, slots=True)
class AlertDecision:
    """One fact to tell. `why` says per person in what part: "account team" or "BU lead Sales".

    `unaddressed` names the places that nobody fills; the operator is told of them.
    """

    kind: MessageKind
    subject_key: str
    customer_id: str
    person_ids: tuple[str, ...]
    why: Mapping[str, str]
    unaddressed: tuple[str, ...] = ()


def decide(
    transitions: pd.DataFrame,
    events: pd.DataFrame,
    facts: pd.DataFrame,
    assignments: pd.DataFrame,
    people: pd.DataFrame,
    rules: AlertRules,
    *,
    is_baseline: bool,
    as_of: date | None = None,
) -> list[AlertDecision]:
    """The alerts of one run, sorted by customer and subject.

    Args:
        transitions: TRANSITIONS frame; entries into Critical (`moved`, `returned`) caused by the customer count.
        events: EVENTS frame of events not told before; hard ones count.
        facts: CUSTOMER_FACTS frame; nobody is alerted about a customer that has left.
        assignments: canonical `assignments`.
        people: canonical `people`; without any, every decision is unaddressed.
        rules: which roles make the account team, whether leads are told.
        is_baseline: the first run of a workspace.
        as_of: the local day on which leavers and absent people are judged; see `scoring.org.org_chart`.
    """
    if is_baseline:
        return []
    chart = org_chart(people, assignments, as_of=as_of)
    gone = set(facts.loc[facts["status"] == CustomerStatus.LEFT.value, "customer_id"])
    critical = transitions.loc[
        (transitions["to_zone"] == Zone.CRITICAL.value)
        & transitions["kind"].isin(_ENTRIES)
        & (transitions["cause"] == "customer")
    ]
    hard = events.loc[events["is_hard"].astype(bool)]
    told = [
        (MessageKind.ALERT_CRITICAL, e, c) for e, c in zip(critical["episode_id"], critical["customer_id"], strict=True)
    ]
    told += [(MessageKind.ALERT_EVENT, e, c) for e, c in zip(hard["event_id"], hard["customer_id"], strict=True)]
    wanted = sorted((str(c), str(key), kind) for kind, key, c in told if c not in gone)
    return [_decision(chart, kind, key, customer, rules) for customer, key, kind in wanted]


def _decision(chart: OrgChart, kind: MessageKind, key: str, customer_id: str, rules: AlertRules) -> AlertDecision:
    why: dict[str, str] = dict.fromkeys(team_of(chart, customer_id, rules.roles), "account team")
    unaddressed = [] if why else ["account team: nobody assigned can be reached"]
    if rules.tell_bu_leads:
        units = units_of(chart, customer_id)
        if not units:
            unaddressed.append("BU lead: the customer is assigned in no business unit")
        for unit in units:
            lead = bu_lead_of(chart, customer_id, unit)
            if lead is None:
                unaddressed.append(f"BU lead {unit.label}: nobody can be reached")
            else:
                why.setdefault(lead, f"BU lead {unit.label}")
    return AlertDecision(kind, key, customer_id, tuple(why), why, tuple(unaddressed))
