"""Proposed values onto the rules in force: which numbers of which file change, or why that cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from config.patch import Edit
from contracts.proposals import Fault, ProposedValue
from contracts.rules import Policy, SignalRule
from contracts.words import Axis

THRESHOLDS_FILE, SIGNALS_FILE = "thresholds.toml", "signals.toml"
SUM_ERROR = 0.1
"""Points of percent by which the weights of an axis may miss 100: what rounding to two decimals can do."""

ALLOWED = {
    "dead_band": (0.0, 20.0),
    "confirmation_weeks": (1.0, 8.0),
    "coverage_floor": (0.0, 1.0),
    "prior_strength": (0.0, 1000.0),
}
LINE = (0.0, 100.0)
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class _Number:
    """A value that is a number, and where it stands."""

    key: str
    value: float
    where: str


def current_values(policy: Policy) -> dict[str, float]:
    """Every value that may be changed, by key, as the workbook shows it."""
    thresholds = policy.thresholds
    found = {f"lines.{axis.value}": float(getattr(thresholds.lines, axis.value)) for axis in Axis}
    for tier, lines in sorted(thresholds.tier.items()):
        found |= {f"tier.{tier}.{axis.value}": float(getattr(lines, axis.value)) for axis in Axis}
    found |= {key: float(getattr(thresholds, key)) for key in ALLOWED}
    total = _totals(policy.signals)
    for rule in policy.signals:
        found[f"weight.{rule.id}"] = round(100.0 * rule.weight / total[rule.axis], 2)
        found[f"bad.{rule.id}"], found[f"good.{rule.id}"] = rule.bad, rule.good
    return found


def edits_of(policy: Policy, values: Sequence[ProposedValue]) -> tuple[list[Edit], list[Fault]]:
    """The numbers that change, and every fault that speaks against it; empty cells change nothing.

    Faults: unknown keys and signals, what is no number or out of its range, two values for one key, weights of an axis
    that do not sum to 100, bands that overlap.
    """
    now = current_values(policy)
    faults: list[Fault] = []
    wanted: dict[str, _Number] = {}
    for value in values:
        if value.value is None:
            continue
        number = _number(value, now, policy, faults)
        if number is None or _is_same(number, now):
            continue
        if value.key in wanted:
            other = wanted[value.key].where
            faults.append(
                Fault(value.where, f"{value.key} is also given in {other}", "one value", "remove one of the two")
            )
            continue
        wanted[value.key] = number
    faults += _bands(policy, wanted)
    faults += _weights(policy, wanted)
    return list(_edits(policy, wanted)), faults


def _number(value: ProposedValue, now: Mapping[str, float], policy: Policy, faults: list[Fault]) -> _Number | None:
    kind, _, name = value.key.partition(".")
    is_line = (
        value.key.startswith("tier.") and value.key.rpartition(".")[2] in tuple(Axis) and value.key.count(".") == 2
    )
    if value.key not in now and not is_line:
        faults.append(_unknown(value, kind, name, policy, now))
        return None
    try:
        number = float(str(value.value).replace(",", ".").removesuffix("%").strip())
    except ValueError:
        number = float("nan")
    low, high = _range(value.key)
    if not low <= number <= high:
        allowed = f"a number from {low:g} to {high:g}" if high < 1e9 else "a number"
        remedy = (
            f"write a number there, or empty the cell to keep {now[value.key]:g}" if value.key in now else "write one"
        )
        faults.append(Fault(value.where, f"“{value.value}” is not allowed here", allowed, remedy))
        return None
    return _Number(value.key, number, value.where)


def _range(key: str) -> tuple[float, float]:
    if key.startswith(("lines.", "tier.")):
        return LINE
    if key.startswith("weight."):
        return LINE
    return ALLOWED.get(key, (-1e12, 1e12))


def _unknown(value: ProposedValue, kind: str, name: str, policy: Policy, now: Mapping[str, float]) -> Fault:
    if kind in ("weight", "bad", "good") and name:
        ids = [rule.id for rule in policy.signals]
        near = get_close_matches(name, ids, n=1)
        hint = (
            f"did you mean {near[0]}? Write that" if near else "choose one from the sheet Weights of a fresh workbook"
        )
        return Fault(
            value.where,
            f"there is no signal “{name}”",
            "the id of a signal that is measured",
            f"{hint}, or remove the row",
        )
    near = get_close_matches(value.key, list(now), n=1)
    hint = f"did you mean {near[0]}? Write that" if near else "remove it"
    expected = "lines, tier, dead_band, confirmation_weeks, coverage_floor, prior_strength, weight, bad or good"
    return Fault(value.where, f"“{value.key}” is nothing that a proposal can change", expected, hint)


def _is_same(number: _Number, now: Mapping[str, float]) -> bool:
    return number.key in now and abs(now[number.key] - number.value) < _SAME


def _bands(policy: Policy, wanted: Mapping[str, _Number]) -> Iterator[Fault]:
    """A band for "low" and one for "high": of each line with its dead-band, and of each signal's two anchors."""
    thresholds = policy.thresholds
    band = wanted["dead_band"].value if "dead_band" in wanted else thresholds.dead_band
    lines = {key: value for key, value in current_values(policy).items() if key.startswith(("lines.", "tier."))}
    lines |= {key: number.value for key, number in wanted.items() if key.startswith(("lines.", "tier."))}
    for key, line in lines.items():
        if line - band > 0 and line + band <= LINE[1]:
            continue
        if key not in wanted and "dead_band" not in wanted:
            continue
        where = wanted[key if key in wanted else "dead_band"].where
        yield Fault(
            where,
            f"the bands overlap the ends of the scale: {key} {line:g} with a dead-band of {band:g} asks for scores "
            f"below {line - band:g} to fall and for {line + band:g} to rise",
            "line less dead-band above 0, line plus dead-band at most 100",
            "move the line away from the end, or make the dead-band smaller",
        )
    for rule in policy.signals:
        mine = {end: wanted.get(f"{end}.{rule.id}") for end in ("bad", "good")}
        given = [number for number in mine.values() if number is not None]
        bad = mine["bad"].value if mine["bad"] else rule.bad
        good = mine["good"].value if mine["good"] else rule.good
        if given and (good - bad) * (rule.good - rule.bad) <= 0:
            more = "more" if rule.good > rule.bad else "less"
            yield Fault(
                given[0].where,
                f"the bands of {rule.id} overlap: what counts as bad (score 0 at {bad:g}) reaches into what counts as "
                f"good (score 100 at {good:g}), though {more} is better",
                f"a value for 100 that is {'above' if more == 'more' else 'below'} the value for 0",
                f"correct one of the two; they are {rule.bad:g} and {rule.good:g} now",
            )


