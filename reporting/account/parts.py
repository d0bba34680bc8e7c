"""The plain lists of an account page: problems, install base, deals, projects, words of our own team, events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace

from contracts.words import FieldGroup
from reporting import formats
from reporting.account.models import Asset, Deal, EventLine, Feedback, Problem, Project
from reporting.ground import Ground
from reporting.reading import calendar_day, local_day

Rows = Sequence[SimpleNamespace]

PROBLEMS = 6
LINES = 8
_SUPPORT_SOON = timedelta(days=180)
_HOURS_IN_DAYS = 72


def problems(ground: Ground, given: Rows) -> tuple[tuple[Problem, ...], str]:
    """Open tickets first, then the newest; a grey sentence when there are none."""
    listed = sorted(
        given,
        key=lambda row: (
            row.resolved_at is not None or row.closed_at is not None,
            -row.opened_at.timestamp(),
            row.ticket_id,
        ),
    )
    may_read = ground.audience.sees(FieldGroup.VERBATIMS)
    found = []
    for row in listed[:PROBLEMS]:
        on = local_day(row.opened_at, ground.zone)
        if on is None:
            continue
        is_open = row.resolved_at is None and row.closed_at is None
        what = row.subject if may_read and row.subject else (row.category or row.product or "Ticket")
        state = "Still open" if is_open else _fixed(row.resolve_hours)
        escalated = " Escalated." if row.is_escalated else ""
        severity = f"Sev {row.severity:.0f}" if row.severity is not None else ""
        found.append(
            Problem(
                on, formats.day_near(on, ground.today), int(row.severity) if row.severity is not None else None,
                severity, formats.clipped(str(what), 110), f"{state}.{escalated}", is_open, row.ticket_id,
            )
        )  # fmt: skip
    return tuple(found), "" if found else "No ticket on record."


def _fixed(hours: float | None) -> str:
    if hours is None:
        return "Closed"
    if hours < 1:
        return "Fixed within the hour"
    if hours < _HOURS_IN_DAYS:
        return f"Fixed in {formats.number(hours)}{formats.NBSP}h"
    return f"Fixed in {formats.figures(round(hours / 24), 'day')}"


def assets(ground: Ground, given: Rows) -> tuple[tuple[Asset, ...], str]:
    """What is installed, first what loses support first."""
    listed = [row for row in given if row.removed_on is None]
    far = ground.today + timedelta(days=365 * 100)
    listed.sort(key=lambda row: (calendar_day(row.end_of_support_on) or far, row.asset_id))
    found = []
    for row in listed[:LINES]:
        ends = calendar_day(row.end_of_support_on)
        if ends is None:
            state, text = "unknown", "not known"
        elif ends < ground.today:
            state, text = "ended", f"ended {formats.day_year(ends)}"
        else:
            state = "soon" if ends <= ground.today + _SUPPORT_SOON else "later"
            text = formats.day_year(ends)
        quantity = formats.trimmed(row.quantity) if row.quantity is not None else ""
        found.append(Asset(row.product or row.asset_id, row.site or "", quantity, ends, text, state))  # type: ignore[arg-type]
    return tuple(found), "" if found else "No installed product on record."


def deals(ground: Ground, given: Rows) -> tuple[tuple[Deal, ...], str]:
    """Open deals by close date, then the newest closed ones."""
    found = []
    for row in given:
        is_open = row.status == "open" or row.status is None
        expected, closed = calendar_day(row.expected_close_on), local_day(row.closed_at, ground.zone)
        on = expected if is_open else closed
        late = is_open and expected is not None and expected < ground.today
        if is_open:
            state = f"{row.stage or 'Open'}, past its close date" if late else row.stage or "Open"
        else:
            reason = f", {row.lost_reason}" if row.lost_reason else ""
            state = f"{formats.capital(row.status)}{reason}"
        money = ground.amount_in(row.amount, row.currency)
        text = formats.day_near(on, ground.today)
        found.append(Deal(row.name or row.deal_id, row.kind or "", state, money, on, text, is_open, late))
    found.sort(key=lambda deal: (not deal.is_open, _order(deal, ground), deal.name))
    return tuple(found[:LINES]), "" if found else "No deal on record."


def _order(deal: Deal, ground: Ground) -> int:
    if deal.close_on is None:
        return 10**6
    days = (deal.close_on - ground.today).days
    return days if deal.is_open else -days


def projects(ground: Ground, given: Rows) -> tuple[tuple[Project, ...], str]:
    """Running projects, latest against plan first, then the newest finished ones."""
    found = []
    for row in given:
        planned, ended = calendar_day(row.planned_end_on), calendar_day(row.actual_end_on)
        late = max(0, ((ended or ground.today) - planned).days) if planned else 0
        status = row.status or ("finished" if ended else "running")
        if late:
            status += f", {formats.figures(late, 'day')} late"
        progress = formats.percent(row.progress_share) if row.progress_share is not None else formats.NOT_MEASURED
        found.append(
            (
                ended is not None,
                Project(
                    row.name or row.project_id, status, planned, formats.day_near(planned, ground.today), progress, late
                ),
            )
        )
    found.sort(key=lambda pair: (pair[0], -pair[1].late_days, pair[1].name))
    return tuple(project for _, project in found[:LINES]), "" if found else "No project on record."


def feedback(ground: Ground, given: Rows) -> tuple[tuple[Feedback, ...], str]:
    """What our own account team says, newest first."""
    if not ground.audience.sees(FieldGroup.TEAM_COMMENTS):
        return (), f"Comments of the account team are {formats.NOT_SHOWN}."
    found = []
    for row in sorted(given, key=lambda row: (-row.given_at.timestamp(), row.feedback_id))[:3]:
        on = local_day(row.given_at, ground.zone)
        if on is None:
            continue
        rating = row.perceived_quality_score
        rated = f"Rates the relation {formats.trimmed(rating)} of 5" if rating is not None else ""
        rival = f" Competitor named: {row.competitor}." if row.competitor else ""
        text = f"{row.comment or ''}{rival}".strip()
        author = ground.person(row.author_id) or "Account team"
        found.append(Feedback(on, formats.day_near(on, ground.today), author, text, rated))
    return tuple(found), "" if found else "The account team has not commented."


def events(ground: Ground, given: Rows) -> tuple[EventLine, ...]:
    """What hurt (or may hurt) loyalty, newest first."""
    found = []
    for row in sorted(given, key=lambda row: (-row.happened_at.timestamp(), row.event_id))[:LINES]:
        on = local_day(row.happened_at, ground.zone)
        if on is not None:
            found.append(EventLine(on, formats.day_near(on, ground.today), row.headline, row.quote or ""))
    return tuple(found)
