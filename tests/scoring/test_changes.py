"""The split of a change: exact, complete, and by customer."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.explain.changes import changes
from tests.factories.scoring import contributions


def week(values: dict[str, tuple[float, float]], customer: str = "A") -> pd.DataFrame:
    """CONTRIBUTIONS from {signal: (weight, signal score)}."""
    total = sum(weight for weight, _ in values.values())
    return contributions(
        *(
            {"customer_id": customer, "signal_id": s, "value": x, "signal_score": x, "weight_share": w / total}
            for s, (w, x) in values.items()
        )
    )


def score_of(values: dict[str, tuple[float, float]]) -> float:
    return sum(w * x for w, x in values.values()) / sum(w for w, _ in values.values())


def test_a_value_change_is_its_share_of_the_change() -> None:
    found = changes(week({"a": (3, 40), "b": (1, 80)}), week({"a": (3, 60), "b": (1, 80)}))
    assert found.set_index("signal_id").change.round(9).to_dict() == {"a": -15, "b": 0}
    assert found.iloc[0][["value_before", "value_after"]].tolist() == [60, 40]


def test_a_new_signal_counts_from_where_the_customer_stood() -> None:
    found = changes(week({"a": (1, 60), "b": (1, 20)}), week({"a": (1, 60)})).set_index("signal_id")
    assert found.change.to_dict() == {"b": -20, "a": 0}
    assert pd.isna(found.value_before["b"])


def test_only_scores_of_both_weeks_are_compared() -> None:
    assert changes(week({"a": (1, 60)}, "A"), week({"a": (1, 60)}, "B")).empty
    assert changes(week({"a": (1, 60)}).iloc[:0], week({"a": (1, 60)})).empty


SIGNALS = st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.floats(0.1, 20), st.floats(0, 100)), min_size=1)


@settings(max_examples=60, deadline=None)
@given(SIGNALS, SIGNALS)
def test_the_parts_sum_to_the_change(now: dict[str, Any], before: dict[str, Any]) -> None:
    found = changes(week(now), week(before))
    assert found.change.sum() == pytest.approx(score_of(now) - score_of(before), abs=1e-9)
    assert set(found.signal_id) == set(now) | set(before)
