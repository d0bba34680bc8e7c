"""The figures as a table: one line per ratio, both sides with their seconds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.timing import Comparison, Spent


def print_ratios(comparisons: Sequence[Comparison], console: Console) -> None:
    """Ratio below 1: ours took less. Seconds are medians, the range of wall seconds stands in brackets."""
    table = Table("ratio", "ours", "reference", "wall", "CPU", "n", title="ours / reference", show_lines=True)
    for comparison in comparisons:
        table.add_row(
            f"{comparison.title}\n{comparison.note}",
            f"{comparison.ours_name}\n{_seconds(comparison.ours)}",
            f"{comparison.reference_name}\n{_seconds(comparison.reference)}",
            f"{comparison.wall_ratio:.2f}",
            f"{comparison.cpu_ratio:.2f}",
            str(len(comparison.ours)),
        )
    console.print(table)


def _seconds(spent: Sequence[Spent]) -> str:
    walls = [s.wall for s in spent]
    return f"{median(walls):.2f} s ({min(walls):.2f}-{max(walls):.2f})\nCPU {median(s.cpu for s in spent):.2f} s"
