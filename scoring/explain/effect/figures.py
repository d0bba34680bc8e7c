"""How teams work: time to first action and to close, overdue share, reopen rate. CASE_FIGURES frame."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from contracts.frames import conform
from contracts.results import CASE_FIGURES

EVERYBODY = "all"
_NO_TEAM = "no owner"
_FEWEST = 5
_ACTIONS = ("edited", "acknowledged", "closed", "reopened")


def case_figures(
    cases: pd.DataFrame, happened: pd.DataFrame, people: pd.DataFrame, *, now: datetime, weeks: int
) -> pd.DataFrame:
    """CASE_FIGURES frame of the cases that opened in the last `weeks`; teams with fewer than five are in "all" alone.

    Args:
        cases: CASES frame, or SEGMENT_CASES, as they stand.
        happened: one row per case event: case_id, kind, at, who. What a person did is an action; the clock's
            escalations, evidence and the opening itself are not.
        people: canonical people: the business unit of the owner is the team.
        now: cases without an end are judged by it.
        weeks: looked back.
    """
    mine = cases[(cases["opened_at"] > now - timedelta(weeks=weeks)) & (cases["opened_at"] <= now)]
    unit = people.set_index("person_id")["business_unit"]
    by_person = happened[happened["kind"].isin(_ACTIONS) & (happened["who"] != "cem")]
    first = by_person.groupby("case_id")["at"].min()
    closings = happened[happened["kind"] == "closed"].groupby("case_id")["at"].min()
    reopened = set(happened.loc[happened["kind"] == "reopened", "case_id"])
    mine = mine.assign(
        team=mine["owner_id"].map(unit).fillna(_NO_TEAM),
        acted=pd.to_datetime(mine["case_id"].map(first), utc=True),
        first_closed=pd.to_datetime(mine["case_id"].map(closings), utc=True),
        was_reopened=mine["case_id"].isin(reopened),
    )
    counted = mine["team"].value_counts()
    teams = [EVERYBODY, *sorted(str(team) for team in counted.index[counted >= _FEWEST])]
    rows = [_row(team, mine if team == EVERYBODY else mine[mine["team"] == team], now) for team in teams]
    return conform(pd.DataFrame(rows, columns=CASE_FIGURES.names), CASE_FIGURES)


def _row(team: str, cases: pd.DataFrame, now: datetime) -> dict[str, object]:
    closed = cases["first_closed"].notna()
    with_goal = cases[cases["due_at"].notna()]
    end = with_goal["closed_at"].fillna(pd.Timestamp(now))
    return {
        "team": team,
        "opened": len(cases),
        "closed": int(cases["closed_at"].notna().sum()),
        "open": int(cases["is_open"].sum()),
        "acted_on": int(cases["acted"].notna().sum()),
        "hours_to_first_action": _hours(cases["acted"] - cases["opened_at"]),
        "hours_to_close": _hours(cases["first_closed"] - cases["opened_at"]),
        "overdue_share": float((end > with_goal["due_at"]).mean()) if len(with_goal) else None,
        "reopen_share": float(cases.loc[closed, "was_reopened"].mean()) if closed.any() else None,
    }


def _hours(spans: pd.Series) -> float | None:
    """The median; a case that did not come so far has none, so waiting ones do not make a team look quick or slow."""
    known = pd.to_timedelta(spans.dropna())
    return float(known.median() / pd.Timedelta(hours=1)) if len(known) else None
