"""Events: which rows count, what they are called, and that each is told once."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from contracts.frames import check
from contracts.results import EVENTS
from contracts.rules import EventRule
from scoring.errors import RuleRefused
from scoring.measure.events import find_events
from tests.factories.scoring import AS_OF, ago, customers, facts, table, where

BOOK = facts({"customer_id": "A"}, {"customer_id": "B"})


def event_rule(**changes: Any) -> EventRule:
    base = {
        "id": "outage",
        "kind": "severity_1",
        "table": "tickets",
        "time_column": "opened_at",
        "filter": [where("severity", "==", 1)],
        "is_hard": True,
        "headline": "Severity {severity} on {product}",
    }
    return EventRule.model_validate(base | changes)


def found(tables: dict[str, Any], *rules: EventRule, book: pd.DataFrame = BOOK) -> pd.DataFrame:
    tables = {"customers": customers("A", "B")} | tables
    events = find_events(tables, rules or [event_rule()], book, as_of=AS_OF)
    check(events, EVENTS)
    return events


def ticket(days: float, **more: Any) -> dict[str, Any]:
    return {"opened_at": ago(days), "severity": 1, "product": "X9"} | more


def test_rows_of_the_last_days_that_fit_are_events() -> None:
    rows = [ticket(1), ticket(7), ticket(7.01), ticket(2, severity=2), ticket(3, customer_id="B", product=None)]
    events = found({"tickets": table("tickets", rows)})
    assert events.customer_id.tolist() == ["A", "A", "B"]
    assert events.headline.tolist() == ["Severity 1 on X9", "Severity 1 on X9", "Severity 1 on unknown"]
    assert events.event_id.is_unique


def test_an_event_keeps_its_id_on_every_run() -> None:
    both = table("tickets", [ticket(2), ticket(1)])
    assert found({"tickets": both}).event_id[0] == found({"tickets": both.slice(0, 1)}).event_id[0]


def test_customers_that_left_have_no_events() -> None:
    gone = facts({"customer_id": "A", "status": "left"})
    assert found({"tickets": table("tickets", [ticket(1)])}, book=gone).empty


def test_a_date_ahead_is_an_event_when_it_comes_within_reach() -> None:
    rows = [{"start_on": ago(300), "end_on": ago(d)} for d in (-10, -60, 1)]
    rule = event_rule(
        kind="contract_end_near",
        table="agreements",
        time_column="end_on",
        filter=[],
        within_days=60,
        headline="{end_on}",
    )
    events = found({"agreements": table("agreements", rows)}, rule)
    assert events.headline.tolist() == ["2026-12-03"]
    assert (events.value[0], events.happened_at[0]) == (10, pd.Timestamp(ago(50)))


def test_a_customer_filter_asks_the_customer() -> None:
    people = customers("A", "B").to_pylist()
    people[0]["is_key_account"] = True
    answers = [{"customer_id": c, "kind": "nps", "sent_at": ago(3), "answered_at": ago(2), "score": 4.0} for c in "AB"]
    rule = event_rule(
        kind="key_detractor",
        table="surveys",
        time_column="answered_at",
        filter=[where("score", "<=", 6)],
        customer_filter=[where("is_key_account", "==", True)],
        headline="{score} of {scale_max}",
    )
    tables = {"surveys": table("surveys", answers), "customers": table("customers", people)}
    events = found(tables, rule)
    assert (events.customer_id.tolist(), events.headline[0], events.value[0]) == (["A"], "4 of unknown", 4)


def test_a_quote_is_clipped() -> None:
    rows = table("tickets", [ticket(1, description="no " * 400)])
    assert len(found({"tickets": rows}, event_rule(quote_column="description")).quote[0]) == 400


@pytest.mark.parametrize("headline", ["{nobody}", "{subject.__class__}", "{0}", "{}"])
def test_a_headline_may_name_columns_only(headline: str) -> None:
    with pytest.raises(RuleRefused, match="is no column of tickets"):
        found({}, event_rule(headline=headline))


def test_braces_in_a_row_are_not_filled_again() -> None:
    rows = table("tickets", [ticket(1, subject="{description}", description="secret")])
    assert found({"tickets": rows}, event_rule(headline="{subject}")).headline[0] == "{description}"


SILENCE = event_rule(
    id="silence",
    kind="silence",
    table="surveys",
    time_column="answered_at",
    filter=[],
    is_hard=False,
    silent_days=120,
    also={"tickets": "opened_at"},
    headline="Silent for 120 days",
)


@pytest.mark.parametrize(
    ("answered", "asked", "silent"),
    [
        pytest.param(121, None, True, id="just crossed"),
        pytest.param(120, None, False, id="not yet, half-open"),
        pytest.param(127, None, True, id="a week ago, the last day looked at"),
        pytest.param(128, None, False, id="long silent, told before"),
        pytest.param(121, 30, False, id="asked for help meanwhile"),
        pytest.param(200, 122, True, id="the newest sign of life counts"),
        pytest.param(None, None, False, id="never a sign"),
    ],
)
def test_silence(answered: float | None, asked: float | None, silent: bool) -> None:
    answers = [{"kind": "nps", "sent_at": ago(300), "answered_at": ago(answered)}] if answered else []
    tickets = [ticket(asked)] if asked else []
    events = found({"surveys": table("surveys", answers), "tickets": table("tickets", tickets)}, SILENCE)
    assert len(events) == silent
    if silent:
        newest = min(day for day in (answered, asked) if day)
        assert events.happened_at[0] == pd.Timestamp(ago(newest - 120))


def test_silence_has_no_row_to_quote() -> None:
    with pytest.raises(RuleRefused, match="silence has no row"):
        found({}, SILENCE.model_copy(update={"headline": "{score}"}))
