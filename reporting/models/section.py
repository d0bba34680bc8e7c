"""View models of the sections of a Pack: team, trust, experience, and those of one business unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from reporting.models.insight import Stage, Theme
from reporting.values import Amount, Change, Direction, Mark, ZoneLine


@dataclass(frozen=True, slots=True)
class TeamLine:
    """What one person (with all below in the org chart) carries; customers are counted once per line."""

    person_id: str
    name: str
    role: str
    accounts: int
    critical: int
    revenue: Amount
    critical_revenue: Amount
    open_cases: int
    overdue_cases: int
    mean_loyalty: float | None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The check line: sum of parts − shared + unassigned = total."""

    parts_count: int
    shared_count: int
    unassigned_count: int
    total_count: int
    parts_revenue: Amount
    shared_revenue: Amount
    unassigned_revenue: Amount
    total_revenue: Amount
    unassigned: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Team:
    title: str
    lines: tuple[TeamLine, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class SourceLine:
    source: str
    table: str
    state: str
    is_good: bool
    age_text: str
    rows_in: int
    admitted: int
    set_aside: int
    unmatched: int
    message: str


@dataclass(frozen=True, slots=True)
class Trust:
    """Can these numbers be trusted? Sources, rows set aside, coverage; `short` fits in a header."""

    short: str
    is_good: bool
    sources: tuple[SourceLine, ...]
    sources_sentence: str
    rows_sentence: str
    coverage_sentence: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """A satisfaction figure with how many answers it rests on and its 95 % interval."""

    key: str
    label: str
    value: float | None
    text: str
    low: float | None
    high: float | None
    interval_text: str
    range_text: str
    n: int
    invited: int
    change: Change


@dataclass(frozen=True, slots=True)
class Verbatim:
    customer_id: str
    name: str
    said_on: date
    date_text: str
    text: str
    kind: str
    score_text: str
    direction: Direction
    language: str


@dataclass(frozen=True, slots=True)
class Experience:
    """What customers say, in figures, sentences and their own words (empty with a reason when not granted)."""

    metrics: tuple[Metric, ...]
    sentences: tuple[str, ...]
    verbatims: tuple[Verbatim, ...]
    verbatims_note: str
    themes: tuple[Theme, ...] = ()
    themes_note: str = ""
    stages: tuple[Stage, ...] = ()
    quality_note: str = ""


@dataclass(frozen=True, slots=True)
class DealLine:
    customer_id: str
    name: str
    mark: Mark
    deal: str
    kind: str
    stage: str
    amount: Amount
    due_on: date | None
    due_text: str
    is_late: bool
    owner: str
    page: str


@dataclass(frozen=True, slots=True)
class Renewals:
    """Renewals due in 90 days by zone, and open deals; late first, then by amount."""

    sentence: str
    by_zone: tuple[ZoneLine, ...]
    renewals: tuple[DealLine, ...]
    deals: tuple[DealLine, ...]
    deals_sentence: str
    late_count: int


@dataclass(frozen=True, slots=True)
class ProblemLine:
    customer_id: str
    name: str
    mark: Mark
    open_tickets: int
    severe_recent: int
    escalated: int
    oldest_days: int
    newest: str
    page: str


@dataclass(frozen=True, slots=True)
class Problems:
    """The backlog by customer, worst first."""

    sentence: str
    lines: tuple[ProblemLine, ...]
    open_count: int
    severe_count: int
    old_count: int


@dataclass(frozen=True, slots=True)
class ProjectLine:
    customer_id: str
    name: str
    mark: Mark
    project: str
    status: str
    planned_end_on: date | None
    planned_text: str
    late_days: int
    progress_text: str
    owner: str
    page: str


@dataclass(frozen=True, slots=True)
class Projects:
    sentence: str
    lines: tuple[ProjectLine, ...]
    running_count: int
    late_count: int


@dataclass(frozen=True, slots=True)
class ContactLine:
    """Whom to speak to next: the account, how long it was quiet, and what the next contact is about."""

    customer_id: str
    name: str
    mark: Mark
    last_on: date | None
    last_text: str
    silent_days: int | None
    next_text: str
    about: str
    person: str
    page: str
