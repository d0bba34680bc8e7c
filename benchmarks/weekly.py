"""A weekly run of a large company, after a baseline week: seconds, CPU and peak memory of every stage."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Table

import flows.weekly
from benchmarks.company import BEFORE, WEEK, deliver_later, nine_on_monday_after, write_two_weeks
from benchmarks.overhearing import overheard
from benchmarks.processes import Watch, cpu_seconds, watching
from benchmarks.sampling import Samples, sampling
from contracts.weeks import Week
from extract.snapshot import read_manifest
from flows.demo import SetClock
from flows.fan_out import InOrder
from flows.run import Outcome, opened

T = TypeVar("T")

_FOLLOWS = {
    "take in exports": "freeze inputs",
    "measure, score, place": "record",
    "render packs": "publish",
}
"""What a flow does after a step; the rest of a run has no step of its own."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a run; CPU counts worker processes, `peak` is MiB over all of them."""

    name: str
    seconds: float
    cpu: float
    peak: float
    samples: Samples | None = None


@dataclass
class Stopwatch:
    """Turns the steps of a run into stages. A stage ends where the next begins."""

    watch: Watch
    say: Callable[[str], None]
    books: list[Samples] | None = None
    stages: list[Stage] = field(default_factory=list)
    _name: str = ""
    _since: tuple[float, float] = (0.0, 0.0)

    def begin(self, name: str) -> None:
        """End the stage that runs and begin the next; an empty name only ends."""
        now = (time.perf_counter(), cpu_seconds())
        peak = self.watch.take_peak()
        samples = self.books[-1] if self.books is not None else None
        if self._name:
            seconds, cpu = (end - begin for begin, end in zip(self._since, now, strict=True))
            self.stages.append(Stage(self._name, seconds, cpu, peak, samples))
            self.say(f"  stage: {self._name}, {seconds:.1f} s, CPU {cpu:.1f} s, peak {peak:,.0f} MiB")
        if self.books is not None:
            self.books.append(Samples())
        self._name, self._since = name, now

    def step(self, name: str, action: Callable[[], T], *, retries: int = 0) -> T:
        """The hook of a run around its steps."""
        del retries
        self.begin(name)
        result = action()
        self.begin(_FOLLOWS[name])
        return result


def report(
    folder: Path, *, customers: int, tickets: int, people: int, is_sampled: bool, in_process: bool, console: Console
) -> None:
    """Run the baseline week, then the next one, and print the stages of both.

    Raises: ValueError when the company that is made has fewer tickets than asked for.
    """

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    since = time.perf_counter()
    # made in a process of its own: what making takes must not show in the memory of the run
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as maker:
        maker.submit(write_two_weeks, folder, customers, people).result()
    say(f"{customers:,} customers, {people} people: exports of two weeks made in {time.perf_counter() - since:.1f} s")
    for week in (BEFORE, WEEK):
        if week == WEEK:
            deliver_later(folder)
        with watching() as watch, ExitStack() as stack:
            books = stack.enter_context(sampling()) if is_sampled else None
            stopwatch = Stopwatch(watch, say, books)
            outcome = timed_week(folder, week, stopwatch, in_process=in_process)
        say(f"{outcome.headline}; " + "; ".join(outcome.lines[:3]))
        _print_stages(week, stopwatch, console)
        _check_size(folder, tickets, say)


def timed_week(root: Path, week: Week, stopwatch: Stopwatch, *, in_process: bool) -> Outcome:
    fan_out = InOrder() if in_process else None
    clock = SetClock()
    clock.set(nine_on_monday_after(week))
    stopwatch.begin("open the workspace")
    with opened(root, clock=clock, say=stopwatch.say, fan_out=fan_out, step=stopwatch.step) as run:
        # sending is no step of the flow, as it may be repeated at any time; here it is told apart all the same
        with overheard(flows.weekly, "dispatch_due", lambda *_, **__: stopwatch.begin("dispatch")):
            outcome = flows.weekly.weekly(run, week)
        stopwatch.begin("end")
    stopwatch.begin("")
    return outcome


def _check_size(folder: Path, tickets: int, say: Callable[[str], None]) -> None:
    newest = max((folder / "var" / "snapshots").glob("*.json"), key=lambda path: path.stat().st_mtime)
    snapshot = read_manifest(newest)
    rows = {name: sum(file.rows for file in files.values()) for name, files in snapshot.tables.items()}
    say("snapshot: " + ", ".join(f"{name} {count:,}" for name, count in sorted(rows.items(), key=lambda kv: -kv[1])))
    if rows.get("tickets", 0) < tickets:
        raise ValueError(
            f"{rows.get('tickets', 0):,} tickets were made and {tickets:,} asked for; "
            "a customer of the demo company has about 50, so ask for more customers"
        )


def _print_stages(week: Week, stopwatch: Stopwatch, console: Console) -> None:
    table = Table("stage", "seconds", "CPU s", "peak MiB", title=f"weekly run {week}")
    for stage in stopwatch.stages:
        table.add_row(stage.name, f"{stage.seconds:.1f}", f"{stage.cpu:.1f}", f"{stage.peak:,.0f}")
    seconds, cpu = (sum(part) for part in zip(*((s.seconds, s.cpu) for s in stopwatch.stages), strict=True))
    table.add_section()
    table.add_row("all", f"{seconds:.1f}", f"{cpu:.1f}", f"{stopwatch.watch.highest:,.0f}")
    console.print(table)
    for stage in stopwatch.stages:
        if stage.samples is not None and stage.seconds > 1:
            console.print(f"{stage.name}, {stage.seconds:.1f} s", highlight=False)
            for line in stage.samples.lines():
                console.print(line, highlight=False, markup=False, soft_wrap=True)
