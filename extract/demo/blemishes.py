"""A known handful of bad rows, so that the quarantine and the data-trust line are alive in the demo."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

from contracts.words import Reason
from extract.demo.book import Block
from extract.demo.timeline import Timeline

_WEEKS_AGO = 10
_Row = dict[str, Any]


def planted_at(line: Timeline) -> int:
    """When the bad rows were made: an export from before does not hold them."""
    return line.at(-1 - _WEEKS_AGO, day=1, hour=10)


def expected_quarantine(block: Block) -> list[dict[str, str]]:
    """What admission must refuse: export, key, column and reason of every planted bad row."""
    return [
        {"export": export, "row": str(next(iter(row.values()))), "column": column, "reason": reason.value}
        for export, rows in _bad_rows(block).items()
        for row, column, reason in rows
    ]


def near_misses(block: Block) -> list[dict[str, str]]:
    """Unknown keys and the customer that a person would match them with."""
    ids = block.customers.customer_id
    return [
        {"system": system, "source_key": key, "customer_id": str(ids[row])}
        for system, key, row in (
            ("helpdesk", _UNKNOWN_ORG, 2),
            ("survey", _misspelt(block), 4),
            ("erp", _UNKNOWN_ACCOUNT, 6),
        )
    ]


def with_bad_rows(export: str, rows: pa.Table, block: Block, *, begin: int, end: int) -> pa.Table:
    """The export with its planted bad rows at the end, if they were made in [begin, end)."""
    bad = [row for row, _, _ in _bad_rows(block).get(export, [])]
    if not bad or block.number or not begin <= planted_at(block.line) < end:
        return rows
    columns = {
        name: pa.array([row.get(name) for row in bad], rows.schema.field(name).type) for name in rows.column_names
    }
    return pa.concat_tables([rows, pa.table(columns, schema=rows.schema)])


def with_bad_records(export: str, rows: pd.DataFrame, block: Block, *, begin: int, end: int) -> pd.DataFrame:
    """Like `with_bad_rows`, for typed rows of the survey tool and the ERP."""
    bad = [row for row, _, _ in _bad_rows(block).get(export, [])]
    if not bad or block.number or not begin <= planted_at(block.line) < end:
        return rows
    return pd.concat(
        [rows, pd.DataFrame(bad, columns=list(rows.columns)).astype(rows.dtypes.to_dict())], ignore_index=True
    )


_UNKNOWN_ORG = "49900017"
_UNKNOWN_ACCOUNT = "ERP99900021"


def _misspelt(block: Block) -> str:
    return str(block.customers.domain[4]).replace("-", "", 1)


def _bad_rows(block: Block) -> dict[str, list[tuple[_Row, str, Reason]]]:
    """Export -> rows with the column that is wrong and why."""
    at = planted_at(block.line)
    when = str(pd.Timestamp(at, unit="us").strftime("%Y-%m-%dT%H:%M:%SZ"))
    day = when[:10]
    c = block.customers
    org = [str(number) for number in c.ticket_org[:8]]
    base: _Row = {
        "created_at": when,
        "updated_at": when,
        "priority": "normal",
        "status": "new",
        "escalated": "no",
        "reopens": "0",
        "group_hops": "0",
    }
    contact = block.contacts.iloc[0]
    return {
        "helpdesk/tickets": [
            (
                {
                    "id": "8800001",
                    "organization_id": org[0],
                    **base,
                    "created_at": "2026-02-31T25:61:00Z",
                    "subject": "Bad clock",
                },
                "created_at",
                Reason.NOT_A_DATE,
            ),
            (
                {"id": "8800002", "organization_id": org[1], **base, "satisfaction": "-2", "subject": "Odd score"},
                "satisfaction",
                Reason.OUT_OF_RANGE,
            ),
            (
                {
                    "id": "8800003",
                    "organization_id": _UNKNOWN_ORG,
                    "organization_name": f"{c['name'][2]} Holding",
                    **base,
                    "subject": "New office",
                },
                "organization_id",
                Reason.UNMATCHED_KEY,
            ),
        ],
        "survey/responses": [
            (
                {
                    "Response": "R-8800001",
                    "Domain": _misspelt(block),
                    "Company": c["name"][4],
                    "E-mail": f"it.0@{_misspelt(block)}",
                    "Survey": "nps",
                    "Touchpoint": "relationship",
                    "Question": "How likely are you to recommend Borealis Storage to a colleague?",
                    "Sent": at,
                    "Answered": at + 3_600_000_000,
                    "Changed": at + 3_600_000_000,
                    "Score": 9.0,
                    "Lowest": 0,
                    "Highest": 10,
                    "Comment": "Good so far.",
                    "Language": "en",
                },
                "Domain",
                Reason.UNMATCHED_KEY,
            ),
        ],
        "erp/invoices": [
            (
                {
                    "invoice_no": "INV8800001",
                    "account_no": _UNKNOWN_ACCOUNT,
                    "account_name": f"{c['name'][6]} (old)",
                    "issued": day,
                    "net_amount": 18_450.0,
                    "margin": 5_100.0,
                    "currency": "EUR",
                },
                "account_no",
                Reason.UNMATCHED_KEY,
            ),
        ],
        "crm/contacts": [
            (
                {
                    "Contact ID": contact.contact_id,
                    "Account ID": contact.customer_id,
                    "Full name": contact["name"],
                    "E-mail": contact.email,
                    "Function": "Former contact",
                    "Key contact": "no",
                },
                "Contact ID",
                Reason.DUPLICATE_KEY,
            ),
        ],
        "crm/feedback": [
            (
                {
                    "Feedback ID": "F-8800001",
                    "Account ID": c.customer_id[3],
                    "Author": block.owners.sales.iloc[3],
                    "Given": f"{day[8:]}.{day[5:7]}.{day[:4]} 10:00:00",
                    "Perceived quality": "9",
                    "Comment": "Typed in a hurry.",
                },
                "Perceived quality",
                Reason.OUT_OF_RANGE,
            ),
        ],
        "gps/projects": [
            (
                {
                    "Project": "PR-8800001",
                    "Account ID": c.customer_id[5],
                    "Title": "Site survey",
                    "Kind": "health check",
                    "Start": day,
                    "State": "running",
                    "Budget": "about 40k",
                    "Currency": "EUR",
                },
                "Budget",
                Reason.NOT_A_NUMBER,
            ),
        ],
    }
