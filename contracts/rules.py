"""What the business decided, as frozen models. `config/` parses TOML into them; no number lives in code.

Every model forbids unknown keys, so that a misspelt key is an error with its place, not silence.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.ids import canonical_json, sha256
from contracts.tables import TABLES
from contracts.words import Axis, BusinessUnit, EventKind, FieldGroup, KpiTier, Level, Role, Zone

Score = Annotated[float, Field(ge=0, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]


class Rule(BaseModel):
    """Base of every model here: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# --- filters and signals ------------------------------------------------------------------------


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


# --- placement ----------------------------------------------------------------------------------


class Lines(Rule):
    loyalty: Score
    retention: Score


class Corners(Rule):
    """Which corner of the grid bears which name."""

    high_loyalty_high_retention: Zone = Zone.VERY_LOYAL
    high_loyalty_low_retention: Zone = Zone.SOMEWHAT_LOYAL
    low_loyalty_high_retention: Zone = Zone.NEUTRAL
    low_loyalty_low_retention: Zone = Zone.CRITICAL

    @model_validator(mode="after")
    def _each_zone_once(self) -> Self:
        if len({*self.model_dump().values()}) != len(Zone):
            raise ValueError("corners: each zone must stand in exactly one corner")
        return self


class OutcomeRules(Rule):
    """How the axes are held against what became of customers. `label`: the source of churn that counts, when
    several contradict each other; none: the one with the most dated rows.
    """

    label: str | None = None
    horizon_days: Annotated[int, Field(gt=0)] = 182
    minimum_events: Annotated[int, Field(ge=2)] = 30


class Thresholds(Rule):
    lines: Lines
    tier: dict[str, Lines] = {}
    dead_band: Annotated[float, Field(ge=0, le=20)]
    confirmation_weeks: Annotated[int, Field(ge=1, le=8)]
    coverage_floor: Share
    corners: Corners = Corners()
    prior_strength: Annotated[float, Field(ge=0)] = 0.0
    outcome: OutcomeRules = OutcomeRules()
    owner: str = ""

    def lines_for(self, tier: str | None) -> Lines:
        return self.tier.get(tier or "", self.lines)


# --- money --------------------------------------------------------------------------------------


