"""Who is not told, and that what must be told always reaches somebody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from contracts.alerting import OpenPlan, Quiet, Silenced, Snooze, Standing
from contracts.rules import SuppressionRules
from contracts.words import MessageKind
from scoring.act.alerts import AlertDecision
from scoring.act.suppression import suppress

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
RULES = SuppressionRules()
SNOOZED = Snooze("C-1", NOON + timedelta(days=3), "known and agreed", "P-1")


def an_alert(subject: str = "E-1", *, must: bool = False, event: str = "", **more: object) -> AlertDecision:
    fields: dict[str, object] = {
        "kind": MessageKind.ALERT_EVENT,
        "subject_key": subject,
        "customer_id": "C-1",
        "person_ids": ("P-1", "P-2", "LEAD"),
        "why": {"P-1": "account team", "P-2": "account team", "LEAD": "BU lead Sales"},
        "lead_ids": frozenset({"LEAD"}),
        "is_protected": must,
        "event_kind": event,
        "happened_at": NOON if event else None,
    }
    return AlertDecision(**{**fields, **more})  # type: ignore[arg-type]


def quieted(decision: AlertDecision, standing: Standing, rules: SuppressionRules = RULES) -> AlertDecision:
    (made,) = suppress([decision], rules, standing)
    return made


def test_with_nothing_standing_everybody_is_told() -> None:
    assert quieted(an_alert(), Standing()).told_ids == ("P-1", "P-2", "LEAD")


def test_a_snooze_keeps_a_soft_alert_from_everybody_and_says_why() -> None:
    made = quieted(an_alert(), Standing(snoozes={"C-1": SNOOZED}))
    assert made.told_ids == ()
    assert {why.reason for why in made.silenced.values()} == {Quiet.SNOOZE}
    assert made.silenced["P-2"].words == "snoozed until 2026-11-21 by P-1: known and agreed"


def test_a_snooze_leaves_the_leads_what_must_be_told() -> None:
    standing = Standing(snoozes={"C-1": SNOOZED})
    assert quieted(an_alert(must=True), standing).told_ids == ("LEAD",)
    without = an_alert(must=True, lead_ids=frozenset(), person_ids=("P-1",), why={"P-1": "account team"})
    assert quieted(without, standing).told_ids == ("P-1",), "where no lead can be told, the team is"


def test_a_lead_who_is_of_the_team_too_is_told() -> None:
    both = an_alert(must=True, lead_ids=frozenset({"P-1"}))
    assert quieted(both, Standing(snoozes={"C-1": SNOOZED})).told_ids == ("P-1",)


def test_maintenance_explains_what_happens_while_it_lasts_and_nothing_else() -> None:
    window = {"C-1": ((NOON, NOON + timedelta(hours=2)),)}
    standing = Standing(maintenance=window)
    during = quieted(an_alert(event="spike"), standing)
    assert during.told_ids == ()
    assert during.silenced["P-1"].reason is Quiet.MAINTENANCE
    assert quieted(an_alert(event="severity_1", must=True), standing).told_ids == ("LEAD",)
    assert quieted(an_alert(event="lost_deal"), standing).told_ids == ("P-1", "P-2", "LEAD")
    after = an_alert(event="spike", happened_at=NOON + timedelta(hours=2))
    assert quieted(after, standing).silenced == {}


def test_under_an_open_plan_a_soft_alert_is_listed_and_good_news_told() -> None:
    standing = Standing(plans={"C-1": OpenPlan("CL-1", ("P-9",))})
    assert quieted(an_alert(), standing).told_ids == ()
    assert quieted(an_alert(is_notice=True), standing).silenced == {}


def test_under_an_open_plan_what_must_be_told_is_evidence_for_the_case_team() -> None:
    made = quieted(an_alert(must=True), Standing(plans={"C-1": OpenPlan("CL-1", ("P-2", "P-9"))}))
    assert set(made.told_ids) == {"P-2", "P-9", "LEAD"}
    assert made.evidence_for == "CL-1"
    assert made.why["P-9"] == made.why["P-2"] == "case team of CL-1"
    assert made.silenced["P-1"].words == "CL-1 is open, and its team has it"


def test_a_snooze_holds_for_the_case_team_too_and_the_case_gets_its_evidence() -> None:
    plan = {"C-1": OpenPlan("CL-1", ("P-2", "P-9"))}
    made = quieted(an_alert(must=True), Standing(plans=plan, snoozes={"C-1": SNOOZED}))
    assert made.told_ids == ("LEAD",)
    assert made.evidence_for == "CL-1"
    assert made.silenced["P-9"].reason is Quiet.SNOOZE


def test_the_case_that_an_alert_opened_does_not_silence_that_alert() -> None:
    standing = Standing(plans={"C-1": OpenPlan("CL-1", ("P-9",))}, told_pairs=frozenset({("E-1", "P-1")}))
    made = quieted(an_alert(must=True), standing)
    assert made.told_ids == ("P-1", "P-2", "LEAD")
    assert made.evidence_for is None


def test_who_was_not_told_by_one_clock_is_not_told_by_the_other() -> None:
    listed = {("E-1", "P-1"): Silenced(Quiet.SNOOZE, "then")}
    assert quieted(an_alert(must=True), Standing(listed=listed)).told_ids == ("P-2", "LEAD")


def test_over_budget_what_must_be_told_is_joined_and_the_rest_is_listed() -> None:
    rules = SuppressionRules(budget_per_week=2)
    alerts = [an_alert(f"E-{n}", must=n > 2, person_ids=("P-1",)) for n in range(6)]
    made = suppress(alerts, rules, Standing())
    assert [m.told_ids for m in made] == [(), (), (), ("P-1",), ("P-1",), ("P-1",)], "what must be told comes first"
    assert [m.joined for m in made[3:]] == [frozenset(), frozenset(), frozenset({"P-1"})]
    assert made[0].silenced["P-1"].words == "over the budget of 2 alerts a week"


def test_the_week_s_mails_count_and_what_was_told_takes_no_room_again() -> None:
    rules = SuppressionRules(budget_per_week=2)
    assert quieted(an_alert(), Standing(told={"P-1": 2}), rules).told_ids == ("P-2", "LEAD")
    standing = Standing(told={"P-1": 2}, told_pairs=frozenset({("E-1", "P-1")}))
    assert quieted(an_alert(must=True), standing, rules).joined == frozenset()


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from(["", "severity_1", "spike"])), max_size=8),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(0, 4),
)
def test_nothing_that_must_be_told_reaches_nobody(
    drawn: list[tuple[bool, bool, str]], snoozed: bool, planned: bool, maintained: bool, told: int
) -> None:
    alerts = [
        an_alert(f"E-{n}", must=must, event=event, lead_ids=frozenset({"LEAD"} if led else ()))
        for n, (must, led, event) in enumerate(drawn)
    ]
    standing = Standing(
        snoozes={"C-1": SNOOZED} if snoozed else {},
        plans={"C-1": OpenPlan("CL-1", ("P-9",))} if planned else {},
        maintenance={"C-1": ((NOON, NOON + timedelta(hours=1)),)} if maintained else {},
        told=dict.fromkeys(("P-1", "P-2", "LEAD"), told),
    )
    made = suppress(alerts, SuppressionRules(budget_per_week=2), standing)
    assert [m.subject_key for m in made] == [a.subject_key for a in alerts]
    for decision in made:
        assert decision.told_ids or not decision.is_protected
        assert set(decision.told_ids) | set(decision.silenced) == set(decision.person_ids), "told or listed"
