"""From signal rules to one SQL statement per table.

Each rule becomes a membership flag (its filter and window), a number per row, a weight, and the few sums its
aggregate needs. All rules of a table share one scan and one GROUP BY.

Source: half-life weights 0.5^(age/half_life); effective number of facts (sum w)^2 / sum w^2 (Kish 1965).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from contracts.frames import Kind, Table
from contracts.rules import SignalRule
from contracts.tables import TABLES
from scoring.arrays import Flags
from scoring.measure.asof import limit_of
from scoring.measure.conditions import DAY_MICROS, Parameters, column_sql, condition, micros

MEAN_LIKE = frozenset({"mean", "median", "share", "nps", "top_box_share"})
"""Aggregates whose value is an average of facts that vary: they have a variance and can be shrunk."""

_DAYS = {"days_since_first": "min", "days_since_last": "max", "days_until_next": "min"}
"""Aggregates of time alone, and which moment they count from."""


def are_means(rules: Sequence[SignalRule]) -> Flags:
    return np.array([rule.aggregate in MEAN_LIKE for rule in rules], dtype=bool)


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with its parameters and the columns it reads; result columns are `<signal_id>__<sum>`."""

    sql: str
    parameters: dict[str, object]
    columns: frozenset[str]


@dataclass(slots=True)
class _Draft:
    table: Table
    as_of: datetime
    parameters: Parameters = field(default_factory=Parameters)
    per_row: dict[str, str] = field(default_factory=dict)
    sums: list[str] = field(default_factory=list)
    columns: set[str] = field(default_factory=lambda: {"customer_id"})

    def row_value(self, expression: str) -> str:
        """A name for an expression computed once per row, however many rules use it."""
        return self.per_row.setdefault(expression, f"r{len(self.per_row)}")


def statement(rules: Sequence[SignalRule], *, as_of: datetime) -> Statement:
    """The one statement that measures all these rules, which are all of one table."""
    draft = _Draft(TABLES[rules[0].table], as_of)
    for rule in rules:
        _add(rule, draft)
    per_row = ", ".join(["customer_id", *(f"{sql} AS {name}" for sql, name in draft.per_row.items())])
    sql = (
        f"WITH facts AS (SELECT {per_row} FROM {column_sql(draft.table.name)})\n"
        f"SELECT customer_id, {', '.join(draft.sums)}\nFROM facts GROUP BY customer_id"
    )
    return Statement(sql, draft.parameters.used_in(sql), frozenset(draft.columns))


def _add(rule: SignalRule, draft: _Draft) -> None:
    draft.columns.update(name for name in (rule.column, *(f.column for f in (*rule.filter, *rule.hit))) if name)
    clock = _clock(rule, draft)
    number = _number(rule, draft)
    belongs = condition(rule.filter, draft.table, draft.parameters, as_of=draft.as_of, rule_id=rule.id)
    if number:
        belongs = f"{belongs} AND {number} IS NOT NULL"
    now = draft.parameters.add(_now(rule, draft))
    window = _window(rule, draft, clock, now)
    member = draft.row_value(f"({belongs} AND {window})")
    add = _Sums(rule.id, member, draft.sums)
    add("last", f"max({draft.row_value(clock)})" if clock else "CAST(NULL AS BIGINT)")
    add("k", "count(*)")
    if rule.aggregate == "trend":
        _add_trend(rule, draft, clock, now, number, belongs, add)
    elif rule.aggregate in _DAYS:
        add("t", f"{_DAYS[rule.aggregate]}({draft.row_value(clock)})")
    elif rule.aggregate in ("min", "max", "median"):
        add("x", f"{rule.aggregate}({draft.row_value(number)})")
        if rule.aggregate == "median":
            _add_moments(rule, draft, clock, now, number, add)
    elif rule.aggregate == "latest":
        add("x", f"arg_max({draft.row_value(number)}, {draft.row_value(clock)})")
    elif rule.aggregate == "distinct_count":
        add("x", f"count(DISTINCT {draft.row_value(number)})")
    else:
        _add_moments(rule, draft, clock, now, number, add)


class _Sums:
    """Collects the aggregates of one rule, each over its member rows."""

    def __init__(self, rule_id: str, member: str, sums: list[str]) -> None:
        self._rule_id, self._member, self._sums = rule_id, member, sums

    def __call__(self, name: str, expression: str, member: str | None = None) -> None:
        where = f"FILTER (WHERE {member or self._member})"
        filtered = expression if expression.startswith("CAST") else f"{expression} {where}"
        self._sums.append(f'CAST({filtered} AS DOUBLE) AS "{self._rule_id}__{name}"')


