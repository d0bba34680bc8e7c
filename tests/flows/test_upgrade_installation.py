"""The upgrade-installation example: "No" opens tactical cases, low marks open one strategic case for the product."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.casework import Seat
from contracts.weeks import Week
from contracts.words import ExitCode, MessageKind, OutboxState
from flows.casework.clock import advance_clock
from flows.casework.desk import (
    acknowledged,
    assigned,
    closed,
    edited,
    listed,
    opened_by_hand,
    reopened,
    replayed,
    shown,
)
from flows.run import Run, opened
from flows.weekly import weekly
from store import ledger, outbox
from store.errors import CaseRefused, NotInStore
from tests.factories.repository import ROOT

EXAMPLE = ROOT / "examples" / "upgrade-installation"
RUN_AT = datetime(2026, 6, 8, 8, 0, tzinfo=UTC)
"""Monday 09:00 in London: the calendar opens."""

pytestmark = pytest.mark.xdist_group("upgrade")


class Played:
    """The example after its two weeks, and a clock to go on."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now = RUN_AT

    @contextmanager
    def at(self, moment: datetime, exports: str | None = None) -> Iterator[Run]:
        self.now = moment
        inbox = EXAMPLE / "exports" / exports if exports else None
        with opened(self.root, clock=lambda: self.now, inbox=inbox) as run:
            yield run


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    root = tmp_path_factory.mktemp("upgrade") / "workspace"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("var", "output", "exports"))
    story = Played(root)
    with story.at(RUN_AT - timedelta(weeks=1), "2026-06-01") as run:
        # people of other departments have no customers and get no pack, which a run says with its code
        assert weekly(run, Week(2026, 22)).code is ExitCode.DATA_PROBLEMS
        with run.store.read() as session:
            assert ledger.last_event_number(session) == 0, "a baseline opens nothing"
    with story.at(RUN_AT, "2026-06-08") as run:
        weekly(run, Week(2026, 23))
    return story


def test_no_opens_tactical_cases_with_goals_by_tier(played: Played) -> None:
    with played.at(RUN_AT) as run, run.store.read() as session:
        cases = ledger.cases(session).set_index("customer_id")
    assert set(cases.index) == {"A-1", "A-2"}, "A-4 completed, A-5 did not answer, A-6 answered before the baseline"
    gold, silver = cases.loc["A-1"], cases.loc["A-2"]
    assert (gold["severity"], gold["due_at"]) == ("urgent", RUN_AT + timedelta(hours=24))
    assert (silver["severity"], silver["due_at"]) == ("normal", RUN_AT + timedelta(days=3))
    assert gold["first_response_due_at"] == RUN_AT + timedelta(hours=2)
    assert gold["title"] == "Aldgate Bank: Could not complete the upgrade installation"
    assert set(cases["owner_id"]) == {"P-02"}
    assert set(cases["category"]) == {"tactical"}


def test_low_marks_open_one_strategic_case_with_six_departments(played: Played) -> None:
    with played.at(RUN_AT) as run, run.store.read() as session:
        (case,) = ledger.segment_cases(session).to_dict("records")
        team = ledger.teams(session)[case["case_id"]]
        story = ledger.case_history(session, case["case_id"])
    assert (case["segment"], case["category"]) == ("product_line=Array X", "strategic")
    assert case["title"] == "Array X: the upgrade is hard to install"
    assert [seat.department for seat in team] == [
        "Product Management",
        "Engineering",
        "Documentation",
        "Quality Assurance",
        "Customer Support",
        "Professional Services",
    ]
    assert team[0] == Seat("Product Management", "manager", "P-10", "Max Stone")
    marks = sorted(event.why or "" for event in story)
    assert marks == ["Ease of upgrade installation: 2 of 10", "Ease of upgrade installation: 5 of 10"]
    assert [event.kind for event in story] == ["opened", "evidence"]


def test_the_team_is_mailed_of_its_case_and_those_alerted_are_not_mailed_twice(played: Played) -> None:
    with played.at(RUN_AT) as run, run.store.read() as session:
        told = outbox.rows(session, kinds=[MessageKind.CASE_CHANGED])
        alerts = outbox.rows(session, kinds=[MessageKind.ALERT_EVENT])
        (case,) = ledger.segment_cases(session)["case_id"]
    assert {row.person_id for row in told} == {"P-02", "P-03", "P-10", "P-11", "P-12", "P-13"}
    assert all(row.subject_key.startswith(case) for row in told)
    assert {row.state for row in told} == {OutboxState.SENT}, "also to departments that read no pack"
    assert {row.person_id for row in alerts} == {"P-02", "P-03"}


def test_the_command_line_keeps_the_rules_and_the_audit(played: Played, tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    shutil.copytree(played.root, root, symlinks=True)
    story = Played(root)
    with story.at(RUN_AT + timedelta(hours=1)) as run:
        with run.store.read() as session:
            case_id = str(ledger.cases(session).set_index("customer_id").loc["A-1", "case_id"])
        assert "3 open cases" in listed(run, owner=None, everything=False).headline
        edited(run, case_id, {"note": "Loader replaced"}, who="jo.field@arrayworks.example", why=None)
        with pytest.raises(CaseRefused, match="only its case managers"):
            closed(run, case_id, outcome="done", status=None, who="P-03")
        with pytest.raises(NotInStore, match="nobody we know"):
            acknowledged(run, case_id, who="P-99")
        assert "is acknowledged" in acknowledged(run, case_id, who="P-02").headline
        assigned(run, case_id, "P-03", who="P-02", why="on site")
        closed(run, case_id, outcome="installed", status=None, who="P-03")
        reopened(run, case_id, who="P-02", why="stopped again")
        told = " | ".join(shown(run, case_id).lines)
        for word in ("opened", "Loader replaced", "acknowledged", "on site", "closed", "reopened", "stopped again"):
            assert word in told
        by_hand = opened_by_hand(run, "Camden Print", "installation_help", why="Called us", who="P-02")
        assert "is open" in by_hand.headline
        again = opened_by_hand(run, "A-3", "installation_help", why="Called again", who="P-02")
        assert "attached" in again.headline
        assert "cases of 13 weeks" in replayed(run, weeks=13).headline


def test_what_nobody_answers_goes_up_once_and_what_is_late_too(played: Played, tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    shutil.copytree(played.root, root, symlinks=True)
    story = Played(root)
    with story.at(RUN_AT + timedelta(hours=3)) as run:
        assert advance_clock(run) == 0
        with run.store.read() as session:
            raised = [event.case_id for event in ledger.case_history(session) if event.kind == "unanswered"]
            case_id = str(ledger.cases(session).set_index("customer_id").loc["A-1", "case_id"])
            mails = outbox.rows(session, kinds=[MessageKind.CASE_CHANGED], subject_prefix=f"{case_id}|unanswered")
        assert raised == [case_id], "two hours have passed for Gold only"
        assert [row.person_id for row in mails] == ["P-01"]
    with story.at(RUN_AT + timedelta(hours=25)) as run:
        assert advance_clock(run) == 1
        assert advance_clock(run) == 0
        with run.store.read() as session:
            kinds = [event.kind for event in ledger.case_history(session, case_id)]
            seats = {seat.person_id: seat.role for seat in ledger.teams(session)[case_id]}
    assert kinds == ["opened", "seated", "unanswered", "escalated"]
    assert seats["P-01"] == "manager"
