"""`python -m benchmarks`: first ratios, side by side in one run. `python -m benchmarks weekly`: one large week.
`python -m benchmarks scoring`: scoring a large book against one logistic regression.
`python -m benchmarks sensitivity`: moving both lines over 13 weeks against comparing the same columns.
`python -m benchmarks alerts`: one critical change among 100,000 customers against taking in and judging their week.
`python -m benchmarks pages`: a dashboard of 2,000 accounts in Chromium against its rows as a bare table."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from benchmarks import intake, machine, rerun, scoring, sensitivity, signals, startup, weekly
from benchmarks.company import set_scene
from benchmarks.tables import print_ratios
from benchmarks.timing import Comparison

_FULL_TICKETS = 5_000_000
_TICKETS = 1_000_000
_RATIOS = ("intake", "signals", "brief", "rerun", "startup")


def main() -> None:
    arguments = _arguments()
    os.umask(0o077)
    console = Console(width=max(Console().width, 132))
    console.print(machine.describe(), highlight=False)
    with tempfile.TemporaryDirectory(prefix="cem-benchmarks-") as name:
        folder = Path(name)
        if arguments.what == "weekly":
            weekly.report(
                folder,
                customers=arguments.customers or 10_000,
                tickets=arguments.tickets or 0,
                people=arguments.people,
                is_sampled=arguments.profile,
                in_process=arguments.in_process,
                console=console,
            )
        elif arguments.what == "alerts":
            from benchmarks import alerts  # aiosmtpd is there only for development

            size = arguments.customers or 100_000
            alerts.report(
                folder, customers=size, people=arguments.people, is_sampled=arguments.profile, console=console
            )
        elif arguments.what == "scoring":
            size, rounds = arguments.customers or 100_000, 2 * arguments.rounds + 1
            print_ratios([scoring.compare(customers=size, rounds=rounds, explained=e) for e in (False, True)], console)
        elif arguments.what == "sensitivity":
            size, rounds = arguments.customers or 100_000, 4 * arguments.rounds + 1
            print_ratios([sensitivity.compare(customers=size, rounds=rounds)], console)
        elif arguments.what == "pages":
            from benchmarks import pages  # playwright is there only for development

            size, rounds = arguments.customers or 2_000, 2 * arguments.rounds + 1
            print_ratios([pages.compare(folder, customers=size, rounds=rounds)], console)
        else:
            print_ratios(_ratios(arguments, folder, console), console)


def _ratios(arguments: argparse.Namespace, folder: Path, console: Console) -> list[Comparison]:
    tickets = arguments.tickets or (_FULL_TICKETS if arguments.full else _TICKETS)
    rounds: int = arguments.rounds
    wanted = set(arguments.only or _RATIOS)
    found: list[Comparison] = []

    def measure(comparison: Callable[[], Comparison]) -> None:
        since = time.perf_counter()
        found.append(comparison())
        console.print(f"  {found[-1].title}: measured in {time.perf_counter() - since:.0f} s", highlight=False)

    if "intake" in wanted:
        measure(lambda: intake.compare(folder / "intake", tickets=tickets, rounds=rounds))
    if "signals" in wanted:
        measure(lambda: signals.compare(folder / "signals", customers=2_000, rounds=rounds))
    if wanted & {"rerun", "brief"}:
        from benchmarks import brief  # weasyprint takes a second to import

        scene = set_scene(folder / "week", customers=60, people=12)
        measure(lambda: rerun.compare(scene, folder / "copies", rounds=min(rounds, 3)))
        if "brief" in wanted:
            measure(lambda: brief.compare(scene, rounds=2 * rounds + 1))
    if "startup" in wanted:
        measure(lambda: startup.compare(rounds=2 * rounds + 1))
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "what", nargs="?", choices=("ratios", "weekly", "alerts", "scoring", "sensitivity", "pages"), default="ratios"
    )
    parser.add_argument("--rounds", type=int, default=3, help="times each side is measured; medians are printed")
    parser.add_argument("--full", action="store_true", help=f"ratios: {_FULL_TICKETS:,} tickets, not {_TICKETS:,}")
    parser.add_argument("--only", action="append", choices=_RATIOS, help="ratios: these alone")
    parser.add_argument("--tickets", type=int, help="ratios: size of the file; weekly: at least so many, else refused")
    parser.add_argument(
        "--customers",
        type=int,
        help="weekly: size of the company (10,000); alerts, scoring, sensitivity: of the book (100,000); pages: 2,000",
    )
    parser.add_argument("--people", type=int, default=60, help="weekly: staff who read packs")
    parser.add_argument(
        "--profile", action="store_true", help="weekly: say which functions each stage spent its time in"
    )
    parser.add_argument(
        "--in-process", action="store_true", help="weekly: no worker processes, so that a profile sees all"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
