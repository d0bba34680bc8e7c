"""Figures of the casework and post-mortems, by hand."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from contracts.frames import conform
from contracts.results import EVENTS
from contracts.rules import EarlyWarning
from reporting.expert.effect import EffectHead, render_effects, render_post_mortem
from scoring.explain.effect.figures import case_figures
from scoring.explain.effect.post_mortem import PostMortem, first_warnings, post_mortems
from tests.factories.effect import FIRST, NOW, ROME, after, case_row, cases_of, facts_of, history_of

PEOPLE = pd.DataFrame({"person_id": ["P1", "P2"], "business_unit": ["sales", "support"]})
HEAD = EffectHead("Borealis", "2026-W30", "27 Jul 2026", "EUR")


def happened(*rows: tuple[str, str, float, str]) -> pd.DataFrame:
    start = after(30)
    made = [(case, kind, start + timedelta(hours=hours), who) for case, kind, hours, who in rows]
    return pd.DataFrame(made, columns=["case_id", "kind", "at", "who"])


def test_figures_count_what_people_did_and_not_what_the_clock_did():
    cases = cases_of([case_row(i, 30, closed_days=2 if i < 2 else None) for i in range(4)])
    events = happened(
        *((f"CL-{i}-30", "opened", 0, "cem") for i in range(4)),
        ("CL-0-30", "escalated", 1, "cem"),
        ("CL-0-30", "acknowledged", 4, "P1"),
        ("CL-1-30", "edited", 10, "P1"),
        ("CL-0-30", "closed", 48, "P1"),
        ("CL-1-30", "closed", 24, "P1"),
        ("CL-1-30", "reopened", 30, "P1"),
    )
    made = case_figures(cases, events, PEOPLE, now=NOW, weeks=26).set_index("team")
    assert list(made.index) == ["all"], "a team with four cases is not shown alone"
    row = made.loc["all"]
    assert (row.opened, row.closed, row.open, row.acted_on) == (4, 2, 2, 2)
    assert (row.hours_to_first_action, row.hours_to_close) == (7, 36)
    assert (row.overdue_share, row.reopen_share) == (0.5, 0.5)


def test_teams_are_the_units_of_owners_and_old_cases_are_left_out():
    rows = [case_row(i, 30, owner_id="P2" if i % 2 else "P1") for i in range(12)] + [case_row(20, 1)]
    made = case_figures(cases_of(rows), happened(), PEOPLE, now=NOW, weeks=26).set_index("team")
    assert made.opened.to_dict() == {"all": 12, "sales": 6, "support": 6}
    empty = case_figures(cases_of([]), happened(), PEOPLE, now=NOW, weeks=26)
    assert empty.opened.tolist() == [0]
    assert pd.isna(empty.overdue_share[0])


def lost_one(**more: object) -> PostMortem:
    """A customer that is fine for ten weeks, falls by 12 points in week 12, is Critical from week 20, gone in week 30."""
    loyalty = np.concatenate([np.full(12, 70.0), np.full(8, 58.0), np.full(14, 45.0)])[None, :]
    retention = np.concatenate([np.full(20, 70.0), np.full(14, 42.0)])[None, :]
    facts = facts_of(1, status="left", ended_on=pd.Timestamp("2026-08-10"))
    frames = {
        "alerts": pd.DataFrame({"customer_id": ["C0000"], "at": [after(21)], "headline": ["Entered Critical"]}),
        "cases": cases_of([case_row(0, 21)]),
        "events": EVENTS.empty(),
    } | more
    history = history_of(loyalty, retention=retention, gone={0: 30})
    return post_mortems(history, facts, rules=EarlyWarning(), zone=ROME, **frames)  # type: ignore[arg-type]


def test_the_first_week_in_which_a_rule_could_have_caught_it():
    (row,) = lost_one().lost.to_dict("records")
    assert row["last_week"] == str(FIRST.shift(29))
    assert row["first_week"] == str(FIRST.shift(12))
    assert row["first_rule"] == "loyalty fell by 10 points within 4 weeks"
    assert row["lead_weeks"] == 18
    assert (row["alerts"], row["cases"], row["last_zone"]) == (1, 1, "critical")
    assert row["first_case_at"] == after(21)


def test_only_the_weeks_looked_at_count_and_they_are_kept_for_the_page():
    made = lost_one()
    assert len(made.weeks) == 26
    assert list(made.steps.kind) == ["rule", "rule", "rule", "alert", "case", "case", "lost"]


def test_an_event_before_any_rule_is_the_first_sign_and_a_notice_is_none():
    rows = [
        {"event_id": "e1", "kind": "severity_1", "happened_at": after(9), "headline": "Array offline"},
        {"event_id": "e2", "kind": "notice_to_terminate", "happened_at": after(7), "headline": "Notice"},
    ]
    base = {"customer_id": "C0000", "is_hard": True, "table": "tickets", "row_key": "t"}
    events = conform(pd.DataFrame([base | row for row in rows]), EVENTS)
    (row,) = lost_one(events=events).lost.to_dict("records")
    assert (row["first_rule"], row["first_week"]) == ("Array offline", str(FIRST.shift(10)))


def test_whom_nothing_could_have_caught_is_said_so():
    history = history_of(np.full((2, 20), 70.0), retention=np.full((2, 20), 70.0), gone={0: 15})
    facts = facts_of(2, status=["left", "active"])
    none = pd.DataFrame({"customer_id": [], "at": [], "headline": []})
    made = post_mortems(history, facts, none, cases_of([]), EVENTS.empty(), EarlyWarning(), zone=ROME)
    (row,) = made.lost.to_dict("records")
    assert pd.isna(row["first_week"])
    assert row["sentence"] == "No rule we have could have caught it."


def test_rules_are_found_at_their_first_week():
    history = history_of(np.array([[60.0, 39.0, 38.0]]), retention=np.array([[60.0, 60.0, 60.0]]))
    assert first_warnings(history, EarlyWarning()) == [
        (str(FIRST.shift(1)), "loyalty fell by 10 points within 4 weeks"),
        (str(FIRST.shift(1)), "loyalty under 40"),
    ]


def test_a_page_says_the_name_as_text_and_draws_both_scores():
    made = lost_one()
    lost = made.lost.to_dict("records")[0] | {"name": "<b>Rossi & Figli</b>"}
    page = render_post_mortem(HEAD, lost, made.steps, made.weeks)
    assert "&lt;b&gt;Rossi &amp; Figli&lt;/b&gt;" in page
    assert "Loyalty and retention from" in page
    assert "loyalty fell by 10 points" in page


def test_a_page_without_any_playbook_says_so():
    from contracts.results import CASE_FIGURES, EFFECT_BALANCE, EFFECT_PATH, EFFECTS

    frames = [frame.empty() for frame in (EFFECTS, EFFECT_BALANCE, EFFECT_PATH, CASE_FIGURES)]
    page = render_effects(HEAD, *frames, names={})
    assert "No closed case names a playbook yet." in page
    assert "No playbook is proven to help" in page


@pytest.mark.parametrize("weeks", [3, 40])
def test_a_fall_is_looked_for_in_the_weeks_there_are(weeks: int):
    history = history_of(np.full((1, weeks), 55.0))
    assert first_warnings(history, EarlyWarning()) == []
