"""The frozen view model of a Pack: ready values, so that a template only places them.

Values that a reader compares come twice: typed (for the workbook, for sorting) and as text (as said in
HTML, PDF and mail). What an audience may not see is None in the typed field and says so in the text.
All tuples are in the order in which they are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from contracts.words import BusinessUnit, Level, PlacementState
from reporting.section_models import (
    ContactLine,
    DealLine,
    Experience,
    Metric,
    ProblemLine,
    Problems,
    ProjectLine,
    Projects,
    Reconciliation,
    Renewals,
    SourceLine,
    Team,
    TeamLine,
    Trust,
    Verbatim,
)
from reporting.values import Amount, Change, Direction, Mark, ZoneLine

__all__ = [
    "AccountRow",
    "Accounts",
    "ActionLine",
    "Amount",
    "CaseLine",
    "Cases",
    "Cell",
    "Change",
    "ContactLine",
    "Corner",
    "DealLine",
    "Direction",
    "Experience",
    "Footer",
    "Grid",
    "Mark",
    "Matrix",
    "MatrixRow",
    "Metric",
    "Move",
    "PackView",
    "Point",
    "ProblemLine",
    "Problems",
    "ProjectLine",
    "Projects",
    "Reconciliation",
    "Renewals",
    "SinceLine",
    "SourceLine",
    "Team",
    "TeamLine",
    "Tile",
    "Trend",
    "Trust",
    "Verbatim",
    "ZoneLine",
]


@dataclass(frozen=True, slots=True)
class Point:
    """One customer on the grid; `before_*` only for movers."""

    customer_id: str
    name: str
    loyalty: float
    retention: float
    revenue: float | None
    mark: Mark
    before_loyalty: float | None = None
    before_retention: float | None = None
    label: str = ""
    note: str = ""
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """The loyalty x retention plane: lines, dead-band, every placed customer, and the sentence it says."""

    title: str
    finding: str
    loyalty_line: float
    retention_line: float
    dead_band: float
    corners: tuple[Corner, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Corner:
    """A zone as a corner of the grid with what it holds."""

    mark: Mark
    is_high_loyalty: bool
    is_high_retention: bool
    text: str


@dataclass(frozen=True, slots=True)
class Trend:
    """Weekly values for a sparkline, oldest first; None where the week has none. Band = normal noise."""

    values: tuple[float | None, ...]
    low: float | None
    high: float | None
    first_week: str
    last_week: str
    is_worse_up: bool
    is_outside: bool
    finding: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of the first screen with its change, noise and trend."""

    key: str
    label: str
    value: str
    unit: str
    change: Change
    note: str
    trend: Trend | None = None
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the transition matrix; `kind` says whether such a move is good, bad, none or outside the zones."""

    count: int
    revenue: Amount
    kind: Literal["stayed", "better", "worse", "other", "total"]
    text: str


@dataclass(frozen=True, slots=True)
class MatrixRow:
    mark: Mark
    cells: tuple[Cell, ...]
    total: Cell


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows: last week; columns: this week. Rows sum to last week, columns to this week.

    `x` as a row: not there last week; `l` as a column: left. Such rows and columns stand only when used.
    """

    columns: tuple[Mark, ...]
    rows: tuple[MatrixRow, ...]
    totals: tuple[Cell, ...]
    grand_total: Cell
    finding: str


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


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One line of the account table, in order of priority (`rank` from 1)."""

    rank: int
    customer_id: str
    name: str
    subtitle: str
    tier: str
    region: str
    country: str
    status: str
    state: PlacementState
    mark: Mark
    before: Mark | None
    direction: Direction
    loyalty: float | None
    retention: float | None
    loyalty_change: Change
    retention_change: Change
    coverage_share: float
    is_borderline: bool
    revenue: Amount
    revenue_share: float
    renewal_on: date | None
    renewal_text: str
    owner_id: str | None
    owner: str
    case_id: str
    case_text: str
    case_state: Literal["none", "open", "due_soon", "overdue", "closed"]
    next_action: str
    page: str


@dataclass(frozen=True, slots=True)
class Accounts:
    """At most `limit` rows by priority, and the totals of the rest, said."""

    rows: tuple[AccountRow, ...]
    total_count: int
    total_revenue: Amount
    rest_count: int
    rest_revenue: Amount
    rest_sentence: str
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SinceLine:
    """One line of `since your last pack`: a count, what it counts, and a figure beside it."""

    count: int
    text: str
    aside: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Footer:
    """What stands on every page: for whom, by what rule, from what data, under which policy, by which run."""

    audience: str
    rule: str
    week: str
    as_of_text: str
    policy: str
    lines_text: str
    run_name: str
    organization: str
    check_line: str


@dataclass(frozen=True, slots=True)
class PackView:
    """All that one audience gets for one week. `main` and `aside` name the sections in reading order."""

    audience_id: str
    disclosure: str
    title: str
    level: Level
    unit: BusinessUnit | None
    language: str
    week: str
    week_days: str
    as_of: datetime
    as_of_text: str
    currency: str
    organization: str
    previous_week: str | None
    is_baseline: bool
    headline: str
    standfirst: str
    since_title: str
    since: tuple[SinceLine, ...]
    tiles: tuple[Tile, ...]
    zones: tuple[ZoneLine, ...]
    matrix: Matrix | None
    grid: Grid
    moves: tuple[Move, ...]
    other_moves: tuple[Move, ...]
    moves_sentences: tuple[str, ...]
    actions: tuple[ActionLine, ...]
    plan: tuple[ActionLine, ...]
    actions_title: str
    accounts: Accounts
    cases: Cases
    team: Team
    experience: Experience
    renewals: Renewals
    problems: Problems
    projects: Projects
    contacts: tuple[ContactLine, ...]
    trust: Trust
    reconciliation: Reconciliation
    notes: tuple[str, ...]
    main: tuple[str, ...]
    aside: tuple[str, ...]
    footer: Footer
    shows_money: bool
    account_pages: tuple[str, ...]
    case_statuses: tuple[str, ...] = ("open", "pending", "closed")
