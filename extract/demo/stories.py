"""The planted stories: what happened to single customers, written over the facts that chance gave them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from extract.demo.book import Block
from extract.demo.casting import Part
from extract.demo.timeline import DAY, HOUR, MINUTE, NEVER

Facts = dict[str, pd.DataFrame]

SILENT_DAYS = 122
"""How long the silent customer has been silent at the end of the last week."""
_OUTAGE_WORDS = "Production array down, all hosts lost their paths. Payroll runs tonight. Call +44 20 7946 0911."
_DETRACTOR_WORDS = "Three hand-offs in one week and still no fix. Nobody owns our case. I cannot recommend you to anyone at the moment."


def tell_stories(block: Block, facts: Facts) -> Facts:
    """The facts of a block with its stories written in; no other customer's row changes."""
    for part, write in _WRITERS.items():
        for row in block.rows_of(part).tolist():
            facts = facts | write(block, facts, row)
    return facts


def _outage(block: Block, facts: Facts, row: int) -> Facts:
    """A happy account: on the Wednesday of the last week its production stops, and the week ends without a fix."""
    opened = block.line.at(-1, day=2, hour=9.2)
    ticket = {
        "i": row,
        "customer_id": block.ids[row],
        "ticket_id": f"9{block.number:02d}{row:05d}1",
        "contact_id": block.contacts.contact_id.iloc[block.contact_start[row]],
        "opened_at": opened,
        "first_response_at": opened + 11 * MINUTE,
        "resolved_at": block.line.end + 19 * HOUR,
        "closed_at": block.line.end + 3 * DAY,
        "escalated_at": opened + 2 * HOUR,
        "severity": 1,
        "product": block.customers.product_line.iloc[row],
        "channel": "phone",
        "category": "hardware",
        "reopened_count": 0,
        "handoff_count": 2,
        "csat_score": np.nan,
        "subject": "Production down: all hosts lost their paths",
        "description": _OUTAGE_WORDS,
    }
    return {"tickets": _with_rows(facts["tickets"], [ticket], "opened_at")}


def _silence(block: Block, facts: Facts, row: int) -> Facts:
    """No ticket, no answer, no call, no feedback for SILENT_DAYS; invitations still go out."""
    since = block.line.end - SILENT_DAYS * DAY
    surveys = facts["surveys"].copy()
    mute = (surveys.i.to_numpy() == row) & (surveys.answered_at.to_numpy() >= since)
    surveys.loc[mute, "answered_at"] = NEVER
    return {
        "tickets": _without(facts["tickets"], row, "opened_at", since - 30 * DAY),
        "account_feedback": _without(facts["account_feedback"], row, "given_at", since),
        "surveys": surveys[
            ~(
                (surveys.i.to_numpy() == row)
                & (surveys.touchpoint.to_numpy() != "relationship")
                & (surveys.sent_at.to_numpy() >= since)
            )
        ],
    }


def _key_detractor(block: Block, facts: Facts, row: int) -> Facts:
    """The key contact of a key account, long content, answers 2 of 10 on the Thursday of the last week."""
    sent = block.line.at(-1, day=1, hour=9)
    answer = _answer(block, row, sent, block.line.at(-1, day=3, hour=15.5), 2, _DETRACTOR_WORDS)
    kept = _without(facts["surveys"], row, "sent_at", sent - 28 * DAY)
    return {"surveys": _with_rows(kept, [answer], "sent_at")}


def _answer(
    block: Block, row: int, sent: int, answered: int, score: int, comment: str | None, turn: int = 0
) -> dict[str, object]:
    contact = block.contacts.contact_id.iloc[block.contact_start[row] + turn]
    return {
        "i": row,
        "customer_id": block.ids[row],
        "response_id": f"R-9{block.number:02d}{row:05d}-{sent // DAY}-{turn}",
        "kind": "nps",
        "touchpoint": "relationship",
        "sent_at": sent,
        "contact_id": contact,
        "ticket_id": None,
        "question": "How likely are you to recommend Borealis Storage to a colleague?",
        "answered_at": answered,
        "score": float(score),
        "scale_min": 0,
        "scale_max": 10,
        "comment": comment,
        "language": "en",
    }


def _with_rows(frame: pd.DataFrame, rows: list[dict[str, object]], order: str) -> pd.DataFrame:
    added = pd.concat(
        [frame, pd.DataFrame(rows)[list(frame.columns)].astype(frame.dtypes.to_dict())], ignore_index=True
    )
    return added.sort_values([order, "customer_id"], kind="stable", ignore_index=True)


def _without(frame: pd.DataFrame, row: int, column: str, since: int) -> pd.DataFrame:
    gone = (frame.i.to_numpy() == row) & (frame[column].to_numpy() >= since)
    return frame[~gone].reset_index(drop=True)


_WRITERS: dict[Part, Callable[[Block, Facts, int], Facts]] = {
    Part.OUTAGE: _outage,
    Part.SILENT: _silence,
    Part.KEY_DETRACTOR: _key_detractor,
}
