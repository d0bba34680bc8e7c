"""An office that works on cases for weeks: who is who, what each was mailed, and how edits come back.

Workbooks are those that the product makes for a person on that day; replies go to the address that the mail names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

from openpyxl.workbook import Workbook

from contracts.weeks import Week
from contracts.words import ExitCode, MessageKind
from contracts.workbook import CASES
from flows.casework.clock import advance_clock
from flows.casework.desk import opened_by_hand, reopened
from flows.casework.editing import office_of
from flows.casework.receipts import fresh_workbook
from flows.returns import returns
from flows.sending.dispatch import dispatch_due
from flows.weekly import weekly
from store import ledger, outbox
from tests.factories.workbooks import edited, row_of, write
from tests.factories.workspaces import Story, a_company, a_workspace

FIRST = Week(2026, 34)
TEMPLATE = "critical_customer"
"""Gold: 24 working hours, silver 48, bronze 72; first answer in 4, 8 and 16. A working day is 08:00 to 18:00 in Rome."""
ROME = ZoneInfo("Europe/Rome")
Save = Callable[[Path, Path], Path]
"""How a program saves a workbook again: the file, a folder to work in."""


@dataclass
class Office:
    """The people of the story by their part, and the cases by a letter."""

    story: Story
    desk: Path
    saves: Mapping[str, Save] = field(default_factory=dict)
    cast: dict[str, str] = field(default_factory=dict)
    customers: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)
    risen: dict[int, int] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    resaved: list[str] = field(default_factory=list)
    mailed: int = 0

    def at(self, week: int, day: int = 0, hour: float = 9.0) -> None:
        """Time goes on to this moment."""
        self.story.clock.set(moment(week, day, hour))

    def open(self, letter: str, customer: str, why: str, by: str) -> str:
        with self.story.run() as run:
            said = opened_by_hand(run, self.customers[customer], TEMPLATE, why=why, who=self.cast[by])
            with run.store.read() as session:
                newest = ledger.case_history(session)[-1].case_id
        self.cases.setdefault(letter, newest)
        return said.headline

    def reopen(self, letter: str, by: str, why: str) -> None:
        with self.story.run() as run:
            reopened(run, self.cases[letter], who=self.cast[by], why=why)

    def look(self) -> int:
        """The clock of cases looks, changes are mailed and mail leaves; how many cases went up."""
        with self.story.run() as run:
            risen = advance_clock(run)
            dispatch_due(run)
        return risen

    def monday(self, week: int) -> None:
        self.at(week)
        self.risen[week] = self.look()

    def print(self, name: str, *parts: str) -> None:
        """The workbook of each, as the product makes it now."""
        with self.story.run() as run:
            known = office_of(run)
            for part in parts:
                person = self.cast[part]
                audience = known.audience_of(person)
                assert audience is not None, part
                content, faults = fresh_workbook(run, known, audience, person)
                assert faults == [], faults
                (self.desk / f"{name} {part}.xlsx").write_bytes(content)

    def fill(self, name: str, to: str, rows: Mapping[str, Mapping[str, object]]) -> Path:
        """A workbook with these cells of the sheet of cases, saved under a new name on the desk."""
        target = self.desk / to
        with edited(self.desk / name, target) as book:
            self._write(book, rows)
        if save := self.saves.get(to):
            target = save(target, self.desk / f"again {to}")
            self.resaved.append(to)
        return target

    def _write(self, book: Workbook, rows: Mapping[str, Mapping[str, object]]) -> None:
        sheet = book[CASES.sheet]
        for letter, cells in rows.items():
            write(sheet, row_of(sheet, self.cases[letter]), **{name: _typed(value) for name, value in cells.items()})

    def drop(self, *files: Path) -> None:
        """Workbooks into returns/, without anybody looking yet."""
        folder = self.story.root / "returns"
        folder.mkdir(exist_ok=True)
        for file in files:
            (folder / file.name).write_bytes(file.read_bytes())

    def mail(self, by: str, *, answers: EmailMessage, text: str = "", attach: Path | None = None) -> None:
        """A mail into the returns mailbox, to where the mail that it answers says."""
        box = self.story.root / "replies"
        for name in ("new", "cur", "tmp"):
            (box / name).mkdir(parents=True, exist_ok=True)
        self.mailed += 1
        reply = EmailMessage()
        reply["From"], reply["To"] = self.address(by), answers["Reply-To"]
        reply["Subject"], reply["Message-ID"] = f"Re: {answers['Subject']}", f"<{self.mailed}@mail.example>"
        reply.set_content(f"{text}\n\nOn Monday the loyalty desk wrote:\n> close: whatever stands here\n")
        if attach:
            reply.add_attachment(attach.read_bytes(), "application", "octet-stream", filename=attach.name)
        (box / "new" / f"{self.mailed:04}").write_bytes(reply.as_bytes())

    def read(self) -> str:
        """The returns flow reads what lies there; what it says of each."""
        with self.story.run() as run:
            said = " | ".join(returns(run).lines)
        self.said.append(said)
        return said

    def address(self, part: str) -> str:
        people = self.story.company.people.set_index("person_id")
        return str(people.loc[self.cast[part], "email"])

    def mail_to(self, part: str, letter: str, kind: MessageKind = MessageKind.CASE_CHANGED) -> EmailMessage:
        """The newest mail about a case that left for this person."""
        with self.story.run() as run, run.store.read() as session:
            rows = outbox.rows(session, kinds=[kind], subject_prefix=self.cases[letter])
        mine = [row.message_id for row in rows if row.person_id == self.cast[part]]
        assert mine, f"{part} was not mailed of {letter}"
        return self._sent()[mine[-1]]

    def attached(self, mail: EmailMessage) -> str:
        """The workbook of a mail, on the desk; its name there."""
        (file,) = [part for part in mail.iter_attachments() if str(part.get_filename()).endswith(".xlsx")]
        content = file.get_payload(decode=True)
        assert isinstance(content, bytes)
        name = f"mailed {file.get_filename()}"
        (self.desk / name).write_bytes(content)
        return name

    def receipts(self) -> list[tuple[str, EmailMessage]]:
        """Every receipt that left, in order: whose, and the mail."""
        parts = {person: part for part, person in self.cast.items()}
        with self.story.run() as run, run.store.read() as session:
            rows = outbox.rows(session, kinds=[MessageKind.RETURN_RECEIPT])
        sent = self._sent()
        return [(parts[row.person_id], sent[row.message_id]) for row in sorted(rows, key=lambda row: row.outbox_id)]

    def _sent(self) -> dict[str, EmailMessage]:
        found = {}
        for path in (self.story.root / "var" / "mail").rglob("*.eml"):
            mail = message_from_bytes(path.read_bytes(), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            found[str(mail["Message-ID"])] = mail
        return found


def moment(week: int, day: int = 0, hour: float = 9.0) -> datetime:
    """Monday of week 0 is the day after the week of the first run."""
    return FIRST.shift(week).ends_at(ROME) + timedelta(days=day, hours=hour)


def _typed(value: object) -> object:
    """An instant as a cell holds it: on the office's clock, without a zone."""
    return value.astimezone(ROME).replace(tzinfo=None) if isinstance(value, datetime) else value


