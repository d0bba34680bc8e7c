"""Mails about one account: the alert, its withdrawal, and the case that follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from contracts.words import MessageKind, Zone
from reporting import formats
from reporting.account_models import AccountView, EventLine, Waterfall
from reporting.formats import NBSP, capital, clipped, counted, signed
from reporting.mail_parts import (
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
from reporting.models import ActionLine, CaseLine, Change

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
    is_event = kind is MessageKind.ALERT_EVENT
    if is_event and not events:
        raise ValueError("an event alert needs the event it tells of; `events` is empty")
    blocks: list[Block] = [Bars(_bars(account))] if account.loyalty is not None or account.retention is not None else []
    if events:
        blocks += [Section("What happened"), Reasons(tuple(_event(line) for line in events[:_REASONS]))]
    blocks += [*_why(account), *_said(account, events)]
    blocks.append(Section("What to do now"))
    blocks.append(
        Steps(tuple(_step(line) for line in account.actions[:_STEPS])) if account.actions else _nothing(account)
    )
    if case:
        blocks.append(Paragraph(_case_sentence(case)))
    if link:
        blocks.append(Button("Open the account page", link))
    head = "Alert" if is_event else "Critical"
    return written(
        Mail(
            subject=subject_line(f"{head}: ", account.name, _subject_tail(account, due)),
            preheader=events[0].headline
            if events
            else account.summary[0]
            if account.summary
            else account.zone_sentence,
            tone="bad",
            kicker=f"▼{NBSP}{account.mark.letter}{NBSP} {account.mark.label} customer" if not is_event else "▼ Event",
            aside=_aside(account, case),
            name=clipped(account.name, 80),
            title=f": {lower_first(events[0].headline)}" if is_event else " turned Critical",
            lead=_lead(account, is_event=is_event, due=due),
            blocks=tuple(blocks),
            footer=(
                f"You get this mail as: {why_you}. {_ONCE[kind]}",
                *source_lines(account.footer),
            ),
        )
    )


_ONCE = {
    MessageKind.ALERT_CRITICAL: (
        "One mail is sent per change to Critical; it is not repeated while the account stays Critical."
    ),
    MessageKind.ALERT_EVENT: "One mail is sent per event; it is not repeated.",
}


def withdrawal_mail(account: AccountView, *, why_you: str, link: str | None) -> MailBody:
    """Tells those who got an alert between two weekly runs that the weekly run did not confirm it."""
    blocks: list[Block] = [Bars(_bars(account))] if account.loyalty is not None or account.retention is not None else []
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
    blocks: list[Block] = [Section("The case"), Paragraph(_case_sentence(case))]
    blocks += _why(account)
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


def _bars(account: AccountView) -> tuple[Bar, ...]:
    axes = (
        ("Loyalty", account.loyalty, account.loyalty_change, account.loyalty_line),
        ("Retention", account.retention, account.retention_change, account.retention_line),
    )
    return tuple(
        Bar(
            label=label,
            value=score,
            before=change.before,
            figure=formats.number(score),
            aside=f"{_was(change)}; line {formats.trimmed(line)}",
            tone="bad" if score < line else "plain",
        )
        for label, score, change, line in axes
        if score is not None
    )


def _was(change: Change) -> str:
    return "" if change.before is None else f", was {formats.number(change.before)}"


def _why(account: AccountView) -> list[Block]:
    """The three largest reasons of the axis that fell most, and what all smaller ones add up to."""
    falls = [item for item in account.waterfalls if any(step.change < 0 for step in item.steps)]
    if not falls:
        return [Paragraph(account.waterfall_note, is_note=True)] if account.waterfall_note else []
    worst = min(falls, key=lambda item: item.end - item.start)
    reasons = sorted((step for step in worst.steps if step.change < 0), key=lambda step: step.change)[:_REASONS]
    shown = tuple(Reason(step.text, step.label, "", "bad") for step in reasons)
    return [Section(_why_title(worst, len(shown))), Reasons(shown), *_smaller(worst, reasons_count=len(shown))]


def _said(account: AccountView, events: Sequence[EventLine]) -> list[Block]:
    """The newest words of the customer that are not already told with an event."""
    told = {event.quote for event in events}
    for said in account.verbatims:
        if said.text and said.text not in told:
            when = ", ".join(part for part in (said.date_text, said.score_text) if part)
            return [Paragraph(f"The customer said: “{clipped(said.text, _QUOTE)}” ({when})")]
    return []


def _why_title(fall: Waterfall, count: int) -> str:
    losses = sorted(step.change for step in fall.steps if step.change < 0)
    told, lost = -sum(losses[:count]), -sum(losses)
    against = "lost" if fall.is_change else "below the typical account"
    return (
        f"Why: {counted(count, 'reason explains', 'reasons explain')} {formats.number(told)} of the "
        f"{formats.number(lost)} {fall.axis_label.lower()} points {against}"
    )


def _smaller(fall: Waterfall, *, reasons_count: int) -> list[Block]:
    losses = sorted(step.change for step in fall.steps if step.change < 0)
    other, gains = sum(losses[reasons_count:]), sum(step.change for step in fall.steps if step.change > 0)
    parts = [
        f"{signed(other)} from {counted(len(losses) - reasons_count, 'smaller reason')}"
        if formats.rounded(other)
        else "",
        f"{signed(gains)} from what went better" if formats.rounded(gains) else "",
    ]
    told = "; ".join(part for part in parts if part)
    net = f"Net change {signed(fall.end - fall.start)}." if fall.is_change else ""
    text = f"{capital(told)}{'. ' if told else ''}{net}".strip()
    return [Paragraph(text, is_note=True)] if text else []


def _event(line: EventLine) -> Reason:
    return Reason(line.date_text, line.headline, f"“{clipped(line.quote, _QUOTE)}”" if line.quote else "", "bad")


def _step(line: ActionLine) -> Step:
    return Step(line.action, line.owner, line.due_text)


def _nothing(account: AccountView) -> Block:
    return Paragraph(account.actions_note or "No playbook fits this account; decide with the account team.")


def _case_sentence(case: CaseLine) -> str:
    owner = f"owner {case.owner}" if case.owner else "no owner yet"
    return f"Case {case.case_id}: {case.title}; {owner}; {lower_first(case.due_text)}."


def _aside(account: AccountView, case: CaseLine | None) -> str:
    return f"Case {case.case_id} · Week {account.week}" if case else f"Week {account.week}"


def _subject_tail(account: AccountView, due: datetime | None) -> str:
    money = f" ({account.revenue.text})" if account.revenue.value else ""
    return f"{money}{f' – call by {formats.day(due.date())}' if due else ''}"


def _lead(account: AccountView, *, is_event: bool, due: datetime | None) -> str:
    was = account.before.label if account.before and account.before.zone else ""
    stood = f"The account was {was} last week." if was and not is_event and account.before != account.mark else ""
    now = f"The account is {account.mark.label}." if is_event and account.mark.zone is not Zone.CRITICAL else ""
    now = "The account is Critical." if is_event and account.mark.zone is Zone.CRITICAL else now
    stake = f"{account.revenue.text} of yearly revenue is at risk." if account.revenue.value else ""
    call = f"First answer due {formats.day(due.date())}, {due:%H:%M}." if due else ""
    return " ".join(part for part in (stood, now, stake, call) if part)
