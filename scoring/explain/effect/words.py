"""The one sentence about a playbook's effect: what was found, or why nothing is proven."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.rules import EffectRules

_MINUS = "\u2212"


Row = Mapping[str, Any]
"""A row of EFFECTS in the making: every column but the sentence, None where nothing is known."""


def sentence(row: Row, rules: EffectRules) -> str:
    """A few short sentences for a reader who knows no statistics."""
    what = f"{row['playbook_id']}, {row['axis']}"
    if row["verdict"] == "too few cases":
        return (
            f"{what}: {row['n_treated']} closed cases with whole weeks around them, {rules.minimum_treated} are needed."
        )
    if row["smd_max"] is None or row["effect"] is None:
        return f"{what}: no comparable accounts without a case."
    if row["verdict"] == "no comparable accounts":
        if row["n_treated"] < rules.minimum_treated:
            return f"{what}: only {row['n_treated']} of the cases have comparable accounts without a case."
        return (
            f"{what}: no comparable accounts; the nearest {row['n_control']} still differ by "
            f"{row['smd_max']:.2f} standard deviations ({rules.maximum_difference:g} allowed)."
        )
    found = (
        f"{what}: {_signed(row['effect'])} points against {row['n_control']} comparable accounts "
        f"({rules.confidence:.0%} interval {_signed(row['low'])} to {_signed(row['high'])}; {row['n_treated']} cases)."
    )
    return f"{found} {_why(row, rules)}{_by_itself(row)}"


def _why(row: Row, rules: EffectRules) -> str:
    if row["verdict"] == "proven":
        return "Proven."
    if row["pre_trend_p"] is None:
        return "Not proven: too little history to see whether both went the same way before."
    if row["pre_trend_p"] < rules.trend_alpha:
        return f"Not proven: both did not go the same way before (p {row['pre_trend_p']:.3f})."
    if row["verdict"] == "worse":
        return "Worse than without."
    if row["low"] > 0:
        return "Not proven: with the cases that were never closed the interval includes 0."
    return "Not proven: the interval includes 0."


def _by_itself(row: Row) -> str:
    if row["change"] is None or row["same_score_change"] is None:
        return ""
    return (
        f" The scores changed by {_signed(row['change'])}, those of comparable accounts by "
        f"{_signed(row['change'] - row['effect'])}, of all without a case from the same score by "
        f"{_signed(row['same_score_change'])}."
    )


def _signed(value: float) -> str:
    text = f"{abs(value):.1f}"
    return text if text == "0.0" else f"+{text}" if value > 0 else f"{_MINUS}{text}"
