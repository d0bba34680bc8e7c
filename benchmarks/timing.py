"""One way to time: two contenders in turn, in alternate order, wall and CPU, medians of n.

Only a ratio of two measurements of the same run says anything: a machine that is busy or slow is so for both.
"""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Protocol

Work = Callable[[], object]


class Contender(Protocol):
    """Sets up one round and gives the work to time; what setting up costs is not counted."""

    def __call__(self, turn: int) -> Work: ...


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of one piece of work; CPU includes threads and child processes that have ended."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one ratio is made of. `note` says what was worked on, so that a figure is never read without its size."""

    title: str
    ours_name: str
    reference_name: str
    ours: tuple[Spent, ...]
    reference: tuple[Spent, ...]
    note: str

    @property
    def wall_ratio(self) -> float:
        return median(s.wall for s in self.ours) / median(s.wall for s in self.reference)

    @property
    def cpu_ratio(self) -> float:
        return median(s.cpu for s in self.ours) / median(s.cpu for s in self.reference)


def timed(work: Work) -> Spent:
    """Do the work once; its result is dropped before the next clock starts."""
    gc.collect()
    cpu, wall = _cpu_seconds(), time.perf_counter()
    result = work()
    spent = Spent(time.perf_counter() - wall, _cpu_seconds() - cpu)
    del result
    return spent


def alternate(ours: Contender, reference: Contender, *, rounds: int) -> tuple[tuple[Spent, ...], tuple[Spent, ...]]:
    """Time both `rounds` times; each goes first every other time, so that warm caches favour neither."""
    spent: dict[str, list[Spent]] = {"ours": [], "reference": []}
    for turn in range(rounds):
        order = [("ours", ours), ("reference", reference)]
        for name, contender in order if turn % 2 == 0 else reversed(order):
            spent[name].append(timed(contender(turn)))
    return tuple(spent["ours"]), tuple(spent["reference"])


def _cpu_seconds() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
