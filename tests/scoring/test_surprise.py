"""How surprising a count is, and charts: the reference numbers, from the product's own formulas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest, norm
from statsmodels.stats.rates import test_poisson_2indep as poisson_2indep

from scoring.measure.events.charts import alarm_line, cusum, ewma, ewma_variance, reference, run_length
from scoring.measure.events.surprise import adjusted, rate_ratio, tail


def p_of(x: float, y: float, weeks: float, excess: float = 0.0, newest: float = 1.0) -> float:
    share = newest / (newest + weeks)
    return float(tail(np.array([x]), np.array([x + y]), np.array([share]), np.array([excess]))[0])


@pytest.mark.parametrize(
    ("x", "mean", "p"), [(9, 3, 0.0038), (6, 2, 0.0166), (4, 1, 0.0190), (3, 0.5, 0.0144), (18, 10, 0.0143)]
)
def test_a_long_record_gives_the_poisson_tail(x: int, mean: float, p: float) -> None:
    weeks = 1e7
    assert round(p_of(x, mean * weeks, weeks), 4) == p


@pytest.mark.parametrize(("k", "p"), [(1, 0.0751), (2, 0.0464)])
def test_a_long_record_of_clusters_gives_the_negative_binomial_tail(k: float, p: float) -> None:
    weeks = 1e5
    # variance = mean + mean^2 / k, so variance/mean - 1 = mean / k
    clustered = p_of(9, 3 * weeks, weeks, excess=3 / k)
    assert round(clustered, 4) == p
    assert 12 <= clustered / p_of(9, 3 * weeks, weeks) <= 20


def test_four_in_two_weeks_against_eight_in_eight() -> None:
    assert round(p_of(4, 8, 8, newest=2), 4) == 0.2054


def test_two_rates_as_r_compares_them() -> None:
    x, y, share = 11, 6 + 8 + 7, 800 / (800 + 1083 + 1050 + 878)
    found = rate_ratio(x, y, share)
    assert (round(found.value, 4), round(found.low, 4), round(found.high, 4)) == (1.9715, 0.8584, 4.2773)
    assert round(binomtest(x, x + y, share).pvalue, 5) == 0.07967
    # ours is one-sided: more than usual
    assert p_of(x, y, 1083 + 1050 + 878, newest=800) == pytest.approx(
        binomtest(x, x + y, share, alternative="greater").pvalue
    )


def test_two_rates_as_statsmodels_compares_them() -> None:
    def by(method: str) -> Any:
        return poisson_2indep(60, 51477.5, 30, 54308.7, method=method)

    assert round(float(by("score").statistic), 4) == 3.4174
    known = {"score": 0.000632, "wald-log": 0.000840, "exact-cond": 0.000675, "cond-midp": 0.000557}
    assert {method: round(float(by(method).pvalue), 6) for method in known} == known
    share = 51477.5 / (51477.5 + 54308.7)
    one_sided = poisson_2indep(60, 51477.5, 30, 54308.7, method="exact-cond", alternative="larger").pvalue
    assert p_of(60, 30, 1 - share, newest=share) == pytest.approx(float(one_sided))


def test_ratio_without_a_record() -> None:
    found = rate_ratio(3, 0, 0.1)
    assert (found.value, found.high) == (math.inf, math.inf)
    assert found.low > 1


# NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.4: target 50, standard deviation 2.0539, lambda 0.3
NIST = [
    52.0,
    47.0,
    53.0,
    49.3,
    50.1,
    47.0,
    51.0,
    50.1,
    51.2,
    50.5,
    49.6,
    47.6,
    49.9,
    51.3,
    47.8,
    51.2,
    52.6,
    52.4,
    53.6,
    52.1,
]
NIST_EWMA = [50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33, 50.11, 49.36, 49.52, 50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99]  # fmt: skip


def test_ewma_of_the_handbook() -> None:
    path, values = ewma(np.array([NIST]), np.array([50.0]), 0.3)
    assert path[0].round(2).tolist() == NIST_EWMA
    half = 3 * 2.0539 * math.sqrt(float(ewma_variance(0.3, math.inf)))
    assert (round(50 + half, 4), round(50 - half, 4), values[0]) == (52.5884, 47.4116, 20)


@pytest.mark.parametrize(
    ("h", "shift", "length", "digits"),
    [
        (4, 0, 167.7, 1),
        (4, 0.5, 26.6, 1),
        (4, 1, 8.38, 2),
        (4, 2, 3.34, 2),
        (5, 0, 465.4, 1),
        (5, 0.5, 38.0, 1),
        (5, 1, 10.38, 2),
        (5, 2, 4.01, 2),
    ],
)
def test_run_length_of_a_two_sided_cusum(h: float, shift: float, length: float, digits: int) -> None:
    up = run_length(lambda step: norm.cdf(step + 0.5 - shift), h, states=400)
    down = run_length(lambda step: norm.cdf(step + 0.5 + shift), h, states=400)
    assert round(1 / (1 / up + 1 / down), digits) == length


def test_cusum_by_hand() -> None:
    k = float(reference(np.array([1.0]), 2.0)[0])
    assert k == pytest.approx(1 / math.log(2))
    s, weeks = cusum(np.array([[0.0, 3.0, 1.0, 4.0], [3.0, 0.0, 0.0, 0.0]]), np.full((2, 4), 1.5))
    assert (s.tolist(), weeks.tolist()) == ([3.5, 0.0], [3, 0])


def test_the_alarm_line_keeps_its_promise() -> None:
    mean, weeks = 1.0, 260.0
    h = alarm_line(mean, 2.0, weeks)
    rng = np.random.default_rng(5)
    k, lengths = float(reference(np.array([mean]), 2.0)[0]), []
    for _ in range(200):
        s, week = 0.0, 0
        while s < h:
            s, week = max(0.0, s + rng.poisson(mean) - k), week + 1
        lengths.append(week)
    assert np.mean(lengths) > weeks * 0.8
    assert alarm_line(mean, 2.0, weeks * 4) > h


def test_a_quiet_book_raises_fewer_alerts_than_any_rule_of_thumb() -> None:
    """2,000 quiet accounts, one week: the order is what matters, the numbers are of one draw."""
    rng = np.random.default_rng(3)
    rate = rng.gamma(2.0, 0.4, 2000)
    y, x = rng.poisson(rate * 26).astype(float), rng.poisson(rate).astype(float)
    p = tail(x, x + y, np.full(2000, 1 / 27), np.zeros(2000))
    twice, loose, firm, strict = (int(rule.sum()) for rule in (x > 2 * y / 26, p < 0.05, p < 0.01, p < 0.001))
    corrected = int((adjusted(p, 2000) <= 0.10).sum())
    assert twice > loose > firm >= strict >= corrected
    assert twice > 100
    assert corrected == 0


def test_correction_counts_those_who_were_not_looked_at() -> None:
    p = np.array([0.0001, 0.004, 0.5])
    assert adjusted(p, 100) == pytest.approx([0.01, 0.2, 1.0])
    assert adjusted(p, 3) == pytest.approx([0.0003, 0.006, 0.5])
