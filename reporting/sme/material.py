"""What the experts' report is composed of, and how its parts name customers, people, signals and steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from contracts.book import Book, WeekFacts
from contracts.rules import Policy
from contracts.words import Axis, Zone
from reporting import formats
from reporting.reading import by_id, frame_of, rows, values

TODAY, PROPOSED = "today", "proposed"


@dataclass(frozen=True)
class Material:
    """One week's facts, the policy looked at, and frames by name: those of the book (customer_facts, people, cases),
    of the sensitivity (swept_*, nudged_signals, rank_stability, zone_stability, proposed_lines), tried_*, playbook_use,
    playbook_steps, effects. `tested`: the past week held against its outcomes, None where none is known.
    """

    facts: WeekFacts
    policy: Policy
    frames: Mapping[str, pd.DataFrame]
    tested: str | None

    def frame(self, name: str) -> pd.DataFrame:
        return frame_of(Book(self.facts, self.frames), name)

    def rows(self, name: str) -> list[SimpleNamespace]:
        return rows(self.frame(name))

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.facts.time_zone)

    @cached_property
    def _names(self) -> dict[str, str]:
        facts = self.frame("customer_facts")
        return dict(zip(values(facts["customer_id"]), values(facts["name"]), strict=True))

    @cached_property
    def _people(self) -> Mapping[str, SimpleNamespace]:
        return by_id(self.frame("people"), "person_id")

    def customer(self, customer_id: str) -> str:
        return self._names.get(customer_id) or customer_id

    @cached_property
    def _namesakes(self) -> frozenset[str]:
        found = Counter(str(person.name) for person in self._people.values())
        return frozenset(name for name, count in found.items() if count > 1)

    def person(self, person_id: str | None) -> str:
        """By name; namesakes bear their id."""
        if not person_id:
            return "nobody"
        if person_id not in self._people:
            return person_id
        name = str(self._people[person_id].name)
        return f"{name} ({person_id})" if name in self._namesakes else name

    def money(self, amount: float | None) -> str:
        return formats.money(amount, self.facts.currency)

    @cached_property
    def placed(self) -> int:
        """Placed customers: all of today's zones together."""
        return sum(self.zones(TODAY).values())

    def zones(self, trial: str, column: str = "customers") -> dict[Zone, Any]:
        """Customers (or revenue) of the whole book per zone under one trial."""
        frame = self.frame("tried_zones")
        mine = frame[(frame["trial"] == trial) & (frame["dimension"] == "all")]
        found = dict(zip(values(mine["zone"]), values(mine[column]), strict=True))
        return {zone: found.get(zone.value, 0) for zone in Zone}

    @cached_property
    def trials(self) -> dict[str, SimpleNamespace]:
        """TRIED_LINES rows by name; `proposed` is there when a line is to move."""
        return {row.trial: row for row in self.rows("tried_lines")}

    @cached_property
    def proposals(self) -> dict[Axis, SimpleNamespace]:
        return {Axis(row.axis): row for row in self.rows("proposed_lines")}

    @property
    def moves(self) -> bool:
        """Whether a line is proposed to move."""
        return PROPOSED in self.trials

    @property
    def has_outcomes(self) -> bool:
        """Whether losses were enough to propose from."""
        return any(row.basis == "outcomes" for row in self.proposals.values())

    def load(self, trial: str) -> dict[str, SimpleNamespace]:
        """TRIED_LOAD rows of one trial by owner."""
        return {row.owner_id: row for row in self.rows("tried_load") if row.trial == trial}


def points(value: float) -> str:
    """A line or a score as people say it: `45`, `73.5`."""
    return formats.number(value, 0 if abs(value - formats.rounded(value)) < 0.05 else 1)


def step(shift: float) -> str:
    """`+2`, `−2.5`."""
    return formats.signed(shift, 0 if abs(shift - formats.rounded(shift)) < 0.05 else 1)
