"""View models of what explains the figures: themes, the cycle, drivers, links, KPIs, regions, families, follow-up."""

from __future__ import annotations

from dataclasses import dataclass

from reporting.values import Amount, Direction, Mark


@dataclass(frozen=True, slots=True)
class Quote:
    """One clause a customer said or wrote about an aspect."""

    customer_id: str
    name: str
    date_text: str
    text: str
    direction: Direction
    page: str


@dataclass(frozen=True, slots=True)
class Theme:
    """An aspect that is spoken of more or less than before; `direction` is what the feeling with it is."""

    aspect: str
    moved: str
    share_text: str
    before_text: str
    change_text: str
    direction: Direction
    feeling: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the cycle (sales, implementation, support): how much of what is said of it is bad."""

    name: str
    remarks: int
    accounts: int
    bad_text: str
    range_text: str
    worst: str
    is_worst: bool


@dataclass(frozen=True, slots=True)
class DriverLine:
    name: str
    share: float | None
    low: float | None
    high: float | None
    share_text: str
    range_text: str
    verdict: str
    is_proven: bool
    performance: float | None
    performance_text: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Drivers:
    """What goes with the answers, over the whole book; not proven ones stay in the list and say so."""

    title: str
    lines: tuple[DriverLine, ...]
    note: str


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One of the named questions of linkage with its verdict."""

    question: str
    verdict: str
    is_proven: bool
    n_text: str
    sentence: str
    goal: str


@dataclass(frozen=True, slots=True)
class KpiLine:
    """One own KPI: where it stands, its goal, and what one natural unit more is worth in lifetime value."""

    signal_id: str
    name: str
    now_text: str
    accounts: int
    goal_text: str
    state: str
    direction: Direction
    step_text: str
    worth: Amount
    worth_text: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Kpis:
    title: str
    lines: tuple[KpiLine, ...]
    note: str


@dataclass(frozen=True, slots=True)
class RegionLine:
    region: str
    accounts: int
    critical: int
    fell: int
    revenue: Amount
    critical_revenue: Amount
    mean_loyalty: float | None
    mean_retention: float | None
    overdue: int


@dataclass(frozen=True, slots=True)
class Regions:
    sentence: str
    lines: tuple[RegionLine, ...]


@dataclass(frozen=True, slots=True)
class FamilyLine:
    """A parent account: its own place, and beside it what its whole family says."""

    customer_id: str
    name: str
    own: Mark
    rolled: Mark
    own_text: str
    rolled_text: str
    accounts: int
    revenue: Amount
    rule: str
    page: str


@dataclass(frozen=True, slots=True)
class Programme:
    """What follow-up did in thirteen weeks, in counts; what is not measured is said."""

    sentence: str
    rows: tuple[tuple[str, str], ...]
    note: str
