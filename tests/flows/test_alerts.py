"""Between two weekly runs: told within one look, once, and taken back when the weekly run does not agree."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.parse import unquote

import pytest

from contracts.words import ExitCode, MessageKind, OutboxState, Zone
from flows.alerts import alerts
from flows.command.why import why
from flows.daily import daily
from flows.weekly import weekly
from reporting.languages import tongue
from store import episodes, ledger, outbox
from tests.factories.workspaces import LAST, Story

pytestmark = pytest.mark.xdist_group("told")
ALERTS = [MessageKind.ALERT_CRITICAL, MessageKind.ALERT_EVENT]


def test_the_outage_was_told_midweek_and_not_again_on_monday(told: Story) -> None:
    outage = next(story for story in told.company.truth["stories"] if story["kind"] == "outage")
    with told.run() as run, run.store.read() as session:
        about = [row for row in outbox.rows(session, kinds=ALERTS) if outage["customer_id"] in row.customer_ids]
        # what leaders get as one mail stands beside the alerts it joins
        rows = [row for row in about if not row.subject_key.startswith("joined|")]
        weekend = run.as_of(LAST)
    assert rows
    assert all(row.created_at < weekend for row in rows)
    assert len({row.person_id for row in rows}) == len(rows)


def test_its_link_opens_a_page_of_its_own_that_shows_the_event(told: Story) -> None:
    outage = next(story for story in told.company.truth["stories"] if story["kind"] == "outage")
    with told.run() as run, run.store.read() as session:
        about = [row for row in outbox.rows(session, kinds=ALERTS) if outage["customer_id"] in row.customer_ids]
        (event,) = {row.subject_key for row in about if not row.subject_key.startswith("joined|")}
        headline = episodes.events(session).set_index("event_id").loc[event, "headline"]
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in (told.root / "var").rglob("*.eml")]
    texts = [str(mail.get_body(("plain",)).get_content()) for mail in mails]  # type: ignore[union-attr]
    links = {link for text in texts for link in re.findall(r"file://(\S+/output/alerts/releases/\S+?\.html)", text)}
    pages = [Path(unquote(link)) for link in links]
    assert pages
    tellings = [html.escape(tongue(code).retell(str(headline)), quote=False) for code in ("en", "it", "ar")]
    shown = [page for page in pages if any(telling in page.read_text() for telling in tellings)]
    assert shown
    assert all(list(page.parents[1].rglob("*.pdf")) for page in shown), "the brief is published beside the page"


def test_no_mail_of_the_story_is_held_by_the_leak_scan(told: Story) -> None:
    with told.run() as run, run.store.read() as session:
        held = outbox.rows(session, states=[OutboxState.HELD])
    assert [row.why for row in held] == []


def test_why_names_the_row_the_file_the_rule_and_the_hashes(told: Story) -> None:
    outage = next(story for story in told.company.truth["stories"] if story["kind"] == "outage")
    with told.run() as run:
        with run.store.read() as session:
            row = next(r for r in outbox.rows(session, kinds=ALERTS) if outage["customer_id"] in r.customer_ids)
        chain = "\n".join(why(run, str(row.outbox_id)).lines)
        score = "\n".join(why(run, outage["customer_id"]).lines)
    assert "row tickets" in chain
    assert re.search(r"source helpdesk_tickets, file tickets_\S+, line \d+, sha256 [0-9a-f]{64}", chain)
    assert row.content_sha256 in chain
    assert re.search(r"scope rule: .+; scope [0-9a-f]{32}, policy [0-9a-f]{64}", chain)
    assert "loyalty:" in score
    assert "policy v1" in score


def test_a_second_look_at_the_same_exports_tells_nothing(onward: Story) -> None:
    with onward.run() as run:
        alerts(run)
        with run.store.read() as session:
            before = len(outbox.rows(session))
        outcome = alerts(run)
        with run.store.read() as session:
            assert len(outbox.rows(session)) == before
    assert "No export changed" in outcome.headline


def test_an_episode_that_the_weekly_run_does_not_see_is_withdrawn_to_the_same_people(onward: Story) -> None:
    with onward.run() as run:
        onward.until(run.as_of(LAST.shift(1)))
        with run.store.read() as session:
            placed = episodes.placements(session)
        steady = str(placed[placed["zone"] == Zone.VERY_LOYAL]["customer_id"].iloc[0])
        with run.store.write() as session:
            episodes.open_provisional(session, "an-episode", steady, Zone.CRITICAL, str(LAST.shift(1)), run.clock())
        weekly(run, LAST.shift(1))
        with run.store.read() as session:
            assert episodes.provisional(session).empty
            withdrawn = outbox.rows(session, kinds=[MessageKind.WITHDRAWAL])
    assert withdrawn == []  # nobody had been told of it, so nobody is told that it is withdrawn


def test_a_case_past_its_goal_goes_one_level_up_once(onward: Story) -> None:
    with onward.run() as run:
        onward.clock.set(run.as_of(LAST) + timedelta(days=30, hours=10))
        alerts(run)
        with run.store.read() as session:
            cases = ledger.cases(session)
            told = outbox.rows(session, kinds=[MessageKind.CASE_ESCALATED])
        assert (cases[cases["is_open"]]["escalation_step"] == 1).all()
        assert told
        alerts(run)
        with run.store.read() as session:
            assert len(outbox.rows(session, kinds=[MessageKind.CASE_ESCALATED])) == len(told)


def test_the_daily_pass_looks_at_everybody_and_moves_nobody(onward: Story) -> None:
    with onward.run() as run:
        onward.clock.set(run.as_of(LAST) + timedelta(days=3))
        with run.store.read() as session:
            before = episodes.placements(session)
        outcome = daily(run)
        with run.store.read() as session:
            after = episodes.placements(session)
    assert outcome.code in {ExitCode.DONE, ExitCode.MAIL_PENDING}
    assert before.equals(after)


def test_a_clock_behind_the_published_week_judges_nothing(onward: Story) -> None:
    with onward.run() as run:
        onward.clock.set(run.as_of(LAST) - timedelta(hours=9))
        (onward.root / "var" / "alerts-seen").unlink()
        assert "nothing newer" in alerts(run).headline
        assert "nothing newer" in daily(run).headline
