"""An adopted model as the retention axis: the probability of staying, in points that add up.

    score = f(parts)       f(x) = 100 (1 - calibrated(intercept + x))       parts: sum of each feature's log-odds
    start = f(0)           a customer whose every feature stands at its training mean

Log-odds add up and probabilities do not. The parts that make staying likelier (together G) and those that make it less
likely (B) share score - start as two players of a game, each by what it moves alone and after the other:

    good = ([f(G) - f(0)] + [f(G + B) - f(B)]) / 2          bad = ([f(B) - f(0)] + [f(G + B) - f(G)]) / 2

so that good + bad = score - start exactly, good >= 0 >= bad, and neither explodes where G and B nearly cancel, as a
plain proportion would. A feature's contribution is its share of its side's log-odds.

A feature's weight is its share of the sum of |coefficients|; coverage is the weight of what is known of a customer. The
standard error is that of the coefficients alone, carried through the calibration: [f(x - e) - f(x + e)] / 2.

Source: Shapley 1953 for two players; docs/methods/retention.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from contracts.results import CONTRIBUTIONS, SCORES
from contracts.rules import ProbabilityLine
from contracts.words import Axis
from scoring.arrays import Flags, Numbers, framed, numbers, texts
from scoring.predict.design import Features
from scoring.predict.model import Model
from scoring.predict.periods import rows_of
from scoring.predict.reasons import log_odds_parts

_DECIMALS = 6
_WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class OnAxis:
    """SCORES and CONTRIBUTIONS frames of both axes, the retention axis by the model."""

    scores: pd.DataFrame
    contributions: pd.DataFrame


def features_of(model: Model) -> Features:
    """The columns that the model reads."""
    words = tuple(coding.feature for coding in model.codings if coding.is_word)
    return Features(tuple(name for name in model.features if name not in words), words)


def stay_label(horizon_days: int) -> str:
    """What the axis is called on every page: a probability, and its horizon."""
    weeks, rest = divmod(horizon_days, _WEEK_DAYS)
    return f"probability to stay {horizon_days} days" if rest else f"probability to stay {weeks} weeks"


def stay_line(model: Model, rows: pd.DataFrame | None, rule: ProbabilityLine) -> float:
    """The retention line on the scale of the axis: relative to the base rate or to capacity.

    Args:
        model: the adopted model.
        rows: features of the customers who can be followed; needed for a capacity only.
        rule: the policy's line.
    """
    if rule.capacity is None:
        at = min(1.0, (rule.times_base_rate or 1.0) * model.base_rate)
        return round(100.0 * (1.0 - at), _DECIMALS)
    assert rows is not None  # a capacity is one of these customers
    risks = np.sort(np.round(model.probability(rows), _DECIMALS + 2))[::-1]
    count = min(rule.capacity, risks.size)
    at = float(risks[count - 1]) if count else 1.0
    # the last customer that there is room for stands below the line, not on it
    return round(min(100.0, 100.0 * (1.0 - at) + 10.0**-_DECIMALS), _DECIMALS)


def stay_band(line: float, rule: ProbabilityLine) -> float:
    """Half the width of the dead-band around a line of the axis: a share of the probability of leaving there."""
    return round(rule.band_share * (100.0 - line), _DECIMALS)


def by_model(
    model: Model, signals: pd.DataFrame, facts: pd.DataFrame, *, scores: pd.DataFrame, contributions: pd.DataFrame
) -> OnAxis:
    """The two axes of these customers with the model in place of the experts' scorecard.

    Args:
        model: the adopted logistic model.
        signals: SIGNALS frame.
        facts: CUSTOMER_FACTS frame of the same customers, for words.
        scores: SCORES frame by the scorecards; its loyalty rows are kept.
        contributions: CONTRIBUTIONS frame of it; signals of the old axis that the model does not read stay, with
            weight and contribution 0: they are measured and do not count.

    Returns:
        A customer of whom no feature is known has no retention score and coverage 0.
    """
    customers = list(scores.loc[scores["axis"] == Axis.RETENTION.value, "customer_id"])
    features = features_of(model)
    rows = rows_of(signals, customers, features, facts=facts)
    known = _known(rows, model)
    weight = _weights(model)
    coverage = known @ weight
    some = coverage > 0
    linear = model.log_odds(rows)
    error = model.log_odds_error(rows)
    high, low = (_stays(model, linear + side * error) for side in (-1.0, 1.0))
    judged = {
        "customer_id": texts(customers, np.arange(len(customers))),
        "axis": [Axis.RETENTION.value] * len(customers),
        "score": numbers(np.where(some, _stays(model, linear), np.nan), decimals=_DECIMALS),
        "standard_error": numbers(np.where(some, (high - low) / 2.0, np.nan), decimals=_DECIMALS),
        "coverage": np.round(np.minimum(coverage, 1.0), _DECIMALS),
        "signal_count": known.sum(axis=1),
    }
    kept = scores.loc[scores["axis"] != Axis.RETENTION.value]
    both = pd.concat([kept, framed(judged, SCORES)], ignore_index=True)
    parts = _parts(model, rows, known, weight, signals)
    return OnAxis(
        both.sort_values(list(SCORES.key), ignore_index=True),
        pd.concat([_beside(contributions, model), parts], ignore_index=True),
    )


def contributions_of(model: Model, rows: pd.DataFrame) -> Numbers:
    """Rows by features of the model: points that sum to score - start of each row (residual < 1e-9)."""
    parts = log_odds_parts(model, rows).to_numpy(float)
    good, bad = np.where(parts < 0, parts, 0.0), np.where(parts > 0, parts, 0.0)
    better, worse = good.sum(axis=1), bad.sum(axis=1)
    start, best, worst, end = (
        _stays(model, model.intercept + moved) for moved in (np.zeros(len(parts)), better, worse, better + worse)
    )
    points = ((best - start) + (end - worst)) / 2.0, ((worst - start) + (end - best)) / 2.0
    shared: Numbers = _share(good, better) * points[0][:, None] + _share(bad, worse) * points[1][:, None]
    return shared


def start_of(model: Model) -> float:
    """The score of a customer whose every feature stands at its training mean."""
    return float(_stays(model, np.array([model.intercept]))[0])


def _stays(model: Model, log_odds: Numbers) -> Numbers:
    stays: Numbers = 100.0 * (1.0 - model.calibration.apply(log_odds))
    return stays


def _share(parts: Numbers, total: Numbers) -> Numbers:
    shares: Numbers = parts / np.where(total == 0, 1.0, total)[:, None]
    return shares


def _weights(model: Model) -> Numbers:
    size = dict.fromkeys(model.features, 0.0)
    for coding, coefficient in zip(model.codings, model.coefficients, strict=True):
        size[coding.feature] += abs(coefficient)
    weights = np.array(list(size.values()))
    whole: Numbers = weights / weights.sum() if weights.sum() > 0 else np.full(weights.size, 1.0 / max(weights.size, 1))
    return whole


def _known(rows: pd.DataFrame, model: Model) -> Flags:
    flags: Flags = rows[list(model.features)].notna().to_numpy(bool)
    return flags


def _parts(model: Model, rows: pd.DataFrame, known: Flags, weight: Numbers, signals: pd.DataFrame) -> pd.DataFrame:
    """CONTRIBUTIONS rows of the model, for customers of whom anything is known."""
    names, some = list(model.features), (known @ weight) > 0
    points, start = contributions_of(model, rows)[some], start_of(model)
    size = int(some.sum())
    share = np.broadcast_to(weight, (size, len(names)))
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(share > 0, start + points / share, start)
    found = signals.loc[signals["signal_id"].isin(names)]
    counts = found.pivot_table(index="customer_id", columns="signal_id", values="n", aggfunc="first", observed=True)
    customers = rows.loc[some, "customer_id"]
    n = counts.reindex(index=customers, columns=names).to_numpy(float, na_value=np.nan)
    words = set(features_of(model).words)
    values = [np.full(size, np.nan) if name in words else rows.loc[some, name].to_numpy(float) for name in names]
    columns = {
        "customer_id": texts(customers.tolist(), np.repeat(np.arange(size), len(names))),
        "axis": [Axis.RETENTION.value] * (size * len(names)),
        "signal_id": texts(names, np.tile(np.arange(len(names)), size)),
        "value": numbers(np.column_stack(values).ravel() if names else np.empty(0)),
        "n": numbers(np.where(known[some], n, 0.0).ravel()),
        "signal_score": score.ravel(),
        "weight_share": share.ravel(),
        "reference_score": np.full(size * len(names), start),
        "contribution": points.ravel(),
    }
    return framed(columns, CONTRIBUTIONS)


def _beside(contributions: pd.DataFrame, model: Model) -> pd.DataFrame:
    is_old = contributions["axis"] == Axis.RETENTION.value
    old = contributions.loc[is_old & ~contributions["signal_id"].isin(model.features)]
    return pd.concat([contributions.loc[~is_old], old.assign(weight_share=0.0, contribution=0.0)], ignore_index=True)
