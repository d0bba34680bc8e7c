"""Practices of the programme as dated observations: `done` of `of` things, read off frames that the system keeps.

Every function gives PROGRAMME_OBSERVED rows of one practice. Nothing here knows a customer's name, and nothing is
estimated: what a frame does not tell is not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from contracts.frames import conform
from contracts.results import PROGRAMME_OBSERVED

_KINDS = ("nps", "csat", "ces")


def counted(practice: str, at: datetime, *, done: int, of: int) -> pd.DataFrame:
    """One observation."""
    return _frame(practice, [at], [done], [of])


def in_time(practice: str, due: Iterable[datetime | None], happened: Iterable[datetime | None]) -> pd.DataFrame:
    """What was due, on the day on which it was due, and whether it had happened by then."""
    pairs = [(pd.Timestamp(a), b) for a, b in zip(due, happened, strict=True) if pd.notna(a)]
    hit = [int(b is not None and bool(pd.notna(b)) and pd.Timestamp(b) <= a) for a, b in pairs]
    return _frame(practice, [a for a, _ in pairs], hit, [1] * len(pairs))


def sources_fresh(sources: pd.DataFrame, ends: dict[str, datetime]) -> pd.DataFrame:
    """SOURCES rows with `week`: sources that were fresh. `ends`: the last moment of each week."""
    fresh = sources.assign(done=sources["state"].eq("fresh").astype(int), of=1)
    return _by_week("sources_fresh", fresh, ends)


def rows_admitted(sources: pd.DataFrame, ends: dict[str, datetime]) -> pd.DataFrame:
    """SOURCES rows with `week`: rows that fitted, of those that came."""
    return _by_week("rows_admitted", sources.assign(done=sources["admitted"], of=sources["rows_in"]), ends)


def customers_placed(history: pd.DataFrame, ends: dict[str, datetime]) -> pd.DataFrame:
    """HISTORY: customers with enough evidence for a zone, of those who have not left."""
    there = history[history["state"] != "left"]
    return _by_week("customers_placed", there.assign(done=there["state"].eq("placed").astype(int), of=1), ends)


def values_known(values: pd.DataFrame, ends: dict[str, datetime]) -> pd.DataFrame:
    """LIFETIME_VALUES rows with `week`: customers whose value could be told."""
    return _by_week("value_known", values.assign(done=values["why_missing"].isna().astype(int), of=1), ends)


def surveys_answered(surveys: pd.DataFrame) -> pd.DataFrame:
    """Invitations that were answered, by when they were sent; nothing where the source tells of answers alone."""
    if surveys["answered_at"].notna().all():
        return PROGRAMME_OBSERVED.empty()
    answered = surveys["answered_at"].notna().astype(int).tolist()
    return _frame("surveys_answered", surveys["sent_at"].tolist(), answered, [1] * len(surveys))


def surveys_sent(surveys: pd.DataFrame, *, as_of: datetime, zone: ZoneInfo) -> pd.DataFrame:
    """Which of the three kinds went out, in every whole month since the first invitation."""
    months = _periods(surveys["sent_at"], zone, "M")
    if months.empty:
        return PROGRAMME_OBSERVED.empty()
    known = {(str(a), b) for a, b in zip(months, surveys["kind"], strict=True)}
    running = _periods(pd.Series([as_of]), zone, "M").iloc[0]
    every = [month for month in pd.period_range(months.min(), running, freq="M") if month < running]
    done = [sum((str(month), kind) in known for kind in _KINDS) for month in every]
    return _frame("surveys_sent", [_end(month, zone) for month in every], done, [len(_KINDS)] * len(every))


def customers_asked(
    surveys: pd.DataFrame, facts: pd.DataFrame, *, as_of: datetime, zone: ZoneInfo, quarters: int
) -> pd.DataFrame:
    """Customers who were sent a survey in a quarter, of those who were customers in it (CUSTOMER_FACTS)."""
    sent = _periods(surveys["sent_at"], zone, "Q")
    last = _periods(pd.Series([as_of]), zone, "Q").iloc[0]
    parts = []
    for quarter in pd.period_range(last - (quarters - 1), last, freq="Q"):
        began = facts["since_on"].isna() | (facts["since_on"] <= quarter.end_time)
        stayed = facts["ended_on"].isna() | (facts["ended_on"] >= quarter.start_time)
        mine = set(facts.loc[began & stayed & facts["status"].ne("prospect"), "customer_id"])
        asked = set(surveys.loc[(sent == quarter).to_numpy(), "customer_id"])
        at = min(_end(quarter, zone), pd.Timestamp(as_of) - pd.Timedelta(seconds=1))
        if (sent <= quarter).any():
            parts.append(_frame("customers_asked", [at], [len(mine & asked)], [len(mine)]))
    return pd.concat(parts, ignore_index=True) if parts else PROGRAMME_OBSERVED.empty()


def comments_read(comments: pd.DataFrame) -> pd.DataFrame:
    """COMMENTS: texts whose sentiment could be told."""
    told = comments["sentiment"].notna().astype(int).tolist()
    return _frame("comments_read", comments["said_at"].tolist(), told, [1] * len(comments))


def _by_week(practice: str, rows: pd.DataFrame, ends: dict[str, datetime]) -> pd.DataFrame:
    sums = rows[rows["week"].isin(list(ends))].groupby("week")[["done", "of"]].sum()
    return _frame(practice, [ends[str(week)] for week in sums.index], sums["done"].tolist(), sums["of"].tolist())


def _frame(practice: str, at: list[datetime], done: list[int], of: list[int]) -> pd.DataFrame:
    moments = pd.to_datetime(pd.Series(at, dtype="object"), utc=True)
    body = pd.DataFrame({"practice": [practice] * len(at), "at": moments, "done": done, "of": of})
    return conform(body, PROGRAMME_OBSERVED)


def _periods(moments: pd.Series[Any], zone: ZoneInfo, size: str) -> pd.Series[Any]:
    local = pd.to_datetime(moments, utc=True).dt.tz_convert(zone).dt.tz_localize(None)
    return local.dt.to_period(size)


def _end(period: pd.Period, zone: ZoneInfo) -> pd.Timestamp:
    """The last second of a month or quarter."""
    return (period + 1).start_time.tz_localize(zone) - pd.Timedelta(seconds=1)
