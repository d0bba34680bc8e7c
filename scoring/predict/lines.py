"""What other lines for a probability would have done, and which zones hold nobody or nearly everybody.

    Bayes       flag where p > cost of a false alarm / (that + cost of a miss), for calibrated p
    Youden      max of TPR - FPR: shown, never adopted, because it takes errors to cost the same at 50 % leaving
    cheapest    the line with the least cost on past customers

Source: Elkan, IJCAI 2001 (Bayes); Youden, Cancer 3, 1950.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from contracts.rules import ProbabilityLine
from scoring.arrays import Flags, Numbers


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best line on past customers: flagged where risk >= at. `ties`: other lines that do as well."""

    at: float
    value: float
    ties: tuple[float, ...] = ()


def bayes_line(*, cost_miss: float, cost_alarm: float) -> float:
    return cost_alarm / (cost_alarm + cost_miss)


def youden(left: Flags, risk: Numbers) -> Optimum:
    """The line with the largest TPR - FPR, the highest one among equals."""
    lines = np.unique(risk)[::-1]
    found = [
        (int((left & (risk >= at)).sum()) / int(left.sum()) - int((~left & (risk >= at)).sum()) / int((~left).sum()))
        for at in lines
    ]
    return _best(lines, np.round(found, 12))


def cheapest(left: Flags, risk: Numbers, *, cost_miss: float, cost_alarm: float) -> Optimum:
    """The line with the least cost of misses and false alarms, the highest one among equals."""
    lines = np.unique(risk)[::-1]
    found = [
        cost_miss * int((left & (risk < at)).sum()) + cost_alarm * int((~left & (risk >= at)).sum()) for at in lines
    ]
    best = _best(lines, -np.round(found, 9))
    return Optimum(best.at, -best.value, best.ties)


@dataclass(frozen=True, slots=True)
class LineCompared:
    name: str
    at: float
    words: str


def compared(left: Flags, probability: Numbers, rule: ProbabilityLine) -> tuple[LineCompared, ...]:
    """Lines that others would draw on these customers, for the card; none of them is adopted by itself."""
    costs = {"cost_miss": rule.cost_miss, "cost_alarm": rule.cost_alarm}
    ratio = f"a miss costing {rule.cost_miss:g}, a false alarm {rule.cost_alarm:g}"
    balanced, least = youden(left, probability), cheapest(left, probability, **costs)
    return (
        LineCompared("by costs, if probabilities are calibrated", bayes_line(**costs), ratio),
        LineCompared("cheapest on the tested customers", least.at, f"{ratio}: {least.value:,.0f} in all"),
        LineCompared(
            "by Youden's J, which takes both errors to cost the same",
            balanced.at,
            f"J {balanced.value:.2f}; shown only",
        ),
    )


def _best(lines: Numbers, worth: Numbers) -> Optimum:
    top = np.flatnonzero(worth == worth.max())
    return Optimum(float(lines[top[0]]), float(worth[top[0]]), tuple(float(lines[k]) for k in top[1:]))


def zone_findings(zones: Mapping[str, int], *, most: float) -> tuple[str, ...]:
    """One sentence for each zone that holds nobody, or more than the share `most` of placed accounts.

    Args:
        zones: every zone's name as people say it, and how many accounts it holds.
        most: the largest share that is no finding.
    """
    total = sum(zones.values())
    if not total:
        return ()
    found = []
    for name, count in zones.items():
        if not count:
            found.append(f"{name} holds 0 of {total:,} placed accounts: experts should look at its lines.")
        elif count / total > most:
            share = math.floor(1000 * count / total) / 10
            found.append(
                f"{name} holds {count:,} of {total:,} placed accounts ({share:g} %), more than {most:.0%}: "
                "a zone of nearly everybody tells nobody where to look; experts should look at its lines."
            )
    return tuple(found)
