"""The workbook of one case, which goes with the mail that opens it and with the receipt of what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from contracts.casework import Seat
from contracts.exchange import Attachment, WorkbookToken
from flows.readers import last_week
from flows.run import Run
from reporting.workbook.book import CaseBook, render_case_workbook
from reporting.workbook.case import case_line

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def case_book(
    run: Run,
    row: Mapping[Any, Any],
    team: Sequence[Seat],
    *,
    person_id: str,
    names: Mapping[str, str],
    accounts: Mapping[str, str],
) -> Attachment:
    """The workbook of the case in this row of CASES or SEGMENT_CASES, for somebody of its team.

    It shows what the case says and no scores, and offers the team alone as owners: a partner reads it too.
    """
    inputs, _ = last_week(run)
    case_id = str(row["case_id"])
    template = next((t for t in run.policy.case_templates if t.id == row["template_id"]), None)
    owner = row["owner_id"] if isinstance(row["owner_id"], str) else None
    subject = str(row.get("customer_id") or row.get("segment") or "")
    line = case_line(
        row,
        account=accounts.get(subject, subject),
        owner=names.get(owner or "", owner or ""),
        as_of=run.clock(),
        zone=run.settings.zone,
    )
    book = CaseBook(
        case=line,
        organization=run.settings.file.organization,
        title=line.title,
        week=inputs.week,
        as_of=run.clock(),
        zone=run.settings.zone,
        statuses=tuple(template.statuses if template else ("open", "pending", "closed")),
        people=tuple(
            (p, names.get(p, p)) for p in sorted({s.person_id for s in team if s.person_id} | {owner or ""}) if p
        ),
        is_acknowledged=not pd.isna(row["acknowledged_at"]),
    )
    key = run.settings.token_key
    token = WorkbookToken("", person_id, inputs.week, inputs.revision, case_id).signed(key)
    content = render_case_workbook(book, token=token, key=key)
    return Attachment(f"{case_id}.xlsx", XLSX, content)
