"""Runs that are killed: workspaces to start from, attempts in processes of their own, and what must hold after.

The parent imports everything once and forks a child per attempt: a child is a real process with its own database
connection, sockets and files, and SIGKILL is the real one, but no attempt pays for imports. The parent itself opens
no database and starts no thread.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from contracts.words import OutboxState
from delivery.publish import verify_release
from flows.alerting import mails as alerting
from flows.alerts import alerts
from flows.demo import SetClock
from flows.run import Run, opened
from flows.sending.dispatch import dispatch_due
from flows.weekly import weekly
from store import outbox, runs
from tests.factories.workspaces import LAST
from tests.faults.rendered import Remembering

# after this much of the workspace's time every lease has ended and every record has been caught up with
PATIENCE = timedelta(minutes=25)
_QUIET = 0.08
_FAILED = 70

Act = Callable[[Run], None]


def _publish(run: Run) -> None:
    weekly(run, LAST)


def _alert(run: Run) -> None:
    alerts(run)


def _send(run: Run) -> None:
    dispatch_due(run, is_closing=True)


ACTS: dict[str, Act] = {"weekly": _publish, "alerts": _alert, "dispatch": _send}


@dataclass(frozen=True)
class Kill:
    """When to kill: before the n-th time a step is taken, or after so many seconds."""

    step: str | None = None
    occurrence: int = 1
    seconds: float | None = None

    @property
    def name(self) -> str:
        return self.step if self.step is not None else "random"


@dataclass
class Attempt:
    was_killed: bool
    code: int
    seconds: float
    steps: list[str]


@dataclass
class Stage:
    """A prepared workspace, its time, its database to copy, and what a run without faults tells and publishes."""

    name: str
    act: str
    root: Path
    now: datetime
    url: str | None = None
    expected: dict[str, Any] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Ground:
    """The folder of a session of kills, whose acceptor delivers to the round at hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rounds = 0

    def fresh(self, stage: Stage) -> Path:
        """A copy of a stage to break, with an empty acceptor's maildir."""
        self._rounds += 1
        root = self.folder / f"round-{self._rounds}"
        shutil.copytree(stage.root, root, symlinks=True)
        self.receive_in(root)
        return root

    def receive_in(self, root: Path) -> None:
        box = root / "archive"
        for name in ("new", "cur", "tmp"):
            (box / name).mkdir(parents=True, exist_ok=True)
        link = self.folder / "next"
        link.unlink(missing_ok=True)
        link.symlink_to(box)
        link.replace(self.folder / "current")

    def attempt(self, root: Path, act: str | Act, now: datetime, url: str | None, kill: Kill | None = None) -> Attempt:
        """One process that carries out the act at that time of the workspace, killed or not."""
        steps = root / "steps"
        steps.unlink(missing_ok=True)
        begun = time.monotonic()
        pid = os.fork()
        if pid == 0:
            _child(root, ACTS[act] if isinstance(act, str) else act, now, url, kill, self.folder / "rendered")
        if kill is not None and kill.seconds is not None:
            _kill_after(pid, kill.seconds)
        _, status = os.waitpid(pid, 0)
        seconds = time.monotonic() - begun
        was_killed = os.WIFSIGNALED(status)
        if was_killed:
            time.sleep(_QUIET)  # the acceptor finishes what it was given; the workspace's clock moves much further
        code = -1 if was_killed else os.WEXITSTATUS(status)
        if code == _FAILED:
            raise AssertionError((root / "log").read_text()[-6000:])
        taken = steps.read_text().split("\n")[:-1] if steps.exists() else []
        return Attempt(was_killed, code, seconds, taken)

    def state(self, root: Path, url: str | None, now: datetime) -> dict[str, Any]:
        """What the workspace and the acceptor hold now."""
        found = root / "state.json"

        def look(run: Run) -> None:
            with run.store.read() as session:
                rows = outbox.rows(session)
                weeks = {week.week: week.path for week in runs.published_weeks(session)}
            found.write_text(
                json.dumps(
                    {
                        "sent": sorted(row.message_id for row in rows if row.state is OutboxState.SENT),
                        "unfinished": [
                            f"{row.state} {row.kind} {row.subject_key} {row.why}"
                            for row in rows
                            if row.state not in (OutboxState.SENT, OutboxState.SUPERSEDED)
                        ],
                        "told": sorted(f"{r.kind}|{r.subject_key}|{r.person_id}|{r.revision}" for r in rows),
                        "weeks": weeks,
                    }
                )
            )

        self.attempt(root, look, now, url)
        state: dict[str, Any] = json.loads(found.read_text())
        state["kept"] = sorted(_kept(root / "archive"))
        state["latest"] = str((root / "output" / "latest").readlink()) if (root / "output" / "latest").exists() else ""
        return state


def faults_of(stage: Stage, state: dict[str, Any]) -> dict[str, list[str]]:
    """What was lost, doubled or left half, compared with a run without faults."""
    kept = Counter(state["kept"])
    wanted = set(stage.expected["kept"])
    half = [f"told {key}" for key in set(state["told"]) ^ set(stage.expected["told"])]
    half += [f"unfinished {line}" for line in state["unfinished"]]
    if state["latest"] != stage.expected["latest"] or state["weeks"] != stage.expected["weeks"]:
        half.append(f"latest is {state['latest']}, published {state['weeks']}")
    return {
        "lost": sorted(wanted - set(kept)),
        "duplicated": sorted(mail for mail, times in kept.items() if times > 1) + sorted(set(kept) - wanted),
        "half": half,
    }


def torn_links(root: Path) -> list[str]:
    """What is wrong with what readers see at this moment: every link must lead to a whole release."""
    faults = []
    for link in (root / "output").glob("*"):
        if link.is_symlink() and not link.name.startswith("."):
            faults += [f"{link.name}: {fault}" for fault in verify_release(link.resolve())]
    return faults


def _kept(box: Path) -> Iterator[str]:
    for path in (box / "new").glob("*"):
        found = re.search(rb"^Message-ID:\s*(<[^>]+>)", path.read_bytes(), re.MULTILINE | re.IGNORECASE)
        assert found is not None
        yield found[1].decode()


def _child(root: Path, act: Act, now: datetime, url: str | None, kill: Kill | None, rendered: Path) -> None:
    """The body of an attempt; never returns."""
    code = _FAILED
    try:
        log = os.open(root / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        steps = (root / "steps").open("a", buffering=1)
        seen: Counter[str] = Counter()

        def at_step(name: str) -> None:
            steps.write(f"{name}\n")
            seen[name] += 1
            if kill is not None and kill.step == name and seen[name] == kill.occurrence:
                os.kill(os.getpid(), signal.SIGKILL)

        if url is not None:
            os.environ["CEM_DATABASE_URL"] = url
        # a brief takes a second to draw and leaves no trace of its own
        alerting.render_account_brief = lambda *_: SimpleNamespace(content=b"%PDF-1.7 brief")  # type: ignore[assignment]
        clock = SetClock()
        clock.set(now)
        with opened(root, clock=clock, fan_out=Remembering(rendered, root), at_step=at_step) as run:
            act(run)
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it was goes into the log, and the parent shows it
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _kill_after(pid: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return
        time.sleep(min(0.002, left))
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
