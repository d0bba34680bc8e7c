"""The planted stories: what happened to single customers, written over the facts that chance gave them."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from extract.demo.book import Block
from extract.demo.casting import Part
from extract.demo.scripted import answer_row, deal_row, note_row, ticket_row
from extract.demo.timeline import DAY, HOUR, MINUTE, NEVER, rows_where

Facts = dict[str, pd.DataFrame]

_FLAPPING_HOURS = 66.0
SILENT_DAYS = 122
"""How long the silent customer has been silent at the end of the last week."""
_OUTAGE_WORDS = "Production array down, all hosts lost their paths. Payroll runs tonight. Call +44 20 7946 0911."
_DETRACTOR_WORDS = "Three hand-offs in one week and still no fix. Nobody owns our case. I cannot recommend you now."


def tell_stories(block: Block, facts: Facts) -> Facts:
    """The facts of a block with its stories written in; no other customer's row changes."""
    for part, write in _WRITERS.items():
        for row in block.rows_of(part).tolist():
            facts = facts | write(block, facts, row)
    return facts


def _outage(block: Block, facts: Facts, row: int) -> Facts:
    """A happy account: on the Wednesday of the last week its production stops, and the week ends without a fix."""
    opened = block.line.at(-1, day=2, hour=9.2)
    ticket = ticket_row(block, row, 1, opened, severity=1, hours=(block.line.end - opened) / HOUR + 19, handoffs=2) | {
        "first_response_at": opened + 11 * MINUTE,
        "escalated_at": opened + 2 * HOUR,
        "channel": "phone",
        "subject": "Production down: all hosts lost their paths",
        "description": _OUTAGE_WORDS,
    }
    return {"tickets": _with_rows(facts["tickets"], [ticket], "opened_at")}


def _silence(block: Block, facts: Facts, row: int) -> Facts:
    """No ticket, answer, call or account note for SILENT_DAYS; invitations still go out. The last sign is a note."""
    since = block.line.end - SILENT_DAYS * DAY
    surveys = facts["surveys"].copy()
    mine = surveys.i.to_numpy() == row
    surveys.loc[mine & (surveys.answered_at.to_numpy() >= since), "answered_at"] = NEVER
    unasked = mine & (surveys.touchpoint.to_numpy() != "relationship") & (surveys.sent_at.to_numpy() >= since)
    note = note_row(block, row, 0, since + 10 * HOUR, score=4, comment="Yearly review held, next contact in autumn.")
    kept = _without(facts["account_feedback"], row, "given_at", since)
    return {
        "tickets": _without(facts["tickets"], row, "opened_at", since),
        "account_feedback": _with_rows(kept, [note], "given_at"),
        "surveys": surveys[~unasked].reset_index(drop=True),
    }


def _key_detractor(block: Block, facts: Facts, row: int) -> Facts:
    """The key contact of a key account, long content, answers 2 of 10 on the Thursday of the last week."""
    sent = block.line.at(-1, day=1, hour=9)
    answer = answer_row(block, row, sent, block.line.at(-1, day=3, hour=15.5), score=2, comment=_DETRACTOR_WORDS)
    kept = _without(facts["surveys"], row, "sent_at", sent - 28 * DAY)
    return {"surveys": _with_rows(kept, [answer], "sent_at")}


def _sliding(block: Block, facts: Facts, row: int) -> Facts:
    """Six weeks of worse service and worse answers; in the last week three deals are lost, a renewal among them."""
    line = block.line
    tickets, answers = [], []
    for step, week in enumerate(range(-5, 0)):
        for turn in range(2):
            opened = line.at(week, day=turn * 2, hour=9 + turn)
            ticket = ticket_row(
                block, row, 10 + 2 * step + turn, opened, severity=2 + turn, hours=30 + 12 * step, handoffs=3 + turn
            )
            tickets.append(ticket | {"csat_score": 2.0 - turn, "escalated_at": opened + 4 * HOUR if turn else NEVER})
        sent = line.at(week, day=0, hour=8)
        words = _DETRACTOR_WORDS if week == -1 else None
        answers.append(
            answer_row(
                block,
                row,
                sent,
                line.at(week, day=3, hour=11),
                score=(8, 7, 5, 3, 2)[step],
                comment=words,
                turn=step % 2,
            )
        )
    lost = [
        deal_row(
            block,
            row,
            turn,
            kind=kind,
            status="lost",
            begun=line.at(-12),
            planned=line.at(-1),
            closed=line.at(-1, day=turn + 1),
        )
        for turn, kind in enumerate(("renewal", "expansion", "service"))
    ]
    return {
        "tickets": _with_rows(facts["tickets"], tickets, "opened_at"),
        "surveys": _with_rows(_without(facts["surveys"], row, "sent_at", line.at(-6)), answers, "sent_at"),
        "deals": _with_rows(_own_sales_gone(block, facts["deals"], row), _won_before(block, row) + lost, "created_at"),
    }


