"""A case as its own mails and its workbook show it: what the case says, and nothing that we measure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from reporting.formats import day
from reporting.models.pack import CaseLine, Mark
from reporting.reading import local_day

_UNSAID = Mark("x", "", "")


def case_line(row: Mapping[Any, Any], *, account: str, owner: str, as_of: datetime, zone: ZoneInfo) -> CaseLine:
    """The line of a case.

    Args:
        row: a row of CASES or SEGMENT_CASES.
        account: the customer's name, or the segment.
    """
    known: dict[str, Any] = {str(name): None if _is_nothing(value) else value for name, value in row.items()}
    due, opened = known["due_at"], known["opened_at"]
    is_late = bool(known["is_open"]) and due is not None and due < as_of
    return CaseLine(
        case_id=known["case_id"],
        row_version=int(known["row_version"]),
        customer_id=known.get("customer_id") or "",
        name=account,
        mark=_UNSAID,
        title=known["title"],
        category=known["category"] or "",
        severity=known["severity"] or "",
        status=known["status"],
        is_open=bool(known["is_open"]),
        owner_id=known["owner_id"],
        owner=owner,
        opened_at=opened,
        opened_text=day(local_day(opened, zone)),
        age_days=max(0, (as_of - opened).days),
        due_at=due,
        due_text=day(local_day(due, zone)),
        is_overdue=is_late,
        overdue_days=max(1, (as_of - due).days) if is_late else 0,
        closed_at=known["closed_at"],
        escalation_step=int(known["escalation_step"]),
        outcome=known["outcome"] or "",
        note=known["note"] or "",
        page="",
    )


def _is_nothing(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))
