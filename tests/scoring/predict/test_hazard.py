"""Survival month by month: planted hazards are found, curves fall, a later model does not know the months before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scoring.predict.design import Features
from scoring.predict.hazard import MONTH_DAYS, kaplan_meier, probability_within, survival, train_hazard
from scoring.predict.training import NothingToLearn
from tests.factories.predict import periods

FEATURES = Features(("bond",))


def lived(size: int, seed: int, horizon_days: int = 365) -> pd.DataFrame:
    """Customers with a constant hazard of .03 exp(-.8 bond) a month."""
    rng = np.random.default_rng(seed)
    bond = rng.normal(size=size)
    days = rng.exponential(1 / (0.03 * np.exp(-0.8 * bond))) * MONTH_DAYS
    left = days < horizon_days
    return periods({"bond": bond}, left).assign(days=np.where(left, days, np.nan))


@pytest.mark.parametrize("link", ["cloglog", "logit"])
def test_a_planted_hazard_is_found(link: str) -> None:
    rows = lived(6000, 1)
    model = train_hazard(rows, FEATURES, horizon_days=365, link=link)
    assert len(model.months) == 12
    slope = model.coefficients[0] / model.codings[0].deviation
    assert slope == pytest.approx(-0.8, abs=0.08)
    someone = pd.DataFrame({"customer_id": ["a", "b"], "bond": [0.0, -1.0]})
    curves = survival(model, someone, months=24).pivot_table(index="month", columns="customer_id", values="survival")
    for month in (6, 12, 24):
        assert curves.loc[month, "a"] == pytest.approx(np.exp(-0.03 * month), abs=0.03)
        assert curves.loc[month, "b"] == pytest.approx(np.exp(-0.03 * np.exp(0.8) * month), abs=0.05)


def test_curves_fall_from_one_and_agree_with_the_window() -> None:
    rows = lived(800, 2)
    model = train_hazard(rows, FEATURES, horizon_days=365)
    curves = survival(model, rows, months=18)
    assert list(curves.columns) == ["customer_id", "month", "survival"]
    assert curves.groupby("customer_id")["month"].agg(["min", "max"]).drop_duplicates().to_numpy().tolist() == [[1, 18]]
    wide = curves["survival"].to_numpy().reshape(len(rows), 18)
    assert (wide < 1).all()
    assert (np.diff(wide, axis=1) < 0).all()
    assert probability_within(model, rows) == pytest.approx(1 - wide[:, 11])
    assert probability_within(model, rows).mean() == pytest.approx(rows["is_churned"].mean(), abs=0.01)


def test_the_mean_curve_is_that_of_kaplan_and_meier() -> None:
    rows = lived(4000, 3)
    model = train_hazard(rows, FEATURES, horizon_days=365)
    mean = survival(model, rows, months=12).groupby("month")["survival"].mean()
    seen = kaplan_meier(rows["days"].fillna(366).to_numpy() / MONTH_DAYS, rows["is_churned"].to_numpy(bool))
    for month in (3, 6, 12):
        assert mean[month] == pytest.approx(seen.loc[seen["time"] <= month, "survival"].iloc[-1], abs=0.02)


def test_leaving_early_counts_in_its_month() -> None:
    rows = lived(3000, 4).assign(days=lambda frame: np.where(frame["is_churned"], 10.0, np.nan))
    months = np.array(train_hazard(rows, FEATURES, horizon_days=365, penalty=0.1).months)
    assert months[0] > months[1:].max() + 2


def test_without_anybody_leaving_there_is_no_hazard() -> None:
    rows = lived(100, 5).assign(is_churned=False)
    with pytest.raises(NothingToLearn):
        train_hazard(rows, FEATURES, horizon_days=365)
