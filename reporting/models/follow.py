"""View models of what happened to accounts and what is done about it: moves, suggested steps, cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from reporting.values import NOTHING, Amount, Change, Direction, Mark


@dataclass(frozen=True, slots=True)
class Move:
    """A customer that changed zone (or was first placed, left, returned), with why in words."""

    customer_id: str
    name: str
    before: Mark
    after: Mark
    direction: Direction
    kind: str
    cause: str
    is_borderline: bool
    revenue: Amount
    loyalty: Change
    retention: Change
    why: str
    page: str


@dataclass(frozen=True, slots=True)
class ActionLine:
    """One suggested step: what, why, who, by when. `why` is about the customer; `action` starts with a verb."""

    action_id: str
    rank: int
    customer_id: str
    name: str
    revenue: Amount
    before: Mark | None
    mark: Mark
    why: str
    action: str
    owner_id: str | None
    owner: str
    unit: str
    due_on: date | None
    due_text: str
    is_late: bool
    status: str
    priority: Amount
    playbook: str
    page: str
    at_risk: Amount = NOTHING
    chance_text: str = ""
    playbook_name: str = ""


@dataclass(frozen=True, slots=True)
class CaseLine:
    case_id: str
    row_version: int
    customer_id: str
    name: str
    mark: Mark
    title: str
    category: str
    severity: str
    status: str
    is_open: bool
    owner_id: str | None
    owner: str
    opened_at: datetime
    opened_text: str
    age_days: int
    due_at: datetime | None
    due_text: str
    is_overdue: bool
    overdue_days: int
    closed_at: datetime | None
    escalation_step: int
    outcome: str
    note: str
    page: str
    acknowledged_text: str = ""


@dataclass(frozen=True, slots=True)
class Cases:
    """Open and recently closed follow-ups; `sentence` says the state, `owner_sentence` where the overdue ones sit."""

    open: tuple[CaseLine, ...]
    overdue: tuple[CaseLine, ...]
    closed_this_week: tuple[CaseLine, ...]
    opened_this_week_count: int
    median_close_days: float | None
    sentence: str
    owner_sentence: str
