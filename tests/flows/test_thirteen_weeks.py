"""Thirteen weeks of casework: several managers hand workbooks back late and against each other, reply to mails, and
cases go up, close and come back.

Every edit is made in a workbook of the product, or is a reply to a mail of it; the tables at the end are written from
the story, not from what came out. tests/judges plays the same story with workbooks that LibreOffice saved.
"""

from __future__ import annotations

from email.message import EmailMessage

import pandas as pd
import pytest

from contracts.words import ExitCode, MessageKind
from flows.casework.effect import case_effect
from store import ledger
from tests.factories.office import FIRST, Office, an_office, moment

# one office for all tests of this file
pytestmark = pytest.mark.xdist_group("office")


def play(office: Office) -> Office:
    """The story. What it leads to stands in the tests below."""
    due_again = moment(4, hour=17)
    first, second = moment(12, hour=12), moment(13, hour=17)

    # Week 0: the boss opens three cases; each mail brings the case's own workbook. The owner answers two of them within
    # the hour, A by a reply and C by its workbook; the silver one is overlooked.
    office.at(0, hour=9)
    office.open("A", "gold", "Renewal at risk", "boss")
    office.open("B", "silver", "Prices doubted", "boss")
    office.open("C", "bronze", "Wants a visit", "boss")
    office.look()
    office.print("w0", "owner")
    office.at(0, hour=10)
    office.mail("owner", answers=office.mail_to("owner", "A"), text="ack")
    case_c = office.attached(office.mail_to("owner", "C"))
    office.drop(office.fill(case_c, "0 case C.xlsx", {"C": {"Acknowledged": "yes"}}))
    office.read()

    # Week 1: A (Wednesday 13:00) and B (Friday 17:00) are over their goals, B was never answered; C has until Wednesday.
    # On Tuesday the boss visits A and gives it three more weeks; C is closed by its owner in time.
    office.monday(1)
    office.print("w1", "owner", "boss")
    office.at(1, day=1)
    office.drop(office.fill("w1 boss.xlsx", "1 boss.xlsx", {"A": {"Note": "Visited them", "Due": due_again}}))
    office.drop(office.fill("w1 owner.xlsx", "1 owner.xlsx", {"C": {"Status": "closed", "Outcome": "Visited"}}))
    office.read()
    # On Wednesday the owner hands back LAST week's workbook: the note meets the boss's, the status meets nobody's.
    office.at(1, day=2)
    late = {"A": {"Note": "Called them", "Status": "in progress"}}
    office.drop(office.fill("w0 owner.xlsx", "1 late.xlsx", late))
    office.read()

    # Week 2: B goes up once more, to the director. Support is of the team and may not close; the boss may, and does by
    # answering the mail that told him of B in week 1.
    office.monday(2)
    office.print("w2", "support")
    office.at(2, day=1)
    done = {"B": {"Status": "closed", "Note": "Tickets are solved"}}
    office.drop(office.fill("w2 support.xlsx", "2 support.xlsx", done))
    office.read()
    office.at(2, day=3)
    raised = office.mail_to("boss", "B", MessageKind.CASE_ESCALATED)
    office.mail("boss", answers=raised, text="close: Price agreed")
    office.read()

    # Weeks 3 and 4: A has until Monday of week 4, 17:00. Nothing happens.
    office.monday(3)
    office.monday(4)
    # Week 5: A is over its new goal by more than 20 working hours: second step, the director, who gives it to the
    # owner's colleague. A day later the owner's workbook wants it at the boss's; the same file comes once more, and
    # then the same edits in another file.
    office.monday(5)
    office.print("w5", "owner", "director")
    office.at(5, day=1)
    office.drop(office.fill("w5 director.xlsx", "5 director.xlsx", {"A": {"Owner": office.cast["peer"]}}))
    office.read()
    office.at(5, day=2)
    wish = {"A": {"Owner": office.cast["boss"], "Note": "Please take it"}}
    mine = office.fill("w5 owner.xlsx", "5 owner.xlsx", wish)
    office.drop(mine)
    office.read()
    office.drop(mine.rename(mine.with_name("5 owner copy.xlsx")))
    office.drop(office.fill("w5 owner.xlsx", "5 owner again.xlsx", wish))
    office.read()

    # Week 6: the new owner, whose pack does not hold the account, closes A in the workbook that the mail brought him.
    office.monday(6)
    office.print("w6", "owner")
    office.at(6, day=4)
    case_a = office.attached(office.mail_to("peer", "A"))
    office.drop(office.fill(case_a, "6 peer.xlsx", {"A": {"Status": "closed", "Outcome": "Renewed"}}))
    office.read()
    # Week 7: C comes back, its goal long gone. Week 8: it goes up, and is closed again.
    office.monday(7)
    office.at(7, day=2)
    office.reopen("C", "boss", "Asks for another visit")
    office.monday(8)
    office.print("w8", "owner")
    office.at(8, day=1)
    again = {"C": {"Status": "closed", "Outcome": "Visited twice"}}
    office.drop(office.fill("w8 owner.xlsx", "8 owner.xlsx", again))
    office.read()

    # Week 9: a workbook that slept since week 6 wants A pending: that field was set since, by the closing. First the
    # colleague mails it, from an address that is not its reader's; then it is dropped as a file.
    office.monday(9)
    slept = office.fill("w6 owner.xlsx", "9 slept.xlsx", {"A": {"Status": "pending customer"}})
    office.mail("peer", answers=office.mail_to("peer", "A"), attach=slept)
    office.read()
    office.drop(slept)
    office.read()

    # Week 10: a new reason at the gold customer is a new case; the next one is evidence for it. The owner's reply wants
    # to hand it to somebody whom nobody knows, and says what happens next.
    office.monday(10)
    office.said.append(office.open("D", "gold", "Sponsor left", "director"))
    office.said.append(office.open("D", "gold", "New sponsor is silent", "boss"))
    office.look()
    office.at(10, hour=10)
    office.mail("owner", answers=office.mail_to("owner", "D"), text="owner: Nobody Known\nI call him on Thursday")
    office.read()
    # Week 11: D went up. Two managers move its due day in the same hour; the first one stands.
    office.monday(11)
    office.print("w11", "owner", "boss")
    office.at(11, day=1)
    office.drop(office.fill("w11 boss.xlsx", "11 a boss.xlsx", {"D": {"Due": second}}))
    office.drop(office.fill("w11 owner.xlsx", "11 b owner.xlsx", {"D": {"Due": first}}))
    office.read()

    # Week 12: a bronze case on Thursday; its owner mails the case's workbook back within the hour. Its goal lies after
    # the story. Week 13: all quiet.
    office.monday(12)
    office.at(12, day=3)
    office.open("E", "bronze", "Asks for a reference", "boss")
    office.look()
    opening = office.mail_to("owner", "E")
    answer = office.fill(office.attached(opening), "12 case E.xlsx", {"E": {"Note": "I ask them"}})
    office.mail("owner", answers=opening, attach=answer)
    office.read()
    office.monday(13)
    return office


