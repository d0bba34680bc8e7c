"""Sums of lifetime value per segment, with the interval of the sum, and no cell that betrays a customer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import SEGMENT_VALUES
from contracts.words import CustomerStatus
from scoring.predict.lifetime_value.book import ValuedBook
from scoring.predict.lifetime_value.estimates import interval

_SMALLEST_CELL = 5
_NOT_HERE = (CustomerStatus.LEFT.value, CustomerStatus.PROSPECT.value)

_TOO_FEW = f"Fewer than {_SMALLEST_CELL} customers."
_WOULD_BETRAY = f"Would betray a cell of fewer than {_SMALLEST_CELL} customers."
_NAMES = ["customers", "missing", "value_amount", "low", "high"]


def value_segments(valued: ValuedBook, facts: pd.DataFrame, dimensions: Sequence[str]) -> pd.DataFrame:
    """SEGMENT_VALUES frame: the book (`all`) and each dimension, one row per segment and basis.

    Args:
        valued: of `value_customers`.
        facts: CUSTOMER_FACTS frame with a column for each dimension; every customer stands in one segment of each.
        dimensions: columns of `facts`.
    """
    valuation = valued.valuation
    if valuation is None:
        return SEGMENT_VALUES.empty()
    here = facts.loc[~facts["status"].isin(_NOT_HERE)].assign(all="all").set_index("customer_id")
    rows = valuation.rows
    parts = []
    for dimension in ("all", *dimensions):
        segment = here[dimension].fillna("not known").astype(str)
        size = segment.value_counts()
        keys = pd.MultiIndex.from_arrays([segment.reindex(rows["customer_id"]).to_numpy(), rows["basis"].to_numpy()])
        cells = keys.unique().sort_values()
        if not len(cells):
            continue
        members = (cells.get_indexer(keys)[None, :] == np.arange(len(cells))[:, None]).astype(float)
        sums = valuation.sums(members)
        low, high = interval(sums[:, 1:])
        count = members.sum(axis=1)
        found = {
            "dimension": dimension,
            "segment": cells.get_level_values(0),
            "basis": cells.get_level_values(1),
            "customers": count,
            "missing": size.reindex(cells.get_level_values(0)).to_numpy() - count,
            "value_amount": sums[:, 0].round(2),
            "low": low.round(2),
            "high": high.round(2),
        }
        parts.append(pd.DataFrame(found))
    return conform(_suppressed(pd.concat(parts, ignore_index=True)), SEGMENT_VALUES)


def _suppressed(cells: pd.DataFrame) -> pd.DataFrame:
    """Small cells lose their figures; where one alone would follow from the book's sum, the next smallest as well."""
    small = cells["customers"] < _SMALLEST_CELL
    betrays = pd.Series(data=False, index=cells.index)
    for _, part in cells.groupby(["dimension", "basis"]):
        others = part.loc[~small[part.index], "customers"]
        if len(others) == len(part) - 1 > 0:
            betrays |= cells.index == others.idxmin()
    why = small.map({True: _TOO_FEW, False: None}).mask(betrays, _WOULD_BETRAY)
    shown = ~(small | betrays)
    return cells.assign(why_missing=why, **{name: cells[name].where(shown) for name in _NAMES})
