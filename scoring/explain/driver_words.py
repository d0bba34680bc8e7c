"""A driver said in a sentence: how much of the explained variance, how sure, how well we do; never that it causes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from contracts.rules import Measure

_DOING = {
    "improve_first": "weighs much and goes badly: look here first",
    "keep_up": "weighs much and goes well: keep it so",
    "watch": "goes badly, but weighs less",
    "no_hurry": "goes well and weighs less",
}


def driver_sentence(row: Mapping[str, Any], outcome: Measure, measure: Measure | None) -> str:
    """One sentence or two for a row of DRIVERS; `measure` is None for a theme."""
    name = row["name"]
    if row["verdict"] == "not_enough":
        return (
            f"{name}: not enough observations ({row['n']:,} accounts with all drivers known; known before "
            f"{row['coverage']:.0%} of answers)."
        )
    share = f"{row['share']:.0%} of what the drivers explain together ({row['low']:.0%} to {row['high']:.0%})"
    if row["verdict"] == "not_proven":
        return (
            f"{name}: not proven. It shares {share}, but nothing of its own can be told from chance or from the others."
        )
    slope = ""
    if measure is not None and not math.isnan(row["slope"]):
        rounded = float(f"{row['slope']:.2g}")
        change = f"{rounded:+}".replace("-", "−")
        slope = f"; {measure.step_words} goes with {change} {outcome.words}, all others alike"
    doing = f" It {_DOING[row['quadrant']]}." if row["quadrant"] else ""
    return f"{name}: {share}{slope}.{doing}"
