"""Housekeeping: abandoned stages, exports past their retention, and whether what was published is unchanged."""

from __future__ import annotations

from datetime import timedelta

from contracts.words import ExitCode, RunKind
from delivery.publish import sweep_stages, verify_release
from flows.lease import leased
from flows.run import Outcome, Run
from store import runs

_RAW_KEPT = timedelta(weeks=13)
_CHECKED_WEEKS = 4


def maintenance(run: Run) -> Outcome:
    """Sweep and check; a published file that changed is reported, never mended in silence."""
    with leased(run, RunKind.MAINTENANCE, "maintenance"):
        swept = sweep_stages(run.workspace.output, now=run.clock())
        removed = _sweep_raw(run)
        with run.store.read() as session:
            weeks = [week for week in runs.published_weeks(session) if week.path][-_CHECKED_WEEKS:]
        faults = [
            f"{week.week}: {fault}"
            for week in weeks
            if week.path
            for fault in verify_release(run.workspace.root / week.path)
        ]
    code = ExitCode.DATA_PROBLEMS if faults else ExitCode.DONE
    headline = f"{len(swept)} stages swept, {removed} old exports removed, {len(weeks)} weeks verified"
    return Outcome(code, headline, tuple(faults))


def _sweep_raw(run: Run) -> int:
    """Raw exports are kept 13 weeks; snapshots, which weeks are rebuilt from, stay."""
    limit = (run.clock() - _RAW_KEPT).timestamp()
    old = [path for path in run.workspace.raw.rglob("*") if path.is_file() and path.stat().st_mtime < limit]
    for path in old:
        path.unlink()
    return len(old)
