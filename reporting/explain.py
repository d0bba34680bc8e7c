"""Why a score moved, said in words: differences of contributions, per signal, that add up exactly.

With weights w and signal scores s of one axis (w sums to 1 in each week) and m the earlier score:
    change of a signal = w_now (s_now - m) - w_before (s_before - m)
The sum over all signals is score_now - score_before exactly, because the m terms cancel. Measuring from m keeps a
signal that only appears or disappears from shifting its whole weight into the others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pandas as pd

from reporting import formats
from reporting.languages import PLAIN_ENGLISH, Tongue, later_counted
from reporting.reading import grouped, rows

_PLURAL = re.compile(r"^[a-z-]+[^s]s$")
_OUT_OF = re.compile(r"^of (\d+)$")
_UNITS = {
    "days": later_counted("{count} day", "{count} days"),
    "hours": later_counted("{count} hour", "{count} hours"),
    "minutes": later_counted("{count} minute", "{count} minutes"),
    "tickets": later_counted("{count} ticket", "{count} tickets"),
    "incidents": later_counted("{count} incident", "{count} incidents"),
    "projects": later_counted("{count} project", "{count} projects"),
    "deals": later_counted("{count} deal", "{count} deals"),
    "renewals": later_counted("{count} renewal", "{count} renewals"),
    "agreements": later_counted("{count} agreement", "{count} agreements"),
    "hand-offs": later_counted("{count} hand-off", "{count} hand-offs"),
    "moves": later_counted("{count} move", "{count} moves"),
    "points": later_counted("{count} point", "{count} points"),
    "per system": later_counted("{count} per system", "{count} per system"),
}
_COLUMNS = ["customer_id", "axis", "signal_id", "value", "n", "signal_score", "weight_share", "contribution"]


@dataclass(frozen=True, slots=True)
class Driver:
    """One signal's part in the change of one axis."""

    signal_id: str
    axis: str
    value: float | None
    before: float | None
    change: float


def drivers(now: Iterable[Any], before: Iterable[Any]) -> list[Driver]:
    """Drivers of one customer on one axis, largest first; rows of CONTRIBUTIONS of either week."""
    current = {row.signal_id: row for row in now}
    earlier = {row.signal_id: row for row in before}
    middle = math.fsum(row.weight_share * row.signal_score for row in earlier.values())
    found = []
    for signal in sorted({*current, *earlier}):
        this, last = current.get(signal), earlier.get(signal)
        moved = (this.weight_share * (this.signal_score - middle) if this else 0.0) - (
            last.weight_share * (last.signal_score - middle) if last else 0.0
        )
        row: Any = this or last
        found.append(Driver(signal, row.axis, this.value if this else None, last.value if last else None, moved))
    return sorted(found, key=lambda driver: (-abs(driver.change), driver.signal_id))


def drivers_by_customer(
    now: pd.DataFrame, before: pd.DataFrame, customers: Sequence[str]
) -> dict[str, dict[str, list[Driver]]]:
    """Customer -> axis -> drivers, for the customers asked for and only where both weeks have that axis."""
    wanted = set(customers)
    current = grouped(now.loc[now["customer_id"].isin(wanted), _COLUMNS])
    earlier = grouped(before.loc[before["customer_id"].isin(wanted), _COLUMNS])
    found: dict[str, dict[str, list[Driver]]] = {}
    for customer in sorted(wanted & current.keys() & earlier.keys()):
        mine, old = rows(current[customer]), rows(earlier[customer])
        axes = sorted({row.axis for row in mine} & {row.axis for row in old})
        found[customer] = {
            axis: drivers([r for r in mine if r.axis == axis], [r for r in old if r.axis == axis]) for axis in axes
        }
    return found


def value_text(word: SimpleNamespace | None, value: float | None, speech: Tongue = PLAIN_ENGLISH) -> str:
    """A signal's value with its unit: `3`, `72 %`, `4.1 of 5`, `12 days`."""
    if value is None:
        return speech.say(formats.NOT_MEASURED)
    unit = str(getattr(word, "unit", "") or "").strip()
    if unit in ("share", "0-1"):
        return speech.percent(value)
    figure = speech.trimmed(value)
    if unit in ("", "count", "number"):
        return figure
    if not speech.is_english:
        return _in_units(value, figure, unit, speech)
    if unit in ("%", "pct"):
        return f"{figure}{formats.NBSP}%"
    if figure == "1" and _PLURAL.match(unit):
        unit = unit[:-1]
    return f"{figure}{formats.NBSP}{unit}"


def _in_units(value: float, figure: str, unit: str, speech: Tongue) -> str:
    if unit in ("%", "pct"):
        return speech.percent(value / 100, formats.needed_decimals(value))
    if unit in _UNITS:
        return speech.measured(*_UNITS[unit], value)
    top = _OUT_OF.match(unit)
    return speech.say("{score} of {top}", score=figure, top=top[1]) if top else f"{figure}{formats.NBSP}{unit}"


def name_of_signal(words: Mapping[str, SimpleNamespace], signal_id: str, speech: Tongue = PLAIN_ENGLISH) -> str:
    word = words.get(signal_id)
    return speech.retell(str(word.name)) if word is not None else signal_id.replace("_", " ")


def said(driver: Driver, words: Mapping[str, SimpleNamespace], speech: Tongue = PLAIN_ENGLISH) -> str:
    """`Severity-1 faults in 14 days: 3 (was 0)`."""
    word = words.get(driver.signal_id)
    name = name_of_signal(words, driver.signal_id, speech)
    now, was = value_text(word, driver.value, speech), value_text(word, driver.before, speech)
    if driver.value is None:
        return speech.say("{name}: no longer measured (was {was})", name=name, was=was)
    if driver.before is None:
        return speech.say("{name}: {now} (new)", name=name, now=now)
    if now == was:
        return speech.say("{name}: {now}", name=name, now=now)
    return speech.say("{name}: {now} (was {was})", name=name, now=now, was=was)


def why(
    axes: Mapping[str, Sequence[Driver]], words: Mapping[str, SimpleNamespace], *, is_worse: bool, keep: int = 2
) -> str:
    """The strongest reasons of a move in its own direction, over both axes, each signal once."""
    found = sorted(
        (
            driver
            for each in axes.values()
            for driver in each
            if (driver.change < -0.5 if is_worse else driver.change > 0.5)
        ),
        key=lambda driver: (-abs(driver.change), driver.signal_id),
    )
    seen: dict[str, Driver] = {}
    for driver in found:
        seen.setdefault(driver.signal_id, driver)
    chosen = list(seen.values())[:keep]
    return "; ".join(said(driver, words) for driver in chosen)


def shares_out(changes: Sequence[float], target: int) -> list[int]:
    """Whole points that sum to `target` (largest remainder), so that bars add up as printed."""
    floors = [math.floor(change) for change in changes]
    missing = target - sum(floors)
    order = sorted(range(len(changes)), key=lambda at: (-(changes[at] - floors[at]), at))
    whole = list(floors)
    step = 1 if missing > 0 else -1
    ranking = order if missing > 0 else order[::-1]
    for turn in range(abs(missing)):
        if ranking:
            whole[ranking[turn % len(ranking)]] += step
    return whole
