"""Ratio 4: the same week run again when nothing changed, against its first run."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.company import BEFORE, WEEK, Scene
from benchmarks.timing import Comparison, Work, alternate
from contracts.words import ExitCode
from flows.demo import SetClock
from flows.run import Outcome, opened
from flows.weekly import weekly

_WELL = (ExitCode.DONE, ExitCode.DATA_PROBLEMS, ExitCode.MAIL_PENDING)


def compare(scene: Scene, folder: Path, *, rounds: int) -> Comparison:
    """`scene` is a company without a run. Both runs get a copy of the workspace: before the week, and after it.

    Afterwards the workspace of `scene` holds the week as published.
    """
    scene.morning_after(BEFORE)
    _run(scene.root, scene.clock, is_first=None)
    scene.morning_after(WEEK)
    before = folder / "before"
    shutil.copytree(scene.root, before, symlinks=True)
    _run(scene.root, scene.clock, is_first=True)

    def contender(source: Path, name: str, *, is_first: bool) -> Work:
        copy = folder / name
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(source, copy, symlinks=True)
        clock = SetClock()
        clock.set(scene.clock())
        return lambda: _run(copy, clock, is_first=is_first)

    ours, reference = alternate(
        lambda _: contender(scene.root, "again", is_first=False),
        lambda _: contender(before, "first", is_first=True),
        rounds=rounds,
    )
    return Comparison(
        title="the same week again",
        ours_name="second run, nothing changed",
        reference_name="first run",
        ours=ours,
        reference=reference,
        note=f"{len(scene.company.customers)} customers, {len(scene.company.people)} people",
    )


def _run(root: Path, clock: SetClock, *, is_first: bool | None) -> Outcome:
    """The week in the workspace at `root`; None is the baseline before it. A run that ends otherwise has no figure."""
    with opened(root, clock=clock) as run:
        outcome = weekly(run, BEFORE if is_first is None else WEEK)
    stands = "nothing changed" in outcome.headline
    if outcome.code not in _WELL or (is_first is not None and stands == is_first):
        raise AssertionError(f"{outcome.headline} {outcome.lines}")
    return outcome
