"""Who may see which customers: one audience per person who reads. Default deny.

A person sees the customers assigned to anybody in the tree below (and himself), those that an attribute
scope of audiences.toml grants to anybody in that tree, and nothing else. An executive above the units,
and the root of the chart when it stands above the units, sees the whole book. Whoever stands above a
reader sees at least what that reader sees.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pandas as pd

from contracts.rules import AttributeScope, Audiences, NamedAudience
from contracts.scope import Audience
from contracts.words import FieldGroup, Level
from delivery.orgchart import OrgChart, Staff, read_org_chart

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
_RANK = {level: rank for rank, level in enumerate((Level.EXECUTIVE, Level.DIRECTOR, Level.MANAGER, Level.INDIVIDUAL))}
_NAMED_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Note:
    """Something that addressing found and a person should mend; `subjects` are the ids concerned."""

    kind: NoteKind
    message: str
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """How a reader is reached. `address` is None for somebody who can be shown a pack but not mailed."""

    person_id: str
    name: str
    address: str | None
    language: str
    calendar: str


@dataclass(frozen=True, slots=True)
class Addressing:
    """All audiences of a run, their readers by person id, and what was found on the way."""

    audiences: tuple[Audience, ...]
    readers: dict[str, Reader]
    notes: tuple[Note, ...]


def audiences(
    people: pd.DataFrame, assignments: pd.DataFrame, customers: pd.DataFrame, rules: Audiences, *, as_of: datetime
) -> list[Audience]:
    """The audiences of `address`, without readers and notes."""
    return list(address(people, assignments, customers, rules, as_of=as_of).audiences)


def address(
    people: pd.DataFrame,
    assignments: pd.DataFrame,
    customers: pd.DataFrame,
    rules: Audiences,
    *,
    as_of: datetime,
    language: str = "en",
) -> Addressing:
    """Everybody who reads, with the rows and field groups each may see.

    Args:
        people: canonical table `people`; empty: the named audiences of the rules get the whole book.
        assignments: canonical table `assignments`.
        customers: CUSTOMER_FACTS frame, one row per customer; only these customers are ever in a scope.
        rules: what config/audiences.toml decides.
        as_of: exclusive instant; somebody whose left_on lies before it is no reader.
        language: for readers whose own language is not known.

    Raises: AddressingRefused for an org chart that is no tree, naming the persons.
    """
    book = frozenset(customers["customer_id"])
    if people.empty:
        return _named(rules.audience, rules, book)
    chart = read_org_chart(people, as_of=as_of)
    notes: list[Note] = []
    own = _assigned(chart, assignments, book, notes)
    for person_id, granted in _by_attribute(chart, customers, rules.scope, notes).items():
        own.setdefault(person_id, set()).update(granted)
    scopes, whole = _scopes(chart, own, book)
    _note_unassigned(book, own, notes)
    found, readers = [], {}
    for person in sorted(chart.people.values(), key=lambda p: (_RANK[p.level], p.unit or "", p.person_id)):
        if person.has_left:
            continue
        if not scopes[person.person_id]:
            notes.append(Note("no_customers", f"{person} has no customers and gets no pack", (person.person_id,)))
            continue
        calendar = _calendar(person, rules, notes)
        if person.email is None:
            notes.append(Note("no_address", f"{person} has no e-mail address; nothing is mailed", (person.person_id,)))
        if person.unit is None and person.person_id not in whole:
            message = f"{person} has no business unit; the pack holds only customers of the team below"
            notes.append(Note("no_unit", message, (person.person_id,)))
        speaks = person.language or language
        readers[person.person_id] = Reader(person.person_id, person.name, person.email, speaks, calendar)
        found.append(
            Audience(
                level=person.level,
                unit=person.unit,
                root=person.person_id,
                title=_title(person, is_whole=person.person_id in whole),
                readers=_readers(person),
                customer_ids=scopes[person.person_id],
                fields=_fields(rules, person.level),
                rule=_rule(person, chart, is_whole=person.person_id in whole),
                language=speaks,
                calendar=calendar,
                is_whole_book=person.person_id in whole,
            )
        )
    return Addressing(tuple(found), readers, tuple(notes))


def _readers(person: Staff) -> tuple[str, ...]:
    # The one place where somebody else may read in a person's stead: an absent person's delegate joins here.
    return (person.person_id,)


def _named(named: Iterable[NamedAudience], rules: Audiences, book: frozenset[str]) -> Addressing:
    found = [
        Audience(
            level=entry.level,
            unit=entry.business_unit,
            root=entry.email,
            title=entry.title,
            readers=(entry.email,),
            customer_ids=book,
            fields=_fields(rules, entry.level),
            rule="named in audiences.toml; the whole book, because there is no org chart",
            language=entry.language,
            is_whole_book=True,
        )
        for entry in named
        if book
    ]
    readers = {e.email: Reader(e.email, e.name, e.email, e.language, "default") for e in named}
    return Addressing(tuple(found), readers, ())


def _fields(rules: Audiences, level: Level) -> frozenset[FieldGroup]:
    return frozenset(rules.fields.get(level, ()))


def _assigned(
    chart: OrgChart, assignments: pd.DataFrame, book: frozenset[str], notes: list[Note]
) -> dict[str, set[str]]:
    """Customers by the person they are assigned to; what names nobody or nothing known is noted, never granted."""
    own: dict[str, set[str]] = {}
    nobody: set[str] = set()
    nothing: set[str] = set()
    for customer_id, person_id in zip(assignments["customer_id"], assignments["person_id"], strict=True):
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


def _scopes(
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


def _calendar(person: Staff, rules: Audiences, notes: list[Note]) -> str:
    if person.calendar is None or person.calendar in rules.calendars:
        return person.calendar or "default"
    known = ", ".join(sorted(rules.calendars))
    message = f"{person} has the calendar '{person.calendar}'; audiences.toml knows {known}; 'default' is used"
    notes.append(Note("no_calendar", message, (person.person_id,)))
    return "default"


def _note_unassigned(book: frozenset[str], own: dict[str, set[str]], notes: list[Note]) -> None:
    left_over = book.difference(*own.values())
    if left_over:
        message = "customers assigned to nobody; only readers of the whole book see them"
        notes.append(_note("unassigned_customers", message, left_over))


def _note(kind: NoteKind, message: str, subjects: Iterable[str]) -> Note:
    listed = tuple(sorted(subjects))
    more = "" if len(listed) <= _NAMED_AT_MOST else ", ..."
    return Note(kind, f"{len(listed)} {message}: {', '.join(listed[:_NAMED_AT_MOST])}{more}", listed)


def _title(person: Staff, *, is_whole: bool) -> str:
    unit = person.unit.label if person.unit else "All units"
    view = {
        Level.INDIVIDUAL: "My accounts",
        Level.MANAGER: "Team view",
        Level.DIRECTOR: f"{unit} direction",
        Level.EXECUTIVE: "Executive view" if is_whole else f"{unit} executive view",
    }[person.level]
    return f"{view} · {_short_name(person.name)}"


def _short_name(name: str) -> str:
    """`Amina Karim` as `A. Karim`; names of one word or in scripts without initials stay whole."""
    first, _, rest = name.partition(" ")
    return f"{first[0]}. {rest}" if rest and first[0].isascii() and "," not in name else name


def _rule(person: Staff, chart: OrgChart, *, is_whole: bool) -> str:
    if is_whole:
        return "whole book: stands above the business units"
    if chart.reports.get(person.person_id):
        return f"customers of everybody who reports to {person.name}, directly or through others, and own ones"
    return f"customers of {person.name}: assigned, or granted by attribute in audiences.toml"
