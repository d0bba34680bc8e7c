"""The same figures for every segment of the book, small cells suppressed, and those out of range as findings.

A cell of fewer than `fewest_customers` bears no number. Nor may subtraction give it away: where the cells of a
dimension are disjoint and the book's own figure is told, hidden cells must be at least two and hold that many
customers together, so the next smallest is hidden with them; and a cell is hidden when all the others together are too
few. Each metric is judged by the customers behind its own figure. Not covered: differences between dimensions, or
between weeks.
Source: Hundepool et al., Statistical Disclosure Control, 2012, primary and secondary cell suppression.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import FINDINGS, SEGMENTS
from contracts.rules import SegmentRule, SegmentRules
from contracts.words import Axis, BusinessUnit, PlacementState, Role, Zone
from scoring.measure.intervals import Estimate, mean_of, wilson

ALL = "all"
UNNAMED = "(none)"
"""The segment of customers whose source gives none: without it the cells would not sum to the book."""

_KEY = ["dimension", "segment"]


@dataclass(frozen=True, slots=True)
class Segmented:
    """SEGMENTS and FINDINGS frames."""

    segments: pd.DataFrame
    findings: pd.DataFrame


def segment_members(
    facts: pd.DataFrame, assignments: pd.DataFrame, people: pd.DataFrame, dimensions: Sequence[str]
) -> pd.DataFrame:
    """Frame of customer_id, dimension, segment. A customer is in the business unit of each of its owners.

    Args:
        facts: CUSTOMER_FACTS frame; those who have left are members too, for a caller to leave out.
        assignments: canonical `assignments`.
        people: canonical `people`.
        dimensions: columns of `facts`, or business_unit.
    """
    parts = [pd.DataFrame(columns=["customer_id", *_KEY], dtype=object)]
    for dimension in dimensions:
        if dimension == "business_unit":
            units = people.set_index("person_id")["business_unit"]
            own = assignments.loc[assignments["role"] == Role.OWNER.value]
            segment = own["person_id"].map(units)
            found = pd.DataFrame({"customer_id": own["customer_id"], "dimension": dimension, "segment": segment})
            found = found.loc[found["segment"].isin([unit.value for unit in BusinessUnit])]
        else:
            segment = facts[dimension].astype(object).where(facts[dimension].notna(), UNNAMED)
            found = pd.DataFrame({"customer_id": facts["customer_id"], "dimension": dimension, "segment": segment})
        parts.append(found.loc[found["customer_id"].isin(set(facts["customer_id"]))].drop_duplicates())
    return pd.concat(parts, ignore_index=True)


def segment_figures(
    placements: pd.DataFrame,
    signals: pd.DataFrame,
    members: pd.DataFrame,
    rules: SegmentRules,
    *,
    surveys: pd.DataFrame | None = None,
) -> Segmented:
    """Figures of the book and of every segment, and which of them are out of range.

    Args:
        placements: PLACEMENTS frame; customers that have left take no part.
        signals: frame of customer_id, signal_id, value, as SIGNALS or CONTRIBUTIONS hold; null: not observed.
        members: `segment_members`.
        rules: signals that are told, smallest cell, ranges.
        surveys: SURVEY_FIGURES frame over the same members; the window of `rules.survey_weeks` is taken.

    Returns:
        Shares 0-1 with Wilson's interval over customers; mean scores and signals with Student's t over customers;
        answers as `surveys` has them. Findings are made of shown cells only.
    """
    here = placements.loc[placements["state"] != PlacementState.LEFT.value]
    whole = pd.DataFrame({"customer_id": here["customer_id"], "dimension": ALL, "segment": ALL})
    cells = pd.concat([whole, members.loc[members["customer_id"].isin(set(here["customer_id"]))]], ignore_index=True)
    rows = [*_of_placements(here, cells), *_of_signals(signals, cells, rules), *_of_surveys(surveys, rules)]
    frame = pd.DataFrame(rows, columns=[*SEGMENTS.names, "behind"]).sort_values(["metric", *_KEY], ignore_index=True)
    frame["is_suppressed"] = _hidden(frame, cells, rules.fewest_customers)
    numbers = ["value", "low", "high", "n", "customers"]
    frame[numbers] = frame[numbers].astype(float).mask(frame["is_suppressed"].astype(bool))
    segments = conform(frame[SEGMENTS.names].astype({"n": "Int64", "customers": "Int64"}), SEGMENTS)
    return Segmented(segments, _findings(segments, rules))


def _row(key: tuple[str, str], metric: str, estimate: Estimate, customers: int, behind: int) -> dict[str, object]:
    named = {"dimension": key[0], "segment": key[1], "metric": metric}
    figures = {"value": estimate.value, "low": estimate.low, "high": estimate.high, "n": estimate.n}
    return {**named, **figures, "customers": customers, "behind": behind}


def _of_placements(here: pd.DataFrame, cells: pd.DataFrame) -> Iterator[dict[str, object]]:
    both = cells.merge(here, on="customer_id")
    for (dimension, segment), cell in both.groupby(_KEY):
        key = (str(dimension), str(segment))
        placed = cell.loc[cell["state"] == PlacementState.PLACED.value]
        size, known = len(cell), len(placed)
        for axis in Axis:
            mean = mean_of(placed[axis.value].to_numpy(float), lowest=0.0, highest=100.0)
            yield _row(key, axis.value, mean, size, known)
        for zone in Zone:
            yield _row(
                key, f"{zone.value}_share", _share(int((placed["zone"] == zone.value).sum()), known), size, known
            )
        yield _row(key, "insufficient_share", _share(size - known, size), size, size)


def _share(hits: int, n: int) -> Estimate:
    if not n:
        return Estimate(math.nan, math.nan, math.nan, math.nan, 0)
    low, high = wilson(hits, n)
    return Estimate(hits / n, low, high, math.nan, n)


def _of_signals(signals: pd.DataFrame, cells: pd.DataFrame, rules: SegmentRules) -> Iterator[dict[str, object]]:
    known = signals.loc[signals["value"].notna(), ["customer_id", "signal_id", "value"]]
    if rules.signals:
        known = known.loc[known["signal_id"].isin(rules.signals)]
    size = cells.groupby(_KEY).size()
    both = cells.merge(known, on="customer_id")
    for (dimension, segment, signal), cell in both.groupby([*_KEY, "signal_id"]):
        mean = mean_of(cell["value"].to_numpy(float), lowest=-math.inf, highest=math.inf)
        key = (str(dimension), str(segment))
        yield _row(key, f"signal:{signal}", mean, int(size[key]), len(cell))


def _of_surveys(surveys: pd.DataFrame | None, rules: SegmentRules) -> Iterator[dict[str, object]]:
    if surveys is None:
        return
    for row in surveys.loc[surveys["window_weeks"] == rules.survey_weeks].to_dict("records"):
        found = Estimate(row["value"], row["low"], row["high"], math.nan, int(row["n"]))
        key = (str(row["dimension"]), str(row["segment"]))
        yield _row(key, str(row["kind"]), found, int(row["customers"]), int(row["accounts"]))


def _hidden(frame: pd.DataFrame, cells: pd.DataFrame, fewest: int) -> np.ndarray:
    """Which figures stay unsaid; `behind` is the number of customers that each rests on."""
    hidden = np.zeros(len(frame), dtype=bool)
    together = cells.groupby("dimension")["customer_id"].agg(["size", "nunique"])
    is_disjoint = (together["size"] == together["nunique"]).to_dict()
    behind = frame["behind"].to_numpy(int)
    whole = frame.loc[frame["dimension"] == ALL].set_index("metric")["behind"].to_dict()
    for group, rows in frame.groupby(["metric", "dimension"]).indices.items():
        metric, dimension = str(group[0]), str(group[1])  # type: ignore[index]
        total = int(whole.get(metric, 0))
        small = (behind[rows] < fewest) & (behind[rows] > 0)
        if dimension != ALL and total:
            # what is left of the book when this cell is taken away must not be a small cell either
            small |= (total - behind[rows] < fewest) & (total - behind[rows] > 0)
            small |= behind[rows] == 0
        if dimension != ALL and is_disjoint.get(dimension, False):
            small = _with_others(small, behind[rows], fewest)
        hidden[rows] = small
    return hidden


def _with_others(small: np.ndarray, behind: np.ndarray, fewest: int) -> np.ndarray:
    """Hides the next smallest cells until those that are hidden do not follow from the total."""
    hidden = small.copy()
    for place in np.argsort(behind, kind="stable"):
        filled = hidden & (behind > 0)
        if not filled.any() or (filled.sum() > 1 and behind[filled].sum() >= fewest):
            break
        hidden[place] = True
    return hidden


def _findings(segments: pd.DataFrame, rules: SegmentRules) -> pd.DataFrame:
    rows = []
    shown = segments.loc[~segments["is_suppressed"].astype(bool) & segments["low"].notna() & segments["high"].notna()]
    for rule in rules.rule:
        mine = shown.loc[(shown["metric"] == rule.metric) & (shown["n"] >= rule.minimum_n)]
        if rule.dimensions:
            mine = mine.loc[mine["dimension"].isin(rule.dimensions)]
        rows += [found for row in mine.to_dict("records") if (found := _finding(rule, row))]
    order = ["rule_id", *_KEY]
    return conform(pd.DataFrame(rows, columns=FINDINGS.names).sort_values(order, ignore_index=True), FINDINGS)


def _finding(rule: SegmentRule, row: Mapping[Hashable, Any]) -> dict[str, object] | None:
    low, high = float(row["low"]), float(row["high"])
    if rule.low is not None and high < rule.low:
        limit, side = rule.low, "below"
    elif rule.high is not None and low > rule.high:
        limit, side = rule.high, "above"
    else:
        return None
    kept = {name: row[name] for name in (*_KEY, "metric", "value", "low", "high", "n")}
    who = "The whole book" if row["dimension"] == ALL else f"{_words(str(row['dimension']))} {row['segment']}"
    sentence = (
        f"{who}: {_words(rule.metric.removeprefix('signal:')).lower()} is {_said(rule.metric, row['value'])} "
        f"(95% interval {_said(rule.metric, low)} to {_said(rule.metric, high)}, n = {row['n']}), "
        f"{side} the limit of {_said(rule.metric, limit)}."
    )
    return {**kept, "rule_id": rule.id, "limit": limit, "side": side, "owner": rule.owner or None, "sentence": sentence}


def _words(name: str) -> str:
    text = name.replace("_", " ")
    return {"nps": "NPS", "csat": "CSAT", "ces": "CES"}.get(name, text[:1].upper() + text[1:])


def _said(metric: str, value: float) -> str:
    number = float(value)
    return f"{number:.0%}" if metric.endswith("_share") else f"{number:,.1f}".removesuffix(".0")
