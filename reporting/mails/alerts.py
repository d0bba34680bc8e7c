"""Mails about one account: the alert, its withdrawal, and the case that follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from contracts.words import MessageKind
from reporting import formats
from reporting.account.models import AccountView, EventLine, Waterfall
from reporting.formats import NBSP, capital, clipped
from reporting.languages import ENGLISH, Tongue, tongue
from reporting.mails.parts import (
    Bar,
    Bars,
    Block,
    Button,
    Mail,
    MailBody,
    Paragraph,
    Reason,
    Reasons,
    Section,
    Step,
    Steps,
    lower_first,
    source_lines,
    subject_line,
    written,
)
from reporting.models.pack import ActionLine, CaseLine, Change

_REASONS = 3
_STEPS = 6
_QUOTE = 180


def alert_mail(
    account: AccountView,
    *,
    kind: MessageKind,
    why_you: str,
    events: Sequence[EventLine],
    due: datetime | None,
    case: CaseLine | None,
    link: str | None,
) -> MailBody:
    """What must be known now about one account: it turned Critical, or something hard happened.

    Args:
        account: the account as this recipient's audience may see it.
        kind: ALERT_CRITICAL or ALERT_EVENT; the latter leads with the newest of `events`.
        why_you: what the recipient is to the account: "account team", "BU lead Sales".
        events: what happened, newest first; may be empty for ALERT_CRITICAL.
        due: when the first answer is due, in the reader's time zone; None: no deadline is printed.
        case: the case that follows this up, if one was opened.
        link: the account page, or None.

    Raises: ValueError for a kind that is no alert, and for an event alert without an event.
    """
    if kind not in (MessageKind.ALERT_CRITICAL, MessageKind.ALERT_EVENT):
        raise ValueError(f"alert_mail writes alert_critical and alert_event, got '{kind}'")
    speech = tongue(account.language)
    say = speech.say
    is_event = kind is MessageKind.ALERT_EVENT
    if is_event and not events:
        raise ValueError("an event alert needs the event it tells of; `events` is empty")
    blocks: list[Block] = (
        [Bars(_bars(account, speech))] if account.loyalty is not None or account.retention is not None else []
    )
    if events:
        blocks += [Section(say("What happened")), Reasons(tuple(_event(line) for line in events[:_REASONS]))]
    blocks += [*_why(account, speech), *_said(account, events, speech)]
    blocks.append(Section(say("What to do now")))
    blocks.append(
        Steps(tuple(_step(line) for line in account.actions[:_STEPS])) if account.actions else _nothing(account, speech)
    )
    if case:
        blocks.append(Paragraph(_case_sentence(case, speech)))
    if link:
        blocks.append(Button(say("Open the account page"), link))
    head = say("Alert") if is_event else say("Critical")
    return written(
        Mail(
            subject=subject_line(f"{head}: ", account.name, _subject_tail(account, due, speech)),
            preheader=events[0].headline
            if events
            else account.summary[0]
            if account.summary
            else account.zone_sentence,
            tone="bad",
            kicker=f"▼{NBSP}{say('Event')}"
            if is_event
            else f"▼{NBSP}{account.mark.letter}{NBSP} {say('{zone} customer', zone=say(account.mark.label))}",
            aside=_aside(account, case, speech),
            name=clipped(account.name, 80),
            title=f": {lower_first(events[0].headline)}" if is_event else say(" turned Critical"),
            lead=_lead(account, speech, is_event=is_event, due=due),
            blocks=tuple(blocks),
            footer=(
                f"{say('You get this mail as: {role}.', role=why_you)} {_once(kind, speech)}",
                *source_lines(account.footer),
            ),
            language=speech.code,
            direction=speech.direction,
        )
    )


def _once(kind: MessageKind, speech: Tongue) -> str:
    if kind is MessageKind.ALERT_EVENT:
        return speech.say("One mail is sent per event; it is not repeated.")
    return speech.say("One mail is sent per change to Critical; it is not repeated while the account stays Critical.")


def withdrawal_mail(account: AccountView, *, why_you: str, link: str | None) -> MailBody:
    """Tells those who got an alert between two weekly runs that the weekly run did not confirm it."""
    blocks: list[Block] = (
        [Bars(_bars(account, tongue(ENGLISH)))] if account.loyalty is not None or account.retention is not None else []
    )
    blocks.append(Paragraph("You need do nothing because of the earlier alert. Steps already begun may still help."))
    if link:
        blocks.append(Button("Open the account page", link))
    return written(
        Mail(
            subject=subject_line("Withdrawn: ", account.name, " is not Critical"),
            preheader="The weekly run did not confirm the alert.",
            tone="good",
            kicker="Alert withdrawn",
            aside=f"Week {account.week}",
            name=clipped(account.name, 80),
            title=" is not Critical",
            lead=f"The weekly run did not confirm the alert. The account is now {account.mark.label}.",
            blocks=tuple(blocks),
            footer=(f"You get this mail because you got the alert, as: {why_you}.", *source_lines(account.footer)),
        )
    )


def case_mail(account: AccountView, *, kind: MessageKind, case: CaseLine, why_you: str, link: str | None) -> MailBody:
    """A case was opened (CASE_OPENED), or passed its goal and goes one level up (CASE_ESCALATED).

    Raises: ValueError for any other kind.
    """
    if kind not in (MessageKind.CASE_OPENED, MessageKind.CASE_ESCALATED):
        raise ValueError(f"case_mail writes case_opened and case_escalated, got '{kind}'")
    is_late = kind is MessageKind.CASE_ESCALATED
    blocks: list[Block] = [Section("The case"), Paragraph(_case_sentence(case, tongue(ENGLISH)))]
    blocks += _why(account, tongue(ENGLISH))
    if account.actions:
        blocks += [Section("What to do"), Steps(tuple(_step(line) for line in account.actions[:_STEPS]))]
    if link:
        blocks.append(Button("Open the account page", link))
    opening = "This case passed its goal" if is_late else "A case was opened"
    head = f"{'Overdue' if is_late else 'New case'} {case.case_id}: "
    return written(
        Mail(
            subject=subject_line(head, account.name, ""),
            preheader=case.title,
            tone="bad" if is_late else "plain",
            kicker="Case overdue" if is_late else "New case",
            aside=f"Case {case.case_id} · Week {account.week}",
            name=clipped(account.name, 80),
            title=f": {lower_first(case.title)}",
            lead=f"{opening}. {case.due_text}. {account.zone_sentence}".strip(),
            blocks=tuple(blocks),
            footer=(f"You get this mail as: {why_you}.", *source_lines(account.footer)),
        )
    )


def _scores(account: AccountView, speech: Tongue) -> list[Block]:
    bars = _bars(account, speech)
    return [Bars(bars)] if bars else []


def _bars(account: AccountView, speech: Tongue) -> tuple[Bar, ...]:
    axes = (
        (speech.say("Loyalty"), account.loyalty, account.loyalty_change, account.loyalty_line),
        (speech.say("Retention"), account.retention, account.retention_change, account.retention_line),
    )
    return tuple(
        Bar(
            label=label,
            value=score,
            before=change.before,
            figure=speech.number(score),
            aside=_was(change, line, speech),
            tone="bad" if score < line else "plain",
        )
        for label, score, change, line in axes
        if score is not None
    )


def _was(change: Change, line: float, speech: Tongue) -> str:
    border = formats.trimmed(line) if speech.is_english else speech.number(line)
    if change.before is None:
        return speech.say("; line {line}", line=border)
    return speech.say(", was {before}; line {line}", before=speech.number(change.before), line=border)


def _why(account: AccountView, speech: Tongue) -> list[Block]:
    """The three largest reasons of the axis that fell most, and what all smaller ones add up to."""
    falls = [item for item in account.waterfalls if any(step.change < 0 for step in item.steps)]
    if not falls:
        return [Paragraph(account.waterfall_note, is_note=True)] if account.waterfall_note else []
    worst = min(falls, key=lambda item: item.end - item.start)
    reasons = sorted((step for step in worst.steps if step.change < 0), key=lambda step: step.change)[:_REASONS]
    shown = tuple(Reason(step.text, step.label, "", "bad") for step in reasons)
    return [Section(_why_title(worst, len(shown), speech)), Reasons(shown), *_smaller(worst, len(shown), speech)]


def _said(account: AccountView, events: Sequence[EventLine], speech: Tongue) -> list[Block]:
    """The newest words of the customer that are not already told with an event."""
    told = {event.quote for event in events}
    for said in account.verbatims:
        if said.text and said.text not in told:
            when = ", ".join(part for part in (said.date_text, said.score_text) if part)
            words = clipped(said.text, _QUOTE)
            return [Paragraph(speech.say("The customer said: “{words}” ({when})", words=words, when=when))]
    return []


def _why_title(fall: Waterfall, count: int, speech: Tongue) -> str:
    losses = sorted(step.change for step in fall.steps if step.change < 0)
    told, lost = speech.number(-sum(losses[:count])), speech.number(-sum(losses))
    axis = speech.say(fall.axis_label.lower())
    if fall.is_change:
        return speech.count(
            "Why: {count} reason explains {told} of the {lost} {axis} points lost",
            "Why: {count} reasons explain {told} of the {lost} {axis} points lost",
            count, told=told, lost=lost, axis=axis,
        )  # fmt: skip
    return speech.count(
        "Why: {count} reason explains {told} of the {lost} {axis} points below the typical account",
        "Why: {count} reasons explain {told} of the {lost} {axis} points below the typical account",
        count, told=told, lost=lost, axis=axis,
    )  # fmt: skip


def _smaller(fall: Waterfall, reasons_count: int, speech: Tongue) -> list[Block]:
    losses = sorted(step.change for step in fall.steps if step.change < 0)
    other, gains = sum(losses[reasons_count:]), sum(step.change for step in fall.steps if step.change > 0)
    left = len(losses) - reasons_count
    parts = [
        speech.count("{sum} from {count} smaller reason", "{sum} from {count} smaller reasons", left,
                     sum=speech.signed(other)) if formats.rounded(other) else "",
        speech.say("{sum} from what went better", sum=speech.signed(gains)) if formats.rounded(gains) else "",
    ]  # fmt: skip
    told = "; ".join(part for part in parts if part)
    net = speech.say("Net change {sum}.", sum=speech.signed(fall.end - fall.start)) if fall.is_change else ""
    text = f"{capital(told)}{'. ' if told else ''}{net}".strip()
    return [Paragraph(text, is_note=True)] if text else []


def _event(line: EventLine) -> Reason:
    return Reason(line.date_text, line.headline, f"“{clipped(line.quote, _QUOTE)}”" if line.quote else "", "bad")


def _step(line: ActionLine) -> Step:
    return Step(line.action, line.owner, line.due_text)


def _nothing(account: AccountView, speech: Tongue) -> Block:
    return Paragraph(account.actions_note or speech.say("No playbook fits this account; decide with the account team."))


def _case_sentence(case: CaseLine, speech: Tongue) -> str:
    owner = speech.say("owner {name}", name=case.owner) if case.owner else speech.say("no owner yet")
    return speech.say(
        "Case {case}: {title}; {owner}; {due}.",
        case=case.case_id, title=case.title, owner=owner, due=lower_first(case.due_text),
    )  # fmt: skip


def _aside(account: AccountView, case: CaseLine | None, speech: Tongue) -> str:
    if case:
        return speech.say("Case {case} · Week {week}", case=case.case_id, week=account.week)
    return speech.say("Week {week}", week=account.week)


def _subject_tail(account: AccountView, due: datetime | None, speech: Tongue) -> str:
    money = f" ({_revenue(account, speech)})" if account.revenue.value else ""
    return f"{money}{speech.say(' – call by {day}', day=speech.day(due.date())) if due else ''}"


def _revenue(account: AccountView, speech: Tongue) -> str:
    return account.revenue.text if speech.is_english else speech.money(account.revenue.value, account.currency)


def _lead(account: AccountView, speech: Tongue, *, is_event: bool, due: datetime | None) -> str:
    say = speech.say
    was = account.before.label if account.before and account.before.zone else ""
    stood = now = ""
    if was and not is_event and account.before != account.mark:
        stood = say("The account was {zone} last week.", zone=say(was))
    if is_event:
        now = say("The account is {zone}.", zone=say(account.mark.label))
    revenue = _revenue(account, speech)
    stake = say("{revenue} of yearly revenue is at risk.", revenue=revenue) if account.revenue.value else ""
    call = say("First answer due {day}, {time}.", day=speech.day(due.date()), time=f"{due:%H:%M}") if due else ""
    return " ".join(part for part in (stood, now, stake, call) if part)
