"""Single rows for stories: a ticket, an answer, a deal, complete and with ids that chance never gives."""

from __future__ import annotations

import numpy as np

from extract.demo.book import Block
from extract.demo.timeline import DAY, HOUR, NEVER

Row = dict[str, object]


def _number(block: Block, row: int, turn: int) -> str:
    return f"9{block.number:02d}{row:05d}{turn:02d}"


def ticket_row(block: Block, row: int, turn: int, opened: int, *, severity: int, hours: float, handoffs: int) -> Row:
    """A ticket that is answered after a tenth of its life and never escalated, unless the story says so."""
    length = int(hours * HOUR)
    product = block.customers.product_line.iloc[row]
    return {
        "i": row,
        "customer_id": block.ids[row],
        "ticket_id": _number(block, row, turn),
        "contact_id": block.contacts.contact_id.iloc[block.contact_start[row]],
        "opened_at": opened,
        "first_response_at": opened + length // 10,
        "resolved_at": opened + length,
        "closed_at": opened + length + 2 * DAY,
        "escalated_at": NEVER,
        "severity": severity,
        "product": product,
        "channel": "portal",
        "category": "hardware",
        "reopened_count": 0,
        "handoff_count": handoffs,
        "csat_score": np.nan,
        "subject": f"Slow response on {product}",
        "description": "The same fault as last week. Nobody could say when it would be solved.",
    }


def answer_row(
    block: Block, row: int, sent: int, answered: int, *, score: int, comment: str | None, turn: int = 0
) -> Row:
    """One answer to the relationship survey, by the key contact (turn 0) or the second one (turn 1)."""
    return {
        "i": row,
        "customer_id": block.ids[row],
        "response_id": f"R-{_number(block, row, turn)}-{sent // DAY}",
        "kind": "nps",
        "touchpoint": "relationship",
        "sent_at": sent,
        "contact_id": block.contacts.contact_id.iloc[block.contact_start[row] + turn],
        "ticket_id": None,
        "question": "How likely are you to recommend Borealis Storage to a colleague?",
        "answered_at": answered,
        "score": float(score),
        "scale_min": 0,
        "scale_max": 10,
        "comment": comment,
        "language": "en",
    }


def deal_row(
    block: Block, row: int, turn: int, *, kind: str, status: str, begun: int, planned: int, closed: int
) -> Row:
    """A deal of a tenth of the customer's yearly revenue; a lost one went to a competitor."""
    is_lost = status == "lost"
    names = {"renewal": "Add-on renewal", "expansion": "Capacity expansion", "service": "Migration service"}
    return {
        "i": row,
        "customer_id": block.ids[row],
        "deal_id": f"D-{_number(block, row, turn)}",
        "name": names[kind],
        "kind": kind,
        "status": status,
        "amount": round(float(block.customers.annual_revenue_amount.iloc[row]) * 0.1, 2),
        "created_at": begun,
        "planned_close": planned // DAY * DAY,
        "closed_at": closed,
        "competitor": "Zephyr Data" if is_lost else None,
        "lost_reason": "service quality" if is_lost else None,
        "currency": block.customers.currency.iloc[row],
        "owner_id": block.owners.sales.iloc[row],
    }


def note_row(block: Block, row: int, turn: int, given: int, *, score: int, comment: str) -> Row:
    """A grade of the account by its owner in Sales."""
    return {
        "i": row,
        "customer_id": block.ids[row],
        "feedback_id": f"F-{_number(block, row, turn)}",
        "author_id": block.owners.sales.iloc[row],
        "given_at": given,
        "perceived_quality_score": float(score),
        "comment": comment,
        "competitor": None,
    }
