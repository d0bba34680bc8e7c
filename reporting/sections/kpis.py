"""Own KPIs: where these accounts stand, the goal, and what one natural unit more is worth in lifetime value.

The value of a step is linked for the whole book (KPI_VALUES); the part of these accounts is
value_amount x sum(their sensitivity_amount) / sensitivity_amount, so that the parts of all teams add up.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from contracts.words import FieldGroup
from reporting import formats
from reporting.explain import value_text
from reporting.ground import Ground
from reporting.models.insight import KpiLine, Kpis
from reporting.reading import numbers, rows, total, values
from reporting.values import Amount, Direction


def kpis(ground: Ground) -> Kpis:
    """The KPIs of the reader's unit and those that are everybody's, with a goal first."""
    unit = ground.audience.unit
    mine = [
        row
        for row in rows(ground.frame("kpi_values"))
        if unit is None or row.business_unit in (None, unit.value)
        if row.goal is not None or row.business_unit == (unit.value if unit else None)
    ]
    mine.sort(key=lambda row: (row.business_unit is None, row.goal is None, row.signal_id))
    now = _levels(ground)
    own = total(values(ground.frame("lifetime_values")["sensitivity_amount"]))
    lines = tuple(_line(row, now.get(row.signal_id, (None, 0)), own, ground) for row in mine)
    missed = sum(line.state == "goal not met" for line in lines)
    known = sum(line.state != "" for line in lines)
    title = "No KPI has a goal in this view"
    if known:
        title = f"{formats.capital(formats.count_word(missed))} of {formats.figures(known, 'own goal')} not met"
    note = "What a step is worth: these accounts' part of the value that the whole book shows, with its 95 % interval."
    return Kpis(title, lines, note if ground.audience.sees(FieldGroup.LIFETIME_VALUE) else "")


def _levels(ground: Ground) -> dict[str, tuple[float | None, int]]:
    """Signal -> (mean over these accounts, weighted by how many facts each rests on; accounts)."""
    frame = ground.frame("contributions")
    frame = frame.loc[frame["value"].notna()].drop_duplicates(["customer_id", "signal_id"])
    frame = frame.assign(value=numbers(frame["value"]), n=numbers(frame["n"]).clip(lower=0.0).fillna(0.0))
    found: dict[str, tuple[float | None, int]] = {}
    for signal, part in frame.groupby("signal_id", sort=True):
        weight = part["n"] if part["n"].sum() > 0 else part["n"] + 1.0
        found[str(signal)] = float(np.average(part["value"], weights=weight)), len(part)
    return found


def _line(row: SimpleNamespace, now: tuple[float | None, int], own: float | None, ground: Ground) -> KpiLine:
    word = ground.words.get(row.signal_id)
    level, accounts = now
    state = ""
    direction: Direction = "unknown"
    if row.goal is not None and level is not None and word is not None:
        is_met = level >= row.goal if word.good > word.bad else level <= row.goal
        state, direction = ("goal met", "better") if is_met else ("goal not met", "worse")
    worth, said = _worth(row, own, ground)
    return KpiLine(
        row.signal_id, str(word.name) if word else row.signal_id, value_text(word, level), accounts,
        value_text(word, row.goal) if row.goal is not None else "none", state, direction,
        _step(row), worth, said, row.verdict,
    )  # fmt: skip


def _step(row: SimpleNamespace) -> str:
    if row.step is None:
        return ""
    if row.unit == "share":
        points = row.step * 100
        return f"{formats.signed(points)} {'point' if abs(points) == 1 else 'points'}"
    return f"{formats.signed(row.step, _decimals(row.step))} {row.unit}".strip()


def _decimals(step: float) -> int:
    return next((places for places in range(4) if abs(step * 10**places - round(step * 10**places)) < 1e-9), 4)


def _worth(row: SimpleNamespace, own: float | None, ground: Ground) -> tuple[Amount, str]:
    if not ground.audience.sees(FieldGroup.LIFETIME_VALUE):
        return Amount(None, formats.NOT_SHOWN), formats.NOT_SHOWN
    if row.verdict != "proven" or not row.sensitivity_amount or row.value_amount is None or own is None:
        said = "not proven" if row.verdict != "not enough observations" else "not proven: not enough observations"
        return Amount(None, said), said
    part = own / row.sensitivity_amount
    low, value, high = (
        formats.money(None if each is None else each * part, ground.currency)
        for each in (row.low, row.value_amount, row.high)
    )
    basis = "of discounted revenue" if row.basis == "revenue" else "of lifetime value"
    return Amount(row.value_amount * part, value), f"{value} ({low} to {high}) {basis}"
