"""Decides what must be told at once, and to whom: customers that entered Critical, hard events, and what the alert
templates watch: answers, scores, moves, events, narrowed by what the customer is.

One alert per stay in a zone (episode) and per event, whichever clock and however many templates saw it. The first run
of a workspace is a baseline and tells nobody; nor does a move that a policy or a restated identity made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pandas as pd

from contracts.alerting import Silenced
from contracts.exchange import event_of
from contracts.ids import key_digest
from contracts.rules import AlertRules, AlertTemplate, CustomerNote, Partner
from contracts.words import CustomerStatus, MessageKind, PlacementState, Zone
from scoring.act.filters import fits
from scoring.org import OrgChart, all_told, bu_lead_of, org_chart, owner_of, units_of

_ENTRIES = ("moved", "returned")
STANDING = AlertTemplate(id="standing", name="Standing rule", on_zone=[Zone.CRITICAL], tell_bu_leads=True)
"""Stands for roles and leads of alerts.toml: entries into Critical and hard events, whatever templates there are."""


@dataclass(frozen=True, slots=True)
class AlertDecision:
    """One fact to tell. `why` says per person in what part: "account team" or "BU lead Sales".

    `unaddressed` names the places that nobody fills; the operator is told of them. `opens` are the case templates
    that the alert's own templates ask for; `partners` and `notes` go beyond our own staff, and only where a template
    says so. `is_notice`: good news, told without the word alert. `is_protected`: an entry into Critical or a hard
    event, which nothing keeps from everybody. `event_kind`, `happened_at`: of an event.

    `silenced` names those of `person_ids` who are not told, `joined` those who get it with others in one mail within
    the hour, `evidence_for` the open case whose team it reaches; `scoring.act.suppression.suppress` fills these in.
    """

    kind: MessageKind
    subject_key: str
    customer_id: str
    person_ids: tuple[str, ...]
    why: Mapping[str, str]
    unaddressed: tuple[str, ...] = ()
    headline: str = ""
    is_notice: bool = False
    opens: tuple[str, ...] = ()
    partners: tuple[Partner, ...] = ()
    notes: tuple[CustomerNote, ...] = ()
    lead_ids: frozenset[str] = frozenset()
    is_protected: bool = False
    event_kind: str = ""
    happened_at: datetime | None = None
    silenced: Mapping[str, Silenced] = field(default_factory=dict)
    joined: frozenset[str] = frozenset()
    evidence_for: str | None = None

    @property
    def told_ids(self) -> tuple[str, ...]:
        """Those who are told."""
        return tuple(person for person in self.person_ids if person not in self.silenced)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A fact that one template watches."""

    kind: MessageKind
    subject_key: str
    customer_id: str
    headline: str
    template: AlertTemplate
    event_kind: str = ""
    happened_at: datetime | None = None


@dataclass
class _Told:
    """A fact with everybody whom its templates name."""

    seen: _Seen
    why: dict[str, str] = field(default_factory=dict)
    leads: set[str] = field(default_factory=set)
    unaddressed: list[str] = field(default_factory=list)
    templates: list[AlertTemplate] = field(default_factory=list)


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
    placements: pd.DataFrame | None = None,
) -> list[AlertDecision]:
    """The alerts of one run, sorted by customer and subject.

    Args:
        transitions: TRANSITIONS frame; entries (`moved`, `returned`) caused by the customer count.
        events: EVENTS frame of events not told before; hard ones count, and those that a template watches.
        facts: CUSTOMER_FACTS frame; nobody is alerted about a customer that has left.
        assignments: canonical `assignments`.
        people: canonical `people`; without any, every decision is unaddressed.
        rules: which roles make the account team, whether leads are told, and the templates.
        is_baseline: the first run of a workspace.
        as_of: the local day on which leavers and absent people are judged; see `scoring.org.org_chart`. An absent
            person is told, and so is whoever stands in.
        placements: PLACEMENTS frame; without it no filter on scores fits.
    """
    if is_baseline:
        return []
    chart = org_chart(people, assignments, as_of=as_of)
    is_needed = placements is not None and any(template.scores for template in rules.template)
    placed = _by_customer(placements) if is_needed and placements is not None else {}
    standing = STANDING.model_copy(update={"tell_roles": rules.roles, "tell_bu_leads": rules.tell_bu_leads})
    told: dict[tuple[str, str, MessageKind], _Told] = {}
    watched = list(_watched(transitions, events, placed, rules, standing))
    book = _by_customer(facts[facts["customer_id"].isin({seen.customer_id for seen in watched})])
    for seen in watched:
        customer = book.get(seen.customer_id)
        if customer is None or customer["status"] == CustomerStatus.LEFT.value:
            continue
        template = seen.template
        if not fits(customer, template.customer) or not fits(placed.get(seen.customer_id, {}), template.scores):
            continue
        fact = told.setdefault((seen.customer_id, seen.subject_key, seen.kind), _Told(seen))
        fact.templates.append(template)
        _address(fact, chart, template)
    return [_decision(told[key]) for key in sorted(told)]


def _by_customer(frame: pd.DataFrame) -> dict[str, dict[Any, Any]]:
    return {str(row["customer_id"]): row for row in frame.to_dict("records")}


