"""Kinds of sources over several weeks: full, append, changes; what becomes known when; sources that do not come."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contracts.words import Reason
from extract.snapshot import read_bucket, read_manifest, read_shared
from tests.factories.extract import GOOD, ROME, WEEK, Desk, balanced, lines, rows_of, source_of, table, with_tickets

HEAD = "ticket,account,opened,resolved,priority,text"
T1 = "T1,A1,2026-11-02 10:00,,high,slow"
T1_DONE = "T1,A1,2026-11-02 10:00,2026-11-20 10:00,high,slow"
T2 = "T2,A1,2026-11-12 10:00,,low,odd"


def desk_with(tmp_path: Path, extra: str = "", *rows: str, head: str = HEAD) -> Desk:
    desk = with_tickets(tmp_path, desk=extra)
    desk.put("accounts.csv", lines(GOOD))
    desk.put("tickets.csv", lines(*rows, header=head))
    return desk


def test_full_replaces(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, "shrink_limit_share = 1.0", T1, T2)
    first = desk.take(week=WEEK.shift(-1))
    desk.put("tickets.csv", lines(T2, header=HEAD))
    second = desk.take(previous=first)
    assert [row["ticket_id"] for row in rows_of(second, "tickets")] == ["T2"]
    assert second.changed_customers == {"A1"}


def test_append_adds_and_refuses_rows_that_change(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, 'kind = "append"\nkey = ["ticket"]', T1)
    first = desk.take(week=WEEK.shift(-1))
    desk.put("tickets.csv", lines(T1_DONE, T2, header=HEAD))
    second = desk.take(previous=first)
    assert [(row["ticket_id"], row["resolved_at"]) for row in rows_of(second, "tickets")] == [
        ("T1", None),
        ("T2", None),
    ]
    assert list(second.quarantine["reason"]) == [Reason.CHANGED_AFTER_APPEND]
    assert balanced(second)
    desk.put("tickets.csv", lines(T2, header=HEAD))
    third = desk.take(previous=second, week=WEEK.shift(1))
    assert [row["ticket_id"] for row in rows_of(third, "tickets")] == ["T1", "T2"]
    assert third.quarantine.empty


def test_changes_keeps_the_last_row_per_key_and_follows_deletions(tmp_path: Path) -> None:
    extra = 'kind = "changes"\nkey = ["ticket"]\nchanged_at = "changed"\n'
    extra += 'deleted_when = [{ column = "gone", op = "==", value = "yes" }]'
    head = f"{HEAD},changed,gone"
    rows = [f"{T1_DONE},2026-11-20 10:00,", f"{T1},2026-11-02 10:00,", f"{T2},2026-11-12 10:00,"]
    desk = desk_with(tmp_path, extra, *rows, head=head)
    first = desk.take()
    assert [row["resolved_at"] is None for row in rows_of(first, "tickets")] == [False, True]
    assert source_of(first, "desk")["admitted"] == 3
    desk.put("tickets.csv", lines(f"{T2},2026-11-24 10:00,yes", f"{T1},2026-11-02 10:00,", header=head))
    second = desk.take(previous=first, week=WEEK.shift(1))
    [ticket] = rows_of(second, "tickets")
    assert (ticket["ticket_id"], ticket["resolved_at"] is None) == ("T1", False)
    assert balanced(second)


def test_rows_not_yet_known_wait(tmp_path: Path) -> None:
    extra = 'changed_at = "changed"'
    rows = [f"{T1},2026-11-02 10:00", f"{T2},2026-11-12 10:00"]
    desk = desk_with(tmp_path, extra, *rows, head=f"{HEAD},changed")
    intake = desk.take(week=WEEK.shift(-2))
    assert [row["ticket_id"] for row in rows_of(intake, "tickets")] == ["T1"]
    source = source_of(intake, "desk")
    assert (source["rows_in"], source["quarantined"]) == (1, 0)
    assert "1 rows not yet known at as_of" in source["message"]


def test_latest_per_key_at_a_date(tmp_path: Path) -> None:
    extra = 'changed_at = "changed"'
    rows = [f"{T1},2026-11-02 10:00", f"{T1_DONE},2026-11-20 10:00"]
    desk = desk_with(tmp_path, extra, *rows, head=f"{HEAD},changed")
    desk.sources = desk.sources.replace('table = "tickets"', 'table = "tickets"\nlatest_per = ["ticket"]')
    early, late = (desk.take(week=week) for week in (WEEK.shift(-1), WEEK))
    assert rows_of(early, "tickets")[0]["resolved_at"] is None
    assert rows_of(late, "tickets")[0]["resolved_at"] is not None


def test_known_at_in_the_first_load_and_later(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, "", T1)
    first = desk.take(week=WEEK.shift(-1))
    [row] = rows_of(first, "tickets")
    assert row["known_at"] == row["event_at"] == datetime(2026, 11, 2, 9, tzinfo=UTC)
    desk.put("tickets.csv", lines(T1, "T0,A1,2026-10-02,,low,late", header=HEAD))
    second = desk.take(previous=first)
    late, same = rows_of(second, "tickets")
    assert same["known_at"] == row["known_at"]
    # Known by this run, whose as_of is exclusive.
    assert late["known_at"] == WEEK.ends_at(ROME) - timedelta(microseconds=1)
    desk.put("tickets.csv", lines(T1_DONE, "T0,A1,2026-10-02,,low,late", header=HEAD))
    third = desk.take(previous=second, week=WEEK.shift(1))
    late, changed = rows_of(third, "tickets")
    assert late["known_at"] == WEEK.ends_at(ROME) - timedelta(microseconds=1)
    assert changed["known_at"] == WEEK.shift(1).ends_at(ROME) - timedelta(microseconds=1)


def test_an_optional_source_is_carried_then_absent(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, "max_age_days = 10", T1)
    old = (WEEK.shift(-1).ends_at(ROME) - timedelta(days=1)).timestamp()
    os.utime(desk.inbox / "tickets.csv", (old, old))
    first = desk.take(week=WEEK.shift(-1))
    (desk.inbox / "tickets.csv").unlink()
    second = desk.take(previous=first)
    assert (source_of(second, "desk")["state"], source_of(second, "desk")["age_days"]) == ("carried", 8)
    assert len(rows_of(second, "tickets")) == 1
    assert second.held == ()
    third = desk.take(previous=second, week=WEEK.shift(1))
    assert source_of(third, "desk")["state"] == "absent"
    assert rows_of(third, "tickets") == []
    assert balanced(third)


def test_rows_of_an_append_source_stay_when_it_is_late(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, 'kind = "append"\nkey = ["ticket"]\nmax_age_days = 3', T1)
    first = desk.take(week=WEEK.shift(-1))
    (desk.inbox / "tickets.csv").unlink()
    second = desk.take(previous=first, week=WEEK.shift(4))
    assert source_of(second, "desk")["state"] == "stale"
    assert len(rows_of(second, "tickets")) == 1


def test_a_required_source_that_is_missing_or_old_holds(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, "required = true", T1)
    stale = desk.take(week=WEEK.shift(3))
    assert any("days old; the limit is 8" in text for text in stale.held)
    (desk.inbox / "tickets.csv").unlink()
    missing = desk.take()
    assert any("no file matches 'tickets*.csv'" in text for text in missing.held)


def test_a_refused_file_leaves_the_last_good_rows(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, "", T1)
    first = desk.take()
    desk.put("tickets.csv", b"")
    second = desk.take(previous=first)
    assert source_of(second, "desk")["state"] == "refused"
    assert len(rows_of(second, "tickets")) == 1
    assert second.held == ()


def test_only_some_sources_are_read_anew(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, "", T1)
    first = desk.take()
    desk.put("accounts.csv", lines(GOOD.replace("Acme", "Changed"), GOOD.replace("A1", "A2")))
    desk.put("tickets.csv", lines(T1, T2, header=HEAD))
    second = desk.take(previous=first, only=frozenset({"desk"}))
    assert [row["name"] for row in rows_of(second, "customers")] == ["Acme"]
    assert len(rows_of(second, "tickets")) == 2
    assert second.changed_customers == {"A1"}


def test_buckets_hold_all_rows_once_sorted_by_key(tmp_path: Path) -> None:
    desk = with_tickets(tmp_path)
    desk.put("accounts.csv", lines(*(GOOD.replace("A1", f"A{n}") for n in range(40))))
    desk.put(
        "tickets.csv", lines(*(T1.replace("T1", f"T{n}").replace("A1", f"A{n % 40}") for n in range(200)), header=HEAD)
    )
    one, four = desk.take(workers=1), desk.take(workers=4)
    assert read_manifest(four.manifest).buckets == 4
    parts = [read_bucket(four.manifest, bucket, {"tickets", "deals"}) for bucket in range(4)]
    assert all(part["deals"].num_rows == 0 for part in parts)
    keys = [part["tickets"]["ticket_id"].to_pylist() for part in parts]
    assert all(part == sorted(part) for part in keys)
    assert sorted(key for part in keys for key in part) == sorted(f"T{n}" for n in range(200))
    assert rows_of(one, "tickets") == rows_of(four, "tickets")
    assert read_shared(four.manifest)["people"].num_rows == 0


def test_weeks_share_files_that_did_not_change(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, "", T1)
    first = desk.take(week=WEEK.shift(-1))
    desk.put("tickets.csv", lines(T1, T2, header=HEAD))
    second = desk.take(previous=first)
    before, after = read_manifest(first.manifest), read_manifest(second.manifest)
    assert before.tables["customers"] == after.tables["customers"]
    assert before.tables["tickets"] != after.tables["tickets"]
    assert first.manifest.name.startswith("2026-W46-")
    modes = {path.stat().st_mode & 0o777 for path in desk.workspace.var.rglob("*") if path.is_file()}
    assert modes == {0o600}


def test_the_order_of_rows_in_a_file_does_not_show(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, "", T1, T2)
    first = desk.take()
    desk.put("tickets.csv", lines(T2, T1, header=HEAD))
    second = desk.take(previous=first)
    assert read_manifest(first.manifest).tables == read_manifest(second.manifest).tables
    assert table(second, "tickets").equals(table(first, "tickets"))
