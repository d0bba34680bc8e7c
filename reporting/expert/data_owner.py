"""The page of whoever owns a source: what was set aside and why, how fresh and how steady it is, what scores owe it.

Rows are named by file, row and column, never by their value: the values stand in rejects.csv alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from types import SimpleNamespace

import pandas as pd
from markupsafe import Markup

from reporting import formats
from reporting.charts.lines import sparkline
from reporting.mails.parts import Mail, MailBody, Paragraph, Reason, Reasons, subject_line, written
from reporting.models.picture import Trend
from reporting.reading import rows
from reporting.templates import content_policy, drawing_style, render, style

ROWS_SHOWN = 200
_SHEETS = ("tokens.css", "partials/base.css", "data_owner/data_owner.css", "partials/dark.css")
_USUAL = (0.8, 1.25)
"""Volume within these of the usual one is no finding."""
_LEAST_WEEKS = 3
_NO_COUNT = "–"


@dataclass(frozen=True, slots=True)
class SourceHead:
    """Whose source of which week."""

    organization: str
    week: str
    as_of_text: str
    source: str
    owner: str


@dataclass(frozen=True, slots=True)
class SourceFrames:
    """What the page is made of: SOURCES with `week` (one source, oldest first), QUARANTINE of the week (None: not
    kept), COLUMN_DRIFT, SOURCE_EFFECT.
    """

    weeks: pd.DataFrame
    rejects: pd.DataFrame | None
    drift: pd.DataFrame
    effect: pd.DataFrame


@dataclass(frozen=True, slots=True)
class SourcePack:
    """The pack as ready values. `findings`: what the owner should mend, a sentence each; none is good news."""

    headline: str
    findings: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    reasons: tuple[tuple[str, str, str, str], ...]
    rejects: tuple[tuple[str, str, str, str], ...]
    rejects_note: str
    weeks: tuple[tuple[str, ...], ...]
    trend: Markup
    drift: tuple[tuple[str, ...], ...]
    drift_note: str
    effect: tuple[tuple[str, ...], ...]


def compose_source(head: SourceHead, frames: SourceFrames) -> SourcePack:
    """The pack of one source."""
    weeks = rows(frames.weeks)
    now = weeks[-1]
    rejects = [] if frames.rejects is None else rows(frames.rejects)
    drifted = [row for row in rows(frames.drift) if row.verdict == "drifted"]
    findings = tuple(_findings(now, weeks[:-1], drifted))
    headline = findings[0] if findings else f"{head.source} is fresh and fits"
    told = [(row.table or "", row.column or "", row.reason) for row in rejects]
    counts = Counter(told)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    known = [row for row in rows(frames.drift) if row.verdict != "too few"]
    scarce = len(frames.drift) - len(known)
    return SourcePack(
        headline,
        findings,
        _facts(now),
        tuple((reason, table, column, formats.number(n)) for (table, column, reason), n in ordered),
        tuple((row.file, _row(row), row.column or _NO_COUNT, row.reason) for row in rejects[:ROWS_SHOWN]),
        _rejects_note(frames.rejects, len(rejects)),
        tuple(_week_line(row) for row in weeks),
        _trend(head.source, weeks),
        tuple(_drift_line(row) for row in sorted(known, key=lambda r: (r.verdict != "drifted", -(r.psi or 0.0)))),
        f"{formats.figures(scarce, 'column')} with too few rows to compare." if scarce else "",
        tuple(_effect_line(row) for row in rows(frames.effect)),
    )


def render_source(head: SourceHead, pack: SourcePack) -> str:
    """The page as text; it needs no script and names no customer."""
    css = style(*_SHEETS) + drawing_style()
    title = f"Data quality of {head.source}"
    return render("data_owner/page.html.j2", head=head, pack=pack, title=title, policy=content_policy(), css=css)


def source_mail(organization: str, week: str, packs: Sequence[tuple[SourceHead, SourcePack]], place: str) -> MailBody:
    """One mail to one owner about all sources of that owner: what to mend first; names no customer."""
    wrong = [(head, pack) for head, pack in packs if pack.findings]
    title = f"{formats.figures(len(wrong), 'source')} of {len(packs)} to look at" if wrong else "All sources fit"
    lines = tuple(
        Reason(head.source, pack.headline, "; ".join(pack.findings[1:]), "bad" if pack.findings else "good")
        for head, pack in sorted(packs, key=lambda one: (not one[1].findings, one[0].source))
    )
    return written(
        Mail(
            subject=subject_line("Data quality: ", title, ""),
            preheader=title,
            tone="bad" if wrong else "good",
            kicker="For the owner of a source",
            aside=f"Week {week}",
            name="",
            title=title,
            lead="What the weekly run found in the exports that you own.",
            blocks=(
                Reasons(lines),
                Paragraph(f"Rows by file, row and column, freshness, drift, trend: pages, attached and in {place}."),
            ),
            footer=(f"You get this mail as owner of a source of {organization}.",),
        )
    )


def _findings(now: SimpleNamespace, before: list[SimpleNamespace], drifted: list[SimpleNamespace]) -> list[str]:
    found = []
    if now.state != "fresh":
        age = f", {formats.number(now.age_days, 1)} days old" if now.age_days is not None else ""
        found.append(f"{now.source} is {now.state}{age}")
    if now.quarantined:
        share = formats.percent(now.quarantined / max(now.rows_in, 1), 1)
        found.append(f"{formats.figures(now.quarantined, 'row')} of {formats.number(now.rows_in)} set aside ({share})")
    usual = _usual(before)
    if usual and not _USUAL[0] <= now.rows_in / usual <= _USUAL[1]:
        found.append(f"{formats.number(now.rows_in)} rows came; {formats.number(usual)} are usual")
    if drifted:
        names = formats.listed([f"{row.table}.{row.column}" for row in drifted[:3]])
        rest = f" and {len(drifted) - 3} more" if len(drifted) > 3 else ""
        found.append(f"values drifted: {names}{rest}")
    return found


def _usual(before: list[SimpleNamespace]) -> float | None:
    """The median of the weeks before, of which there must be some."""
    counts = [row.rows_in for row in before if row.rows_in]
    return float(median(counts[-8:])) if len(counts) >= _LEAST_WEEKS else None


def _facts(now: SimpleNamespace) -> tuple[tuple[str, str], ...]:
    limit = f" (limit {formats.number(now.limit_days)})" if now.limit_days is not None else ""
    age = f"{formats.number(now.age_days, 1)} days{limit}" if now.age_days is not None else "not known"
    return (
        ("State", now.state),
        ("Age of its content", age),
        ("Rows", formats.number(now.rows_in)),
        ("Admitted", formats.number(now.admitted)),
        ("Set aside", formats.number(now.quarantined)),
        ("Of these without a customer", formats.number(now.unmatched)),
        ("Fills", now.table),
    )


def _row(row: SimpleNamespace) -> str:
    if row.row_number is None:
        return _NO_COUNT
    return f"{row.sheet}, {row.row_number}" if row.sheet else str(row.row_number)


def _rejects_note(frame: pd.DataFrame | None, count: int) -> str:
    if frame is None:
        return "The rows set aside in this week were not kept; the next weekly run keeps them."
    if not count:
        return "No row was set aside."
    if count > ROWS_SHOWN:
        return f"The first {ROWS_SHOWN} of {formats.number(count)} rows; rejects.csv holds all, with their values."
    return "rejects.csv holds the same rows with their values."


def _week_line(row: SimpleNamespace) -> tuple[str, ...]:
    age = formats.number(row.age_days, 1) if row.age_days is not None else _NO_COUNT
    counts = (formats.number(n) for n in (row.rows_in, row.admitted, row.quarantined))
    return (row.week, row.state, *counts, age)


def _trend(source: str, weeks: list[SimpleNamespace]) -> Markup:
    if len(weeks) < 2:
        return Markup("")
    first, last = weeks[0], weeks[-1]
    finding = f"Rows of {source}: " + ", ".join(f"{formats.number(w.rows_in)} in {w.week}" for w in (first, last))
    values = tuple(float(row.rows_in) for row in weeks)
    return sparkline(Trend(values, None, None, first.week, last.week, False, False, finding), width=300, height=40)


def _drift_line(row: SimpleNamespace) -> tuple[str, ...]:
    index = formats.number(row.psi, 2) if row.psi is not None else _NO_COUNT
    missing = (
        formats.percent(share, 1) if share is not None else _NO_COUNT for share in (row.missing_before, row.missing_now)
    )
    return (
        f"{row.table}.{row.column}",
        row.verdict,
        index,
        *missing,
        formats.number(row.n_now),
        formats.number(row.n_before),
    )


def _effect_line(row: SimpleNamespace) -> tuple[str, ...]:
    if not row.customers:
        return (formats.capital(row.axis), "no signal of this axis", *[_NO_COUNT] * 5)
    moves = (formats.number(move, 1) if move is not None else _NO_COUNT for move in (row.mean_move, row.largest_move))
    return (
        formats.capital(row.axis),
        f"{formats.figures(row.signals, 'signal')}, {formats.percent(row.weight_share)} of the weight",
        formats.number(row.customers),
        *moves,
        formats.number(row.crossing),
        formats.number(row.unjudged),
    )
