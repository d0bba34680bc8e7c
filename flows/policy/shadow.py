"""After each weekly run: proposals are scored beside the rules in force, and what new rules moved is listed.

Nothing of this reaches an audience: it is written for the experts, under output/expert/ and var/shadow/.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from config.errors import ConfigRefused
from config.policy import read_draft
from flows.inputs import Inputs
from flows.policy.replay import as_placed, scores_under
from flows.policy.review import policy_head, proposal_place, shadow_folder, table, write_fonts, write_page, write_tables
from flows.policy.versions import version
from flows.run import Run
from flows.week.assess import Assessed
from reporting.formats import money
from reporting.policy.pages import RuleChanges, place_name, render_rule_changes
from scoring.place.compared import flips
from scoring.place.placement import place
from scoring.place.sensitivity import owners_of
from store import proposals
from store.errors import NotInStore
from store.history import read_week, write_week
from store.proposals import Proposal


def watch_rules(run: Run, inputs: Inputs, assessed: Assessed) -> list[str]:
    """The step of a weekly run after it is recorded: shadow weeks, and the list of whom new rules moved.

    Returns: what went wrong; a proposal whose files are gone must not stop a week that is recorded.
    """
    if inputs.cause == "policy" or (assessed.frames["transitions"]["cause"] == "policy").any():
        _list_moved(run, inputs, assessed)
    with run.store.read() as session:
        waiting = [one for one in proposals.proposals(session, open_only=True) if _wants(one, inputs.week)]
    faults = []
    for proposal in waiting:
        try:
            _shadow(run, inputs, assessed, proposal)
        except (ConfigRefused, NotInStore, OSError) as exc:
            faults.append(f"proposal {proposal.proposal_id} was not scored in shadow: {exc}")
    return faults


def _wants(proposal: Proposal, week: str) -> bool:
    return not proposal.is_watched_enough or week in proposal.shadowed


def _shadow(run: Run, inputs: Inputs, assessed: Assessed, proposal: Proposal) -> None:
    root, frames = run.workspace.root, assessed.frames
    folder = root / proposal.folder
    after, facts = read_draft(folder), frames["customer_facts"]
    scores = scores_under(root, inputs, assessed.policy, after, folder, frames)
    rules = as_placed(inputs, after, frames["placements"]).thresholds
    kept = shadow_folder(root, proposal.proposal_id)
    before = _before(kept, inputs, proposal, frames)
    placed = place(scores, facts, before, rules, week=inputs.iso_week, is_new_axis=inputs.is_new_axis)
    owner = owners_of(frames["assignments"], assessed.people, after.sensitivity.capacity.unit)
    thresholds = (assessed.policy.thresholds, rules)
    found = flips(frames["placements"], placed, facts, thresholds, owner=owner)
    write_week(kept, inputs.week, inputs.revision, {"placements": placed, "proposed_flips": found})
    said = f"{len(found)} customers stand elsewhere"
    with run.store.write() as session:
        proposals.shadowed(session, proposal.proposal_id, inputs.week, why=said, now=run.clock())
        now = proposals.proposal(session, proposal.proposal_id)
    page_folder = proposal_place(run, inputs.week, proposal.proposal_id)
    write_tables(page_folder, {f"disagreements-{inputs.week}": found})
    write_page(run, now, inputs)
    run.say(f"proposal {proposal.proposal_id} in shadow: {said} ({len(now.shadowed)} of {now.shadow_weeks} weeks)")


def _before(kept: Path, inputs: Inputs, proposal: Proposal, frames: dict[str, pd.DataFrame]) -> pd.DataFrame | None:
    """Where the proposal left everybody a week ago; in its first week where the rules in force did, as an adoption
    would find them.
    """
    earlier = [week for week in proposal.shadowed if week < inputs.week]
    if earlier:
        return read_week(kept, earlier[-1], "placements")
    return frames["previous_placements"] if inputs.previous else None


def _list_moved(run: Run, inputs: Inputs, assessed: Assessed) -> None:
    """output/expert/<week>/rule-changes.html and .csv: transitions that the rules made, which nobody else is told."""
    moved, facts = assessed.frames["transitions"], assessed.frames["customer_facts"]
    rows = moved[moved["cause"] == "policy"].sort_values(["revenue_amount", "customer_id"], ascending=[False, True])
    named = rows.merge(facts[["customer_id", "name"]], on="customer_id", how="left")
    adopted = version(run, inputs.policy_sequence)[0]
    with run.store.read() as session:
        proposal = proposals.proposal_of(session, inputs.policy_sequence)
    command = f"cem policy open-cases {proposal.proposal_id} --who ..." if proposal else "cem cases open"
    page = RuleChanges(
        policy_head(run, inputs),
        adopted.sequence,
        adopted.reason,
        [
            (
                str(row["name"]),
                place_name(row["from_zone"]),
                place_name(row["to_zone"]),
                money(row["revenue_amount"], inputs.currency),
            )
            for row in named.to_dict("records")
        ],
        command,
    )
    folder = run.workspace.output / "expert" / inputs.week
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rule-changes.html").write_text(render_rule_changes(page), encoding="utf-8")
    (folder / "rule-changes.csv").write_bytes(table(named))
    write_fonts(folder)
