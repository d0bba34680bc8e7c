"""What is said of one account: where it stands and why, in sentences that claim no more than their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import SimpleNamespace

from contracts.words import PlacementState
from reporting import formats
from reporting.account.models import Waterfall
from reporting.account.voice import voice_sentence
from reporting.explain import name_of_signal
from reporting.ground import Ground, zone_mark
from reporting.models.pack import Point
from reporting.reading import calendar_day, local_day
from reporting.sections.experience import score_text

_SEVERE_DAYS = 90
_RENEWAL_DAYS = 180
_SENTENCES = 4


def zone_sentence(ground: Ground, placed: SimpleNamespace, falls: Sequence[Waterfall]) -> str:
    """What follows the zone chip: `since this week, from Somewhat Loyal. Loyalty 38 (was 51), retention 41.`"""
    if placed.state == PlacementState.INSUFFICIENT:
        why = placed.why_insufficient or "too few signals are measured"
        return f"This account has no zone: {why}."
    parts = [_since(ground, placed), _scores(placed)]
    main = _main_reason(ground, falls)
    if main:
        parts.append(main)
    if placed.is_borderline:
        parts.append(f"Borderline: within ±{formats.trimmed(ground.book.facts.dead_band)} of a line.")
    if placed.pending_zone:
        weeks = formats.figures(int(placed.pending_weeks or 0), "week")
        parts.append(f"The scores alone say {zone_mark(placed.pending_zone).label} for {weeks}; not confirmed yet.")
    return " ".join(parts)


def _since(ground: Ground, placed: SimpleNamespace) -> str:
    moved = placed.direction in ("better", "worse")
    came = f", from {zone_mark(placed.before_zone).label}" if moved else ""
    if ground.book.facts.previous_week is None:
        return "in the first report."
    if moved or placed.episode_since == ground.book.facts.week:
        return f"since this week{came}."
    return f"since {placed.episode_since}." if placed.episode_since else "this week."


def _scores(placed: SimpleNamespace) -> str:
    told = []
    for axis in ("loyalty", "retention"):
        now, before = getattr(placed, axis), getattr(placed, f"before_{axis}")
        if now is None:
            continue
        was = f" (was {formats.number(before)})" if before is not None and round(before) != round(now) else ""
        told.append(f"{axis} {formats.number(now)}{was}")
    return f"{formats.capital(', '.join(told))}." if told else ""


def _main_reason(ground: Ground, falls: Sequence[Waterfall]) -> str:
    """Which signal explains how much of the larger change; silent inside the dead-band."""
    if not falls or not falls[0].is_change:
        return ""
    fall = falls[0]
    change = fall.end - fall.start
    same = [step for step in fall.steps if step.change * change > 0 and step.signal_id in ground.words]
    if abs(change) <= ground.book.facts.dead_band or not same:
        return ""
    largest = max(same, key=lambda step: (abs(step.change), step.signal_id))
    share = largest.change / change
    name = name_of_signal(ground.words, largest.signal_id)
    what = "fall" if change < 0 else "rise"
    return f"“{formats.capital(name)}” {_part(share)} of the {what} in {fall.axis}."


def _part(share: float) -> str:
    for floor, words in ((0.9, "accounts for nearly all"), (0.55, "accounts for more than half"),
                         (0.45, "accounts for about half"), (0.28, "accounts for about a third")):  # fmt: skip
        if share >= floor:
            return words
    return "is the largest single part"


def summary(
    ground: Ground, placed: SimpleNamespace, parts: Mapping[str, Sequence[SimpleNamespace]], falls: Sequence[Waterfall]
) -> tuple[str, ...]:
    """Three or four sentences on the customer's experience: problems, answers, words, money, what got better."""
    found = [
        _problems(ground, parts["tickets"]),
        _answer(ground, parts["surveys"]),
        voice_sentence(ground, parts["comment_aspects"]),
        _renewal(ground, placed),
    ]
    better = [step for fall in falls if fall.is_change for step in fall.steps if step.change > 1]
    if better:
        best = max(better, key=lambda step: (step.change, step.signal_id))
        if best.signal_id in ground.words:
            found.append(f"Better: {best.label}.")
    return tuple(text for text in found if text)[:_SENTENCES]


def _problems(ground: Ground, given: Sequence[SimpleNamespace]) -> str:
    since = ground.book.facts.as_of - timedelta(days=_SEVERE_DAYS)
    recent = [row for row in given if row.opened_at >= since]
    severe = sum(row.severity == 1 for row in recent)
    waiting = sum(row.resolved_at is None and row.closed_at is None for row in given)
    if not recent and not waiting:
        return f"No ticket in {_SEVERE_DAYS} days."
    text = f"{formats.capital(formats.counted(len(recent), 'ticket'))} in {_SEVERE_DAYS} days"
    if severe:
        text += f", {formats.count_word(severe)} of severity 1"
    verb = "is" if waiting == 1 else "are"
    return f"{text}; {formats.count_word(waiting) if waiting else 'none'} {verb if waiting else 'is'} open."


def _answer(ground: Ground, given: Sequence[SimpleNamespace]) -> str:
    told = [row for row in given if row.answered_at is not None and row.score is not None]
    if not told:
        asked = len(given)
        return f"No answer to {formats.counted(asked, 'survey')} sent." if asked else "No survey was sent."
    last = max(told, key=lambda row: (row.answered_at, row.response_id))
    on = local_day(last.answered_at, ground.zone)
    earlier = [row for row in told if row.kind == last.kind and row.answered_at < last.answered_at]
    was = ""
    if earlier:
        before = max(earlier, key=lambda row: (row.answered_at, row.response_id))
        was = f" (was {formats.trimmed(before.score)})" if before.score != last.score else " (as before)"
    return f"Last survey {formats.day_near(on, ground.today)}: {score_text(last)}{was}."


def _renewal(ground: Ground, placed: SimpleNamespace) -> str:
    on = calendar_day(placed.renewal_on)
    if on is None or not 0 <= (on - ground.today).days <= _RENEWAL_DAYS:
        return ""
    worth = placed.renewal_amount if placed.renewal_amount is not None else placed.revenue_amount
    money = ground.amount(worth)
    days = formats.figures((on - ground.today).days, "day")
    what = money.text if money.value is not None else "The contract"
    return f"{what} renews on {formats.day_year(on)}, in {days}."


def trail_finding(path: Sequence[Point]) -> str:
    """The small grid in words."""
    if not path:
        return "No position known."
    first, last = path[0], path[-1]
    here = f"{last.mark.label} ({formats.number(last.loyalty)}, {formats.number(last.retention)})"
    if len(path) == 1:
        return f"Position in {last.label}: {here}."
    there = f"{first.mark.label} ({formats.number(first.loyalty)}, {formats.number(first.retention)})"
    return f"Position over {formats.figures(len(path), 'week')}: from {there} to {here}."
