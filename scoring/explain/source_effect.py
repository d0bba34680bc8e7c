"""What scores owe to one source: how far they would move if its data were late enough to be absent."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from contracts.frames import conform
from contracts.results import SOURCE_EFFECT
from contracts.words import Axis


def source_effect(contributions: pd.DataFrame, placements: pd.DataFrame, signals: Collection[str]) -> pd.DataFrame:
    """SOURCE_EFFECT of the signals that a source feeds, from CONTRIBUTIONS and PLACEMENTS of one week.

    A score is the weighted mean of a customer's observed signals. Without the source it is that of the others, their
    weights in the same proportion; so score without = (score - sum of its parts) / (1 - its weight).
    """
    mine = contributions[contributions["signal_id"].isin(list(signals))]
    lines = []
    for axis in Axis:
        rows = mine[mine["axis"] == axis.value]
        lines.append(_line(axis, rows, contributions[contributions["axis"] == axis.value], placements))
    return conform(pd.DataFrame(lines), SOURCE_EFFECT)


def _line(axis: Axis, rows: pd.DataFrame, every: pd.DataFrame, placements: pd.DataFrame) -> dict[str, object]:
    weighed = rows.assign(part=rows["weight_share"] * rows["signal_score"])
    own = weighed.groupby("customer_id")[["weight_share", "part"]].sum()
    whole = (every["weight_share"] * every["signal_score"]).groupby(every["customer_id"]).sum().reindex(own.index)
    rest = 1.0 - own["weight_share"]
    is_alone = rest < 1e-9
    without = ((whole - own["part"]) / rest.where(~is_alone)).round(6)
    move = (without - whole).abs().dropna()
    lines = placements.set_index("customer_id")[f"{axis.value}_line"].reindex(own.index)
    crosses = (without >= lines) != (whole.round(6) >= lines)
    return {
        "axis": axis.value,
        "signals": rows["signal_id"].nunique(),
        "customers": len(own),
        "weight_share": float(own["weight_share"].clip(upper=1.0).mean()) if len(own) else None,
        "mean_move": float(move.mean()) if len(move) else None,
        "largest_move": float(move.max()) if len(move) else None,
        "unjudged": int(is_alone.sum()),
        "crossing": int((crosses & ~is_alone).sum()),
    }
