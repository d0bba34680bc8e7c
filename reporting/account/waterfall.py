"""Why a score is what it is, as bars that add up: exactly in value, and again as printed.

Printed steps are whole points shared out by largest remainder, so that the figures on the page sum to the printed
change; the small ones are put together in one last step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from contracts.words import Axis
from reporting import formats
from reporting.account.models import SignalLine, Step, Waterfall
from reporting.explain import Driver, drivers, name_of_signal, said, shares_out, value_text
from reporting.ground import change_of
from reporting.languages import Tongue
from reporting.values import Direction, Mark

SHOWN = 7
_SMALL = 0.5
_REST = "others"


def waterfalls(
    now: Sequence[Any],
    before: Sequence[Any],
    placed: SimpleNamespace,
    words: Mapping[str, SimpleNamespace],
    mark: Mark,
    speech: Tongue,
) -> tuple[Waterfall, ...]:
    """One per axis that has contributions; rows of CONTRIBUTIONS of one customer in either week."""
    found = []
    for axis in Axis:
        mine = [row for row in now if row.axis == axis]
        old = [row for row in before if row.axis == axis]
        if mine:
            line = placed.loyalty_line if axis is Axis.LOYALTY else placed.retention_line
            found.append(_waterfall(axis, mine, old, words, mark, speech, line=float(line)))
    # The axis that changed most is the one to read first.
    return tuple(sorted(found, key=lambda each: -abs(each.end - each.start) if each.is_change else 0.0))


def _score(rows: Sequence[Any]) -> float:
    return math.fsum(row.weight_share * row.signal_score for row in rows)


def _waterfall(
    axis: Axis,
    now: Sequence[Any],
    before: Sequence[Any],
    words: Mapping[str, SimpleNamespace],
    mark: Mark,
    speech: Tongue,
    *,
    line: float,
) -> Waterfall:
    end, is_change = _score(now), bool(before)
    if is_change:
        start, found = _score(before), drivers(now, before)
    else:
        start = math.fsum(row.weight_share * row.reference_score for row in now)
        found = sorted(
            (Driver(row.signal_id, row.axis, row.value, None, row.contribution) for row in now),
            key=lambda driver: (-abs(driver.change), driver.signal_id),
        )
    steps = _steps(found, words, speech, start, end, is_change=is_change)
    say = speech.say
    change = speech.signed(formats.rounded(end) - formats.rounded(start))
    label = say(axis.value)
    before, now_text = speech.number(start), speech.number(end)
    told = say(", ").join(f"{step.label} {step.text}" for step in steps) or say("no signal changed it")
    values = {"axis": formats.capital(label), "start": before, "steps": told, "end": now_text}
    if is_change:
        title = say("Why {axis} is {end}, last week {start}", axis=label, end=now_text, start=before)
        subtitle = say("Effect of each signal on the {axis} score; sum {change}.", axis=label, change=change)
        finding = say("{axis} score: {start} last week; {steps}; {end} this week.", **values)
    else:
        title = say("Why {axis} is {end}", axis=label, end=now_text)
        subtitle = say("Each signal against the typical account ({start}); sum {change}.", start=before, change=change)
        finding = say("{axis} score: {start} the typical account; {steps}; {end} this week.", **values)
    return Waterfall(
        axis=axis.value,
        axis_label=formats.capital(label),
        title=title,
        subtitle=subtitle,
        start_label=say("Last week") if is_change else say("Typical account"),
        end_label=say("This week"),
        start=start,
        end=end,
        start_text=before,
        end_text=now_text,
        line=line,
        line_label=say("{axis} line {line}", axis=label, line=speech.trimmed(line)),
        steps=steps,
        mark=mark,
        is_change=is_change,
        finding=finding,
    )


def _steps(
    found: Sequence[Driver],
    words: Mapping[str, SimpleNamespace],
    speech: Tongue,
    start: float,
    end: float,
    *,
    is_change: bool,
) -> tuple[Step, ...]:
    shown = [driver for driver in found if abs(driver.change) >= _SMALL][:SHOWN]
    rest = [driver for driver in found if driver not in shown]
    worse_first = sorted(shown, key=lambda driver: (driver.change > 0, -abs(driver.change), driver.signal_id))
    parts: list[tuple[str, str, float]] = [
        (driver.signal_id, said(driver, words, speech) if is_change else _against(driver, words, speech), driver.change)
        for driver in worse_first
    ]
    if rest:
        label = (
            speech.figures("{count} other signal", "{count} other signals", len(rest))
            if shown
            else speech.figures("{count} signal", "{count} signals", len(rest))
        )
        parts.append((_REST, label, math.fsum(driver.change for driver in rest)))
    target = int(formats.rounded(end) - formats.rounded(start))
    printed = shares_out([change for _, _, change in parts], target)
    steps: list[Step] = []
    at = start
    for (signal, label, change), whole in zip(parts, printed, strict=True):
        direction: Direction = "worse" if change < 0 else "better" if change > 0 else "same"
        after = end if len(steps) == len(parts) - 1 else at + change
        steps.append(Step(signal, label, change, speech.signed(whole), at, after, direction))
        at = after
    return tuple(steps)


def _against(driver: Driver, words: Mapping[str, SimpleNamespace], speech: Tongue) -> str:
    now = value_text(words.get(driver.signal_id), driver.value, speech)
    return speech.say("{name}: {now}", name=name_of_signal(words, driver.signal_id, speech), now=now)


def signal_lines(
    now: Sequence[Any], before: Sequence[Any], words: Mapping[str, SimpleNamespace], speech: Tongue, *, noise: float
) -> tuple[SignalLine, ...]:
    """Every declared signal: measured ones by weight in each axis, then those not measured."""
    current = {(row.axis, row.signal_id): row for row in now}
    earlier = {(row.axis, row.signal_id): row for row in before}
    found = []
    heaviest = sorted(current.items(), key=lambda each: (each[0][0], -each[1].weight_share, each[0][1]))
    for (axis, signal), row in heaviest:
        old, word = earlier.get((axis, signal)), words.get(signal)
        change = change_of(old.signal_score if old else None, row.signal_score, noise=noise)
        found.append(
            SignalLine(
                signal, name_of_signal(words, signal, speech), speech.say(axis),
                speech.retell(str(getattr(word, "tier", ""))),
                value_text(word, row.value, speech), value_text(word, old.value, speech) if old else "",
                row.signal_score, speech.number(row.signal_score), speech.percent(row.weight_share),
                speech.signed(row.contribution), change.direction, True,
            )
        )  # fmt: skip
    for signal, word in sorted(words.items()):
        if (word.axis, signal) not in current:
            old = earlier.get((word.axis, signal))
            was = value_text(word, old.value, speech) if old else ""
            found.append(
                SignalLine(
                    signal, name_of_signal(words, signal, speech), speech.say(word.axis), speech.retell(word.tier),
                    speech.say(formats.NOT_MEASURED), was, None, "–", "–", "–", "unknown", False,
                )
            )  # fmt: skip
    return tuple(found)
