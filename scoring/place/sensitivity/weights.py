"""How much hangs on single weights and anchors, and on all weights at once.

One at a time: a weight times 1 -/+ nudge, an anchor moved by a share of the span between both. All at once: weights of
each axis drawn from a Dirichlet about those of the policy, ranks compared by Kendall's tau-b (1945), and for every
customer the share of draws in which its raw zone stays. Source: Saisana, Saltelli and Tarantola, Uncertainty and
sensitivity analysis techniques for composite indicators, JRSS A 168, 2005.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from contracts.frames import conform
from contracts.results import NUDGED_SIGNALS, RANK_STABILITY, SIGNALS, ZONE_STABILITY
from contracts.rules import SensitivityRules, SignalRule, Thresholds
from contracts.words import Axis, PlacementState
from scoring.arrays import Flags, Numbers
from scoring.measure.norms import NO_SEGMENTS, Segments
from scoring.place.axes import score
from scoring.place.placement import zone_names

_MOST_RANKED = 2000
"""Customers whose ranks are compared; more do not change tau in its second digit."""


@dataclass(frozen=True, slots=True)
class Perturbed:
    """NUDGED_SIGNALS, RANK_STABILITY and ZONE_STABILITY frames."""

    nudged: pd.DataFrame
    ranks: pd.DataFrame
    zones: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Scored:
    """Placed customers by signals of one axis: points (NaN: not observed), weights, score and line today."""

    rules: list[SignalRule]
    points: Numbers
    weight: Numbers
    score: Numbers
    line: Numbers

    def with_weight(self, weight: Numbers) -> Numbers:
        seen = ~np.isnan(self.points)
        total = np.nan_to_num(self.points) @ weight
        return np.divide(total, seen @ weight, out=self.score.copy(), where=seen @ weight > 0)


def perturb(
    contributions: pd.DataFrame,
    norms: pd.DataFrame,
    placements: pd.DataFrame,
    facts: pd.DataFrame,
    signals: Sequence[SignalRule],
    thresholds: Thresholds,
    rules: SensitivityRules,
    *,
    seed: int,
    segments: Segments = NO_SEGMENTS,
) -> Perturbed:
    """Local sensitivity of every weighted signal, and stability under weights drawn at random.

    Args:
        contributions: CONTRIBUTIONS frame of the week.
        norms: NORMS frame of the week.
        placements: PLACEMENTS frame of the week; placed customers take part, by raw zone.
        facts: CUSTOMER_FACTS frame, for revenue.
        signals: the policy's signals; an axis without any stands as it is.
        thresholds: corners, and how values are shrunk.
        rules: nudge, draws, concentration.
        seed: of the draws.
        segments: as for `scoring.place.axes.score`.
    """
    placed = placements.loc[placements["state"] == PlacementState.PLACED.value].sort_values("customer_id")
    customers = placed["customer_id"].tolist()
    revenue = np.nan_to_num(facts.set_index("customer_id")["revenue_amount"].reindex(customers).to_numpy(float))
    weighted = [rule for rule in signals if rule.weight > 0]
    today = {axis: _scored(axis, contributions, placed, weighted) for axis in Axis}
    rows = [
        row | {"customers": len(customers)}
        for axis in Axis
        for row in _nudged(axis, today, contributions, norms, thresholds, rules, revenue, customers, segments)
    ]
    ranks, zones = _drawn(today, placed, thresholds, rules, seed)
    return Perturbed(
        conform(pd.DataFrame(rows, columns=NUDGED_SIGNALS.names), NUDGED_SIGNALS),
        conform(ranks, RANK_STABILITY),
        conform(zones, ZONE_STABILITY),
    )


def _scored(axis: Axis, contributions: pd.DataFrame, placed: pd.DataFrame, weighted: list[SignalRule]) -> _Scored:
    mine = [rule for rule in weighted if rule.axis is axis]
    rows = contributions.loc[contributions["axis"] == axis.value]
    place = pd.Index(placed["customer_id"]).get_indexer(pd.Index(rows["customer_id"]))
    column = pd.Index([rule.id for rule in mine]).get_indexer(pd.Index(rows["signal_id"]))
    kept = (place >= 0) & (column >= 0)
    points = np.full((len(placed), len(mine)), np.nan)
    points[place[kept], column[kept]] = rows["signal_score"].to_numpy(float)[kept]
    weight = np.array([rule.weight for rule in mine])
    line = placed[f"{axis.value}_line"].to_numpy(float)
    return _Scored(mine, points, weight, placed[axis.value].to_numpy(float), line)


def _nudged(
    axis: Axis,
    today: dict[Axis, _Scored],
    contributions: pd.DataFrame,
    norms: pd.DataFrame,
    thresholds: Thresholds,
    rules: SensitivityRules,
    revenue: Numbers,
    customers: list[str],
    segments: Segments,
) -> Iterator[dict[str, object]]:
    one = today[axis]
    base = one.with_weight(one.weight)
    for number, rule in enumerate(one.rules):
        for what, factor in (("weight_down", 1 - rules.nudge), ("weight_up", 1 + rules.nudge)):
            weight = one.weight.copy()
            weight[number] *= factor
            yield _effect(axis, rule, what, one, base, one.with_weight(weight), revenue)
        mine = contributions.loc[(contributions["axis"] == axis.value) & (contributions["signal_id"] == rule.id)]
        span = (rule.good - rule.bad) * rules.nudge
        for end in ("bad", "good"):
            for side, sign in (("down", -1.0), ("up", 1.0)):
                moved = rule.model_copy(update={end: getattr(rule, end) + sign * span})
                points = _points(moved, mine, norms, thresholds, segments, customers)
                seen = ~np.isnan(one.points[:, number])
                total = (~np.isnan(one.points)) @ one.weight
                step = np.where(seen, points - one.points[:, number], 0.0) * rule.weight
                after = base + np.divide(step, total, out=np.zeros_like(step), where=total > 0)
                yield _effect(axis, rule, f"{end}_{side}", one, base, after, revenue)


def _points(
    rule: SignalRule,
    mine: pd.DataFrame,
    norms: pd.DataFrame,
    thresholds: Thresholds,
    segments: Segments,
    customers: list[str],
) -> Numbers:
    """The signal's own score under the rule: a scorecard of one signal, by `score` itself."""
    measured = mine[["customer_id", "signal_id", "value", "n"]].assign(is_observed=True)
    alone = score(conform(measured, SIGNALS), norms, [rule], thresholds, segments=segments).scores
    points = alone.loc[alone["axis"] == rule.axis.value].set_index("customer_id")["score"]
    return points.reindex(customers).to_numpy(float)


