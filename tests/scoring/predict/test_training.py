"""The training path: coefficients, folds by customer, words, calibration; and the order of methods at small sizes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from sklearn.ensemble import RandomForestClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, KFold, cross_val_predict

from scoring.predict.calibration import Calibration, calibrate, pooled
from scoring.predict.challengers import boosted
from scoring.predict.design import Features, code, columns, folds, training_columns
from scoring.predict.discrimination import auc
from scoring.predict.glm import fit, logit, probability_of
from scoring.predict.reliability import (
    brier,
    calibration_error,
    gain,
    in_the_large,
    log_loss,
    quantile_bins,
    slope,
    width_bins,
)
from scoring.predict.training import NothingToLearn, few, train
from tests.factories.predict import periods


def drawn(rng: np.random.Generator, size: int, strength: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=(size, 3))
    return x, rng.random(size) < 1 / (1 + np.exp(1.5 - strength * x[:, 0]))


def test_fit_is_the_ridge_fit_of_scikit_learn() -> None:
    x, left = drawn(np.random.default_rng(1), 400)
    ours = fit(x, left, penalty=10.0)
    theirs = LogisticRegression(C=0.1, tol=1e-10).fit(x, left)
    assert ours.coefficients == pytest.approx(theirs.coef_[0], abs=1e-6)
    assert ours.intercept == pytest.approx(theirs.intercept_[0], abs=1e-6)


def test_fit_with_complementary_log_log_is_that_of_statsmodels() -> None:
    x, left = drawn(np.random.default_rng(2), 400)
    ours = fit(x, left, penalty=1e-9, link="cloglog")
    family = sm.families.Binomial(sm.families.links.CLogLog())
    theirs = sm.GLM(left.astype(float), sm.add_constant(x), family=family).fit(tol=1e-12)
    assert [ours.intercept, *ours.coefficients] == pytest.approx(list(theirs.params), abs=1e-5)


def test_a_perfectly_separated_sample_stays_finite() -> None:
    x = np.linspace(-1, 1, 40)[:, None]
    found = fit(x, x[:, 0] > 0, penalty=1.0)
    assert np.isfinite(found.coefficients).all()
    assert found.coefficients[0] > 1


def test_weights_count_rows() -> None:
    x, left = drawn(np.random.default_rng(3), 100)
    twice = fit(np.vstack([x, x]), np.concatenate([left, left]), penalty=1.0)
    assert fit(x, left, penalty=1.0, weight=np.full(100, 2.0)).coefficients == pytest.approx(
        twice.coefficients, abs=1e-8
    )


def test_pooling_is_isotonic_regression() -> None:
    rng = np.random.default_rng(4)
    x = np.sort(rng.normal(size=300)).round(1)
    y = (rng.random(300) < 1 / (1 + np.exp(-x))).astype(float)
    assert pooled(y, x) == pytest.approx(IsotonicRegression().fit(x, y).predict(x))


def test_the_kind_of_calibration_follows_the_number_of_cases() -> None:
    rng = np.random.default_rng(5)
    for size, kind in ((999, "sigmoid"), (1000, "isotonic")):
        _, left = drawn(rng, size)
        assert calibrate(left, rng.normal(size=size)).kind == kind
    rare = np.arange(2000) < 60
    assert calibrate(rare, rng.normal(size=2000)).kind == "sigmoid"


def test_calibration_repairs_overconfidence_and_never_turns_a_ranking_round() -> None:
    rng = np.random.default_rng(6)
    truth = rng.normal(size=4000)
    left = rng.random(4000) < probability_of(truth)
    for half in (600, 4000):
        found = calibrate(left[:half], 3 * truth[:half])
        sure = calibration_error(quantile_bins(left, probability_of(3 * truth)))
        assert calibration_error(quantile_bins(left, found.apply(3 * truth))) < sure / 3
        assert (np.diff(found.apply(np.linspace(-5, 5, 50))) >= 0).all()
    backwards = calibrate(left[:600], -truth[:600])
    assert np.ptp(backwards.apply(truth)) == 0
    assert Calibration().apply(truth) == pytest.approx(probability_of(truth))


def test_no_stair_is_certain() -> None:
    log_odds = np.linspace(-6, 6, 2000)
    found = calibrate(log_odds > 0, log_odds)
    lowest, highest = found.apply(np.array([-9.0, 9.0]))
    assert 0 < lowest < 0.001
    assert 0.999 < highest < 1


def test_folds_keep_a_customer_together() -> None:
    customers = [f"c{number % 50}" for number in range(400)]
    fold = folds(customers)
    assert pd.DataFrame({"customer": customers, "fold": fold}).groupby("customer")["fold"].nunique().eq(1).all()
    assert len(set(fold.tolist())) == 5
    assert (fold[::-1] == folds(customers[::-1])).all()


def test_unknown_values_stand_at_the_mean_and_are_told_apart_where_frequent() -> None:
    left = np.arange(100) % 3 == 0
    rows = periods(
        {"often": np.where(np.arange(100) % 4, 1.0 * np.arange(100), np.nan), "constant": np.ones(100)}, left
    )
    codings = code(rows, left, Features(("often", "constant")))
    assert [(one.feature, one.is_gap) for one in codings] == [("often", False), ("often", True)]
    x = columns(rows, codings)
    assert x[0, 0] == 0.0
    assert x.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)


def test_a_word_is_shrunk_and_coded_without_its_own_fold() -> None:
    left = np.arange(400) % 2 == 0
    rows = periods({"plan": np.where(np.arange(400) < 300, "big", [f"own{n}" for n in range(400)])}, left)
    features = Features((), ("plan",))
    (coding,) = code(rows, left, features)
    odds = dict(coding.log_odds)
    assert abs(odds["big"]) < 0.1
    assert 0 < odds["own302"] < np.log(1.3)  # one customer says little
    assert columns(rows.assign(plan="never seen"), (coding,))[0, 0] == pytest.approx(-coding.mean / coding.deviation)
    # a word borne by one customer alone says nothing of that customer
    coded = training_columns(rows, left, (coding,), folds(rows["customer_id"].tolist()))
    assert coded[300:, 0] == pytest.approx(np.full(100, coded[301, 0]))


def test_few_events_carry_few_features() -> None:
    features = Features(("a", "b", "c"), ("w",))
    assert few(features, 25, events_per_feature=10, most=15) == Features(("a", "b"))
    assert few(features, 4, events_per_feature=10, most=15) == Features(("a",))
    assert few(features, 400, events_per_feature=10, most=15) == features
    assert few(features, 400, events_per_feature=10, most=2).names == ("a", "b")


def test_one_kind_of_outcome_teaches_nothing() -> None:
    rows = periods({"x": np.arange(50.0)}, np.zeros(50, dtype=bool))
    with pytest.raises(NothingToLearn, match="0 of 50 training rows left"):
        train(rows, Features(("x",)), horizon_days=182)


def test_the_order_and_scale_of_rows_do_not_matter() -> None:
    rng = np.random.default_rng(7)
    x, left = drawn(rng, 300)
    rows = periods({"x": x[:, 0], "y": x[:, 1]}, left)
    features = Features(("x", "y"))
    model = train(rows, features, horizon_days=182)
    assert train(rows.sample(frac=1, random_state=1), features, horizon_days=182).version == model.version
    scaled = rows.assign(x=rows["x"] * 1000 + 7)
    assert train(scaled, features, horizon_days=182).probability(scaled) == pytest.approx(model.probability(rows))


def test_a_higher_value_of_a_risky_feature_never_lowers_the_probability() -> None:
    x, left = drawn(np.random.default_rng(8), 400, 2.0)
    model = train(periods({"x": x[:, 0]}, left), Features(("x",)), horizon_days=182)
    grid = periods({"x": np.linspace(-4, 4, 60)}, np.zeros(60, dtype=bool))
    assert (np.diff(model.probability(grid)) >= 0).all()


# --- what a probability is worth -------------------------------------------------------------------


def test_calibration_in_the_large_slope_and_gain() -> None:
    rng = np.random.default_rng(9)
    truth = rng.normal(-1, 1, 20_000)
    left = rng.random(20_000) < probability_of(truth)
    honest, sure, high = probability_of(truth), probability_of(2 * truth), np.clip(probability_of(truth) + 0.1, 0, 0.99)
    assert in_the_large(left, honest) == pytest.approx(0, abs=0.01)
    assert in_the_large(left, high) == pytest.approx(-0.1, abs=0.01)
    assert slope(left, honest) == pytest.approx(1, abs=0.06)
    assert slope(left, sure) == pytest.approx(0.5, abs=0.03)
    assert slope(left, np.full(20_000, 0.3)) is None
    better = gain(left, honest, left.mean())
    assert 0 < better.low < better.value < better.high
    assert gain(left, honest, honest).value == 0


def test_bins_hold_every_customer_once_and_keep_equals_together() -> None:
    left = np.arange(95) % 5 == 0
    risk = np.round(np.linspace(0, 1, 95), 1)
    for bins in (quantile_bins(left, risk), width_bins(left, risk)):
        assert sum(one.n for one in bins) == 95
        assert sum(one.n * one.observed for one in bins) == pytest.approx(left.sum())
    assert len(quantile_bins(left, np.full(95, 0.2))) == 1


# --- simulated rows: direction and order only ------------------------------------------------------


def test_random_folds_leak_through_customers_and_grouped_ones_do_not() -> None:
    """Fingerprints of customers, 12 weekly snapshots, a label unrelated to them."""
    rng = np.random.default_rng(10)
    fingerprint = np.repeat(rng.normal(size=(100, 6)), 12, axis=0) + rng.normal(0, 0.05, (1200, 6))
    left = np.repeat(rng.random(100) < 0.3, 12)
    model = RandomForestClassifier(25, min_samples_leaf=5, random_state=0)
    group = np.repeat(np.arange(100), 12)
    random = cross_val_predict(
        model, fingerprint, left, cv=KFold(5, shuffle=True, random_state=0), method="predict_proba"
    )
    grouped = cross_val_predict(model, fingerprint, left, cv=GroupKFold(5), groups=group, method="predict_proba")
    assert auc(left, random[:, 1]).value > 0.9
    assert auc(left, grouped[:, 1]).value == pytest.approx(0.5, abs=0.12)


def test_plain_logistic_wins_at_four_hundred_customers() -> None:
    """About 10 % leave; balanced weights ruin probabilities, boosted trees rank worse."""
    rng = np.random.default_rng(11)
    found = []
    for _ in range(4):
        x = rng.normal(size=(6400, 8))
        left = rng.random(6400) < probability_of(-2.6 + 1.1 * x[:, 0] - 0.6 * x[:, 1] + 0.4 * x[:, 2])
        rows = periods({f"x{k}": x[:, k] for k in range(8)}, left)
        earlier, later, gone = rows[:400], rows[400:], left[400:]
        features = Features(tuple(f"x{k}" for k in range(8)))
        plain = train(earlier, features, horizon_days=182).probability(later)
        balanced = LogisticRegression(class_weight="balanced").fit(x[:400], left[:400]).predict_proba(x[400:])[:, 1]
        trees = boosted(earlier, later, features)
        found.append([
            (brier(gone, p), calibration_error(quantile_bins(gone, p)), auc(gone, p).value, p.mean() - gone.mean())
            for p in (plain, balanced, trees)
        ])  # fmt: skip
    plain, balanced, trees = np.mean(found, axis=0)
    assert plain[0] < trees[0] < balanced[0]
    assert plain[1] < trees[1] < balanced[1]
    assert plain[2] > trees[2] + 0.02
    assert plain[2] == pytest.approx(balanced[2], abs=0.03)
    assert balanced[3] > 0.15


def test_log_loss_stays_finite_for_a_surprise() -> None:
    assert np.isfinite(log_loss(np.array([True]), np.array([0.0])))
    assert logit(np.array([0.5]))[0] == 0
