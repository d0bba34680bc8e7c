"""Published figures, from published inputs: shifted beta-geometric, BG/NBD, Gamma-Gamma, present values, the what-if."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import hyp2f1, logit

from scoring.predict.lifetime_value import bg_nbd, gamma_gamma, sbg
from scoring.predict.lifetime_value.estimates import shifted_retention
from scoring.predict.lifetime_value.present_value import period_discount, receipt_weights
from tests.factories.lifetime_value import cohort, rules

# Shares of customers surviving years 1-7 and 8-12 (Fader and Hardie 2007, two segments of Berry and Linoff)
REGULAR = [0.631, 0.468, 0.382, 0.326, 0.289, 0.262, 0.241]
REGULAR_LATER = [0.223, 0.207, 0.194, 0.183, 0.173]
HIGH_END = [0.869, 0.743, 0.653, 0.593, 0.551, 0.517, 0.491]
HIGH_END_LATER = [0.468, 0.445, 0.427, 0.409, 0.394]

# Fader, Hardie and Lee 2005; Fader and Hardie, note 025
BG_NBD = np.array([0.243, 4.414, 0.793, 2.426])
GAMMA_GAMMA = np.array([6.25, 3.74, 15.44])


def many(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


@pytest.mark.parametrize(
    ("shares", "expected", "published", "likelihood", "later", "actual"),
    [
        (
            REGULAR,
            (0.70408, 1.18204),
            (0.704, 1.182),
            -1680.265,
            [0.2201, 0.2044, 0.1912, 0.1799, 0.1700],
            REGULAR_LATER,
        ),
        (
            HIGH_END,
            (0.66809, 3.80609),
            (0.668, 3.806),
            -1611.158,
            [0.4604, 0.4358, 0.4142, 0.3951, 0.3780],
            HIGH_END_LATER,
        ),
    ],
    ids=["regular", "high end"],
)
def test_retention_by_tenure(shares, expected, published, likelihood, later, actual):
    model = sbg.fit(cohort(shares, size=1000), is_penalised=False)
    assert (model.a, model.b) == pytest.approx(expected, abs=2e-5)
    assert (round(model.a, 3), round(model.b, 3)) == published
    assert model.log_likelihood == pytest.approx(likelihood, abs=5e-4)
    foretold = sbg.survival(np.array(model.a), np.array(model.b), np.arange(8.0, 13.0))
    assert foretold == pytest.approx(later, abs=6e-5)
    assert np.abs(foretold - actual).max() < 0.02  # five years that the model never saw


def test_retention_rises_with_tenure():
    model = sbg.fit(cohort(REGULAR, size=1000), is_penalised=False)
    rates = sbg.retention(np.array(model.a), np.array(model.b), np.arange(1.0, 5.0))
    assert rates == pytest.approx([0.6267, 0.7560, 0.8188, 0.8559], abs=6e-5)


def test_expected_residual_lifetime():
    regular = sbg.fit(cohort(REGULAR, size=1000), is_penalised=False)
    lifetimes = [
        sbg.expected_residual_lifetime(regular.a, regular.b, made=n - 1, discount=0.1) for n in (1, 2, 4, 5, 8)
    ]
    assert lifetimes == pytest.approx([2.9644, 4.1031, 5.4421, 5.8941, 6.8423], abs=6e-5)
    high_end = sbg.fit(cohort(HIGH_END, size=1000), is_penalised=False)
    lifetime = sbg.expected_residual_lifetime(high_end.a, high_end.b, made=7, discount=0.1)
    assert lifetime == pytest.approx(7.5296, abs=6e-5)


def test_expected_residual_lifetime_is_the_sum_of_survival():
    a, b, made = 0.7, 1.2, 3
    years = np.arange(made + 1.0, 20_000.0)
    share = sbg.survival(np.array(a), np.array(b), years) / sbg.survival(np.array(a), np.array(b), np.array(made))
    assert sbg.expected_residual_lifetime(a, b, made=made, discount=0.1) == pytest.approx(
        float(share @ 1.1 ** -(years - made - 1))
    )


@pytest.mark.parametrize(("ahead", "expected"), [(1, 0.0533), (39, 1.1967), (52, 1.4461)])
def test_purchases_of_a_new_customer(ahead, expected):
    assert bg_nbd.expected_purchases(BG_NBD, ahead, many(0), many(0), many(0)) == pytest.approx(expected, abs=6e-5)


def test_the_worked_customer_of_the_paper():
    customer = many(2), many(30.43), many(38.86)
    assert bg_nbd.is_alive(BG_NBD, *customer) == pytest.approx(0.7266, abs=6e-5)
    assert bg_nbd.expected_purchases(BG_NBD, 39, *customer) == pytest.approx(1.2260, abs=6e-5)


def test_the_frequent_are_sooner_thought_dead():
    alive = bg_nbd.is_alive(BG_NBD, many(23, 5, 10, 15, 20), many(39, 30, 30, 30, 30), many(39, 39, 39, 39, 39))
    assert alive == pytest.approx([0.9686, 0.7056, 0.5716, 0.3751, 0.1968], abs=6e-5)
    assert bg_nbd.is_alive(BG_NBD, many(0), many(0), many(39)) == 1.0


def test_expected_purchases_as_the_paper_writes_them():
    r, alpha, a, b = BG_NBD
    x, last, observed, t = many(0, 1, 7), many(0, 5, 30), many(10, 20, 39), 39.0
    direct = (a + b + x - 1) / (a - 1) * (
        1
        - ((alpha + observed) / (alpha + observed + t)) ** (r + x)
        * hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + observed + t))
    )  # fmt: skip
    alive = bg_nbd.is_alive(BG_NBD, x, last, observed)
    assert bg_nbd.expected_purchases(BG_NBD, t, x, last, observed) == pytest.approx(alive * direct)


def test_expected_amount():
    amounts = gamma_gamma.expected_amount(GAMMA_GAMMA, many(0, 1, 1, 5, 5, 10, 10), many(0, 10, 50, 10, 50, 10, 50))
    assert amounts == pytest.approx([35.219, 17.686, 45.495, 12.033, 48.809, 11.059, 49.379], abs=6e-4)


def present_value(retention: float, *, convention: str, amount: float = 100.0, discount: float = 0.1) -> float:
    """A yearly amount under constant retention, so far ahead that the horizon does not matter."""
    far = rules(convention=convention, annual_discount=discount).model_copy(update={"horizon_months": 12 * 2000})
    months, worth = receipt_weights(far)
    return amount * float(worth @ retention ** (months / 12))


def test_constant_retention():
    assert present_value(0.80, convention="after_renewal") == pytest.approx(266.667, abs=5e-4)
    assert present_value(0.80, convention="receipt_now") == pytest.approx(366.667, abs=5e-4)
    better = present_value(0.81, convention="after_renewal")
    assert better == pytest.approx(279.310, abs=5e-4)
    assert better / present_value(0.80, convention="after_renewal") - 1 == pytest.approx(0.047, abs=5e-4)


def test_the_what_if():
    step, deviation, slope = 5.0, 10.0, 0.25
    p1 = float(shifted_retention(np.exp(logit(0.85)), slope * step / deviation))
    assert p1 == pytest.approx(0.86525, abs=5e-6)
    before, after = (present_value(p, convention="after_renewal", amount=1000.0) for p in (0.85, p1))
    assert (before, after) == pytest.approx((3400.0, 3685.8), abs=0.05)
    assert after / before - 1 == pytest.approx(0.0841, abs=5e-5)


def test_a_weekly_discount_compounds_to_the_yearly_one():
    weekly = period_discount(0.1, 12 / 52)
    assert weekly == pytest.approx(1.1 ** (1 / 52) - 1)
    assert (1 + weekly) ** 52 == pytest.approx(1.1)
