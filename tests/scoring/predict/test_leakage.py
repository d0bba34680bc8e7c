"""Features that know the future are refused by name; those that merely help are not."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from scoring.predict.arrival import arrivals
from scoring.predict.design import Features
from scoring.predict.leakage import Availability, after_end, alone, alone_auc, availability, late
from tests.factories.predict import periods
from tests.factories.scoring import AS_OF, ago, rule, table, where


def test_what_became_known_after_the_snapshot_is_refused_with_its_figures() -> None:
    at = pd.Series([ago(100)] * 40)
    known = pd.DataFrame(
        {
            "closed_code": pd.to_datetime([ago(95)] * 30 + [None] * 10),
            "priority": pd.to_datetime([ago(100)] * 38 + [ago(99.5)] * 2),
            "region": pd.to_datetime([None] * 40, utc=True),
        }
    )
    facts = availability(known, at)
    assert [(one.feature, one.n, one.late) for one in facts] == [
        ("closed_code", 40, 30),
        ("priority", 40, 2),
        ("region", 40, 0),
    ]
    (refused,) = late(facts, late_share=0.1)
    assert refused.sentence == (
        "'closed_code' is refused: 30 of 40 of its values (75%) became known only after the snapshot, half of them "
        "more than 5 days later; a model must not use what nobody knew."
    )
    assert {one.feature for one in late(facts, late_share=0.01)} == {"closed_code", "priority"}
    assert late([Availability("empty", 0, 0)], late_share=0.0) == ()


def test_what_is_filled_only_where_the_matter_has_ended_is_refused() -> None:
    has_ended = np.arange(60) < 40
    filled = pd.DataFrame(
        {"lost_reason": np.arange(60) < 35, "seats": np.arange(60) % 2 == 0, "rare": np.arange(60) < 3}
    )
    (refused,) = after_end(filled, has_ended)
    assert refused.sentence.startswith(
        "'lost_reason' is refused: it is filled in 35 of 40 rows that have ended and in none of 20"
    )
    assert after_end(filled, np.arange(60) < 55) == ()  # too few still run to say so


def test_what_alone_ranks_too_well_is_refused_and_a_good_feature_is_not() -> None:
    rng = np.random.default_rng(1)

    def drawn() -> pd.DataFrame:
        left = rng.random(600) < 0.2
        return periods(
            {
                "final_invoice": np.where(left, 0.0, 1.0) + rng.normal(0, 0.2, 600),
                "use": rng.normal(size=600) - 1.2 * left,
                "cancel_ticket": np.where(left, "yes", "no"),
                "noise": rng.normal(size=600),
            },
            left,
        )

    earlier, later = drawn(), drawn()
    features = Features(("final_invoice", "use", "noise"), ("cancel_ticket",))
    refused = alone(earlier, later, features, limit=0.9)
    assert [one.feature for one in refused] == ["final_invoice", "cancel_ticket"]
    assert "alone it ranks later customers with AUC 1.00" in refused[1].sentence
    assert 0.75 < alone_auc(earlier, later, "use").value < 0.85
    assert alone_auc(earlier, later[:30], "use") is None


@pytest.mark.parametrize("column", ["feature", "gap"])
def test_a_gap_can_leak_as_well(column: str) -> None:
    left = np.arange(400) % 5 == 0
    values = np.where(left, np.nan, 1.0) if column == "gap" else np.where(left, 1.0, 2.0)
    rows = periods({"renewed_on": values}, left)
    assert alone(rows, rows, Features(("renewed_on",)), limit=0.9)[0].feature == "renewed_on"


def test_rows_that_arrived_after_the_snapshot_count_as_late() -> None:
    usage = table("usage", [
        {"usage_id": f"u{n}", "used_on": ago(50 + n), "metric": "use", "value": 1.0, "known_at": ago(1 if n < 30 else 50 + n)}
        for n in range(40)
    ])  # fmt: skip
    measured = rule(id="use", table="usage", aggregate="mean", column="value", window_days=91)
    (found,) = arrivals({"usage": usage}, [measured], at=ago(45))
    assert (found.feature, found.n, found.late) == ("use", 40, 30)
    assert found.days == pytest.approx(44)


def test_columns_that_are_blanked_until_settled_cannot_arrive_late() -> None:
    deals = table("deals", [
        {"deal_id": f"d{n}", "status": "won", "created_at": ago(90), "closed_at": ago(60), "known_at": ago(1)}
        for n in range(20)
    ])  # fmt: skip
    won = rule(id="wins", table="deals", aggregate="share", hit=[where("status", "==", "won")], time_column="closed_at")
    kinds = rule(id="kinds", table="deals", aggregate="count", filter=[where("kind", "==", "renewal")])
    (found,) = arrivals({"deals": deals}, [won, kinds], at=ago(30))
    assert (found.feature, found.late) == ("kinds", 20)
    assert AS_OF - timedelta(days=30) == ago(30)
