"""Drivers over a hundred companies against what holds in the population they are drawn from."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.explain.importance import lmg
from scoring.explain.resampled import importance
from tests.factories.linkage import DRIVER_NAMES, demo_answers

SEEDS = range(1, 101)
CUSTOMERS = 400
"""At the demo's default of 200 customers the third place is nearly a tie (17.4 % against 16.6 %): see the page."""
POPULATION_ROWS = 1_000_000


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    """LMG shares of the generator: a million answers of companies that no test below looks at."""
    moments = np.zeros((len(DRIVER_NAMES) + 2,) * 2)
    seed = 10_000
    while moments[0, 0] < POPULATION_ROWS:
        rows = demo_answers(seed, customers=CUSTOMERS)
        table = np.column_stack([np.ones(len(rows.answer)), rows.levels, rows.answer])
        moments += table.T @ table
        seed += 1
    mean = moments[0, 1:] / moments[0, 0]
    found = lmg((moments[1:, 1:] / moments[0, 0] - np.outer(mean, mean))[None])[0]
    return found / found.sum()


@pytest.fixture(scope="module")
def samples():
    return [
        importance(demo_answers(seed, customers=CUSTOMERS), resamples=1000, permutations=20, seed=seed)
        for seed in SEEDS
    ]


@pytest.mark.parametrize("place", range(len(DRIVER_NAMES)), ids=DRIVER_NAMES)
def test_the_interval_of_each_driver_holds_the_population_as_often_as_it_claims(truth, samples, place):
    held = np.mean([found.low[place] <= truth[place] <= found.high[place] for found in samples])
    assert 0.90 <= held <= 0.99


def test_the_top_three_are_right(truth, samples):
    top = set(np.argsort(-truth)[:3])
    assert {DRIVER_NAMES[place] for place in top} == {"resolve_time", "project_delay", "handoffs"}
    assert sum(set(np.argsort(-found.share)[:3]) == top for found in samples) >= 90


def test_the_planted_null_is_seldom_given_a_slope_of_its_own(samples):
    null = DRIVER_NAMES.index("invoice_disputes")
    assert np.mean([found.slope_low[null] > 0 or found.slope_high[null] < 0 for found in samples]) <= 0.10
