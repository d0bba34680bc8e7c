"""Does anything foretell churn? A model trained on one period is tested on the next, against chance and base rate.

    features   the retention axis' signals as of the snapshot: (value - training mean) / training deviation, an
               unknown value at the mean, and a flag for it where values are often unknown
    model      logistic regression with an L2 penalty, fitted on the earlier snapshot
    test       the later snapshot; its label window begins when the training window has ended (purged)
    verdict    better than chance only if the 95 % interval of the AUC lies above .5 and the Brier score beats the
               base rate of the training period

The retention axis itself stays what it is, the experts' risk index: the verdict says how far to trust it.

Source: Steyerberg, Clinical Prediction Models, 2019 (out-of-time validation); docs/methods/outcome.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from contracts.rules import SignalRule
from contracts.words import Axis
from scoring.arrays import Flags, Numbers
from scoring.predict.discrimination import Interval, auc, brier

Verdict = Literal["too_few_events", "not_better_than_chance", "better_than_chance"]

INDEX_NOT_PROBABILITY = "the retention axis is the experts' risk index, not a probability"
NO_OUTCOMES = f"No outcomes are known: {INDEX_NOT_PROBABILITY}."
NO_DATES = f"No churn with a date is known: {INDEX_NOT_PROBABILITY}."

_PENALTY_INVERSE = 0.1
"""scikit-learn's C: coefficients of standardised features have a prior deviation of sqrt(0.1) = 0.32."""

_WIDEST = 4.0
"""Standardised values are cut here, so that one extreme value does not decide a customer."""

_OFTEN_UNKNOWN = 0.05
_RANK_DECIMALS = 9
"""Probabilities are rounded before they are ranked: the last bits depend on the machine's linear algebra."""


@dataclass(frozen=True, slots=True)
class OutcomeVerdict:
    """What may be said. Figures are null where there was nothing to compute them from; customers count once."""

    n_train: int
    events_train: int
    n_test: int
    events_test: int
    base_rate: float | None
    auc_model: float | None
    auc_model_low: float | None
    auc_model_high: float | None
    auc_index: float | None
    auc_index_low: float | None
    auc_index_high: float | None
    brier: float | None
    brier_base: float | None
    verdict: Verdict
    sentences: tuple[str, ...]


def judge(
    train_signals: pd.DataFrame,
    train_outcomes: pd.DataFrame,
    test_signals: pd.DataFrame,
    test_outcomes: pd.DataFrame,
    retention_scores_at_test: pd.DataFrame,
    rules: Sequence[SignalRule],
    *,
    horizon_days: int,
    minimum_events: int = 30,
) -> OutcomeVerdict:
    """The verdict on a model and on the retention axis as it stands.

    Args:
        train_signals: SIGNALS frame as of the earlier snapshot.
        train_outcomes: frame of `labels_at` there; customers without signals count as unknown in all of them.
        test_signals: SIGNALS frame as of the later snapshot.
        test_outcomes: frame of `labels_at` there, with a window that begins at or after the training window's end.
        retention_scores_at_test: frame customer_id, score (0-100, high is safe; null scores are left out).
        rules: the policy's signals; those of the retention axis with weight are the features.
        horizon_days: length of both label windows, for the sentences.
        minimum_events: fewer churned (or fewer remaining) customers in either window give no verdict.
    """
    train, test = train_outcomes.sort_values("customer_id"), test_outcomes.sort_values("customer_id")
    left_then, left = train["is_churned"].to_numpy(bool), test["is_churned"].to_numpy(bool)
    index = _index_auc(test, retention_scores_at_test)
    counted = _Counted(left_then.size, int(left_then.sum()), left.size, int(left.sum()))
    fewest = min(counted.events_train, counted.events_test)
    if fewest < minimum_events:
        return _verdict(counted, index, "too_few_events", (too_few(fewest, minimum_events),))
    remaining = min(counted.n_train - counted.events_train, counted.n_test - counted.events_test)
    if remaining < minimum_events:
        return _verdict(counted, index, "too_few_events", (_too_few_stayed(remaining, minimum_events),))

    probability = _out_of_time(
        _grid(train_signals, list(train["customer_id"]), rules),
        left_then,
        _grid(test_signals, list(test["customer_id"]), rules),
    )
    model = auc(left, np.round(probability, _RANK_DECIMALS))
    scores = (brier(left, probability), brier(left, left_then.mean()))
    is_better = model is not None and model.low > 0.5 and scores[0] < scores[1]
    verdict: Verdict = "better_than_chance" if is_better else "not_better_than_chance"
    assert model is not None  # both kinds were counted above
    sentences = (_of_model(verdict, counted, model, scores, horizon_days), *_of_index(index))
    return _verdict(counted, index, verdict, sentences, model=model, scores=scores)


def too_few(events: int, minimum: int) -> str:
    """The sentence for a window of so few churned customers that no model is tried."""
    least = "1 churn event" if minimum == 1 else f"{minimum:,} churn events"
    return f"Fewer than {least} ({events:,}): {INDEX_NOT_PROBABILITY}."


