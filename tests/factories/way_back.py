"""The way back under faults: an office of a few people, what they hand back, and a process that dies between any two
writes.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

from openpyxl.workbook import Workbook

from contracts.exchange import reply_seal
from contracts.weeks import Week
from contracts.words import MessageKind
from contracts.workbook import CASES
from flows.casework.editing import office_of
from flows.casework.receipts import case_attachment
from flows.returns import returns
from flows.run import Run, opened
from flows.weekly import weekly
from store import ledger, outbox
from store.session import Session, Store
from store.tables import ReturnedFileRow
from tests.factories.repository import ROOT
from tests.factories.workbooks import edited, row_of, write

EXAMPLE = ROOT / "examples" / "upgrade-installation"
MONDAY = datetime(2026, 6, 8, 8, 0, tzinfo=UTC)
PATIENCE = timedelta(minutes=25)
"""After this much of the workspace's time the lease of a process that died has ended."""
_T = TypeVar("_T")


class Died(BaseException):
    """The process is gone: nothing of it runs any more, no `except` and no clean-up that would write."""


@dataclass
class Mortal:
    """A store that dies at its n-th write: before it, inside it (all of it rolled back), or right after COMMIT."""

    store: Store
    at: int
    when: str
    writes: int = 0
    is_dead: bool = False

    def read(self) -> Any:
        return self.store.read()

    @contextmanager
    def write(self) -> Iterator[Session]:
        is_last = self._begin()
        with self.store.write() as session:
            yield session
            self._die_if(is_last and self.when == "inside")
        self._die_if(is_last)

    def transact(self, work: Callable[[Session], _T]) -> _T:
        is_last = self._begin()

        def act(session: Session) -> _T:
            made = work(session)
            self._die_if(is_last and self.when == "inside")
            return made

        made = self.store.transact(act)
        self._die_if(is_last)
        return made

    def _begin(self) -> bool:
        self._die_if(self.is_dead)
        self.writes += 1
        is_last = self.writes == self.at
        self._die_if(is_last and self.when == "before")
        return is_last

    def _die_if(self, is_time: bool) -> None:
        if is_time:
            self.is_dead = True
            raise Died


@dataclass
class Ground:
    """A finished workspace to copy, and everything that may come back to it: workbooks and mails by name."""

    root: Path
    folder: Path
    files: dict[str, bytes] = field(default_factory=dict)
    mails: dict[str, bytes] = field(default_factory=dict)
    rounds: int = 0

    def fresh(self) -> Place:
        self.rounds += 1
        root = self.folder / f"round-{self.rounds}"
        shutil.copytree(self.root, root, symlinks=True)
        return Place(root, self)


@dataclass
class Place:
    """A copy of the workspace in which things come back."""

    root: Path
    ground: Ground
    now: datetime = MONDAY + timedelta(hours=1)
    sent: int = 0

    def bring(self, thing: str) -> None:
        """A file is dropped, or a mail arrives; the same thing may come again."""
        self.sent += 1
        if thing in self.ground.files:
            (self.root / "returns").mkdir(exist_ok=True)
            (self.root / "returns" / f"{self.sent:03} {thing}.xlsx").write_bytes(self.ground.files[thing])
        else:
            (self.root / "replies" / "new" / f"{self.sent:03}").write_bytes(self.ground.mails[thing])

    def look(self, *, dies_at: int = 0, when: str = "before") -> int:
        """One run of the returns flow, in a process that may die; how many writes it began."""
        self.now += PATIENCE
        with opened(self.root, clock=lambda: self.now) as run:
            store = Mortal(run.store, dies_at, when)
            with suppress(Died):
                returns(replace(run, store=store))  # type: ignore[arg-type]
            return store.writes

    def end(self) -> dict[str, Any]:
        """What the ledger, the audit and the outbox hold, without moments; each event by its place in its case."""
        with opened(self.root, clock=lambda: self.now) as run, run.store.read() as session:
            events = ledger.case_history(session)
            returned = list(session.query(ReturnedFileRow).order_by(ReturnedFileRow.sha256))
            kept = {row.sha256: (row.person_id, row.summary) for row in returned}
            receipts = Counter(row.subject_key for row in outbox.rows(session, kinds=[MessageKind.RETURN_RECEIPT]))
            shown = ledger.cases(session)
            refolded = ledger.cases(session, upto=ledger.last_event_number(session))
        waiting = list((self.root / "returns").glob("*.xlsx")) + list((self.root / "replies" / "new").glob("*"))
        return {
            "events": [
                (e.number, e.case_id, e.kind, e.who, e.after_without_moments, e.refused) for e in map(_Plain, events)
            ],
            "by_file": _by_file(events),
            "kept": kept,
            "receipts": receipts,
            "shown": shown,
            "refolded": refolded,
            "waiting": sorted(path.name for path in waiting),
        }


