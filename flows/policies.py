"""Which policy is in force: adopted versions are folders that never change; config/*.toml is the draft."""

from __future__ import annotations

import shutil
from pathlib import Path

from config.policy import POLICY_FILES, read_draft
from contracts.rules import Policy
from contracts.weeks import Week
from contracts.words import ExitCode
from flows.run import Outcome, Run
from store import policies


def policy_for(run: Run, week: Week) -> tuple[int, Policy, Path]:
    """Number, rules and folder of the policy in force in `week`; the first run adopts the draft as version 1.

    A draft that differs from the policy in force changes nothing until it is adopted.
    """
    with run.store.read() as session:
        current = policies.in_force(session, week)
        first = policies.log(session)
    if current is None and first:
        # older than the first adoption: a backfilled week is judged by the first rules there were
        current = (first[0].sequence, first[0].digest)
    if current is None:
        sequence = _adopt(run, run.policy, author="first run", why="the first policy of this workspace", week=week)
        current = (sequence, run.policy.digest)
    sequence, digest = current
    folder = _folder(run, sequence, digest)
    return sequence, read_draft(folder), folder


def adopt(run: Run, *, why: str, author: str, week: Week | None) -> Outcome:
    """Adopt the draft from the start of `week` (default: the next week to be closed)."""
    effective = week or run.last_closed_week().shift(1)
    with run.store.read() as session:
        newest = policies.log(session)
    if newest and newest[-1].digest == run.policy.digest:
        return Outcome(ExitCode.DONE, f"The draft is already policy v{newest[-1].sequence}; nothing to adopt")
    sequence = _adopt(run, run.policy, author=author, why=why, week=effective)
    return Outcome(
        ExitCode.DONE,
        f"Policy v{sequence} is in force from {effective}",
        (f"author: {author}", f"reason: {why}", f"kept in {_folder(run, sequence, run.policy.digest)}"),
    )


def log(run: Run) -> Outcome:
    with run.store.read() as session:
        rows = policies.log(session)
    lines = tuple(f"v{row.sequence} from {row.effective_week} by {row.author}: {row.reason}" for row in rows)
    return Outcome(ExitCode.DONE, f"{len(rows)} policy versions", lines)


def _adopt(run: Run, policy: Policy, *, author: str, why: str, week: Week) -> int:
    with run.store.write() as session:
        sequence = policies.adopt(session, policy, author=author, reason=why, effective_week=week, now=run.clock())
    folder = _folder(run, sequence, policy.digest)
    if not folder.exists():
        staged = folder.with_name(f".{folder.name}")
        staged.mkdir(parents=True)
        for name in POLICY_FILES:
            if (run.workspace.config / name).exists():
                shutil.copyfile(run.workspace.config / name, staged / name)
        staged.rename(folder)
    return sequence


def _folder(run: Run, sequence: int, digest: str) -> Path:
    return run.workspace.policies / f"{sequence:03d}-{digest[:12]}"
