"""What is said of one account: where it stands and why, in sentences that claim no more than their numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import SimpleNamespace

from contracts.words import Level, PlacementState
from reporting import formats
from reporting.account.follow import score_in
from reporting.account.models import Waterfall
from reporting.account.voice import voice_sentence
from reporting.explain import name_of_signal
from reporting.ground import Ground
from reporting.languages import Tongue, later
from reporting.models.pack import Point
from reporting.reading import calendar_day, local_day
from reporting.sections.experience import score_text

_SEVERE_DAYS = 90
_RENEWAL_DAYS = 180
_SENTENCES = 4
_READERS = {
    Level.INDIVIDUAL: later("Individual contributors"),
    Level.MANAGER: later("Managers"),
    Level.DIRECTOR: later("Directors"),
    Level.EXECUTIVE: later("Executives"),
}
_PARTS = (
    (
        0.9,
        later("“{name}” accounts for nearly all of the fall in {axis}."),
        later("“{name}” accounts for nearly all of the rise in {axis}."),
    ),
    (
        0.55,
        later("“{name}” accounts for more than half of the fall in {axis}."),
        later("“{name}” accounts for more than half of the rise in {axis}."),
    ),
    (
        0.45,
        later("“{name}” accounts for about half of the fall in {axis}."),
        later("“{name}” accounts for about half of the rise in {axis}."),
    ),
    (
        0.28,
        later("“{name}” accounts for about a third of the fall in {axis}."),
        later("“{name}” accounts for about a third of the rise in {axis}."),
    ),
    (
        -math.inf,
        later("“{name}” is the largest single part of the fall in {axis}."),
        later("“{name}” is the largest single part of the rise in {axis}."),
    ),
)


def zone_sentence(ground: Ground, placed: SimpleNamespace, falls: Sequence[Waterfall]) -> str:
    """What follows the zone chip: `since this week, from Somewhat Loyal. Loyalty 38 (was 51), retention 41.`"""
    speech = ground.speech
    if placed.state == PlacementState.INSUFFICIENT:
        why = speech.retell(placed.why_insufficient) or speech.say("too few signals are measured")
        return speech.say("This account has no zone: {why}.", why=why)
    parts = [_since(ground, placed), _scores(placed, speech)]
    main = _main_reason(ground, falls)
    if main:
        parts.append(main)
    if placed.is_borderline:
        band = speech.trimmed(ground.book.facts.dead_band)
        parts.append(speech.say("Borderline: within ±{band} of a line.", band=band))
    if placed.pending_zone:
        told = speech.figures(
            "The scores alone say {zone} for {count} week; not confirmed yet.",
            "The scores alone say {zone} for {count} weeks; not confirmed yet.",
            int(placed.pending_weeks or 0), zone=ground.zone_name(placed.pending_zone),
        )  # fmt: skip
        parts.append(told)
    return " ".join(parts)


def _since(ground: Ground, placed: SimpleNamespace) -> str:
    say = ground.speech.say
    moved = placed.direction in ("better", "worse")
    if ground.book.facts.previous_week is None:
        return say("in the first report.")
    if moved:
        return say("since this week, from {zone}.", zone=ground.zone_name(placed.before_zone))
    if placed.episode_since == ground.book.facts.week:
        return say("since this week.")
    return say("since {week}.", week=placed.episode_since) if placed.episode_since else say("this week.")


def _scores(placed: SimpleNamespace, speech: Tongue) -> str:
    told = []
    for axis in ("loyalty", "retention"):
        now, before = getattr(placed, axis), getattr(placed, f"before_{axis}")
        if now is None:
            continue
        figure = speech.number(now)
        if before is not None and round(before) != round(now):
            figure = speech.say("{now} (was {was})", now=figure, was=speech.number(before))
        told.append(f"{speech.say(axis)} {figure}")
    return f"{formats.capital(speech.say(', ').join(told))}." if told else ""


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
    name = name_of_signal(ground.words, largest.signal_id, ground.speech)
    fell, rose = next((words for floor, *words in _PARTS if share >= floor))
    return ground.speech.say(
        fell if change < 0 else rose, name=formats.capital(name), axis=ground.speech.say(fall.axis)
    )


def summary(
    ground: Ground, placed: SimpleNamespace, parts: Mapping[str, Sequence[SimpleNamespace]], falls: Sequence[Waterfall]
) -> tuple[str, ...]:
    """Three or four sentences on the customer's experience: problems, answers, words, money, what got better."""
    found = [
        problems_sentence(ground, parts["tickets"]),
        _answer(ground, parts["surveys"]),
        voice_sentence(ground, parts["comment_aspects"]),
        _renewal(ground, placed),
    ]
    better = [step for fall in falls if fall.is_change for step in fall.steps if step.change > 1]
    if better:
        best = max(better, key=lambda step: (step.change, step.signal_id))
        if best.signal_id in ground.words:
            found.append(ground.speech.say("Better: {step}.", step=best.label))
    return tuple(text for text in found if text)[:_SENTENCES]