def _effect(
    axis: Axis, rule: SignalRule, what: str, one: _Scored, before: Numbers, after: Numbers, revenue: Numbers
) -> dict[str, object]:
    size = np.abs(after - before)
    flips = (after >= one.line) != (before >= one.line)
    return {
        "axis": axis.value,
        "signal_id": rule.id,
        "what": what,
        "mean_change": float(size.mean()) if size.size else 0.0,
        "largest_change": float(size.max()) if size.size else 0.0,
        "flips": int(flips.sum()),
        "flip_revenue_amount": float(revenue[flips].sum()),
    }


def _drawn(
    today: dict[Axis, _Scored], placed: pd.DataFrame, thresholds: Thresholds, rules: SensitivityRules, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    size = len(placed)
    ranked = rng.permutation(size)[:_MOST_RANKED]
    base = {axis: one.with_weight(one.weight) for axis, one in today.items()}
    zone = _zones({axis: base[axis] >= today[axis].line for axis in Axis}, thresholds)
    stays = np.zeros(size)
    taus: dict[Axis, list[float]] = {axis: [] for axis in Axis}
    for _ in range(rules.draws):
        sides = {}
        for axis, one in today.items():
            if not one.rules:  # an axis that no weights of the policy make
                sides[axis] = base[axis] >= one.line
                continue
            share = one.weight / one.weight.sum()
            drawn = one.with_weight(rng.dirichlet(rules.concentration * share))
            sides[axis] = drawn >= one.line
            if size > 1:
                taus[axis].append(float(kendalltau(base[axis][ranked], drawn[ranked]).statistic))
        stays += _zones(sides, thresholds) == zone
    stay = stays / rules.draws
    rows = []
    for axis in Axis:
        found = np.array([tau for tau in taus[axis] if not np.isnan(tau)])
        low, middle, high = np.percentile(found, [2.5, 50, 97.5]) if found.size else (None, None, None)
        row = {"axis": axis.value, "draws": rules.draws, "concentration": rules.concentration, "customers": size}
        rows.append(
            row | {"tau": middle, "tau_low": low, "tau_high": high, "stay_share": stay.mean() if size else None}
        )
    zones = pd.DataFrame({"customer_id": placed["customer_id"].to_numpy(), "zone": zone, "stay_share": stay})
    return pd.DataFrame(rows), zones


def _zones(sides: dict[Axis, Flags], thresholds: Thresholds) -> np.ndarray:
    return zone_names(sides[Axis.LOYALTY], sides[Axis.RETENTION], thresholds.corners)
