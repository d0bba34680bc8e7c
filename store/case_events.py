"""How a case event is written and the case's row brought in step with it, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contracts.rules import CaseTemplate
from store.errors import CaseRefused, NotInStore
from store.fold import EDITABLE, INSTANTS, from_json, to_json
from store.tables import CaseEventRow, CaseRow

_CLOSED_WORDS = ("closed",)


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes a case, why, from where and when; `source_sha256` when it came in a file."""

    who: str
    why: str | None
    source: str
    at: datetime
    base_version: int | None = None
    source_sha256: str | None = None


def case_row(session: Session, case_id: str) -> CaseRow:
    """Raises: NotInStore."""
    row = session.get(CaseRow, case_id)
    if row is None:
        raise NotInStore(f"there is no case {case_id}; `cem cases list` shows those there are")
    return row


def append(
    session: Session,
    case_id: str,
    kind: str,
    author: Author,
    *,
    row_version: int,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    refused: Mapping[str, Any] | None = None,
    evidence_key: str | None = None,
) -> int:
    """Add one event under the next number; the caller holds the ledger's turn, so numbers have no gaps."""
    number = (session.scalar(select(func.max(CaseEventRow.number))) or 0) + 1
    session.add(
        CaseEventRow(
            number=number,
            case_id=case_id,
            kind=kind,
            at=author.at,
            who=author.who,
            why=author.why,
            source=author.source,
            source_sha256=author.source_sha256,
            row_version=row_version,
            base_version=author.base_version,
            before=to_json(before) if before else None,
            after=to_json(after) if after else None,
            refused=to_json(refused) if refused else None,
            evidence_key=evidence_key,
        )
    )
    session.flush()
    return number


def change(session: Session, case: CaseRow, kind: str, fields: Mapping[str, Any], author: Author) -> None:
    """Set fields of a case: one event and the row, under the next row version."""
    before = {name: getattr(case, name) for name in fields}
    # the row gets what the event says, so that the fold of events is the row, to the microsecond
    for name, value in from_json(to_json(fields)).items():
        setattr(case, name, value)
    case.row_version += 1
    append(session, case.case_id, kind, author, row_version=case.row_version, before=before, after=fields)


def check_edit(case: CaseRow, changes: Mapping[str, Any], *, base_version: int, template: CaseTemplate | None) -> None:
    """Raises: CaseRefused naming the field, status or version that this case does not have."""
    foreign = sorted(set(changes) - EDITABLE)
    if foreign:
        raise CaseRefused(f"{case.case_id}: {', '.join(foreign)} cannot be edited; {', '.join(sorted(EDITABLE))} can")
    if not 1 <= base_version <= case.row_version:
        raise CaseRefused(
            f"{case.case_id}: version {base_version} does not exist, the newest is {case.row_version}; "
            "ask for a fresh workbook"
        )
    status = changes.get("status", case.status)
    if template is not None and status != case.status and status not in template.statuses:
        raise CaseRefused(f"{case.case_id}: status must be one of {', '.join(template.statuses)}; got '{status}'")
    for name in sorted(INSTANTS & set(changes)):
        moment = changes[name]
        if moment is not None and (not isinstance(moment, datetime) or moment.tzinfo is None):
            raise CaseRefused(f"{case.case_id}: {name} must be an instant with its time zone; got {moment!r}")
    empty = [name for name in ("status", "title") if name in changes and not changes[name]]
    if empty:
        raise CaseRefused(f"{case.case_id}: {', '.join(empty)} must not be empty")


def with_consequences(
    session: Session, case: CaseRow, fields: Mapping[str, Any], *, now: datetime, template: CaseTemplate | None
) -> tuple[str, dict[str, Any]]:
    """The kind of event and all fields that an edit sets: a status decides whether the case is open.

    Raises: CaseRefused when reopening would make a second open case of the same reason.
    """
    if "status" not in fields:
        return "edited", dict(fields)
    closing = template.closed_statuses if template is not None else _CLOSED_WORDS
    is_open = fields["status"] not in closing
    if is_open == case.is_open:
        return "edited", dict(fields)
    if not is_open:
        return "closed", {**fields, "is_open": False, "closed_at": now}
    twin = open_case_id(session, case.customer_id, case.template_id, case.reason_key)
    if twin is not None:
        raise CaseRefused(f"{case.case_id} cannot be reopened: {twin} is open for the same reason; continue there")
    return "reopened", {**fields, "is_open": True, "closed_at": None}


def open_case_id(session: Session, customer_id: str, template_id: str, reason_key: str) -> str | None:
    """The open case of this customer, template and reason, if there is one."""
    return session.scalar(
        select(CaseRow.case_id).where(
            CaseRow.customer_id == customer_id,
            CaseRow.template_id == template_id,
            CaseRow.reason_key == reason_key,
            CaseRow.is_open,
        )
    )


def changed_since(session: Session, case_id: str, version: int) -> dict[str, CaseEventRow]:
    """Fields set after a version, each with the last event that set it."""
    statement = (
        select(CaseEventRow)
        .where(CaseEventRow.case_id == case_id, CaseEventRow.row_version > version)
        .order_by(CaseEventRow.number)
    )
    return {name: event for event in session.scalars(statement) for name in (event.after or {})}


def keep_both_sides(session: Session, case: CaseRow, wanted: Mapping[str, Any], author: Author) -> None:
    """Record what an edit wanted and did not get. The same refused edit again adds nothing."""
    refused = to_json(wanted)
    earlier = select(CaseEventRow).where(
        CaseEventRow.case_id == case.case_id,
        CaseEventRow.kind == "conflict",
        CaseEventRow.who == author.who,
        CaseEventRow.base_version == author.base_version,
    )
    if any(event.refused == refused for event in session.scalars(earlier)):
        return
    standing = {name: getattr(case, name) for name in wanted}
    append(session, case.case_id, "conflict", author, row_version=case.row_version, before=standing, refused=wanted)


def free_id(session: Session, wanted: str) -> str:
    """`wanted`, or with a number when an earlier case of the same reason (or hash) bears it."""
    case_id, number = wanted, 1
    while session.get(CaseRow, case_id) is not None:
        number += 1
        case_id = f"{wanted}-{number}"
    return case_id


def differs(standing: Any, wanted: Any) -> bool:
    """Whether a field would change; empty text and no value are the same thing in a workbook."""
    return (standing if standing != "" else None) != (wanted if wanted != "" else None)
