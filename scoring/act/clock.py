"""What time alone asks of open cases: the next level, and a proposal to close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from contracts.rules import Calendar, CaseRules, CaseTemplate
from contracts.words import Zone
from contracts.working_time import add_working_hours
from scoring.act.seats import calendar_of


def due_steps(
    cases: pd.DataFrame,
    stepped_at: Mapping[str, datetime],
    rules: CaseRules,
    calendars: Mapping[str, Calendar],
    *,
    people: pd.DataFrame,
    templates: Sequence[CaseTemplate],
    now: datetime,
) -> list[tuple[str, int]]:
    """The cases that go one level further up now, each with the number of its step; sorted by case.

    A step falls due so many working hours after the closure goal, or after the step before it, whichever came
    later: each level has its time, and a clock that stood still does not skip one. The hours are those of the calendar
    in which the goal was set: the owner's, else the template's.

    Args:
        cases: CASES or SEGMENT_CASES frame.
        stepped_at: when each case was escalated last; cases that never were are absent.
        calendars: "default" must be there.
        people: canonical `people`, for the calendars of owners.
        templates: those in force, for their calendars.
    """
    of_template = {template.id: template.calendar for template in templates}
    found: list[tuple[str, int]] = []
    late = cases.loc[cases["is_open"].astype(bool) & cases["due_at"].notna() & (cases["due_at"] < now)]
    columns = ["case_id", "due_at", "escalation_step", "owner_id", "template_id"]
    for case_id, due_at, step, owner, template in late.sort_values("case_id")[columns].itertuples(
        index=False, name=None
    ):
        if step >= len(rules.escalate_after_hours):
            continue
        since = max(due_at, stepped_at.get(str(case_id), due_at))
        # the first step without a wait is due with the goal itself, in working time or not
        hours = rules.escalate_after_hours[step]
        calendar = calendar_of(owner, people, calendars, of_template.get(str(template), "default"))
        if not hours or add_working_hours(calendar, since, hours) <= now:
            found.append((str(case_id), int(step) + 1))
    return found


@dataclass(frozen=True, slots=True)
class ClosingProposal:
    """An open case whose reason is gone: its customer has been out of Critical for `weeks` weeks."""

    case_id: str
    customer_id: str
    weeks: int
    last_critical_week: str

    @property
    def sentence(self) -> str:
        return f"Out of Critical for {self.weeks} weeks (since {self.last_critical_week}): propose to close"


def closing_proposals(
    cases: pd.DataFrame, history: pd.DataFrame, templates: Sequence[CaseTemplate], rules: CaseRules
) -> list[ClosingProposal]:
    """Open cases about Critical whose customers were placed outside it in each of the last weeks; sorted by case.

    Args:
        cases: CASES frame.
        history: HISTORY frame; a week in which a customer had no zone proves nothing, so it ends the count.
    """
    about = {template.id for template in templates if Zone.CRITICAL in template.on_zone}
    mine = cases.loc[cases["is_open"].astype(bool) & cases["template_id"].isin(about)].sort_values("case_id")
    past = history.loc[history["customer_id"].isin(set(mine["customer_id"]))]
    past = past.sort_values("week", ascending=False)
    zones = {str(customer): rows for customer, rows in past.groupby("customer_id")}
    found: list[ClosingProposal] = []
    for case_id, customer in mine[["case_id", "customer_id"]].itertuples(index=False, name=None):
        rows = zones.get(str(customer))
        if rows is None:
            continue
        good = [isinstance(zone, str) and zone != Zone.CRITICAL.value for zone in rows["zone"]]
        weeks = good.index(False) if False in good else len(good)
        if weeks >= rules.close_after_weeks and False in good:
            found.append(ClosingProposal(str(case_id), str(customer), weeks, str(rows["week"].iloc[weeks])))
    return found
