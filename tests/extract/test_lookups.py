"""A source that looks up values in another one, when that other one does not come."""

from __future__ import annotations

from pathlib import Path

from contracts.words import Reason
from tests.factories.extract import ACCOUNTS, GOOD, WEEK, Desk, balanced, lines, rows_of, source_of

SUBSCRIPTIONS = """
[[source]]
name = "subscriptions"
location = "subscriptions*.csv"
format = "csv"
key = ["sub"]
{extra}

[[source.map]]
table = "agreements"
[source.map.columns]
customer_id = "account"
agreement_id = "sub"
start_on = "start"

[[source]]
name = "tickets"
location = "tickets*.csv"
format = "csv"
key = ["ticket"]
{desk}

[[source.map]]
table = "tickets"
[source.map.columns]
customer_id = {{ lookup = "subscriptions", match = "sub", take = "account" }}
ticket_id = "ticket"
opened_at = "opened"
"""
TICKET = "T1,S1,2026-11-10 09:00:00"


def desk_with(root: Path, *, extra: str = "", desk: str = "max_age_days = 60") -> Desk:
    made = Desk(root, ACCOUNTS.format(extra="") + SUBSCRIPTIONS.format(extra=extra, desk=desk))
    made.put("accounts.csv", lines(GOOD))
    made.put("tickets.csv", lines(TICKET, header="ticket,sub,opened"))
    return made


def subscriptions(desk: Desk) -> Path:
    return desk.put("subscriptions.csv", lines("S1,A1,2025-01-01", header="sub,account,start"))


def test_without_its_lookup_source_a_source_is_refused_and_the_run_goes_on(tmp_path: Path) -> None:
    intake = desk_with(tmp_path).take()
    row = source_of(intake, "tickets")
    assert (row["state"], row["rows_in"], row["admitted"]) == ("refused", 0, 0)
    assert "tickets.csv: looks up values in source 'subscriptions'" in row["message"]
    assert [(q["file"], q["reason"]) for q in intake.quarantine.to_dict("records")] == [
        ("tickets.csv", Reason.SOURCE_MISSING)
    ]
    assert source_of(intake, "subscriptions")["state"] == "absent"
    assert intake.held == ()
    assert len(rows_of(intake, "customers")) == 1
    assert balanced(intake)


def test_a_required_source_without_its_lookup_source_holds_the_run(tmp_path: Path) -> None:
    intake = desk_with(tmp_path, desk="required = true\nmax_age_days = 60").take()
    assert "source 'tickets': tickets.csv: looks up values in source 'subscriptions'" in intake.held[0]


def test_a_refused_lookup_source_counts_as_missing(tmp_path: Path) -> None:
    desk = desk_with(tmp_path)
    desk.put("subscriptions.csv", b"")
    intake = desk.take()
    assert {row: source_of(intake, row)["state"] for row in ("subscriptions", "tickets")} == {
        "subscriptions": "refused",
        "tickets": "refused",
    }


def test_a_carried_lookup_source_serves_with_its_earlier_export_week_after_week(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, extra="max_age_days = 60")
    export = subscriptions(desk)
    intake = desk.take()
    export.unlink()
    for number in (2, 3):
        desk.put("tickets.csv", lines(TICKET, TICKET.replace("T1", f"T{number}"), header="ticket,sub,opened"))
        intake = desk.take(week=WEEK.shift(number - 1), previous=intake)
        assert source_of(intake, "subscriptions")["state"] == "carried"
        assert source_of(intake, "tickets")["state"] == "fresh"
        assert [row["ticket_id"] for row in rows_of(intake, "tickets")] == ["T1", f"T{number}"]
        assert "subscriptions.csv" in {export.name for export in intake.exports}


def test_a_lookup_source_that_is_not_read_anew_serves_as_it_was(tmp_path: Path) -> None:
    desk = desk_with(tmp_path)
    subscriptions(desk)
    first = desk.take()
    desk.put("tickets.csv", lines(TICKET, TICKET.replace("T1", "T2"), header="ticket,sub,opened"))
    second = desk.take(previous=first, only=frozenset({"tickets"}))
    assert [row["customer_id"] for row in rows_of(second, "tickets")] == ["A1", "A1"]


def test_without_the_copy_of_the_earlier_export_the_last_good_rows_stay(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, extra="max_age_days = 60")
    subscriptions(desk).touch()
    first = desk.take()
    (desk.inbox / "subscriptions.csv").unlink()
    for export in first.exports:
        if export.source == "subscriptions":
            export.path.unlink()
    second = desk.take(previous=first)
    assert source_of(second, "tickets")["state"] == "refused"
    assert [row["ticket_id"] for row in rows_of(second, "tickets")] == ["T1"]
    assert balanced(second)
