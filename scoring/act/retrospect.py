"""What the last weeks would have been under other goals: every case that opened then, held against both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from contracts.frames import conform
from contracts.results import GOAL_REPLAY
from contracts.rules import Calendar, CaseTemplate
from contracts.weeks import Week
from contracts.working_time import due_by
from scoring.act.seats import calendar_of


def replay_goals(
    cases: pd.DataFrame,
    facts: pd.DataFrame,
    people: pd.DataFrame,
    before: Sequence[CaseTemplate],
    after: Sequence[CaseTemplate],
    calendars: Mapping[str, Calendar],
    *,
    now: datetime,
    weeks: int = 13,
) -> pd.DataFrame:
    """GOAL_REPLAY frame: by week of opening and template, how many cases met their goal under either set of goals.

    Both goals are computed from the template, the tier and the owner's calendar as they are known now; a due date
    that somebody set by hand counts for neither. Cases of templates that one of the two sets lacks are left out.

    Args:
        cases: CASES frame; those of segments may stand below, without a customer: they have no tier.
        facts: CUSTOMER_FACTS frame, for the tier.
        people: canonical `people`, for calendars.
        before, after: the two sets of templates.
        now: cases that are open are judged as of now.
    """
    zone = ZoneInfo(calendars["default"].time_zone)
    first = Week.containing(now, zone).shift(1 - weeks)
    tiers = dict(zip(facts["customer_id"], facts["tier"], strict=True))
    old, new = ({template.id: template for template in templates} for templates in (before, after))
    rows: dict[tuple[str, str], dict[str, int]] = {}
    recent = cases.loc[(cases["opened_at"] >= first.starts_at(zone)) & (cases["opened_at"] <= now)]
    for case in recent.sort_values("case_id").to_dict("records"):
        template_id = str(case["template_id"])
        if template_id not in old or template_id not in new:
            continue
        tier = tiers.get(case["customer_id"])
        verdicts = []
        for template in (old[template_id], new[template_id]):
            calendar = calendar_of(case["owner_id"], people, calendars, template.calendar)
            due = due_by(calendar, case["opened_at"], template.goal_for(tier if isinstance(tier, str) else None))
            verdicts.append(_verdict(case["closed_at"], due, now))
        key = (str(Week.containing(case["opened_at"], zone)), template_id)
        counts = rows.setdefault(key, dict.fromkeys(GOAL_REPLAY.names[2:], 0))
        counts["cases"] += 1
        counts["running"] += verdicts == ["running", "running"]
        for when, verdict in zip(("before", "after"), verdicts, strict=True):
            if verdict != "running":
                counts[f"{verdict}_{when}"] += 1
    listed = [{"week": week, "template_id": template, **counts} for (week, template), counts in sorted(rows.items())]
    return conform(pd.DataFrame(listed, columns=GOAL_REPLAY.names), GOAL_REPLAY)


def _verdict(closed_at: object, due: datetime, now: datetime) -> str:
    if isinstance(closed_at, datetime) and not pd.isna(closed_at):
        return "met" if closed_at <= due else "missed"
    return "missed" if now > due else "running"
