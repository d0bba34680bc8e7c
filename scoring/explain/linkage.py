"""Business linkage analysis: are declared links between what we do, what customers say and what they buy real?

Every declared hypothesis is tried at every declared lag and at no other. A link is proven when three hold: its
Benjamini-Hochberg q over the whole family is small, it has the expected sign, and it is there again in the newest
weeks, which took no part in the estimate. Source: docs/methods/linkage.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from contracts.frames import conform
from contracts.ids import seed_of
from contracts.results import LINKS
from contracts.rules import Hypothesis, LinkageRules, Measure
from scoring.explain.families import adjusted, pearson, spearman
from scoring.explain.link_words import link_goal, link_sentence
from scoring.explain.panels import Panel, panels
from scoring.explain.shapes import Bend, bend
from scoring.explain.slopes import Slope, paired, slope
from scoring.predict.discrimination import Interval

_FEWEST_HOLDOUT_CLUSTERS = 5
_FEWEST_HOLDOUT_ROWS = 20


@dataclass(frozen=True, slots=True)
class _Tried:
    """One hypothesis at one lag. `train` is None when there was too little to estimate anything from."""

    hypothesis: Hypothesis
    x: Measure
    y: Measure
    lag: int
    training: Panel
    newest: Panel
    train: Slope | None
    check: Slope | None

    @property
    def within(self) -> bool:
        return self.hypothesis.compare == "within"


def links(
    rules: LinkageRules, tables: Mapping[str, pa.Table], facts: pd.DataFrame, *, as_of: datetime, purpose: str
) -> pd.DataFrame:
    """Every declared link, judged.

    Args:
        rules: measures and hypotheses.
        tables: canonical tables as of the instant.
        facts: CUSTOMER_FACTS frame.
        as_of: aware instant, exclusive.
        purpose: from which the random draws are derived (the week).

    Returns:
        LINKS frame in the order of the hypotheses and their lags.

    Raises:
        RuleRefused: if a measure asks for something its table cannot give.
    """
    tried = [
        _try(hypothesis, rules, lag, panel)
        for hypothesis in rules.hypothesis
        for lag, panel in panels(hypothesis, rules, tables, facts, as_of=as_of).items()
    ]
    p_values = np.array([one.train.p_value if one.train else math.nan for one in tried], dtype=float)
    q_values = adjusted(p_values)
    family = int((~np.isnan(p_values)).sum())
    rows = [
        _row(one, float(q), family, rules, seed_of(purpose, "linkage", one.hypothesis.id, one.lag))
        for one, q in zip(tried, q_values, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=LINKS.names)
    return conform(_with_best_lag(frame, p_values), LINKS)


def _try(hypothesis: Hypothesis, rules: LinkageRules, lag: int, panel: Panel) -> _Tried:
    training, newest = panel.split(rules.holdout_weeks)
    within = hypothesis.compare == "within"
    enough = len(training) >= rules.minimum_rows and training.unit.nunique() >= rules.minimum_units
    checked = len(newest) >= _FEWEST_HOLDOUT_ROWS and newest.unit.nunique() >= _FEWEST_HOLDOUT_CLUSTERS
    return _Tried(
        hypothesis,
        rules.measured(hypothesis.x),
        rules.measured(hypothesis.y),
        lag,
        training,
        newest,
        slope(training, within=within) if enough else None,
        slope(newest, within=within) if enough and checked else None,
    )


def _verdict(one: _Tried, q: float, rules: LinkageRules) -> tuple[str, str]:
    sign = one.hypothesis.sign
    if one.train is None:
        needed = f"{rules.minimum_rows} rows of {rules.minimum_units} {one.hypothesis.level}s or accounts"
        return (
            "not_enough",
            f"fewer than {needed} before the newest {rules.holdout_weeks} weeks, or one of the two never varies",
        )
    if q > rules.false_share:
        return "not_proven", "chance alone makes such a slope too often among so many links"
    if one.train.value * sign < 0:
        return "not_proven", "the slope has the other sign than expected"
    if one.check is None:
        return "not_enough", f"too few rows in the newest {rules.holdout_weeks} weeks to check it there"
    if one.check.p_of(sign) > rules.holdout_p:
        return "not_proven", f"it is not seen again in the newest {rules.holdout_weeks} weeks"
    return "proven", ""


def _row(one: _Tried, q: float, family: int, rules: LinkageRules, seed: int) -> dict[str, Any]:
    hypothesis, x, y, training = one.hypothesis, one.x, one.y, one.training
    verdict, why = _verdict(one, q, rules)
    row: dict[str, Any] = dict.fromkeys(LINKS.names) | {
        "link_id": hypothesis.id,
        "lag_weeks": one.lag,
        "question": hypothesis.question,
        "kind": hypothesis.kind,
        "x": x.id,
        "y": y.id,
        "x_name": x.name,
        "y_name": y.name,
        "level": hypothesis.level,
        "compare": hypothesis.compare,
        "expected_sign": hypothesis.sign,
        "n_units": len(training) if hypothesis.level in ("ticket", "project") else training.unit.nunique(),
        "n_rows": len(training),
        "n_accounts": training.accounts,
        "family_size": family,
        "holdout_rows": len(one.newest),
        "is_best_lag": False,
        "verdict": verdict,
        "why": why or None,
        "caveat": hypothesis.caveat or None,
        "owner": hypothesis.owner,
        "action": hypothesis.action,
    }
    if one.train is not None:
        row |= _estimates(one, q) | _range(one) | _shape(one, rules, seed)
    return row | {"sentence": link_sentence(row, x, y), "goal": link_goal(row, x) if verdict == "proven" else None}


def _estimates(one: _Tried, q: float) -> dict[str, Any]:
    assert one.train is not None
    left, right, pairs = paired(one.training, within=one.within)
    return (
        _named("pearson", pearson(left, right, pairs))
        | _named("spearman", spearman(left, right, pairs))
        | _told("slope", "slope_low", "slope_high", one.train, one.x.step)
        | _told("holdout_slope", "holdout_low", "holdout_high", one.check, one.x.step)
        | {"p_value": one.train.p_value, "q_value": q}
    )


def _named(name: str, found: Interval | None) -> dict[str, Any]:
    return {} if found is None else {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _told(value: str, low: str, high: str, found: Slope | None, step: float) -> dict[str, Any]:
    """A slope by its natural step."""
    if found is None:
        return {}
    return {value: found.value * step, low: found.low * step, high: found.high * step}


def _range(one: _Tried) -> dict[str, Any]:
    """Where x lies in practice: 5 to 95 % of rows, and what the best quarter of units reaches."""
    low, high = np.quantile(one.training.x, [0.05, 0.95]).tolist()
    means = pd.Series(one.training.x).groupby(one.training.unit.to_numpy()).mean()
    best = float(means.quantile(0.75 if one.hypothesis.sign > 0 else 0.25))
    return {
        "range_low": _natural(one.x, low),
        "range_high": _natural(one.x, high),
        "best_quarter": _natural(one.x, best),
    }


def _shape(one: _Tried, rules: LinkageRules, seed: int) -> dict[str, Any]:
    found: Bend = bend(one.training, within=one.within, resamples=rules.resamples, seed=seed)
    row: dict[str, Any] = {"shape": found.shape}
    if found.shape == "hinge":
        row |= {
            "knot": _natural(one.x, found.knot),
            "knot_low": _natural(one.x, found.low),
            "knot_high": _natural(one.x, found.high),
            "steeper": "after" if abs(found.after) > abs(found.before) else "before",
        }
    return row


def _natural(measure: Measure, value: float) -> float:
    return float(2.0**value if measure.scale == "log2" else value)


def _with_best_lag(frame: pd.DataFrame, p_values: np.ndarray[Any, Any]) -> pd.DataFrame:
    """Marks the lag that speaks for each link: a proven one if there is one, then the smallest p, then the shortest."""
    rank = frame["verdict"].map({"proven": 0, "not_proven": 1, "not_enough": 2})
    order = frame.assign(rank=rank, p=np.where(np.isnan(p_values), 2.0, p_values))
    first = order.sort_values(["rank", "p", "lag_weeks"], kind="stable").drop_duplicates("link_id").index
    return frame.assign(is_best_lag=frame.index.isin(first))
