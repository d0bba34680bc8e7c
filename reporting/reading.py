"""Reading frames into plain Python values: None for every kind of missing, floats for money, local dates."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from contracts.book import Book, columns_of


def frame_of(book: Book, name: str) -> pd.DataFrame:
    """The frame of that name with all its contract columns; an empty one when the book has none (it may not)."""
    columns = [column.name for column in columns_of(name)]
    frame = book.frames.get(name)
    if frame is None:
        return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})
    absent = [column for column in columns if column not in frame.columns]
    return frame.assign(**dict.fromkeys(absent)) if absent else frame


def rows(frame: pd.DataFrame, columns: Sequence[str] | None = None) -> list[SimpleNamespace]:
    """The rows as objects with attributes; missing values of any kind are None, timestamps are datetimes."""
    chosen = list(columns) if columns is not None else list(frame.columns)
    lists = [values(frame[column]) for column in chosen]
    return [SimpleNamespace(**dict(zip(chosen, row, strict=True))) for row in zip(*lists, strict=True)]


def values(column: pd.Series[Any]) -> list[Any]:
    """The column as plain values."""
    missing = column.isna().tolist()
    return [None if gone else plain(value) for value, gone in zip(column.tolist(), missing, strict=True)]


def plain(value: Any) -> Any:
    """One value without its library: datetimes for timestamps, float for decimals and NumPy scalars."""
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    if hasattr(value, "as_tuple"):
        return float(value)
    return value.item() if hasattr(value, "item") else value


def numbers(column: pd.Series[Any]) -> pd.Series[float]:
    """The column as float64, missing as NaN: for sums and comparisons over many rows."""
    return pd.to_numeric(column.astype(object).where(column.notna(), None), errors="coerce").astype("float64")


def equal(column: pd.Series[Any], value: object) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where the column has that value, as a plain mask; missing is not equal to anything."""
    found: np.ndarray[Any, np.dtype[np.bool_]] = (column == value).to_numpy(dtype=bool, na_value=False)
    return found


def flags(column: pd.Series[Any]) -> pd.Series[bool]:
    """The column as plain booleans; missing is False."""
    known = column.notna().tolist()
    said = [bool(value) if is_known else False for value, is_known in zip(column.tolist(), known, strict=True)]
    return pd.Series(said, index=column.index, dtype=bool)


def instants(column: pd.Series[Any]) -> pd.Series[Any]:
    return pd.to_datetime(column, utc=True)


def days(column: pd.Series[Any]) -> pd.Series[Any]:
    return pd.to_datetime(column)


def total(amounts: Iterable[float | None]) -> float | None:
    """The exact sum of what is known (order does not matter); None when nothing is."""
    known = [amount for amount in amounts if amount is not None and not math.isnan(amount)]
    return math.fsum(known) if known else None


def local_day(moment: datetime | None, zone: ZoneInfo) -> date | None:
    return None if moment is None else moment.astimezone(zone).date()


def calendar_day(moment: datetime | date | None) -> date | None:
    """The date of a DAY column's value."""
    return moment.date() if isinstance(moment, datetime) else moment


def by_id(frame: pd.DataFrame, key: str) -> Mapping[str, SimpleNamespace]:
    return {getattr(row, key): row for row in rows(frame)}


def grouped(frame: pd.DataFrame, key: str = "customer_id") -> dict[str, pd.DataFrame]:
    """The frame cut by customer, each part in its old order."""
    return {str(name): part for name, part in frame.groupby(key, sort=False)} if len(frame) else {}


def rows_by_customer(frame: pd.DataFrame, customers: Iterable[str]) -> dict[str, list[SimpleNamespace]]:
    """The rows of each customer asked for, in their old order; one pass, because frames are slow to cut small."""
    found: dict[str, list[SimpleNamespace]] = {customer: [] for customer in customers}
    for row in rows(frame.loc[frame["customer_id"].isin(list(found))]):
        found[row.customer_id].append(row)
    return found
