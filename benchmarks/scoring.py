"""Scoring of a large book from prepared signals, against one fit of logistic regression on a matrix of that length.

Ours: norms of the whole book, scores with contributions, placements against the week before. Reference: scikit-learn's
LogisticRegression (lbfgs), fit and predict_proba on customers x 40 numbers. Both in this process, turn by turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from benchmarks.timing import Comparison, alternate
from config.policy import read_draft
from contracts.frames import conform
from contracts.ids import bucket_count
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


@dataclass(frozen=True, slots=True)
class Bucket:
    facts: pd.DataFrame
    signals: pd.DataFrame


def compare(*, customers: int, rounds: int, explained: bool) -> Comparison:
    """Norms, scores and placements of `customers`, and the regression, each `rounds` times; `explained`: also the
    contribution of every signal to every score.
    """
    policy = read_draft(Path(__file__).parents[1] / "config")
    rng = np.random.default_rng(20261122)
    buckets = _buckets(customers, policy.signals, rng)
    whole = pd.concat([bucket.signals for bucket in buckets], ignore_index=True)
    # the first week touches the memory that the rounds use again
    before = _judged(whole, buckets, policy, [None] * len(buckets), explained=explained)
    features, left = _regression(customers, rng)
    ours, reference = alternate(
        lambda _: lambda: _judged(whole, buckets, policy, before, explained=explained),
        lambda _: lambda: LogisticRegression(solver="lbfgs").fit(features, left).predict_proba(features),
        rounds=rounds,
    )
    return Comparison(
        title="scoring, explained" if explained else "scoring",
        ours_name="norms, scores, placements" + (", contributions" if explained else ""),
        reference_name="logistic regression, lbfgs",
        ours=ours,
        reference=reference,
        note=f"{customers:,} customers: {len(policy.signals)} signals, {len(buckets)} buckets; {FEATURES} numbers",
    )


def _judged(
    whole: pd.DataFrame,
    buckets: list[Bucket],
    policy: Policy,
    before: Sequence[pd.DataFrame | None],
    *,
    explained: bool,
) -> list[pd.DataFrame]:
    """As a week does it: norms of the whole book, then bucket by bucket."""
    book = norms(whole, policy.signals)
    placed = []
    for bucket, earlier in zip(buckets, before, strict=True):
        scored = score(bucket.signals, book, policy.signals, policy.thresholds)
        if explained:
            assert len(scored.contributions)
        week = WEEK if earlier is None else WEEK.shift(1)
        placed.append(place(scored.scores, bucket.facts, earlier, policy.thresholds, week=week))
    return placed


def _buckets(customers: int, rules: list[SignalRule], rng: np.random.Generator) -> list[Bucket]:
    """As many as a week of this size has, though of neighbours: which customer is where costs nothing."""
    ids = [f"C{number:07d}" for number in range(customers)]
    parts = np.array_split(np.arange(customers), bucket_count(customers, 1))
    facts = [_facts(ids[part[0] : part[-1] + 1]) for part in parts]
    return [Bucket(each, _signals(each, rules, rng)) for each in facts]


def _facts(ids: list[str]) -> pd.DataFrame:
    rows = pd.DataFrame(dict.fromkeys(CUSTOMER_FACTS.names), index=range(len(ids)), dtype=object)
    return conform(rows.assign(customer_id=ids, name=ids, status="active"), CUSTOMER_FACTS)


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
