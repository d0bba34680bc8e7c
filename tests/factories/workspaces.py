"""Workspaces for tests of whole runs: a small demo company, its exports, and a clock that is set."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path

from contracts.weeks import Week
from extract.demo.company import DemoCompany, build_demo
from extract.demo.exports import write_exports
from extract.demo.keys import write_crosswalk
from flows.demo import SetClock
from flows.run import opened

LAST = Week(2026, 47)
NINE_IN_THE_MORNING = timedelta(hours=9)


@cache
def a_company(customers: int = 60, people: int = 20, seed: int = 7) -> DemoCompany:
    return build_demo(seed=seed, customers=customers, people=people, last_week=LAST)


def a_workspace(root: Path, company: DemoCompany, *, workers: int = 1) -> Path:
    """A workspace with the demo's configuration, one worker and this company's crosswalk; no exports yet."""
    config = root / "config"
    config.mkdir(parents=True)
    for entry in files("config").iterdir():
        if entry.name.endswith((".toml", ".csv")):
            (config / entry.name).write_bytes(entry.read_bytes())
    settings = (config / "workspace.toml").read_text()
    (config / "workspace.toml").write_text(settings.replace("workers = 2", f"workers = {workers}"))
    write_crosswalk(company, config / "crosswalk.csv")
    return root


@dataclass
class Story:
    """A workspace whose time is moved by the test: `until` writes what the systems export at that instant."""

    root: Path
    company: DemoCompany
    clock: SetClock = field(default_factory=SetClock)
    since: datetime | None = None
    said: list[str] = field(default_factory=list)

    def run(self, **more: object):  # type: ignore[no-untyped-def]
        return opened(self.root, clock=self.clock, say=self.said.append, **more)  # type: ignore[arg-type]

    def until(self, moment: datetime, *, later: timedelta = NINE_IN_THE_MORNING) -> None:
        write_exports(self.company, self.root / "inbox", as_of=moment, since=self.since)
        self.since = moment
        self.clock.set(moment + later)

    def copy(self, root: Path) -> Story:
        """The same story in another folder, to go on differently."""
        shutil.copytree(self.root, root, symlinks=True, dirs_exist_ok=True)
        clock = SetClock()
        clock.set(self.clock())
        return Story(root, self.company, clock, self.since)
