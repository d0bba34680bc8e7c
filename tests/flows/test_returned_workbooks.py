"""The returned-workbook cases W1 to W24: what reading settles stands in tests/extract/test_returns.py, the rest here.

COVERED names the test of each number; a test checks that each is there.
"""

from __future__ import annotations

import ast
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import pytest

from contracts.exchange import WorkbookToken
from contracts.words import MessageKind
from contracts.workbook import ACCOUNTS, CASES, HEADER_ROW, STEPS, TOKEN_PROPERTY, TOKEN_SHEET
from flows.readers import current_readers
from flows.returns import returns
from store import ledger, outbox
from store.action_status import action_status
from store.feedback import account_feedback
from tests.factories.workbooks import columns_of, edited, write
from tests.factories.workspaces import LAST, Story

pytestmark = pytest.mark.xdist_group("told")

EXTRACT = "tests/extract/test_returns.py"
HERE = "tests/flows/test_returned_workbooks.py"
COVERED = {
    "W1": (EXTRACT, "test_w1_a_renamed_sheet_is_known_by_its_headers"),
    "W2": (EXTRACT, "test_w2_inserted_columns_and_rows_do_not_matter"),
    "W3": (EXTRACT, "test_w3_a_header_in_other_words_is_known"),
    "W4": (HERE, "test_ids_that_moved_are_refused_row_by_row"),
    "W5": (EXTRACT, "test_w5_a_deleted_row_says_nothing"),
    "W6": (HERE, "test_ids_that_moved_are_refused_row_by_row"),
    "W7": (HERE, "test_ids_that_moved_are_refused_row_by_row"),
    "W8": (EXTRACT, "test_w8_a_computed_cell_that_was_edited_is_named"),
    "W9": (HERE, "test_each_bad_cell_is_refused_alone"),
    "W10": (HERE, "test_each_bad_cell_is_refused_alone"),
    "W11": (HERE, "test_each_bad_cell_is_refused_alone"),
    "W12": (HERE, "test_each_bad_cell_is_refused_alone"),
    "W13": (HERE, "test_two_editors_of_one_case_lose_nothing"),
    "W14": ("tests/flows/test_returns.py", "test_the_same_file_twice_is_applied_once"),
    "W15": (HERE, "test_an_older_workbook_is_merged_by_row_version"),
    "W16": (EXTRACT, "test_other_files_are_refused"),
    "W17": (HERE, "test_a_copy_without_its_token_is_refused"),
    "W18": (HERE, "test_a_token_that_was_changed_is_refused"),
    "W19": (EXTRACT, "test_other_files_are_refused"),
    "W20": (EXTRACT, "test_w20_macros_are_not_even_looked_at"),
    "W21": (HERE, "test_the_token_decides_and_not_the_name"),
    "W22": (HERE, "test_a_mailed_workbook_must_come_from_its_reader"),
    "W23": (EXTRACT, "test_w23_bombs_and_entities_are_refused"),
    "W24": (HERE, "test_each_bad_cell_is_refused_alone"),
}