def _weights(policy: Policy, wanted: Mapping[str, _Number]) -> Iterator[Fault]:
    for axis in Axis:
        mine = [rule for rule in policy.signals if rule.axis is axis]
        changed = [wanted[key] for rule in mine if (key := f"weight.{rule.id}") in wanted]
        if not changed:
            continue
        total = _total(policy, wanted, mine)
        if abs(total - 100.0) <= SUM_ERROR:
            continue
        many = total > 100.0
        yield Fault(
            changed[0].where,
            f"the weights of {axis.value} sum to {total:.2f} %, not to 100 %",
            f"all weights of {axis.value} together 100 %",
            f"take {abs(total - 100):.2f} points from other signals of {axis.value}"
            if many
            else f"give {abs(total - 100):.2f} points to other signals of {axis.value}",
        )


def _total(policy: Policy, wanted: Mapping[str, _Number], mine: Sequence[SignalRule]) -> float:
    """Percent in all, where what nobody changed keeps its exact share."""
    exact = _totals(policy.signals)
    return sum(
        wanted[f"weight.{rule.id}"].value if f"weight.{rule.id}" in wanted else 100.0 * rule.weight / exact[rule.axis]
        for rule in mine
    )


def _totals(rules: Sequence[SignalRule]) -> dict[Axis, float]:
    return {axis: sum(rule.weight for rule in rules if rule.axis is axis) or 1.0 for axis in Axis}


def _edits(policy: Policy, wanted: Mapping[str, _Number]) -> Iterator[Edit]:
    total, rules = _totals(policy.signals), {rule.id: rule for rule in policy.signals}
    for key, number in wanted.items():
        kind, _, name = key.partition(".")
        if kind == "weight":
            weight = round(number.value / 100.0 * total[rules[name].axis], 6)
            yield Edit(SIGNALS_FILE, "signal", "weight", weight, name)
        elif kind in ("bad", "good"):
            yield Edit(SIGNALS_FILE, "signal", kind, number.value, name)
        elif kind in ("lines", "tier"):
            table, _, axis = key.rpartition(".")
            yield Edit(THRESHOLDS_FILE, table, axis, number.value)
        else:
            yield Edit(THRESHOLDS_FILE, "", key, number.value)
    # a tier that gets lines needs both of them
    for tier in {key.split(".")[1] for key in wanted if key.startswith("tier.")} - set(policy.thresholds.tier):
        for axis in Axis:
            if f"tier.{tier}.{axis.value}" not in wanted:
                line = getattr(policy.thresholds.lines, axis.value)
                yield Edit(THRESHOLDS_FILE, f"tier.{tier}", axis.value, line)
