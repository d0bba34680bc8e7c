"""A link said in a sentence that claims no more than its numbers: "goes with", never "causes"."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from contracts.rules import Measure

_COMPARED = {
    ("ticket", "within"): "tickets of the same account compared",
    ("ticket", "between"): "tickets compared, with segment, region and size held fixed",
    ("project", "within"): "projects of the same account compared",
    ("project", "between"): "projects compared, with segment, region and size held fixed",
    ("account", "within"): "each account compared with itself at other times",
    ("account", "between"): "accounts compared, with segment, region and size held fixed",
    ("agent", "within"): "each agent compared with themselves at other times",
    ("agent", "between"): "agents compared",
    ("team", "within"): "each team compared with itself at other times",
    ("team", "between"): "teams compared",
}
_LEVELS = {"ticket": "tickets", "project": "projects", "account": "accounts", "agent": "agents", "team": "teams"}
_SIDES = {"before": "below", "after": "beyond"}
_VERDICTS = {"proven": "Proven", "not_proven": "Not proven", "not_enough": "Not enough observations"}


def link_sentence(row: Mapping[str, Any], x: Measure, y: Measure) -> str:
    """What is known of one link: slope in natural units with interval, how compared, n, verdict with its reason."""
    if row["slope"] is None:
        return f"{_VERDICTS['not_enough']}: {x.name} and {y.name.lower()}; {row['why']} ({_counted(row)})."
    step = x.step_words[:1].upper() + x.step_words[1:]
    later = f", {row['lag_weeks']} weeks later" if row["lag_weeks"] else ""
    interval = f"95 % interval {_signed(row['slope_low'])} to {_signed(row['slope_high'])}"
    how = _COMPARED[row["level"], row["compare"]]
    reason = f": {row['why']}" if row["why"] else ""
    return (
        f"{step} goes with {_signed(row['slope'])} {y.words}{later} ({interval}; {how}; {_counted(row)}). "
        f"{_VERDICTS[row['verdict']]}{reason}."
    )


def link_goal(row: Mapping[str, Any], x: Measure) -> str:
    """An operational goal for a proven link, in the measure's own units, and what it rests on."""
    bound = "at least" if row["expected_sign"] > 0 else "at most"
    unit = f" {x.unit}" if x.unit else ""

    def told(name: str) -> str:
        return _within_range(row[name], row["range_high"] - row["range_low"])

    # the knot is a goal where the loss begins beyond it, or the gain ends there
    is_edge = row["shape"] == "hinge" and row["steeper"] == ("before" if row["expected_sign"] > 0 else "after")
    if is_edge:
        interval = f"95 % interval {told('knot_low')} to {told('knot_high')}"
        return f"{x.name} {bound} {told('knot')}{unit}: the link bends there ({interval})."
    rests = {
        "linear": "there is no knot, every step counts alike",
        "quadratic": "the link is curved, without a knot",
        "hinge": f"most of the difference lies {_SIDES[row['steeper']]} {told('knot')}{unit}"
        if row["shape"] == "hinge"
        else "",
    }
    return f"{x.name} {bound} {told('best_quarter')}{unit}, what the best quarter reaches: {rests[row['shape']]}."


def _counted(row: Mapping[str, Any]) -> str:
    counted = f"{row['n_rows']:,} rows of {row['n_units']:,} {_LEVELS[row['level']]}"
    if row["level"] in ("ticket", "project"):
        counted = f"{row['n_rows']:,} {_LEVELS[row['level']]}"
    return counted if row["level"] == "account" else f"{counted} and {row['n_accounts']:,} accounts"


def _signed(value: float) -> str:
    """Three significant digits: more than the interval allows anyway."""
    return f"{float(f'{value:.3g}'):+,}".replace("-", "−")


def _within_range(value: float, width: float) -> str:
    """Rounded to a hundredth of the range in which the measure moves: 99.985 % is not 100 %."""
    decimals = max(0, 2 - math.floor(math.log10(width))) if width > 0 else 2
    return f"{value:,.{min(decimals, 6)}f}".replace("-", "−")
