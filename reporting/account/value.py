"""What one account is worth and what is foretold of it; its family; what a change of its score is due to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import SimpleNamespace

from contracts.words import FieldGroup
from reporting import formats
from reporting.account.models import Worth
from reporting.explain import shares_out
from reporting.ground import Ground, zone_mark

Rows = Sequence[SimpleNamespace]
_BASES = {"margin": "Lifetime value", "revenue": "Discounted revenue"}
_KINDS = (
    ("value_change", "new facts"),
    ("decay_change", "the same facts, older"),
    ("coverage_change", "signals that came or went"),
    ("rule_change", "new rules"),
    ("norms_change", "what is usual in the book"),
)
_RULES = {
    "worst_child": "the family's worst account counts",
    "revenue_weighted": "mean weighted by revenue",
    "parent_only": "the parent's own scores count",
}


def worth(ground: Ground, given: Rows) -> Worth:
    """The value with its 95 % interval; revenue is never called value, and a missing value says why."""
    if not ground.audience.sees(FieldGroup.LIFETIME_VALUE):
        return Worth("Lifetime value", formats.NOT_SHOWN, "", "")
    if not given or given[0].value_amount is None:
        why = given[0].why_missing if given and given[0].why_missing else "It was not computed for this account."
        return Worth("Lifetime value", "not known", "", why)
    row = given[0]
    label = _BASES.get(row.basis, "Lifetime value")
    low, high = (formats.money(each, ground.currency) for each in (row.low, row.high))
    span = f"{low} to {high}" if row.low is not None and row.high is not None else "interval not known"
    basis = "the margin is not known" if row.basis == "revenue" else "discounted margin"
    return Worth(
        label, formats.money(row.value_amount, ground.currency), span, f"Over {row.horizon_months} months, {basis}."
    )


def foretold(given: Rows) -> str:
    """The adopted model's word; empty while the retention axis is the experts' index."""
    if not given or given[0].probability is None:
        return ""
    row = given[0]
    text = (
        f"Chance of leaving within {row.horizon_days} days: {formats.percent(row.probability)} (model {row.version})."
    )
    if row.why_up:
        text += f" Raises it: {row.why_up}."
    if row.why_down:
        text += f" Lowers it: {row.why_down}."
    return text


def family(ground: Ground, given: Rows) -> str:
    """The roll-up of a parent beside its own place; empty where the whole family may not be seen."""
    if not given or not given[0].placed_members:
        return ""
    row = given[0]
    own = f"own {zone_mark(row.zone).label}" if row.zone else "own zone not known"
    scores = ""
    if row.rolled_loyalty is not None and row.rolled_retention is not None:
        scores = f" ({formats.number(row.rolled_loyalty)} / {formats.number(row.rolled_retention)})"
    below = formats.figures(int(row.children), "account")
    whole = f"with its {below} below {zone_mark(row.rolled_zone).label}{scores}"
    money = ground.amount(row.family_revenue_amount)
    amount = f"; {money.text} of yearly revenue in the family" if money.value is not None else ""
    return f"Parent account: {own}, {whole}; {_RULES[row.rule]}{amount}."


def kinds(given: Rows, axis: str, *, start: float, end: float) -> tuple[tuple[str, str], ...]:
    """What the change of a score is due to, in whole points that sum to the printed change; zeros are left out."""
    mine = [row for row in given if row.axis == axis]
    if not mine:
        return ()
    sums = [math.fsum(getattr(row, column) for row in mine) for column, _ in _KINDS]
    printed = shares_out(sums, int(formats.rounded(end) - formats.rounded(start)))
    return tuple((words, formats.signed(whole)) for (_, words), whole in zip(_KINDS, printed, strict=True) if whole)
