"""What time asks of cases: escalation steps, proposals to close, and other goals in retrospect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from contracts.results import HISTORY
from contracts.rules import CaseRules
from scoring.act.clock import closing_proposals, due_steps
from scoring.act.retrospect import replay_goals
from tests.factories.cases import ROME, template
from tests.factories.scoring import cases, facts, frame, people

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
"""A Wednesday, 11:00 in Rome; the calendar works 9 to 17."""


def late(**changes: Any) -> pd.DataFrame:
    return cases({"case_id": "c1", "customer_id": "A", "template_id": "save", "reason_key": "r"} | changes)


@pytest.mark.parametrize(
    ("case", "stepped", "steps"),
    [
        ({"due_at": NOW + timedelta(hours=1)}, {}, []),
        ({"due_at": NOW - timedelta(hours=1)}, {}, [("c1", 1)]),
        ({"due_at": NOW - timedelta(hours=1), "is_open": False}, {}, []),
        ({"due_at": None}, {}, []),
        # the second step waits eight working hours after the first, however old the goal is
        ({"due_at": NOW - timedelta(days=30), "escalation_step": 1}, {"c1": NOW - timedelta(minutes=10)}, []),
        ({"due_at": NOW - timedelta(days=30), "escalation_step": 1}, {"c1": NOW - timedelta(hours=24)}, [("c1", 2)]),
        ({"due_at": NOW - timedelta(days=30), "escalation_step": 2}, {"c1": NOW - timedelta(days=9)}, []),
    ],
)
def test_each_step_once_and_each_level_has_its_time(
    case: dict[str, Any], stepped: dict[str, datetime], steps: list[tuple[str, int]]
) -> None:
    rules = CaseRules(escalate_after_hours=[0, 8])
    calendars = {"default": ROME}
    assert due_steps(late(**case), stepped, rules, calendars, people=people(), templates=[], now=NOW) == steps


def test_a_level_has_its_time_in_the_calendar_of_the_owner() -> None:
    """Friday is no working day in Cairo: eight hours from Thursday noon end on Monday there, on Friday in Rome."""
    cairo = ROME.model_copy(update={"time_zone": "Africa/Cairo", "working_days": (7, 1, 2, 3, 4)})
    calendars, rules = {"default": ROME, "cairo": cairo}, CaseRules(escalate_after_hours=[8])
    staff = people({"person_id": "mona", "calendar": "cairo"}, {"person_id": "ann"})
    thursday_noon = datetime(2026, 11, 26, 11, 0, tzinfo=UTC)
    friday_evening, sunday_evening = thursday_noon + timedelta(hours=30), thursday_noon + timedelta(hours=78)
    for owner, now, steps in (
        ("mona", friday_evening, []),
        ("ann", friday_evening, [("c1", 1)]),
        ("mona", sunday_evening, [("c1", 1)]),
    ):
        known = late(due_at=thursday_noon, owner_id=owner)
        assert due_steps(known, {}, rules, calendars, people=staff, templates=[], now=now) == steps, (owner, now)
    in_template = [template(calendar="cairo")]
    known = late(due_at=thursday_noon, owner_id="ann")
    assert due_steps(known, {}, rules, calendars, people=staff, templates=in_template, now=friday_evening) == []


def history(*zones: str | None) -> pd.DataFrame:
    rows = [
        {"customer_id": "A", "week": f"2026-W{40 + n}", "state": "placed", "zone": zone, "is_reconstructed": False}
        for n, zone in enumerate(zones)
    ]
    return frame(HISTORY, rows)


@pytest.mark.parametrize(
    ("zones", "proposed"),
    [
        (("critical", "neutral", "neutral", "neutral", "neutral"), True),
        (("critical", "critical", "neutral", "neutral", "neutral"), False),
        (("critical", "neutral", None, "neutral", "neutral"), False),
        (("neutral", "neutral", "neutral", "neutral", "neutral"), False),
        ((), False),
    ],
    ids=["four weeks", "three weeks", "a week without a zone", "never seen in Critical", "no history"],
)
def test_closing_is_proposed_when_the_customer_stayed_out_of_critical(
    zones: tuple[str | None, ...], proposed: bool
) -> None:
    found = closing_proposals(late(), history(*zones), [template(on_zone=["critical"])], CaseRules(close_after_weeks=4))
    assert bool(found) is proposed
    if found:
        assert (found[0].case_id, found[0].weeks, found[0].last_critical_week) == ("c1", 4, "2026-W40")
        assert "propose to close" in found[0].sentence
    assert closing_proposals(late(), history(*zones), [template(on_event=["low_score"])], CaseRules()) == []


def test_other_goals_in_retrospect_by_hand() -> None:
    monday = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)  # 09:00 in Rome, opening
    spent = {"c1": timedelta(hours=7), "c2": timedelta(days=1, hours=7), "c3": None}
    known = cases(
        *(
            {
                "case_id": case,
                "customer_id": "A",
                "template_id": "save",
                "reason_key": case,
                "opened_at": monday,
                "closed_at": monday + took if took else None,
                "is_open": took is None,
            }
            for case, took in spent.items()
        ),
        {
            "case_id": "old",
            "customer_id": "A",
            "template_id": "save",
            "reason_key": "o",
            "opened_at": NOW - timedelta(weeks=20),
        },
        {"case_id": "other", "customer_id": "A", "template_id": "gone", "reason_key": "g", "opened_at": monday},
    )
    goal = {"first_response_hours": 1, "severity": "x"}
    before = template(goals={"default": {"hours": 16, **goal}})  # two days of eight hours
    after = template(goals={"default": {"hours": 8, **goal}})
    found = replay_goals(
        known, facts({"customer_id": "A"}), people(), [before], [after], {"default": ROME}, now=NOW, weeks=13
    )
    assert found.to_dict("records") == [
        {
            "week": "2026-W47",
            "template_id": "save",
            "cases": 3,
            "met_before": 2,
            "missed_before": 1,
            "met_after": 1,
            "missed_after": 2,
            "running": 0,
        }
    ]
    same_day = replay_goals(
        known,
        facts({"customer_id": "A"}),
        people(),
        [before],
        [after],
        {"default": ROME},
        now=monday + timedelta(hours=2),
    )
    assert int(same_day.running[0]) == 1, "open, and due under neither"