def assert_the_ledger_is_the_storys(office: Office) -> None:
    """The literal table: how each case ended, and each event with who did it by which way."""
    with office.story.run() as run, run.store.read() as session:
        frame = ledger.cases(session).set_index("case_id").astype(object)
        frame = frame.where(frame.notna(), None)
        stories = {letter: ledger.case_history(session, case_id) for letter, case_id in office.cases.items()}
    parts = {person: part for part, person in office.cast.items()}
    columns = ["status", "owner_id", "outcome", "note", "escalation_step", "row_version"]
    ended = {letter: frame.loc[case_id, columns].tolist() for letter, case_id in office.cases.items()}
    assert {letter: (row[0], parts[row[1]], *row[2:]) for letter, row in ended.items()} == {
        "A": ("closed", "peer", "Renewed", "Please take it", 2, 9),
        "B": ("closed", "owner", "Price agreed", "Tickets are solved", 2, 6),
        "C": ("closed", "owner", "Visited twice", None, 1, 6),
        "D": ("open", "owner", None, "I call him on Thursday", 1, 5),
        "E": ("open", "owner", None, "I ask them", 0, 3),
    }
    events = [
        (letter, e.kind, parts.get(e.who, e.who), _way(e.source)) for letter, story in stories.items() for e in story
    ]
    assert events == [
        ("A", "opened", "boss", "command"),
        ("A", "acknowledged", "owner", "reply"),
        ("A", "escalated", "cem", "clock"),
        ("A", "edited", "boss", "1 boss.xlsx"),
        ("A", "edited", "owner", "1 late.xlsx"),
        ("A", "conflict", "owner", "1 late.xlsx"),
        ("A", "escalated", "cem", "clock"),
        ("A", "edited", "director", "5 director.xlsx"),
        ("A", "edited", "owner", "5 owner.xlsx"),
        ("A", "conflict", "owner", "5 owner.xlsx"),
        ("A", "closed", "peer", "6 peer.xlsx"),
        ("A", "conflict", "owner", "9 slept.xlsx"),
        ("B", "opened", "boss", "command"),
        ("B", "escalated", "cem", "clock"),
        ("B", "unanswered", "cem", "clock"),
        ("B", "escalated", "cem", "clock"),
        ("B", "edited", "support", "2 support.xlsx"),
        ("B", "acknowledged", "support", "2 support.xlsx"),
        ("B", "closed", "boss", "reply"),
        ("C", "opened", "boss", "command"),
        ("C", "acknowledged", "owner", "0 case C.xlsx"),
        ("C", "closed", "owner", "1 owner.xlsx"),
        ("C", "reopened", "boss", "command"),
        ("C", "escalated", "cem", "clock"),
        ("C", "closed", "owner", "8 owner.xlsx"),
        ("D", "opened", "director", "command"),
        ("D", "evidence", "boss", "command"),
        ("D", "acknowledged", "owner", "reply"),
        ("D", "edited", "owner", "reply"),
        ("D", "escalated", "cem", "clock"),
        ("D", "edited", "boss", "11 a boss.xlsx"),
        ("D", "conflict", "owner", "11 b owner.xlsx"),
        ("E", "opened", "boss", "command"),
        ("E", "edited", "owner", "12 case E.xlsx"),
        ("E", "acknowledged", "owner", "12 case E.xlsx"),
    ]
    refused = [(letter, e.refused) for letter, story in stories.items() for e in story if e.kind == "conflict"]
    assert refused == [
        ("A", {"note": "Called them"}),
        ("A", {"owner_id": office.cast["boss"]}),
        ("A", {"status": "pending customer"}),
        ("D", {"due_at": moment(12, hour=12)}),
    ]


