"""The org chart as a tree: read from the people frame, refused with names when it is none."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from contracts.words import BusinessUnit, Level
from delivery.errors import AddressingRefused

_NAMED_AT_MOST = 8


@dataclass(frozen=True, slots=True)
class Staff:
    """One person of the org chart, as of the run. `unit` is None above the units; `stood_in_by` is the delegate
    of somebody who is absent now.
    """

    person_id: str
    name: str
    email: str | None
    level: Level
    unit: BusinessUnit | None
    manager_id: str | None
    language: str | None
    calendar: str | None
    has_left: bool
    stood_in_by: str | None = None

    def __str__(self) -> str:
        return f"{self.name} ({self.person_id})"


@dataclass(frozen=True, slots=True)
class OrgChart:
    """People by id, and who reports to whom. Exactly one root, no cycle, no unknown superior."""

    people: dict[str, Staff]
    reports: dict[str, tuple[str, ...]]
    root: str | None

    def bottom_up(self) -> Iterator[Staff]:
        """Everyone, reports before their superior."""
        stack = [self.root] if self.root else []
        order: list[str] = []
        while stack:
            person_id = stack.pop()
            order.append(person_id)
            stack.extend(self.reports.get(person_id, ()))
        return (self.people[person_id] for person_id in reversed(order))


def read_org_chart(people: pd.DataFrame, *, as_of: datetime) -> OrgChart:
    """The org chart of a `people` frame (canonical table `people`, one row per person).

    People who left stay in the tree as vacant places: what hangs on them goes up to their superior.

    Raises: AddressingRefused naming everybody concerned: a person listed twice, an unknown superior, a
        cycle, more than one person without a superior.
    """
    moment = as_of.replace(tzinfo=None)
    staff = [_staff(row, moment) for row in people.to_dict("records")]
    by_id = {person.person_id: person for person in staff}
    problems = []
    twice = sorted({p.person_id for p in staff if by_id[p.person_id] is not p})
    if twice:
        problems.append(f"people: person_id used twice: {_listed(twice)}; keep one row per person")
    unknown = [p for p in staff if p.manager_id and p.manager_id not in by_id]
    problems += [
        f"people: {p} has the superior '{p.manager_id}', whom people does not hold; add that person (with left_on, "
        "if the place is vacant) or correct manager_id"
        for p in unknown[:_NAMED_AT_MOST]
    ]
    cycle = _cycle(by_id)
    if cycle:
        problems.append(f"people: {' -> '.join(cycle)} report to one another; one of these manager_id must change")
    chiefs = [p for p in staff if not p.manager_id]
    reports = _reports(by_id)
    # Somebody who left and has nobody below him is no second root, only an old row.
    roots = [p for p in chiefs if not p.has_left or p.person_id in reports]
    if len(roots) > 1:
        problems.append(
            f"people: {len(roots)} persons have no superior: {_listed([str(p) for p in roots])}; exactly one may "
            "stand at the top, give the others a manager_id"
        )
    if problems:
        raise AddressingRefused(problems)
    return OrgChart(people=by_id, reports=reports, root=roots[0].person_id if roots else None)


def bu_of(chart: OrgChart, person_id: str) -> BusinessUnit | None:
    """The business unit of a person; None for somebody above the units or unknown."""
    person = chart.people.get(person_id)
    return person.unit if person else None


def _staff(row: Mapping[Hashable, object], moment: datetime) -> Staff:
    left_on = _day(row.get("left_on"))
    unit = _word(row.get("business_unit"))
    person_id = _word(row.get("person_id")) or ""
    return Staff(
        person_id=person_id,
        name=_word(row.get("name")) or person_id,
        email=_word(row.get("email")),
        level=Level(_word(row.get("level")) or ""),
        unit=BusinessUnit(unit) if unit else None,
        manager_id=_word(row.get("manager_id")),
        language=_word(row.get("language")),
        calendar=_word(row.get("calendar")),
        has_left=left_on is not None and left_on < moment,
        stood_in_by=_word(row.get("delegate_id")) if _is_absent(row, moment) else None,
    )


def _is_absent(row: Mapping[Hashable, object], moment: datetime) -> bool:
    begins, ends = _day(row.get("absent_from_on")), _day(row.get("absent_to_on"))
    return begins is not None and begins <= moment and (ends is None or moment < ends + timedelta(days=1))


def _word(value: object) -> str | None:
    """Text without surrounding blanks; None for null and blank, so that "" never matches anything."""
    return (value.strip() or None) if isinstance(value, str) else None


def _day(value: object) -> datetime | None:
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) and not pd.isna(value) else None


def _reports(by_id: dict[str, Staff]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for person in by_id.values():
        if person.manager_id:
            found.setdefault(person.manager_id, []).append(person.person_id)
    return {superior: tuple(sorted(below)) for superior, below in found.items()}


def _cycle(by_id: dict[str, Staff]) -> list[str]:
    """The names along one cycle of superiors, the first again at the end; empty if there is none."""
    cleared: set[str] = set()
    for start in by_id:
        path: dict[str, None] = {}
        step: str | None = start
        while step and step in by_id and step not in cleared:
            if step in path:
                names = list(path)[list(path).index(step) :]
                return [str(by_id[name]) for name in (*names, step)]
            path[step] = None
            step = by_id[step].manager_id
        cleared.update(path)
    return []


def _listed(names: list[str]) -> str:
    rest = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {rest} more" if rest > 0 else "")
