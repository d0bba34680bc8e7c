"""A demo company in a workspace of its own, brought to the morning on which a week is run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

from contracts.weeks import Week
from extract.demo import DemoCompany, build_demo, write_crosswalk, write_exports
from flows.demo import LAST_WEEK, SetClock

WEEK = LAST_WEEK
BEFORE = LAST_WEEK.shift(-1)
_OPENING = timedelta(hours=9)


@dataclass
class Scene:
    """A workspace on disk with the clock of its story. `since` is when its systems last exported."""

    root: Path
    company: DemoCompany
    clock: SetClock = field(default_factory=SetClock)
    since: datetime | None = None

    def morning_after(self, week: Week) -> None:
        """Every system exports what it knows at the end of `week`; it is nine o'clock on the Monday after."""
        moment = week.ends_at(self.company.line.zone)
        write_exports(self.company, self.root / "inbox", as_of=moment, since=self.since)
        self.since = moment
        self.clock.set(moment + _OPENING)


def set_scene(root: Path, *, customers: int, people: int, seed: int = 7) -> Scene:
    """A workspace with the demo's configuration and this company's keys, but no exports yet."""
    config = root / "config"
    config.mkdir(parents=True)
    for entry in files("config").iterdir():
        if entry.name.endswith((".toml", ".csv")):
            (config / entry.name).write_bytes(entry.read_bytes())
    company = build_demo(seed=seed, customers=customers, people=people, last_week=WEEK)
    write_crosswalk(company, config / "crosswalk.csv")
    return Scene(root, company)
