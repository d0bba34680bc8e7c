"""The frozen view model of a Pack: ready values, so that a template only places them.

Values that a reader compares come twice: typed (for the workbook, for sorting) and as text (as said in
HTML, PDF and mail). What an audience may not see is None in the typed field and says so in the text.
All tuples are in the order in which they are read. Parts have their models in the modules beside this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from contracts.words import BusinessUnit, Level, PlacementState
from reporting.models.follow import ActionLine, CaseLine, Cases, Move
from reporting.models.insight import AnswerLine, Drivers, FamilyLine, Kpis, Programme, Regions
from reporting.models.money import Forecast, Money, Windows
from reporting.models.picture import Cell, Corner, Grid, LongRun, Matrix, MatrixRow, Point, Tile, Trend
from reporting.models.section import (
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
    "AnswerLine",
    "CaseLine",
    "Cases",
    "Cell",
    "Change",
    "ContactLine",
    "Corner",
    "DealLine",
    "Direction",
    "Drivers",
    "Experience",
    "FamilyLine",
    "Footer",
    "Forecast",
    "Grid",
    "Kpis",
    "Mark",
    "Matrix",
    "MatrixRow",
    "Metric",
    "Money",
    "Move",
    "Opening",
    "PackView",
    "Point",
    "ProblemLine",
    "Problems",
    "Programme",
    "ProjectLine",
    "Projects",
    "Reconciliation",
    "Regions",
    "Renewals",
    "SinceLine",
    "SourceLine",
    "Team",
    "TeamLine",
    "Tile",
    "Trend",
    "Trust",
    "Verbatim",
    "Windows",
    "ZoneLine",
]


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
class Opening:
    """The first screen: what changed since the audience's last pack, what it costs, what to do first."""

    changed: tuple[SinceLine, ...]
    apart: tuple[str, ...]
    costs: tuple[str, ...]
    first: tuple[ActionLine, ...]


@dataclass(frozen=True, slots=True)
class PackView:
    """All that one audience gets for one week. `main` and `aside` name the sections in reading order.

    A part that is None has no section in this view.
    """

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
    opening: Opening
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
    windows: Windows
    money: Money | None
    forecast: Forecast | None
    kpis: Kpis | None
    regions: Regions | None
    drivers: Drivers | None
    answers: tuple[AnswerLine, ...]
    families: tuple[FamilyLine, ...]
    programme: Programme | None
    trust: Trust
    reconciliation: Reconciliation
    notes: tuple[str, ...]
    main: tuple[str, ...]
    aside: tuple[str, ...]
    footer: Footer
    shows_money: bool
    account_pages: tuple[str, ...]
    case_statuses: tuple[str, ...] = ("open", "pending", "closed")
    long_run: LongRun | None = None