def test_each_of_the_24_cases_has_its_test() -> None:
    root = Path(__file__).parents[2]
    assert list(COVERED) == [f"W{number}" for number in range(1, 25)]
    for place, name in COVERED.values():
        tree = ast.parse((root / place).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, (place, name)


def a_plan(story: Story, week: object = LAST) -> Path:
    """A manager's workbook that lists at least two cases."""
    for path in sorted((story.root / "output" / str(week)).glob("manager-*/action-plan.xlsx")):
        sheet = openpyxl.load_workbook(path)[CASES.sheet]
        if sheet.cell(HEADER_ROW + 2, 1).value:
            return path
    pytest.fail("no manager has two cases")


def handed_back(story: Story) -> str:
    with story.run() as run:
        return " ".join(returns(run).lines)


def case_now(story: Story, case_id: str) -> dict[str, object]:
    with story.run() as run, run.store.read() as session:
        return dict(ledger.cases(session).set_index("case_id").loc[case_id])


def receipts(story: Story) -> list[EmailMessage]:
    """The receipts, each opened, newest last."""
    with story.run() as run, run.store.read() as session:
        ids = [row.message_id for row in outbox.rows(session, kinds=[MessageKind.RETURN_RECEIPT])]
    mails = [
        message_from_bytes(p.read_bytes(), policy=policy.default) for p in (story.root / "var/mail").rglob("*.eml")
    ]
    by_id = {str(mail["Message-ID"]): mail for mail in mails}
    return [by_id[name] for name in ids if isinstance(by_id.get(name), EmailMessage)]


def test_each_bad_cell_is_refused_alone(onward: Story) -> None:
    first, second = HEADER_ROW + 1, HEADER_ROW + 2
    with edited(a_plan(onward), onward.root / "returns" / "plan.xlsx") as book:
        cases = book[CASES.sheet]
        ids = [str(cases.cell(row, 1).value) for row in (first, second)]
        write(cases, first, Status=" In  Progress ", Due="2020-01-31", Owner="Nobody", Note="=1+1 <b>x</b>")
        write(cases, second, Status="erledigt", Due="31/02/2026", Outcome="x" * 2_001)
    said = handed_back(onward)
    assert "3 applied, 4 refused, 0 conflicting" in said
    good = case_now(onward, ids[0])
    assert (good["status"], good["note"]) == ("in progress", "=1+1 <b>x</b>")
    (mail,) = receipts(onward)
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    for part in (f"{CASES.sheet}!", "nobody we know", "not on the list", "not a date", "at most 2000", "has passed"):
        assert part in text, part
    html = mail.get_body(("html",))
    assert html is not None
    assert "<b>x</b>" not in html.get_content()
    assert [part.get_filename() for part in mail.iter_attachments()] == [f"{LAST} action plan.xlsx"]


def test_the_fresh_workbook_of_a_receipt_comes_back_clean_and_shows_the_edit(onward: Story) -> None:
    with edited(a_plan(onward), onward.root / "returns" / "plan.xlsx") as book:
        write(book[CASES.sheet], HEADER_ROW + 1, Note="Called")
        case_id = str(book[CASES.sheet].cell(HEADER_ROW + 1, 1).value)
    handed_back(onward)
    (mail,) = receipts(onward)
    (attached,) = mail.iter_attachments()
    content = attached.get_payload(decode=True)
    assert isinstance(content, bytes)
    with edited(content, onward.root / "returns" / "fresh.xlsx") as book:
        sheet = book[CASES.sheet]
        columns = columns_of(sheet)
        notes = {
            sheet.cell(row, 1).value: sheet.cell(row, columns["Note"]).value for row in range(6, sheet.max_row + 1)
        }
    assert notes[case_id] == "Called"
    assert "0 applied, 0 refused, 0 conflicting" in handed_back(onward)


def test_ids_that_moved_are_refused_row_by_row(onward: Story) -> None:
    first, second = HEADER_ROW + 1, HEADER_ROW + 2
    with edited(a_plan(onward), onward.root / "returns" / "plan.xlsx") as book:
        cases = book[CASES.sheet]
        columns = columns_of(cases)
        for name in ("Row id",):  # part of the columns sorted: ids stand beside other rows' cells
            one, two = cases.cell(first, columns[name]), cases.cell(second, columns[name])
            one.value, two.value = two.value, one.value
        write(cases, first, Status="closed")
        below = cases.max_row + 1
        write(cases, below, Row_id="CL-99999999", Status="closed")
        write(cases, below + 1, Status="closed", Note="a case of mine")
    before = {}
    with onward.run() as run, run.store.read() as session:
        before = {event.number for event in ledger.case_history(session)}
    assert "0 applied, 4 refused" in handed_back(onward)
    with onward.run() as run, run.store.read() as session:
        assert {event.number for event in ledger.case_history(session)} == before


def test_two_editors_of_one_case_lose_nothing(onward: Story) -> None:
    source, row = a_plan(onward), HEADER_ROW + 1
    for name, status, note in (("a", "in progress", "Ann's"), ("b", "pending customer", "")):
        with edited(source, onward.root / "returns" / f"{name}.xlsx") as book:
            case_id = str(book[CASES.sheet].cell(row, 1).value)
            write(book[CASES.sheet], row, Status=status)
            if note:
                write(book[CASES.sheet], row, Note=note)
    said = handed_back(onward)
    assert "2 applied, 0 refused, 0 conflicting" in said
    assert "0 applied, 0 refused, 1 conflicting" in said
    assert case_now(onward, case_id)["status"] == "in progress"
    with onward.run() as run, run.store.read() as session:
        story = ledger.case_history(session, case_id)
    assert [event.refused for event in story if event.kind == "conflict"] == [{"status": "pending customer"}]


def test_an_older_workbook_is_merged_by_row_version(onward: Story) -> None:
    source, row = a_plan(onward), HEADER_ROW + 1
    with edited(source, onward.root / "returns" / "new.xlsx") as book:
        case_id = str(book[CASES.sheet].cell(row, 1).value)
        write(book[CASES.sheet], row, Status="in progress")
    handed_back(onward)
    with edited(source, onward.root / "returns" / "old.xlsx") as book:
        write(book[CASES.sheet], row, Note="from the older file")
    assert "1 applied, 0 refused, 0 conflicting" in handed_back(onward)
    now = case_now(onward, case_id)
    assert (now["status"], now["note"]) == ("in progress", "from the older file")


def test_a_copy_without_its_token_is_refused(onward: Story) -> None:
    with edited(a_plan(onward), onward.root / "returns" / "copy.xlsx") as book:
        del book.custom_doc_props[TOKEN_PROPERTY]
        book.remove(book[TOKEN_SHEET])
    assert "token is missing" in handed_back(onward)


def test_a_token_that_was_changed_is_refused(onward: Story) -> None:
    with edited(a_plan(onward), onward.root / "returns" / "plan.xlsx") as book:
        forged = WorkbookToken("executive-all-0000000000", "P-001", str(LAST), 0).signed(b"another key")
        book.custom_doc_props[TOKEN_PROPERTY].value = forged
        write(book[CASES.sheet], HEADER_ROW + 1, Status="closed")
    assert "token was changed" in handed_back(onward)


def test_the_token_decides_and_not_the_name(onward: Story) -> None:
    with edited(a_plan(onward), onward.root / "returns" / "\u202efdp.نسخة Copy of plan (3).xlsx") as book:
        write(book[CASES.sheet], HEADER_ROW + 1, Note="by any name")
    assert "1 applied" in handed_back(onward)


def test_feedback_and_steps_come_back_too(onward: Story) -> None:
    with edited(a_plan(onward), onward.root / "returns" / "plan.xlsx") as book:
        accounts, steps = book[ACCOUNTS.sheet], book[STEPS.sheet]
        customer = str(accounts.cell(HEADER_ROW + 1, columns_of(accounts)["Row id"]).value)
        write(accounts, HEADER_ROW + 1, **{"Your_rating,_1_to_5": 4, "Your_comment": "Good talks"})
        write(accounts, HEADER_ROW + 2, **{"Your_rating,_1_to_5": 9})
        write(steps, HEADER_ROW + 1, Status="done", Remark="In the review")
        write(steps, HEADER_ROW + 2, Status="skipped")
        write(steps, steps.max_row, Account=customer, Step="Invite to the user group", Due="2026-12-15")
    assert "5 applied, 2 refused" in handed_back(onward)
    with onward.run() as run, run.store.read() as session:
        said, done = account_feedback(session), action_status(session)
    assert said[["customer_id", "perceived_quality_score", "comment"]].to_dict("records") == [
        {"customer_id": customer, "perceived_quality_score": 4.0, "comment": "Good talks"}
    ]
    assert sorted(done["status"]) == ["done", "todo"]
    assert set(done["action"].dropna()) == {"Invite to the user group"}


def mailed(story: Story, sender: str, *, to: str, text: str = "", attach: Path | None = None) -> None:
    """A mail in the returns mailbox."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, "Re: a case"
    mail["Message-ID"] = f"<{abs(hash((sender, to, text, attach)))}@mail.example>"
    mail.set_content(text or "see attached")
    if attach:
        mail.add_attachment(attach.read_bytes(), "application", "octet-stream", filename=attach.name)
    for name in ("new", "cur", "tmp"):
        (story.root / "replies" / name).mkdir(parents=True, exist_ok=True)
    (story.root / "replies" / "new" / f"{len(list((story.root / 'replies').rglob('*')))}.mail").write_bytes(
        mail.as_bytes()
    )


def reading_replies(story: Story) -> None:
    path = story.root / "config" / "workspace.toml"
    more = 'replies = "maildir:replies"\nreply_address = "reply@borealis.example"\n'
    path.write_text(path.read_text().replace("[mail]\n", f"[mail]\n{more}", 1))


def test_a_mailed_workbook_must_come_from_its_reader(onward: Story, tmp_path: Path) -> None:
    reading_replies(onward)
    with edited(a_plan(onward), tmp_path / "plan.xlsx") as book:
        write(book[CASES.sheet], HEADER_ROW + 1, Note="by mail")
        token = str(book[TOKEN_SHEET]["A1"].value)
    with onward.run() as run:
        reader = WorkbookToken.read(token, run.settings.token_key).person_id
        address = str(current_readers(run)[1].readers[reader].address)
    mailed(onward, "stranger@elsewhere.example", to="reply@borealis.example", attach=tmp_path / "plan.xlsx")
    assert "came from stranger@elsewhere.example" in handed_back(onward)
    mailed(onward, address, to="reply@borealis.example", attach=tmp_path / "plan.xlsx")
    assert "1 applied, 0 refused" in handed_back(onward)


def test_an_alert_that_names_a_case_brings_its_workbook_and_that_comes_back(onward: Story) -> None:
    with onward.run() as run, run.store.read() as session:
        alerts = {row.message_id: row for row in outbox.rows(session, kinds=[MessageKind.ALERT_EVENT])}
        cases = ledger.cases(session).set_index("case_id")
    for path in (onward.root / "var/mail").rglob("*.eml"):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        files = {str(part.get_filename()): part.get_payload(decode=True) for part in mail.iter_attachments()}
        found = [name for name in files if name.startswith("CL-")]
        if str(mail["Message-ID"]) in alerts and found and bool(cases.loc[found[0][: -len(".xlsx")], "is_open"]):
            break
    else:
        pytest.fail("no alert brought the workbook of its case")
    content, case_id = files[found[0]], found[0][: -len(".xlsx")]
    assert isinstance(content, bytes)
    with edited(content, onward.root / "returns" / "from an alert.xlsx") as book:
        write(book[CASES.sheet], HEADER_ROW + 1, Note="I go there today")
    assert "1 applied, 0 refused" in handed_back(onward)
    assert case_now(onward, case_id)["note"] == "I go there today"
