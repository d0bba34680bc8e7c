"""The whole way round: an export lands, an alert leaves, it shows what happened, and the answer stands in the case."""

from __future__ import annotations

import csv
import html
import re
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from urllib.parse import unquote

import pytest

from contracts.words import MessageKind, OutboxState
from flows.alerting.snooze import snoozed
from flows.alerts import alerts
from flows.command.status import status
from flows.readers import current_readers
from store import ledger, outbox
from tests.factories.workspaces import LAST, Story
from tests.flows.test_returned_workbooks import case_now, handed_back, mailed, reading_replies

pytestmark = pytest.mark.xdist_group("told")
SUBJECT = "Array in Turin offline since four"
_KEPT = ("organization_id", "organization_name", "requester_id", "product", "channel", "category")


def land_outage(story: Story, customer_key: str | None = None) -> str:
    """Two days after the last week a customer opens a severity-1 ticket: one row in an export; gives the row's customer."""
    moment = LAST.ends_at(story_zone(story)) + timedelta(days=1, hours=16)
    folder = story.root / "inbox" / "helpdesk"
    newest = max(folder.glob("tickets_*.csv"), key=lambda path: path.name)
    with newest.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if customer_key in (None, row["organization_id"])]
    row = dict.fromkeys(rows[0], "") | {name: rows[0][name] for name in _KEPT}
    stamp = f"{moment - timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"
    row |= {"id": "990001", "created_at": stamp, "updated_at": stamp, "priority": "urgent", "status": "open"}
    row |= {"escalated": "no", "reopens": "0", "group_hops": "0", "subject": SUBJECT, "description": "It stands still."}
    with (folder / f"tickets_{moment:%Y-%m-%dT%H%M}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerow(row)
    story.clock.set(moment + timedelta(minutes=5))
    return row["organization_id"]


def story_zone(story: Story):  # type: ignore[no-untyped-def]
    with story.run() as run:
        return run.settings.zone


def told_of(story: Story) -> list[tuple[outbox.OutboxRecord, EmailMessage]]:
    """The alerts that left about the outage, and their mails as they arrived."""
    with story.run() as run, run.store.read() as session:
        rows = outbox.rows(session, kinds=[MessageKind.ALERT_EVENT], states=[OutboxState.SENT])
    mails = {}
    for path in (story.root / "var" / "mail").rglob("*.eml"):
        mail = message_from_bytes(path.read_bytes(), policy=default)
        mails[str(mail["Message-ID"])] = mail
    told = [(row, mails[row.message_id]) for row in rows]
    return [(row, mail) for row, mail in told if SUBJECT in words_of(mail)]


def words_of(mail: EmailMessage) -> str:
    """The text without its line breaks."""
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def test_an_export_an_alert_its_page_and_the_answer_in_the_case(onward: Story) -> None:
    reading_replies(onward)
    land_outage(onward)
    with onward.run() as run:
        outcome = alerts(run)
        readers = current_readers(run)[1].readers
    assert outcome.figures["alerts"] > 0
    told = told_of(onward)
    assert told, "the account team is told at once"
    onward.clock.set(onward.clock() + timedelta(minutes=45))
    with onward.run() as run:
        alerts(run)
    leads = told_of(onward)
    assert len(leads) > len(told), "and their leads within their window, whose mails link the page"

    pages = []
    for _, mail in leads:
        links = re.findall(r"file://(\S+/output/alerts/releases/\S+?\.html)", words_of(mail))
        pages += [Path(unquote(link)) for link in links]
        briefs = [
            part.get_content() for part in mail.iter_attachments() if part.get_content_type() == "application/pdf"
        ]
        assert links or briefs
    assert pages
    assert all(html.escape(SUBJECT, quote=False) in page.read_text() for page in pages)

    row, mail = told[0]
    with onward.run() as run, run.store.read() as session:
        cases = ledger.cases(session)
    (case_id,) = cases.loc[cases["reason_key"] == row.subject_key, "case_id"]
    address = str(readers[row.person_id].address)
    mailed(onward, address, to=str(mail["Reply-To"]), text="They run on the second array; engineer on site at six.")
    assert "0 refused, 0 conflicting" in handed_back(onward)
    case = case_now(onward, str(case_id))
    assert case["note"] == "They run on the second array; engineer on site at six."
    assert case["acknowledged_at"] is not None


def test_a_snoozed_outage_reaches_the_leads_alone_and_is_listed(onward: Story) -> None:
    key = land_outage(onward)
    with onward.run() as run:
        crosswalk = (onward.root / "config" / "crosswalk.csv").read_text().splitlines()
        customer = next(cell for line in crosswalk if key in line for cell in line.split(",") if cell.startswith("C-"))
        audiences = current_readers(run)[2].values()
        who = next(a.readers[0] for a in audiences if customer in a.customer_ids)
        until = f"{LAST.ends_at(run.settings.zone) + timedelta(days=5):%Y-%m-%d}"
        assert "listed, not told" in snoozed(run, customer, until=until, why="the outage is planned", who=who).headline
        alerts(run)
        with run.store.read() as session:
            rows = outbox.rows(session, kinds=[MessageKind.ALERT_EVENT], states=[OutboxState.PENDING, OutboxState.SENT])
        since = LAST.ends_at(run.settings.zone)
        mine = [row for row in rows if customer in row.customer_ids and row.created_at > since]
        said = "\n".join(status(run).lines)
    assert mine, "leads are told, within their window"
    assert all(row.state is OutboxState.PENDING for row in mine), "nobody of the account team was told at once"
    assert f"snooze of {customer} until {until} by {who}: the outage is planned" in said
    assert "by snooze" in said
    assert SUBJECT in said
