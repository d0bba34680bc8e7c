"""Alert templates: which answers, scores, moves and events are told to whom, and whether a case opens."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.results import CUSTOMER_FACTS, PLACEMENTS
from contracts.rules.cases import Partner
from contracts.rules.rule import Rule
from contracts.rules.signals import Filter
from contracts.tables import TABLES
from contracts.words import BusinessUnit, EventKind, Role, Zone

_PLACES = ("{contact}", "{caller}", "{day}")


class CustomerNote(Rule):
    """A note to the customer's contact who answered: off unless `is_on`, with an approved text and a cap.

    `text` holds {contact}, {caller} and {day}: "We read your answer; {caller} calls you by {day}." The day is
    `call_within_days` working days ahead; a contact gets at most so many notes `within_days` days.
    """

    is_on: bool = False
    subject: str
    text: str
    approved_by: str
    approved_on: date
    most_per_contact: Annotated[int, Field(ge=1)] = 1
    within_days: Annotated[int, Field(ge=1)] = 90
    call_within_days: Annotated[int, Field(ge=0)] = 1

    @model_validator(mode="after")
    def _says_who_and_when(self) -> Self:
        absent = [place for place in _PLACES if place not in self.text]
        if absent:
            raise ValueError(f"the note to a customer must hold {', '.join(absent)}")
        return self


class AlertTemplate(Rule):
    """One alert: what it watches, whom it tells, which case it opens. All conditions that are given must hold.

    What it watches is one of: `on_zone` (a change into these zones), `on_event` (kinds) or `on_rule` (ids of
    [[event]]), `answer` (a survey answer that fits these filters on `surveys`), or `scores` alone (filters on the
    placement, told once per stay in a zone). `scores` and `customer` (filters on the facts of the customer) also
    narrow the others, as `from_zone` narrows `on_zone`.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: str
    on_zone: list[Zone] = []
    from_zone: list[Zone] = []
    on_event: list[EventKind] = []
    on_rule: list[str] = []
    answer: list[Filter] = []
    scores: list[Filter] = []
    customer: list[Filter] = []
    headline: str = ""
    newer_than_days: Annotated[int, Field(gt=0)] = 7
    tell_roles: list[Role] = []
    tell_bu_leads: bool = False
    tell_units: list[BusinessUnit] = []
    tell_people: list[str] = []
    tell_partners: list[Partner] = []
    opens: str | None = None
    note: CustomerNote | None = None
    mode: Literal["alert", "notice"] = "alert"

    @model_validator(mode="after")
    def _watches_and_acts(self) -> Self:
        watched = [bool(self.on_zone), bool(self.on_event or self.on_rule), bool(self.answer)]
        if sum(watched) > 1 or not (any(watched) or self.scores):
            raise ValueError(f"alert '{self.id}': watch one of on_zone, on_event/on_rule, answer, or scores alone")
        if self.answer and not self.headline:
            raise ValueError(
                f"alert '{self.id}': an answer needs a headline, such as 'Upgrade not completed: {{question}}'"
            )
        for field, filters, known in (
            ("answer", self.answer, TABLES["surveys"].by_name),
            ("scores", self.scores, dict.fromkeys(PLACEMENTS.names)),
            ("customer", self.customer, dict.fromkeys(CUSTOMER_FACTS.names)),
        ):
            foreign = sorted({f.column for f in filters} - set(known))
            if foreign:
                raise ValueError(
                    f"alert '{self.id}': {field} has no column {', '.join(foreign)}; it has {', '.join(known)}"
                )
        told = self.tell_roles or self.tell_bu_leads or self.tell_units or self.tell_people or self.tell_partners
        if not (told or self.opens or self.note):
            raise ValueError(f"alert '{self.id}': it tells nobody and opens no case")
        return self
