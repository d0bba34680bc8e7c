"""The back-test in words and figures: what each line would have found of those who left, with intervals and cost."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd

from contracts.words import Axis
from reporting import formats
from reporting.reading import numbers, rows, values
from reporting.sme.material import PROPOSED, TODAY, Material, points
from reporting.sme.models import BackTest, Curve, OutcomeCurves, OutcomeRow

_MEASURES = ("recall", "precision", "lift")


def back_test(of: Material) -> BackTest:
    """Recall, precision and lift along each line; a sentence alone where no past outcome is known."""
    frame = of.frame("swept_outcomes")
    needed = of.policy.thresholds.outcome.minimum_events
    if frame.empty or of.tested is None:
        return BackTest(
            "Would a line have found those who left?",
            f"Not known yet: no past week has both a full horizon of {of.policy.thresholds.outcome.horizon_days} days "
            "behind it and outcomes. Lines stand on experts' judgement until then.",
            (),
        )
    lost, size = int(frame["lost"].iloc[0]), int(frame["customers"].iloc[0])
    costs = of.policy.sensitivity.costs
    enough = "" if lost >= needed else f" That is fewer than the {formats.number(needed)} losses needed to move a line."
    base = formats.percent(lost / size if size else None, 1)
    sentence = (
        f"Critical in {of.tested} against who left within {of.policy.thresholds.outcome.horizon_days} days: "
        f"{formats.number(lost)} of {formats.number(size)} (base rate {base}).{enough} Bands: 95 % Wilson intervals. "
        f"A missed loss costs {of.money(costs.missed)}, a case for an account that stays {of.money(costs.false_alarm)}"
        + (f", every case {of.money(costs.case)} on top." if costs.case else ".")
    )
    axes = tuple(_axis(of, axis, frame[frame["axis"] == axis.value].sort_values("shift")) for axis in Axis)
    return BackTest(_title(of, axes, lost, needed), sentence, axes)


def _title(of: Material, axes: tuple[OutcomeCurves, ...], lost: int, needed: int) -> str:
    if lost < needed:
        return (
            f"{formats.capital(formats.counted(lost, 'loss', 'losses'))} known: too few to say which line finds churn"
        )
    moved = [one for one in axes if of.proposals[Axis(one.axis)].proposed != of.proposals[Axis(one.axis)].current]
    if not moved:
        return "No other line would have cost less beyond doubt"
    words = [f"a {one.axis} line at {points(of.proposals[Axis(one.axis)].proposed)}" for one in moved]
    return f"{formats.capital(formats.listed(words))} would have cost less"


def _axis(of: Material, axis: Axis, mine: pd.DataFrame) -> OutcomeCurves:
    lines = tuple(float(line) for line in mine["line"])
    by_line = {row.line: row for row in rows(mine)}
    now = float(getattr(of.trials[TODAY], f"{axis.value}_line"))
    proposal = of.proposals[axis]
    wanted = float(proposal.proposed) if proposal.proposed != proposal.current else None
    inside = wanted if wanted is not None and wanted in by_line else None
    cheapest = _cheapest(mine) if int(mine["lost"].iloc[0]) else None
    asked = [("now", now), ("proposed", inside), ("lowest cost", cheapest)]
    told: dict[float, list[str]] = {}
    for name, line in asked:
        if line is not None and line in by_line:
            told.setdefault(line, []).append(name)
    for row in of.trials.values():
        if row.trial not in (TODAY, PROPOSED) and row.trial.startswith(axis.value):
            told.setdefault(float(getattr(row, f"{axis.value}_line")), [])
    today = by_line[now]
    return OutcomeCurves(
        axis=axis.value,
        title=f"{formats.capital(axis.value)} line",
        finding=(
            f"Back-test of the {axis.value} line: at today's {points(now)} recall {_interval(today, 'recall')}, "
            f"precision {_interval(today, 'precision')}, lift {_interval(today, 'lift')}."
        ),
        lines=lines,
        now=now,
        proposed=inside,
        cheapest=cheapest,
        curves=tuple(_curve(mine, name) for name in _MEASURES),
        rows=tuple(_row(of, by_line[line], told[line]) for line in sorted(told) if line in by_line),
    )


def _cheapest(mine: pd.DataFrame) -> float:
    """Of least cost; among equals the nearest to today's, as `back_test` takes it."""
    cost, shift = numbers(mine["cost_amount"]), numbers(mine["shift"]).abs()
    best = mine.assign(away=shift)[cost <= cost.min() + 1e-9].sort_values("away")
    return float(best["line"].iloc[0])


def _curve(mine: pd.DataFrame, name: str) -> Curve:
    middle, low, high = (tuple(values(mine[f"{name}{end}"])) for end in ("", "_low", "_high"))
    return Curve(formats.capital(name), middle, low, high, tuple(_figure(value, name) for value in middle))


def _figure(value: float | None, name: str) -> str:
    if value is None:
        return "–"
    return f"{formats.number(value, 1)}×" if name == "lift" else formats.percent(value)


def _interval(row: SimpleNamespace, name: str) -> str:
    value = getattr(row, name)
    if value is None:
        return "–"
    low, high = (_figure(getattr(row, f"{name}{end}"), name) for end in ("_low", "_high"))
    return f"{_figure(value, name)} ({low} to {high})"


def _row(of: Material, row: SimpleNamespace, names: list[str]) -> OutcomeRow:
    return OutcomeRow(
        line=f"{points(row.line)}{f' ({formats.listed(names)})' if names else ''}",
        flagged=f"{formats.number(row.hits)} of {formats.number(row.flagged)}",
        recall=_interval(row, "recall"),
        precision=_interval(row, "precision"),
        lift=_interval(row, "lift"),
        lead="–" if row.lead_days is None else f"{formats.number(row.lead_days)} days",
        cost=of.money(row.cost_amount),
    )
