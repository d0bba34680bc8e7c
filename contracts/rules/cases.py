"""Cases: templates with team, goals and statuses, and the rules that hold for all of them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.rules.rule import Positive, Rule
from contracts.rules.signals import Filter
from contracts.words import BusinessUnit, EventKind, Zone

CaseChange = Literal["opened", "assigned", "edited", "closed", "reopened", "escalated", "unanswered"]
TeamPart = Literal["owner", "managers", "members", "partners"]
SeatRole = Literal["manager", "member"]
SegmentColumn = Literal["product_line", "region", "tier", "country", "industry", "support_queue"]


class ClosureGoal(Rule):
    """By when a case of one tier should be closed: in `hours`, or in working `days` of its calendar.

    `counts`: "working" hours are those of the calendar; "elapsed" hours run through nights, weekends and holidays
    (a due time outside working time moves to the next opening). The first response is measured like the hours.
    """

    hours: Positive | None = None
    days: Annotated[int, Field(gt=0)] | None = None
    first_response_hours: Positive
    severity: str
    counts: Literal["working", "elapsed"] = "working"

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if (self.hours is None) == (self.days is None):
            raise ValueError("a closure goal needs either hours or days")
        return self


class Partner(Rule):
    """Somebody outside our staff who works on a case; mailed only where audiences.toml allows the domain."""

    name: str
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class TeamSeat(Rule):
    """A seat of a case team: a department, and who sits there: the customer's owner in a business unit, a person
    by id, or a partner. A case manager may close the case; a member works on it.
    """

    department: str
    role: SeatRole = "member"
    unit: BusinessUnit | None = None
    person: str | None = None
    partner: Partner | None = None

    @model_validator(mode="after")
    def _one_occupant(self) -> Self:
        if sum(value is not None for value in (self.unit, self.person, self.partner)) != 1:
            raise ValueError(f"seat '{self.department}': give one of unit, person, partner")
        return self


class FindingTrigger(Rule):
    """A metric of a segment that left its range opens a strategic case; no `segments`: those of any."""

    metric: str
    segments: list[str] = []


class CaseTemplate(Rule):
    """What opens a case, who works on it, by when it should be closed, and who is mailed of which change.

    A case opens on a change into `on_zone`, an event whose kind is in `on_event` or whose [[event]] id is in
    `on_rule`, a finding of `on_finding`, or an alert template that names this one. With `segment`, there is one
    case per value of that column of the customer instead of one per customer; it has a team of departments.
    `quiet_weeks`: how long after closing a finding may not open the case again.
    """

    id: str
    title: str
    category: str
    on_zone: list[Zone] = []
    on_event: list[EventKind] = []
    on_rule: list[str] = []
    on_finding: list[FindingTrigger] = []
    customer_filter: list[Filter] = []
    segment: SegmentColumn | None = None
    owner_unit: BusinessUnit | None = None
    member_units: list[BusinessUnit] = []
    team: list[TeamSeat] = []
    goals: dict[str, ClosureGoal]
    calendar: str = "default"
    statuses: list[str] = ["open", "pending", "closed"]
    closed_statuses: list[str] = ["closed"]
    playbook: str | None = None
    tells: dict[CaseChange, list[TeamPart]] = {}
    quiet_weeks: Annotated[int, Field(ge=0)] = 4

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if "default" not in self.goals:
            raise ValueError(f"case template '{self.id}': goals need an entry 'default' for tiers not named")
        if self.owner_unit is None and not any(seat.role == "manager" for seat in self.team):
            raise ValueError(
                f"case template '{self.id}': name an owner_unit, or a seat of the team with role 'manager'"
            )
        foreign = sorted(set(self.closed_statuses) - set(self.statuses))
        if foreign:
            raise ValueError(f"case template '{self.id}': closed_statuses {', '.join(foreign)} are not among statuses")
        if not set(self.statuses) - set(self.closed_statuses):
            raise ValueError(f"case template '{self.id}': no status is left for an open case")
        if self.segment and any(seat.unit for seat in self.team):
            raise ValueError(f"case template '{self.id}': a segment has no account team; seats name person or partner")
        return self

    @property
    def first_status(self) -> str:
        """The status in which a case opens."""
        return next(status for status in self.statuses if status not in self.closed_statuses)

    def goal_for(self, tier: str | None) -> ClosureGoal:
        return self.goals.get(tier or "default", self.goals["default"])


class CaseRules(Rule):
    """What holds for every case.

    `new_per_owner_and_week`: so many new cases per owner and ISO week, the rest are listed until there is room;
    None: no limit. `escalate_after_hours`: working hours after the closure goal, then after each earlier step, at
    which a case goes one level further up. `close_after_weeks`: propose closing when the customer has been out of
    Critical so long. `ask_feedback_after_days`: what an account team said of its account is asked again after so long.
    """

    new_per_owner_and_week: Annotated[int, Field(ge=1)] | None = None
    escalate_after_hours: list[Annotated[float, Field(ge=0)]] = [0.0]
    close_after_weeks: Annotated[int, Field(ge=1)] = 4
    ask_feedback_after_days: Annotated[int, Field(ge=1)] = 90
