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

import pandas as pd

from contracts.rules import Audiences, NamedAudience
from contracts.scope import Audience
from contracts.words import FieldGroup, Level
from delivery.orgchart import OrgChart, Staff, read_org_chart
from delivery.scopes import Note, scopes_of

_RANK = {level: rank for rank, level in enumerate((Level.EXECUTIVE, Level.DIRECTOR, Level.MANAGER, Level.INDIVIDUAL))}


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
    scopes, whole = scopes_of(chart, assignments, customers, rules.scope, notes)
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
    # A delegate reads in his own pack what he stands in for (scopes_of): a pack and its token have one reader.
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
    fields = frozenset(rules.fields.get(level, ()))
    if rules.colleague_figures and FieldGroup.COLLEAGUES in fields:
        return fields | {FieldGroup.COLLEAGUE_FIGURES}
    return fields - {FieldGroup.COLLEAGUE_FIGURES}


def _calendar(person: Staff, rules: Audiences, notes: list[Note]) -> str:
    if person.calendar is None or person.calendar in rules.calendars:
        return person.calendar or "default"
    known = ", ".join(sorted(rules.calendars))
    message = f"{person} has the calendar '{person.calendar}'; audiences.toml knows {known}; 'default' is used"
    notes.append(Note("no_calendar", message, (person.person_id,)))
    return "default"


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