def _deals_dying(block: Block, facts: Facts, row: int) -> Facts:
    """Answers stay fine while closing dates move on; three deals are lost in the week before the last."""
    line = block.line
    lost = [
        deal_row(
            block,
            row,
            turn,
            kind=kind,
            status="lost",
            begun=line.at(-20),
            planned=line.at(-7),
            closed=line.at(-2, day=turn),
        )
        for turn, kind in enumerate(("renewal", "expansion", "expansion"))
    ]
    deals = _with_rows(_own_sales_gone(block, facts["deals"], row), _won_before(block, row) + lost, "created_at")
    slips = (deals.i.to_numpy() == row) & (deals.closed_at.to_numpy() > line.end)
    deals.loc[slips, "planned_close"] = line.at(-5, hour=0) // DAY * DAY
    return {"deals": deals}


def _flapping(block: Block, facts: Facts, row: int) -> Facts:
    """A year of the same middling week, so that the score stays near its line and only the latest answer moves it."""
    line = block.line
    tickets, answers, notes = [], [], []
    for ago in range(1, min(52, line.count)):
        ticket = ticket_row(block, row, ago, line.at(-ago, day=1), severity=3, hours=_FLAPPING_HOURS, handoffs=ago % 2)
        tickets.append(ticket | {"csat_score": 4.0})
        score = (7, 6, 8, 7)[ago % 4]
        answers.append(
            answer_row(block, row, line.at(-ago), line.at(-ago, day=2), score=score, comment=None, turn=ago % 2)
        )
        if ago % 4 == 0:
            notes.append(
                note_row(
                    block, row, ago, line.at(-ago, day=3), score=3 + (ago // 4) % 2, comment="Neither warm nor cold."
                )
            )
    since = line.at(-min(52, line.count))
    return {
        "tickets": _with_rows(_without(facts["tickets"], row, "opened_at", since), tickets, "opened_at"),
        "surveys": _with_rows(_without(facts["surveys"], row, "sent_at", since), answers, "sent_at"),
        "account_feedback": _with_rows(_without(facts["account_feedback"], row, "given_at", since), notes, "given_at"),
        "projects": _without(facts["projects"], row, "started_on", since - 200 * DAY),
    }


def _recovering(block: Block, facts: Facts, row: int) -> Facts:
    """Bad answers for most of a year; then service mends and both contacts say so week after week."""
    line = block.line
    begins = min(40, line.count)
    answers = [
        answer_row(block, row, line.at(-ago), line.at(-ago, day=2), score=3 + ago % 3, comment=None, turn=ago % 2)
        for ago in range(8, begins, 4)
    ]
    for ago in range(1, 7):
        for turn, score in enumerate((10, 9)):
            answers.append(
                answer_row(block, row, line.at(-ago), line.at(-ago, day=2), score=score, comment=None, turn=turn)
            )
    return {"surveys": _with_rows(_without(facts["surveys"], row, "sent_at", line.at(-begins)), answers, "sent_at")}


def _own_sales_gone(block: Block, deals: pd.DataFrame, row: int) -> pd.DataFrame:
    """Without what chance sold to this customer in the last 60 weeks; support renewals stay."""
    mine = (deals.i.to_numpy() == row) & (deals["name"].to_numpy() != "Support renewal")
    recent = deals.closed_at.to_numpy() >= block.line.end - 420 * DAY
    return rows_where(deals, ~(mine & recent))


def _won_before(block: Block, row: int) -> list[dict[str, object]]:
    at = block.line.at
    return [
        deal_row(
            block,
            row,
            5 + turn,
            kind="expansion",
            status="won",
            begun=at(begun),
            planned=at(begun + 10),
            closed=at(begun + 9),
        )
        for turn, begun in enumerate((-45, -30))
        if -begun < block.line.count
    ]


def _with_rows(frame: pd.DataFrame, rows: list[dict[str, object]], order: str) -> pd.DataFrame:
    added = pd.concat(
        [frame, pd.DataFrame(rows)[list(frame.columns)].astype(frame.dtypes.to_dict())], ignore_index=True
    )
    return added.sort_values([order, "customer_id"], kind="stable", ignore_index=True)


def _without(frame: pd.DataFrame, row: int, column: str, since: int) -> pd.DataFrame:
    gone = (frame.i.to_numpy() == row) & (frame[column].to_numpy() >= since)
    return rows_where(frame, ~gone)


_WRITERS: dict[Part, Callable[[Block, Facts, int], Facts]] = {
    Part.OUTAGE: _outage,
    Part.SILENT: _silence,
    Part.KEY_DETRACTOR: _key_detractor,
    Part.SLIDING: _sliding,
    Part.FLAPPING: _flapping,
    Part.RECOVERING: _recovering,
    Part.DEALS_DYING: _deals_dying,
}
