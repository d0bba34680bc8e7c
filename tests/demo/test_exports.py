"""Exports: nothing from later than their instant, changes that add up to the whole, counts as the truth says."""

from __future__ import annotations

import csv
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from extract.demo import build_demo, write_exports
from extract.demo.known import known_facts
from extract.demo.timeline import NEVER, micros

COMPANY = build_demo(seed=11, customers=60, people=20, weeks=40)
END = COMPANY.line.last.ends_at(COMPANY.line.zone)
# what has happened; all other dates are plans
HAPPENED = {
    "customers": ("since_on", "ended_on"),
    "contacts": ("left_on",),
    "tickets": ("opened_at", "first_response_at", "resolved_at", "closed_at", "updated_at"),
    "ticket_history": ("changed_at",),
    "deals": ("created_at", "closed_at"),
    "deal_history": ("changed_at",),
    "agreements": ("start_on", "ended_on", "notice_on"),
    "install_base": ("installed_on", "removed_on"),
    "projects": ("started_on", "actual_end_on"),
    "invoices": ("issued_on",),
    "usage": ("used_on",),
    "surveys": ("sent_at", "answered_at", "changed_at"),
    "account_feedback": ("given_at",),
    "transcripts": ("started_at",),
    "outcomes": ("happened_on",),
}


def rows_of(path: Path, separator: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=separator))


@settings(max_examples=25, deadline=None)
@given(st.integers(24 * 7 * 5, 24 * 7 * 40))
def test_nothing_is_known_before_it_happened(hours):
    moment = int(COMPANY.line.starts[0]) + hours * 3_600_000_000
    known = known_facts(COMPANY.block(0), COMPANY.facts(0), moment)
    assert set(known) == set(HAPPENED)
    for table, columns in HAPPENED.items():
        for column in columns:
            instants = known[table][column].to_numpy()
            assert ((instants < moment) | (instants == NEVER)).all(), (table, column)
    tickets, surveys, deals = known["tickets"], known["surveys"], known["deals"]
    is_open = tickets.resolved_at.to_numpy() == NEVER
    assert tickets.csat_score[is_open].isna().all()
    assert tickets.state[is_open].isin(["new", "open"]).all()
    unanswered = surveys.answered_at.to_numpy() == NEVER
    assert surveys.score[unanswered].isna().all()
    assert surveys.comment[unanswered].isna().all()
    running = deals.closed_at.to_numpy() == NEVER
    assert (deals.status[running] == "open").all()
    assert deals.competitor[running].isna().all()


@settings(max_examples=10, deadline=None)
@given(st.integers(8, 38), st.integers(1, 20))
def test_what_was_known_stays_known(week, later):
    """A row of an earlier export is in every later one, with the same key; answered stays answered."""
    first = known_facts(COMPANY.block(0), COMPANY.facts(0), int(COMPANY.line.starts[week]))
    second = known_facts(COMPANY.block(0), COMPANY.facts(0), int(COMPANY.line.starts[min(week + later, 39)]))
    for table, key in (
        ("tickets", "ticket_id"),
        ("surveys", "response_id"),
        ("deals", "deal_id"),
        ("agreements", "agreement_id"),
    ):
        assert set(first[table][key]) <= set(second[table][key]), table
    before = first["surveys"].set_index("response_id").answered_at
    after = second["surveys"].set_index("response_id").answered_at
    answered = before[before != NEVER]
    assert (after[answered.index] == answered).all()


@pytest.mark.parametrize(
    ("stem", "key", "separator"), [("helpdesk/tickets", "id", ","), ("crm/opportunity_changes", "Change ID", ";")]
)
def test_weekly_changes_add_up_to_the_whole(tmp_path, stem, key, separator):
    whole = write_exports(COMPANY, tmp_path / "whole", as_of=END)
    since, latest = None, {}
    for ago in (6, 5, 4, 3, 2, 1, 0):
        as_of = COMPANY.line.last.shift(-ago).ends_at(COMPANY.line.zone)
        paths = write_exports(COMPANY, tmp_path / "weekly", as_of=as_of, since=since)
        path = next(p for p in paths if p.as_posix().startswith((tmp_path / "weekly" / stem).as_posix() + "_"))
        latest |= {row[key]: row for row in rows_of(path, separator)}
        since = as_of
    expected = rows_of(
        next(p for p in whole if p.as_posix().startswith((tmp_path / "whole" / stem).as_posix() + "_")), separator
    )
    assert latest == {row[key]: row for row in expected}


def test_every_format_opens_and_counts_agree(tmp_path):
    write_exports(COMPANY, tmp_path, as_of=END)
    known = known_facts(COMPANY.block(0), COMPANY.facts(0), micros(END))
    bad = [entry["export"] for entry in COMPANY.truth["quarantine"]]
    assert len(rows_of(next(tmp_path.glob("helpdesk/tickets_*.csv")))) == len(known["tickets"]) + bad.count(
        "helpdesk/tickets"
    )
    assert len(rows_of(next(tmp_path.glob("crm/contacts_*.csv")), ";")) == len(known["contacts"]) + bad.count(
        "crm/contacts"
    )
    sheet = CalamineWorkbook.from_path(next(tmp_path.glob("survey/*.xlsx"))).get_sheet_by_name("Responses").to_python()
    assert len(sheet) - 1 == len(known["surveys"]) + bad.count("survey/responses")
    assert sheet[0][0] == "Response"
    sent = sheet[1][sheet[0].index("Sent")]
    assert sent == datetime.fromtimestamp(known["surveys"].sent_at[0] / 1e6, UTC).replace(tzinfo=None)
    assert pq.read_metadata(next(tmp_path.glob("telemetry/*.parquet"))).num_rows == len(known["usage"])
    with sqlite3.connect(tmp_path / "erp" / "erp.sqlite") as database:
        (invoices,) = database.execute("SELECT count(*) FROM invoices").fetchone()
    assert invoices == len(known["invoices"]) + bad.count("erp/invoices")
    calls = sorted(tmp_path.glob("calls/*.vtt"))
    assert len(calls) == known["transcripts"].transcript_id.nunique()
    assert calls[0].read_text(encoding="utf-8").startswith("WEBVTT\n\nNOTE\naccount: ERP")


def test_an_export_in_the_middle_of_the_outage_day_shows_it_open(tmp_path):
    """The alerts flow looks on Wednesday: the incident is there, its end is not."""
    outage = next(story for story in COMPANY.truth["stories"] if story["kind"] == "outage")
    org = dict(zip(COMPANY.customers.customer_id, COMPANY.customers.ticket_org.astype(str), strict=True))[
        outage["customer_id"]
    ]
    monday = COMPANY.line.last.starts_at(COMPANY.line.zone)

    def urgent(as_of: datetime) -> list[dict[str, str]]:
        paths = write_exports(COMPANY, tmp_path / as_of.strftime("%d%H"), as_of=as_of, since=monday)
        tickets = rows_of(next(p for p in paths if p.name.startswith("tickets_")))
        return [row for row in tickets if row["organization_id"] == org and row["priority"] == "urgent"]

    assert urgent(monday + timedelta(days=2, hours=8)) == []
    (row,) = urgent(monday + timedelta(days=2, hours=13))
    assert (row["status"], row["solved_at"], row["escalated"]) == ("open", "", "yes")
