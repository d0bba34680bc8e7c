"""What is held against what: measures, drivers of an answer, and declared links between measures."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.frames import Kind
from contracts.rules.rule import Positive, Rule, Share
from contracts.rules.signals import Filter
from contracts.tables import TABLES

Weeks = Annotated[int, Field(gt=0, le=260)]
_TIMES = (Kind.INSTANT, Kind.DAY)
_NUMBERS = (Kind.INTEGER, Kind.NUMBER, Kind.SHARE, Kind.MONEY)

LinkLevel = Literal["ticket", "project", "account", "agent", "team"]
Question = Literal["attitude_behaviour", "operational_goals", "financial_performance", "loyalty_spend"]


class Measure(Rule):
    """A number per row of a canonical table, and how rows of one unit and window become one.

    Attributes:
        time: the column that dates a row.
        column: what is measured; with `minus`, the days from that time column to this one.
        hit: what a `share` counts.
        scale: `log2`: each row by its binary logarithm; `growth`: the window after the cut against as long a window
            before it, in per cent (100 ln of the ratio).
        zero_is_observed: a unit without a row in the window has the value 0, not none.
        step, step_words: the natural unit in which a slope by this measure is told: "each extra hand-off".
        words: what a slope of this measure is counted in: "CSAT points".
        unit: of the values themselves: "hours".
        bad, good: what scores 0 and 100 as the performance of a driver.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: str
    table: str
    time: str
    aggregate: Literal["mean", "sum", "count", "share"] = "mean"
    column: str | None = None
    minus: str | None = None
    filter: list[Filter] = []
    hit: list[Filter] = []
    scale: Literal["linear", "log2", "growth"] = "linear"
    weeks: Weeks = 13
    zero_is_observed: bool = False
    step: Positive = 1.0
    step_words: str
    words: str
    unit: str = ""
    bad: float | None = None
    good: float | None = None

    @property
    def columns(self) -> frozenset[str]:
        """All columns of the table that the measure reads."""
        named = (self.time, self.column, self.minus, *(f.column for f in (*self.filter, *self.hit)))
        return frozenset(name for name in named if name)

    @model_validator(mode="after")
    def _fits_its_table(self) -> Self:
        if self.table not in TABLES:
            raise ValueError(
                f"measure '{self.id}': table must be one of {', '.join(sorted(TABLES))}; got '{self.table}'"
            )
        table = TABLES[self.table]
        for name in sorted(self.columns):
            if name not in table.by_name:
                allowed = ", ".join(sorted(table.by_name))
                raise ValueError(f"measure '{self.id}': {self.table} has no column '{name}'; it has {allowed}")
        if table.by_name[self.time].kind not in _TIMES:
            raise ValueError(f"measure '{self.id}': time must be a date or an instant; '{self.time}' is neither")
        self._counts_something()
        if self.bad is not None and self.bad == self.good:
            raise ValueError(f"measure '{self.id}': bad and good anchors are equal ({self.bad})")
        return self

    def _counts_something(self) -> None:
        kinds = {name: column.kind for name, column in TABLES[self.table].by_name.items()}
        if self.aggregate in ("mean", "sum"):
            wanted = _TIMES if self.minus else _NUMBERS
            if self.column is None or kinds[self.column] not in wanted:
                what = "a date with `minus`" if self.minus else "a number"
                raise ValueError(f"measure '{self.id}': aggregate '{self.aggregate}' needs a column that is {what}")
            if self.minus and kinds[self.minus] not in _TIMES:
                raise ValueError(f"measure '{self.id}': minus must be a date or an instant")
        if self.column and kinds[self.column] is Kind.MONEY and self.scale != "growth":
            raise ValueError(
                f"measure '{self.id}': amounts are in several currencies, so only their growth compares; "
                "scale must be 'growth'"
            )
        if self.aggregate == "share" and not self.hit:
            raise ValueError(f"measure '{self.id}': aggregate 'share' needs `hit`, the condition that counts")
        if self.scale == "growth" and self.aggregate != "sum":
            raise ValueError(f"measure '{self.id}': scale 'growth' compares sums; aggregate must be 'sum'")


