"""Cases and suggested actions, ready to read: who, what, by when, and what is late."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from statistics import median
from types import SimpleNamespace

from contracts.words import BusinessUnit, Zone
from reporting import formats
from reporting.ground import Ground, mark_of, zone_mark
from reporting.models.pack import ActionLine, CaseLine, Cases
from reporting.reading import calendar_day, local_day, rows, values

TOP_ACTIONS = 10
_LAST = 10**6  # a step without a place in its plan comes after those that have one
DUE_SOON = timedelta(days=2)
_DONE = frozenset({"done", "skipped"})


def case_lines(ground: Ground) -> tuple[CaseLine, ...]:
    """All cases of the audience: overdue first (oldest first), then by due date."""
    standing = _standing(ground)
    lines = [_case(row, ground, standing) for row in rows(ground.frame("cases"))]
    far = datetime.max.replace(tzinfo=UTC)
    return tuple(
        sorted(lines, key=lambda c: (not c.is_open, not c.is_overdue, -c.overdue_days, c.due_at or far, c.case_id))
    )


def _standing(ground: Ground) -> dict[str, SimpleNamespace]:
    columns = ["customer_id", "name", "state", "zone", "before_zone", "revenue_amount"]
    found = {row.customer_id: row for row in rows(ground.accounts, columns)}
    known = ground.frame("customer_facts")
    for customer, name in zip(known["customer_id"], values(known["name"]), strict=True):
        found.setdefault(
            customer,
            SimpleNamespace(
                customer_id=customer, name=name, state="left", zone=None, before_zone=None, revenue_amount=None
            ),
        )
    return found


def _stranger(customer_id: str) -> SimpleNamespace:
    return SimpleNamespace(
        customer_id=customer_id, name=customer_id, state=None, zone=None, before_zone=None, revenue_amount=None
    )


def _case(row: SimpleNamespace, ground: Ground, standing: dict[str, SimpleNamespace]) -> CaseLine:
    as_of = ground.book.facts.as_of
    who = standing.get(row.customer_id) or _stranger(row.customer_id)
    late = row.is_open and row.due_at is not None and row.due_at < as_of
    overdue_days = max(1, math.ceil((as_of - row.due_at).total_seconds() / 86_400)) if late else 0
    due = local_day(row.due_at, ground.zone)
    if not row.is_open:
        text = f"Closed {formats.day(local_day(row.closed_at, ground.zone))}" if row.closed_at else "Closed"
    elif late:
        text = f"Overdue {formats.figures(overdue_days, 'day')}"
    else:
        text = f"Due {formats.day(due)}" if due else "No due date"
    return CaseLine(
        case_id=row.case_id,
        row_version=int(row.row_version),
        customer_id=row.customer_id,
        name=str(who.name),
        mark=mark_of(who.state, who.zone),
        title=_without_name(row.title, str(who.name)),
        category=row.category or "",
        severity=row.severity or "",
        status=row.status,
        is_open=bool(row.is_open),
        owner_id=row.owner_id,
        owner=ground.person(row.owner_id),
        opened_at=row.opened_at,
        opened_text=formats.day_near(local_day(row.opened_at, ground.zone), ground.today),
        age_days=max(0, (as_of - row.opened_at).days),
        due_at=row.due_at,
        due_text=text,
        is_overdue=bool(late),
        overdue_days=overdue_days,
        closed_at=row.closed_at,
        escalation_step=int(row.escalation_step),
        outcome=row.outcome or "",
        note=row.note or "",
        page=ground.page(row.customer_id),
        acknowledged_text=formats.day_near(local_day(row.acknowledged_at, ground.zone), ground.today)
        if row.acknowledged_at is not None
        else "",
    )


def _without_name(title: str, name: str) -> str:
    """What the case is about; the account's name stands beside it everywhere a case is shown."""
    rest = title.removeprefix(name).lstrip(": ") if title.startswith(name) else title
    return formats.capital(rest) if rest else title


def is_due_soon(case: CaseLine, as_of: datetime) -> bool:
    return case.is_open and not case.is_overdue and case.due_at is not None and case.due_at <= as_of + DUE_SOON


def cases(ground: Ground, lines: tuple[CaseLine, ...]) -> Cases:
    """The state of follow-up with the two sentences that say it."""
    as_of = ground.book.facts.as_of
    week_began = as_of - timedelta(days=7)
    opened = tuple(case for case in lines if case.is_open)
    overdue = tuple(case for case in opened if case.is_overdue)
    closed = [case for case in lines if not case.is_open and case.closed_at is not None]
    recent = [case for case in closed if case.closed_at and case.closed_at >= as_of - timedelta(days=90)]
    spans = [(case.closed_at - case.opened_at).total_seconds() / 86_400 for case in recent if case.closed_at]
    return Cases(
        open=opened,
        overdue=overdue,
        closed_this_week=tuple(case for case in closed if case.closed_at and case.closed_at >= week_began),
        opened_this_week_count=sum(case.opened_at >= week_began for case in lines),
        median_close_days=float(median(spans)) if spans else None,
        sentence=_case_sentence(opened, overdue, closed, ground),
        owner_sentence=_owner_sentence(opened, overdue),
    )


