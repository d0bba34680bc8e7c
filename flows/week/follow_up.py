"""What teams did since the packs before, frozen with the week: steps of plans, feedback, cases that wait, proposals
to close. A rebuild reads the frozen frames, so it shows what the week knew.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from contracts.frames import conform
from contracts.results import ACTION_STATUS, ACTIONS, CLOSING_PROPOSALS, TEAM_FEEDBACK, WAITING_CASES
from contracts.rules import Policy
from flows.inputs import Inputs
from flows.run import Run
from scoring.act.clock import closing_proposals
from store import case_queue
from store.action_status import action_status
from store.errors import NotInStore
from store.feedback import account_feedback
from store.history import read_week, write_week
from store.session import Session

_FRAMES = (ACTION_STATUS, CLOSING_PROPOSALS, TEAM_FEEDBACK, WAITING_CASES)
ADDED = "added by the team"
_AFTER_ALL_OTHERS = 99
"""The step number of what a team adds: it stands below the suggested steps."""


def standing(session: Session, cases: pd.DataFrame, history: pd.DataFrame, policy: Policy) -> dict[str, pd.DataFrame]:
    """The frames as they are now.

    Args:
        cases: CASES frame.
        history: HISTORY frame up to this week.
    """
    closing = closing_proposals(cases, history, policy.case_templates, policy.casework)
    waiting = [case for case in case_queue.waiting_cases(session) if case.customer_id]
    proposals = [[p.case_id, p.customer_id, p.weeks, p.last_critical_week, p.sentence] for p in closing]
    listed = [[getattr(case, name) for name in WAITING_CASES.names] for case in waiting]
    return {
        "action_status": action_status(session),
        "closing_proposals": conform(pd.DataFrame(proposals, columns=CLOSING_PROPOSALS.names), CLOSING_PROPOSALS),
        "team_feedback": conform(account_feedback(session), TEAM_FEEDBACK),
        "waiting_cases": conform(pd.DataFrame(listed, columns=WAITING_CASES.names), WAITING_CASES),
    }


def freeze_follow_up(
    run: Run, inputs: Inputs, frames: dict[str, pd.DataFrame], policy: Policy
) -> dict[str, pd.DataFrame]:
    """The frames of `standing`, kept in the week's history, as the book shows them.

    Args:
        frames: `cases`, `history` and `actions` of the week.
    """
    with run.store.read() as session:
        found = standing(session, frames["cases"], frames["history"], policy)
    write_week(run.workspace.history, inputs.week, inputs.revision, found)
    return shown(found, frames["actions"])


def frozen_follow_up(history: Path, inputs: Inputs, actions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What `freeze_follow_up` kept; nothing for a week that was made before there was any."""
    try:
        found = {frame.name: read_week(history, inputs.week, frame.name, inputs.revision) for frame in _FRAMES}
    except NotInStore:
        return {}
    return shown(found, actions)


def shown(found: dict[str, pd.DataFrame], actions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The frames of the book that follow from these: the plan as teams left it, and the others as they are."""
    others = {name: frame for name, frame in found.items() if name != "action_status"}
    return {**others, "actions": _as_left(actions, found["action_status"])}


def _as_left(actions: pd.DataFrame, status: pd.DataFrame) -> pd.DataFrame:
    """Suggested steps with what became of them, then the steps that teams added and have not done."""
    if status.empty:
        return actions
    left = {row["action_id"]: row for row in status.to_dict("records")}
    rows = [_overlaid(row, left.get(row["action_id"])) for row in actions.to_dict("records")]
    known = set(actions["action_id"])
    rows += [
        {
            "action_id": action_id,
            "customer_id": row["customer_id"],
            "playbook_id": ADDED,
            "playbook_version": "",
            "step": _AFTER_ALL_OTHERS,
            "action": row["action"],
            "reason": "Added by the account team.",
            **_made_of(row),
        }
        for action_id, row in left.items()
        if action_id not in known and not pd.isna(row["added_by"]) and row["status"] == "todo"
    ]
    return conform(pd.DataFrame(rows, columns=ACTIONS.names), ACTIONS)


def _overlaid(step: Mapping[Any, Any], row: Mapping[Any, Any] | None) -> Mapping[Any, Any]:
    if row is None:
        return step
    made = {name: value for name, value in _made_of(row).items() if not pd.isna(value)}
    return {**step, **made}


def _made_of(row: Mapping[Any, Any]) -> dict[str, Any]:
    names = ("status", "owner_id", "due_on", "row_version", "added_by")
    return {"remark": row["why"], **{name: row[name] for name in names}}
