"""Splits the change of a score between two weeks into parts per signal that sum to the change exactly.

With R the score of the week before, share and score of signal k before (w, s) and now (w', s'):

    change_k = w' (s' - R) - w (s - R)         sum over k = score' - score, because shares sum to 1 in both weeks

A signal seen for the first time counts by its distance from where the customer stood, not by its whole score; a
signal no longer seen takes its old distance with it. Each change is split by walking from the old week to the new,
one thing at a time; what a step moves is that step's part, so the parts sum to the change whatever they are:

    s  -> s1   the facts known the week before, measured now           decay     w (s1 - s)
    s1 -> s2   all facts                                                value     w (s2 - s1)
    s2 -> s3   this week's norms                                        norms     w (s3 - s2)
    s3 -> s'   this week's rule, with the weights W of this week's
               rules over the signals seen before                       rule      W (s' - R) - w (s3 - R)
               the signals seen now                                     coverage  (w' - W) (s' - R)

The order is part of the definition. On a retention axis of a model the shares are those of its coefficients and no norm
or rule touches a score: with the same model in both weeks everything is value change, with another one all is rule.
Source: docs/methods/scoring.md; sequential decomposition of a weighted mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import CHANGES
from contracts.rules import SignalRule, Thresholds
from contracts.words import Axis
from scoring.arrays import Flags, Numbers, Places
from scoring.measure.anchors import anchored
from scoring.measure.compile import MEAN_LIKE
from scoring.measure.norms import NO_SEGMENTS, Segments
from scoring.place.shrinkage import Prior, Priors, shrunk

_KEY = ["customer_id", "axis", "signal_id"]
_TAKEN = ["value", "n", "signal_score", "weight_share"]
_JUDGING = {"bad", "good", "weight", "axis", "name", "unit", "tier", "sentence", "about", "citation"}
"""Fields of a rule that do not touch what it measures."""


@dataclass(frozen=True)
class Yardstick:
    """By what one week was judged: its rules, thresholds and NORMS frame, the segments of its customers, and the
    version of the model that is its retention axis, if one is.
    """

    rules: Sequence[SignalRule]
    thresholds: Thresholds
    norms: pd.DataFrame
    segments: Segments = NO_SEGMENTS
    model: str | None = None


def changes(
    now: pd.DataFrame,
    before: pd.DataFrame,
    *,
    by: Yardstick,
    by_before: Yardstick,
    aged: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """CHANGES frame: one row per customer, axis and signal that was observed in either week.

    Args:
        now: CONTRIBUTIONS frame of this week.
        before: CONTRIBUTIONS frame of the week compared with.
        by: what this week was judged by.
        by_before: what the week before was judged by.
        aged: SIGNALS frame of this week's rules and instant over the tables as they were known the week before, so
            that what differs from then is age alone. Without it decay is 0 and stands within the value change.

    Returns:
        Only customers and axes with a score in both weeks, sorted by key.
    """
    rows = _both_weeks(now, before, aged)
    if rows.empty:
        return CHANGES.empty()
    at_first, aged_score, valued, normed, at_last = _walk(rows, by, by_before)
    first, last = (np.nan_to_num(rows[f"weight_share_{week}"].to_numpy(float)) for week in ("before", "after"))
    start = _summed(rows, first * at_first)
    ruled = _ruled_shares(rows, by, by_before)
    parts = {
        "decay_change": first * (aged_score - at_first),
        "value_change": first * (valued - aged_score),
        "norms_change": first * (normed - valued),
        "rule_change": ruled * (at_last - start) - first * (normed - start),
        "coverage_change": (last - ruled) * (at_last - start),
    }
    change = last * (at_last - start) - first * (at_first - start)
    if by.model != by_before.model:
        is_other = (rows["axis"] == Axis.RETENTION.value).to_numpy(bool)
        parts = {name: np.where(is_other, 0.0, part) for name, part in parts.items()}
        parts["rule_change"] = np.where(is_other, change, parts["rule_change"])
    made = rows.assign(
        **{name: part + 0.0 for name, part in parts.items()}, change=change
    )  # no minus zero.sort_values(_KEY, ignore_index=True)
    return conform(made[CHANGES.names], CHANGES)


def _both_weeks(now: pd.DataFrame, before: pd.DataFrame, aged: pd.DataFrame | None) -> pd.DataFrame:
    """Signals of either week side by side, where the axis has a score in both."""
    both = before[_KEY + _TAKEN].merge(now[_KEY + _TAKEN], on=_KEY, how="outer", suffixes=("_before", "_after"))
    grouped = both.groupby(["customer_id", "axis"])
    counts = [grouped[f"weight_share_{week}"].transform("count") for week in ("before", "after")]
    both = both.loc[(counts[0] > 0) & (counts[1] > 0)].reset_index(drop=True)
    if aged is None:
        return both.assign(value_aged=both["value_before"], n_aged=both["n_before"])
    seen = aged.loc[aged["is_observed"].astype(bool), ["customer_id", "signal_id", "value", "n"]]
    seen = seen.rename(columns={"value": "value_aged", "n": "n_aged"})
    both = both.merge(seen, on=["customer_id", "signal_id"], how="left")
    # Facts too old or too few to be measured now say nothing about age: what is new decides.
    lost = both["value_aged"].isna()
    return both.assign(
        value_aged=both["value_aged"].mask(lost, both["value_before"]),
        n_aged=both["n_aged"].mask(lost, both["n_before"]),
    )


def _walk(
    rows: pd.DataFrame, by: Yardstick, by_before: Yardstick
) -> tuple[Numbers, Numbers, Numbers, Numbers, Numbers]:
    """The signal scores s, s1, s2, s3 and s' of each row. A signal of one week alone has one score all the way, and
    one that is measured otherwise than before goes from s to s' by its rule alone.
    """
    s0, s4 = (rows[f"signal_score_{week}"].to_numpy(float) for week in ("before", "after"))
    is_in_both = ~np.isnan(s0) & ~np.isnan(s4)
    s0, s4 = np.where(np.isnan(s0), s4, s0), np.where(np.isnan(s4), s0, s4)
    s1, s2, s3 = s0.copy(), s0.copy(), s0.copy()
    customers = rows["customer_id"].to_numpy(object)
    rules, rules_before = ({rule.id: rule for rule in week.rules} for week in (by, by_before))
    strength, strength_before = by.thresholds.prior_strength, by_before.thresholds.prior_strength
    by_rules = is_in_both
    if by.model is not None or by_before.model is not None:
        by_rules = is_in_both & (rows["axis"] != Axis.RETENTION.value).to_numpy(bool)
        modelled = is_in_both & ~by_rules
        s2, s3 = np.where(modelled, s4, s2), np.where(modelled, s4, s3)
    for signal, found in rows.groupby("signal_id").indices.items():
        at = found[by_rules[found]]
        rule, old = rules.get(str(signal)), rules_before.get(str(signal))
        if rule is None or old is None or not _is_measured_alike(rule, old):
            continue
        is_judged_alike = (rule.bad, rule.good, strength) == (old.bad, old.good, strength_before)
        prior, prior_before = (_prior(week, rule.id, customers[at]) for week in (by, by_before))
        first, aged, last = (_measured(rows, week, at) for week in ("before", "aged", "after"))
        s3[at] = s4[at] if is_judged_alike else _points(last, prior, old, strength_before)
        s2[at] = np.where(_equal(prior, prior_before), s3[at], _points(last, prior_before, old, strength_before))
        s1[at] = np.where(_same(aged, last), s2[at], _points(aged, prior_before, old, strength_before))
        s1[at] = np.where(_same(aged, first), s0[at], s1[at])
    return s0, s1, s2, s3, s4


def _prior(by: Yardstick, signal_id: str, customers: Sequence[str]) -> Prior:
    """What a week drew this signal of each of these customers to."""
    found = Priors.of(by.norms, [signal_id], by.segments, customers).at(slice(None))
    return Prior(*(np.broadcast_to(part.ravel(), len(customers)) for part in (found.mean, found.between, found.within)))


def _measured(rows: pd.DataFrame, week: str, at: Places) -> tuple[Numbers, Numbers]:
    return rows[f"value_{week}"].to_numpy(float)[at], rows[f"n_{week}"].to_numpy(float)[at]


def _points(measured: tuple[Numbers, Numbers], prior: Prior, rule: SignalRule, strength: float) -> Numbers:
    value = measured[0]
    if rule.aggregate in MEAN_LIKE:
        value, _ = shrunk(*measured, prior, prior_strength=strength)
    points: Numbers = anchored(value, bad=rule.bad, good=rule.good)
    return points


def _same(one: tuple[Numbers, Numbers], other: tuple[Numbers, Numbers]) -> Flags:
    same: Flags = (one[0] == other[0]) & (one[1] == other[1])
    return same


def _equal(one: Prior, other: Prior) -> Flags:
    pairs = zip((one.mean, one.between, one.within), (other.mean, other.between, other.within), strict=True)
    alike = [(np.asarray(a) == b) | (np.isnan(a) & np.isnan(b)) for a, b in pairs]
    equal: Flags = alike[0] & alike[1] & alike[2]
    return equal


def _is_measured_alike(rule: SignalRule, old: SignalRule) -> bool:
    return rule is old or rule.model_dump(exclude=_JUDGING) == old.model_dump(exclude=_JUDGING)


def _summed(rows: pd.DataFrame, values: Numbers) -> Numbers:
    """The sum over each customer's axis, at every one of its rows."""
    grouped = pd.Series(values).groupby([rows["customer_id"].to_numpy(), rows["axis"].to_numpy()])
    sums: Numbers = np.asarray(grouped.transform("sum"), dtype=float)
    return sums


def _ruled_shares(rows: pd.DataFrame, by: Yardstick, by_before: Yardstick) -> Numbers:
    """W: shares by this week's weights of the signals seen before, and of those that a rule has newly brought in."""
    share: Numbers = np.nan_to_num(rows["weight_share_before"].to_numpy(float))
    keys = list(zip(rows["axis"], rows["signal_id"], strict=True))
    now, old = (
        {(rule.axis.value, rule.id): rule.weight for rule in week.rules if rule.weight > 0} for week in (by, by_before)
    )
    if now == old:
        return share
    weight = np.array([now.get(key, 0.0) for key in keys])
    is_new = np.array([key not in old for key in keys])
    counted = np.where((share > 0) | is_new, weight, 0.0)
    total = _summed(rows, counted)
    with np.errstate(invalid="ignore"):
        ruled: Numbers = np.where(total > 0, counted / np.where(total > 0, total, 1.0), 0.0)
    if by.model is None:
        return ruled
    return np.where(rows["axis"] == Axis.RETENTION.value, share, ruled)
