"""Every signal of the shipped library on rows worked by hand, and what each weighs in the demo company.

Half-lives of the cases are met at whole multiples: a fact one half-life old weighs 1/2, two old 1/4, so that the
weighted mean of x and y is (x/2 + y/4) / (3/4), and Kish's n of two such facts is (3/4)^2 / (5/16) = 1.8.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
import pytest

from config.policy import read_draft
from contracts.rules import SignalRule
from contracts.words import Axis, KpiTier
from extract.demo import build_demo
from scoring.measure.asof import as_of_view
from scoring.measure.norms import norms
from scoring.measure.signals import measure
from scoring.place.axes import score
from tests.factories.demo import canonical
from tests.factories.repository import ROOT
from tests.factories.scoring import AS_OF, ago, customers, table

POLICY = read_draft(ROOT / "config")
RULES = {rule.id: rule for rule in POLICY.signals}
Row = dict[str, Any]


def ticket(days: float, **more: Any) -> Row:
    return {"opened_at": ago(days)} | more


def answered(days: float, minutes: float, **more: Any) -> Row:
    return ticket(days, first_response_at=ago(days - 0.5), first_response_minutes=minutes) | more


def solved(days: float, **more: Any) -> Row:
    return ticket(days, resolved_at=ago(days - 1), handoff_count=0, reopened_count=0) | more


def answer(kind: str, days: float, score: float | None, **more: Any) -> Row:
    answered = None if score is None else ago(days)
    return {"kind": kind, "sent_at": ago(days + 1), "answered_at": answered, "score": score} | more


def note(days: float, quality: float | None = None, competitor: str | None = None) -> Row:
    return {"given_at": ago(days), "perceived_quality_score": quality, "competitor": competitor}


def used(metric: str, *values: tuple[float, float]) -> list[Row]:
    return [{"used_on": ago(days), "metric": metric, "value": value} for days, value in values]


def project(planned: float, actual: float | None = None) -> Row:
    return {"started_on": ago(300), "planned_end_on": ago(planned), "actual_end_on": actual and ago(actual)}


def deal(days: float, status: str, closed: float | None = None, kind: str = "new") -> Row:
    return {"created_at": ago(days), "status": status, "closed_at": closed and ago(closed), "kind": kind}


def asset(days: float = 900, **more: Any) -> Row:
    return {"installed_on": ago(days)} | {key: ago(value) for key, value in more.items()}


def agreement(days: float, **more: Any) -> Row:
    return {"start_on": ago(days)} | {k: ago(v) if k.endswith("_on") else v for k, v in more.items()}


CASES: dict[str, tuple[list[Row], float, float]] = {
    # id: rows of the signal's table, value, n
    "nps": ([answer("nps", 45, 10), answer("nps", 90, 3), answer("nps", 183, 0), answer("csat", 5, 1)], (50 - 25) / 0.75, 1.8),
    "nps_latest": ([answer("nps", 40, 10), answer("nps", 20, 7), answer("nps", 5, None)], 7, 1),
    "csat_top_box": ([answer("csat", 45, 5), answer("csat", 90, 3), answer("csat", 275, 1)], 0.5 / 0.75, 1.8),
    "ces": ([answer("ces", 45, 7), answer("ces", 90, 4), answer("nps", 5, 1)], (3.5 + 1) / 0.75, 1.8),
    "survey_response_share": ([answer("nps", 9, 8), answer("csat", 9, None), answer("ces", 30, None), answer("nps", 365, 1)], 1 / 3, 3),
    "survey_silence_days": ([answer("nps", 80, 9), answer("csat", 200, 4), answer("nps", 3, None)], 80, 2),
    "team_quality": ([note(45, 4), note(90, 2.5), note(183, 1)], (2 + 0.625) / 0.75, 1.8),
    "team_quality_latest": ([note(10, 4), note(3, 3.5), note(1)], 3.5, 1),
    "competitor_share": ([note(5, 4, "Acme"), note(9, 3), note(200, 3), note(364, 5), note(366, 5, "Acme")], 0.25, 4),
    "ticket_csat": ([solved(21, csat_score=5), solved(42, csat_score=2), solved(5), solved(92, csat_score=1)], (2.5 + 0.5) / 0.75, 1.8),
    "first_response_minutes": ([answered(d, m) for d, m in ((1, 30), (20, 90), (181, 600), (183, 9))] + [ticket(3)], 90, 3),
    "urgent_response_minutes": ([answered(1, 20, severity=1), answered(2, 50, severity=2), answered(3, 900, severity=3)], 35, 2),
    "resolve_hours": ([solved(21, resolve_hours=10), solved(42, resolve_hours=40), solved(92, resolve_hours=999)], (5 + 10) / 0.75, 1.8),
    "longest_ticket_hours": ([solved(5, resolve_hours=12), solved(90, resolve_hours=70), solved(92, resolve_hours=500)], 70, 2),
    "first_contact_share": ([solved(2), solved(3, handoff_count=1), solved(4, reopened_count=1), solved(5), ticket(6, handoff_count=0, reopened_count=0)], 0.5, 4),
    "handoffs": ([ticket(21, handoff_count=0), ticket(42, handoff_count=3), ticket(92, handoff_count=9)], 1, 1.8),
    "many_handoffs_share": ([ticket(2, handoff_count=h) for h in (0, 2, 3, 5)] + [ticket(1)], 0.5, 4),
    "reopen_share": ([solved(2, reopened_count=c) for c in (0, 0, 0, 2)] + [ticket(9, reopened_count=1)], 0.25, 4),
    "escalation_share": ([ticket(2, is_escalated=e) for e in (True, False, False, False, None)], 0.25, 4),
    "sla_share": ([solved(2, is_sla_met=m) for m in (True, True, False, None)], 2 / 3, 3),
    "open_backlog": ([ticket(2), ticket(100), solved(3), ticket(183)], 2, 2),
    "oldest_open_ticket_days": ([ticket(2), ticket(30.5), solved(90), ticket(183)], 30.5, 2),
    "late_projects": ([project(3), project(40), project(-20), project(50, 45)], 2, 2),
    "project_delay_days": ([project(3), project(40), project(-20), project(50, 45)], 40, 2),
    "severity_1_count": ([ticket(2, severity=1), ticket(90, severity=1), ticket(92, severity=1), ticket(1, severity=2)], 2, 2),
    "severe_share": ([ticket(2, severity=s) for s in (1, 2, 3, 4)] + [ticket(200, severity=1)], 0.5, 4),
    "incidents_per_asset": ([ticket(2), ticket(20), ticket(181), ticket(183)], 3 / 2, 3),  # two systems are there
    "incident_trend": ([ticket(d) for d in (1, 50, 90, 92, 181, 183)], (3 - 2) / 2, 2),
    "availability_pct": (used("availability_pct", (21, 99.9), (42, 99.6)) + used("utilization_pct", (1, 5)), (49.95 + 24.9) / 0.75, 1.8),
    "availability_worst_pct": (used("availability_pct", (2, 99.9), (91, 98.5), (92, 90)), 98.5, 2),
    "notice_given": ([agreement(400, notice_on=9), agreement(400), agreement(900, notice_on=200, ended_on=100)], 1, 1),
    "renewal_days": ([agreement(400, renewal_on=-90), agreement(400, renewal_on=-30), agreement(400, renewal_on=5), agreement(400, renewal_on=-9, ended_on=1)], 30, 2),
    "tenure_days": ([{"since_on": ago(1000), "name": "A"}], 1000, 1),
    "deal_win_share": ([deal(300, "won", 120), deal(300, "lost", 240), deal(30, "open"), deal(900, "lost", 366)], 0.5 / 0.75, 1.8),
    "open_deals": ([deal(10, "open"), deal(273, "open"), deal(275, "open"), deal(20, "won", 3)], 2, 2),
    "overdue_deal_share": ([deal(121, "open"), deal(20, "open"), deal(119, "open"), deal(500, "open"), deal(300, "won", 9)], 0.5, 4),
    "deal_slips": ([{"deal_id": "d", "changed_at": ago(d), "field": f} for d, f in ((5, "expected_close_on"), (90, "expected_close_on"), (9, "stage"), (183, "expected_close_on"))], 2, 2),
    "lost_deals": ([deal(300, "lost", 9), deal(300, "lost", 183), deal(300, "won", 5)], 1, 1),
    "lost_renewals": ([deal(300, "lost", 364, "renewal"), deal(300, "lost", 9, "new"), deal(900, "lost", 366, "renewal")], 1, 1),
    "follow_on_deals": ([deal(90, "won", 9, "expansion"), deal(90, "won", 9, "service"), deal(90, "won", 9, "new"), deal(90, "lost", 9, "service")], 2, 2),
    "revenue_trend": ([{"issued_on": ago(d), "amount": a} for d, a in ((10, 600), (180, 450), (190, 1000), (366, 77))], 0.05, 1),
    "invoice_silence_days": ([{"issued_on": ago(d), "amount": 1} for d in (70, 160)], 70, 2),
    "agreement_value_trend": ([agreement(100, annual_amount=110), agreement(400, annual_amount=100), agreement(731, annual_amount=9)], 0.1, 1),
    "renewals_made": ([{"kind": k, "happened_on": ago(d)} for k, d in (("renewed", 9), ("renewed", 729), ("renewed", 731), ("downgraded", 3))], 2, 2),
    "contact_silence_days": ([note(12.5, 4), note(99)], 12.5, 2),
    "key_contacts_gone_share": ([{"is_key": k, "left_on": left and ago(left)} for k, left in ((True, 9), (True, None), (True, None), (True, None), (False, 3))], 0.25, 4),
    "ticket_silence_days": ([ticket(33), ticket(90)], 33, 2),
    "call_silence_days": ([{"turn_number": n, "started_at": ago(d)} for n, d in ((1, 50), (2, 50), (3, 120))], 50, 3),
    "utilization_pct": (used("utilization_pct", (14, 80), (28, 50), (64, 1)) + used("availability_pct", (1, 99)), (40 + 12.5) / 0.75, 1.8),
    "utilization_trend": (used("utilization_pct", (7, 60), (35, 48), (49, 80), (77, 40), (85, 999)), (108 - 120) / 120, 2),
    "end_of_support_share": ([asset(end_of_support_on=-181), asset(end_of_support_on=-183), asset(end_of_support_on=30), asset(end_of_support_on=5, removed_on=2), asset()], 2 / 3, 3),
    "contract_end_share": ([asset(contract_end_on=-100), asset(contract_end_on=-400), asset(contract_end_on=-9, removed_on=3)], 0.5, 2),
    "last_purchase_days": ([asset(700), asset(250)], 250, 2),
}  # fmt: skip


def test_every_signal_of_the_library_is_worked_by_hand() -> None:
    assert set(CASES) == set(RULES)
    assert len(CASES) >= 40


@pytest.mark.parametrize("signal", CASES)
def test_a_signal_of_the_library(signal: str) -> None:
    rows, value, n = CASES[signal]
    rule = RULES[signal]
    tables = {
        "customers": customers(),
        "install_base": table("install_base", [asset(), asset(), asset(removed_on=9)]),
        rule.table: table(rule.table, [{"customer_id": "A"} | row for row in rows]),
    }
    found = measure(as_of_view(tables, AS_OF), [rule], as_of=AS_OF, fresh=frozenset({rule.table})).iloc[0]
    assert found.value == pytest.approx(value, abs=1e-9)
    assert found.n == pytest.approx(n, abs=1e-9)


@pytest.mark.parametrize("signal", [rule.id for rule in POLICY.signals if rule.zero_is_observed])
def test_nothing_of_a_fresh_source_is_zero(signal: str) -> None:
    rule = RULES[signal]
    tables = {"customers": customers(), "install_base": table("install_base", [asset()])}
    values = [
        measure(tables, [rule], as_of=AS_OF, fresh=frozenset(fresh)).value.iloc[0] for fresh in ([rule.table], [])
    ]
    assert (values[0], pd.isna(values[1])) == (0, True)


REQUIRED = {
    KpiTier.TECHNICAL: {"availability_pct", "severity_1_count", "incidents_per_asset", "end_of_support_share"},
    KpiTier.OPERATIONAL: {
        "first_response_minutes", "resolve_hours", "first_contact_share", "handoffs", "reopen_share",
        "escalation_share", "late_projects", "project_delay_days",
    },
    KpiTier.STRATEGIC: {
        "nps", "csat_top_box", "ces", "renewal_days", "tenure_days", "deal_win_share", "open_deals", "revenue_trend",
        # silence says something of its own
        "survey_silence_days", "contact_silence_days",
    },
}  # fmt: skip


def test_the_three_tiers_hold_what_a_programme_asks_first() -> None:
    for tier, signals in REQUIRED.items():
        assert {signal: RULES[signal].tier for signal in signals} == dict.fromkeys(signals, tier)
    silent = {signal for signal in RULES if signal.endswith("_silence_days")}
    assert len(silent) >= 4
    assert {RULES[signal].axis for signal in silent} == {*Axis}


@pytest.fixture(scope="module")
def demo() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Signals and norms of the demo company in its last week."""
    company = build_demo(customers=150, people=30)
    as_of = company.line.last.ends_at(company.line.zone)
    tables = as_of_view(canonical(company, as_of), as_of)
    fresh = frozenset(name for name, rows in tables.items() if rows.num_rows)
    signals = measure(tables, POLICY.signals, as_of=as_of, fresh=fresh)
    return signals, norms(signals, POLICY.signals)


def test_thirty_and_more_signals_carry_weight_in_the_demo_and_none_can_be_dropped_unseen(demo) -> None:
    signals, book = demo

    def judged(rules: list[SignalRule]) -> pd.Series:
        scores = score(signals, book, rules, POLICY.thresholds).scores
        return scores.set_index(["customer_id", "axis"]).score

    weighing = [rule for rule in POLICY.signals if rule.weight > 0]
    assert Counter(rule.axis for rule in weighing).total() >= 30
    whole = judged(weighing)
    moved = {
        rule.id: (judged([other for other in weighing if other is not rule]) - whole).abs().max() for rule in weighing
    }
    assert {signal: most for signal, most in moved.items() if not most > 0.01} == {}
