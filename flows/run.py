"""What every flow is handed: the workspace, the policy, the store, the clock, the fan-out."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Protocol, TypeVar

from config.policy import read_draft
from config.settings import Settings, Workspace, read_settings
from contracts.ids import sha256
from contracts.rules import Policy
from contracts.weeks import Week
from contracts.words import ExitCode
from flows.fan_out import FanOut, InOrder, workers
from store.session import Store, open_store

T = TypeVar("T")
Say = Callable[[str], None]
Clock = Callable[[], datetime]


def system_clock() -> datetime:
    return datetime.now(UTC)


_ROOMS = ("contracts", "config", "extract", "scoring", "reporting", "report_templates", "delivery", "store", "flows")


class Step(Protocol):
    """How a named step of a flow is carried out: called as it is, or under an orchestrator's eyes."""

    def __call__(self, name: str, action: Callable[[], T], *, retries: int = 0) -> T: ...


def plainly(name: str, action: Callable[[], T], *, retries: int = 0) -> T:  # noqa: ARG001 - the protocol's arguments
    """Call the step. Retries belong to an orchestrator: by hand, the operator runs the command again."""
    return action()


def unobserved(step: str) -> None:
    """Nobody watches the steps."""


def own_name() -> str:
    """This process as leases name it: host, number and start, so that a number given out again is somebody else."""
    return f"{socket.gethostname()}:{os.getpid()}@{started_at(os.getpid())}"


def started_at(pid: int) -> str:
    """When the process started, in the kernel's ticks; "" where there is no /proc."""
    try:
        # the name in brackets may hold spaces and brackets: fields are counted after the last one
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


@dataclass(frozen=True)
class Run:
    """One execution. Everything below flows gets its time from `clock` and its files from `settings`."""

    settings: Settings
    policy: Policy
    store: Store
    clock: Clock
    fan_out: FanOut
    say: Say
    inbox: Path | None = None
    step: Step = plainly
    at_step: Callable[[str], None] = unobserved
    """Called with the name of each step that leaves a trace outside the process, before it is taken."""

    @property
    def workspace(self) -> Workspace:
        return self.settings.workspace

    @property
    def owner(self) -> str:
        """Who holds this run's leases."""
        return own_name()

    def last_closed_week(self) -> Week:
        return Week.closed_by(self.clock(), self.settings.zone)

    def as_of(self, week: Week) -> datetime:
        return week.ends_at(self.settings.zone)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a flow ended: for the exit code, the summary on screen, and the orchestrator's artifact."""

    code: ExitCode
    headline: str
    lines: tuple[str, ...] = ()
    figures: dict[str, float | int | str] = field(default_factory=dict)

    def markdown(self) -> str:
        body = "".join(f"\n- {line}" for line in self.lines)
        figures = "".join(f"\n| {name} | {value} |" for name, value in self.figures.items())
        table = f"\n\n| figure | value |\n|---|---|{figures}" if figures else ""
        return f"### {self.headline}\n{body}{table}\n"


@contextmanager
def opened(
    root: Path,
    *,
    clock: Clock = system_clock,
    say: Say = lambda _: None,
    fan_out: FanOut | None = None,
    inbox: Path | None = None,
    step: Step = plainly,
    at_step: Callable[[str], None] = unobserved,
) -> Iterator[Run]:
    """A run on the workspace at `root`: settings and policy read, schema brought up to date, store open.

    Raises: ConfigRefused when a configuration file is wrong.
    """
    os.umask(0o077)
    settings = read_settings(root)
    policy = read_draft(settings.workspace.config)
    settings.workspace.var.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.database_url)
    try:
        store.migrate()
        with workers(settings.file.workers) if fan_out is None else _given(fan_out) as spread:
            yield Run(settings, policy, store, clock, spread, say, inbox, step, at_step)
    finally:
        store.close()


@contextmanager
def _given(fan_out: FanOut) -> Iterator[FanOut]:
    yield fan_out


@cache
def code_version() -> str:
    """The version of the package and a digest of its files: two checkouts of one version need not be the same code."""
    root = Path(__file__).resolve().parent.parent
    kinds = {".py", ".html", ".j2", ".css", ".js"}
    files = sorted(path for room in _ROOMS for path in (root / room).rglob("*") if path.suffix in kinds)
    return f"{version('cem')}+{sha256(b''.join(path.read_bytes() for path in files))[:12]}"


__all__ = ["Clock", "InOrder", "Outcome", "Run", "Say", "code_version", "opened", "system_clock"]
