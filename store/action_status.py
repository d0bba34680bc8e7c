"""What teams do with the steps of a plan: append-only events, each step the fold of its own.

A suggested step has no row until somebody touches it: that is version 0. As with cases, an edit names the version
it was made on, and a field that somebody else changed since then is kept on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contracts.frames import conform
from contracts.ids import key_digest
from contracts.results import ACTION_STATUS
from store.case_tables import ActionEventRow
from store.errors import CaseRefused
from store.locks import take_turns

_EDITABLE = frozenset({"status", "why", "owner_id", "due_on", "action"})
_STATUSES = ("todo", "done", "skipped")


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of an edit of a step: fields applied, and fields that met a newer value."""

    action_id: str
    row_version: int
    applied: dict[str, Any] = field(default_factory=dict)
    conflicts: dict[str, Any] = field(default_factory=dict)


def edit_step(
    session: Session,
    action_id: str,
    changes: Mapping[str, Any],
    *,
    customer_id: str,
    who: str,
    source: str,
    base_version: int,
    now: datetime,
    source_sha256: str | None = None,
) -> StepResult:
    """Set the status (todo, done, skipped), owner, due day or reason of a step. Saying again what stands is a no-op.

    Raises: CaseRefused for a field or status there is not, for `skipped` without why, and for a version that the
        step does not have.
    """
    take_turns(session, "action events")
    events = _events(session, action_id)
    standing = _fold(events)
    version = events[-1].row_version if events else 0
    wanted = {name: value.isoformat() if isinstance(value, date) else value for name, value in changes.items()}
    _check(action_id, wanted, standing, base_version=base_version, newest=version)
    wanted = {name: value for name, value in wanted.items() if standing.get(name) != value}
    since = {name for event in events if event.row_version > base_version for name in (event.after or {})}
    applied = {name: value for name, value in wanted.items() if name not in since}
    disputed = {name: value for name, value in wanted.items() if name in since}
    origin = {"customer_id": customer_id, "who": who, "source": source, "source_sha256": source_sha256, "at": now}
    if applied:
        version += 1
        _append(session, action_id, "edited", version, base_version, origin, after=applied)
    if disputed and not any(e.kind == "conflict" and e.who == who and e.refused == disputed for e in events):
        _append(session, action_id, "conflict", version, base_version, origin, refused=disputed)
    return StepResult(action_id, version, applied, disputed)


def add_step(
    session: Session,
    customer_id: str,
    action: str,
    *,
    who: str,
    source: str,
    now: datetime,
    owner_id: str | None = None,
    due_on: date | None = None,
    source_sha256: str | None = None,
) -> str:
    """A step that the team adds to a customer's plan; returns its id. The same step from the same file is one step.

    Raises: CaseRefused when it does not say what to do.
    """
    if not action.strip():
        raise CaseRefused(f"{customer_id}: a step that is added must say what to do")
    take_turns(session, "action events")
    action_id = key_digest("added action", customer_id, action.strip(), source_sha256 or now.isoformat())
    if not _events(session, action_id):
        fields = {"status": "todo", "action": action.strip(), "owner_id": owner_id, "added_by": who}
        fields["due_on"] = due_on.isoformat() if due_on else None
        origin = {"customer_id": customer_id, "who": who, "source": source, "source_sha256": source_sha256, "at": now}
        _append(session, action_id, "added", 1, 0, origin, after=fields)
    return action_id


def action_status(session: Session) -> pd.DataFrame:
    """Every step that somebody touched or added: ACTION_STATUS frame."""
    by_action: dict[str, list[ActionEventRow]] = {}
    for event in session.scalars(select(ActionEventRow).order_by(ActionEventRow.number)):
        by_action.setdefault(event.action_id, []).append(event)
    rows = []
    for action_id, events in by_action.items():
        state = {"status": "todo", **_fold(events)}
        due = state.pop("due_on", None)
        fixed = {"action_id": action_id, "customer_id": events[0].customer_id, "row_version": events[-1].row_version}
        rows.append({**state, **fixed, "due_on": pd.Timestamp(due) if due else None})
    frame = conform(pd.DataFrame(rows, columns=ACTION_STATUS.names), ACTION_STATUS)
    return frame.sort_values("action_id", ignore_index=True)


def _check(
    action_id: str, wanted: Mapping[str, Any], standing: Mapping[str, Any], *, base_version: int, newest: int
) -> None:
    foreign = sorted(set(wanted) - _EDITABLE)
    if foreign:
        raise CaseRefused(f"{action_id}: {', '.join(foreign)} cannot be edited; {', '.join(sorted(_EDITABLE))} can")
    if not 0 <= base_version <= newest:
        raise CaseRefused(f"{action_id}: version {base_version} does not exist; ask for a fresh workbook")
    status = wanted.get("status", standing.get("status", "todo"))
    if status not in _STATUSES:
        raise CaseRefused(f"{action_id}: status must be one of {', '.join(_STATUSES)}; got '{status}'")
    if status == "skipped" and not (wanted.get("why") or standing.get("why")):
        raise CaseRefused(f"{action_id}: say why the step is skipped")


def _events(session: Session, action_id: str) -> list[ActionEventRow]:
    statement = select(ActionEventRow).where(ActionEventRow.action_id == action_id).order_by(ActionEventRow.number)
    return list(session.scalars(statement))


def _fold(events: list[ActionEventRow]) -> dict[str, Any]:
    return {name: value for event in events for name, value in (event.after or {}).items()}


def _append(
    session: Session,
    action_id: str,
    kind: str,
    version: int,
    base_version: int,
    origin: Mapping[str, Any],
    *,
    after: Mapping[str, Any] | None = None,
    refused: Mapping[str, Any] | None = None,
) -> None:
    number = (session.scalar(select(func.max(ActionEventRow.number))) or 0) + 1
    session.add(
        ActionEventRow(
            number=number,
            action_id=action_id,
            kind=kind,
            row_version=version,
            base_version=base_version,
            after=dict(after) if after else None,
            refused=dict(refused) if refused else None,
            **origin,
        )
    )
    session.flush()