class _Plain:
    """An event without the moments that a second attempt has otherwise."""

    def __init__(self, event: ledger.CaseEvent) -> None:
        self.number, self.case_id, self.kind, self.who = event.number, event.case_id, event.kind, event.who
        self.after_without_moments = {k: v for k, v in event.after.items() if k not in ("acknowledged_at", "closed_at")}
        self.refused = event.refused


def _by_file(events: Sequence[ledger.CaseEvent]) -> dict[str, tuple[int, int]]:
    """By the file that asked: how many fields its events set, and how many wishes they keep as refused."""
    fields: dict[str, tuple[int, int]] = {}
    asked = {"status", "owner_id", "due_at", "outcome", "note"}
    for event in events:
        if event.source_sha256:
            applied, refused = fields.get(event.source_sha256, (0, 0))
            fields[event.source_sha256] = (applied + len(asked & set(event.after)), refused + len(event.refused))
    return fields


def a_ground(folder: Path) -> Ground:
    """The upgrade-installation example after its two weeks, with a pool of returns of three people."""
    root = folder / "workspace"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("var", "output", "exports"))
    settings = root / "config" / "workspace.toml"
    more = 'replies = "maildir:replies"\nreply_address = "reply@arrayworks.example"\n'
    settings.write_text(settings.read_text().replace("[mail]\n", f"[mail]\n{more}", 1))
    for name in ("new", "cur", "tmp"):
        (root / "replies" / name).mkdir(parents=True)
    ground = Ground(root, folder)
    for week, at in ((Week(2026, 22), MONDAY - timedelta(weeks=1)), (Week(2026, 23), MONDAY)):
        with opened(root, clock=lambda at=at: at, inbox=EXAMPLE / "exports" / f"{at:%Y-%m-%d}") as run:
            weekly(run, week)
            if week == Week(2026, 23):
                _fill_pool(ground, run)
    return ground


_EDITS: dict[str, tuple[str, dict[str, object]]] = {
    "owner notes": ("P-02", {"Note": "Called them", "Status": "pending customer"}),
    "owner closes": ("P-02", {"Status": "closed", "Outcome": "installed"}),
    "owner hands over": ("P-02", {"Owner": "P-03", "Due": "2026-06-20"}),
    "owner errs": ("P-02", {"Owner": "Nobody Known", "Due": "soon", "Note": "Half of this is good"}),
    "owner says nothing": ("P-02", {}),
    "member notes": ("P-03", {"Note": "On site on Friday"}),
    "member closes": ("P-03", {"Status": "closed", "Note": "We are done"}),
    "member disagrees": ("P-03", {"Status": "open", "Due": "2026-06-25", "Outcome": "not yet"}),
}
_REPLIES = {
    "owner replies": ("P-02", "pending\nThey look for the licence"),
    "owner closes by reply": ("P-02", "close: loader replaced"),
    "member replies": ("P-03", "owner: P-02"),
    "member errs": ("P-03", "due: soon\nI am on it"),
    "a stranger": ("stranger@elsewhere.example", "done"),
}


_FOREIGN = "no workbook of ours"
THINGS = sorted([*_EDITS, *_REPLIES, _FOREIGN])
"""Everything that may come back."""


def _fill_pool(ground: Ground, run: Run) -> None:
    with run.store.read() as session:
        case_id = str(ledger.cases(session).set_index("customer_id").loc["A-1", "case_id"])
    office = office_of(run)
    for name, (person, cells) in _EDITS.items():
        made = case_attachment(run, office, case_id, person)
        target = ground.folder / "made.xlsx"
        with edited(made.content, target) as book:
            write(book[CASES.sheet], row_of(book[CASES.sheet], case_id), **cells)
        ground.files[name] = target.read_bytes()
    plain = Workbook()
    plain.save(ground.folder / "plain.xlsx")
    ground.files[_FOREIGN] = (ground.folder / "plain.xlsx").read_bytes()
    for name, (person, text) in _REPLIES.items():
        seal = reply_seal(case_id, 1, person, run.settings.token_key)
        known = office.people.set_index("person_id")["email"]
        mail = EmailMessage()
        mail["From"], mail["Subject"] = known.get(person, person), "Re: a case"
        mail["To"] = f"reply+{case_id}.1.{seal}@arrayworks.example"
        mail["Message-ID"] = f"<{name.replace(' ', '-')}@mail.example>"
        mail.set_content(text)
        ground.mails[name] = mail.as_bytes()
