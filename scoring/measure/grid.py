"""SIGNALS as numbers in a rectangle: one row per customer in the order of ids, one column per signal.

As `measure` writes them, the rows of a customer stand together and name the same signals in the same order: then the
rectangle is the frame's own memory, looked at otherwise. Rows in any other order are sorted into a rectangle first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scoring.arrays import Flags, Numbers, Places

_ROWS_AT_ONCE = 2000
"""Customers worked on together: their numbers fit the processor's cache, which is several times faster."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Some customers by some signals: what was measured, NaN where nothing was."""

    value: Numbers
    n: Numbers
    variance: Numbers


@dataclass(frozen=True, slots=True)
class Grid:
    """All customers (sorted ids) by all signals of a SIGNALS frame."""

    customers: list[str]
    signals: list[str]
    all: Measured

    def blocks(self, signal_ids: Sequence[str]) -> Iterator[tuple[slice, Measured]]:
        """These signals, in this order, of some customers after the other."""
        place = {name: number for number, name in enumerate(self.signals)}
        absent = [number for number, name in enumerate(signal_ids) if name not in place]
        columns = np.array([place.get(name, 0) for name in signal_ids], dtype=np.intp)
        is_stretch = not absent and bool((np.diff(columns) == 1).all()) and columns.size > 0
        stretch = slice(int(columns[0]), int(columns[-1]) + 1) if is_stretch else slice(0)
        parts = (self.all.value, self.all.n, self.all.variance)
        for start in range(0, len(self.customers), _ROWS_AT_ONCE):
            rows = slice(start, min(start + _ROWS_AT_ONCE, len(self.customers)))
            if is_stretch:  # neighbours need no copy
                yield rows, Measured(*(part[rows, stretch] for part in parts))
            else:
                value, n, variance = (np.take(part[rows], columns, axis=1) for part in parts)
                value[:, absent] = np.nan
                yield rows, Measured(value, n, variance)


def grid(signals: pd.DataFrame) -> Grid:
    """The grid of a SIGNALS frame, whose value is null where a signal was not observed."""
    parts = [signals[name].to_numpy(float, na_value=np.nan) for name in ("value", "n", "variance")]
    regular = _regular(signals)
    if regular is not None:
        shape = (len(regular[0]), len(regular[1]))
        return Grid(*regular, Measured(*(part.reshape(shape) for part in parts)))
    (customers, row), (names, column) = (_coded(signals[name]) for name in ("customer_id", "signal_id"))
    spread = np.full((3, len(customers), len(names)), np.nan)
    for filled, part in zip(spread, parts, strict=True):
        filled[row, column] = part
    return Grid(customers, names, Measured(*spread))


def _regular(signals: pd.DataFrame) -> tuple[list[str], list[str]] | None:
    """Customers and signals, if the rows are a rectangle already: ids ascending, the same signals for each."""
    size = len(signals)
    if size == 0:
        return [], []
    ids, names = (pa.Array.from_pandas(signals[name]) for name in ("customer_id", "signal_id"))
    is_first = np.concatenate([[True], _differ(ids, 1)])
    begins = np.flatnonzero(is_first)
    width = int(begins[1]) if begins.size > 1 else size
    if size % width or not np.array_equal(begins, np.arange(0, size, width)) or _differ(names, width).any():
        return None
    customers, own = ids.filter(pa.array(is_first)), names.slice(0, width).to_pylist()
    is_ascending = pc.all(pc.less(customers.slice(0, len(customers) - 1), customers.slice(1))).as_py()
    return (customers.to_pylist(), own) if is_ascending is not False and len(set(own)) == width else None


def _differ(words: Any, distance: int) -> Flags:
    """Whether each word differs from the one `distance` before it."""
    same: Any = pc.equal(words.slice(distance), words.slice(0, len(words) - distance))
    differ: Flags = ~same.to_numpy(zero_copy_only=False) if isinstance(same, pa.Array) else ~same.to_numpy()
    return differ


def _coded(words: pd.Series) -> tuple[list[str], Places]:
    places, different = pd.factorize(words, sort=True)
    return [str(word) for word in different], places
