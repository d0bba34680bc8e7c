"""Memory and CPU of this process and all its children, sampled while a block runs."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 0.2
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a process: its parent, resident bytes, and CPU seconds of itself and of children that have ended."""

    parent: int
    resident: int
    cpu: float


class Watch:
    """Peaks of what was seen. Pages that processes share are counted in each: the sum is an upper bound."""

    def __init__(self) -> None:
        self.highest = 0.0
        self._since_asked = 0.0

    def take_peak(self) -> float:
        """The highest sum in MiB since this was last asked."""
        self.look()
        peak, self._since_asked = self._since_asked, 0.0
        return peak

    def look(self) -> None:
        now = sum(usage.resident for usage in family(os.getpid())) / _MIB
        self.highest = max(self.highest, now)
        self._since_asked = max(self._since_asked, now)


@contextmanager
def watching() -> Iterator[Watch]:
    """A watch that looks five times a second."""
    watch = Watch()
    stopped = threading.Event()

    def sample() -> None:
        while not stopped.wait(_SECONDS):
            watch.look()

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        stopped.set()
        thread.join()


def cpu_seconds() -> float:
    """Of this process and everything below it, living or ended."""
    return sum(usage.cpu for usage in family(os.getpid()))


def family(root: int) -> list[Usage]:
    """The process `root` and everything below it."""
    everything = _from_proc() if Path("/proc/self/stat").exists() else _from_ps()
    children: dict[int, list[int]] = {}
    for pid, usage in everything.items():
        children.setdefault(usage.parent, []).append(pid)
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        if pid in everything:
            found.append(everything[pid])
        waiting += children.get(pid, [])
    return found


def _from_proc() -> dict[int, Usage]:
    page, tick = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
    usages: dict[int, Usage] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text()
        except OSError:  # it ended while we looked
            continue
        # the name in brackets may hold blanks: count fields from its end
        fields = stat.rpartition(")")[2].split()
        cpu = sum(int(ticks) for ticks in fields[11:15]) / tick
        usages[int(folder.name)] = Usage(int(fields[1]), int(fields[21]) * page, cpu)
    return usages


def _from_ps() -> dict[int, Usage]:
    """Without /proc only memory is seen of other processes; CPU is then this process's own."""
    listed = subprocess.run(["ps", "-axo", "pid=,ppid=,rss="], check=True, capture_output=True, text=True).stdout
    own = resource.getrusage(resource.RUSAGE_SELF)
    usages: dict[int, Usage] = {}
    for line in listed.splitlines():
        pid, parent, size = (int(field) for field in line.split())
        usages[pid] = Usage(parent, size * 1024, own.ru_utime + own.ru_stime if pid == os.getpid() else 0.0)
    return usages
