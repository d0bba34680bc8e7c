"""One critical change in a large company, between two weeks: from the start of the look to the acceptor's 250."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from rich.console import Console
from rich.table import Table

import flows.weekly
from benchmarks.company import BEFORE, nine_on_monday_after, set_scene
from benchmarks.processes import cpu_seconds, watching
from benchmarks.sampling import sampling
from benchmarks.weekly import Stopwatch, timed_week
from delivery.addressing import Addressing
from flows.alerts import alerts
from flows.demo import SetClock
from flows.run import Outcome, opened
from tests.factories.smtp import Inbox, make_authority, relay

_WEEKS = 30
_READERS = "readers_of"
_JUDGED = ("take in exports", "freeze inputs", "measure, score, place", "record")
_GOAL_SECONDS, _GOAL_SHARE = 60.0, 0.10


@dataclass
class TimedInbox(Inbox):
    """Knows when each mail was taken."""

    taken: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        reply = await super().handle_DATA(server, session, envelope)
        with self._lock:
            self.taken.append(time.perf_counter())
        return reply


@dataclass(frozen=True, slots=True)
class Look:
    """What a look took until the last alert that goes at once was accepted, and in all."""

    what: str
    first: float
    last: float
    seconds: float
    cpu: float
    mails: int


def write_week(root: Path, customers: int, people: int) -> None:
    """The exports of one week, which tell of half a year: two years of 100,000 customers want 24 GB of memory."""
    scene = set_scene(root, customers=customers, people=people, weeks=_WEEKS)
    scene.morning_after(BEFORE)


def report(folder: Path, *, customers: int, people: int, is_sampled: bool, console: Console) -> None:
    """Run a week and then three looks: a new severity-1 ticket, another one, and nothing new."""

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    since = time.perf_counter()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as maker:
        maker.submit(write_week, folder, customers, people).result()
    say(f"{customers:,} customers, {people} people: exports made in {time.perf_counter() - since:.1f} s")
    inbox, authority = TimedInbox(), make_authority(folder / "ca")
    with relay(inbox, authority.server_context(), size=50_000_000) as port:
        _by_smtp(folder / "config" / "workspace.toml", port, authority.ca_file)
        with watching() as watch, no_packs():
            stopwatch = Stopwatch(watch, say)
            say(timed_week(folder, BEFORE, stopwatch, in_process=False).headline)
        judged = [stage for stage in stopwatch.stages if stage.name in _JUDGED]
        week, cpu = sum(stage.seconds for stage in judged), sum(stage.cpu for stage in judged)
        looks = []
        for number in (1, 2):
            land_outage(folder, number)
            with ExitStack() as stack:
                books = stack.enter_context(sampling()) if is_sampled else None
                looks.append(timed_look(folder, inbox, f"a severity-1 ticket ({number}.)", hours=number, say=say))
            for line in books[-1].lines(20) if books else []:
                say(line)
        looks.append(timed_look(folder, inbox, "nothing new", hours=3, say=say))
    _print(looks, week, cpu, console)


def timed_look(root: Path, inbox: TimedInbox, what: str, *, hours: int, say: Any) -> Look:
    """One run of alerts, in a workspace that is opened beforehand as a schedule would."""
    clock = SetClock()
    clock.set(nine_on_monday_after(BEFORE) + timedelta(days=2, hours=hours))
    before = len(inbox.taken)
    cpu, since = cpu_seconds(), time.perf_counter()
    with opened(root, clock=clock, say=say) as run:
        outcome: Outcome = alerts(run)
    seconds = time.perf_counter() - since
    taken = [moment - since for moment in inbox.taken[before:]] or [float("nan")]
    say(f"{outcome.headline}; {'; '.join(outcome.lines)}")
    return Look(what, taken[0], taken[-1], seconds, cpu_seconds() - cpu, len(inbox.taken) - before)


def land_outage(root: Path, number: int) -> None:
    """A help desk export with one severity-1 ticket more, of a customer that has tickets already."""
    folder = root / "inbox" / "helpdesk"
    whole = next(path for path in sorted(folder.glob("tickets_*.csv")) if "outage" not in path.name)
    with whole.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        row = next(row for place, row in enumerate(rows) if place == number * 100)
    day = BEFORE.shift(1).starts_at(nine_on_monday_after(BEFORE).tzinfo) + timedelta(days=2)  # type: ignore[arg-type]
    opened_at = f"{day:%Y-%m-%d}T0{number}:00:00Z"
    row |= dict.fromkeys(("first_reply_at", "solved_at", "closed_at", "sla_met", "satisfaction"), "")
    row |= {"id": f"90000{number}", "created_at": opened_at, "updated_at": opened_at, "priority": "urgent"}
    row |= {"status": "open", "subject": "All arrays offline", "description": "Production stands still."}
    path = folder / f"tickets_{day:%Y-%m-%d}T0{number + 2}00.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerow(row)
    path.with_name(f"{path.name}.done").touch()


@contextmanager
def no_packs() -> Iterator[None]:
    """Rendering all packs of a large company takes longer than all that is compared here: the week has no readers."""
    whole: Callable[..., Addressing] = getattr(flows.weekly, _READERS)

    def none(*arguments: Any, **named: Any) -> Addressing:
        return replace(whole(*arguments, **named), audiences=())

    setattr(flows.weekly, _READERS, none)
    try:
        yield
    finally:
        setattr(flows.weekly, _READERS, whole)


def _by_smtp(path: Path, port: int, ca_file: str) -> None:
    text = path.read_text(encoding="utf-8")
    way = f'transport = "smtp"\nsmtp_host = "127.0.0.1"\nsmtp_port = {port}\nca_file = "{ca_file}"'
    path.write_text(text.replace('transport = "maildir"', way), encoding="utf-8")


def _print(looks: list[Look], week: float, cpu: float, console: Console) -> None:
    table = Table("look", "first 250", "last 250", "whole look", "CPU s", "of the week", "CPU", "mails")
    for look in looks:
        table.add_row(
            look.what,
            f"{look.first:.1f} s",
            f"{look.last:.1f} s",
            f"{look.seconds:.1f} s",
            f"{look.cpu:.1f}",
            f"{look.last / week:.1%}",
            f"{look.cpu / cpu:.1%}",
            str(look.mails),
        )
    console.print(table)
    console.print(
        f"the week's taking in, judging and recording: {week:.1f} s, CPU {cpu:.1f} s (packs are not counted); "
        f"goal: {_GOAL_SECONDS:.0f} s and {_GOAL_SHARE:.0%} of it",
        highlight=False,
    )