class Money(Rule):
    """One reporting currency at dated rates; changes are told at the constant rate of `constant_on`."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    rates: dict[str, dict[date, Decimal]] = {}


# --- audiences and delivery ---------------------------------------------------------------------

MailPart = Literal["brief", "workbook", "account_briefs", "link"]


class AttributeScope(Rule):
    """People who see customers by attribute instead of by assignment: a support queue, a region, a product."""

    people: list[str] = []
    level: Level | None = None
    business_unit: BusinessUnit | None = None
    attribute: Literal["product_line", "region", "support_queue", "tier", "country", "industry"]
    values: list[str]


class NamedAudience(Rule):
    """An audience of a workspace without people data; it gets the whole book."""

    level: Level
    business_unit: BusinessUnit | None = None
    title: str
    name: str
    email: str
    language: str = "en"


class Calendar(Rule):
    working_days: list[Annotated[int, Field(ge=1, le=7)]] = [1, 2, 3, 4, 5]
    opens: Annotated[str, Field(pattern=r"^\d{2}:\d{2}$")] = "08:00"
    closes: Annotated[str, Field(pattern=r"^\d{2}:\d{2}$")] = "18:00"
    time_zone: str
    holidays: list[date] = []


class Audiences(Rule):
    fields: dict[Level, list[FieldGroup]]
    mail: dict[Level, list[MailPart]]
    links: dict[Level, str] = {}
    scope: list[AttributeScope] = []
    audience: list[NamedAudience] = []
    calendars: dict[str, Calendar]
    feeds: list[Literal["scores", "placements", "cases"]] = []
    account_pages: Annotated[int, Field(ge=0)] = 200
    own_account_pages: Annotated[int, Field(ge=0)] = 500
    allowed_domains: list[str] = []


# --- events, alerts, cases, playbooks -----------------------------------------------------------


class EventRule(Rule):
    """Rows that are an event. `newer_than_days`: how far back a run looks; `within_days`: for dates ahead;
    `silent_days`: for silence, when the newest row of `table` and of every table in `also` is that old.
    """

    id: str
    kind: EventKind
    table: str
    filter: list[Filter] = []
    customer_filter: list[Filter] = []
    time_column: str
    is_hard: bool = False
    within_days: Annotated[int, Field(gt=0)] | None = None
    newer_than_days: Annotated[int, Field(gt=0)] = 7
    silent_days: Annotated[int, Field(gt=0)] | None = None
    also: dict[str, str] = {}
    headline: str
    quote_column: str | None = None

    @model_validator(mode="after")
    def _fits_its_table(self) -> Self:
        if self.table not in TABLES:
            raise ValueError(f"event '{self.id}': table must be one of {', '.join(sorted(TABLES))}; got '{self.table}'")
        for column in [self.time_column, *(f.column for f in self.filter)]:
            if column not in TABLES[self.table].by_name:
                raise ValueError(f"event '{self.id}': {self.table} has no column '{column}'")
        for table, column in self.also.items():
            if table not in TABLES or column not in TABLES[table].by_name:
                raise ValueError(f"event '{self.id}': also: no column '{column}' in a table '{table}'")
        if self.silent_days and self.within_days:
            raise ValueError(f"event '{self.id}': silent_days looks back, within_days ahead; give one of them")
        return self


class AlertRules(Rule):
    """Who is told at once: on entering Critical and on hard events."""

    roles: list[Role] = [Role.OWNER, Role.MEMBER]
    tell_bu_leads: bool = True
    event: list[EventRule] = []


class ClosureGoal(Rule):
    hours: Positive
    first_response_hours: Positive
    severity: str


class CaseTemplate(Rule):
    id: str
    title: str
    category: str
    on_zone: list[Zone] = []
    on_event: list[EventKind] = []
    owner_unit: BusinessUnit
    member_units: list[BusinessUnit] = []
    goals: dict[str, ClosureGoal]
    statuses: list[str] = ["open", "pending", "closed"]
    closed_statuses: list[str] = ["closed"]
    playbook: str | None = None

    @model_validator(mode="after")
    def _has_a_default_goal(self) -> Self:
        if "default" not in self.goals:
            raise ValueError(f"case template '{self.id}': goals need an entry 'default' for tiers not named")
        return self

    def goal_for(self, tier: str | None) -> ClosureGoal:
        return self.goals.get(tier or "default", self.goals["default"])


class PlaybookStep(Rule):
    action: str
    unit: BusinessUnit
    due_days: Annotated[int, Field(ge=0)]


class Playbook(Rule):
    """Suggested steps for a zone; with `signal` only where that signal is among the strongest reasons."""

    id: str
    name: str
    zones: list[Zone]
    signals: list[str] = []
    events: list[EventKind] = []
    tiers: list[str] = []
    steps: list[PlaybookStep]
    chance_to_help: Share
    owner: str
    review_by: date


# --- the whole ----------------------------------------------------------------------------------


class Policy(Rule):
    """One version of everything the business decided. Immutable; its digest names it."""

    signals: list[SignalRule]
    thresholds: Thresholds
    money: Money
    audiences: Audiences
    alerts: AlertRules
    case_templates: list[CaseTemplate]
    playbooks: list[Playbook]
    sequence: int = 0

    @property
    def digest(self) -> str:
        body = self.model_dump(mode="json", exclude={"sequence"})
        if self.thresholds.outcome == OutcomeRules():
            # a section that nobody wrote leaves the digest of policies without it as it was
            del body["thresholds"]["outcome"]
        return sha256(canonical_json(body))

    @property
    def label(self) -> str:
        return f"v{self.sequence}" if self.sequence else f"draft {self.digest[:8]}"

    def signal(self, signal_id: str) -> SignalRule:
        return next(rule for rule in self.signals if rule.id == signal_id)

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        ids = [rule.id for rule in self.signals]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"signals: id used twice: {', '.join(twice)}")
        for axis in Axis:
            if not any(rule.axis is axis and rule.weight > 0 for rule in self.signals):
                raise ValueError(f"signals: no signal with weight on the {axis} axis")
        playbooks = {playbook.id for playbook in self.playbooks}
        for template in self.case_templates:
            if template.playbook and template.playbook not in playbooks:
                known = ", ".join(sorted(playbooks))
                raise ValueError(
                    f"case template '{template.id}': playbook must be one of {known}; got '{template.playbook}'"
                )
        for playbook in self.playbooks:
            unknown = sorted(set(playbook.signals) - set(ids))
            if unknown:
                raise ValueError(f"playbook '{playbook.id}': unknown signals {', '.join(unknown)}")
        return self
