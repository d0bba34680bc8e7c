"""Who answers for a customer: owners, account team, business-unit leads; a vacant place escalates upward."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from contracts.words import BusinessUnit, Level, Role

_RANK = {Level.INDIVIDUAL: 0, Level.MANAGER: 1, Level.DIRECTOR: 2, Level.EXECUTIVE: 3}


@dataclass(frozen=True, slots=True)
class Person:
    """One of our own people, as the org chart has it."""

    person_id: str
    level: Level
    unit: BusinessUnit | None
    manager_id: str | None
    delegate_id: str | None
    has_left: bool
    is_absent: bool


@dataclass(frozen=True)
class OrgChart:
    """People by id, and the assignments of each customer in a fixed order: owners first, then by person id."""

    people: Mapping[str, Person]
    assigned: Mapping[str, tuple[tuple[str, Role], ...]]


def org_chart(people: pd.DataFrame, assignments: pd.DataFrame, *, as_of: date | None) -> OrgChart:
    """Reads the frames of people and assignments.

    Args:
        people: canonical `people`; may be empty.
        assignments: canonical `assignments`; may be empty.
        as_of: the local day on which absence and leaving are judged; None takes every `left_on` as past and
            nobody as absent.
    """
    known = {person.person_id: person for person in (_person(row, as_of) for row in people.to_dict("records"))}
    assigned: dict[str, list[tuple[str, Role]]] = {}
    roles = {role.value: role for role in Role}
    columns = (assignments[name].tolist() for name in ("customer_id", "person_id", "role"))
    for customer, person, role in zip(*columns, strict=True):
        assigned.setdefault(str(customer), []).append((str(person), roles[role]))
    ordered = {c: tuple(sorted(pairs, key=lambda p: (p[1] is not Role.OWNER, p[0]))) for c, pairs in assigned.items()}
    return OrgChart(known, ordered)


def owner_of(chart: OrgChart, customer_id: str, unit: BusinessUnit) -> str | None:
    """The person who owns the customer in this unit, or who stands in; None when nobody does."""
    owner = _assigned_owner(chart, customer_id, unit)
    return stand_in(chart, owner.person_id) if owner else None


def team_of(chart: OrgChart, customer_id: str, roles: Iterable[Role]) -> list[str]:
    """The reachable people assigned in these roles, or who stand in for them; each once."""
    wanted = frozenset(roles)
    found = [stand_in(chart, person) for person, role in chart.assigned.get(customer_id, ()) if role in wanted]
    return list(dict.fromkeys(person for person in found if person))


def units_of(chart: OrgChart, customer_id: str) -> list[BusinessUnit]:
    """The business units that work for the customer, in the order of the enum."""
    named = {chart.people[p].unit for p, _ in chart.assigned.get(customer_id, ()) if p in chart.people}
    return [unit for unit in BusinessUnit if unit in named]


def bu_lead_of(chart: OrgChart, customer_id: str, unit: BusinessUnit) -> str | None:
    """The unit's lead above the customer's assignment: the nearest reachable director, else the highest in the unit.

    Where nobody in the unit can be reached the place escalates to those above the units; None if they are gone too.
    """
    start = _assigned_owner(chart, customer_id, unit)
    if start is None:
        return None
    above = list(_upward(chart, start.person_id))
    inside = [person for person in above if person.unit is unit]
    directors = [person for person in inside if _RANK[person.level] >= _RANK[Level.DIRECTOR]]
    higher = [person for person in inside if person.person_id != start.person_id] or inside
    highest = sorted(higher, key=lambda person: -_RANK[person.level])
    beyond = [person for person in above if person.unit is not unit]
    candidates = [*directors, *beyond] if directors else [*highest, *beyond]
    return next((found for found in (_reached(chart, person) for person in candidates) if found), None)


def stand_in(chart: OrgChart, person_id: str) -> str | None:
    """The person, or the delegate of one who is absent, or else the nearest reachable person above."""
    for person in _upward(chart, person_id):
        found = _reached(chart, person)
        if found:
            return found
    return None


def all_told(chart: OrgChart, person_id: str) -> list[str]:
    """Who is told what concerns this person: one who is absent, and whoever stands in; of one who left, the latter."""
    person, substitute = chart.people.get(person_id), stand_in(chart, person_id)
    mine = [person_id] if person and not person.has_left else []
    return list(dict.fromkeys([*mine, *([substitute] if substitute else [])]))


def _person(row: Mapping[object, object], as_of: date | None) -> Person:
    def text(name: str) -> str | None:
        value = row.get(name)
        return value if isinstance(value, str) and value else None

    def day(name: str) -> date | None:
        value = row.get(name)
        return None if value is None or pd.isna(value) else pd.Timestamp(str(value)).date()  # type: ignore[call-overload]

    left, begins, ends = day("left_on"), day("absent_from_on"), day("absent_to_on")
    unit = text("business_unit")
    return Person(
        person_id=str(row["person_id"]),
        level=Level(str(row["level"])),
        unit=BusinessUnit(unit) if unit else None,
        manager_id=text("manager_id"),
        delegate_id=text("delegate_id"),
        has_left=left is not None and (as_of is None or left < as_of),
        is_absent=as_of is not None and begins is not None and begins <= as_of and (ends is None or as_of <= ends),
    )


def _assigned_owner(chart: OrgChart, customer_id: str, unit: BusinessUnit) -> Person | None:
    """The owner in the unit, else its first member: owners come first in the chart's order."""
    mine = (chart.people.get(person) for person, _ in chart.assigned.get(customer_id, ()))
    return next((person for person in mine if person and person.unit is unit), None)


def _upward(chart: OrgChart, person_id: str) -> Iterator[Person]:
    """The person and everyone above, once each: a cycle in the chart ends the walk."""
    seen: set[str] = set()
    current: str | None = person_id
    while current and current not in seen and current in chart.people:
        seen.add(current)
        yield chart.people[current]
        current = chart.people[current].manager_id


def _reached(chart: OrgChart, person: Person) -> str | None:
    if person.has_left:
        return None
    if not person.is_absent:
        return person.person_id
    delegate = chart.people.get(person.delegate_id or "")
    return delegate.person_id if delegate and not delegate.has_left and not delegate.is_absent else None