class Hypothesis(Rule):
    """One declared link: more of `x` is followed by more (+1) or less (-1) of `y`.

    Attributes:
        lags: weeks between the end of x and the begin of y; the only ones that are tried.
        compare: `within`: each account (or team, agent) with itself at other times; `between`: different ones,
            with segment, size and region held fixed.
        unit: for teams, the column of the customer facts that names the team.
        hold: columns of the rows' own table that are held fixed too (levels ticket and project).
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    question: Question
    kind: Literal["financial", "operational", "constituency"]
    x: str
    y: str
    level: LinkLevel
    compare: Literal["within", "between"]
    sign: Literal[-1, 1]
    lags: Annotated[list[Annotated[int, Field(ge=0, le=104)]], Field(min_length=1)] = [0]
    unit: Literal["support_queue", "region", "product_line", "industry", "tier"] | None = None
    hold: list[str] = []
    owner: str
    action: str
    caveat: str = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.level == "team") != (self.unit is not None):
            raise ValueError(f"hypothesis '{self.id}': `unit` belongs to level 'team', and only to it")
        if self.level in ("ticket", "project") and self.lags != [0]:
            raise ValueError(f"hypothesis '{self.id}': a {self.level} is followed by its own answer: lags must be [0]")
        if len({*self.lags}) != len(self.lags):
            raise ValueError(f"hypothesis '{self.id}': a lag stands twice in {self.lags}")
        return self


class DriverRules(Rule):
    """Which measures may drive which answer, and when one is said to stand out.

    Attributes:
        outcome: the measure whose single answers are explained.
        themes: names of groups of measures; used when there are more than `most_alone` measures.
        cumulative_share: drivers are listed in order until they explain this much of what all explain.
        importance_line, performance_line: fixed cut lines of importance against performance.
        answers_per_driver: so many accounts must stand behind each driver that is named.
    """

    outcome: str | None = None
    measures: list[str] = []
    themes: dict[str, list[str]] = {}
    most_alone: Annotated[int, Field(ge=2, le=12)] = 12
    resamples: Annotated[int, Field(ge=100, le=10_000)] = 1000
    permutations: Annotated[int, Field(ge=20, le=2000)] = 200
    cumulative_share: Share = 0.8
    most: Annotated[int, Field(ge=1)] = 5
    answers_per_driver: Annotated[int, Field(ge=5)] = 10
    minimum_accounts: Annotated[int, Field(ge=10)] = 50
    minimum_coverage: Share = 0.6
    importance_line: Share = 0.15
    performance_line: Annotated[float, Field(ge=0, le=100)] = 50.0


class LinkageRules(Rule):
    """Drivers and declared links. `holdout_weeks`: the newest weeks, kept out of every estimate and used to check it;
    `holdout_p`: what the one-sided test there must reach; `false_share`: of proven links, how many may be luck.
    """

    measure: list[Measure] = []
    hypothesis: list[Hypothesis] = []
    drivers: DriverRules = DriverRules()
    every_weeks: Annotated[int, Field(ge=1)] = 13
    false_share: Share = 0.05
    holdout_weeks: Weeks = 26
    holdout_p: Share = 0.1
    minimum_units: Annotated[int, Field(ge=5)] = 10
    minimum_rows: Annotated[int, Field(ge=20)] = 40
    resamples: Annotated[int, Field(ge=100, le=10_000)] = 400

    def measured(self, measure_id: str) -> Measure:
        return next(measure for measure in self.measure if measure.id == measure_id)

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        known = [measure.id for measure in self.measure]
        drivers = self.drivers
        for name, ids in (("measure", known), ("hypothesis", [h.id for h in self.hypothesis])):
            twice = sorted({i for i in ids if ids.count(i) > 1})
            if twice:
                raise ValueError(f"{name}: id used twice: {', '.join(twice)}")
        asked = {f"hypothesis '{h.id}'": [h.x, h.y] for h in self.hypothesis}
        asked["drivers"] = [*([drivers.outcome] if drivers.outcome else []), *drivers.measures]
        asked["drivers, themes"] = [i for ids in drivers.themes.values() for i in ids]
        for where, ids in asked.items():
            unknown = sorted(set(ids) - set(known))
            if unknown:
                raise ValueError(f"{where}: unknown measure {', '.join(unknown)}; declared: {', '.join(sorted(known))}")
        for hypothesis in self.hypothesis:
            self._rows_fit(hypothesis)
        self._drivers_fit()
        return self

    def _rows_fit(self, hypothesis: Hypothesis) -> None:
        if hypothesis.level not in ("ticket", "project"):
            return
        table, x, y = f"{hypothesis.level}s", self.measured(hypothesis.x), self.measured(hypothesis.y)
        if x.table != table:
            raise ValueError(f"hypothesis '{hypothesis.id}': at level '{hypothesis.level}' x is a measure of {table}")
        if y.table not in (table, "surveys"):
            raise ValueError(f"hypothesis '{hypothesis.id}': y is a measure of {table} or of surveys; got {y.table}")
        unknown = sorted(set(hypothesis.hold) - set(TABLES[table].by_name))
        if unknown:
            raise ValueError(f"hypothesis '{hypothesis.id}': {table} has no column {', '.join(unknown)} to hold")

    def _drivers_fit(self) -> None:
        drivers = self.drivers
        for name in drivers.measures:
            measure = self.measured(name)
            if measure.bad is None or measure.good is None:
                raise ValueError(f"drivers: measure '{name}' needs `bad` and `good`, which its performance is told by")
            if measure.scale == "growth":
                raise ValueError(f"drivers: measure '{name}' is a growth, which has no level before an answer")
        if drivers.measures and drivers.outcome is None:
            raise ValueError("drivers: `outcome` names the answers that are explained")
        if len(drivers.measures) > drivers.most_alone:
            grouped = [i for ids in drivers.themes.values() for i in ids]
            if sorted(grouped) != sorted(drivers.measures) or len(drivers.themes) > drivers.most_alone:
                raise ValueError(
                    f"drivers: more than {drivers.most_alone} measures; put each into one of at most "
                    f"{drivers.most_alone} themes"
                )
