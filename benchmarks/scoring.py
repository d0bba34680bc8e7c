"""Scoring of a large book from prepared signals, against one fit of logistic regression on a matrix of that length.

Ours: norms of the whole book, scores with contributions, placements against the week before. Reference: scikit-learn's
LogisticRegression (lbfgs), fit and predict_proba on customers x 40 numbers. Both in this process, turn by turn.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from benchmarks.timing import Comparison, alternate
from config.policy import read_draft
from contracts.results import CUSTOMER_FACTS, SIGNALS
from contracts.rules import Policy, SignalRule
from contracts.weeks import Week
from scoring.arrays import Numbers, framed, numbers, texts
from scoring.measure.compile import MEAN_LIKE
from scoring.measure.norms import norms
from scoring.place.axes import score
from scoring.place.placement import place

WEEK = Week(2026, 47)
FEATURES = 40


def compare(*, customers: int, rounds: int) -> Comparison:
    """Norms, scores and placements of `customers`, and the regression, each `rounds` times."""
    policy = read_draft(Path(__file__).parents[1] / "config")
    rng = np.random.default_rng(20261122)
    facts = _facts(customers)
    signals = _signals(facts, policy.signals, rng)
    before = _judged(signals, facts, policy, None)
    features, left = _regression(customers, rng)
    ours, reference = alternate(
        lambda _: lambda: _judged(signals, facts, policy, before),
        lambda _: lambda: LogisticRegression(solver="lbfgs").fit(features, left).predict_proba(features),
        rounds=rounds,
    )
    observed = int(signals["is_observed"].sum())
    return Comparison(
        title="scoring",
        ours_name="norms, scores, placements",
        reference_name="logistic regression, lbfgs",
        ours=ours,
        reference=reference,
        note=f"{customers:,} customers, {len(policy.signals)} signals, {observed:,} observed; x {FEATURES} numbers",
    )


def _judged(signals: pd.DataFrame, facts: pd.DataFrame, policy: Policy, before: pd.DataFrame | None) -> pd.DataFrame:
    book = norms(signals, policy.signals)
    scored = score(signals, book, policy.signals, policy.thresholds)
    week = WEEK if before is None else WEEK.shift(1)
    return place(scored.scores, facts, before, policy.thresholds, week=week)


def _facts(customers: int) -> pd.DataFrame:
    ids = [f"C{number:07d}" for number in range(customers)]
    rows = pd.DataFrame({name: None for name in CUSTOMER_FACTS.names}, index=range(customers), dtype=object)
    return rows.assign(customer_id=ids, name=ids, status="active", tier=None)


def _signals(facts: pd.DataFrame, rules: list[SignalRule], rng: np.random.Generator) -> pd.DataFrame:
    """SIGNALS as a bucket's file holds them: four of five observed, customer by customer."""
    many, size = len(rules), len(facts)
    bad, good = (np.array([getattr(rule, end) for rule in rules]) for end in ("bad", "good"))
    value = bad + (good - bad) * rng.normal(0.6, 0.35, (size, many))
    observed = rng.random((size, many)) < 0.8
    is_mean = np.array([rule.aggregate in MEAN_LIKE for rule in rules])
    variance = np.where(is_mean & observed, ((good - bad) / 2) ** 2, np.nan)
    columns = {
        "customer_id": texts(facts["customer_id"].tolist(), np.repeat(np.arange(size), many)),
        "signal_id": texts([rule.id for rule in rules], np.tile(np.arange(many), size)),
        "value": numbers(np.where(observed, value, np.nan).ravel(), decimals=9),
        "n": numbers(np.where(observed, rng.integers(1, 20, (size, many)), 0).astype(float).ravel()),
        "variance": numbers(variance.ravel()),
        "last_at": np.full(size * many, np.datetime64("NaT", "us")),
        "is_observed": observed.ravel(),
    }
    return framed(columns, SIGNALS)


def _regression(customers: int, rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    features = rng.standard_normal((customers, FEATURES))
    chance = 1 / (1 + np.exp(2 - features @ rng.normal(0, 0.3, FEATURES)))
    return features, (rng.random(customers) < chance).astype(float)
