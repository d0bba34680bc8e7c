"""What was measured on: without it a table of seconds means nothing."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("pyarrow", "duckdb", "pandas", "numpy", "weasyprint", "typer")


def describe() -> str:
    """Cores, processor, memory, how busy it was, and the versions that matter, on three lines."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return (
        f"{cores} cores, {_cpu_model()}, {memory:.0f} GiB, load {load:.1f} at the start\n"
        f"{platform.platform(terse=True)}, Python {platform.python_version()}\n"
        f"{libraries}"
    )


def _cpu_model() -> str:
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
