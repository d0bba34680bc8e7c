"""What one account is worth and what is foretold of it; its family; what a change of its score is due to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import SimpleNamespace

from contracts.words import FieldGroup
from reporting import formats
from reporting.account.models import Worth
from reporting.explain import shares_out
from reporting.ground import Ground
from reporting.languages import Tongue, later

Rows = Sequence[SimpleNamespace]
_BASES = {"margin": later("Lifetime value"), "revenue": later("Discounted revenue")}
_KINDS = (
    ("value_change", later("new facts")),
    ("decay_change", later("the same facts, older")),
    ("coverage_change", later("signals that came or went")),
    ("rule_change", later("new rules")),
    ("norms_change", later("what is usual in the book")),
)
_RULES = {
    "worst_child": later("the family's worst account counts"),
    "revenue_weighted": later("mean weighted by revenue"),
    "parent_only": later("the parent's own scores count"),
}


def worth(ground: Ground, given: Rows) -> Worth:
    """The value with its 95 % interval; revenue is never called value, and a missing value says why."""
    speech = ground.speech
    unnamed = speech.say(_BASES["margin"])
    if not ground.audience.sees(FieldGroup.LIFETIME_VALUE):
        return Worth(unnamed, speech.say(formats.NOT_SHOWN), "", "")
    if not given or given[0].value_amount is None:
        why = given[0].why_missing if given and given[0].why_missing else ""
        unknown = speech.say("It was not computed for this account.")
        return Worth(unnamed, speech.say("not known"), "", speech.retell(why) or unknown)
    row = given[0]
    if row.low is not None and row.high is not None:
        low, high = (speech.money(each, ground.currency) for each in (row.low, row.high))
        span = speech.say("{low} to {high}", low=low, high=high)
    else:
        span = speech.say("interval not known")
    basis = speech.say("the margin is not known") if row.basis == "revenue" else speech.say("discounted margin")
    note = speech.figures(
        "Over {count} month, {basis}.", "Over {count} months, {basis}.", int(row.horizon_months), basis=basis
    )
    label = speech.say(_BASES.get(row.basis, _BASES["margin"]))
    return Worth(label, speech.money(row.value_amount, ground.currency), span, note)


def foretold(given: Rows, speech: Tongue) -> str:
    """The adopted model's word; empty while the retention axis is the experts' index."""
    if not given or given[0].probability is None:
        return ""
    row = given[0]
    told = [
        speech.say(
            "Chance of leaving within {days} days: {chance} (model {version}).",
            days=speech.number(row.horizon_days), chance=speech.percent(row.probability), version=row.version,
        )
    ]  # fmt: skip
    if row.why_up:
        told.append(speech.say("Raises it: {why}.", why=speech.retell(row.why_up)))
    if row.why_down:
        told.append(speech.say("Lowers it: {why}.", why=speech.retell(row.why_down)))
    return " ".join(told)


def family(ground: Ground, given: Rows) -> str:
    """The roll-up of a parent beside its own place; empty where the whole family may not be seen."""
    if not given or not given[0].placed_members:
        return ""
    row, speech = given[0], ground.speech
    own = speech.say("own {zone}", zone=ground.zone_name(row.zone)) if row.zone else speech.say("own zone not known")
    rolled = ground.zone_name(row.rolled_zone)
    if row.rolled_loyalty is not None and row.rolled_retention is not None:
        rolled += f" ({speech.number(row.rolled_loyalty)} / {speech.number(row.rolled_retention)})"
    whole = speech.figures(
        "with its {count} account below {zone}", "with its {count} accounts below {zone}", int(row.children),
        zone=rolled,
    )  # fmt: skip
    values = {"own": own, "whole": whole, "rule": speech.say(_RULES[row.rule])}
    money = ground.amount(row.family_revenue_amount)
    if money.value is None:
        return speech.say("Parent account: {own}, {whole}; {rule}.", **values)
    return speech.say(
        "Parent account: {own}, {whole}; {rule}; {amount} of yearly revenue in the family.", amount=money.text, **values
    )


def kinds(given: Rows, axis: str, speech: Tongue, *, start: float, end: float) -> tuple[tuple[str, str], ...]:
    """What the change of a score is due to, in whole points that sum to the printed change; zeros are left out."""
    mine = [row for row in given if row.axis == axis]
    if not mine:
        return ()
    sums = [math.fsum(getattr(row, column) for row in mine) for column, _ in _KINDS]
    printed = shares_out(sums, int(formats.rounded(end) - formats.rounded(start)))
    named = zip(_KINDS, printed, strict=True)
    return tuple((speech.say(words), speech.signed(whole)) for (_, words), whole in named if whole)
