"""Rules are put in force, or back: the draft, a proposal, an earlier version. Each is a new line of the log."""

from __future__ import annotations

from contracts.weeks import Week
from contracts.words import ExitCode
from flows.errors import PolicyRefused
from flows.policy.log_page import write_log
from flows.policy.versions import (
    bring_draft_along,
    effective_week,
    four_eyes,
    last_published,
    newest,
    put_in_force,
    version,
    version_folder,
)
from flows.run import Outcome, Run
from store import policies, proposals
from store.session import Session


def adopt(run: Run, *, why: str, author: str, week: Week | None, approver: str | None = None) -> Outcome:
    """Adopt the draft from the start of `week` (default: the next week to be closed), without review or shadow.

    Whether somebody else must approve is for the caller to ask (`four_eyes` of flows.policy.versions).

    Raises: PolicyRefused for a week that is published.
    """
    effective = effective_week(run, week)
    with run.store.read() as session:
        known = policies.log(session)
    if known and known[-1].digest == run.policy.digest:
        return Outcome(ExitCode.DONE, f"The draft is already policy v{known[-1].sequence}; nothing to adopt")
    sequence = put_in_force(run, run.workspace.config, author=author, why=why, week=effective, approver=approver)
    write_log(run)
    return Outcome(
        ExitCode.DONE,
        f"Policy v{sequence} is in force from {effective}",
        (
            f"author: {author}" + (f", approver: {approver}" if approver else ""),
            f"reason: {why}",
            f"kept in {version_folder(run, sequence, run.policy.digest)}",
        ),
    )


def adopt_draft(run: Run, *, why: str, author: str, week: Week | None, approver: str | None) -> Outcome:
    """Adopt the draft by hand: the rule of four eyes holds here too, but for the first policy of a workspace.

    Raises: PolicyRefused.
    """
    with run.store.read() as session:
        is_first = not policies.log(session)
    if not is_first:
        four_eyes(newest(run)[1], author=author, approver=approver)
    return adopt(run, why=why, author=author, week=week, approver=approver)


def adopt_proposal(
    run: Run, proposal_id: int, *, approver: str, why: str, week: Week | None, is_early: bool
) -> Outcome:
    """Put a proposal in force on an approver's word.

    Args:
        week: from the start of which; default: the one the proposal asks for, else the next week to be closed.
        is_early: before its weeks in shadow are over; the log says so.

    Raises: PolicyRefused when the approver proposed it, other rules were adopted since, or it was watched too little.
    """
    with run.store.read() as session:
        wanted = proposals.proposal(session, proposal_id)
    last, rules, before = newest(run)
    four_eyes(rules, author=wanted.author, approver=approver)
    if wanted.state.is_open and last.digest != wanted.base_digest:
        raise PolicyRefused(
            f"proposal {proposal_id} changes v{wanted.base_sequence}, and v{last.sequence} was adopted since: "
            "adopting it would take that back in silence. Reject it and propose the same change again"
        )
    seen = f"{len(wanted.shadowed)} of {wanted.shadow_weeks} weekly runs"
    if not (wanted.is_watched_enough or is_early):
        raise PolicyRefused(
            f"proposal {proposal_id} was in shadow for {seen}; wait for the others, or say --early, which the log tells"
        )
    effective = effective_week(run, week or _week_asked_for(run, wanted))
    said = why if wanted.is_watched_enough else f"{why} (early: in shadow for {seen})"

    def record(session: Session, sequence: int) -> None:
        proposals.adopted(
            session,
            proposal_id,
            approver=approver,
            why=said,
            sequence=sequence,
            week=str(effective),
            now=run.clock(),
        )

    sequence = put_in_force(
        run,
        run.workspace.root / wanted.folder,
        author=wanted.author,
        why=wanted.reason,
        week=effective,
        approver=approver,
        record=record,
    )
    kept = version_folder(run, sequence, wanted.digest)
    notes = bring_draft_along(run, before, kept)
    write_log(run)
    return Outcome(
        ExitCode.DONE,
        f"Proposal {proposal_id} is policy v{sequence}, in force from {effective}",
        (
            f"author: {wanted.author}, approver: {approver}",
            f"reason: {wanted.reason}",
            f"back-test: {wanted.back_test or 'none'}",
            "customers that these rules move are listed for the experts; nobody is alerted, no case opens",
            *notes,
        ),
        {"sequence": sequence},
    )


def reject(run: Run, proposal_id: int, *, who: str, why: str) -> Outcome:
    """Decide against a proposal; it stays in the log."""
    with run.store.write() as session:
        proposals.rejected(session, proposal_id, who=who, why=why, now=run.clock())
    write_log(run)
    return Outcome(ExitCode.DONE, f"Proposal {proposal_id} is rejected by {who}", (f"reason: {why}",))


def roll_back(run: Run, sequence: int, *, who: str, why: str, approver: str | None, week: Week | None) -> Outcome:
    """Put an earlier version in force again, from a coming week on: what was published stays as it is.

    Raises: PolicyRefused for an unknown version, the one in force, a published week, or without a second person.
    """
    last, rules, before = newest(run)
    target, _, folder = version(run, sequence)
    four_eyes(rules, author=who, approver=approver)
    if target.digest == last.digest:
        raise PolicyRefused(f"v{sequence} holds the rules that are in force already as v{last.sequence}")
    effective = effective_week(run, week)
    undone: list[int] = []

    def record(session: Session, _sequence: int) -> None:
        undone.extend(
            proposals.rolled_back(session, above=sequence, who=who, why=why, week=str(effective), now=run.clock())
        )

    made = put_in_force(
        run, folder, author=who, why=f"back to v{sequence}: {why}", week=effective, approver=approver, record=record
    )
    notes = bring_draft_along(run, before, version_folder(run, made, target.digest))
    write_log(run)
    lines = [f"reason: {why}", *(f"proposal {number} is rolled back" for number in undone)]
    return Outcome(
        ExitCode.DONE,
        f"Policy v{made} holds the rules of v{sequence} again, in force from {effective}",
        (*lines, "weeks published since stay as they were told", *notes),
        {"sequence": made},
    )


def _week_asked_for(run: Run, wanted: proposals.Proposal) -> Week | None:
    """None where the week went by while the proposal was in shadow."""
    if wanted.wanted_week is None:
        return None
    asked, last = Week.parse(wanted.wanted_week), last_published(run)
    return asked if last is None or asked > last else None
