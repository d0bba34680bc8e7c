"""Chat rooms hear what their reader is told; mails wait while nobody can say who may read them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from contracts.words import MessageKind, OutboxState
from flows.alerts import alerts
from flows.readers import last_week
from flows.sending.dispatch import dispatch_due
from store import outbox
from tests.factories.workspaces import Story
from tests.flows.test_whole_loop import SUBJECT, land_outage

pytestmark = pytest.mark.xdist_group("told")
KINDS = [MessageKind.ALERT_EVENT]


class Hook(BaseHTTPRequestHandler):
    """A webhook that keeps what it is told."""

    def do_POST(self) -> None:
        self.server.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hook() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.heard = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def leads(story: Story) -> list[outbox.OutboxRecord]:
    """Alerts about the outage that wait for their window."""
    with story.run() as run, run.store.read() as session:
        return outbox.rows(session, kinds=KINDS, states=[OutboxState.PENDING])


def test_the_room_of_a_lead_hears_of_an_outage_at_once_and_once(
    onward: Story, hook: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = onward.copy(onward.root.parent / "twin")
    land_outage(twin)
    with twin.run() as run:
        alerts(run)
    reader = leads(twin)[0].person_id

    monkeypatch.setenv("CEM_CHAT_URLS", f"leads json://127.0.0.1:{hook.server_address[1]}/secret-hook\n")
    path = onward.root / "config" / "workspace.toml"
    path.write_text(f'{path.read_text()}\n[[chat]]\nroom = "leads"\nreader = "{reader}"\n')
    land_outage(onward)
    for _ in range(2):
        with onward.run() as run:
            alerts(run)
    (said,) = hook.heard  # type: ignore[attr-defined]
    assert SUBJECT in said["title"]
    assert said["message"].splitlines()[0] == said["title"]
    assert len(said["message"].splitlines()) <= 2, "what happened and the link, nothing else"
    with onward.run() as run, run.store.read() as session:
        (row,) = [row for row in outbox.rows(session, kinds=KINDS) if row.channel == "chat"]
        log = outbox.send_log(session, row.outbox_id)
    assert (row.state, row.person_id, row.recipient) == (OutboxState.SENT, reader, "chat:leads")
    assert row.scope_digest
    assert not any("secret-hook" in line.text for line in log)


def test_mails_wait_while_the_published_week_cannot_be_read(onward: Story) -> None:
    land_outage(onward)
    with onward.run() as run:
        alerts(run)
        inputs, _ = last_week(run)
        path = run.workspace.runs / inputs.run_name / "inputs.json"
        away = path.rename(path.with_suffix(".gone"))
        waiting = len(leads(onward))
        assert waiting
        onward.clock.set(onward.clock() + timedelta(minutes=45))
        dispatch_due(run)
        with run.store.read() as session:
            held = outbox.rows(session, states=[OutboxState.HELD])
            notices = outbox.rows(session, kinds=[MessageKind.OPERATOR], states=[OutboxState.SENT])
        assert held
        assert all("nobody can say who may read it" in str(row.why) for row in held)
        assert any(row.subject == "A mail was held" for row in notices)
        away.rename(path)
        with run.store.write() as session:
            outbox.release(session, who="operator", why="mended", now=run.clock())
        assert dispatch_due(run).held == 0
        with run.store.read() as session:
            assert all(outbox.recorded(session, row.outbox_id).state is OutboxState.SENT for row in held)
