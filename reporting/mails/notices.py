"""Notices about the machinery: what became of a returned workbook, and what the operator must mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reporting.formats import capital, clipped, figures
from reporting.mails.parts import (
    Block,
    Mail,
    MailBody,
    Paragraph,
    Reason,
    Reasons,
    Section,
    Tone,
    subject_line,
    written,
)

_LINES = 12
_APPLIED = 60
"""What was applied is counted beyond these; what was not is told to the last line."""


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """What became of one cell of a returned workbook: `where` as `Cases!F17`, `what` and `why` in words."""

    where: str
    what: str
    why: str = ""


def receipt_mail(
    *,
    file_name: str,
    week: str,
    organization: str,
    applied: Sequence[ReceiptLine],
    refused: Sequence[ReceiptLine],
    conflicting: Sequence[ReceiptLine],
    ignored: Sequence[ReceiptLine] = (),
    note: str = "",
) -> MailBody:
    """The receipt of a returned workbook or a reply: every edit stands under applied, refused or conflicting, with
    its cell; what was not read at all under ignored.

    Args:
        week: of the workbook; "" for a reply.
    """
    counts = f"{len(applied)} applied, {len(refused)} refused, {len(conflicting)} conflicting"
    thing = f"Workbook {week}" if week else "Your reply"
    groups = (
        ("Applied", applied, "good"),
        ("Refused", refused, "bad"),
        ("Conflicting: both versions are kept", conflicting, "bad"),
        ("Not read", ignored, "bad"),
    )
    blocks: list[Block] = []
    for title, lines, tone in groups:
        if lines:
            most = _APPLIED if tone == "good" else len(lines)
            shown = _receipt_lines(lines, "good" if tone == "good" else "bad", most=most)
            blocks += [Section(f"{title} ({len(lines)})"), *shown]
    if not blocks:
        blocks.append(Paragraph(f"{'The workbook' if week else 'Your reply'} holds no change. Nothing was done."))
    if note:
        blocks.append(Paragraph(note))
    return written(
        Mail(
            subject=subject_line(f"{thing}: {counts}", "", ""),
            preheader=counts,
            tone="bad" if refused or conflicting else "good",
            kicker="Receipt of your workbook" if week else "Receipt of your reply",
            aside=f"Week {week}" if week else "",
            name="",
            title=capital(counts),
            lead=f"This is what became of your edits in {clipped(file_name, 80)}.",
            blocks=tuple(blocks),
            footer=(f"You get this mail because you handed back a workbook or replied. {organization}",),
        )
    )


def _receipt_lines(lines: Sequence[ReceiptLine], tone: Tone, *, most: int) -> list[Block]:
    shown = tuple(Reason(line.where, clipped(line.what, 200), clipped(line.why, 400), tone) for line in lines[:most])
    rest = len(lines) - len(shown)
    return [Reasons(shown), *([Paragraph(f"And {figures(rest, 'more edit')} of this kind.")] if rest else [])]


def operator_mail(*, title: str, problems: Sequence[str], advice: str, run_name: str, organization: str) -> MailBody:
    """Tells the operator what went wrong and what to do; never carries rows of customers.

    Args:
        title: one sentence: what is wrong.
        problems: one sentence each; at most twelve are printed, the rest counted.
        advice: what to do now.
    """
    shown = [clipped(problem, 400) for problem in problems[:_LINES]]
    rest = len(problems) - len(shown)
    blocks: list[Block] = (
        [Reasons(tuple(Reason(str(n), text, "", "plain") for n, text in enumerate(shown, 1)))] if shown else []
    )
    if rest:
        blocks.append(Paragraph(f"And {figures(rest, 'more problem')}; `cem status` lists them all."))
    blocks += [Section("What to do"), Paragraph(advice)]
    return written(
        Mail(
            subject=subject_line("Operator: ", title, ""),
            preheader=title,
            tone="bad",
            kicker="For the operator",
            aside=run_name,
            name="",
            title=title,
            lead="",
            blocks=tuple(blocks),
            footer=(f"You get this mail as operator of {organization}.",),
        )
    )
