"""What one version of the rules says otherwise than another, one sentence for each difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from contracts.rules import Lines, Playbook, Policy, SignalRule
from contracts.words import Axis, Zone
from reporting.formats import capital, listed, percent

_LONGEST = 60
_SECTIONS = {
    "money": "Money",
    "audiences": "Readers",
    "alerts": "Alerts",
    "casework": "Casework",
    "voice": "Reading of comments",
    "retention": "Retention model",
    "lifetime_value": "Lifetime value",
    "targets": "Targets",
    "linkage": "Linkage",
    "segments": "Segments",
    "sensitivity": "Sensitivity",
    "surveys": "Surveys",
    "effect": "Effect of casework",
    "governance": "Governance",
}
_LISTS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "case_templates": ("Case template", lambda one: str(one.id)),
    "taxonomy": ("Taxonomy", lambda one: " / ".join(str(v) for v in list(one.model_dump().values())[:3])),
    "lexicon": ("Lexicon", lambda one: " ".join(str(v) for v in list(one.model_dump().values())[:2])),
    "ordinary_words": ("Ordinary word", lambda one: str(one.word)),
}
_SAID = {
    "dead_band": "Dead-band, points beyond a line",
    "confirmation_weeks": "Weeks that must see a move",
    "coverage_floor": "Least share of weight that must be observed",
    "prior_strength": "Facts' worth of the book's mean in every average",
}
_MOST = 12
"""Of a list of words, more single ones are not read: then only how many."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`part`: what kind of rule it is about: Lines, Weights, Anchors, Signals, Playbooks, ..."""

    part: str
    sentence: str


def differences(before: Policy, after: Policy) -> list[Difference]:
    """All differences in the order lines, weights, anchors, signals, playbooks, the rest; none for equal rules."""
    return [
        *_lines(before, after),
        *_thresholds(before, after),
        *_signals(before, after),
        *_playbooks(before.playbooks, after.playbooks),
        *(found for field in _LISTS for found in _list(field, getattr(before, field), getattr(after, field))),
        *(
            Difference(name, f"{name}, {sentence}")
            for field, name in _SECTIONS.items()
            for sentence in _values(getattr(before, field), getattr(after, field))
        ),
    ]


def _lines(before: Policy, after: Policy) -> Iterator[Difference]:
    critical = _critical_axes(after)
    for axis in Axis:
        old, new = (getattr(policy.thresholds.lines, axis.value) for policy in (before, after))
        if old != new:
            kind = "Critical line" if critical else "Line"
            yield Difference("Lines", f"{kind} of {axis.value}: {figure(old)} -> {figure(new)}")
    tiers = sorted({*before.thresholds.tier, *after.thresholds.tier})
    for tier in tiers:
        yield from _tier(tier, before.thresholds.tier.get(tier), after.thresholds.tier.get(tier))


def _tier(tier: str, old: Lines | None, new: Lines | None) -> Iterator[Difference]:
    if old is None or new is None:
        lines = new or old
        assert lines is not None
        said = f"loyalty {figure(lines.loyalty)}, retention {figure(lines.retention)}"
        ending = f"has lines of its own: {said}" if old is None else f"has no lines of its own any more (had {said})"
        yield Difference("Lines", f"Tier {tier} {ending}")
        return
    for axis in Axis:
        was, becomes = getattr(old, axis.value), getattr(new, axis.value)
        if was != becomes:
            yield Difference("Lines", f"Line of {axis.value} of tier {tier}: {figure(was)} -> {figure(becomes)}")


def _critical_axes(policy: Policy) -> bool:
    """Whether Critical is the corner below both lines, so that each line is its border."""
    return policy.thresholds.corners.low_loyalty_low_retention is Zone.CRITICAL


def _thresholds(before: Policy, after: Policy) -> Iterator[Difference]:
    left = {"lines", "tier"}
    old, new = (policy.thresholds.model_dump(mode="json", exclude=left) for policy in (before, after))
    for key in new:
        if old.get(key) != new[key]:
            name = _SAID.get(key, f"Thresholds, {key.replace('_', ' ')}")
            yield Difference("Lines", f"{name}: {_value(old.get(key))} -> {_value(new[key])}")


