"""Structured filters asked of one row of a frame: the same conditions that scoring/measure compiles to SQL."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from contracts.rules import Filter

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def fits(row: Mapping[Any, Any], filters: Sequence[Filter]) -> bool:
    """Whether all filters hold. An unknown value is different from every value: only `!=`, `not in`, `is null` keep it.

    A date or number compared with a value of another kind does not fit: the rule's author sees no case of it.
    """
    return all(_holds(row.get(f.column), f) for f in filters)


def _holds(value: Any, f: Filter) -> bool:
    is_unknown = bool(pd.isna(value))
    if f.op in ("is null", "is not null"):
        return is_unknown == (f.op == "is null")
    if f.op in ("!=", "not in"):
        listed = f.value if isinstance(f.value, list) else [f.value]
        return is_unknown or _alike(value) not in listed
    if is_unknown:
        return False
    if f.op == "in":
        return _alike(value) in (f.value if isinstance(f.value, list) else [f.value])
    try:
        return bool(_COMPARE[f.op](_alike(value), f.value))
    except TypeError:
        return False


def _alike(value: Any) -> Any:
    """The value as a filter writes it: days and instants as ISO text, which sorts by time."""
    return value.isoformat()[:10] if isinstance(value, pd.Timestamp) else value
