"""Who sits in a case team, and whose calendar its goals count in."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from contracts.casework import Seat
from contracts.rules import Calendar, CaseTemplate
from contracts.words import BusinessUnit
from scoring.org import OrgChart, all_told, stand_in


def seats_of(
    template: CaseTemplate, chart: OrgChart, people: pd.DataFrame, customer_id: str
) -> tuple[str | None, tuple[Seat, ...]]:
    """The owner of a case, and every seat of its team; no `customer_id`: a case about a segment.

    The owner is the account's owner in `owner_unit`, or the first case manager of the team. Whoever stands in for
    an absent person acts; the absent one keeps a seat, so that both are told. A person has one seat, the first.
    """
    wanted: list[tuple[str, str, str | None]] = []
    if template.owner_unit and customer_id:
        wanted.append((template.owner_unit.label, "manager", _assigned(chart, customer_id, template.owner_unit)))
    wanted += [(unit.label, "member", _assigned(chart, customer_id, unit)) for unit in template.member_units]
    partners: list[Seat] = []
    for seat in template.team:
        if seat.partner:
            partners.append(Seat(seat.department, seat.role, None, seat.partner.name, seat.partner.email))
        else:
            person = _assigned(chart, customer_id, seat.unit) if seat.unit else seat.person
            wanted.append((seat.department, seat.role, person))
    names = dict(zip(people["person_id"], people["name"], strict=True))
    seats: dict[str, Seat] = {}
    vacant: list[Seat] = []
    for department, role, person in wanted:
        found = all_told(chart, person) if person else []
        acting = stand_in(chart, person) if person else None
        # the one who acts comes first: the owner is the first manager
        for who in sorted(found, key=lambda p: p != acting):
            seats.setdefault(who, Seat(department, role if who == acting else "member", who, str(names.get(who, who))))
        if not found:
            vacant.append(Seat(department, role))
    owner = next((who for who, seat in seats.items() if seat.role == "manager"), None)
    return owner, (*seats.values(), *partners, *vacant)


def calendar_of(
    owner: str | None, people: pd.DataFrame, calendars: Mapping[str, Calendar], of_template: str
) -> Calendar:
    """The calendar of the owner, where audiences.toml describes it; else the template's, else the default."""
    named = list(people.loc[people["person_id"] == owner, "calendar"]) if "calendar" in people.columns else []
    mine = next((str(name) for name in named if isinstance(name, str) and name in calendars), of_template)
    return calendars.get(mine, calendars["default"])


def _assigned(chart: OrgChart, customer_id: str, unit: BusinessUnit) -> str | None:
    """The customer's owner in a unit, present or not."""
    mine = [person for person, _ in chart.assigned.get(customer_id, ()) if person in chart.people]
    return next((person for person in mine if chart.people[person].unit is unit), None)
