"""The frozen view model of one account page (360 degrees); same rules as reporting/models/pack.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from reporting.models.pack import ActionLine, Amount, CaseLine, Change, Direction, Footer, Mark, Point, Verbatim


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of a waterfall. `change` is exact; `text` is rounded so that the shown steps sum to the shown change."""

    signal_id: str
    label: str
    change: float
    text: str
    starts_at: float
    ends_at: float
    direction: Direction


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Why a score is what it is: from `start` through `steps` to `end`; sum of changes = end − start (< 1e-9).

    `kinds`: what the change is due to, in words and points that sum to the printed change.
    `is_change` False: no earlier week, so the steps lead from the typical account to this one.
    """

    axis: str
    axis_label: str
    title: str
    subtitle: str
    start_label: str
    end_label: str
    start: float
    end: float
    start_text: str
    end_text: str
    line: float
    line_label: str
    steps: tuple[Step, ...]
    mark: Mark
    is_change: bool
    finding: str
    kinds: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SignalLine:
    """One measured fact: what, its value and the one before, how it scores, and its share of the axis."""

    signal_id: str
    name: str
    axis: str
    tier: str
    value_text: str
    before_text: str
    score: float | None
    score_text: str
    weight_text: str
    contribution_text: str
    direction: Direction
    is_measured: bool


@dataclass(frozen=True, slots=True)
class Band:
    """A stay in one zone on the timeline, in week indexes of the timeline (end exclusive)."""

    mark: Mark
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Dot:
    """Something dated on the timeline: `at` in weeks from its start (fractions are days)."""

    at: float
    text: str
    kind: str
    direction: Direction = "same"


@dataclass(frozen=True, slots=True)
class Timeline:
    """Two years in weeks, oldest first; each lane may be empty."""

    title: str
    first_week: str
    last_week: str
    weeks: int
    quarters: tuple[tuple[float, str], ...]
    bands: tuple[Band, ...]
    tickets: tuple[int, ...]
    severe: tuple[float, ...]
    severe_note: str
    surveys: tuple[Dot, ...]
    survey_label: str
    deals: tuple[Dot, ...]
    installs: tuple[Dot, ...]
    finding: str


@dataclass(frozen=True, slots=True)
class Problem:
    on: date
    date_text: str
    severity: int | None
    severity_text: str
    text: str
    state_text: str
    is_open: bool
    ticket_id: str


@dataclass(frozen=True, slots=True)
class Asset:
    product: str
    site: str
    quantity_text: str
    support_ends_on: date | None
    support_text: str
    state: Literal["ended", "soon", "later", "unknown"]


@dataclass(frozen=True, slots=True)
class Deal:
    name: str
    kind: str
    state_text: str
    amount: Amount
    close_on: date | None
    close_text: str
    is_open: bool
    is_late: bool


@dataclass(frozen=True, slots=True)
class Project:
    name: str
    status: str
    planned_end_on: date | None
    planned_text: str
    progress_text: str
    late_days: int


@dataclass(frozen=True, slots=True)
class Feedback:
    given_on: date
    date_text: str
    author: str
    text: str
    rating_text: str


@dataclass(frozen=True, slots=True)
class EventLine:
    on: date
    date_text: str
    headline: str
    quote: str


@dataclass(frozen=True, slots=True)
class AspectMark:
    aspect: str
    feeling: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Said:
    """One text of the customer with the score given beside it, its feeling, and the aspects it speaks of."""

    date_text: str
    source: str
    score_text: str
    text: str
    language: str
    feeling: str
    direction: Direction
    aspects: tuple[AspectMark, ...]


@dataclass(frozen=True, slots=True)
class Worth:
    """What the account is expected to bring; `interval_text` is empty and `note` says why when it is not known."""

    label: str
    text: str
    interval_text: str
    note: str


@dataclass(frozen=True, slots=True)
class AccountView:
    """Everything one audience may see of one customer in one week.

    A `*_note` is the one grey sentence that stands where a section has no rows: nothing there, or not granted.
    """

    audience_id: str
    disclosure: str
    audience_title: str
    language: str
    week: str
    week_days: str
    as_of: datetime
    as_of_text: str
    organization: str
    currency: str
    customer_id: str
    name: str
    identity: str
    status: str
    mark: Mark
    before: Mark | None
    is_borderline: bool
    zone_sentence: str
    summary: tuple[str, ...]
    loyalty: float | None
    retention: float | None
    loyalty_change: Change
    retention_change: Change
    loyalty_interval: str
    retention_interval: str
    revenue: Amount
    renewal_text: str
    owners: tuple[tuple[str, str], ...]
    waterfalls: tuple[Waterfall, ...]
    waterfall_note: str
    signals: tuple[SignalLine, ...]
    coverage_text: str
    missing_signals: tuple[str, ...]
    trail: tuple[Point, ...]
    loyalty_line: float
    retention_line: float
    critical_is_low_left: bool
    trail_finding: str
    timeline: Timeline
    problems: tuple[Problem, ...]
    problems_note: str
    assets: tuple[Asset, ...]
    assets_note: str
    deals: tuple[Deal, ...]
    deals_note: str
    projects: tuple[Project, ...]
    projects_note: str
    verbatims: tuple[Verbatim, ...]
    verbatims_note: str
    feedback: tuple[Feedback, ...]
    feedback_note: str
    events: tuple[EventLine, ...]
    actions: tuple[ActionLine, ...]
    actions_note: str
    cases: tuple[CaseLine, ...]
    cases_note: str
    trust_sentence: str
    page: str
    footer: Footer
    worth: Worth
    foretold: str
    family: str
    said: tuple[Said, ...]
    said_note: str
    calls_sentence: str
