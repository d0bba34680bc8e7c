"""Who carries what, and the check line: sum of parts − shared + unassigned = total, each customer counted once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import pandas as pd

from contracts.words import BusinessUnit, FieldGroup, Level, Zone
from reporting import formats
from reporting.ground import Ground
from reporting.models.pack import CaseLine, Reconciliation, Team, TeamLine
from reporting.reading import equal, total, values

_NAMED = 10


def parts_of(ground: Ground) -> list[tuple[SimpleNamespace, frozenset[str]]]:
    """(person, customers) of the parts that the reader's scope is made of.

    The direct reports of the person the scope hangs on, each with everybody below; where nobody reports to that
    person, the owners themselves. Only customers of this audience count; parts without any are left out.
    """
    carried = _customers_by_person(ground)
    below = _reports(ground.people)
    root = ground.audience.root
    direct = below.get(root, [])
    parts = [
        (ground.people[person], frozenset().union(*(carried.get(p, frozenset()) for p in _subtree(person, below))))
        for person in direct
    ]
    found = [(person, customers) for person, customers in parts if customers]
    if found:
        own = carried.get(root, frozenset())
        return [*found, (ground.people[root], own)] if own and root in ground.people else found
    if root in carried and root in ground.people:
        return [(ground.people[root], carried[root])]
    return [(_person(ground, person), customers) for person, customers in sorted(carried.items())]


def _person(ground: Ground, person_id: str) -> SimpleNamespace:
    known = ground.people.get(person_id)
    return known or SimpleNamespace(person_id=person_id, name=person_id, level=None, business_unit=None)


def _customers_by_person(ground: Ground) -> dict[str, frozenset[str]]:
    """Person -> customers they own; with members too for a team in which nobody owns any of these accounts."""
    here = frozenset(ground.accounts["customer_id"])
    owned: dict[str, set[str]] = defaultdict(set)
    unit = ground.audience.unit
    for customer, person, belongs in zip(
        ground.owners["customer_id"], ground.owners["person_id"], ground.owners["business_unit"], strict=True
    ):
        if customer in here and (unit is None or belongs == unit):
            owned[person].add(customer)
    return {person: frozenset(customers) for person, customers in owned.items()}


def _reports(people: Mapping[str, SimpleNamespace]) -> dict[str, list[str]]:
    below: dict[str, list[str]] = defaultdict(list)
    for person in sorted(people):
        boss = people[person].manager_id
        if boss is not None and boss != person:
            below[boss].append(person)
    return below


def _subtree(person: str, below: Mapping[str, Sequence[str]]) -> list[str]:
    found, waiting = [], [person]
    while waiting:
        here = waiting.pop()
        if here in found:  # a cycle is refused when audiences are made; a page must still end
            continue
        found.append(here)
        waiting.extend(below.get(here, ()))
    return found


def team(ground: Ground, cases: Sequence[CaseLine]) -> tuple[Team, Reconciliation]:
    """The table of parts, most Critical revenue first, and its check line."""
    parts = parts_of(ground)
    accounts = ground.accounts.set_index("customer_id")
    is_shown = ground.audience.sees(FieldGroup.COLLEAGUE_FIGURES)
    lines = [_line(ground, person, customers, accounts, cases) for person, customers in parts if is_shown]
    lines.sort(key=lambda line: (-(line.critical_revenue.value or 0.0), -line.critical, -line.accounts, line.person_id))
    heaviest = max(lines, key=lambda line: (line.open_cases, line.person_id), default=None)
    sentence = "Nobody is assigned to these accounts."
    if parts and not is_shown:
        sentence = "Figures per colleague are not shown here."
    if lines:
        sentence = f"{formats.capital(formats.counted(len(lines), 'person', 'people'))} carry these accounts."
        sentence = sentence.replace("One person carry", "One person carries")
    if heaviest is not None and heaviest.open_cases > 0 and len(lines) > 1:
        sentence = f"{heaviest.name} has the most open cases: {formats.figures(heaviest.open_cases, 'case')}."
    title = "Parts of this view" if ground.audience.level in (Level.EXECUTIVE, Level.DIRECTOR) else "Who carries what"
    return Team(title, tuple(lines), sentence), reconcile(ground, [customers for _, customers in parts])


def _line(
    ground: Ground,
    person: SimpleNamespace,
    customers: frozenset[str],
    accounts: pd.DataFrame,
    cases: Sequence[CaseLine],
) -> TeamLine:
    mine = accounts.loc[accounts.index.isin(customers)]
    critical = mine.loc[equal(mine["zone"], Zone.CRITICAL)]
    open_cases = [case for case in cases if case.is_open and _is_theirs(case, person, customers, ground)]
    mean = float(mine["loyalty"].mean()) if mine["loyalty"].notna().any() else None
    return TeamLine(
        person_id=person.person_id,
        name=str(person.name),
        role=_role(person),
        accounts=len(mine),
        critical=len(critical),
        revenue=ground.amount(total(values(mine["revenue_amount"])) or 0.0),
        critical_revenue=ground.amount(total(values(critical["revenue_amount"])) or 0.0),
        open_cases=len(open_cases),
        overdue_cases=sum(case.is_overdue for case in open_cases),
        mean_loyalty=mean,
    )


def _is_theirs(case: CaseLine, person: SimpleNamespace, customers: frozenset[str], ground: Ground) -> bool:
    """A case belongs to the part whose people own it; without an owner, to the part that has the customer."""
    if case.owner_id is None:
        return case.customer_id in customers
    here: str | None = case.owner_id
    for _ in range(len(ground.people) + 1):
        if here is None:
            return False
        if here == person.person_id:
            return bool(person.person_id != ground.audience.root or case.owner_id == person.person_id)
        known = ground.people.get(here)
        here = known.manager_id if known else None
    return False


def _role(person: SimpleNamespace) -> str:
    unit = BusinessUnit(person.business_unit).label if person.business_unit else ""
    level = Level(person.level).label if person.level else ""
    return ", ".join(part for part in (level, unit) if part)


def reconcile(ground: Ground, parts: Sequence[frozenset[str]]) -> Reconciliation:
    """Counts and money of the check line; both add up exactly, because both count customers."""
    accounts = ground.accounts
    worth = dict(zip(accounts["customer_id"], values(accounts["revenue_amount"]), strict=True))
    names = dict(zip(accounts["customer_id"], values(accounts["name"]), strict=True))
    times: dict[str, int] = defaultdict(int)
    for customers in parts:
        for customer in customers:
            times[customer] += 1
    missing = [customer for customer in accounts["customer_id"] if customer not in times]
    shared_count = sum(count - 1 for count in times.values())
    parts_amount = total(worth[customer] for part in parts for customer in sorted(part)) or 0.0
    shared_amount = total(
        (worth[customer] or 0.0) * (count - 1) for customer, count in sorted(times.items()) if count > 1
    )
    unassigned_amount = total(worth[customer] for customer in missing) or 0.0
    whole_amount = total(worth.values()) or 0.0
    parts_count, whole = sum(len(part) for part in parts), len(accounts)
    numbers = (
        f"{formats.number(parts_count)} in parts {formats.MINUS} {formats.number(shared_count)} shared + "
        f"{formats.number(len(missing))} unassigned = {formats.figures(whole, 'account')}"
    )
    money = ""
    if ground.shows_money:
        amounts = (parts_amount, shared_amount or 0.0, unassigned_amount, whole_amount)
        said = [formats.money(amount, ground.currency) for amount in amounts]
        money = f"; {said[0]} {formats.MINUS} {said[1]} + {said[2]} = {said[3]}"
    return Reconciliation(
        parts_count, shared_count, len(missing), whole,
        ground.amount(parts_amount), ground.amount(shared_amount or 0.0), ground.amount(unassigned_amount),
        ground.amount(whole_amount), tuple(str(names[customer]) for customer in missing[:_NAMED]),
        f"Check: {numbers}{money}.",
    )  # fmt: skip
