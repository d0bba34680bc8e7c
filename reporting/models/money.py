"""View models of money: revenue kept, what is due when, saved and lost, the forecast."""

from __future__ import annotations

from dataclasses import dataclass

from reporting.values import Amount, Direction, Mark


@dataclass(frozen=True, slots=True)
class Kept:
    """Gross or net revenue retention to date, against the year's target and the same day a year ago."""

    label: str
    value: float | None
    text: str
    target_text: str
    last_year_text: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Window:
    """Renewals due within so many days, by zone; windows are counted from today, so the longer hold the shorter."""

    label: str
    cells: tuple[tuple[int, Amount], ...]
    total_count: int
    total: Amount


@dataclass(frozen=True, slots=True)
class Named:
    """An account that was saved or lost this quarter."""

    customer_id: str
    name: str
    what: str
    date_text: str
    amount: Amount
    page: str


@dataclass(frozen=True, slots=True)
class Money:
    title: str
    kept: tuple[Kept, ...]
    kept_note: str
    value_sentence: str
    saved: tuple[Named, ...]
    saved_sentence: str
    lost: tuple[Named, ...]
    lost_sentence: str


@dataclass(frozen=True, slots=True)
class Windows:
    """Renewals due in 30, 60 and 90 days: one column per zone."""

    marks: tuple[Mark, ...]
    lines: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Quarter:
    """Open deals that are to close in one quarter: count, whole and weighted amount, and the weighted part per zone."""

    label: str
    deals: int
    amount: Amount
    weighted: Amount
    by_zone: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class Slipped:
    customer_id: str
    name: str
    mark: Mark
    deal: str
    stage: str
    amount: Amount
    was_due_text: str
    days: int
    owner: str
    page: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """The pipeline by quarter and zone, the part of it that stands on shaky ground, and deals that slipped."""

    sentence: str
    marks: tuple[Mark, ...]
    quarters: tuple[Quarter, ...]
    total: Quarter
    slipped: tuple[Slipped, ...]
    slipped_sentence: str
    note: str
