"""Published and measured figures of prediction, recomputed from their inputs to the digits given."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.predict.calibration import pooled
from scoring.predict.discrimination import auc, average_precision, flagging
from scoring.predict.drift import no_drift_limit, psi
from scoring.predict.hazard import kaplan_meier
from scoring.predict.lines import bayes_line, cheapest, youden
from scoring.predict.reliability import brier, calibration_error, log_loss, width_bins

LEFT = np.array([int(digit) for digit in "0001011011"], dtype=bool)
RISK = np.array([0.05, 0.15, 0.15, 0.25, 0.35, 0.45, 0.65, 0.65, 0.85, 0.95])

# Weeks to relapse under 6-MP, 21 children; True: relapsed, False: lost from sight. Freireich et al., Blood 21, 1963.
WEEKS = np.array([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35], dtype=float)
RELAPSED = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0], dtype=bool)


def test_brier_of_the_documentation_of_scikit_learn() -> None:
    assert brier(np.array([0, 1, 1, 0], dtype=bool), np.array([0.1, 0.9, 0.8, 0.3])) == pytest.approx(0.0375)


def test_ten_rows() -> None:
    assert brier(LEFT, RISK) == pytest.approx(0.1605, abs=5e-5)
    assert brier(LEFT, float(LEFT.mean())) == pytest.approx(0.25)
    assert 1 - brier(LEFT, RISK) / brier(LEFT, 0.5) == pytest.approx(0.3580, abs=5e-5)
    assert calibration_error(width_bins(LEFT, RISK, 5)) == pytest.approx(0.1800, abs=5e-5)
    assert auc(LEFT, RISK).value == pytest.approx(0.8600, abs=5e-5)
    assert average_precision(LEFT, RISK) == pytest.approx(0.8529, abs=5e-5)
    assert log_loss(LEFT, RISK) == pytest.approx(0.4686, abs=5e-5)


def test_ten_rows_pooled() -> None:
    levels = pooled(LEFT.astype(float), RISK)
    assert levels == pytest.approx([0, 0, 0, 0.5, 0.5, 0.6667, 0.6667, 0.6667, 1, 1], abs=5e-5)


def test_ten_rows_at_lines() -> None:
    best = youden(LEFT, RISK)
    assert (best.at, best.value) == (0.45, pytest.approx(0.6))
    assert best.ties == (0.25,)
    least = cheapest(LEFT, RISK, cost_miss=5, cost_alarm=1)
    assert (least.at, least.value, least.ties) == (0.25, 2, ())
    assert bayes_line(cost_miss=5, cost_alarm=1) == pytest.approx(0.1667, abs=5e-5)
    assert bayes_line(cost_miss=10, cost_alarm=1) == pytest.approx(0.0909, abs=5e-5)


@pytest.mark.parametrize(
    ("expected", "actual", "index"),
    [
        ([0.2, 0.3, 0.3, 0.2], [0.1, 0.25, 0.35, 0.3], 0.1267),
        ([0.1] * 10, [0.06, 0.08, 0.09, 0.1, 0.1, 0.1, 0.11, 0.11, 0.12, 0.13], 0.0394),
    ],
)
def test_psi(expected: list[float], actual: list[float], index: float) -> None:
    assert psi(np.array(expected), np.array(actual)) == pytest.approx(index, abs=5e-5)


@pytest.mark.parametrize(
    ("n", "m", "limit"), [(100, 100, 0.3384), (500, 500, 0.0677), (1000, 1000, 0.0338), (200, 5000, 0.0880)]
)
def test_psi_without_drift(n: int, m: int, limit: float) -> None:
    assert no_drift_limit(n, m, 10) == pytest.approx(limit, abs=5e-5)


def test_kaplan_meier_of_freireich() -> None:
    curve = kaplan_meier(WEEKS, RELAPSED)
    assert curve["time"].tolist() == [6, 7, 10, 13, 16, 22, 23]
    expected = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert curve["survival"].tolist() == pytest.approx(expected, abs=5e-5)
    assert curve["at_risk"].tolist() == [21, 17, 15, 12, 11, 7, 6]


def test_twelve_of_twenty_flagged_left_among_thirty_of_two_hundred() -> None:
    left = np.arange(200) < 30
    is_flagged = (np.arange(200) < 12) | (np.arange(200) >= 192)
    found = flagging(left, is_flagged)
    assert (found.flagged, found.precision.value, found.recall.value, found.lift) == (20, 0.6, 0.4, pytest.approx(4.0))
    assert (found.precision.low, found.precision.high) == pytest.approx((0.3866, 0.7812), abs=5e-5)
