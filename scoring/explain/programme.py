"""The customer-experience programme by our own records: shares by quarter, and ratings that they contradict."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from contracts.frames import conform
from contracts.results import PROGRAMME_PRACTICES, PROGRAMME_QUARTERS
from contracts.rules import PRACTICES, ProgrammeRules


def programme_quarters(
    observed: pd.DataFrame, rules: ProgrammeRules, *, as_of: datetime, zone: ZoneInfo
) -> pd.DataFrame:
    """PROGRAMME_QUARTERS of the quarters that end with the running one; what was observed later is left out.

    Args:
        observed: PROGRAMME_OBSERVED.
        rules: how many quarters, and the least number of things that make a share.
        as_of: exclusive.
        zone: in which quarters begin.
    """
    last = pd.Period(_local(pd.Series([as_of]), zone).iloc[0], freq="Q")
    quarters = [str(last - back) for back in reversed(range(rules.quarters))]
    known = observed[observed["at"] < as_of]
    when = _local(known["at"], zone).dt.to_period("Q").astype(str)
    sums = known.assign(quarter=when).groupby(["practice", "quarter"])[["done", "of"]].sum()
    every = pd.MultiIndex.from_product([list(PRACTICES), quarters], names=["practice", "quarter"])
    frame = sums.reindex(every, fill_value=0).reset_index()
    frame["quarter"] = frame["quarter"].str.replace("Q", "-Q")
    frame["component"] = [PRACTICES[name].value for name in frame["practice"]]
    is_told = frame["of"] >= rules.least
    frame["share"] = (frame["done"] / frame["of"].where(is_told)).astype("float64")
    return conform(frame, PROGRAMME_QUARTERS)


def programme_practices(quarters: pd.DataFrame, rules: ProgrammeRules) -> pd.DataFrame:
    """PROGRAMME_PRACTICES: each practice by its newest measured quarter, beside what the company says of it."""
    rated = {one.practice: one.level for one in rules.rating}
    lines = []
    for practice, component in PRACTICES.items():
        mine = quarters[quarters["practice"] == practice].sort_values("quarter")
        known = mine[mine["share"].notna()]
        row = (known if len(known) else mine).iloc[-1]
        share, goal = (float(row["share"]) if len(known) else None), rules.goal_of(practice)
        measured, said = _level(share, goal), rated.get(practice)
        lines.append(
            {
                "component": component.value,
                "practice": practice,
                "quarter": row["quarter"] if len(known) else None,
                "done": row["done"],
                "of": row["of"],
                "share": share,
                "goal": goal,
                "measured": measured,
                "rated": said,
                "verdict": _verdict(measured, said),
            }
        )
    return conform(pd.DataFrame(lines), PROGRAMME_PRACTICES)


def _level(share: float | None, goal: float) -> str:
    if share is None:
        return "unknown"
    if share >= goal:
        return "done"
    return "partly" if share > 0 else "none"


def _verdict(measured: str, rated: str | None) -> str:
    if rated is None:
        return "not rated"
    if measured == "unknown":
        return "not measured"
    return "agrees" if measured == rated else "contradicted"


def _local(moments: pd.Series[Any], zone: ZoneInfo) -> pd.Series[Any]:
    return pd.to_datetime(moments, utc=True).dt.tz_convert(zone).dt.tz_localize(None)
