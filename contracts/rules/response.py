"""What counts as an event, and who is told at once."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from contracts.rules.alerts import AlertTemplate
from contracts.rules.counted import CountedRules
from contracts.rules.rule import Rule
from contracts.rules.signals import Filter
from contracts.rules.suppression import SuppressionRules
from contracts.tables import TABLES
from contracts.words import EventKind, Role


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
    """Who is told at once: on entering Critical and on hard events (`roles`, `tell_bu_leads`), and by `template`.

    `answer_within_hours`: an alert that opens no case must be acknowledged within so many working hours, or goes to
    the next level once; None: nobody waits for an answer.
    """

    answer_within_hours: Annotated[float, Field(gt=0)] | None = None
    roles: list[Role] = [Role.OWNER, Role.MEMBER]
    tell_bu_leads: bool = True
    event: list[EventRule] = []
    template: list[AlertTemplate] = []
    counted: CountedRules = CountedRules()
    suppression: SuppressionRules = SuppressionRules()

    @property
    def watched(self) -> list[EventRule]:
        """The rules of all events: those written as such, and one per template that watches survey answers."""
        return [*self.event, *(_answer_rule(template) for template in self.template if template.answer)]

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        ids = [*(rule.id for rule in self.event), *(template.id for template in self.template)]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"events and alert templates: id used twice: {', '.join(twice)}")
        known = {rule.id for rule in self.event}
        for template in self.template:
            foreign = sorted(set(template.on_rule) - known)
            if foreign:
                listed = ", ".join(sorted(known))
                raise ValueError(f"alert '{template.id}': on_rule must be one of {listed}; got {', '.join(foreign)}")
        return self


def _answer_rule(template: AlertTemplate) -> EventRule:
    return EventRule(
        id=template.id,
        kind=EventKind.RESPONSE,
        table="surveys",
        filter=template.answer,
        time_column="answered_at",
        newer_than_days=template.newer_than_days,
        headline=template.headline,
        quote_column="comment",
    )