def _too_few_stayed(stayed: int, minimum: int) -> str:
    return f"Fewer than {minimum:,} customers who stayed ({stayed:,}): {INDEX_NOT_PROBABILITY}."


@dataclass(frozen=True, slots=True)
class _Counted:
    n_train: int
    events_train: int
    n_test: int
    events_test: int


def _verdict(
    counted: _Counted,
    index: Interval | None,
    verdict: Verdict,
    sentences: tuple[str, ...],
    *,
    model: Interval | None = None,
    scores: tuple[float, float] | None = None,
) -> OutcomeVerdict:
    return OutcomeVerdict(
        n_train=counted.n_train,
        events_train=counted.events_train,
        n_test=counted.n_test,
        events_test=counted.events_test,
        base_rate=counted.events_test / counted.n_test if counted.n_test else None,
        auc_model=model.value if model else None,
        auc_model_low=model.low if model else None,
        auc_model_high=model.high if model else None,
        auc_index=index.value if index else None,
        auc_index_low=index.low if index else None,
        auc_index_high=index.high if index else None,
        brier=scores[0] if scores else None,
        brier_base=scores[1] if scores else None,
        verdict=verdict,
        sentences=sentences,
    )


def _index_auc(test: pd.DataFrame, scores: pd.DataFrame) -> Interval | None:
    known = test.merge(scores.dropna(subset=["score"]), on="customer_id", how="inner")
    return auc(known["is_churned"].to_numpy(bool), -known["score"].to_numpy(float))


def _grid(signals: pd.DataFrame, customers: list[str], rules: Sequence[SignalRule]) -> Numbers:
    """Customers by retention signals, NaN where nothing was observed."""
    features = [rule.id for rule in rules if rule.axis is Axis.RETENTION and rule.weight > 0]
    seen = signals.loc[signals["is_observed"].astype(bool) & signals["signal_id"].isin(features)]
    wide = seen.pivot_table(index="customer_id", columns="signal_id", values="value", aggfunc="first")
    grid: Numbers = wide.reindex(index=customers, columns=features).to_numpy(float, na_value=np.nan)
    return grid


def _out_of_time(then: Numbers, left: Flags, now: Numbers) -> Numbers:
    """Probabilities of leaving on the later grid, by a model of the earlier one."""
    # scikit-learn takes a second to import, and most weeks of a small book never come here
    from sklearn.linear_model import LogisticRegression

    observed = ~np.isnan(then)
    mean = np.where(observed.any(axis=0), np.nansum(then, axis=0) / np.maximum(observed.sum(axis=0), 1), 0.0)
    spread = np.sqrt(np.nansum((then - mean) ** 2, axis=0) / np.maximum(observed.sum(axis=0), 1))
    varies = spread > 1e-12 * np.maximum(np.abs(mean), 1.0)
    is_gap = (observed.mean(axis=0) >= _OFTEN_UNKNOWN) & (observed.mean(axis=0) <= 1.0 - _OFTEN_UNKNOWN)
    if not (varies.any() or is_gap.any()):
        return np.full(len(now), left.mean())

    def features(grid: Numbers) -> Any:
        scaled = (grid[:, varies] - mean[varies]) / spread[varies]
        return np.hstack([np.clip(np.nan_to_num(scaled), -_WIDEST, _WIDEST), np.isnan(grid[:, is_gap])])

    model = LogisticRegression(C=_PENALTY_INVERSE, max_iter=1000).fit(features(then), left)
    probability: Numbers = model.predict_proba(features(now))[:, 1]
    return probability


def _of_model(
    verdict: Verdict, counted: _Counted, model: Interval, scores: tuple[float, float], horizon_days: int
) -> str:
    tested = (
        f"one trained on {horizon_days} days of churn and tested on the next {horizon_days} days "
        f"({counted.n_test:,} customers, {counted.events_test:,} churned)"
    )
    ranked = f"AUC {model.value:.2f} ({model.low:.2f} to {model.high:.2f}; 0.50 is chance)"
    beats = "beats" if scores[0] < scores[1] else "does not beat"
    told = f"Brier score {scores[0]:.4f} {beats} the base rate's {scores[1]:.4f}"
    if verdict == "better_than_chance":
        start = f"A model of churn is better than chance: {tested} reaches {ranked}; its {told}."
        return f"{start} It is evidence only: {INDEX_NOT_PROBABILITY}."
    if model.low > 0.5:
        start = f"No model is good enough: {tested} ranks better than chance, {ranked}, but its {told}."
    else:
        start = f"No model beats chance: {tested} reaches {ranked}; its {told}."
    return f"{start} So {INDEX_NOT_PROBABILITY}."


def _of_index(index: Interval | None) -> tuple[str, ...]:
    if index is None:
        return ()
    words = "not better than chance"
    if index.low > 0.5:
        words = "better than chance"
    elif index.high < 0.5:
        words = "worse than chance: customers with high scores left more often"
    ranked = f"AUC {index.value:.2f} ({index.low:.2f} to {index.high:.2f})"
    return (f"The retention axis itself, as a ranking of the same customers, is {words}: {ranked}.",)
