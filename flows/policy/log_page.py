"""The policy log: as lines for a terminal, as a page for the experts, and two versions held against each other."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from config.policy import read_draft
from contracts.words import ExitCode
from flows.policy.versions import version, version_folder
from flows.run import Outcome, Run
from reporting.pages import render_assets
from reporting.policy.pages import PolicyHead, ProposalLine, VersionLine, render_log
from reporting.policy.words import Difference, differences
from store import policies, proposals
from store.proposals import Proposal


def log(run: Run) -> Outcome:
    """All versions, oldest first; the page is written anew."""
    with run.store.read() as session:
        rows = policies.log(session)
    lines = [
        f"v{row.sequence} from {row.effective_week} by {row.author}"
        f"{f', approved by {row.approver}' if row.approver else ''}: {row.reason}"
        for row in rows
    ]
    if rows:
        write_log(run)
        lines.append(f"with differences: {_place(run)}")
    return Outcome(ExitCode.DONE, f"{len(rows)} policy versions", tuple(lines))


def listed(run: Run) -> Outcome:
    """All proposals, oldest first."""
    with run.store.read() as session:
        every = proposals.proposals(session)
    waiting = sum(one.state.is_open for one in every)
    return Outcome(ExitCode.DONE, f"{len(every)} proposals, {waiting} open", tuple(_said(one) for one in every))


def differ(run: Run, first: int, second: int) -> Outcome:
    """What version `second` says otherwise than `first`, in words."""
    before, after = version(run, first)[1], version(run, second)[1]
    found = differences(before, after)
    headline = (
        f"From v{first} to v{second}: {len(found)} differences" if found else f"v{first} and v{second} say the same"
    )
    return Outcome(ExitCode.DONE, headline, tuple(one.sentence for one in found), {"differences": len(found)})


def write_log(run: Run) -> None:
    """output/expert/policy/index.html: every version with what it changed, every proposal with what became of it."""
    with run.store.read() as session:
        rows = policies.log(session)
        every = proposals.proposals(session)
        coming = run.last_closed_week().shift(1)
        current = policies.in_force(session, coming)
    if not rows:
        return
    rules = [read_draft(version_folder(run, row.sequence, row.digest)) for row in rows]
    changed: list[list[Difference]] = [[], *(differences(a, b) for a, b in pairwise(rules))]
    became = {one.adopted_sequence: one for one in every if one.adopted_sequence is not None}
    lines = []
    for row, found in zip(rows, changed, strict=True):
        proposal = became.get(row.sequence)
        lines.append(
            VersionLine(
                row.sequence,
                row.effective_week,
                row.author,
                row.approver or "none",
                row.reason,
                row.adopted_at,
                row.digest[:12],
                str(proposal.proposal_id) if proposal else "none",
                (proposal.back_test if proposal else None) or "none",
                current is not None and current[0] == row.sequence,
                found,
            )
        )
    file = run.settings.file
    as_of = f"{run.clock().astimezone(run.settings.zone):%d %b %Y, %H:%M}"
    head = PolicyHead(file.organization, str(run.last_closed_week()), as_of, rules[-1].money.currency)
    place = _place(run)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(render_log(head, lines, [_line(run, one) for one in every]), encoding="utf-8")
    for asset in render_assets("policy", "en"):
        target = place.parent / asset.path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(asset.content)


def _place(run: Run) -> Path:
    return run.workspace.output / "expert" / "policy" / "index.html"


def _line(run: Run, one: Proposal) -> ProposalLine:
    pages = sorted((run.workspace.output / "expert").glob(f"*/proposals/{one.proposal_id}/review.html"))
    page = f"../{pages[-1].relative_to(run.workspace.output / 'expert').as_posix()}" if pages else ""
    shadow = f"{len(one.shadowed)} of {one.shadow_weeks}"
    return ProposalLine(
        one.proposal_id, one.state.value, one.author, one.approver or "", one.reason, one.base_sequence, shadow, page
    )


def _said(one: Proposal) -> str:
    decided = f", by {one.approver}" if one.approver else ""
    return (
        f"{one.proposal_id} {one.state.value}{decided}: {one.author} on v{one.base_sequence}, in shadow "
        f"{len(one.shadowed)} of {one.shadow_weeks}: {one.reason}"
    )