def problems_sentence(ground: Ground, given: Sequence[SimpleNamespace]) -> str:
    """How many tickets in 90 days, how many of them severe, how many are open."""
    speech = ground.speech
    since = ground.book.facts.as_of - timedelta(days=_SEVERE_DAYS)
    recent = [row for row in given if row.opened_at >= since]
    severe = sum(row.severity == 1 for row in recent)
    waiting = sum(row.resolved_at is None and row.closed_at is None for row in given)
    if not recent and not waiting:
        return speech.say("No ticket in {days} days.", days=speech.number(_SEVERE_DAYS))
    text = speech.count(
        "{count} ticket in {days} days", "{count} tickets in {days} days", len(recent), days=speech.number(_SEVERE_DAYS)
    )
    if severe:
        text += speech.count(", {count} of severity 1", ", {count} of severity 1", severe)
    still = speech.count("{count} is open", "{count} are open", waiting) if waiting else speech.say("none is open")
    return speech.say("{tickets}; {still}.", tickets=formats.capital(text), still=still)


def _answer(ground: Ground, given: Sequence[SimpleNamespace]) -> str:
    speech = ground.speech
    told = [row for row in given if row.answered_at is not None and row.score is not None]
    if not told:
        asked = len(given)
        if not asked:
            return speech.say("No survey was sent.")
        return speech.count("No answer to {count} survey sent.", "No answer to {count} surveys sent.", asked)
    last = max(told, key=lambda row: (row.answered_at, row.response_id))
    values = {
        "day": speech.day_near(local_day(last.answered_at, ground.zone), ground.today),
        "score": score_in(score_text(last), speech),
    }
    earlier = [row for row in told if row.kind == last.kind and row.answered_at < last.answered_at]
    if not earlier:
        return speech.say("Last survey {day}: {score}.", **values)
    before = max(earlier, key=lambda row: (row.answered_at, row.response_id))
    if before.score == last.score:
        return speech.say("Last survey {day}: {score} (as before).", **values)
    return speech.say("Last survey {day}: {score} (was {was}).", was=speech.trimmed(before.score), **values)


def _renewal(ground: Ground, placed: SimpleNamespace) -> str:
    speech = ground.speech
    on = calendar_day(placed.renewal_on)
    if on is None or not 0 <= (on - ground.today).days <= _RENEWAL_DAYS:
        return ""
    worth = placed.renewal_amount if placed.renewal_amount is not None else placed.revenue_amount
    money = ground.amount(worth)
    what = money.text if money.value is not None else speech.say("The contract")
    return speech.figures(
        "{what} renews on {day}, in {count} day.", "{what} renews on {day}, in {count} days.",
        (on - ground.today).days, what=what, day=speech.day_year(on),
    )  # fmt: skip


def trail_finding(path: Sequence[Point], speech: Tongue) -> str:
    """The small grid in words."""
    if not path:
        return speech.say("No position known.")
    first, last = path[0], path[-1]
    here = _position(last, speech)
    if len(path) == 1:
        return speech.say("Position in {week}: {here}.", week=last.label, here=here)
    return speech.figures(
        "Position over {count} week: from {there} to {here}.", "Position over {count} weeks: from {there} to {here}.",
        len(path), there=_position(first, speech), here=here,
    )  # fmt: skip


def _position(point: Point, speech: Tongue) -> str:
    return f"{point.mark.label} ({speech.number(point.loyalty)}{speech.say(', ')}{speech.number(point.retention)})"


def readers_title(levels: Sequence[Level], speech: Tongue) -> str:
    """For whom a shared page is: `Individual contributors and Managers`."""
    return speech.say(" and ").join(speech.say(_READERS[level]) for level in levels)
