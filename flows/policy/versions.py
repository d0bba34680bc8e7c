"""Which rules are in force: adopted versions are folders that never change; config/*.toml is the draft.

Rules begin with a week that nobody was told about: a published week is never judged again by other rules.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from config.policy import POLICY_FILES, read_draft, read_version
from contracts.rules import Policy
from contracts.weeks import Week
from flows.errors import PolicyRefused
from flows.run import Run
from store import policies, runs
from store.policies import Adoption
from store.session import Session


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
        why = "the first policy of this workspace"
        current = (put_in_force(run, run.workspace.config, author="first run", why=why, week=week), run.policy.digest)
    sequence, digest = current
    folder = version_folder(run, sequence, digest)
    return sequence, read_version(folder), folder


def versions(run: Run) -> list[Adoption]:
    """All adoptions, oldest first.

    Raises: PolicyRefused before the first one.
    """
    with run.store.read() as session:
        found = policies.log(session)
    if not found:
        raise PolicyRefused("no policy is in force yet; the first `cem run` adopts config/*.toml as version 1")
    return found


def version(run: Run, sequence: int) -> tuple[Adoption, Policy, Path]:
    """One version: its line of the log, its rules, its folder.

    Raises: PolicyRefused when there is no such version.
    """
    every = versions(run)
    found = next((one for one in every if one.sequence == sequence), None)
    if found is None:
        raise PolicyRefused(f"there is no policy v{sequence}; there are v1 to v{every[-1].sequence}")
    folder = version_folder(run, found.sequence, found.digest)
    return found, read_version(folder).model_copy(update={"sequence": sequence}), folder


def newest(run: Run) -> tuple[Adoption, Policy, Path]:
    """The version adopted last, which may begin only with a coming week."""
    return version(run, versions(run)[-1].sequence)


def version_folder(run: Run, sequence: int, digest: str) -> Path:
    return run.workspace.policies / f"{sequence:03d}-{digest[:12]}"


def put_in_force(
    run: Run,
    source: Path,
    *,
    author: str,
    why: str,
    week: Week,
    approver: str | None = None,
    record: Callable[[Session, int], None] | None = None,
) -> int:
    """Make the rules in the folder `source` the next version. `record`: what else becomes true with it."""
    policy = read_draft(source)
    with run.store.write() as session:
        sequence = policies.adopt(
            session, policy, author=author, reason=why, effective_week=week, now=run.clock(), approver=approver
        )
        if record is not None:
            record(session, sequence)
    keep_files(source, version_folder(run, sequence, policy.digest))
    return sequence


def keep_files(source: Path, folder: Path) -> None:
    """The files of a policy, copied as a whole; a folder that is there stays as it is."""
    if folder.exists():
        return
    staged = folder.with_name(f".{folder.name}")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    for name in POLICY_FILES:
        if (source / name).exists():
            shutil.copyfile(source / name, staged / name)
    staged.rename(folder)


def bring_draft_along(run: Run, before: Path, after: Path) -> list[str]:
    """Give the draft what an adoption changed, so that the next one does not take it back; a file of the draft that
    somebody edited since stays, and is named.
    """
    notes = []
    for name in POLICY_FILES:
        was, becomes, draft = (_content(folder / name) for folder in (before, after, run.workspace.config))
        if becomes in (was, draft):
            continue
        if draft != was or becomes is None:
            notes.append(f"config/{name} was edited by hand and does not hold this change; write it there too")
            continue
        (run.workspace.config / name).write_bytes(becomes)
    return notes


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def effective_week(run: Run, week: Week | None) -> Week:
    """From which week on: the one asked for, else the next to be closed that is not published yet.

    Raises: PolicyRefused for one that is published, or older than one that is.
    """
    last = last_published(run)
    coming = run.last_closed_week().shift(1)
    effective = week or (coming if last is None else max(coming, last.shift(1)))
    if last is not None and effective <= last:
        raise PolicyRefused(
            f"{last} is published, so no rules can begin with {effective}: what was told then was judged by the rules "
            f"of then. The first week that can have new rules is {last.shift(1)}"
        )
    return effective


def last_published(run: Run) -> Week | None:
    with run.store.read() as session:
        weeks = runs.published_weeks(session)
    return max((Week.parse(one.week) for one in weeks), default=None)


def four_eyes(policy: Policy, *, author: str, approver: str | None) -> None:
    """Raises: PolicyRefused where the rules in force ask for two people and there are not."""
    if not policy.governance.four_eyes:
        return
    if not approver:
        raise PolicyRefused("the rules in force ask for a second person: say who approves with --approver")
    if approver.strip().casefold() == author.strip().casefold():
        raise PolicyRefused(
            f"{approver} wants this change and cannot approve it too: somebody else must. "
            "`four_eyes = false` in config/governance.toml would end that rule, by an adoption of its own"
        )
