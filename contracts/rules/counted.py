"""Events that only a count of many rows shows: a spike against what is usual, a slow drift."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.frames import Kind
from contracts.rules.rule import Positive, Rule
from contracts.rules.signals import Filter
from contracts.tables import TABLES
from contracts.words import EventKind

WEEKS = 40
"""Windows of seven days that are counted, the newest first; what is usual must fit into them."""

PLACES = ("count", "usual", "times", "weeks", "value", "q")
_PLACE = re.compile(r"\{([^{}]*)\}")
_NUMBERS = (Kind.NUMBER, Kind.INTEGER, Kind.SHARE, Kind.MONEY)


class CountedRule(Rule):
    """Rows of `table` that fit `filter`, in windows of seven days by `time_column`.

    With `per_install_base` a count is held against the systems installed in its week. `headline` may hold {count} (of
    the newest week, or of the weeks of a drift), {usual} (as many weeks as usual), {times}, {weeks}, {value} and {q}.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    table: str
    time_column: str
    filter: list[Filter] = []
    per_install_base: bool = False
    is_hard: bool = False
    headline: str

    @model_validator(mode="after")
    def _fits_its_table(self) -> Self:
        if self.table not in TABLES:
            raise ValueError(f"'{self.id}': table must be one of {', '.join(sorted(TABLES))}; got '{self.table}'")
        for column in [self.time_column, *(f.column for f in self.filter)]:
            if column not in TABLES[self.table].by_name:
                allowed = ", ".join(sorted(TABLES[self.table].by_name))
                raise ValueError(f"'{self.id}': {self.table} has no column '{column}'; it has {allowed}")
        foreign = sorted(set(_PLACE.findall(self.headline)) - set(PLACES))
        if foreign:
            raise ValueError(f"'{self.id}': headline may hold {{{'}, {'.join(PLACES)}}}; got {', '.join(foreign)}")
        return self


class SpikeRule(CountedRule):
    """More in the newest week than is usual for this customer; fewer than `minimum_count` is never a spike."""

    kind: EventKind = EventKind.SPIKE
    minimum_count: Annotated[int, Field(ge=1)] = 3


class DriftRule(CountedRule):
    """A slow change that lasts. `cusum`: counts that rise toward `times` what is usual. `ewma`: the weekly mean of
    `column` that moves away in `direction` by more than `tolerance`, in the unit of the column.
    """

    kind: EventKind = EventKind.DRIFT
    method: Literal["cusum", "ewma"]
    times: Annotated[float, Field(gt=1)] = 2.0
    column: str | None = None
    direction: Literal["up", "down"] = "up"
    smoothing: Annotated[float, Field(gt=0, le=1)] = 0.2
    tolerance: Annotated[float, Field(ge=0)] = 0.0
    least_weeks: Annotated[int, Field(ge=1)] = 3

    @model_validator(mode="after")
    def _has_what_its_method_needs(self) -> Self:
        if self.method == "ewma":
            columns = TABLES[self.table].by_name
            if self.column is None or self.column not in columns or columns[self.column].kind not in _NUMBERS:
                allowed = ", ".join(sorted(name for name, c in columns.items() if c.kind in _NUMBERS))
                raise ValueError(f"'{self.id}': ewma needs `column`, a number of {self.table}: {allowed}")
            if self.tolerance <= 0:
                raise ValueError(f"'{self.id}': ewma needs `tolerance` above 0, in the unit of {self.column}")
            if self.per_install_base:
                raise ValueError(f"'{self.id}': per_install_base is for counts; a mean is held against nothing")
        elif self.column is not None or self.direction == "down":
            raise ValueError(f"'{self.id}': cusum counts rows that rise; it takes no `column` and no other direction")
        return self


class CountedRules(Rule):
    """How counts are judged, over the whole book at once.

    false_share: of the events told so, at most this share is chance (Benjamini-Hochberg over all rules and customers).
    baseline_weeks: what is usual, `watched_weeks`: where a drift is looked for; newest first, one after the other for
    a drift of a mean. season_weeks: the book's own level of late, by which what is usual rises and falls.
    least_weeks: of record before a customer is judged. overdispersion: variance/mean above which counts come in
    clusters. An episode is left when p stands above `leave_above` for `rearm_weeks` runs in a row; until then it is
    one event. quiet_years: a steady account alone crosses the line of a drift once in so many years.
    """

    false_share: Annotated[float, Field(gt=0, lt=1)] = 0.1
    baseline_weeks: Annotated[int, Field(ge=4)] = 26
    watched_weeks: Annotated[int, Field(ge=3)] = 13
    season_weeks: Annotated[int, Field(ge=1)] = 4
    least_weeks: Annotated[int, Field(ge=2)] = 8
    overdispersion: Annotated[float, Field(gt=1)] = 1.5
    leave_above: Annotated[float, Field(gt=0, lt=1)] = 0.05
    rearm_weeks: Annotated[int, Field(ge=1)] = 2
    quiet_years: Positive = 5.0
    spike: list[SpikeRule] = []
    drift: list[DriftRule] = []

    @property
    def rules(self) -> list[SpikeRule | DriftRule]:
        return [*self.spike, *self.drift]

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        ids = [rule.id for rule in self.rules]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"counted: id used twice: {', '.join(twice)}")
        if self.baseline_weeks + self.watched_weeks >= WEEKS:
            raise ValueError(f"counted: baseline_weeks + watched_weeks must stay below {WEEKS}")
        if max(self.season_weeks, self.least_weeks) > self.baseline_weeks:
            raise ValueError("counted: season_weeks and least_weeks must not exceed baseline_weeks")
        return self
