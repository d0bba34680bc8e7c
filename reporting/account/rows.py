"""The account table: at most 2,000 rows by priority, the totals of the rest said."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Literal

from contracts.words import PlacementState
from reporting import formats
from reporting.ground import Ground, change_of, mark_of, zone_mark
from reporting.models.pack import AccountRow, Accounts, ActionLine, CaseLine
from reporting.reading import calendar_day, rows, total
from reporting.sections.followup import is_due_soon

ROW_LIMIT = 2_000

CaseState = Literal["none", "open", "due_soon", "overdue", "closed"]


def accounts(
    ground: Ground, cases: Sequence[CaseLine], steps: Sequence[ActionLine], *, limit: int = ROW_LIMIT
) -> Accounts:
    """Rows in order of priority; `rest_sentence` says what was left out, or is empty."""
    by_customer: dict[str, list[CaseLine]] = {}
    for case in cases:
        by_customer.setdefault(case.customer_id, []).append(case)
    first_step: dict[str, ActionLine] = {}
    for step in steps:
        first_step.setdefault(step.customer_id, step)
    shown, rest = ground.accounts.head(limit), ground.accounts.iloc[limit:]
    largest = float(ground.accounts["revenue_amount"].max()) if len(ground.accounts) else 0.0
    found = tuple(
        _row(row, rank, ground, by_customer.get(row.customer_id, []), first_step.get(row.customer_id), largest)
        for rank, row in enumerate(rows(shown), start=1)
    )
    whole = ground.amount(total(ground.accounts["revenue_amount"]))
    beyond = ground.amount(total(rest["revenue_amount"]))
    sentence = ""
    if len(rest):
        money = f" with {beyond.text} of yearly revenue" if beyond.value is not None else ""
        sentence = (
            f"Shown: the first {formats.number(len(shown))} of {formats.number(len(ground.accounts))} accounts "
            f"by priority. The other {formats.number(len(rest))}{money} are in every total."
        )
    owners = tuple(sorted({row.owner for row in found if row.owner}))
    return Accounts(found, len(ground.accounts), whole, len(rest), beyond, sentence, owners)


def _row(
    row: SimpleNamespace,
    rank: int,
    ground: Ground,
    cases: Sequence[CaseLine],
    step: ActionLine | None,
    largest: float,
) -> AccountRow:
    noise = ground.book.facts.dead_band
    owner_id, owner = ground.owner(row.customer_id)
    case, text, state = _case_cell(cases, ground)
    renewal = calendar_day(row.renewal_on)
    moved = row.direction in ("better", "worse")
    money = ground.amount(row.revenue_amount)
    return AccountRow(
        rank=rank,
        customer_id=row.customer_id,
        name=str(row.name),
        subtitle=" · ".join(part for part in (row.country or row.region, owner) if part),
        tier=row.tier or "",
        region=row.region or "",
        country=row.country or "",
        status=row.status or "",
        state=PlacementState(row.state),
        mark=mark_of(row.state, row.zone),
        before=zone_mark(row.before_zone) if moved else None,
        direction=row.direction,
        loyalty=row.loyalty,
        retention=row.retention,
        loyalty_change=change_of(row.before_loyalty, row.loyalty, noise=noise),
        retention_change=change_of(row.before_retention, row.retention, noise=ground.book.facts.retention_noise),
        coverage_share=min(row.loyalty_coverage or 0.0, row.retention_coverage or 0.0),
        is_borderline=bool(row.is_borderline),
        revenue=money,
        revenue_share=(money.value / largest) if money.value and largest > 0 else 0.0,
        renewal_on=renewal,
        renewal_text=formats.day_near(renewal, ground.today),
        owner_id=owner_id,
        owner=owner,
        case_id=case,
        case_text=text,
        case_state=state,
        next_action=step.action if step else "",
        page=ground.page(row.customer_id),
    )


def _case_cell(cases: Sequence[CaseLine], ground: Ground) -> tuple[str, str, CaseState]:
    """The case that matters most: overdue, then the next due; else that one was closed this week."""
    as_of = ground.book.facts.as_of
    opened = [case for case in cases if case.is_open]
    if opened:
        case = opened[0]
        more = f" (+{len(opened) - 1})" if len(opened) > 1 else ""
        if case.is_overdue:
            return f"{case.case_id}{more}", case.due_text, "overdue"
        return f"{case.case_id}{more}", case.due_text, "due_soon" if is_due_soon(case, as_of) else "open"
    fresh = [case for case in cases if case.closed_at and (as_of - case.closed_at).days < 7]
    return (fresh[0].case_id, "Closed this week", "closed") if fresh else ("", "No open case", "none")
