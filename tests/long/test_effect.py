"""Over many simulated histories: the intervals hold the truth as often as they say, and nothing is praised for nothing."""

from __future__ import annotations

import numpy as np
import pytest

from contracts.rules import EffectRules
from extract.demo.playbooks import COMES_BACK_BY_ITSELF, DOES_NOTHING, EFFECT, HELPS, play_playbooks
from scoring.explain.effect.playbooks import playbook_effects
from tests.factories.effect import ROME

SEEDS = range(100, 160)


@pytest.fixture(scope="module")
def found():
    rules = EffectRules(axes=["loyalty"])  # type: ignore[list-item]
    rows = []
    for seed in SEEDS:
        made = play_playbooks(seed=seed, customers=600)
        rows.append(
            playbook_effects(made.history, made.cases, made.facts, rules, zone=ROME).effects.set_index("playbook_id")
        )
    return rows


@pytest.mark.parametrize(("playbook", "truth"), [(HELPS, EFFECT), (DOES_NOTHING, 0.0), (COMES_BACK_BY_ITSELF, 0.0)])
def test_intervals_hold_the_truth(found, playbook, truth):
    rows = [one.loc[playbook] for one in found]
    effects = np.array([row.effect for row in rows], dtype=float)
    held = np.mean([row.low <= truth <= row.high for row in rows])
    assert abs(effects.mean() - truth) < 0.3
    assert held >= 0.9


def test_what_helps_is_mostly_found_and_what_does_not_hardly_ever(found):
    verdicts = {
        name: [one.loc[name, "verdict"] for one in found] for name in (HELPS, DOES_NOTHING, COMES_BACK_BY_ITSELF)
    }
    assert np.mean([verdict == "proven" for verdict in verdicts[HELPS]]) >= 0.75
    for name in (DOES_NOTHING, COMES_BACK_BY_ITSELF):
        assert np.mean([verdict == "proven" for verdict in verdicts[name]]) <= 0.06


def test_the_weeks_before_do_not_cry_wolf(found):
    p = np.array([one.loc[name, "pre_trend_p"] for one in found for name in (HELPS, DOES_NOTHING)], dtype=float)
    assert np.mean(p < 0.05) <= 0.1
