"""A line is moved: proposed by workbook, reviewed, watched, adopted, rolled back. Ten weeks of one small company.

Who flips is said at every step, nobody is alerted because a rule changed, and the weeks before stay as they were told.
"""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from config.policy import read_draft
from contracts.proposals import PROPOSED, ProposalState
from contracts.weeks import Week
from contracts.words import ExitCode, MessageKind
from flows.errors import PolicyRefused
from flows.inputs import Inputs
from flows.policy.adopt import adopt_proposal, reject, roll_back
from flows.policy.cases import open_cases
from flows.policy.log_page import differ, listed, log
from flows.policy.propose import draft_workbook, propose
from flows.policy.try_out import try_customer
from flows.policy.versions import policy_for
from flows.rebuild import rebuild
from flows.returns import returns
from flows.run import Run
from flows.weekly import weekly
from store import ledger, outbox, policies, proposals
from store.history import read_week
from tests.factories.policies import judge_week
from tests.factories.workspaces import Story, a_company, a_workspace

FIRST = Week(2026, 30)
LINES = {"lines.loyalty": 70.0, "lines.retention": 75.0}
"""50 and 62 in force."""
IN_WORDS = ("Critical line of loyalty: 50 -> 70", "Critical line of retention: 62 -> 75")


def week(number: int) -> Week:
    return FIRST.shift(number)


def monday(story: Story, run: Run, number: int) -> None:
    """The exports of the week, and the clock on the Monday after it."""
    story.until(run.as_of(week(number)))


def edited(path: Path, into: Path, **values: object) -> None:
    """The workbook as an expert hands it back: both lines, and what the first sheet asks."""
    book = openpyxl.load_workbook(path)
    lines = book["Thresholds"]
    header = {cell.value: cell.column for cell in lines[5]}
    for row in range(6, lines.max_row + 1):
        if lines.cell(row, 1).value in LINES:
            lines.cell(row, header[PROPOSED]).value = LINES[lines.cell(row, 1).value]
    for row in book["Proposal"].iter_rows(min_row=1, max_row=8):
        if row[0].value in values:
            row[2].value = values[str(row[0].value)]
    book.save(into)


def zones(run: Run, number: int) -> pd.Series:
    return read_week(run.workspace.history, week(number), "placements").set_index("customer_id")["zone"]


def alerts(run: Run) -> int:
    with run.store.read() as session:
        return len(outbox.rows(session, kinds=(MessageKind.ALERT_CRITICAL,)))


def cases(run: Run) -> int:
    with run.store.read() as session:
        return len(ledger.cases(session))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    company = a_company(customers=50, people=8)
    return Story(a_workspace(tmp_path_factory.mktemp("life") / "workspace", company), company)


