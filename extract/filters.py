"""Structured conditions over text columns: the only kind of condition that a map may hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from contracts.rules import Filter
from extract.arrow import pc

_ORDERED: dict[str, Callable[..., pa.Array]] = {
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}


def fits(table: pa.Table, conditions: Sequence[Filter]) -> npt.NDArray[np.bool_]:
    """Which rows meet all conditions; a missing value meets none but `is null`, `!=` and `not in`."""
    mask = np.ones(table.num_rows, dtype=bool)
    for condition in conditions:
        mask &= np.asarray(pc.fill_null(_holds(table[condition.column], condition), False))
    return mask


def _holds(values: pa.ChunkedArray, condition: Filter) -> pa.Array:
    if condition.op == "is null":
        return pc.is_null(values)
    if condition.op == "is not null":
        return pc.is_valid(values)
    if condition.op in _ORDERED:
        is_number = pc.fill_null(pc.match_substring_regex(values, r"^-?[0-9]+(\.[0-9]+)?$"), False)
        numbers = pc.if_else(is_number, values, pa.scalar(None, pa.string())).cast(pa.float64())
        return _ORDERED[condition.op](numbers, float(str(condition.value)))
    wanted = condition.value if isinstance(condition.value, list) else [condition.value]
    words = pa.array([str(value).lower() if isinstance(value, bool) else str(value) for value in wanted], pa.string())
    if isinstance(condition.value, bool):
        values = pc.utf8_lower(values)
    is_in = pc.is_in(values, value_set=words)
    return is_in if condition.op in {"==", "in"} else pc.invert(is_in)
