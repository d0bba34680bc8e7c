"""Two years of one account in weeks: zone band, tickets, severity-1 faults, surveys, deals, installs; and the trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from contracts.weeks import Week, weeks_between
from contracts.words import PlacementState
from reporting import formats
from reporting.account.models import Band, Dot, Timeline
from reporting.ground import Ground
from reporting.languages import Tongue, later
from reporting.models.pack import Point
from reporting.reading import calendar_day, local_day
from reporting.sections.experience import mood_of

Rows = Sequence[SimpleNamespace]
WEEKS = 104
TRAIL_WEEKS = 13
_RECENT_WEEKS = 2
_SCALES = {"nps": later("NPS answers, 0–10"), "csat": later("CSAT answers"), "ces": later("CES answers")}
_SURVEY = later("Survey")


def timeline(ground: Ground, parts: Mapping[str, Rows], placed: SimpleNamespace | None) -> Timeline:
    """All lanes in weeks from the first of 104; a lane without anything is empty."""
    first = ground.week.shift(1 - WEEKS)
    standing = _standing(parts["history"], placed, ground.week, first)
    bands = _bands(standing, first, ground)
    speech = ground.speech
    tickets = [0] * WEEKS
    severe = []
    for row in parts["tickets"]:
        at = _place(row.opened_at, ground, first)
        if at is None:
            continue
        tickets[int(at)] += 1
        if row.severity == 1:
            severe.append(round(at, 2))
    recent = sum(at >= WEEKS - _RECENT_WEEKS for at in severe)
    kind, surveys = _surveys(parts["surveys"], ground, first)
    title = _title(bands, len(standing), speech)
    counts = [
        speech.figures("{count} ticket", "{count} tickets", sum(tickets)),
        speech.figures("{count} severity-1 fault", "{count} severity-1 faults", len(severe)),
        speech.figures("{count} survey answer", "{count} survey answers", len(surveys)),
    ]
    return Timeline(
        title=title,
        first_week=str(first),
        last_week=str(ground.week),
        weeks=WEEKS,
        quarters=tuple(_quarters(first, ground.week, speech)),
        bands=bands,
        tickets=tuple(tickets),
        severe=tuple(sorted(severe)),
        severe_note=speech.figures("{count} in 14 days", "{count} in 14 days", recent) if recent else "",
        surveys=surveys,
        survey_label=speech.say(_SCALES.get(kind, _SURVEY)),
        deals=tuple(_deals(parts["deals"], ground, first)),
        installs=tuple(_installs(parts["install_base"], ground, first)),
        finding=speech.say(
            "{title}. {counts} from {first} to {last}.",
            title=title,
            counts=speech.listed(counts),
            first=first,
            last=ground.week,
        ),
    )


def _place(moment: datetime | date | None, ground: Ground, first: Week) -> float | None:
    """Weeks from the start of the timeline; None outside it."""
    if moment is None:
        return None
    on = local_day(moment, ground.zone) if isinstance(moment, datetime) and moment.tzinfo else calendar_day(moment)
    if on is None:
        return None
    at = (on - first.monday).days / 7
    return at if 0 <= at < WEEKS else None


def _standing(
    history: Rows, placed: SimpleNamespace | None, week: Week, first: Week
) -> dict[str, tuple[str | None, str | None, float | None, float | None]]:
    """Per week: (state, zone, loyalty, retention), this week last."""
    found: dict[str, tuple[str | None, str | None, float | None, float | None]] = {}
    for row in sorted(history, key=lambda row: str(row.week)):
        if str(first) <= row.week < str(week):
            found[row.week] = (row.state, row.zone, row.loyalty, row.retention)
    if placed is not None:
        found[str(week)] = (placed.state, placed.zone, placed.loyalty, placed.retention)
    return found


@lru_cache(maxsize=4)
def _weeks(first: Week) -> tuple[str, ...]:
    return tuple(map(str, weeks_between(first, first.shift(WEEKS - 1))))


def _bands(standing: Mapping[str, Sequence[Any]], first: Week, ground: Ground) -> tuple[Band, ...]:
    found: list[Band] = []
    for step, week in enumerate(_weeks(first)):
        known = standing.get(week)
        if known is None or known[0] == PlacementState.LEFT:
            continue
        mark = ground.mark(known[0], known[1])
        if found and found[-1].end == step and found[-1].mark == mark:
            found[-1] = Band(mark, found[-1].start, step + 1)
        else:
            found.append(Band(mark, step, step + 1))
    return tuple(found)


def _title(bands: Sequence[Band], scored: int, speech: Tongue) -> str:
    if not bands:
        return speech.say("Two years: no score yet")
    changes, zone = len(bands) - 1, bands[-1].mark.label
    if changes == 0:
        return speech.figures(
            "Two years: {zone} throughout, {count} week scored", "Two years: {zone} throughout, {count} weeks scored",
            scored, zone=zone,
        )  # fmt: skip
    return speech.say(
        "Two years: {changes} of zone in {weeks}, {zone} for {stay} now",
        changes=speech.count("{count} change", "{count} changes", changes),
        weeks=speech.figures("{count} scored week", "{count} scored weeks", scored),
        zone=zone,
        stay=speech.figures("{count} week", "{count} weeks", bands[-1].end - bands[-1].start),
    )


def _quarters(first: Week, last: Week, speech: Tongue) -> list[tuple[float, str]]:
    found = []
    for year in range(first.monday.year, last.sunday.year + 1):
        for quarter in range(4):
            on = date(year, 3 * quarter + 1, 1)
            at = (on - first.monday).days / 7
            if 0 <= at < WEEKS:
                name = speech.say("Q{number}", number=quarter + 1)
                found.append((round(at, 2), f"{name} {year}" if quarter == 0 else name))
    return found


def _surveys(given: Rows, ground: Ground, first: Week) -> tuple[str, tuple[Dot, ...]]:
    """The answers of the kind that was answered most: scores of two scales on one lane would mislead."""
    by_kind: dict[str, list[Dot]] = {}
    for row in given:
        at = _place(row.answered_at, ground, first)
        if at is not None and row.score is not None:
            dot = Dot(round(at, 2), ground.speech.trimmed(row.score), row.kind, mood_of(row))
            by_kind.setdefault(row.kind, []).append(dot)
    if not by_kind:
        return "", ()
    kind = max(sorted(by_kind), key=lambda name: len(by_kind[name]))
    return kind, tuple(sorted(by_kind[kind], key=lambda dot: (dot.at, dot.text)))


def _deals(given: Rows, ground: Ground, first: Week) -> list[Dot]:
    found = []
    for row in given:
        is_open = row.status == "open" or row.closed_at is None
        at = _place(row.created_at if is_open else row.closed_at, ground, first)
        if at is None:
            continue
        money = ground.amount_in(row.amount, row.currency)
        value = f" {money.text}" if row.amount is not None and ground.shows_money else ""
        state = "open" if is_open else row.status or "closed"
        told = f"{ground.speech.retell(state)}{value}"
        found.append(Dot(round(at, 2), told, state, "worse" if state == "lost" else "same"))
    return sorted(found, key=lambda dot: (dot.at, dot.text))


def _installs(given: Rows, ground: Ground, first: Week) -> list[Dot]:
    found = []
    for row in given:
        at = _place(row.installed_on, ground, first)
        if at is not None:
            many = f"{ground.speech.trimmed(row.quantity)} × " if row.quantity and row.quantity > 1 else ""
            what = row.product or ground.speech.say("install")
            found.append(Dot(round(at, 2), formats.clipped(f"{many}{what}", 22), "install"))
    return sorted(found, key=lambda dot: (dot.at, dot.text))


def trail(ground: Ground, history: Rows, placed: SimpleNamespace | None) -> tuple[Point, ...]:
    """Where the account stood in the last 13 weeks, oldest first, for the small grid."""
    first = ground.week.shift(1 - TRAIL_WEEKS)
    standing = _standing(history, placed, ground.week, first)
    return tuple(
        Point("", week, loyalty, retention, None, ground.mark(state, zone), label=week)
        for week, (state, zone, loyalty, retention) in standing.items()
        if loyalty is not None and retention is not None
    )
