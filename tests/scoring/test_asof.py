"""What was known at an instant: rows, settled values, and what stands in until then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scoring.measure.asof import as_of_view
from tests.factories.scoring import AS_OF, ago, customers, table


def test_rows_at_or_after_the_instant_are_gone() -> None:
    rows = [{"opened_at": ago(1)}, {"opened_at": AS_OF}, {"opened_at": ago(-1)}]
    view = as_of_view({"tickets": table("tickets", rows)}, AS_OF)
    assert view["tickets"]["opened_at"].to_pylist() == [ago(1)]


def test_known_at_also_drops_what_had_not_arrived() -> None:
    rows = [{"opened_at": ago(5), "known_at": ago(2)}, {"opened_at": ago(5), "known_at": ago(-2)}]
    tickets = {"tickets": table("tickets", rows)}
    assert as_of_view(tickets, AS_OF)["tickets"].num_rows == 2
    assert as_of_view(tickets, AS_OF, by="known_at")["tickets"].num_rows == 1


def test_rows_without_a_date_stay() -> None:
    view = as_of_view({"customers": customers("A", "B")}, AS_OF)
    assert view["customers"].num_rows == 2


@pytest.mark.parametrize(
    ("resolved_at", "hours"),
    [
        pytest.param(ago(1), 5.0, id="resolved before"),
        pytest.param(AS_OF, None, id="resolved at the instant"),
        pytest.param(ago(-3), None, id="resolved later"),
        pytest.param(None, None, id="never resolved"),
    ],
)
def test_a_value_is_blank_until_it_was_settled(resolved_at: object, hours: float | None) -> None:
    row = {"opened_at": ago(9), "resolved_at": resolved_at, "resolve_hours": 5.0, "csat_score": 4.0, "severity": 2}
    seen = as_of_view({"tickets": table("tickets", [row])}, AS_OF)["tickets"].to_pylist()[0]
    assert seen["resolve_hours"] == hours
    assert (seen["csat_score"] is None) == (hours is None)
    assert (seen["resolved_at"] is None) == (hours is None)
    assert seen["severity"] == 2


@pytest.mark.parametrize(
    ("status", "ended_on", "seen"),
    [
        ("left", ago(3), "left"),
        ("left", ago(-3), "active"),
        ("left", None, "active"),
        ("prospect", None, "prospect"),
        (None, None, "active"),
    ],
)
def test_status_before_the_end_is_active(status: str | None, ended_on: object, seen: str) -> None:
    view = as_of_view({"customers": customers("A", status=status, ended_on=ended_on)}, AS_OF)
    assert view["customers"]["status"].to_pylist() == [seen]


def test_a_deal_closed_later_is_still_open_and_tells_no_competitor() -> None:
    row = {"created_at": ago(20), "closed_at": ago(-1), "status": "lost", "competitor": "Zephyr"}
    seen = as_of_view({"deals": table("deals", [row])}, AS_OF)["deals"].to_pylist()[0]
    assert (seen["status"], seen["closed_at"], seen["competitor"]) == ("open", None, None)


def test_the_view_of_a_view_is_the_view() -> None:
    rows = [{"opened_at": ago(d), "resolved_at": ago(d - 4), "resolve_hours": 96.0} for d in range(-2, 12)]
    earlier = AS_OF - timedelta(days=3)
    tickets = {"tickets": table("tickets", rows)}
    assert as_of_view(as_of_view(tickets, AS_OF), earlier)["tickets"].equals(as_of_view(tickets, earlier)["tickets"])
