"""A model as the retention axis: one scale, parts that add up, an error, a line of its own, and what is not known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.results import CONTRIBUTIONS, SCORES
from contracts.rules import ProbabilityLine
from contracts.words import Axis
from scoring.predict.axis import by_model, contributions_of, start_of, stay_band, stay_label, stay_line
from scoring.predict.calibration import Calibration
from scoring.predict.design import Features
from scoring.predict.model import Model
from scoring.predict.shadow import shadow_sentence
from scoring.predict.training import train
from tests.factories.predict import names, periods, signals
from tests.factories.scoring import facts, thresholds

FEATURES = Features(("use", "deals"), ("tier",))


def book(seed: int, size: int = 500) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    use, deals = rng.normal(60, 15, size), np.where(rng.random(size) < 0.2, np.nan, rng.poisson(1.5, size))
    left = rng.random(size) < 1 / (1 + np.exp(1.5 + 0.08 * (use - 60)))
    return periods({"use": use, "deals": deals, "tier": np.where(rng.random(size) < 0.5, "gold", "plain")}, left)


def a_model(seed: int = 1, size: int = 500, calibration: Calibration | None = None) -> Model:
    model = train(book(seed, size), FEATURES, horizon_days=182)
    return model if calibration is None else replace(model, calibration=calibration)


def judged(model: Model, values: dict[str, np.ndarray], tiers: list[str]):
    """The axes of customers whose index scores are 50 on one signal that the model does not read."""
    customers = names(len(tiers))
    rows = [{"customer_id": c, "axis": axis.value} for c in customers for axis in Axis]
    scores = pd.DataFrame(rows).assign(score=50.0, standard_error=1.0, coverage=1.0, signal_count=1)[SCORES.names]
    old = pd.DataFrame(rows).assign(
        signal_id="nps", value=1.0, n=1.0, signal_score=50.0, weight_share=1.0, reference_score=40.0, contribution=10.0
    )
    who = facts(*({"customer_id": c, "tier": t} for c, t in zip(customers, tiers, strict=True)))
    return by_model(model, signals(values), who, scores=scores, contributions=old[CONTRIBUTIONS.names])


STAIRS = Calibration("isotonic", (-3.0, -1.0, -0.99, 0.5, 0.51, 3.0), (0.02, 0.02, 0.2, 0.2, 0.6, 0.9))


@pytest.mark.parametrize("calibration", [None, Calibration(), STAIRS], ids=["fitted", "none", "stairs"])
@given(seed=st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_contributions_sum_to_the_distance_from_the_start(calibration: Calibration | None, seed: int) -> None:
    model, rows = a_model(calibration=calibration), book(seed, 40)
    points, score = contributions_of(model, rows), 100 * (1 - model.probability(rows))
    assert np.abs(points.sum(axis=1) - (score - start_of(model))).max() < 1e-9
    # no part is larger than the scale, also where good and bad nearly cancel
    assert np.abs(points).max() <= 100
    assert ((score >= 0) & (score <= 100)).all()


def test_what_raises_leaving_never_counts_for_staying() -> None:
    model = a_model(calibration=STAIRS)
    rows = book(3, 200)
    worse = rows.assign(use=rows["use"] - 10)
    assert (100 * (1 - model.probability(worse)) <= 100 * (1 - model.probability(rows)) + 1e-12).all()
    low = rows["use"] < 55
    assert (contributions_of(model, rows)[low, model.features.index("use")] <= 0).all()


def test_the_axis_is_the_probability_of_staying_under_the_contract_of_contributions() -> None:
    model = a_model()
    values = {"use": np.array([30.0, 60.0, 90.0]), "deals": np.array([0.0, 1.0, np.nan])}
    found = judged(model, values, ["gold", "gold", "plain"])
    rows = pd.DataFrame({**values, "customer_id": names(3), "tier": ["gold", "gold", "plain"]})
    scores = found.scores[found.scores["axis"] == "retention"]
    assert scores["score"].to_numpy() == pytest.approx(100 * (1 - model.probability(rows)), abs=1e-6)
    assert (scores["standard_error"] > 0).all()
    mine = found.contributions[found.contributions["axis"] == "retention"]
    whole = (
        mine.assign(at=mine["weight_share"] * mine["signal_score"]).groupby("customer_id")[["weight_share", "at"]].sum()
    )
    assert whole["weight_share"].to_numpy() == pytest.approx(1, abs=1e-9)
    assert whole["at"].to_numpy() == pytest.approx(scores["score"].to_numpy(), abs=1e-6)
    formula = mine["weight_share"] * (mine["signal_score"] - mine["reference_score"])
    assert formula.to_numpy() == pytest.approx(mine["contribution"].to_numpy(), abs=1e-9)


def test_a_signal_of_the_index_that_the_model_does_not_read_stays_without_weight() -> None:
    found = judged(a_model(), {"use": np.array([60.0]), "deals": np.array([1.0])}, ["gold"])
    beside = found.contributions.set_index(["axis", "signal_id"])
    assert beside.loc[("retention", "nps"), ["weight_share", "contribution"]].tolist() == [0.0, 0.0]
    assert beside.loc[("loyalty", "nps"), "contribution"] == 10.0


def test_missing_features_lower_coverage_and_nothing_known_is_no_score() -> None:
    values = {"use": np.array([60.0, np.nan, np.nan]), "deals": np.array([1.0, 1.0, np.nan])}
    found = judged(a_model(), values, ["gold", "gold", None])  # type: ignore[list-item]
    scores = found.scores[found.scores["axis"] == "retention"]
    full, some, nothing = scores["coverage"]
    assert full == 1.0
    assert 0 < some < 1
    assert nothing == 0
    assert scores["score"].isna().tolist() == [False, False, True]
    assert "c00002" not in set(found.contributions.query("axis == 'retention' and weight_share > 0")["customer_id"])


def test_the_standard_error_is_that_of_refits_on_other_samples() -> None:
    rows = pd.DataFrame({"customer_id": ["c"], "use": [45.0], "deals": [1.0], "tier": ["gold"]})
    plain = Features(("use",))
    refits = [train(book(seed, 400), plain, horizon_days=182, penalty=1.0) for seed in range(100, 160)]
    spread = np.std([model.log_odds(rows)[0] for model in refits])
    told = np.mean([model.log_odds_error(rows)[0] for model in refits])
    assert told == pytest.approx(spread, rel=0.3)


def test_the_line_follows_the_base_rate_or_capacity_and_nothing_of_the_index() -> None:
    model = a_model()
    line = stay_line(model, None, ProbabilityLine(times_base_rate=2.0))
    assert line == pytest.approx(100 * (1 - 2 * model.base_rate), abs=1e-6)
    assert stay_band(line, ProbabilityLine(band_share=0.25)) == pytest.approx(0.25 * (100 - line), abs=1e-6)
    rows = book(9, 300)
    room = stay_line(model, rows, ProbabilityLine(times_base_rate=None, capacity=25))
    assert (np.round(100 * (1 - model.probability(rows)), 6) < room).sum() == 25
    assert stay_line(model, rows.iloc[:0], ProbabilityLine(times_base_rate=None, capacity=25)) == 0.000001


def test_the_label_says_the_horizon() -> None:
    assert stay_label(182) == "probability to stay 26 weeks"
    assert stay_label(90) == "probability to stay 90 days"


def test_a_shadow_counts_who_would_stand_elsewhere() -> None:
    model = a_model()
    rows = book(2, 4).assign(use=[95.0, 95.0, 5.0, 5.0])
    places = pd.DataFrame(
        {
            "customer_id": rows["customer_id"], "state": "placed", "status": "active", "loyalty": [80.0, 20.0, 80.0, 20.0],
            "loyalty_line": 60.0, "zone": ["very_loyal", "critical", "very_loyal", "critical"],
        }
    )  # fmt: skip
    said = shadow_sentence(model, rows, places, thresholds(), ProbabilityLine())
    assert "2 of 4 placed accounts would stand in another zone" in said
    assert "Very Loyal 1 (2), Somewhat Loyal 1 (0), Neutral 1 (0), Critical 1 (2)" in said