def test_ten_weeks(story: Story) -> None:
    expert = story.root / "output" / "expert"
    with story.run() as run:
        for number in range(3):
            monday(story, run, number)
            judge_week(run, week(number))
        # Week 3 is made whole, so that it can be made again in the end.
        monday(story, run, 3)
        assert weekly(run, week(3)).code is not ExitCode.FAILED

        # An expert moves the line of loyalty in the workbook and drops it into returns/.
        made = story.root / "proposal.xlsx"
        draft_workbook(run, who="Ada Rossi", into=made)
        run.workspace.returns.mkdir(exist_ok=True)
        edited(made, run.workspace.returns / "from ada.xlsx", why="Losses came from above the line", shadow_weeks=2)
        said = returns(run)
        assert "Proposal 1 by Ada Rossi on policy v1: 2 differences" in said.lines[0]
        review = expert / str(week(3)) / "proposals" / "1"
        flips = pd.read_csv(review / "proposed_flips.csv")
        assert len(flips) > 0
        assert flips["why"].str.contains("line 50 -> 70").all()
        assert "critical" in set(flips["to_place"])
        page = (review / "review.html").read_text()
        assert all(name in page for name in flips["name"].str.replace("&", "&amp;"))
        assert all(words.replace(">", "&gt;") in page for words in IN_WORDS)

        # Too early, and by the wrong person.
        with pytest.raises(PolicyRefused, match="0 of 2 weekly runs"):
            adopt_proposal(run, 1, approver="Bo Lund", why="yes", week=None, is_early=False)
        with pytest.raises(PolicyRefused, match="somebody else must"):
            adopt_proposal(run, 1, approver="ada rossi", why="yes", week=None, is_early=False)

        # Two weeks in shadow: the page of the week names who disagrees; the placements of the week are v1's.
        for number in (4, 5):
            monday(story, run, number)
            before = zones(run, number - 1)
            _, faults = judge_week(run, week(number))
            assert faults == []
            place = expert / str(week(number)) / "proposals" / "1"
            apart = pd.read_csv(place / f"disagreements-{week(number)}.csv")
            assert apart["why"].str.contains("line 50 -> 70").all()
            assert f"{len(apart)} customers stand elsewhere" in (place / "review.html").read_text()
            lines = read_week(run.workspace.history, week(number), "placements")["loyalty_line"]
            assert (lines == 50).all(), "a proposal places nobody"
            assert len(before) > 0
        with run.store.read() as session:
            assert proposals.proposal(session, 1).state is ProposalState.SHADOW

        # Adopted from week 6. That week no figure alerts anybody, no case opens; the experts get the list.
        told = adopt_proposal(run, 1, approver="Bo Lund", why="agreed", week=None, is_early=False)
        assert told.headline == f"Proposal 1 is policy v2, in force from {week(6)}"
        assert read_draft(run.workspace.config).thresholds.lines.loyalty == 70, "the draft is brought along"
        counts = alerts(run), cases(run)
        monday(story, run, 6)
        decided, _ = judge_week(run, week(6))
        assert {alert.kind for alert in decided.alerts} <= {MessageKind.ALERT_EVENT}, (
            "hard events are told all the same"
        )
        about_events = {alert.subject_key for alert in decided.alerts}
        assert {proposal.evidence_key for proposal in decided.proposals} <= about_events
        assert cases(run) == counts[1] + len(decided.proposals)
        moved = read_week(run.workspace.history, week(6), "transitions")
        assert set(moved["cause"]) == {"policy"}
        listed_moves = pd.read_csv(expert / str(week(6)) / "rule-changes.csv")
        assert set(listed_moves["customer_id"]) == set(moved["customer_id"])
        # what confirmation delays is still the rules' doing a week later
        waits = read_week(run.workspace.history, week(6), "placements").query("pending_weeks == 1")
        monday(story, run, 7)
        decided, _ = judge_week(run, week(7))
        later = read_week(run.workspace.history, week(7), "transitions")
        due = waits.merge(later, left_on=["customer_id", "pending_zone"], right_on=["customer_id", "to_zone"])
        assert len(due) > 0
        assert set(due["cause"]) == {"policy"}
        assert not {alert.customer_id for alert in decided.alerts if alert.kind is MessageKind.ALERT_CRITICAL} & set(
            due["customer_id"]
        )

        # Cases start on the experts' word.
        counts = cases(run)
        opened = open_cases(run, 1, who="Ada Rossi")
        assert cases(run) == counts + int(opened.figures["cases"])
        assert int(opened.figures["cases"]) > 0
        assert open_cases(run, 1, who="Ada Rossi").figures["cases"] == 0, "once"

        # Second thoughts: back from week 8 on, by another two.
        with pytest.raises(PolicyRefused, match="already as v2"):
            roll_back(run, 2, who="Bo Lund", why="x", approver="Ada Rossi", week=None)
        with pytest.raises(PolicyRefused, match="is published"):
            roll_back(run, 1, who="Bo Lund", why="x", approver="Ada Rossi", week=week(5))
        back = roll_back(run, 1, who="Bo Lund", why="too many cases", approver="Ada Rossi", week=None)
        assert "proposal 1 is rolled back" in back.lines
        counts = alerts(run)
        for number in (8, 9):
            monday(story, run, number)
            judge_week(run, week(number))
        assert set(read_week(run.workspace.history, week(8), "transitions")["cause"]) <= {"policy"}
        assert alerts(run) == counts
        lines = [read_week(run.workspace.history, week(n), "placements")["loyalty_line"].iloc[0] for n in range(10)]
        assert lines == [50] * 6 + [70] * 2 + [50] * 2

        # The record: who, when, why; versions in words; each week's own rules.
        assert [line.split(":")[0] for line in log(run).lines[:3]] == [
            f"v1 from {FIRST} by first run",
            f"v2 from {week(6)} by Ada Rossi, approved by Bo Lund",
            f"v3 from {week(8)} by Bo Lund, approved by Ada Rossi",
        ]
        assert differ(run, 1, 2).lines == IN_WORDS
        assert differ(run, 2, 3).lines[0] == "Critical line of loyalty: 70 -> 50"
        assert differ(run, 1, 3).lines == ()
        assert "rolled back" in listed(run).lines[0]
        page = (expert / "policy" / "index.html").read_text()
        assert page.count("Critical line of loyalty") == 2
        assert [policy_for(run, week(n))[0] for n in (0, 5, 6, 7, 8)] == [1, 1, 2, 2, 3]
        with run.store.read() as session:
            steps = [event.kind for event in proposals.story(session, 1)]
        assert steps == ["proposed", "shadow", "shadow", "adopted", "cases opened", "cases opened", "rolled back"]

        # An old week, made again: every byte.
        again = rebuild(run, week(3), into=None)
        assert again.code is ExitCode.DONE, again.lines
        frozen = Inputs.read(run.workspace.runs / f"{week(6)}-r0" / "inputs.json")
        assert (frozen.policy_sequence, frozen.cause) == (2, "policy")


def test_one_customer_under_both(story: Story) -> None:
    file = story.root / "more.toml"
    file.write_text("[lines]\nloyalty = 80\n")
    with story.run() as run:
        who = str(zones(run, 9).index[0])
        told = try_customer(run, who, proposal_id=None, file=file)
        assert told.lines[0] == "Critical line of loyalty: 50 -> 80"
        assert any("4 line, with dead-band" in line and "falls below 78" in line for line in told.lines)
        # the side of the rules in force is what the week said
        stored = read_week(run.workspace.history, week(9), "placements").set_index("customer_id").loc[who]
        assert any(line.startswith("2 loyalty: score") and f"{stored['loyalty']:.2f}" in line for line in told.lines)


def test_a_weight_is_scored_again_and_a_proposal_can_be_refused(story: Story) -> None:
    file = story.root / "weights.toml"
    with story.run() as run:
        rules = {rule.id: rule for rule in policy_for(run, week(9))[1].signals}
        total = sum(rule.weight for rule in rules.values() if rule.axis == "loyalty")
        gives = 100 * (rules["nps"].weight + rules["csat_top_box"].weight) / total
        file.write_text(f"[weight]\nnps = {gives:.4f}\ncsat_top_box = 0\n")
        told = propose(run, file, why="one answer says it", who="Ada Rossi", weeks=0, effective=None)
        number = int(told.figures["proposal"])
        assert any("csat_top_box" in line and "-> 0" in line for line in told.lines)
        place = story.root / "output" / "expert" / str(week(9)) / "proposals" / str(number)
        assert (place / "review.html").exists()
        assert reject(run, number, who="Bo Lund", why="no").headline == f"Proposal {number} is rejected by Bo Lund"
        with run.store.read() as session:
            assert policies.in_force(session, week(12))[0] == 3  # type: ignore[index]
