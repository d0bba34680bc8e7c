"""What is done when something happens: events, alerts, case templates, playbooks."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from contracts.rules.base import Positive, Rule, Share
from contracts.rules.signals import Filter
from contracts.tables import TABLES
from contracts.words import BusinessUnit, EventKind, Role, Zone


class EventRule(Rule):
    """Rows that are an event. `newer_than_days`: how far back a run looks; `within_days`: for dates ahead;
    `silent_days`: for silence, when the newest row of `table` and of every table in `also` is that old.
    """

    id: str
    kind: EventKind
    table: str
    filter: list[Filter] = []
    customer_filter: list[Filter] = []
    time_column: str
    is_hard: bool = False
    within_days: Annotated[int, Field(gt=0)] | None = None
    newer_than_days: Annotated[int, Field(gt=0)] = 7
    silent_days: Annotated[int, Field(gt=0)] | None = None
    also: dict[str, str] = {}
    headline: str
    quote_column: str | None = None

    @model_validator(mode="after")
    def _fits_its_table(self) -> Self:
        if self.table not in TABLES:
            raise ValueError(f"event '{self.id}': table must be one of {', '.join(sorted(TABLES))}; got '{self.table}'")
        for column in [self.time_column, *(f.column for f in self.filter)]:
            if column not in TABLES[self.table].by_name:
                raise ValueError(f"event '{self.id}': {self.table} has no column '{column}'")
        for table, column in self.also.items():
            if table not in TABLES or column not in TABLES[table].by_name:
                raise ValueError(f"event '{self.id}': also: no column '{column}' in a table '{table}'")
        if self.silent_days and self.within_days:
            raise ValueError(f"event '{self.id}': silent_days looks back, within_days ahead; give one of them")
        return self


class AlertRules(Rule):
    """Who is told at once: on entering Critical and on hard events."""

    roles: list[Role] = [Role.OWNER, Role.MEMBER]
    tell_bu_leads: bool = True
    event: list[EventRule] = []


class ClosureGoal(Rule):
    hours: Positive
    first_response_hours: Positive
    severity: str


class CaseTemplate(Rule):
    id: str
    title: str
    category: str
    on_zone: list[Zone] = []
    on_event: list[EventKind] = []
    owner_unit: BusinessUnit
    member_units: list[BusinessUnit] = []
    goals: dict[str, ClosureGoal]
    statuses: list[str] = ["open", "pending", "closed"]
    closed_statuses: list[str] = ["closed"]
    playbook: str | None = None

    @model_validator(mode="after")
    def _has_a_default_goal(self) -> Self:
        if "default" not in self.goals:
            raise ValueError(f"case template '{self.id}': goals need an entry 'default' for tiers not named")
        return self

    def goal_for(self, tier: str | None) -> ClosureGoal:
        return self.goals.get(tier or "default", self.goals["default"])


class PlaybookStep(Rule):
    action: str
    unit: BusinessUnit
    due_days: Annotated[int, Field(ge=0)]


class Playbook(Rule):
    """Suggested steps for a zone; with `signal` only where that signal is among the strongest reasons."""

    id: str
    name: str
    zones: list[Zone]
    signals: list[str] = []
    events: list[EventKind] = []
    tiers: list[str] = []
    steps: list[PlaybookStep]
    chance_to_help: Share
    owner: str
    review_by: date
