"""What the systems know at an instant: nothing from later. Open tickets are open, unanswered surveys unanswered."""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.words import CustomerStatus
from extract.demo.book import Block
from extract.demo.selling import STAGE_PROBABILITY, STAGES, expected_close, stage_of
from extract.demo.stories import Facts
from extract.demo.timeline import DAY, HOUR, MINUTE, NEVER, Instants, only

_SLA_HOURS = np.array([8.0, 24.0, 72.0, 120.0])
# tables whose rows appear at one instant and never change
_APPEAR = {
    "ticket_history": "changed_at",
    "deal_history": "changed_at",
    "invoices": "issued_on",
    "usage": "used_on",
    "account_feedback": "given_at",
    "transcripts": "started_at",
    "outcomes": "happened_on",
}


def known_facts(block: Block, facts: Facts, moment: int) -> Facts:
    """The facts of a block as their systems hold them at `moment` (exclusive, microseconds UTC).

    Columns as in the canonical tables, plus `i` and, for tickets, `updated_at`, for surveys `changed_at`.
    """
    seen = {name: _before(facts[name], column, moment) for name, column in _APPEAR.items()}
    return seen | {
        "customers": _customers(block, moment),
        "contacts": _blanked(
            facts["contacts"][(block.latent.since < moment)[facts["contacts"].i.to_numpy()]], moment, "left_on"
        ),
        "tickets": _tickets(_before(facts["tickets"], "opened_at", moment), moment),
        "deals": _deals(_before(facts["deals"], "created_at", moment), moment),
        "agreements": _blanked(_before(facts["agreements"], "start_on", moment), moment, "ended_on", "notice_on"),
        "install_base": _blanked(_before(facts["install_base"], "installed_on", moment), moment, "removed_on"),
        "projects": _projects(_before(facts["projects"], "started_on", moment), moment),
        "surveys": _surveys(_before(facts["surveys"], "sent_at", moment), moment),
    }


def _before(frame: pd.DataFrame, column: str, moment: int) -> pd.DataFrame:
    return frame[frame[column].to_numpy() < moment].reset_index(drop=True)


def _blanked(frame: pd.DataFrame, moment: int, *columns: str) -> pd.DataFrame:
    return frame.assign(**{name: _unless(frame[name].to_numpy(), moment) for name in columns})


def _unless(instants: Instants, moment: int) -> Instants:
    return np.where(instants < moment, instants, NEVER)


def _customers(block: Block, moment: int) -> pd.DataFrame:
    latent = block.latent
    has_left = latent.ended < moment
    in_notice = latent.gives_notice & (latent.decided < moment)
    status = np.select(
        [has_left, in_notice], [CustomerStatus.LEFT.value, CustomerStatus.NOTICE.value], CustomerStatus.ACTIVE.value
    )
    frame = block.customers.assign(
        i=np.arange(block.size), since_on=block.customers.since, status=status, ended_on=_unless(latent.ended, moment)
    )
    return frame[latent.since < moment].reset_index(drop=True)


def _tickets(frame: pd.DataFrame, moment: int) -> pd.DataFrame:
    opened, resolved = frame.opened_at.to_numpy(), frame.resolved_at.to_numpy()
    is_resolved = resolved < moment
    share = (moment - opened) / np.maximum(resolved - opened, 1)
    all_handoffs = frame.handoff_count.to_numpy()
    handoffs = np.where(
        is_resolved, all_handoffs, np.minimum(all_handoffs, (share * (all_handoffs + 1)).astype(np.int64))
    )
    first = _unless(frame.first_response_at.to_numpy(), moment)
    closed, escalated = (_unless(frame[name].to_numpy(), moment) for name in ("closed_at", "escalated_at"))
    last_handoff = (
        opened + ((resolved - opened) * (handoffs / (all_handoffs + 1))).astype(np.int64) // 1_000_000 * 1_000_000
    )
    steps = (opened, first, escalated, closed, np.where(is_resolved, resolved, NEVER), last_handoff)
    hours = (resolved - opened) / HOUR
    target = _SLA_HOURS[frame.severity.to_numpy() - 1]
    return frame.assign(
        first_response_at=first,
        resolved_at=_unless(resolved, moment),
        closed_at=closed,
        first_response_minutes=np.where(first < NEVER, (first - opened) / MINUTE, np.nan),
        resolve_hours=np.where(is_resolved, hours, np.nan),
        state=np.select([closed < NEVER, is_resolved, first < NEVER], ["closed", "solved", "open"], "new"),
        is_escalated=escalated < NEVER,
        reopened_count=np.where(is_resolved, frame.reopened_count, 0),
        handoff_count=handoffs,
        is_sla_met=pd.Series(only(is_resolved, hours <= target), dtype="boolean"),
        csat_score=np.where(is_resolved, frame.csat_score, np.nan),
        updated_at=np.max([np.where(step < NEVER, step, 0) for step in steps], axis=0),
    )


def _deals(frame: pd.DataFrame, moment: int) -> pd.DataFrame:
    is_closed = frame.closed_at.to_numpy() < moment
    stage = stage_of(frame, np.full(len(frame), moment))
    won = frame.status.to_numpy() == "won"
    words = np.where(is_closed, np.where(won, "Closed won", "Closed lost"), np.array(STAGES, dtype=object)[stage])
    chance = np.where(is_closed, won.astype(float), np.array(STAGE_PROBABILITY)[stage])
    return frame.assign(
        stage=words,
        status=np.where(is_closed, frame.status, "open"),
        probability_share=chance,
        expected_close_on=np.where(is_closed, frame.closed_at // DAY * DAY, expected_close(frame, moment)),
        closed_at=_unless(frame.closed_at.to_numpy(), moment),
        competitor=only(is_closed, frame.competitor),
        lost_reason=only(is_closed, frame.lost_reason),
    )


def _projects(frame: pd.DataFrame, moment: int) -> pd.DataFrame:
    started, actual = frame.started_on.to_numpy(), frame.actual_end_on.to_numpy()
    is_done = actual < moment
    progress = np.where(is_done, 1.0, ((moment - started) / np.maximum(actual - started, DAY)).clip(0, 0.98)).round(2)
    late = ~is_done & (frame.planned_end_on.to_numpy() < moment)
    return frame.assign(
        actual_end_on=_unless(actual, moment),
        status=np.select([is_done, late], ["done", "late"], "running"),
        progress_share=progress,
        spent_amount=(frame.budget_amount * (1 + frame.overrun_share) * progress).round(2),
    )


def _surveys(frame: pd.DataFrame, moment: int) -> pd.DataFrame:
    is_answered = frame.answered_at.to_numpy() < moment
    return frame.assign(
        answered_at=_unless(frame.answered_at.to_numpy(), moment),
        score=np.where(is_answered, frame.score, np.nan),
        comment=only(is_answered, frame.comment),
        changed_at=np.where(is_answered, frame.answered_at, frame.sent_at),
    )
