"""What kills start from: a prepared workspace per act, its database, the acceptor, and a run without faults."""

from __future__ import annotations

import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql

from flows.run import Run
from flows.sending.tell import enqueue, seal
from flows.weekly import weekly
from tests.factories.smtp import _free_port, make_authority
from tests.factories.store import message, postgres_server
from tests.factories.workspaces import LAST, Story, a_company, a_workspace
from tests.faults.killing import PATIENCE, Ground, Stage

ZONE = ZoneInfo("Europe/Rome")
_MIDWEEK = timedelta(days=3, hours=16)
_MAILS = 8
_LEAN = {"account_pages": 0, "own_account_pages": 0}


class Databases:
    """A database per round: a new file of SQLite, or a clone on a PostgreSQL server."""

    def __init__(self, server: str | None) -> None:
        self._server = server

    def make(self, template: str | None = None) -> str | None:
        """The URL of a new database, cloned from another one's URL; None where SQLite lies in the workspace."""
        if self._server is None:
            return None
        name = f"kills_{uuid.uuid4().hex[:12]}"
        origin = _name_of(template) if template else "template0"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(origin))
        with psycopg.connect(self._server, autocommit=True) as admin:
            admin.execute(statement)
        head, _, query = self._server.partition("?")
        return f"{head.rpartition('/')[0]}/{name}?{query}"

    def drop(self, url: str | None) -> None:
        if url is not None and self._server is not None:
            with psycopg.connect(self._server, autocommit=True) as admin:
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(_name_of(url))))


def _name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


@contextmanager
def databases(kind: str) -> Iterator[Databases]:
    if kind == "sqlite":
        yield Databases(None)
        return
    with postgres_server() as url:
        with psycopg.connect(url, autocommit=True) as admin:
            # kills hit the client: the server's own durability is not what is tested, and costs time
            admin.execute("ALTER SYSTEM SET fsync = off")
            admin.execute("SELECT pg_reload_conf()")
        yield Databases(url)


@contextmanager
def ground(folder: Path) -> Iterator[tuple[Ground, int, str]]:
    """The folder with a running acceptor; gives its port and the authority that signed its certificate."""
    authority = make_authority(folder / "authority")
    authority.server_context()
    certificate = folder / "authority" / "localhost-False.pem"
    place, port = Ground(folder), _free_port()
    place.receive_in(folder / "nobody")
    acceptor = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.acceptor", str(folder), str(port), str(certificate)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert acceptor.stdout is not None
    assert acceptor.stdout.readline() == "ready\n"
    try:
        yield place, port, authority.ca_file
    finally:
        acceptor.kill()
        acceptor.wait()


def lean_workspace(root: Path, port: int, ca_file: str, *, acceptor: str = "maildir:archive") -> Path:
    """The demo's configuration with real mail to the acceptor, and packs without account pages."""
    a_workspace(root, a_company(50, 5))
    settings = root / "config" / "workspace.toml"
    text = settings.read_text().replace('transport = "maildir"', 'transport = "smtp"')
    text += f'smtp_host = "localhost"\nsmtp_port = {port}\nca_file = "{ca_file}"\nacceptor = "{acceptor}"\n'
    settings.write_text(text)
    readers = root / "config" / "audiences.toml"
    readers.write_text("".join(f"{key} = {value}\n" for key, value in _LEAN.items()) + readers.read_text())
    return root


def dispatch_stage(place: Ground, port: int, ca_file: str, made: Databases) -> Stage:
    """Eight mails in the outbox, and nothing else to do."""
    root = lean_workspace(place.folder / "stage-dispatch", port, ca_file)
    now = datetime.fromisoformat("2026-11-23T09:00:00+01:00")
    url = made.make()

    def fill(run: Run) -> None:
        with run.store.write() as session:
            enqueue(session, run, [seal(run, message(person_id=f"P{number}")) for number in range(_MAILS)])

    place.receive_in(root)
    place.attempt(root, fill, now, url)
    return _rehearsed(place, made, Stage("dispatch", "dispatch", root, now + PATIENCE, url))


def weekly_stages(place: Ground, port: int, ca_file: str, made: Databases) -> Iterator[Stage]:
    """A week published, then: exports of midweek for alerts; and, those told, the exports of the next week."""
    root = lean_workspace(place.folder / "stage-alerts", port, ca_file)
    url = made.make()
    story = Story(root, a_company(50, 5))
    before, midweek = LAST.shift(-1), LAST.starts_at(ZONE) + _MIDWEEK
    story.until(before.ends_at(ZONE))
    place.receive_in(root)
    place.attempt(root, lambda run: void(weekly(run, before)), story.clock(), url)
    place.attempt(root, "dispatch", story.clock() + PATIENCE, url)
    story.until(midweek, later=timedelta(minutes=5))
    shutil.rmtree(root / "archive")
    yield _rehearsed(place, made, Stage("alerts", "alerts", root, story.clock(), url))

    after = place.folder / "stage-weekly"
    shutil.copytree(root, after, symlinks=True)
    url = made.make(url)
    place.receive_in(after)
    place.attempt(after, "alerts", story.clock(), url)
    place.attempt(after, "dispatch", story.clock() + 2 * PATIENCE, url)
    later = Story(after, story.company, story.clock, story.since)
    later.until(LAST.ends_at(ZONE))
    shutil.rmtree(after / "archive")
    yield _rehearsed(place, made, Stage("weekly", "weekly", after, later.clock(), url))


def _rehearsed(place: Ground, made: Databases, stage: Stage) -> Stage:
    """The stage with what a run without faults does: its steps, its time, its mails and its release."""
    root, url = place.fresh(stage), made.make(stage.url)
    attempt = place.attempt(root, stage.act, stage.now, url)
    place.attempt(root, "dispatch", stage.now + 2 * PATIENCE, url)
    stage.steps, stage.seconds = attempt.steps, attempt.seconds
    stage.expected = place.state(root, url, stage.now + 2 * PATIENCE)
    assert stage.expected["kept"], "a rehearsal that mails nobody shows nothing"
    # once more: the first one drew the packs that later attempts find drawn
    if stage.act != "dispatch":
        again, url_again = place.fresh(stage), made.make(stage.url)
        stage.seconds = place.attempt(again, stage.act, stage.now, url_again).seconds
        shutil.rmtree(again)
        made.drop(url_again)
    shutil.rmtree(root)
    made.drop(url)
    return stage


def void(_: object) -> None:
    """An act returns nothing."""
