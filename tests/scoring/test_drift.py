"""Drift of columns, and what scores owe a source."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from scoring.explain.source_effect import source_effect
from scoring.measure.drift import column_drift, stability_index


def verdicts(now: pd.DataFrame, before: pd.DataFrame) -> dict[str, str]:
    frame = column_drift("surveys", now, before)
    return dict(zip(frame["column"], frame["verdict"], strict=True))


def test_the_index_is_the_formula():
    assert stability_index(np.array([50, 50]), np.array([25, 75])) == pytest.approx(
        (0.5 - 0.25) * math.log(0.5 / 0.25) + (0.5 - 0.75) * math.log(0.5 / 0.75)
    )
    assert stability_index(np.array([5, 7]), np.array([10, 14])) == 0


def test_other_kinds_drift_and_the_same_do_not():
    before = pd.DataFrame({"kind": ["nps", "csat"] * 300, "language": ["en", "it", "de"] * 200})
    now = pd.DataFrame({"kind": ["nps"] * 250 + ["ces"] * 50, "language": ["en", "it", "de"] * 100})
    assert verdicts(now, before) == {"kind": "drifted", "language": "steady"}


def test_a_column_that_emptied_is_told():
    before = pd.DataFrame({"touchpoint": ["web"] * 300})
    now = pd.DataFrame({"touchpoint": ["web"] * 240 + [None] * 60})
    assert verdicts(now, before) == {"touchpoint": "drifted"}


def test_chance_alone_says_nothing():
    drawn = np.random.default_rng(3)
    found = []
    for _ in range(20):
        before = pd.DataFrame({"scale_max": drawn.normal(size=400)})
        found.append(verdicts(pd.DataFrame({"scale_max": drawn.normal(size=80)}), before)["scale_max"])
    assert set(found) <= {"steady", "moved"}
    assert "drifted" not in found
    assert found.count("steady") >= 15


def test_few_rows_and_late_columns_are_not_judged():
    few = pd.DataFrame({"kind": ["nps"] * 10, "score": [1.0] * 10})
    assert verdicts(few, few) == {"kind": "too few"}


def contributions() -> pd.DataFrame:
    rows = [
        ("A", "loyalty", "late", 0.5, 80.0),
        ("A", "loyalty", "other", 0.5, 40.0),
        ("B", "loyalty", "late", 1.0, 70.0),
        ("C", "loyalty", "other", 1.0, 70.0),
        ("A", "retention", "other", 1.0, 70.0),
    ]
    return pd.DataFrame(rows, columns=["customer_id", "axis", "signal_id", "weight_share", "signal_score"])


def test_a_score_without_a_source_is_that_of_the_others():
    places = pd.DataFrame({"customer_id": ["A", "B", "C"], "loyalty_line": 50.0, "retention_line": 50.0})
    frame = source_effect(contributions(), places, ["late"]).set_index("axis")
    loyal = frame.loc["loyalty"]
    assert (loyal["signals"], loyal["customers"], loyal["weight_share"]) == (1, 2, 0.75)
    # A falls from 60 to 40 and crosses its line of 50; B has nothing else
    assert (loyal["mean_move"], loyal["largest_move"], loyal["crossing"], loyal["unjudged"]) == (20.0, 20.0, 1, 1)
    assert frame.loc["retention", "customers"] == 0
