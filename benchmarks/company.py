"""A demo company in a workspace of its own, brought to the morning on which a week is run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from contracts.weeks import Week
from extract.demo import DemoCompany, build_demo, write_crosswalk, write_exports
from flows.demo import LAST_WEEK, SetClock

WEEK = LAST_WEEK
BEFORE = LAST_WEEK.shift(-1)
_ZONE = ZoneInfo("Europe/Rome")
_NINE = timedelta(hours=9)


@dataclass
class Scene:
    """A workspace on disk with the clock of its story. `since` is when its systems last exported."""

    root: Path
    company: DemoCompany
    clock: SetClock = field(default_factory=SetClock)
    since: datetime | None = None

    def morning_after(self, week: Week) -> None:
        """Every system exports what it knows at the end of `week`; it is nine o'clock on the Monday after."""
        moment = week.ends_at(_ZONE)
        write_exports(self.company, self.root / "inbox", as_of=moment, since=self.since)
        self.since = moment
        self.clock.set(nine_on_monday_after(week))


def nine_on_monday_after(week: Week) -> datetime:
    return week.ends_at(_ZONE) + _NINE


def set_scene(root: Path, *, customers: int, people: int, weeks: int = 104, seed: int = 7) -> Scene:
    """A workspace with the demo's configuration and this company's keys, but no exports yet; `weeks` of facts."""
    config = root / "config"
    config.mkdir(parents=True)
    for entry in files("config").iterdir():
        if entry.name.endswith((".toml", ".csv")):
            (config / entry.name).write_bytes(entry.read_bytes())
    company = build_demo(seed=seed, customers=customers, people=people, weeks=weeks, last_week=WEEK, zone=_ZONE.key)
    write_crosswalk(company, config / "crosswalk.csv")
    return Scene(root, company)


def write_two_weeks(root: Path, customers: int, people: int) -> None:
    """A workspace with the exports of the week before in its inbox, and those of one week more in `later`."""
    scene = set_scene(root, customers=customers, people=people)
    scene.morning_after(BEFORE)
    later = root / "later"
    write_exports(scene.company, later, as_of=WEEK.ends_at(_ZONE), since=scene.since)


def deliver_later(root: Path) -> None:
    """The exports in `later` come into the inbox; the ERP's database is replaced."""
    later = root / "later"
    for path in sorted(later.rglob("*")):
        if path.is_file():
            path.replace(root / "inbox" / path.relative_to(later))