def _case_sentence(
    opened: tuple[CaseLine, ...], overdue: tuple[CaseLine, ...], closed: list[CaseLine], ground: Ground
) -> str:
    if not opened:
        newest = max((case.closed_at for case in closed if case.closed_at), default=None)
        day = local_day(newest, ground.zone)
        return f"No open case since {formats.day_near(day, ground.today)}." if day else "No case is open."
    verb = "is" if len(opened) == 1 else "are"
    late = f", {formats.count_word(len(overdue))} overdue" if overdue else ", none overdue"
    return formats.capital(f"{formats.counted(len(opened), 'case')} {verb} open{late}.")


def _owner_sentence(opened: tuple[CaseLine, ...], overdue: tuple[CaseLine, ...]) -> str:
    """Where the overdue cases sit, when one person holds at least half of two or more."""
    holders: dict[str, int] = {}
    for case in overdue:
        if case.owner:
            holders[case.owner] = holders.get(case.owner, 0) + 1
    if len(overdue) < 2 or not holders:
        return ""
    name, count = max(holders.items(), key=lambda item: (item[1], item[0]))
    if count * 2 < len(overdue):
        return ""
    load: dict[str, int] = {}
    for case in opened:
        if case.owner:
            load[case.owner] = load.get(case.owner, 0) + 1
    who = "All" if count == len(overdue) else formats.capital(formats.count_word(count))
    share = f"{who} of the {formats.count_word(len(overdue))} overdue cases are" if count < len(overdue) else (
        f"{who} {formats.count_word(len(overdue))} overdue cases are"
    )  # fmt: skip
    mean = sum(load.values()) / len(load)
    held = formats.figures(load[name], "open case")
    return f"{share} with {name}, who has {held}; the average is {formats.trimmed(mean)}."


def plan(ground: Ground) -> tuple[ActionLine, ...]:
    """Every suggested step, customers by priority (value at risk x chance to help), each customer's steps in order."""
    found = rows(ground.frame("actions"))
    standing = _standing(ground)
    order = {customer: step for step, customer in enumerate(ground.accounts["customer_id"])}
    worth: dict[str, float] = {}
    for row in found:
        worth[row.customer_id] = max(worth.get(row.customer_id, 0.0), row.priority_amount or 0.0)
    ranked = sorted(worth, key=lambda customer: (-worth[customer], order.get(customer, len(order)), customer))
    rank = {customer: step for step, customer in enumerate(ranked, start=1)}
    found.sort(key=lambda row: (rank[row.customer_id], row.plan_order or _LAST, row.step, row.action_id))
    # a later step is done for the reason its playbook was started for
    reasons = {(row.customer_id, row.playbook_id): row.reason for row in found if row.step == 1}
    return tuple(
        _action(
            row, ground, standing, rank[row.customer_id],
            why=reasons.get((row.customer_id, row.playbook_id), row.reason),
        )
        for row in found
    )  # fmt: skip


def _action(
    row: SimpleNamespace, ground: Ground, standing: dict[str, SimpleNamespace], rank: int, *, why: str
) -> ActionLine:
    who = standing.get(row.customer_id) or _stranger(row.customer_id)
    due = calendar_day(row.due_on)
    moved = who.before_zone is not None and who.zone is not None and who.before_zone != who.zone
    unit = BusinessUnit(row.business_unit).label if row.business_unit in tuple(BusinessUnit) else ""
    return ActionLine(
        action_id=row.action_id,
        rank=rank,
        customer_id=row.customer_id,
        name=str(who.name),
        revenue=ground.amount(who.revenue_amount),
        before=zone_mark(who.before_zone) if moved else None,
        mark=mark_of(who.state, who.zone),
        why=why,
        action=row.action,
        owner_id=row.owner_id,
        owner=ground.person(row.owner_id),
        unit=unit,
        due_on=due,
        due_text=formats.day(due),
        is_late=due is not None and due < ground.today and row.status not in _DONE,
        status=row.status,
        priority=ground.amount(row.priority_amount),
        playbook=f"{row.playbook_id} {row.playbook_version}".strip(),
        page=ground.page(row.customer_id),
        at_risk=ground.amount(row.value_at_risk_amount),
        chance_text=formats.percent(row.chance_to_help) if row.chance_to_help is not None else "",
        playbook_name=row.playbook_name or "",
    )


def top_actions(ground: Ground, steps: tuple[ActionLine, ...], keep: int = TOP_ACTIONS) -> tuple[ActionLine, ...]:
    """The first thing to do per account: of the reader's own unit when that unit has a step, else the first step.

    Accounts that turned Critical this week come first: they are the news, whatever they are worth.
    """
    unit = ground.audience.unit
    chosen: dict[str, ActionLine] = {}
    for step in steps:
        if step.status in _DONE:
            continue
        held = chosen.get(step.customer_id)
        if held is None or (unit and held.unit != unit.label and step.unit == unit.label):
            chosen[step.customer_id] = step
    return tuple(
        sorted(chosen.values(), key=lambda step: (not _turned_critical(step), step.rank, step.action_id))[:keep]
    )


def _turned_critical(step: ActionLine) -> bool:
    return step.before is not None and step.mark.zone is Zone.CRITICAL
