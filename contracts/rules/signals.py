"""What is measured: filters and signals. A definition that cannot be measured is refused when it is read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.frames import Column, Kind, Table
from contracts.rules.rule import Positive, Rule
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
    "days_since_first",
    "days_since_last",
    "days_until_next",
    "trend",
    "nps",
    "top_box_share",
]

NUMERIC = (Kind.INTEGER, Kind.NUMBER, Kind.SHARE, Kind.MONEY)
TIMES = (Kind.DAY, Kind.INSTANT)

_OF_A_NUMBER = frozenset({"sum", "mean", "median", "min", "max", "latest", "nps", "top_box_share"})
_OF_TIME = frozenset({"latest", "days_since_first", "days_since_last", "days_until_next", "trend"})
_WEIGHED = frozenset({"count", "sum", "mean", "share", "nps", "top_box_share"})
"""Aggregates in which an old fact can weigh less."""

_RELATIVE = re.compile(r"as_of(?:[+-]\d+d)?")
_PLACEHOLDERS = frozenset({"value", "n", "window_days"})


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
    bad: Annotated[float, Field(allow_inf_nan=False)]
    good: Annotated[float, Field(allow_inf_nan=False)]
    weight: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    axis: Axis
    tier: KpiTier
    unit: str
    zero_is_observed: bool = False
    minimum_n: Annotated[int, Field(ge=1)] = 1
    sentence: str = ""
    about: str = ""
    citation: str = ""

    @model_validator(mode="after")
    def _can_be_measured(self) -> Self:
        fault = _fault_of(self)
        if fault:
            raise ValueError(f"signal '{self.id}', {fault}")
        return self


def _fault_of(rule: SignalRule) -> str | None:
    """The first thing that keeps a rule from being measured: key, what is wrong, what is allowed."""
    table = TABLES.get(rule.table)
    if table is None or "customer_id" not in table.by_name:
        return _not_one("table", rule.table, (name for name, each in TABLES.items() if "customer_id" in each.by_name))
    if rule.per and "customer_id" not in getattr(TABLES.get(rule.per), "by_name", {}):
        return _not_one("per", rule.per, (name for name, each in TABLES.items() if "customer_id" in each.by_name))
    if rule.bad == rule.good:
        return f"good: must differ from bad ({rule.bad}); they are the values of score 0 and 100"
    foreign = sorted(set(re.findall(r"\{(\w*)\}", rule.sentence)) - _PLACEHOLDERS)
    if foreign:
        return _not_one("sentence", foreign[0], _PLACEHOLDERS)
    if "{window_days}" in rule.sentence and not rule.window_days:
        return "sentence: says {window_days}, and the signal has none; give window_days or say it otherwise"
    return _fault_of_column(rule, table) or _fault_of_time(rule, table) or _fault_of_conditions(rule, table)


def _fault_of_column(rule: SignalRule, table: Table) -> str | None:
    if rule.column and rule.column not in table.by_name:
        return _not_one("column", rule.column, table.by_name)
    if rule.aggregate == "distinct_count" and not rule.column:
        return f"column: '{rule.aggregate}' needs one; {table.name} has {_listed(table.by_name)}"
    is_total = rule.aggregate == "trend" and rule.column
    if rule.aggregate in _OF_A_NUMBER or is_total:
        numeric = [column.name for column in table.columns if column.kind in NUMERIC]
        if not rule.column:
            return f"column: '{rule.aggregate}' needs a number; {table.name} has {_listed(numeric) or 'none'}"
        if rule.column not in numeric:
            kind = table.by_name[rule.column].kind
            return (
                f"column: '{rule.aggregate}' needs a number, '{rule.column}' is {kind}; "
                f"{table.name} has {_listed(numeric) or 'none'}"
            )
    return None


def _fault_of_time(rule: SignalRule, table: Table) -> str | None:
    dated = [column.name for column in table.columns if column.kind in TIMES]
    if rule.time_column and rule.time_column not in dated:
        return _not_one("time_column", rule.time_column, dated)
    if rule.aggregate == "trend" and not rule.window_days:
        return "window_days: a trend compares this window with the one before; give its length"
    asks = rule.window_days or rule.half_life_days or rule.aggregate in _OF_TIME
    if asks and not (rule.time_column or table.time):
        return f"time_column: {table.name} has no time of its own; name one of {_listed(dated) or 'none, it has none'}"
    if rule.half_life_days and rule.aggregate not in _WEIGHED:
        return f"half_life_days: '{rule.aggregate}' does not weigh facts by age; {_listed(_WEIGHED)} do"
    return None


def _fault_of_conditions(rule: SignalRule, table: Table) -> str | None:
    if rule.aggregate == "share" and not rule.hit:
        return 'hit: a share needs the condition that counts, for example [{ column = ..., op = "==", value = ... }]'
    if rule.hit and rule.aggregate != "share":
        return f"hit: belongs to aggregate 'share' alone; this is '{rule.aggregate}', use filter"
    for key, conditions in (("filter", rule.filter), ("hit", rule.hit)):
        for each in conditions:
            fault = _fault_of_condition(each, table)
            if fault:
                return f"{key}: {fault}"
    return None


def _fault_of_condition(condition: Filter, table: Table) -> str | None:
    if condition.column not in table.by_name:
        return f"{table.name} has no column '{condition.column}'; it has {_listed(table.by_name)}"
    column = table.by_name[condition.column]
    if condition.op in ("is null", "is not null"):
        return None
    if condition.op in ("in", "not in"):
        if not isinstance(condition.value, list) or not condition.value:
            return f"'{condition.op}' needs a list of values for '{column.name}'; got {condition.value!r}"
        values: list[object] = [*condition.value]
    else:
        values = [condition.value]
    return next((fault for value in values if (fault := _fault_of_value(value, column))), None)


def _fault_of_value(value: object, column: Column) -> str | None:
    if column.choices:
        return None if value in column.choices else _not_one(column.name, value, column.choices)
    expected = {Kind.BOOLEAN: "true or false", Kind.TEXT: "a text", **dict.fromkeys(NUMERIC, "a number")}
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        Kind.BOOLEAN: isinstance(value, bool),
        Kind.TEXT: isinstance(value, str),
        **dict.fromkeys(NUMERIC, is_number),
        **dict.fromkeys(TIMES, isinstance(value, str) and _is_moment(value)),
    }
    if fits[column.kind]:
        return None
    wanted = expected.get(column.kind, "a day such as 2026-11-23, as_of, as_of+90d or as_of-30d")
    return f"'{column.name}' is compared with {wanted}; got {value!r}"


def _is_moment(text: str) -> bool:
    if _RELATIVE.fullmatch(text):
        return True
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _not_one(key: str, value: object, allowed: Iterable[str]) -> str:
    return f"{key}: must be one of {_listed(allowed)}; got '{value}'"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(str(name) for name in names))
