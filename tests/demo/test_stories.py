"""The planted stories under the shipped policy: each is found in its week, and steady accounts stay quiet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from config.policy import read_draft
from contracts.frames import to_frame
from contracts.words import Zone
from extract.demo import DemoCompany, build_demo
from scoring.act.alerts import decide
from scoring.measure.asof import as_of_view
from scoring.measure.events import find_events
from scoring.measure.facts import customer_facts
from scoring.measure.norms import norms
from scoring.measure.signals import measure
from scoring.place.axes import score
from scoring.place.placement import place
from scoring.place.transitions import compare
from tests.factories.demo import canonical

WEEKS = 9


@dataclass(frozen=True, slots=True)
class Scored:
    week: str
    placements: pd.DataFrame
    transitions: pd.DataFrame
    events: pd.DataFrame
    alerts: set[tuple[str, str]]


@pytest.fixture(scope="module")
def company() -> DemoCompany:
    return build_demo()


@pytest.fixture(scope="module")
def weeks(company) -> list[Scored]:
    policy = read_draft(Path(__file__).parents[2] / "config")
    previous, scored = None, []
    for ago in range(WEEKS - 1, -1, -1):
        week = company.line.last.shift(-ago)
        as_of = week.ends_at(company.line.zone)
        tables = as_of_view(canonical(company, as_of), as_of)
        facts = customer_facts(tables, policy.money, as_of)
        fresh = frozenset(name for name, table in tables.items() if table.num_rows)
        signals = measure(tables, policy.signals, as_of=as_of, fresh=fresh)
        scores = score(signals, norms(signals, policy.signals), policy.signals, policy.thresholds).scores
        placements = place(scores, facts, previous, policy.thresholds, week=week)
        events = find_events(tables, policy.alerts.event, facts, as_of=as_of)
        if previous is not None:
            transitions = compare(previous, placements, facts)
            people, teams = to_frame(tables["people"]), to_frame(tables["assignments"])
            decisions = decide(transitions, events, facts, teams, people, policy.alerts, is_baseline=False)
            alerts = {(decision.kind.value, decision.customer_id) for decision in decisions}
            scored.append(Scored(str(week), placements, transitions, events, alerts))
        previous = placements
    return scored


def actors(company: DemoCompany, kind: str) -> list[str]:
    return [story["customer_id"] for story in company.truth["stories"] if story["kind"] == kind]


def zone_of(scored: Scored, customer: str) -> str | None:
    (zone,) = scored.placements.loc[scored.placements.customer_id == customer, "zone"]
    return zone


def test_sliding_accounts_enter_critical_in_the_last_week_and_not_before(company, weeks):
    for customer in actors(company, "sliding"):
        assert [zone_of(scored, customer) for scored in weeks][-1] == Zone.CRITICAL
        assert all(zone_of(scored, customer) != Zone.CRITICAL for scored in weeks[:-1])
        assert ("alert_critical", customer) in weeks[-1].alerts


@pytest.mark.parametrize(
    ("kind", "event", "place"),
    [("outage", "severity_1", -1), ("key_detractor", "key_detractor", -1), ("notice", "notice_to_terminate", -2)],
)
def test_hard_events_are_told_in_their_week(company, weeks, kind, event, place):
    (customer,) = actors(company, kind)
    found = weeks[place].events
    assert event in set(found[found.customer_id == customer].kind)
    assert ("alert_event", customer) in weeks[place].alerts
    assert not any(customer in {who for _, who in scored.alerts} for scored in weeks if scored is not weeks[place])


def test_silence_is_found_in_the_last_week(company, weeks):
    for customer in actors(company, "silent"):
        told = [
            scored.week
            for scored in weeks
            if ((scored.events.customer_id == customer) & (scored.events.kind == "silence")).any()
        ]
        assert told == [str(company.line.last)]


def test_dying_deals_move_retention_alone(company, weeks):
    for customer in actors(company, "deals_dying"):
        assert zone_of(weeks[-1], customer) == Zone.SOMEWHAT_LOYAL
        assert zone_of(weeks[-2], customer) == Zone.VERY_LOYAL
        rows = [scored.placements.set_index("customer_id").loc[customer] for scored in weeks]
        assert rows[-1].retention < rows[0].retention - 8
        assert rows[-1].loyalty > rows[0].loyalty - 8


def test_recovering_accounts_leave_critical(company, weeks):
    for customer in actors(company, "recovering"):
        zones = [zone_of(scored, customer) for scored in weeks]
        assert zones[-1] != Zone.CRITICAL
        assert Zone.CRITICAL in zones


def test_flapping_accounts_cross_their_line_and_nobody_is_alerted(company, weeks):
    for customer in actors(company, "flapping"):
        rows = [scored.placements.set_index("customer_id").loc[customer] for scored in weeks]
        assert len({row.raw_zone for row in rows}) == 2
        assert sum(bool(row.is_borderline) for row in rows) >= 4
        assert not any(customer in {who for _, who in scored.alerts} for scored in weeks)


def test_steady_accounts_are_quiet(company, weeks):
    steady = set(company.truth["steady"])
    for scored in weeks[-2:]:
        assert not steady & {who for _, who in scored.alerts}
        assert not steady & set(scored.transitions.customer_id)


def test_all_four_zones_are_alive(weeks):
    placed = weeks[-1].placements
    shares = placed[placed.state == "placed"].zone.value_counts(normalize=True)
    assert 0.45 <= shares[Zone.VERY_LOYAL] <= 0.65
    assert 0.1 <= shares[Zone.SOMEWHAT_LOYAL] <= 0.25
    assert 0.1 <= shares[Zone.NEUTRAL] <= 0.2
    assert 0.05 <= shares[Zone.CRITICAL] <= 0.12
