"""The shipped policy: it can be measured, it is complete, and on the demo company it finds what was planted."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from config.policy import read_draft
from contracts.tables import TABLES
from contracts.weeks import Week
from contracts.words import Axis, EventKind, KpiTier, Zone
from extract.demo.company import DemoCompany, build_demo
from scoring.measure.asof import as_of_view
from scoring.measure.events import find_events
from scoring.measure.facts import customer_facts
from scoring.measure.norms import norms
from scoring.measure.signals import measure
from scoring.place.axes import Scored, score
from scoring.place.placement import place
from scoring.place.transitions import compare
from tests.factories.demo import canonical
from tests.factories.scoring import AS_OF, customers, facts

POLICY = read_draft(Path(__file__).parents[2] / "config")
ROME = ZoneInfo("Europe/Rome")
WEEKS = [Week(2026, 46), Week(2026, 47)]

Outcome = tuple[DemoCompany, list[pd.DataFrame], Scored, pd.DataFrame, pd.DataFrame]


def test_signals_cover_every_tier_and_both_axes() -> None:
    weighted = [rule for rule in POLICY.signals if rule.weight > 0]
    assert len(weighted) >= 40
    assert {rule.tier for rule in weighted} == set(KpiTier)
    assert {rule.axis for rule in weighted} == set(Axis)


@pytest.mark.parametrize("rule", POLICY.signals, ids=lambda rule: rule.id)
def test_a_signal_is_said_in_words(rule: object) -> None:
    assert rule.about.endswith(".")  # type: ignore[attr-defined]
    assert "{value}" in rule.sentence  # type: ignore[attr-defined]
    assert rule.sentence.endswith(".")  # type: ignore[attr-defined]


def test_an_empty_workspace_is_measured_without_a_guess() -> None:
    measured = measure({"customers": customers()}, POLICY.signals, as_of=AS_OF, fresh=frozenset())
    assert not measured.is_observed.any()
    assert find_events({"customers": customers()}, POLICY.alerts.event, facts({"customer_id": "A"}), as_of=AS_OF).empty


def test_every_zone_has_a_playbook_and_every_playbook_an_owner() -> None:
    general = {
        zone
        for book in POLICY.playbooks
        if not book.signals and not book.events and not book.tiers
        for zone in book.zones
    }
    assert general == set(Zone)
    assert len(POLICY.playbooks) >= 8
    assert all(book.owner and book.steps for book in POLICY.playbooks)


def test_hard_events_are_those_that_are_told_at_once() -> None:
    hard = {rule.kind for rule in POLICY.alerts.event if rule.is_hard}
    assert hard == {EventKind.SEVERITY_1, EventKind.NOTICE_TO_TERMINATE, EventKind.KEY_DETRACTOR}
    assert {rule.kind for rule in POLICY.alerts.event} >= set(EventKind) - {
        EventKind.RESPONSE,
        EventKind.SPIKE,
        EventKind.DRIFT,
    }


@pytest.mark.parametrize(
    ("tier", "hours", "severity"),
    [("gold", 24, "urgent"), ("silver", 48, "high"), ("bronze", 72, "normal"), (None, 72, "normal")],
)
def test_closure_goals_by_tier(tier: str | None, hours: float, severity: str) -> None:
    for template in POLICY.case_templates:
        goal = template.goal_for(tier)
        assert (goal.hours, goal.severity) == (hours, severity)


@pytest.fixture(scope="module")
def demo() -> Outcome:
    """Two weeks of the demo company, scored as a weekly run would."""
    company = build_demo()
    placements: list[pd.DataFrame] = []
    for week in WEEKS:
        as_of = week.ends_at(ROME).astimezone(ROME)
        view = as_of_view(canonical(company, as_of), as_of)
        measured = measure(view, POLICY.signals, as_of=as_of, fresh=frozenset(TABLES))
        scored = score(measured, norms(measured, POLICY.signals), POLICY.signals, POLICY.thresholds)
        book = customer_facts(view, POLICY.money, as_of)
        previous = placements[-1] if placements else None
        placements.append(place(scored.scores, book, previous, POLICY.thresholds, week=week))
        happened = find_events(view, POLICY.alerts.event, book, as_of=as_of)
    return company, placements, scored, compare(placements[-2], placements[-1], book), happened


def story(company: DemoCompany, kind: str) -> set[str]:
    return {told["customer_id"] for told in company.truth["stories"] if told["kind"] == kind}


def test_the_sliding_accounts_enter_critical_in_the_last_week(demo: Outcome) -> None:
    company, _, _, moves, _ = demo
    entered = set(moves.loc[(moves.to_zone == Zone.CRITICAL) & (moves.kind == "moved"), "customer_id"])
    assert story(company, "sliding") <= entered
    assert not entered & set(company.truth["steady"])


def test_accounts_whose_deals_die_are_somewhat_loyal(demo: Outcome) -> None:
    company, weeks, *_ = demo
    zones = weeks[-1].set_index("customer_id").zone
    assert set(zones[sorted(story(company, "deals_dying"))]) == {Zone.SOMEWHAT_LOYAL.value}


def test_planted_events_are_hard_and_steady_accounts_have_none(demo: Outcome) -> None:
    company, _, _, _, happened = demo
    hard = happened.loc[happened.is_hard]
    for kind, event in (("outage", "severity_1"), ("key_detractor", "key_detractor")):
        assert story(company, kind) <= set(hard.loc[hard.kind == event, "customer_id"])
    assert not set(hard.customer_id) & set(company.truth["steady"])
    assert story(company, "silent") <= set(happened.loc[happened.kind == "silence", "customer_id"])


def test_the_book_is_plausible(demo: Outcome) -> None:
    placed = demo[1][-1].query("state == 'placed'")
    share = placed.zone.value_counts(normalize=True)
    assert 0.45 <= share["very_loyal"] <= 0.70
    assert 0.04 <= share["critical"] <= 0.20


def test_each_weighted_signal_moves_somebodys_score(demo: Outcome) -> None:
    """Dropping a signal changes the weighted mean of the others unless its score equals theirs."""
    scored = demo[2]
    axis_score = scored.scores.set_index(["customer_id", "axis"]).score.rename("axis_score")
    parts = scored.contributions.join(axis_score, on=["customer_id", "axis"])
    moving = parts.loc[(parts.signal_score - parts.axis_score).abs() > 1, "signal_id"]
    assert {rule.id for rule in POLICY.signals if rule.weight > 0} <= set(moving)
