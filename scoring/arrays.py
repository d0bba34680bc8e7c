"""NumPy to Arrow to pandas, once: frames of a million rows are built by columns, never row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from contracts.frames import Frame, to_frame

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Places = np.ndarray[Any, np.dtype[np.intp]]
Words = np.ndarray[Any, np.dtype[np.object_]]


def texts(words: Sequence[str] | pa.Array[Any], places: Places) -> pa.Array[Any]:
    """The word at each place; far cheaper than a list of as many strings."""
    source: Any = words if isinstance(words, pa.Array) else pa.array(list(words), type=pa.string())
    taken: pa.Array[Any] = source.take(pa.array(places))
    return taken


def numbers(values: Numbers, *, decimals: int | None = None) -> pa.Array[Any]:
    """NaN becomes null."""
    rounded: Any = values if decimals is None else np.round(values, decimals)
    made: pa.Array[Any] = pa.array(rounded, from_pandas=True)
    return made


def instants(microseconds: Numbers) -> pa.Array[Any]:
    """Microseconds since 1970 to UTC instants; NaN becomes null."""
    absent = np.isnan(microseconds)
    whole: Any = pa.array(np.where(absent, 0, microseconds).astype("int64"), mask=absent)
    made: pa.Array[Any] = whole.cast(pa.timestamp("us", tz="UTC"))
    return made


def framed(columns: Mapping[str, object], contract: Frame) -> pd.DataFrame:
    """A frame of the contract's columns and types, in its order."""
    arrays: Any = {name: columns[name] for name in contract.names}
    return to_frame(pa.table(arrays, schema=contract.schema))


def assembled(columns: Mapping[str, Any], contract: Frame) -> pd.DataFrame:
    """As `framed`, for frames of millions of rows: NumPy arrays are taken as they are, Arrow's as `to_frame` would."""
    series = {
        name: columns[name] if isinstance(columns[name], np.ndarray) else columns[name].to_pandas()
        for name in contract.names
    }
    return pd.DataFrame(series, copy=False)
