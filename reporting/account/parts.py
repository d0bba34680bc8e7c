"""The plain lists of an account page: problems, install base, deals, projects, words of our own team, events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace

from contracts.words import FieldGroup
from reporting import formats
from reporting.account.models import Asset, Deal, EventLine, Feedback, Problem, Project
from reporting.ground import Ground
from reporting.languages import Tongue
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
    may_read, speech = ground.audience.sees(FieldGroup.VERBATIMS), ground.speech
    found = []
    for row in listed[:PROBLEMS]:
        on = local_day(row.opened_at, ground.zone)
        if on is None:
            continue
        is_open = row.resolved_at is None and row.closed_at is None
        kind = speech.retell(row.category) or row.product or speech.say("Ticket")
        what = row.subject if may_read and row.subject else kind
        state = speech.say("Still open") if is_open else _fixed(row.resolve_hours, speech)
        escalated = f" {speech.say('Escalated.')}" if row.is_escalated else ""
        severity = speech.say("Sev {level}", level=f"{row.severity:.0f}") if row.severity is not None else ""
        found.append(
            Problem(
                on, speech.day_near(on, ground.today), int(row.severity) if row.severity is not None else None,
                severity, formats.clipped(str(what), 110), f"{state}.{escalated}", is_open, row.ticket_id,
            )
        )  # fmt: skip
    return tuple(found), "" if found else speech.say("No ticket on record.")


def _fixed(hours: float | None, speech: Tongue) -> str:
    if hours is None:
        return speech.say("Closed")
    if hours < 1:
        return speech.say("Fixed within the hour")
    if hours < _HOURS_IN_DAYS:
        return speech.say("Fixed in {hours}\u00a0h", hours=speech.number(hours))
    return speech.figures("Fixed in {count} day", "Fixed in {count} days", round(hours / 24))


def assets(ground: Ground, given: Rows) -> tuple[tuple[Asset, ...], str]:
    """What is installed, first what loses support first."""
    listed = [row for row in given if row.removed_on is None]
    far, speech = ground.today + timedelta(days=365 * 100), ground.speech
    listed.sort(key=lambda row: (calendar_day(row.end_of_support_on) or far, row.asset_id))
    found = []
    for row in listed[:LINES]:
        ends = calendar_day(row.end_of_support_on)
        if ends is None:
            state, text = "unknown", speech.say("not known")
        elif ends < ground.today:
            state, text = "ended", speech.say("ended {day}", day=speech.day_year(ends))
        else:
            state = "soon" if ends <= ground.today + _SUPPORT_SOON else "later"
            text = speech.day_year(ends)
        quantity = speech.trimmed(row.quantity) if row.quantity is not None else ""
        found.append(Asset(row.product or row.asset_id, speech.retell(row.site), quantity, ends, text, state))  # type: ignore[arg-type]
    return tuple(found), "" if found else speech.say("No installed product on record.")


def deals(ground: Ground, given: Rows) -> tuple[tuple[Deal, ...], str]:
    """Open deals by close date, then the newest closed ones."""
    found, speech = [], ground.speech
    for row in given:
        is_open = row.status == "open" or row.status is None
        expected, closed = calendar_day(row.expected_close_on), local_day(row.closed_at, ground.zone)
        on = expected if is_open else closed
        late = is_open and expected is not None and expected < ground.today
        if is_open:
            state = speech.retell(row.stage) or speech.say("Open")
            state = speech.say("{state}, past its close date", state=state) if late else state
        else:
            state = formats.capital(speech.retell(row.status))
            if row.lost_reason:
                state = f"{state}{speech.say(', ')}{speech.retell(row.lost_reason)}"
        money = ground.amount_in(row.amount, row.currency)
        text = speech.day_near(on, ground.today)
        found.append(Deal(row.name or row.deal_id, row.kind or "", state, money, on, text, is_open, late))
    found.sort(key=lambda deal: (not deal.is_open, _order(deal, ground), deal.name))
    return tuple(found[:LINES]), "" if found else speech.say("No deal on record.")


def _order(deal: Deal, ground: Ground) -> int:
    if deal.close_on is None:
        return 10**6
    days = (deal.close_on - ground.today).days
    return days if deal.is_open else -days


def projects(ground: Ground, given: Rows) -> tuple[tuple[Project, ...], str]:
    """Running projects, latest against plan first, then the newest finished ones."""
    found, speech = [], ground.speech
    for row in given:
        planned, ended = calendar_day(row.planned_end_on), calendar_day(row.actual_end_on)
        late = max(0, ((ended or ground.today) - planned).days) if planned else 0
        status = speech.retell(row.status) or (speech.say("finished") if ended else speech.say("running"))
        if late:
            status = speech.figures("{status}, {count} day late", "{status}, {count} days late", late, status=status)
        share = row.progress_share
        progress = speech.percent(share) if share is not None else speech.say(formats.NOT_MEASURED)
        found.append(
            (
                ended is not None,
                Project(
                    row.name or row.project_id, status, planned, speech.day_near(planned, ground.today), progress, late
                ),
            )
        )
    found.sort(key=lambda pair: (pair[0], -pair[1].late_days, pair[1].name))
    return tuple(project for _, project in found[:LINES]), "" if found else speech.say("No project on record.")


def feedback(ground: Ground, given: Rows) -> tuple[tuple[Feedback, ...], str]:
    """What our own account team says, newest first."""
    speech = ground.speech
    if not ground.audience.sees(FieldGroup.TEAM_COMMENTS):
        return (), speech.say("Comments of the account team are not shown to this audience.")
    found = []
    for row in sorted(given, key=lambda row: (-row.given_at.timestamp(), row.feedback_id))[:3]:
        on = local_day(row.given_at, ground.zone)
        if on is None:
            continue
        rating = row.perceived_quality_score
        rated = (
            speech.say("Rates the relation {score} of 5", score=speech.trimmed(rating)) if rating is not None else ""
        )
        rival = f" {speech.say('Competitor named: {name}.', name=row.competitor)}" if row.competitor else ""
        text = f"{row.comment or ''}{rival}".strip()
        author = ground.person(row.author_id) or speech.say("Account team")
        found.append(Feedback(on, speech.day_near(on, ground.today), author, text, rated))
    return tuple(found), "" if found else speech.say("The account team has not commented.")


def events(ground: Ground, given: Rows) -> tuple[EventLine, ...]:
    """What hurt (or may hurt) loyalty, newest first."""
    found = []
    for row in sorted(given, key=lambda row: (-row.happened_at.timestamp(), row.event_id))[:LINES]:
        on = local_day(row.happened_at, ground.zone)
        if on is not None:
            headline = ground.speech.retell(row.headline)
            found.append(EventLine(on, ground.speech.day_near(on, ground.today), headline, row.quote or ""))
    return tuple(found)
