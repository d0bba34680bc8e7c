"""View models of what is drawn: tiles with their trend, the grid, the transition matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from contracts.words import Zone
from reporting.values import Amount, Change, Mark


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
    retention_title: str = "Retention, 0–100"
    retention_band: float | None = None

    @property
    def retention_half(self) -> float:
        """Half the dead-band around the retention line."""
        return self.dead_band if self.retention_band is None else self.retention_band


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
class Flow:
    """Customers by zone and week, and how many went from zone to zone between one week and the next.

    `counts` has one mapping per week of `weeks`, `moves` one per step between them (one fewer).
    """

    weeks: tuple[str, ...]
    counts: tuple[Mapping[Zone, int], ...]
    moves: tuple[Mapping[tuple[Zone, Zone], int], ...]
    finding: str


@dataclass(frozen=True, slots=True)
class Passed:
    """An account that came into Critical or went out of it; `text` says what it is worth or where it went."""

    customer_id: str
    name: str
    text: str
    page: str


@dataclass(frozen=True, slots=True)
class LongRun:
    """A quarter of a year instead of a week: how zones filled and emptied, and where accounts stood at its start."""

    title: str
    flow: Flow
    matrix: Matrix
    came: tuple[Passed, ...]
    went: tuple[Passed, ...]
    note: str
