"""Kills runs at every named step and at random moments, and says what was lost, doubled or left half.

    python -m tests.faults.soak --kills 500 --database sqlite --database postgres

Each round starts from a copy of a prepared workspace. Its act (weekly run, alerts, dispatch) is started, killed,
started again 25 minutes of the workspace's time later, perhaps killed again, and at last left in peace; then the
acceptor's mails, the outbox and the release are compared with those of a run without faults. After every kill the
links that readers follow must lead to whole releases. A kill that comes after the run has ended does not count.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.killing import PATIENCE, Ground, Kill, Stage, faults_of, torn_links
from tests.faults.stages import Databases, databases, dispatch_stage, ground, weekly_stages

_KILLS_A_ROUND = 2


@dataclass
class Tally:
    """What a session did and found; `kills` by act and step."""

    database: str
    kills: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    missed: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.duplicated or self.half)

    @property
    def total(self) -> int:
        return sum(self.kills.values())

    def line(self) -> str:
        return (
            f"{self.database}: {self.total} kills in {self.rounds} rounds ({self.missed} came too late), "
            f"{len(self.lost)} lost, {len(self.duplicated)} duplicated, {len(self.half)} half, {self.seconds:.0f} s"
        )


def plan(stage: Stage, steps: list[str], kills: int, chance: random.Random) -> list[Kill]:
    """Two named steps, then a random moment: all steps in their turn, each at one of its occurrences."""
    counts = Counter(stage.steps)
    named = kills - kills // 3
    # few kills are spread over all steps instead of hitting the first ones only
    stride = max(1, len(steps) // max(named, 1))
    planned = []
    for number in range(kills):
        if number % 3 == 2 or not steps:
            planned.append(Kill(seconds=chance.random() * stage.seconds))
        else:
            step = steps[(number - number // 3) * stride % len(steps)]
            planned.append(Kill(step, chance.randint(1, counts[step])))
    return planned


def own_steps(stages: list[Stage]) -> dict[str, list[str]]:
    """The steps that each act is killed at: those of sending by the dispatch alone, which is the cheapest."""
    taken: set[str] = set()
    found: dict[str, list[str]] = {}
    for stage in stages:
        found[stage.name] = [step for step in dict.fromkeys(stage.steps) if step not in taken]
        taken.update(found[stage.name])
    return found


def run_round(place: Ground, made: Databases, stage: Stage, kills: list[Kill], tally: Tally) -> None:
    """One workspace: killed as planned, then left to end, then examined."""
    root, url, now = place.fresh(stage), made.make(stage.url), stage.now
    told = []
    for kill in kills:
        attempt = place.attempt(root, stage.act, now, url, kill)
        tally.half += [f"{stage.name} at {kill.name}: {fault}" for fault in torn_links(root)]
        now += PATIENCE
        told.append(f"{kill.name}#{kill.occurrence}" if kill.step else f"{kill.seconds:.3f} s")
        if attempt.was_killed:
            tally.kills[f"{stage.name}: {kill.name}"] += 1
        else:
            tally.missed += 1
    place.attempt(root, stage.act, now, url)
    place.attempt(root, "dispatch", now + 2 * PATIENCE, url)
    found = faults_of(stage, place.state(root, url, now + 2 * PATIENCE))
    for kind, faults in found.items():
        getattr(tally, kind).extend(f"{stage.name} killed at {', '.join(told)}: {fault}" for fault in faults)
    tally.rounds += 1
    made.drop(url)
    if not any(found.values()):
        shutil.rmtree(root)


def session(folder: Path, database: str, *, kills: int, acts: list[str], seed: int) -> Tally:
    """The kills are shared out by the number of steps that an act has of its own."""
    tally, chance, begun = Tally(database), random.Random(seed), time.monotonic()
    with ground(folder) as (place, port, ca_file), databases(database) as made:
        stages = [dispatch_stage(place, port, ca_file, made)] if "dispatch" in acts else []
        if {"weekly", "alerts"} & set(acts):
            stages += [stage for stage in weekly_stages(place, port, ca_file, made) if stage.name in acts]
        steps = own_steps(stages)
        every = sum(map(len, steps.values()))
        for stage in stages:
            planned = plan(stage, steps[stage.name], -(-kills * len(steps[stage.name]) // every), chance)
            print(f"{database} {stage.name}: {stage.seconds:.1f} s, {len(steps[stage.name])} steps", file=sys.stderr)
            for start in range(0, len(planned), _KILLS_A_ROUND):
                run_round(place, made, stage, planned[start : start + _KILLS_A_ROUND], tally)
    tally.seconds = time.monotonic() - begun
    return tally


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    asked.add_argument("--kills", type=int, default=500, help="kills for each database")
    asked.add_argument("--database", action="append", choices=["sqlite", "postgres"])
    asked.add_argument("--act", action="append", choices=["weekly", "alerts", "dispatch"])
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--folder", type=Path, help="kept; default: a temporary folder")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="cem-kills-"))
    tallies = []
    for database in given.database or ["sqlite", "postgres"]:
        place = folder / database
        place.mkdir(parents=True)
        acts = given.act or ["weekly", "alerts", "dispatch"]
        tallies.append(session(place, database, kills=given.kills, acts=acts, seed=given.seed))
    if given.json:
        print(json.dumps([{**vars(tally), "total": tally.total} for tally in tallies]))
    for tally in tallies if not given.json else []:
        print(tally.line())
        for name, number in sorted(tally.kills.items()):
            print(f"  {number:>5}  {name}")
        for fault in [*tally.lost, *tally.duplicated, *tally.half]:
            print(f"  FAULT {fault}")
    if given.folder is None and all(tally.is_clean for tally in tallies):
        shutil.rmtree(folder)
    return 0 if all(tally.is_clean for tally in tallies) else 1


if __name__ == "__main__":
    sys.exit(main())
