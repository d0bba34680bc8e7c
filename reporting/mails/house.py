"""The mails of the house: pack, alert, withdrawal, case, receipt, operator notice.

Each function says what a reader needs first and leaves the drawing to reporting/mails/parts.py. A link is
written only where the caller has a base for it; without one, nothing in the mail points anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from reporting import formats
from reporting.formats import listed
from reporting.mails.alerts import alert_mail, case_mail, withdrawal_mail
from reporting.mails.notices import ReceiptLine, operator_mail, receipt_mail
from reporting.mails.parts import (
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
    Tone,
    lower_first,
    source_lines,
    subject_line,
    written,
)
from reporting.models.pack import ActionLine, PackView

__all__ = [
    "MailBody",
    "ReceiptLine",
    "alert_mail",
    "case_mail",
    "operator_mail",
    "pack_mail",
    "receipt_mail",
    "withdrawal_mail",
]

_STEPS = 6
_PARTS = {
    "brief": "the brief (PDF)",
    "workbook": "the action plan (Excel)",
    "account_briefs": "one-page briefs of the accounts that changed (PDF)",
}


def pack_mail(view: PackView, parts: Sequence[str], link: str | None) -> MailBody:
    """The weekly mail of one audience: what changed since its last pack, what to do first, what is attached.

    Args:
        parts: what the mail carries, words of `MailPart`; only attached parts are named.
        link: where this audience opens its pack, or None: then no link is printed.
    """
    blocks: list[Block] = []
    if view.since:
        blocks += [Section(view.since_title), Reasons(tuple(_since(view)))]
    blocks.append(Section(view.actions_title))
    if view.actions:
        blocks.append(Steps(tuple(_named_step(line) for line in view.actions[:_STEPS])))
    else:
        blocks.append(Paragraph("No suggested action this week."))
    blocks += [Section("Cases"), Paragraph(view.cases.sentence)]
    if attached := [_PARTS[part] for part in parts if part in _PARTS]:
        blocks.append(Paragraph(f"Attached: {listed(attached)}."))
    if link:
        blocks.append(Button("Open the pack", link))
    blocks.append(Paragraph(view.trust.short, is_note=True))
    return written(
        Mail(
            subject=subject_line("", _finding(view.headline), f" · {view.week}"),
            preheader=view.standfirst or view.headline,
            tone="plain",
            kicker=view.title,
            aside=f"Week {view.week} · {view.week_days}",
            name="",
            title=view.headline,
            lead=view.standfirst,
            blocks=tuple(blocks),
            footer=(
                f"You get this as a reader of “{view.title}”: {view.footer.rule}",
                *source_lines(view.footer),
            ),
        )
    )


def _finding(headline: str) -> str:
    """The first statement of a headline: a subject says the news whole, rather than two pieces cut."""
    return headline.partition("; ")[0].partition(", and ")[0].removesuffix(" this week")


def _since(view: PackView) -> list[Reason]:
    tones: dict[str, Tone] = {"worse": "bad", "better": "good"}
    return [
        Reason(formats.number(line.count), line.text, line.aside, tones.get(line.direction, "plain"))
        for line in view.since
    ]


def _named_step(line: ActionLine) -> Step:
    return Step(f"{line.name}: {lower_first(line.action)}", line.owner, line.due_text, line.why)