def _add_moments(rule: SignalRule, draft: _Draft, clock: str, now: str, number: str, add: _Sums) -> None:
    """Weighted sums around the middle of the anchors: centring keeps the variance exact for large values."""
    centred = draft.row_value(f"({number} - {draft.parameters.add(centre(rule))})") if number else ""
    if not rule.half_life_days:
        add("sw", "count(*)")
        if centred:
            add("sx", f"sum({centred})")
            add("sxx", f"sum({centred} * {centred})")
        return
    half_life = draft.parameters.add(float(rule.half_life_days * DAY_MICROS))
    weight = draft.row_value(f"pow(0.5, ({now} - {clock}) / {half_life})")
    add("sw", f"sum({weight})")
    add("sww", f"sum({weight} * {weight})")
    if centred:
        add("sx", f"sum({weight} * {centred})")
        add("sxx", f"sum({weight} * {centred} * {centred})")


def centre(rule: SignalRule) -> float:
    return 0.0 if rule.aggregate in ("count", "sum") else (rule.bad + rule.good) / 2


def _add_trend(rule: SignalRule, draft: _Draft, clock: str, now: str, number: str, belongs: str, add: _Sums) -> None:
    window = draft.parameters.add((rule.window_days or 0) * DAY_MICROS)
    before = draft.row_value(f"({belongs} AND {clock} >= {now} - 2 * {window} AND {clock} < {now} - {window})")
    total = f"sum({draft.row_value(number)})" if number else "count(*)"
    add("x", total)
    add("before", total, before)
    add("kbefore", "count(*)", before)


def _number(rule: SignalRule, draft: _Draft) -> str:
    """The SQL of the number one row stands for; empty when rows are only counted."""
    if rule.aggregate == "share":
        hit = condition(rule.hit, draft.table, draft.parameters, as_of=draft.as_of, rule_id=rule.id, is_strict=True)
        return f"(CASE WHEN {hit} THEN 1.0 WHEN NOT ({hit}) THEN 0.0 END)"
    if not rule.column or rule.aggregate in ("count", *_DAYS):
        return ""
    column = draft.table.by_name[rule.column]
    if rule.aggregate == "distinct_count":
        return column_sql(column.name)
    value = f"CAST({column_sql(column.name)} AS DOUBLE)"
    if rule.aggregate == "nps":
        return (
            f"(CASE WHEN {value} >= 9 THEN 100.0 WHEN {value} <= 6 THEN -100.0 WHEN {value} IS NOT NULL THEN 0.0 END)"
        )
    if rule.aggregate == "top_box_share":
        return f"(CASE WHEN {value} >= {_top_box(rule, draft)} THEN 1.0 WHEN {value} IS NOT NULL THEN 0.0 END)"
    return value


def _top_box(rule: SignalRule, draft: _Draft) -> str:
    """The lower edge of the best two boxes: the scale's own maximum, else the contract's, less one."""
    maximum = draft.table.by_name[rule.column or ""].maximum or 5.0
    fallback = draft.parameters.add(maximum)
    if "scale_max" not in draft.table.by_name:
        return f"({fallback} - 1)"
    draft.columns.add("scale_max")
    return f"(coalesce(scale_max, {fallback}) - 1)"


def _clock(rule: SignalRule, draft: _Draft) -> str:
    """The SQL of the row's time; empty when the table has none, and then the rule needs none."""
    name = rule.time_column or draft.table.time
    if name is None:
        return ""
    draft.columns.add(name)
    return column_sql(name)


def _now(rule: SignalRule, draft: _Draft) -> int:
    name = rule.time_column or draft.table.time
    kind = draft.table.by_name[name].kind if name else Kind.INSTANT
    return micros(limit_of(kind, draft.as_of))


def _window(rule: SignalRule, draft: _Draft, clock: str, now: str) -> str:
    """Half-open: [as_of - window, as_of), or [as_of, as_of + window) for what lies ahead."""
    if rule.aggregate == "days_until_next":
        if not rule.window_days:
            return f"{clock} >= {now}"
        return f"{clock} >= {now} AND {clock} < {now} + {draft.parameters.add(rule.window_days * DAY_MICROS)}"
    if rule.window_days:
        return f"{clock} >= {now} - {draft.parameters.add(rule.window_days * DAY_MICROS)} AND {clock} < {now}"
    if rule.half_life_days or rule.time_column or rule.aggregate in ("latest", "days_since_first", "days_since_last"):
        return f"{clock} < {now}"
    return "TRUE"
