"""The workbook of one case, which goes with the mail that opens it and with the receipt of what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from contracts.book import Book
from contracts.casework import MEMBER, Seat
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
    week: str | None = None,
) -> Attachment:
    """The workbook of the case in this row of CASES or SEGMENT_CASES, for somebody of its team.

    It shows what the case says and no scores, and offers the team alone as owners: a partner reads it too.

    Args:
        week: in which it is made; the last published one, unless a run before the first publication says its own.
    """
    week, revision = (week, 0) if week else _published(run)
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
        week=week,
        as_of=run.clock(),
        zone=run.settings.zone,
        statuses=tuple(template.statuses if template else ("open", "pending", "closed")),
        people=tuple(
            (p, names.get(p, p)) for p in sorted({s.person_id for s in team if s.person_id} | {owner or ""}) if p
        ),
        is_acknowledged=not pd.isna(row["acknowledged_at"]),
    )
    key = run.settings.token_key
    token = WorkbookToken("", person_id, week, revision, case_id).signed(key)
    content = render_case_workbook(book, token=token, key=key)
    return Attachment(f"{case_id}.xlsx", XLSX, content)


def named_case_book(run: Run, book: Book, case_id: str | None, person_id: str) -> tuple[Attachment, ...]:
    """The workbook of the case that an alert names, for whoever is alerted; nothing where the alert names none.

    The case may open in the very transaction that queues the alert: it is offered to the account's team.
    """
    cases = book.frame("cases")
    rows = cases[cases["case_id"] == case_id].to_dict("records")
    if len(rows) != 1:
        # the id of an earlier case of the same reason: only the ledger knows the new one's
        return ()
    people, known, assigned = book.frame("people"), book.frame("customer_facts"), book.frame("assignments")
    team = assigned.loc[assigned["customer_id"] == rows[0]["customer_id"], "person_id"]
    return (
        case_book(
            run,
            rows[0],
            [Seat("", MEMBER, str(person)) for person in team],
            person_id=person_id,
            names=dict(zip(people["person_id"], people["name"], strict=True)),
            accounts=dict(zip(known["customer_id"], known["name"], strict=True)),
            week=book.facts.week,
        ),
    )


def _published(run: Run) -> tuple[str, int]:
    inputs, _ = last_week(run)
    return inputs.week, inputs.revision