def _watched(
    transitions: pd.DataFrame,
    events: pd.DataFrame,
    placed: Mapping[str, Mapping[Any, Any]],
    rules: AlertRules,
    standing: AlertTemplate,
) -> Iterator[_Seen]:
    moved = transitions.loc[transitions["kind"].isin(_ENTRIES) & (transitions["cause"] == "customer")]
    for row in moved.to_dict("records"):
        for template in (standing, *rules.template):
            if row["to_zone"] in template.on_zone and _came_from(row, template):
                is_critical = row["to_zone"] == Zone.CRITICAL.value
                kind = MessageKind.ALERT_CRITICAL if is_critical else MessageKind.NOTICE
                said = f"{_label(row['from_zone'])} to {_label(row['to_zone'])} in {row['week']}"
                yield _Seen(kind, str(row["episode_id"]), str(row["customer_id"]), said, template)
    for row in events.to_dict("records"):
        mine = [standing] if row["is_hard"] else []
        mine += [t for t in rules.template if row["kind"] in t.on_event or is_of_rule(row, _rules_of(t))]
        for template in mine:
            yield _Seen(
                MessageKind.ALERT_EVENT,
                str(row["event_id"]),
                str(row["customer_id"]),
                str(row["headline"]),
                template,
                event_kind=str(row["kind"]),
                happened_at=row["happened_at"],
            )
    for template in rules.template:
        if not (template.on_zone or template.on_event or template.on_rule or template.answer):
            yield from _standing_low(placed, template)


def is_of_rule(event: Mapping[Any, Any], rule_ids: list[str]) -> bool:
    """Whether one of these [[event]] rules made this row of EVENTS: an event's id is derived from its rule's."""
    source = (str(event["table"]), str(event["row_key"]))
    return any(event_of(str(event["customer_id"]), rule, *source) == event["event_id"] for rule in rule_ids)


def _rules_of(template: AlertTemplate) -> list[str]:
    return [template.id] if template.answer else template.on_rule


def _came_from(row: Mapping[Any, Any], template: AlertTemplate) -> bool:
    return not template.from_zone or row["from_zone"] in template.from_zone


def _label(zone: object) -> str:
    return Zone(zone).label if isinstance(zone, str) else "no zone"


def _standing_low(placed: Mapping[str, Mapping[Any, Any]], template: AlertTemplate) -> Iterator[_Seen]:
    """Scores alone: once per customer, template and stay in a zone."""
    for customer, row in placed.items():
        if row["state"] == PlacementState.PLACED.value and fits(row, template.scores):
            key = key_digest("alert", template.id, customer, row["episode_id"], length=20)
            yield _Seen(MessageKind.NOTICE, key, customer, template.headline or template.name, template)


def _address(fact: _Told, chart: OrgChart, template: AlertTemplate) -> None:
    customer = fact.seen.customer_id
    if template.tell_roles:
        wanted = frozenset(template.tell_roles)
        team = [
            p for person, role in chart.assigned.get(customer, ()) if role in wanted for p in all_told(chart, person)
        ]
        for person in team:
            fact.why.setdefault(person, "account team")
        if not team:
            fact.unaddressed.append("account team: nobody assigned can be reached")
    if template.tell_bu_leads:
        _address_leads(fact, chart)
    for unit in template.tell_units:
        owner = owner_of(chart, customer, unit)
        if owner:
            fact.why.setdefault(owner, f"{unit.label} of the account")
        else:
            fact.unaddressed.append(f"{template.name}: nobody of {unit.label} can be reached")
    for named in template.tell_people:
        found = all_told(chart, named)
        for person in found:
            fact.why.setdefault(person, template.name)
        if not found:
            fact.unaddressed.append(f"{template.name}: {named} is nobody we know")


def _address_leads(fact: _Told, chart: OrgChart) -> None:
    customer = fact.seen.customer_id
    units = units_of(chart, customer)
    if not units:
        fact.unaddressed.append("BU lead: the customer is assigned in no business unit")
    for unit in units:
        lead = bu_lead_of(chart, customer, unit)
        if lead is None:
            fact.unaddressed.append(f"BU lead {unit.label}: nobody can be reached")
        else:
            fact.leads.add(lead)
            fact.why.setdefault(lead, f"BU lead {unit.label}")


def _decision(fact: _Told) -> AlertDecision:
    seen = fact.seen
    return AlertDecision(
        seen.kind,
        seen.subject_key,
        seen.customer_id,
        tuple(fact.why),
        fact.why,
        tuple(dict.fromkeys(fact.unaddressed)),
        headline=seen.headline,
        is_notice=all(template.mode == "notice" for template in fact.templates),
        opens=tuple(dict.fromkeys(template.opens for template in fact.templates if template.opens)),
        partners=tuple(dict.fromkeys(partner for template in fact.templates for partner in template.tell_partners)),
        notes=tuple(template.note for template in fact.templates if template.note and template.note.is_on),
        lead_ids=frozenset(fact.leads),
        is_protected=any(template.id == STANDING.id for template in fact.templates),
        event_kind=seen.event_kind,
        happened_at=seen.happened_at,
    )