def _signals(before: Policy, after: Policy) -> Iterator[Difference]:
    old, new = ({rule.id: rule for rule in policy.signals} for policy in (before, after))
    shares = [weight_shares(policy.signals) for policy in (before, after)]
    for name in sorted(new.keys() & old.keys(), key=lambda one: -abs(shares[1][one] - shares[0][one])):
        if old[name].weight != new[name].weight:
            was, becomes = (percent(share[name], 1) for share in shares)
            said = f"{_called(new[name])} in {new[name].axis.value}: weight {figure(old[name].weight)} -> "
            yield Difference("Weights", f"{said}{figure(new[name].weight)} ({was} -> {becomes} of the axis)")
    for name in sorted(new.keys() & old.keys()):
        for end, score in (("bad", 0), ("good", 100)):
            was, becomes = getattr(old[name], end), getattr(new[name], end)
            if was != becomes:
                said = f"{_called(new[name])}: score {score} at {figure(was)} -> {figure(becomes)} {new[name].unit}"
                yield Difference("Anchors", said)
    for name in sorted(new.keys() - old.keys()):
        yield Difference("Signals", f"Signal added: {_called(new[name])}, {percent(shares[1][name], 1)} of its axis")
    for name in sorted(old.keys() - new.keys()):
        yield Difference("Signals", f"Signal removed: {_called(old[name])}, was {percent(shares[0][name], 1)}")
    for name in sorted(new.keys() & old.keys()):
        for sentence in _values(old[name], new[name], but={"weight", "bad", "good"}):
            yield Difference("Signals", f"{_called(new[name])}, {sentence}")


def figure(value: float) -> str:
    """A number of a rule as it was written: never rounded to look nice."""
    return f"{value:.10g}"


def weight_shares(rules: Sequence[SignalRule]) -> dict[str, float]:
    """The share of each signal in the weight of its axis, 0 to 1."""
    total = {axis: sum(rule.weight for rule in rules if rule.axis is axis) for axis in Axis}
    return {rule.id: rule.weight / total[rule.axis] if total[rule.axis] else 0.0 for rule in rules}


def _called(rule: SignalRule) -> str:
    return f"{rule.name} ({rule.id})"


def _playbooks(before: Sequence[Playbook], after: Sequence[Playbook]) -> Iterator[Difference]:
    old, new = ({one.id: one for one in books} for books in (before, after))
    for name in sorted(new.keys() - old.keys()):
        yield Difference("Playbooks", f"Playbook added: {new[name].name} ({len(new[name].steps)} steps)")
    for name in sorted(old.keys() - new.keys()):
        yield Difference("Playbooks", f"Playbook removed: {old[name].name}")
    for name in sorted(new.keys() & old.keys()):
        was, becomes = ([step.model_dump(mode="json") for step in one[name].steps] for one in (old, new))
        if was != becomes:
            yield Difference(
                "Playbooks", f"Playbook {new[name].name}: its steps changed ({len(was)} -> {len(becomes)})"
            )
        for sentence in _values(old[name], new[name], but={"steps"}):
            yield Difference("Playbooks", f"Playbook {new[name].name}, {sentence}")


def _list(field: str, before: Sequence[BaseModel], after: Sequence[BaseModel]) -> Iterator[Difference]:
    title, name_of = _LISTS[field]
    old, new = ({name_of(one): one for one in entries} for entries in (before, after))
    added, gone = sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys())
    changed = sorted(name for name in new.keys() & old.keys() if new[name] != old[name])
    for word, names in (("added", added), ("removed", gone), ("changed", changed)):
        if not names:
            continue
        said = listed(names) if len(names) <= _MOST else f"{len(names)} entries"
        yield Difference(title, f"{title} {word}: {said}")


def _values(before: BaseModel, after: BaseModel, *, but: set[str] | None = None) -> Iterator[str]:
    """`key: old -> new` for every scalar or list that differs, however deep."""
    old, new = (_flat(one.model_dump(mode="json", exclude=but)) for one in (before, after))
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield f"{key.replace('_', ' ')}: {_value(old.get(key))} -> {_value(new.get(key))}"


def _flat(body: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in body.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{above}{key}, ")
        elif isinstance(value, list) and value and all(isinstance(one, Mapping) and "id" in one for one in value):
            for one in value:
                found |= _flat({k: v for k, v in one.items() if k != "id"}, f"{above}{key} {one['id']}, ")
        else:
            found[f"{above}{key}"] = value
    return found


def _value(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return figure(value)
    text = ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
    return text if len(text) <= _LONGEST else f"{capital(text)[: _LONGEST - 1]}…"
