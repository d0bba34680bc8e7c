"""The customer-experience programme: its practices, what share counts as done, what the company says of itself."""

from __future__ import annotations

from collections import Counter
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.rules.rule import Rule, Share


class Component(StrEnum):
    """The six components of a programme, in reading order."""

    STRATEGY = "strategy"
    GOVERNANCE = "governance"
    INTEGRATION = "business process integration"
    METHOD = "method"
    REPORTING = "reporting"
    RESEARCH = "research"


PRACTICES: dict[str, Component] = {
    "goals_set": Component.STRATEGY,
    "value_known": Component.STRATEGY,
    "links_judged": Component.STRATEGY,
    "changes_approved": Component.GOVERNANCE,
    "playbooks_reviewed": Component.GOVERNANCE,
    "accounts_owned": Component.GOVERNANCE,
    "alerts_acknowledged": Component.INTEGRATION,
    "cases_answered": Component.INTEGRATION,
    "cases_closed": Component.INTEGRATION,
    "sources_fresh": Component.METHOD,
    "rows_admitted": Component.METHOD,
    "customers_placed": Component.METHOD,
    "weeks_published": Component.REPORTING,
    "packs_delivered": Component.REPORTING,
    "workbooks_returned": Component.REPORTING,
    "surveys_sent": Component.RESEARCH,
    "customers_asked": Component.RESEARCH,
    "surveys_answered": Component.RESEARCH,
    "comments_read": Component.RESEARCH,
}
"""Every practice that the system's own records measure, and the component that it belongs to."""

GOALS: dict[str, float] = {
    "goals_set": 0.5,
    "value_known": 0.9,
    "links_judged": 0.8,
    "changes_approved": 1.0,
    "playbooks_reviewed": 1.0,
    "accounts_owned": 1.0,
    "alerts_acknowledged": 0.9,
    "cases_answered": 0.9,
    "cases_closed": 0.8,
    "sources_fresh": 0.95,
    "rows_admitted": 0.99,
    "customers_placed": 0.9,
    "weeks_published": 1.0,
    "packs_delivered": 0.98,
    "workbooks_returned": 0.3,
    "surveys_sent": 0.6,
    "customers_asked": 0.8,
    "surveys_answered": 0.2,
    "comments_read": 0.8,
}
"""From which share on a practice counts as done, unless programme.toml says another."""


class SelfRating(Rule):
    """What the company says of a practice: `none`, `partly` or `done`; by whom and when."""

    practice: str
    level: Literal["none", "partly", "done"]
    by: Annotated[str, Field(min_length=1)]
    on: date
    note: str = ""


class AdoptionRate(Rule):
    """How many leaders and laggards have a practice, from a study that the user names."""

    practice: str
    leaders: Share
    laggards: Share
    source: Annotated[str, Field(min_length=1)]


class ProgrammeRules(Rule):
    """`goal`: another share from which a practice counts as done; `quarters`: shown; `least`: observations in a
    quarter below which a share says nothing.
    """

    quarters: Annotated[int, Field(ge=2, le=12)] = 4
    least: Annotated[int, Field(ge=1)] = 5
    goal: dict[str, Share] = {}
    rating: tuple[SelfRating, ...] = ()
    adoption: tuple[AdoptionRate, ...] = ()

    def goal_of(self, practice: str) -> float:
        return self.goal.get(practice, GOALS[practice])

    @model_validator(mode="after")
    def _practices_are_known(self) -> Self:
        rated = [one.practice for one in self.rating]
        compared = [one.practice for one in self.adoption]
        unknown = sorted({*self.goal, *rated, *compared} - set(PRACTICES))
        if unknown:
            raise ValueError(f"unknown practice {', '.join(unknown)}; there are {', '.join(PRACTICES)}")
        for kind, names in (("rating", rated), ("adoption", compared)):
            twice = sorted(name for name, count in Counter(names).items() if count > 1)
            if twice:
                raise ValueError(f"[[{kind}]]: given twice for {', '.join(twice)}; keep one")
        return self
