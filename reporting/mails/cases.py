"""Mails about cases and notices: good news, a change of a case, a note to the customer who answered.

A change of a case says what the case says and no more: a team has seats of departments and partners whose readers
may not see the account's scores.
"""

from __future__ import annotations

from collections.abc import Sequence

from reporting.account.models import AccountView
from reporting.formats import clipped
from reporting.mails.parts import (
    Block,
    Button,
    Mail,
    MailBody,
    Paragraph,
    Reason,
    Reasons,
    lower_first,
    source_lines,
    subject_line,
    written,
)


def notice_mail(account: AccountView, *, headline: str, is_good: bool, why_you: str, link: str | None) -> MailBody:
    """What an alert template tells that is neither an entry into Critical nor an event.

    Args:
        account: the account as this recipient's audience may see it.
        headline: what happened, in words.
        is_good: good news: the mail says so by its colour and does not say alert.
        why_you: what the recipient is to the account.
        link: the account page, or None.
    """
    blocks: list[Block] = [Paragraph(line) for line in account.summary[:3]]
    blocks += [Paragraph(f"Suggested: {lower_first(line.action)} ({line.due_text})") for line in account.actions[:3]]
    if link:
        blocks.append(Button("Open the account page", link))
    return written(
        Mail(
            subject=subject_line("Notice: ", account.name, ""),
            preheader=headline,
            tone="good" if is_good else "plain",
            kicker="Notice",
            aside=f"Week {account.week}",
            name=clipped(account.name, 80),
            title=f": {lower_first(headline)}",
            lead=account.zone_sentence,
            blocks=tuple(blocks),
            footer=(f"You get this mail as: {why_you}. One mail is sent per change.", *source_lines(account.footer)),
        )
    )


def change_mail(
    *,
    case_id: str,
    title: str,
    change: str,
    lines: Sequence[tuple[str, str]],
    why_you: str,
    organization: str,
    link: str | None = None,
) -> MailBody:
    """A change of a case: what it was, what it is, by whom and why.

    Args:
        title: the case's own title.
        change: in one word or two: "New case", "Closed", "Overdue".
        lines: what to know, each as a short label and its text.
        link: the account page, for a reader who may open it.
    """
    shown = tuple(Reason(label, clipped(text, 200), "", "plain") for label, text in lines if text)
    return written(
        Mail(
            subject=subject_line(f"{change} {case_id}: ", title, ""),
            preheader=title,
            tone="bad" if change in ("Overdue", "Unanswered") else "plain",
            kicker=change,
            aside=f"Case {case_id}",
            name="",
            title=clipped(title, 120),
            lead="",
            blocks=(
                *((Reasons(shown),) if shown else ()),
                *((Button("Open the account page", link),) if link else ()),
            ),
            footer=(f"You get this mail as: {why_you}. {organization}",),
        )
    )


def customer_note(*, subject: str, text: str, organization: str) -> MailBody:
    """The approved words to a customer, and nothing of what we measure."""
    return written(
        Mail(
            subject=subject_line(subject, "", ""),
            preheader=clipped(text, 100),
            tone="plain",
            kicker=organization,
            aside="",
            name="",
            title=subject,
            lead="",
            blocks=(Paragraph(text),),
            footer=(organization,),
        )
    )
