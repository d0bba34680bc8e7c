"""Whether the values of a source's columns are still those of before: population stability index and missing shares."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import COLUMN_DRIFT
from contracts.tables import TABLES

LEAST_ROWS = 50
MOVED, DRIFTED = 0.1, 0.25
"""The usual reading of the index in credit scoring: below a tenth stable, above a quarter another population."""
_BINS = 10
_MOST_VALUES = 30
_MISSING_CHANGE = 0.1
_FLOOR = 1e-4


def column_drift(table: str, now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """COLUMN_DRIFT of the columns of one canonical table; free text and dates tell their missing share alone.

    Keys are left out, and columns that are filled in later (an open ticket has no time to resolve): of new rows they
    are always emptier than of old ones.
    """
    late = {c.name for c in TABLES[table].columns if c.known_from}
    keys = {*TABLES[table].key, "customer_id", *late}
    columns = [c.name for c in TABLES[table].columns if c.name in now and c.name in before and c.name not in keys]
    lines = [_line(table, name, now[name], before[name]) for name in columns]
    if not lines:
        return COLUMN_DRIFT.empty()
    return conform(pd.DataFrame(lines), COLUMN_DRIFT)


def stability_index(now: np.ndarray[Any, Any], before: np.ndarray[Any, Any]) -> float:
    """Sum over cells of (p - q) ln(p / q) for two vectors of counts; an empty cell counts as one in ten thousand."""
    p, q = (np.maximum(counts / counts.sum(), _FLOOR) for counts in (now, before))
    return float(((p - q) * np.log(p / q)).sum())


def _line(table: str, name: str, now: pd.Series[Any], before: pd.Series[Any]) -> dict[str, object]:
    missing = [float(part.isna().mean()) if len(part) else None for part in (now, before)]
    is_enough = min(len(now), len(before)) >= LEAST_ROWS
    index = _index(now, before) if is_enough else None
    jump = abs((missing[0] or 0.0) - (missing[1] or 0.0))
    return {
        "table": table,
        "column": name,
        "n_now": len(now),
        "n_before": len(before),
        "missing_now": missing[0],
        "missing_before": missing[1],
        "psi": index,
        "verdict": _verdict(index, jump, len(now), len(before)) if is_enough else "too few",
    }


def _index(now: pd.Series[Any], before: pd.Series[Any]) -> float | None:
    if pd.api.types.is_datetime64_any_dtype(before):
        return None
    is_number = pd.api.types.is_numeric_dtype(before) and not pd.api.types.is_bool_dtype(before)
    known = before.dropna()
    cells: list[np.ndarray[Any, Any]]
    if is_number and known.nunique() > _BINS:
        edges = np.unique(np.quantile(known.astype("float64"), np.linspace(0, 1, _BINS + 1)[1:-1]))
        cells = [np.bincount(np.searchsorted(edges, p.dropna().astype("float64")), minlength=len(edges) + 1)
                 for p in (now, before)]  # fmt: skip
    else:
        values = sorted({*now.dropna().astype(str), *known.astype(str)})
        if len(values) > _MOST_VALUES or not values:
            return None
        cells = [p.dropna().astype(str).value_counts().reindex(values, fill_value=0).to_numpy() for p in (now, before)]
    gone = [int(p.isna().sum()) for p in (now, before)]
    first, second = (np.append(counts, missing).astype("float64") for counts, missing in zip(cells, gone, strict=True))
    return round(stability_index(first, second), 6)


def _verdict(index: float | None, jump: float, n_now: int, n_before: int) -> str:
    # by chance alone the index is about (cells - 1)(1/n + 1/m): small samples need three times that
    noise = 3 * (_BINS - 1) * (1 / n_now + 1 / n_before)
    if jump >= _MISSING_CHANGE or (index is not None and index > max(DRIFTED, noise)):
        return "drifted"
    return "moved" if index is not None and not math.isnan(index) and index > max(MOVED, noise) else "steady"
