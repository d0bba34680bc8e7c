"""A model is a file of numbers: the same after a round trip, refused when edited, readable reasons, drift, lines."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from contracts.rules import RetentionRules
from scoring.predict.design import Features
from scoring.predict.drift import drifts, no_drift_limit, psi
from scoring.predict.hazard import train_hazard
from scoring.predict.lines import zone_findings
from scoring.predict.model import ModelBroken, read_model, write_model
from scoring.predict.reasons import log_odds_parts, told
from scoring.predict.training import train
from tests.factories.predict import periods

FEATURES = Features(("use", "deals"), ("tier",))


def company(seed: int, size: int = 500) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    use, deals = rng.normal(60, 15, size), np.where(rng.random(size) < 0.2, np.nan, rng.poisson(1.5, size))
    left = rng.random(size) < 1 / (1 + np.exp(1.5 + 0.08 * (use - 60)))
    return periods({"use": use, "deals": deals, "tier": np.where(rng.random(size) < 0.5, "gold", "plain")}, left)


@pytest.mark.parametrize("kind", ["logistic", "hazard"])
def test_a_model_survives_its_file(kind: str) -> None:
    rows = company(1, 1200)
    made = {"logistic": train, "hazard": train_hazard}[kind](rows, FEATURES, horizon_days=182, gap_days=30)
    content = write_model(made)
    back = read_model(content, version=made.version)
    assert back.version == made.version
    assert write_model(back) == content
    assert back.log_odds(rows) == pytest.approx(made.log_odds(rows), abs=1e-6)
    assert b"pickle" not in content
    told_of = json.loads(content)
    assert back.log_odds_error(rows) == pytest.approx(made.log_odds_error(rows), rel=1e-6, nan_ok=True)
    assert {"coefficients", "calibration", "trained_on", "training_digest", "version", "metrics"} <= set(told_of)


def test_an_edited_or_foreign_file_is_refused() -> None:
    model = train(company(2), FEATURES, horizon_days=182)
    body = json.loads(write_model(model))
    edited = json.dumps(body | {"intercept": 0.0}).encode()
    with pytest.raises(ModelBroken, match="an edited model is another model"):
        read_model(edited)
    with pytest.raises(ModelBroken, match="is asked for as 0123456789abcdef"):
        read_model(write_model(model), version="0123456789abcdef")
    for content in (b"{}", b"\x80\x04", b"[1]", json.dumps(body | {"format": 9}).encode()):
        with pytest.raises(ModelBroken):
            read_model(content)


def test_another_calibration_is_another_version() -> None:
    model = train(company(3), FEATURES, horizon_days=182)
    moved = replace(model.calibration, to=tuple(value + 0.1 for value in model.calibration.to))
    assert replace(model, calibration=moved).version != model.version
    assert train(company(4), FEATURES, horizon_days=182).version != model.version


def test_reasons_add_up_to_the_log_odds() -> None:
    rows = company(5)
    model = train(rows, FEATURES, horizon_days=182)
    parts = log_odds_parts(model, rows)
    assert parts.sum(axis=1).to_numpy() + model.intercept == pytest.approx(model.log_odds(rows), abs=1e-9)
    assert list(parts.columns) == list(model.features)


def test_reasons_in_words() -> None:
    model = train(company(6), FEATURES, horizon_days=182)
    rows = pd.DataFrame({"customer_id": ["low", "high"], "use": [20.0, 95.0], "deals": [np.nan, 1.0], "tier": "gold"})
    said = told(model, rows, {"use": ("Use of capacity", "%")}).set_index("customer_id")
    up, down = said.loc["low", "why_up"], said.loc["high", "why_down"]
    assert up.startswith("Use of capacity 20.0 % (mean ")
    assert "odds of leaving x " in up
    assert float(up.split(" x ")[1].split(";")[0]) > 5
    assert float(down.split(" x ")[1].split(";")[0]) < 0.3
    assert "because" not in up


def test_drift_is_found_beyond_the_noise_and_unknown_values_count() -> None:
    rows = company(13, 1000)
    model = train(rows, Features(("use", "deals")), horizon_days=182)
    same = {one.feature: one for one in drifts(model, company(11, 1000))}
    assert not same["use"].is_drift
    assert same["use"].limit == pytest.approx(no_drift_limit(1000, 1000, 10))
    moved = {one.feature: one for one in drifts(model, rows.assign(use=rows["use"] + 15, deals=np.nan))}
    assert moved["use"].is_drift
    assert moved["deals"].is_drift


def test_psi_of_equal_shares_is_nothing_and_an_empty_bin_is_finite() -> None:
    assert psi(np.array([0.5, 0.5]), np.array([0.5, 0.5])) == 0
    assert np.isfinite(psi(np.array([1.0, 0.0]), np.array([0.0, 1.0])))


def test_without_drift_the_limit_is_passed_once_in_twenty() -> None:
    rng = np.random.default_rng(9)
    shares = np.full(10, 0.1)
    found = [
        psi(rng.multinomial(1000, shares) / 1000, rng.multinomial(500, shares) / 500) > no_drift_limit(1000, 500)
        for _ in range(2000)
    ]
    assert np.mean(found) == pytest.approx(0.05, abs=0.02)


# --- lines and zones -------------------------------------------------------------------------------


def test_an_empty_or_crowded_zone_is_a_finding() -> None:
    zones = {"Very Loyal": 120, "Somewhat Loyal": 50, "Neutral": 30, "Critical": 0}
    crowded, empty = zone_findings(zones, most=0.4)
    assert crowded.startswith("Very Loyal holds 120 of 200 placed accounts (60 %), more than 40%")
    assert empty.startswith("Critical holds 0 of 200 placed accounts")
    assert zone_findings(dict.fromkeys(zones, 50), most=0.4) == ()
    assert zone_findings(dict.fromkeys(zones, 0), most=0.4) == ()


# --- what the policy may say -----------------------------------------------------------------------

ADOPTED = {
    "kind": "model",
    "model": "0123456789abcdef",
    "approver": "Head of Customer Experience",
    "shadow_from": date(2026, 9, 7),
    "effective_from": date(2026, 11, 2),
}


def test_a_model_is_in_force_from_its_day_on() -> None:
    rules = RetentionRules.model_validate(ADOPTED)
    assert rules.version_in_force(date(2026, 11, 1)) is None
    assert rules.version_in_force(date(2026, 11, 2)) == "0123456789abcdef"
    assert RetentionRules().version_in_force(date(2026, 11, 2)) is None


def test_a_capacity_alone_is_a_line_as_a_toml_file_writes_it() -> None:
    line = RetentionRules.model_validate(ADOPTED | {"line": {"capacity": 25}}).line
    assert (line.capacity, line.times_base_rate) == (25, None)


def test_the_model_that_is_replaced_stays_the_axis_through_the_shadow_weeks() -> None:
    rules = RetentionRules.model_validate(ADOPTED | {"replaces": "fedcba9876543210"})
    assert rules.version_in_force(date(2026, 11, 1)) == "fedcba9876543210"
    assert rules.version_in_force(date(2026, 11, 2)) == "0123456789abcdef"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"approver": ""}, "approver"),
        ({"model": None}, "needs model"),
        ({"effective_from": date(2026, 10, 1)}, "fewer than 8 shadow weeks"),
        ({"model": "latest"}, "String should match pattern"),
        ({"line": {"times_base_rate": 2.0, "capacity": 5}}, "one of the two"),
    ],
)
def test_an_adoption_is_complete_or_refused(change: dict, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        RetentionRules.model_validate(ADOPTED | change)
