"""Churn of large demo companies: the product's model against the best that anybody could foretell.

The generator decides who leaves by a hidden bond. Its own probability of leaving, given the bond up to the snapshot,
cannot be beaten but by luck; how near the product's path comes, from what the systems show, is measured out of time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from config.policy import read_draft
from scoring.predict.discrimination import auc
from scoring.predict.periods import declared
from scoring.predict.reliability import calibration_error, quantile_bins
from scoring.predict.training import few, train
from tests.factories.predict import TABLES_MEASURED, replay
from tests.factories.repository import ROOT

SEEDS = range(1, 11)
CUSTOMERS, WEEKS = 46_000, 137
# two snapshots train, two test; from the last training snapshot to the first test: 9 weeks of gap and the horizon
TRAINING, TESTS = (26, 39), (74, 100)
HORIZON_DAYS = 182


@dataclass(frozen=True)
class Result:
    events: int
    best: float
    reached: float
    calibration_error: float


def tried(seed: int) -> Result:
    policy = read_draft(ROOT / "config")
    rules = [rule for rule in policy.signals if rule.table in TABLES_MEASURED]
    features = declared(rules, policy.retention)
    chosen = [rule for rule in rules if rule.id in features.numbers]
    replayed = replay(
        seed, chosen, customers=CUSTOMERS, weeks=WEEKS, at_weeks=TRAINING + TESTS, horizon_days=HORIZON_DAYS
    )
    earlier = pd.concat(replayed[: len(TRAINING)], ignore_index=True)
    later = pd.concat(replayed[len(TRAINING) :], ignore_index=True)
    used = few(
        features,
        int(earlier["is_churned"].sum()),
        events_per_feature=policy.retention.events_per_feature,
        most=policy.retention.most_features,
    )
    model = train(earlier.drop(columns="best"), used, horizon_days=HORIZON_DAYS, gap_days=policy.retention.gap_days)
    left, probability = later["is_churned"].to_numpy(bool), model.probability(later)
    return Result(
        int(left.sum()),
        auc(left, later["best"].to_numpy(float)).value,
        auc(left, probability).value,
        calibration_error(quantile_bins(left, probability)),
    )


@pytest.fixture(scope="module")
def results() -> list[Result]:
    return [tried(seed) for seed in SEEDS]


def test_snapshots_are_purged() -> None:
    assert TRAINING[-1] * 7 + 63 + HORIZON_DAYS <= TESTS[0] * 7
    assert TESTS[0] * 7 + HORIZON_DAYS <= TESTS[1] * 7
    assert TESTS[-1] * 7 + 63 + HORIZON_DAYS <= WEEKS * 7


def test_enough_customers_left_out_of_time(results: list[Result]) -> None:
    assert min(result.events for result in results) >= 2000


def test_the_model_comes_near_the_best_possible_ranking(results: list[Result]) -> None:
    gaps = np.array([result.best - result.reached for result in results])

    assert gaps.mean() <= 0.02
    assert gaps.max() <= 0.04


def test_its_probabilities_are_what_they_say(results: list[Result]) -> None:
    errors = np.array([result.calibration_error for result in results])

    assert errors.mean() < 0.05
