"""Importance against the reference rows of R's swiss, and what must hold of any covariance."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.explain.importance import MOST_EXACT, johnson, lmg, reference, slopes
from scoring.explain.resampled import Answers, importance
from tests.factories.linkage import DRIVER_NAMES, SWISS, demo_answers, swiss

# Groemping's figures for lm(Fertility ~ ., swiss); columns as in SWISS_COLUMNS
REFERENCE = {
    "lmg": [0.0571, 0.1712, 0.2601, 0.1056, 0.1128],
    "lmg share": [0.0808, 0.2422, 0.3681, 0.1494, 0.1596],
    "johnson": [0.0484, 0.1547, 0.2720, 0.1147, 0.1170],
    "johnson share": [0.0685, 0.2189, 0.3848, 0.1623, 0.1655],
    "first": [0.1247, 0.4172, 0.4406, 0.2150, 0.1735],
    "last": [0.0429, 0.0074, 0.1620, 0.0624, 0.0569],
    "betasq": [0.0979, 0.0272, 0.4494, 0.1208, 0.0631],
    "pratt": [-0.1105, 0.1064, 0.4450, 0.1612, 0.1046],
}


def test_the_rows_are_the_published_ones():
    assert SWISS.shape == (47, 6)
    assert SWISS.mean(axis=0)[[5, 0, 1, 2, 3, 4]].round(3).tolist() == [70.143, 50.660, 16.489, 10.979, 41.144, 19.943]


@pytest.mark.parametrize("name", REFERENCE)
def test_swiss(name):
    covariance = swiss()
    other = reference(covariance)
    found = {
        "lmg": lmg(covariance),
        "lmg share": lmg(covariance) / lmg(covariance).sum(),
        "johnson": johnson(covariance),
        "johnson share": johnson(covariance) / johnson(covariance).sum(),
        "first": other.first,
        "last": other.last,
        "betasq": other.betasq,
        "pratt": other.pratt,
    }[name][0]
    assert found.round(4).tolist() == REFERENCE[name]


def test_swiss_r2_and_slopes():
    assert lmg(swiss()).sum() == pytest.approx(0.7067, abs=5e-5)
    design = np.column_stack([np.ones(47), SWISS[:, :-1]])
    fitted = np.linalg.lstsq(design, SWISS[:, -1], rcond=None)[0][1:]
    assert slopes(swiss())[0] == pytest.approx(fitted, rel=1e-9)


def test_lmg_is_the_mean_gain_over_all_orders():
    r = np.corrcoef(SWISS.T)

    def r2(places: tuple[int, ...]) -> float:
        used = list(places)
        return float(r[used, 5] @ np.linalg.solve(r[np.ix_(used, used)], r[used, 5])) if used else 0.0

    gains = np.zeros(5)
    orders = list(permutations(range(5)))
    for order in orders:
        for step, j in enumerate(order):
            gains[j] += r2(order[: step + 1]) - r2(order[:step])
    assert lmg(swiss())[0] == pytest.approx(gains / len(orders), abs=1e-6)


@st.composite
def covariances(draw: st.DrawFn) -> np.ndarray:
    p, seed = draw(st.integers(1, 6)), draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(p + 8, p + 1)) @ rng.normal(size=(p + 1, p + 1))
    if draw(st.booleans()) and p > 1:
        rows[:, 0] = rows[:, 1]  # a driver twice: no regression has a unique solution
    return np.cov(rows.T)[None]


@settings(max_examples=60, deadline=None)
@given(covariances())
def test_parts_are_non_negative_and_add_up_to_r2(covariance):
    r = covariance[0] / np.sqrt(np.outer(np.diag(covariance[0]), np.diag(covariance[0])))
    r2 = float(r[:-1, -1] @ np.linalg.pinv(r[:-1, :-1], hermitian=True) @ r[:-1, -1])
    for weights in (lmg(covariance), johnson(covariance)):
        assert weights.min() >= -1e-9
        assert weights.sum() == pytest.approx(r2, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(covariances(), st.integers(0, 1000))
def test_order_and_units_of_drivers_do_not_matter(covariance, seed):
    rng = np.random.default_rng(seed)
    p = covariance.shape[1] - 1
    order = np.append(rng.permutation(p), p)
    units = rng.uniform(0.01, 100, p + 1) * rng.choice([-1, 1], p + 1)
    turned = (covariance * units[:, None] * units)[:, order][:, :, order]
    for weights in (lmg, johnson):
        assert weights(turned)[0] == pytest.approx(weights(covariance)[0][order[:-1]], abs=1e-7)


def test_a_stronger_driver_never_weighs_less():
    mixed = 0.5 + 0.5 * np.eye(3)
    before = 0.0
    for strength in np.linspace(0, 2, 9):
        beta = np.array([strength, 0.5, 0.5])
        answer = mixed @ beta
        covariance = np.block([[mixed, answer[:, None]], [answer[None, :], np.array([[beta @ answer + 1.0]])]])[None]
        share = (lmg(covariance) / lmg(covariance).sum())[0, 0]
        assert share >= before - 1e-12
        before = share


def test_groups_enter_together_and_add_up():
    groups = [[0, 1], [2], [3, 4]]
    found = lmg(swiss(), groups)[0]
    assert found.sum() == pytest.approx(lmg(swiss()).sum(), abs=1e-12)
    assert lmg(swiss(), [[j] for j in range(5)])[0] == pytest.approx(lmg(swiss())[0])


def test_too_many_drivers_are_told_to_form_themes():
    with pytest.raises(ValueError, match="at most 12 themes"):
        lmg(np.eye(MOST_EXACT + 2)[None])


def test_swiss_intervals_are_near_those_of_another_bootstrap():
    # methods: B = 1000 by another generator; agreement within Monte Carlo noise is all that can be asked
    answers = Answers(np.arange(47), SWISS[:, :-1], SWISS[:, -1])
    found = importance(answers, resamples=2000, permutations=200, seed=1)
    assert found.low == pytest.approx([0.047, 0.120, 0.101, 0.042, 0.048], abs=0.02)
    assert found.high == pytest.approx([0.141, 0.378, 0.521, 0.356, 0.329], abs=0.03)
    assert found.p_top3[2] > 0.9
    assert found.share.sum() == pytest.approx(1.0, abs=1e-12)


def test_the_same_seed_gives_the_same_intervals_in_any_order_of_rows():
    answers = demo_answers(3, customers=60)
    turned = np.random.default_rng(0).permutation(len(answers.answer))
    again = Answers(answers.account[turned], answers.levels[turned], answers.answer[turned])
    one, two = (importance(rows, resamples=100, permutations=20, seed=5) for rows in (answers, again))
    assert two.share == pytest.approx(one.share, abs=1e-9)
    assert two.low == pytest.approx(one.low, abs=1e-9)


def test_a_driver_without_effect_gets_a_share_but_no_slope():
    found = importance(demo_answers(7, customers=400), resamples=300, permutations=40, seed=1)
    null = DRIVER_NAMES.index("invoice_disputes")
    assert found.low[null] > found.floor[null]
    assert found.slope_low[null] < 0 < found.slope_high[null]
    assert found.slope_low[DRIVER_NAMES.index("resolve_time")] > 0


def test_lmg_finds_the_top_two_where_coefficients_do_not():
    """Two drivers at r = .85, betas .35, .30, .20, .15, n = 120: direction and order of the simulation only."""
    rng = np.random.default_rng(4)
    r = np.full((4, 4), 0.3) + 0.7 * np.eye(4)
    r[0, 1] = r[1, 0] = 0.85
    beta = np.array([0.35, 0.30, 0.20, 0.15])
    root = np.linalg.cholesky(r)
    by_lmg = by_beta = 0
    for _ in range(300):
        x = rng.normal(size=(120, 4)) @ root.T
        y = x @ beta + rng.normal(0, 0.8, 120)
        covariance = np.cov(np.column_stack([x, y]).T)[None]
        by_lmg += set(np.argsort(-lmg(covariance)[0])[:2]) == {0, 1}
        by_beta += set(np.argsort(-np.abs(slopes(covariance)[0]))[:2]) == {0, 1}
    assert by_lmg > by_beta + 60