def _way(source: str) -> str:
    """`workbook 5 owner.xlsx by file` is the file's name, `mail of somebody@...` a reply."""
    if source.startswith("workbook "):
        return source.removeprefix("workbook ").partition(" by ")[0]
    return "reply" if source.startswith("mail of ") else source


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The story, played once for all tests of this file."""
    return play(an_office(tmp_path_factory.mktemp("office")))


def test_thirteen_weeks_end_as_the_story_says(office: Office) -> None:
    assert_the_ledger_is_the_storys(office)


def test_what_time_asked_for_went_up_once_and_no_more(office: Office) -> None:
    assert office.risen == {1: 2, 2: 1, 3: 0, 4: 0, 5: 1, 6: 0, 7: 0, 8: 1, 9: 0, 10: 0, 11: 1, 12: 0, 13: 0}


def test_every_editor_has_a_receipt_of_what_became_of_it(office: Office) -> None:
    """One receipt per file and mail that was not there before; the copy of week 5 has none."""
    assert [(part, str(mail["Subject"]).partition(": ")[2]) for part, mail in office.receipts()] == [
        ("owner", "1 applied, 0 refused, 0 conflicting"),
        ("owner", "1 applied, 0 refused, 0 conflicting"),
        ("boss", "2 applied, 0 refused, 0 conflicting"),
        ("owner", "2 applied, 0 refused, 0 conflicting"),
        ("owner", "1 applied, 0 refused, 1 conflicting"),
        ("support", "1 applied, 1 refused, 0 conflicting"),
        ("boss", "2 applied, 0 refused, 0 conflicting"),
        ("director", "1 applied, 0 refused, 0 conflicting"),
        ("owner", "1 applied, 0 refused, 1 conflicting"),
        ("owner", "0 applied, 0 refused, 1 conflicting"),
        ("peer", "2 applied, 0 refused, 0 conflicting"),
        ("owner", "2 applied, 0 refused, 0 conflicting"),
        ("peer", "0 applied, 1 refused, 0 conflicting"),
        ("owner", "0 applied, 0 refused, 1 conflicting"),
        ("owner", "2 applied, 1 refused, 0 conflicting"),
        ("boss", "1 applied, 0 refused, 0 conflicting"),
        ("owner", "0 applied, 0 refused, 1 conflicting"),
        ("owner", "1 applied, 0 refused, 0 conflicting"),
    ]
    assert "came before" in " ".join(office.said)


def test_what_was_refused_is_said_in_words_and_brings_a_fresh_workbook(office: Office) -> None:
    people = office.story.company.people.set_index("person_id")["name"]
    receipts = [(part, text_of(mail), mail) for part, mail in office.receipts()]
    ((closing, brought),) = [(text, mail) for part, text, mail in receipts if part == "support"]
    assert "only its case managers close it" in closing
    assert people[office.cast["boss"]] in closing
    assert [str(file.get_filename()) for file in brought.iter_attachments()] == [f"{FIRST} action plan.xlsx"]
    assert any("“Nobody Known” is nobody we know" in text for _, text, _ in receipts)
    owner = people[office.cast["owner"]]
    assert any(f"it is the workbook of {owner}" in text for part, text, _ in receipts if part == "peer")
    boss = people[office.cast["boss"]]
    assert any(f"{boss} set “Visited them” on" in text and "is kept beside it" in text for _, text, _ in receipts)


def test_a_new_reason_is_evidence_for_the_case_that_is_open(office: Office) -> None:
    assert next(said for said in office.said if "is open" in said).endswith("became Critical")
    assert sum("attached" in said for said in office.said) == 1


def test_the_figures_of_the_casework_are_those_of_the_story(office: Office) -> None:
    """Five cases, three closed, one of them twice; A, B and C ended after their goals. First actions: A, C and D after an
    hour, E at once, B's after two weeks: the middle one is an hour.
    """
    with office.story.run() as run:
        outcome = case_effect(run)
        place = run.workspace.output / "expert" / str(FIRST) / "effect"
    assert outcome.code is ExitCode.DONE
    figures = pd.read_csv(place / "case_figures.csv").set_index("team")
    for team in ("all", "sales"):
        row = figures.loc[team]
        assert (row["opened"], row["closed"], row["open"], row["acted_on"]) == (5, 3, 2, 5)
        assert row["hours_to_first_action"] == pytest.approx(1.0, abs=0.02)
        assert row["overdue_share"] == pytest.approx(3 / 5)
        assert row["reopen_share"] == pytest.approx(1 / 3)
    page = (place / "case-effect.html").read_text(encoding="utf-8")
    assert "No playbook is proven to help" in page
    assert len(list(place.glob("lost-*.html"))) == len(pd.read_csv(place / "post_mortem.csv"))