def an_office(folder: Path, saves: Mapping[str, Save] | None = None) -> Office:
    """Fifty customers and one published week, so that there are people, customers and a policy in force."""
    company = a_company(customers=50)
    root = a_workspace(folder / "workspace", company)
    settings = root / "config" / "workspace.toml"
    more = 'replies = "maildir:replies"\nreply_address = "reply@borealis.example"\n'
    settings.write_text(settings.read_text().replace("[mail]\n", f"[mail]\n{more}", 1))
    story = Story(root, company)
    with story.run() as run:
        story.until(run.as_of(FIRST))
        assert weekly(run, FIRST).code not in {ExitCode.FAILED, ExitCode.HELD, ExitCode.USAGE}
        with run.store.read() as session:
            assert ledger.last_event_number(session) == 0, "a baseline opens nothing"
    desk = folder / "desk"
    desk.mkdir()
    return _with_cast(Office(story, desk, saves or {}))


def _with_cast(office: Office) -> Office:
    """Customers of one Sales owner: gold, silver, bronze; that owner, the two levels above, a colleague, Support."""
    company = office.story.company
    people = company.people.set_index("person_id")
    teams = company.assignments[company.assignments["role"] == "owner"]
    units = teams["person_id"].map(people["business_unit"])
    sales = teams[units == "sales"].merge(company.customers[["customer_id", "tier"]], on="customer_id")
    whole = [p for p, rows in sales.groupby("person_id") if set(rows["tier"]) >= {"gold", "silver", "bronze"}]
    owner = min(whole)
    for tier in ("gold", "silver", "bronze"):
        mine = sales[(sales["person_id"] == owner) & (sales["tier"] == tier)]
        office.customers[tier] = str(mine["customer_id"].min())
    boss = str(people.loc[owner, "manager_id"])
    peers = people[(people["manager_id"] == boss) & (people.index != owner)]
    support = teams[(units == "support") & (teams["customer_id"] == office.customers["silver"])]
    office.cast = {
        "owner": owner,
        "boss": boss,
        "director": str(people.loc[boss, "manager_id"]),
        "peer": str(peers.index[0]),
        "support": str(support["person_id"].iloc[0]),
    }
    return office
