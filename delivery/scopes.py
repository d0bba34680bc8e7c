"""Which customers each person of the org chart sees; default deny, and every gap is noted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from contracts.rules import AttributeScope
from contracts.words import Level
from delivery.orgchart import OrgChart, Staff

NoteKind = Literal[
    "unassigned_customers",
    "unknown_person",
    "unknown_customer",
    "no_customers",
    "no_address",
    "no_unit",
    "no_calendar",
    "scope_without_people",
    "scope_without_customers",
]
_NAMED_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Note:
    """Something that addressing found and a person should mend; `subjects` are the ids concerned."""

    kind: NoteKind
    message: str
    subjects: tuple[str, ...]


def scopes_of(
    chart: OrgChart,
    assignments: pd.DataFrame,
    customers: pd.DataFrame,
    attribute_scopes: Iterable[AttributeScope],
    notes: list[Note],
) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Customers by person id, and the persons who see the whole book.

    Args:
        chart: a tree; whoever stands above another sees at least what that one sees.
        assignments: canonical table `assignments`.
        customers: CUSTOMER_FACTS frame; only its customers are ever granted.
        attribute_scopes: what audiences.toml grants by attribute.
        notes: gaps are added here.
    """
    book = frozenset(customers["customer_id"])
    own = _assigned(chart, assignments, book, notes)
    for person_id, granted in _by_attribute(chart, customers, attribute_scopes, notes).items():
        own.setdefault(person_id, set()).update(granted)
    for person in chart.people.values():
        # who stands in for somebody absent gets that person's alerts, and must be able to read what they are about
        if person.stood_in_by in chart.people and person.person_id in own:
            own.setdefault(str(person.stood_in_by), set()).update(own[person.person_id])
    left_over = book.difference(*own.values())
    if left_over:
        message = "customers assigned to nobody; only readers of the whole book see them"
        notes.append(_note("unassigned_customers", message, left_over))
    return _upwards(chart, own, book)


def _assigned(
    chart: OrgChart, assignments: pd.DataFrame, book: frozenset[str], notes: list[Note]
) -> dict[str, set[str]]:
    """Customers by the person they are assigned to; what names nobody or nothing known is noted, never granted."""
    own: dict[str, set[str]] = {}
    nobody: set[str] = set()
    nothing: set[str] = set()
    pairs = zip(assignments["customer_id"].tolist(), assignments["person_id"].tolist(), strict=True)
    for customer_id, person_id in pairs:
        if person_id not in chart.people:
            nobody.add(str(person_id))
        elif customer_id not in book:
            nothing.add(str(customer_id))
        else:
            own.setdefault(person_id, set()).add(customer_id)
    if nobody:
        notes.append(_note("unknown_person", "assignments name persons whom people does not hold", nobody))
    if nothing:
        notes.append(_note("unknown_customer", "assignments name customers that the book does not hold", nothing))
    return own


def _by_attribute(
    chart: OrgChart, customers: pd.DataFrame, scopes: Iterable[AttributeScope], notes: list[Note]
) -> dict[str, set[str]]:
    """Customers granted by attribute. A scope that names neither persons nor level nor unit grants nobody."""
    granted: dict[str, set[str]] = {}
    for scope in scopes:
        values = [value for value in scope.values if value.strip()]
        column = customers[scope.attribute]
        matching = set(customers.loc[column.isin(values) & column.notna(), "customer_id"])
        holders = [person.person_id for person in chart.people.values() if _holds(person, scope)]
        about = f"scope {scope.attribute} = {', '.join(scope.values) or '(blank)'}"
        if not holders:
            notes.append(Note("scope_without_people", f"{about} fits nobody and grants nothing", tuple(scope.people)))
        if not matching:
            notes.append(Note("scope_without_customers", f"{about} fits no customer", tuple(scope.values)))
        for person_id in holders:
            granted.setdefault(person_id, set()).update(matching)
    return granted


def _holds(person: Staff, scope: AttributeScope) -> bool:
    """Every condition that the scope states must hold, and it must state at least one."""
    if not scope.people and scope.level is None and scope.business_unit is None:
        return False
    return (
        (not scope.people or person.person_id in scope.people)
        and (scope.level is None or person.level is scope.level)
        and (scope.business_unit is None or person.unit is scope.business_unit)
    )


def _upwards(
    chart: OrgChart, own: dict[str, set[str]], book: frozenset[str]
) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Customers seen by each person, and who sees the whole book; one pass from the leaves up."""
    scopes: dict[str, frozenset[str]] = {}
    whole: set[str] = set()
    for person in chart.bottom_up():
        below = chart.reports.get(person.person_id, ())
        if _is_above_units(person, chart) or not whole.isdisjoint(below):
            whole.add(person.person_id)
            scopes[person.person_id] = book
        else:
            mine = own.get(person.person_id, frozenset[str]())
            scopes[person.person_id] = frozenset(mine).union(*(scopes[report] for report in below))
    return scopes, frozenset(whole)


def _is_above_units(person: Staff, chart: OrgChart) -> bool:
    # A blank unit is a grant only at the top: further down it is a gap in the HR export, not a right.
    # A vacant place is nobody, so it grants its superiors nothing.
    at_top = person.level is Level.EXECUTIVE or person.person_id == chart.root
    return person.unit is None and at_top and not person.has_left


def _note(kind: NoteKind, message: str, subjects: Iterable[str]) -> Note:
    listed = tuple(sorted(subjects))
    more = "" if len(listed) <= _NAMED_AT_MOST else ", ..."
    return Note(kind, f"{len(listed)} {message}: {', '.join(listed[:_NAMED_AT_MOST])}{more}", listed)
