"""Playbooks against comparable accounts: the planted effect is found, what comes back by itself is not called one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from contracts.rules import EffectRules
from extract.demo.playbooks import COMES_BACK_BY_ITSELF, DOES_NOTHING, EFFECT, HELPS, PLANTED, play_playbooks
from scoring.explain.effect.estimate import estimate, same_way
from scoring.explain.effect.matching import Matched, Rows
from scoring.explain.effect.playbooks import playbook_effects
from tests.factories.effect import ROME, case_row, cases_of, facts_of, history_of

LOYALTY = EffectRules(axes=["loyalty"])  # type: ignore[list-item]


@pytest.fixture(scope="module")
def played():
    made = play_playbooks(seed=11, customers=600)
    return made, playbook_effects(made.history, made.cases, made.facts, EffectRules(), zone=ROME)


def row_of(effects: pd.DataFrame, playbook: str, axis: str = "loyalty") -> pd.Series:
    return effects.set_index(["playbook_id", "axis"]).loc[(playbook, axis)]


def test_the_planted_effect_is_found_and_its_interval_holds_the_truth(played):
    row = row_of(played[1].effects, HELPS)
    assert row.verdict == "proven"
    assert row.low <= EFFECT <= row.high
    assert row.low > 0
    assert row.smd_max < 0.1
    assert "Proven." in row.sentence


@pytest.mark.parametrize("playbook", [DOES_NOTHING, COMES_BACK_BY_ITSELF])
def test_what_changes_nothing_is_not_proven(played, playbook):
    row = row_of(played[1].effects, playbook)
    assert row.verdict == "not proven"
    assert row.low <= 0 <= row.high
    assert "Not proven" in row.sentence


def test_before_and_after_alone_would_have_praised_what_comes_back_by_itself(played):
    row = row_of(played[1].effects, COMES_BACK_BY_ITSELF)
    assert row.change > 4
    assert abs(row.effect) < 1.5


def test_an_effect_on_one_axis_is_not_told_of_the_other(played):
    assert row_of(played[1].effects, HELPS, "retention").verdict == "not proven"


def test_every_playbook_shows_its_balance_and_its_weeks(played):
    made = played[1]
    assert set(made.balance.playbook_id) == set(made.path.playbook_id) == {HELPS, DOES_NOTHING, COMES_BACK_BY_ITSELF}
    helps = made.balance[made.balance.playbook_id == HELPS].set_index("covariate")
    assert abs(helps.smd_before["loyalty level"]) > 1
    assert helps.smd_after.abs().max() == pytest.approx(row_of(made.effects, HELPS).smd_max)
    path = made.path[(made.path.playbook_id == HELPS) & (made.path.axis == "loyalty")].set_index("week_offset")
    assert path.effect[0] == pytest.approx(0, abs=1e-9)
    assert path.effect[13] > path.effect[1]


def test_the_order_of_rows_does_not_matter(played):
    made, found = played
    mixed = [frame.sample(frac=1, random_state=5) for frame in (made.history, made.cases, made.facts)]
    pd.testing.assert_frame_equal(playbook_effects(*mixed, EffectRules(), zone=ROME).effects, found.effects)


def pairs_of(size: int) -> Matched:
    places = np.arange(size, dtype=np.intp)
    none = np.zeros((size, 1))
    treated, control = Rows(places, places * 0), Rows(places + size, places * 0)
    return Matched(treated, control, places, places, none, none, none[0], none[0], none[0], 0)


def test_card_and_krueger():
    """Full-time employment per restaurant, New Jersey against Pennsylvania: 2.75 from the rounded means."""
    new_jersey, pennsylvania = 21.03 - 20.44, 21.17 - 23.33
    made = estimate(pairs_of(2), np.full(2, new_jersey), np.full(2, pennsylvania), confidence=0.95)
    assert made is not None
    assert round(made.effect, 2) == 2.75


def test_intervals_are_those_of_two_means_when_nobody_is_used_twice():
    rng = np.random.Generator(np.random.PCG64(3))
    y, z = rng.normal(1, 2, 80), rng.normal(0, 1, 80)
    made = estimate(pairs_of(80), y, z, confidence=0.95)
    assert made is not None
    error = np.sqrt((y.var() + z.var()) / 79)
    assert made.high - made.effect == pytest.approx(1.990450 * error, rel=1e-6)  # t quantile, 79 degrees
    assert same_way([made]) == pytest.approx(2 * 0.5 * p_of(made.effect / error, 79), rel=1e-6)


def p_of(t: float, degrees: int) -> float:
    from scipy import stats

    return float(2 * stats.t.sf(abs(t), degrees))


def worst_decile(reliability: float = 0.5, size: int = 1500, seed: int = 1):
    """Steady customers, noisy scores (standard deviation 8 each); every other one of the worst tenth gets a case."""
    rng = np.random.Generator(np.random.PCG64(seed))
    noise = 8.0 * np.sqrt((1 - reliability) / reliability)
    scores = rng.normal(60, 8, (size, 1)) + rng.normal(0, noise, (size, 40))
    worst = np.argsort(scores[:, 20])[: size // 10]
    return scores, worst[::2], worst


def test_the_worst_tenth_comes_back_by_itself_as_computed():
    """Reliability .5, total standard deviation 11.3: .5 x 1.755 x 11.3 = 9.9 points, without any action."""
    scores, treated, worst = worst_decile()
    back = scores[worst, 24:34].mean() - scores[worst, 20].mean()
    assert back == pytest.approx(0.5 * 1.755 * np.sqrt(2) * 8, abs=0.9)
    cases = cases_of([case_row(int(i), 20) for i in treated])
    made = playbook_effects(history_of(scores), cases, facts_of(len(scores)), LOYALTY, zone=ROME)
    row = row_of(made.effects, "save")
    assert row.change == pytest.approx(9.9, abs=1.2)
    assert row.same_score_change == pytest.approx(row.change, abs=1.5)
    assert row.verdict != "proven"


def test_no_account_is_like_those_with_a_case():
    rng = np.random.Generator(np.random.PCG64(2))
    scores = np.vstack([rng.normal(30, 1, (40, 40)), rng.normal(80, 1, (200, 40))])
    cases = cases_of([case_row(i, 20) for i in range(40)])
    made = playbook_effects(history_of(scores), cases, facts_of(240), LOYALTY, zone=ROME)
    row = row_of(made.effects, "save")
    assert row.verdict == "no comparable accounts"
    assert pd.isna(row.revenue_retained_amount)


def test_a_few_cases_prove_nothing_and_it_is_said():
    scores = np.random.Generator(np.random.PCG64(2)).normal(60, 5, (100, 40))
    made = playbook_effects(
        history_of(scores), cases_of([case_row(i, 20) for i in range(6)]), facts_of(100), LOYALTY, zone=ROME
    )
    row = row_of(made.effects, "save")
    assert (row.verdict, row.n_treated) == ("too few cases", 6)
    assert "20 are needed" in row.sentence


def test_who_was_on_another_way_before_is_not_proven():
    """Those with a case had been rising for half a year; they go on rising, and no playbook gets the praise."""
    rng = np.random.Generator(np.random.PCG64(4))
    scores = rng.normal(60, 1.5, (400, 44))
    ramp = np.concatenate([np.zeros(6), np.linspace(0, 16, 12), np.full(26, 16.0)])
    scores[:60] += ramp - 16  # level by the window of matching, far below before it
    scores[:60, 20:] += 5
    made = playbook_effects(
        history_of(scores), cases_of([case_row(i, 26) for i in range(60)]), facts_of(400), LOYALTY, zone=ROME
    )
    row = row_of(made.effects, "save")
    assert row.verdict in {"not proven", "no comparable accounts"}


def test_cases_that_never_close_count_against_a_playbook_that_closes_when_it_is_over():
    """Nothing helps; cases are closed when the customer recovers by itself. Closed ones alone look like a success."""
    rng = np.random.Generator(np.random.PCG64(6))
    scores = rng.normal(60, 6, (900, 1)) + rng.normal(0, 3, (900, 40))
    recovers = rng.random(100) < 0.5
    scores[:100, 21:] += np.where(recovers, 5.0, -5.0)[:, None]
    cases = cases_of([case_row(i, 20, closed_days=5 if recovers[i] else None) for i in range(100)])
    row = row_of(playbook_effects(history_of(scores), cases, facts_of(900), LOYALTY, zone=ROME).effects, "save")
    assert row.low > 0
    assert row.verdict == "not proven"
    assert "never closed" in row.sentence


def test_revenue_retained_is_the_lower_end_of_the_interval():
    rng = np.random.Generator(np.random.PCG64(8))
    scores = rng.normal(60, 5, (600, 1)) + rng.normal(0, 2, (600, 40))
    gone = {i: 26 for i in range(150, 600) if rng.random() < 0.4}
    cases = cases_of([case_row(i, 20) for i in range(150)])
    row = row_of(
        playbook_effects(history_of(scores, gone=gone), cases, facts_of(600), LOYALTY, zone=ROME).effects, "save"
    )
    assert row.staying_effect == pytest.approx(0.4, abs=0.1)
    assert row.staying_low < row.staying_effect
    assert row.revenue_retained_amount == pytest.approx(row.staying_low * row.n_treated * 100_000)
    nobody_gone = playbook_effects(history_of(scores), cases, facts_of(600), LOYALTY, zone=ROME).effects
    assert row_of(nobody_gone, "save").revenue_retained_amount == 0


def test_nothing_to_judge_is_no_error():
    empty = playbook_effects(history_of(np.zeros((0, 0))), cases_of([]), facts_of(0), LOYALTY, zone=ROME)
    assert empty.effects.empty
    some = playbook_effects(
        history_of(np.full((5, 3), 50.0)), cases_of([case_row(1, 1, None)]), facts_of(5), LOYALTY, zone=ROME
    )
    assert some.effects.empty


def test_the_demo_shows_the_three_playbooks(tmp_path):
    from config.settings import Workspace
    from flows.demo import show_playbooks
    from tests.factories.repository import ROOT

    (tmp_path / "config").symlink_to(ROOT / "config")
    place = show_playbooks(Workspace(tmp_path), seed=7)
    row = pd.read_csv(place / "effects.csv").set_index(["playbook_id", "axis"]).xs("loyalty", level="axis")
    assert row.loc[HELPS, "verdict"] == "proven"
    assert row.loc[HELPS, "low"] <= PLANTED[HELPS] <= row.loc[HELPS, "high"]
    assert {row.loc[name, "verdict"] for name in (DOES_NOTHING, COMES_BACK_BY_ITSELF)} == {"not proven"}
    assert "Proven: Faster support" in (place / "case-effect.html").read_text(encoding="utf-8")
