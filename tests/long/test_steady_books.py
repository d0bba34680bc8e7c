"""Books in which nothing happens: how often the counted events claim that something did."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from config.policy import read_draft
from tests.factories.events import counted_weeks, steady_book

POLICY = read_draft(Path(__file__).parents[2] / "config")
SEEDS = range(1, 51)
WEEKS = 12


def test_the_share_of_weeks_with_any_event_stays_below_the_promise():
    """All customers are steady, so every event is false, and the false share is the chance of any event at all."""
    rules = POLICY.alerts.counted
    hit = []
    for seed in SEEDS:
        company, steady = steady_book(seed)
        weeks = counted_weeks(company, rules, POLICY.money, weeks=WEEKS + 1, only=steady)
        next(weeks)  # what a first week finds began before anybody looked
        hit += [len(one.found.events) > 0 for one in weeks]
    share, error = float(np.mean(hit)), float(np.sqrt(rules.false_share * (1 - rules.false_share) / len(hit)))
    assert share <= rules.false_share + 2 * error, f"{share:.3f} of {len(hit)} weeks"
    assert share > 0, "a test that never fires is not a test"
