"""A workspace that has nothing to do but send mails: for faults of relays, databases and clocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from contracts.exchange import Attachment
from contracts.words import MessageKind, OutboxState
from flows.demo import SetClock
from flows.run import Run, opened
from flows.sending.dispatch import Dispatched, dispatch_due
from flows.sending.tell import enqueue, seal
from store import outbox
from store.outbox import OutboxRecord
from tests.factories.store import message
from tests.faults.stages import lean_workspace

MONDAY = datetime.fromisoformat("2026-11-23T09:00:00+01:00")


@dataclass
class Office:
    """One workspace; each act opens it anew, as a command does."""

    root: Path
    clock: SetClock = field(default_factory=SetClock)
    said: list[str] = field(default_factory=list)

    def later(self, **time: float) -> None:
        self.clock.set(self.clock() + timedelta(**time))

    @contextmanager
    def run(self, **more: Callable[[str], None]) -> Iterator[Run]:
        with opened(self.root, clock=self.clock, say=self.said.append, **more) as run:
            yield run

    def write(self, *people: str, kind: MessageKind = MessageKind.PACK, octets: int = 0, **changes: str) -> None:
        """Put a mail to each of these people into the outbox."""
        files = (Attachment("workbook.xlsx", "application/vnd.ms-excel", b"x" * octets),) if octets else ()
        letters = [replace(message(kind=kind, person_id=person), attachments=files, **changes) for person in people]
        with self.run() as run, run.store.write() as session:
            enqueue(session, run, [seal(run, letter) for letter in letters])

    def dispatch(self, **more: Callable[[str], None]) -> Dispatched:
        with self.run(**more) as run:
            return dispatch_due(run)

    def rows(self, *states: OutboxState) -> list[OutboxRecord]:
        with self.run() as run, run.store.read() as session:
            return outbox.rows(session, states=states or None)

    def states(self) -> dict[str, str]:
        """State of each mail by its reader; those to the operator apart."""
        return {row.person_id: row.state.value for row in self.rows() if row.kind is not MessageKind.OPERATOR}

    def notices(self) -> list[OutboxRecord]:
        return [row for row in self.rows() if row.kind is MessageKind.OPERATOR]


def open_office(root: Path, port: int, ca_file: str, *, acceptor: str = "none", **mail: str | float) -> Office:
    """`mail` adds keys of [mail]."""
    lean_workspace(root, port, ca_file, acceptor=acceptor)
    settings = root / "config" / "workspace.toml"
    lines = [f"{key} = {value!r}\n".replace("'", '"') for key, value in mail.items()]
    settings.write_text(settings.read_text() + "".join(lines))
    office = Office(root)
    office.clock.set(MONDAY)
    return office
