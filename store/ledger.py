"""The case ledger: every change is an event that is only ever added; a case is the fold of its events.

Event numbers have no gaps and grow in the order of commits, so "all events up to n" is one exact
past state. `row_version` of a case counts the events that changed its fields; an edit names the
version it was made on, and fields that somebody else changed since then are a conflict of which
both sides are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.exchange import case_of
from contracts.rules import CaseTemplate
from store.case_clock import (
    acknowledge,
    escalate,
    overdue,
    raise_unanswered,
    stepped_at,
    unanswered,
    unanswered_segments,
)
from store.case_events import (
    Author,
    append,
    case_row,
    change,
    changed_since,
    check_edit,
    differs,
    free_id,
    keep_both_sides,
    open_case_id,
    with_consequences,
)
from store.case_rights import managed_by, require_right_to_close
from store.case_stories import CaseEvent, case_history, cases, last_event_number, segment_cases, teams
from store.errors import CaseRefused
from store.fold import from_json, to_json
from store.locks import take_turns
from store.returned_files import came_before, mark_return
from store.tables import CaseEventRow, CaseRow

__all__ = [
    "CaseEvent",
    "Conflict",
    "EditResult",
    "Proposal",
    "acknowledge",
    "attach_evidence",
    "came_before",
    "case_history",
    "cases",
    "edit_case",
    "escalate",
    "last_event_number",
    "mark_return",
    "open_case",
    "open_case_id",
    "overdue",
    "raise_unanswered",
    "segment_cases",
    "stepped_at",
    "teams",
    "unanswered",
    "unanswered_segments",
]


_NEEDED = ("customer_id", "template_id", "reason_key", "title", "status")
_PROPOSED = (*_NEEDED, "category", "severity", "owner_id", "first_response_due_at", "due_at", "note", "segment")


class Proposal(Protocol):
    """Anything that can say itself as a row of CASES."""

    def as_row(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides of a field that was changed by two people: what stands, and what was wanted instead."""

    field: str
    standing: Any
    wanted: Any
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class EditResult:
    """What became of an edit, field by field."""

    case_id: str
    row_version: int
    applied: dict[str, Any] = field(default_factory=dict)
    unchanged: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


def open_case(
    session: Session,
    proposal: Proposal | Mapping[str, Any],
    *,
    now: datetime,
    who: str = "cem",
    source: str = "run",
    why: str | None = None,
    playbook_id: str | None = None,
    team: Mapping[str, Any] | None = None,
) -> str | None:
    """Open a case and return its id; None when one is open for this customer, template and reason.

    `proposal` is, or gives, a row of CASES: customer_id, template_id, reason_key, title and status
    must be there, the rest may be; that it opens now, at version 1, is decided here. Without case_id
    it gets the id that its customer, template and reason give; where a closed case bears that id, one
    with a number. `team` is what `contracts.casework.team_as_kept` makes of its seats. A case about a
    segment has `segment`, and the same text as customer_id.

    Raises: CaseRefused naming the fields that are missing.
    """
    take_turns(session, "ledger")
    row = proposal if isinstance(proposal, Mapping) else proposal.as_row()
    fields: dict[str, Any] = {name: _known(row.get(name)) for name in _PROPOSED}
    missing = [name for name in _NEEDED if not fields[name]]
    if missing:
        raise CaseRefused(f"a case cannot be opened without {', '.join(missing)}")
    reason = (fields["customer_id"], fields["template_id"], fields["reason_key"])
    if open_case_id(session, *reason) is not None:
        return None
    fields |= {
        "is_open": True,
        "opened_at": now,
        "closed_at": None,
        "outcome": None,
        "escalation_step": 0,
        "acknowledged_at": None,
        "playbook_id": playbook_id,
        "team": dict(team) if team else None,
    }
    case_id = free_id(session, _known(row.get("case_id")) or case_of(*reason))
    session.add(CaseRow(case_id=case_id, row_version=1, **from_json(to_json(fields))))
    session.flush()
    append(session, case_id, "opened", Author(who, why, source, now), row_version=1, after=fields)
    return case_id


def _known(value: Any) -> Any:
    """A value of a frame's cell: pandas has several words for nothing, the store has one."""
    return None if pd.api.types.is_scalar(value) and pd.isna(value) else value


def attach_evidence(
    session: Session, case_id: str, *, key: str, headline: str, source: str, now: datetime, who: str = "cem"
) -> bool:
    """Add what speaks for a case that is open already; False when this evidence (`key`) is attached.

    Evidence does not change the row's version: a workbook sent before it came back is still current.
    """
    take_turns(session, "ledger")
    case = case_row(session, case_id)
    known = select(CaseEventRow.number).where(CaseEventRow.case_id == case_id, CaseEventRow.evidence_key == key)
    if session.scalar(known) is not None:
        return False
    author = Author(who, headline, source, now)
    append(session, case_id, "evidence", author, row_version=case.row_version, evidence_key=key)
    return True


def edit_case(
    session: Session,
    case_id: str,
    changes: Mapping[str, Any],
    *,
    who: str,
    why: str | None,
    source: str,
    base_version: int,
    now: datetime,
    template: CaseTemplate | None = None,
    source_sha256: str | None = None,
) -> EditResult:
    """Apply an edit made on `base_version`, field by field; `source` says where it came from (file, mail, command).

    A field that nobody touched since then is set; one that stands at the wanted value already is
    unchanged, so the same edit twice is a no-op; one that somebody set otherwise is a conflict: the
    standing value stays, and the wanted one is kept in the ledger. `template` gives the words that
    `status` may take and those that close; without it (the template left the policy) `closed` closes.

    Only case managers close: see `store.case_rights`. A new owner whom a case manager named is one too.

    Raises: NotInStore; CaseRefused for a field, status or version that the case does not have, and for
        closing by somebody who may not.
    """
    take_turns(session, "ledger")
    case = case_row(session, case_id)
    check_edit(case, changes, base_version=base_version, template=template)
    wanted = {name: value for name, value in changes.items() if differs(getattr(case, name), value)}
    since = changed_since(session, case_id, base_version)
    disputed = {name: value for name, value in wanted.items() if name in since}
    applied = {name: value for name, value in wanted.items() if name not in since}
    author = Author(who, why, source, now, base_version, source_sha256)
    if applied:
        kind, fields = with_consequences(session, case, applied, now=now, template=template)
        if kind == "closed":
            require_right_to_close(case, who)
        fields |= managed_by(case, applied.get("owner_id"), who)
        change(session, case, kind, fields, author)
    if disputed:
        keep_both_sides(session, case, disputed, author)
    return EditResult(
        case_id,
        case.row_version,
        applied=applied,
        unchanged=tuple(sorted(set(changes) - set(wanted))),
        conflicts=tuple(
            Conflict(name, getattr(case, name), value, since[name].who, since[name].at)
            for name, value in sorted(disputed.items())
        ),
    )
