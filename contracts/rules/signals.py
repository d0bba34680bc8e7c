"""What is measured: filters and signals, compiled to parameterised SQL."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.rules.base import Positive, Rule
from contracts.tables import TABLES
from contracts.words import Axis, KpiTier


class Filter(Rule):
    """One structured condition; compiled to parameterised SQL, never to code."""

    column: str
    op: Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in", "is null", "is not null"]
    value: str | int | float | bool | list[str | int | float] | None = None


Aggregate = Literal[
    "count",
    "sum",
    "mean",
    "median",
    "min",
    "max",
    "share",
    "latest",
    "distinct_count",
    "days_since_last",
    "days_until_next",
    "trend",
    "nps",
    "top_box_share",
]


class SignalRule(Rule):
    """One measured fact per customer. `hit` is the condition of a `share`; `per` divides by another table's
    row count (rates, not totals); `zero_is_observed`: no row means 0 when the source is fresh.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: str
    table: str
    aggregate: Aggregate
    column: str | None = None
    filter: list[Filter] = []
    hit: list[Filter] = []
    time_column: str | None = None
    window_days: Annotated[int, Field(gt=0)] | None = None
    half_life_days: Positive | None = None
    per: str | None = None
    bad: float
    good: float
    weight: Annotated[float, Field(ge=0)]
    axis: Axis
    tier: KpiTier
    unit: str
    zero_is_observed: bool = False
    minimum_n: Annotated[int, Field(ge=1)] = 1
    sentence: str = ""
    about: str = ""
    citation: str = ""

    @model_validator(mode="after")
    def _fits_its_table(self) -> Self:
        if self.table not in TABLES:
            raise ValueError(
                f"signal '{self.id}': table must be one of {', '.join(sorted(TABLES))}; got '{self.table}'"
            )
        table = TABLES[self.table]
        named = [self.column, self.time_column, *(f.column for f in (*self.filter, *self.hit))]
        for column in [name for name in named if name]:
            if column not in table.by_name:
                allowed = ", ".join(sorted(table.by_name))
                raise ValueError(f"signal '{self.id}': {self.table} has no column '{column}'; it has {allowed}")
        needs_column = {"sum", "mean", "median", "min", "max", "latest", "distinct_count", "nps", "top_box_share"}
        if self.aggregate in needs_column and not self.column:
            raise ValueError(f"signal '{self.id}': aggregate '{self.aggregate}' needs a column")
        if self.aggregate == "share" and not self.hit:
            raise ValueError(f"signal '{self.id}': aggregate 'share' needs `hit`, the condition that counts")
        if self.bad == self.good:
            raise ValueError(f"signal '{self.id}': bad and good anchors are equal ({self.bad})")
        if self.per and self.per not in TABLES:
            raise ValueError(f"signal '{self.id}': per must be a table, got '{self.per}'")
        return self
