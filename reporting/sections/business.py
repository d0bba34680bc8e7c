"""The sections of one business unit: renewals and deals, problems and backlog, projects, next contacts."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pandas as pd

from contracts.words import PlacementState, Zone
from reporting import formats
from reporting.ground import GOOD_TO_BAD, INSUFFICIENT, Ground, mark_of, zone_mark
from reporting.models.pack import (
    ActionLine,
    CaseLine,
    Change,
    ContactLine,
    DealLine,
    Mark,
    ProblemLine,
    Problems,
    ProjectLine,
    Projects,
    Renewals,
    ZoneLine,
)
from reporting.reading import calendar_day, equal, flags, instants, local_day, numbers, rows, total
from reporting.sections.revenue import rates
from reporting.sections.tiles import RENEWAL_DAYS, due_renewals

LINES = 12
SEVERE_DAYS = 30
OLD_DAYS = 30
_QUIET = Change(None, None, "", "unknown")


def _marks(ground: Ground) -> dict[str, tuple[str, Mark]]:
    """Customer -> (name, mark)."""
    found = rows(ground.accounts, ["customer_id", "name", "state", "zone"])
    return {row.customer_id: (str(row.name), mark_of(row.state, row.zone)) for row in found}


# --- Sales ----------------------------------------------------------------------------------------


def renewals(ground: Ground) -> Renewals:
    """Renewals due in 90 days by zone, the most endangered first, and the open deals."""
    due = due_renewals(ground)
    due = due.assign(worth=due["renewal_amount"].fillna(due["revenue_amount"]))
    by_zone = []
    for mark in (*(zone_mark(zone) for zone in GOOD_TO_BAD), INSUFFICIENT):
        here = due.loc[(due["zone"] == mark.zone) if mark.zone else (due["state"] != PlacementState.PLACED)]
        share = formats.percent(len(here) / len(due)) if len(due) else "–"
        by_zone.append(ZoneLine(mark, len(here), ground.amount(total(here["worth"]) or 0.0), share, _QUIET))
    bad_first = {Zone.CRITICAL: 0, Zone.SOMEWHAT_LOYAL: 1, Zone.NEUTRAL: 2, Zone.VERY_LOYAL: 3}
    listed = sorted(rows(due), key=lambda row: (bad_first.get(row.zone, 4), row.due, row.customer_id))
    lines = tuple(_renewal(row, ground) for row in listed[:LINES])
    deals, late, open_count, amount, foreign = _open_deals(ground)
    whole, critical = total(due["worth"]), by_zone[3]
    sentence = f"{formats.capital(formats.counted(len(due), 'renewal'))} due in {RENEWAL_DAYS} days"
    if len(due) and ground.shows_money:
        sentence += f", {formats.money(whole, ground.currency)}"
    if critical.count:
        verb = "stands" if critical.count == 1 else "stand"
        money = f" ({critical.revenue.text})" if critical.revenue.value is not None else ""
        sentence += f"; {formats.count_word(critical.count)} of them {verb} in Critical{money}"
    said = f"{formats.capital(formats.counted(open_count, 'deal'))} open"
    if open_count and ground.shows_money:
        said += f", {formats.money(amount or 0.0, ground.currency)}"
        if foreign:
            said += f" and {formats.number(foreign)} in currencies without a rate, not summed"
    if late:
        said += f"; {formats.count_word(late)} past the expected close date"
    return Renewals(f"{sentence}.", tuple(by_zone), lines, deals, f"{said}.", late)


def _renewal(row: SimpleNamespace, ground: Ground) -> DealLine:
    due, worth = calendar_day(row.due), ground.amount(row.worth)
    return DealLine(
        row.customer_id, str(row.name), mark_of(row.state, row.zone), "Renewal", "renewal", "", worth,
        due, formats.day_near(due, ground.today), False, ground.owner(row.customer_id)[1], ground.page(row.customer_id),
    )  # fmt: skip


def _open_deals(ground: Ground) -> tuple[tuple[DealLine, ...], int, int, float | None, int]:
    frame, names = ground.frame("deals"), _marks(ground)
    frame = frame.loc[equal(frame["status"], "open")]
    frame = frame.loc[frame["customer_id"].isin(names)]
    today = pd.Timestamp(ground.today)
    late = (pd.to_datetime(frame["expected_close_on"]) < today).to_numpy(dtype=bool, na_value=False)
    rate = frame["currency"].astype(object).where(frame["currency"].notna(), ground.currency).map(rates(ground))
    worth = numbers(frame["amount"]) * rate.astype("float64")
    same = rate.notna().to_numpy(dtype=bool)
    ordered = frame.assign(late=late, size=worth).sort_values(
        ["late", "size", "deal_id"], ascending=[False, False, True], kind="stable"
    )
    lines = []
    for row in rows(ordered.head(LINES)):
        name, mark = names[row.customer_id]
        close = calendar_day(row.expected_close_on)
        owner = ground.person(row.owner_id) or ground.owner(row.customer_id)[1]
        money = ground.amount(row.size) if row.size is not None else ground.amount_in(row.amount, row.currency)
        lines.append(
            DealLine(
                row.customer_id, name, mark, row.name or row.deal_id, row.kind or "", row.stage or "", money, close,
                formats.day_near(close, ground.today), bool(row.late), owner, ground.page(row.customer_id),
            )
        )  # fmt: skip
    amount = total(ordered["size"])
    return tuple(lines), int(late.sum()), len(frame), amount, int((~same).sum())


# --- Customer Support -----------------------------------------------------------------------------


def problems(ground: Ground) -> Problems:
    """Open tickets by customer: severity 1 of the last 30 days first, then escalated, then the oldest."""
    frame, names = ground.frame("tickets"), _marks(ground)
    frame = frame.loc[frame["customer_id"].isin(names)]
    as_of = pd.Timestamp(ground.book.facts.as_of)
    opened = instants(frame["opened_at"])
    is_open = frame["resolved_at"].isna() & frame["closed_at"].isna()
    severe = (numbers(frame["severity"]) == 1) & (opened >= as_of - pd.Timedelta(days=SEVERE_DAYS))
    age = (as_of - opened).dt.days.where(is_open)
    facts = pd.DataFrame(
        {
            "customer_id": frame["customer_id"].astype(object),
            "open": is_open.astype(int),
            "severe": severe.astype(int),
            "escalated": (is_open & flags(frame["is_escalated"])).astype(int),
            "age": age,
            "old": (age > OLD_DAYS).astype(int),
        }
    )
    by_customer = facts.groupby("customer_id", sort=True).agg(
        open=("open", "sum"),
        severe=("severe", "sum"),
        escalated=("escalated", "sum"),
        age=("age", "max"),
        old=("old", "sum"),
    )
    live = by_customer.loc[(by_customer["open"] > 0) | (by_customer["severe"] > 0)].reset_index()
    live = live.sort_values(
        ["severe", "escalated", "age", "open", "customer_id"],
        ascending=[False, False, False, False, True],
        kind="stable",
    )
    newest = _newest_subjects(ground, frame.assign(opened=opened), list(live["customer_id"].head(LINES)))
    lines = []
    for row in rows(live.head(LINES)):
        name, mark = names[row.customer_id]
        lines.append(
            ProblemLine(
                row.customer_id, name, mark, int(row.open), int(row.severe), int(row.escalated), int(row.age or 0),
                newest.get(row.customer_id, ""), ground.page(row.customer_id),
            )
        )  # fmt: skip
    count, bad, old = int(facts["open"].sum()), int(facts["severe"].sum()), int(facts["old"].sum())
    verb = "is" if count in (0, 1) else "are"
    text = f"{formats.capital(formats.counted(count, 'ticket'))} {verb} open"
    if old:
        text += f", {formats.count_word(old)} for more than {OLD_DAYS} days"
    text += f"; {formats.counted(bad, 'severity-1 fault')} in {SEVERE_DAYS} days."
    return Problems(text, tuple(lines), count, bad, old)


def _newest_subjects(ground: Ground, frame: pd.DataFrame, customers: list[str]) -> dict[str, str]:
    mine = frame.loc[frame["customer_id"].isin(customers) & frame["subject"].notna()]
    mine = mine.sort_values(["opened", "ticket_id"], kind="stable").drop_duplicates("customer_id", keep="last")
    found = {}
    for row in rows(mine, ["customer_id", "opened", "subject"]):
        on = formats.day_near(local_day(row.opened, ground.zone), ground.today)
        found[row.customer_id] = f"{on}: {formats.clipped(row.subject, 60)}"
    return found


# --- Global Professional Services -----------------------------------------------------------------


def projects(ground: Ground) -> Projects:
    """Running projects, latest against plan first."""
    frame, names = ground.frame("projects"), _marks(ground)
    frame = frame.loc[frame["customer_id"].isin(names) & frame["actual_end_on"].isna()]
    found = []
    for row in rows(frame):
        planned = calendar_day(row.planned_end_on)
        late = max(0, (ground.today - planned).days) if planned else 0
        name, mark = names[row.customer_id]
        progress = formats.percent(row.progress_share) if row.progress_share is not None else formats.NOT_MEASURED
        owner = ground.person(row.owner_id) or ground.owner(row.customer_id)[1]
        found.append(
            ProjectLine(
                row.customer_id, name, mark, row.name or row.project_id, row.status or "", planned,
                formats.day_near(planned, ground.today), late, progress, owner, ground.page(row.customer_id),
            )
        )  # fmt: skip
    found.sort(key=lambda line: (-line.late_days, line.planned_end_on or ground.today, line.customer_id, line.project))
    late_count = sum(line.late_days > 0 for line in found)
    verb = "is" if len(found) in (0, 1) else "are"
    text = f"{formats.capital(formats.counted(len(found), 'project'))} {verb} running"
    if late_count:
        text += f", {formats.count_word(late_count)} past the planned end"
    return Projects(f"{text}.", tuple(found[:LINES]), len(found), late_count)


# --- own accounts ---------------------------------------------------------------------------------


def contacts(ground: Ground, cases: tuple[CaseLine, ...], steps: tuple[ActionLine, ...]) -> tuple[ContactLine, ...]:
    """Whom to speak to next, by priority: what is due, what it is about, and how long the account was quiet."""
    last = _last_contact(ground)
    due: dict[str, tuple[str, str]] = {}
    for case in cases:
        if case.is_open:
            due.setdefault(case.customer_id, (case.due_text, f"{case.case_id}: {case.title}"))
    for step in steps:
        due.setdefault(step.customer_id, (step.due_text, step.action))
    renewal = {row.customer_id: calendar_day(row.due) for row in rows(due_renewals(ground))}
    people = _key_people(ground)
    found = []
    for row in rows(ground.accounts, ["customer_id", "name", "state", "zone"]):
        when, about = due.get(row.customer_id, ("", ""))
        on = renewal.get(row.customer_id)
        if not when and on is not None:
            when, about = f"Renewal {formats.day(on)}", "Agree the renewal"
        if not when:
            continue
        seen = local_day(last.get(row.customer_id), ground.zone)
        found.append(
            ContactLine(
                row.customer_id, str(row.name), mark_of(row.state, row.zone), seen,
                formats.day_near(seen, ground.today) if seen else "no contact on record",
                (ground.today - seen).days if seen else None, when, about, people.get(row.customer_id, ""),
                ground.page(row.customer_id),
            )
        )  # fmt: skip
    return tuple(found[:LINES])


def _last_contact(ground: Ground) -> dict[str, datetime]:
    """The newest ticket, answer, call or note of the account team per customer."""
    as_of, found = pd.Timestamp(ground.book.facts.as_of), []
    since = as_of - timedelta(days=730)
    for name, column in (
        ("tickets", "opened_at"),
        ("surveys", "answered_at"),
        ("transcripts", "started_at"),
        ("account_feedback", "given_at"),
    ):
        frame = ground.frame(name)
        at = instants(frame[column])
        chosen = (at >= since) & (at < as_of)
        found.append(pd.DataFrame({"customer_id": frame.loc[chosen, "customer_id"].astype(object), "at": at[chosen]}))
    whole = pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)
    newest: Any = whole.groupby("customer_id", sort=True)["at"].max()
    return {str(customer): at.to_pydatetime() for customer, at in newest.items()}


def _key_people(ground: Ground) -> dict[str, str]:
    """The key contact of each customer, when contacts are granted: name and role."""
    frame = ground.frame("contacts")
    frame = frame.loc[frame["name"].notna() & frame["left_on"].isna()]
    frame = frame.assign(key=flags(frame["is_key"])).sort_values(
        ["key", "contact_id"], ascending=[False, True], kind="stable"
    )
    found: dict[str, str] = {}
    for row in rows(frame.drop_duplicates("customer_id")):
        found[row.customer_id] = ", ".join(part for part in (row.name, row.role) if part)
    return found
