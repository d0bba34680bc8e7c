"""The split of a change: exact, complete, by customer, and each cause in its own part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.frames import check
from contracts.results import CHANGES, NORMS, SIGNALS
from contracts.rules import SignalRule
from scoring.explain.changes import Yardstick, changes
from scoring.measure.asof import as_of_view
from scoring.measure.norms import Segments, norms
from scoring.measure.signals import measure
from scoring.place.axes import score
from tests.factories.scoring import AS_OF, ago, contributions, customers, frame, rule, table, thresholds

PARTS = ["value_change", "decay_change", "coverage_change", "rule_change", "norms_change"]
LETTERS = [rule(id=letter, aggregate="latest", column="severity", bad=0, good=100) for letter in "abcdef"]


def yardstick(rules: list[SignalRule] = LETTERS, book: pd.DataFrame | None = None, **limits: Any) -> Yardstick:
    return Yardstick(rules, thresholds(**limits), NORMS.empty() if book is None else book)


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


def split(now: pd.DataFrame, before: pd.DataFrame, **more: Any) -> pd.DataFrame:
    found = changes(now, before, **({"by": yardstick(), "by_before": yardstick()} | more))
    check(found, CHANGES)
    assert np.allclose(found[PARTS].sum(axis=1), found["change"], rtol=0, atol=1e-9)
    return found.set_index("signal_id")


def test_a_value_change_is_its_share_of_the_change() -> None:
    found = split(week({"a": (3, 40), "b": (1, 80)}), week({"a": (3, 60), "b": (1, 80)}))
    assert found.value_change.round(9).to_dict() == {"a": -15, "b": 0}
    assert found.change.round(9).to_dict() == {"a": -15, "b": 0}
    assert found.loc["a", ["value_before", "value_after"]].tolist() == [60, 40]


def test_a_new_signal_counts_from_where_the_customer_stood() -> None:
    found = split(week({"a": (1, 60), "b": (1, 20)}), week({"a": (1, 60)}))
    assert found.coverage_change.to_dict() == {"a": 0, "b": -20}
    assert found.change.to_dict() == {"a": 0, "b": -20}
    assert pd.isna(found.value_before["b"])


def test_a_signal_no_longer_seen_takes_its_distance_with_it() -> None:
    found = split(week({"a": (1, 60)}), week({"a": (1, 60), "b": (1, 20)}))
    # 40 before, 60 now: b stood 20 below on half the weight, a 20 above on half, now on all of it
    assert found.coverage_change.to_dict() == {"a": 10, "b": 10}


def test_the_same_facts_grown_older_are_decay_and_new_ones_are_value() -> None:
    aged = frame(SIGNALS, [{"customer_id": "A", "signal_id": "a", "value": 50.0, "n": 1.0, "is_observed": True}])
    found = split(week({"a": (1, 40), "b": (1, 80)}), week({"a": (1, 60), "b": (1, 80)}), aged=aged)
    assert found.loc["a", PARTS].tolist() == [-5, -5, 0, 0, 0]
    assert found.loc["b", "change"] == 0


def test_what_the_book_says_is_the_norms_change() -> None:
    mean = [rule(id="a", aggregate="mean", column="csat_score", bad=0, good=100)]
    old, new = (frame(NORMS, [{"signal_id": "a", "segment": "", "mean": m, "customers": 9}]) for m in (60.0, 80.0))
    measured = frame(SIGNALS, [{"customer_id": "A", "signal_id": "a", "value": 40.0, "n": 1.0, "is_observed": True}])
    before, now = (score(measured, book, mean, thresholds(prior_strength=1.0)).contributions for book in (old, new))
    by, by_before = (yardstick(mean, book, prior_strength=1.0) for book in (new, old))
    found = split(now, before, by=by, by_before=by_before)
    # half its own 40, half the book's mean: 50 before, 60 now
    assert found.loc["a", [*PARTS, "change"]].tolist() == [0, 0, 0, 0, 10, 10]


@pytest.mark.parametrize(
    ("changed", "now", "expected"),
    [
        pytest.param({"weight": 3.0}, {"a": (3, 60), "b": (1, 20)}, {"a": 5, "b": 5}, id="weight"),
        pytest.param({"good": 50.0}, {"a": (1, 100), "b": (1, 20)}, {"a": 20, "b": 0}, id="anchor"),
        pytest.param({"window_days": 7}, {"a": (1, 90), "b": (1, 20)}, {"a": 15, "b": 0}, id="definition"),
    ],
)
def test_what_the_policy_changed_is_the_rule_change(
    changed: dict[str, Any], now: dict[str, Any], expected: dict[str, float]
) -> None:
    rules = [LETTERS[0].model_copy(update=changed), *LETTERS[1:]]
    # the value stays 60, whatever the rule makes of it
    after = week(now).assign(value=[60.0, 20.0])
    found = split(after, week({"a": (1, 60), "b": (1, 20)}), by=yardstick(rules))
    assert found.rule_change.round(9).to_dict() == expected
    assert found.change.round(9).to_dict() == expected


def test_a_signal_brought_in_by_a_rule_is_its_rule_change() -> None:
    found = split(week({"a": (1, 60), "b": (1, 20)}), week({"a": (1, 60)}), by_before=yardstick(LETTERS[:1]))
    assert found.rule_change.to_dict() == {"a": 0, "b": -20}
    gone = split(week({"a": (1, 60)}), week({"a": (1, 60), "b": (1, 20)}), by=yardstick(LETTERS[:1]))
    assert gone.rule_change.to_dict() == {"a": 10, "b": 10}
    assert (gone.coverage_change == 0).all()


def test_only_scores_of_both_weeks_are_compared() -> None:
    assert split(week({"a": (1, 60)}, "A"), week({"a": (1, 60)}, "B")).empty
    assert split(week({"a": (1, 60)}).iloc[:0], week({"a": (1, 60)})).empty


STATES = st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.floats(0.1, 20), st.floats(0, 100)), min_size=1)


@settings(max_examples=60, deadline=None)
@given(STATES, STATES)
def test_the_parts_sum_to_the_change(now: dict[str, Any], before: dict[str, Any]) -> None:
    found = split(week(now), week(before))
    assert found.change.sum() == pytest.approx(score_of(now) - score_of(before), abs=1e-9)
    assert set(found.index) == set(now) | set(before)


def test_two_measured_weeks_under_two_policies_add_up_in_any_order_of_rows() -> None:
    """From rows to the split: windows, half-lives, segments and anchors all move at once."""
    rng = np.random.default_rng(7)
    ids = [f"C{i:02d}" for i in range(40)]
    rows = [
        {"customer_id": str(rng.choice(ids)), "opened_at": ago(days), "resolved_at": ago(days - 3) if days > 3 else None,
         "csat_score": float(rng.integers(1, 6)), "severity": int(rng.integers(1, 4))}
        for days in rng.uniform(0, 60, 300)
    ]  # fmt: skip
    tables = {"customers": customers(*ids), "tickets": table("tickets", rows)}
    old_rules = [
        rule(
            id="a", aggregate="mean", column="csat_score", half_life_days=10.0, window_days=40, bad=1, good=5, weight=3
        ),
        rule(id="b", aggregate="count", window_days=14, zero_is_observed=True, bad=4, good=0, weight=2),
        rule(id="c", aggregate="days_since_last", bad=30, good=0),
        rule(id="d", aggregate="count", window_days=30, axis="retention", zero_is_observed=True),
        rule(id="f", aggregate="max", column="severity", window_days=10, bad=1, good=3),
    ]
    new_rules = [old_rules[0].model_copy(update={"bad": 2.0}), old_rules[1].model_copy(update={"weight": 4.0}),
                 old_rules[3], old_rules[4], rule(id="e", aggregate="latest", column="severity", bad=1, good=3)]  # fmt: skip
    segments = Segments({c: "gold" if i % 2 else "iron" for i, c in enumerate(ids)}, 12)
    limits, fresh, last_week = thresholds(prior_strength=1.0), frozenset({"tickets"}), ago(7)

    def judged(rules: list[SignalRule], as_of: Any) -> tuple[pd.DataFrame, pd.DataFrame, Yardstick]:
        found = measure(as_of_view(tables, as_of), rules, as_of=as_of, fresh=fresh)
        by = Yardstick(rules, limits, norms(found, rules, segments=segments), segments)
        scored = score(found, by.norms, rules, limits, segments=segments)
        return scored.contributions, scored.scores, by

    now, scores_now, by = judged(new_rules, AS_OF)
    before, scores_before, by_before = judged(old_rules, last_week)
    aged = measure(as_of_view(tables, last_week), new_rules, as_of=AS_OF, fresh=fresh)
    found = changes(now, before, by=by, by_before=by_before, aged=aged)
    assert np.abs(found[PARTS].sum(axis=1) - found["change"]).max() < 1e-9
    moved = found.groupby(["customer_id", "axis"])["change"].sum()
    key = ["customer_id", "axis"]
    told = scores_now.set_index(key).score - scores_before.set_index(key).score
    assert np.abs(moved - told.loc[moved.index]).max() < 2e-6, "scores are told to 6 decimals"
    assert (found[PARTS].abs().max() > 0.1).all(), "each cause is seen"
    shuffled = changes(
        now.sample(frac=1, random_state=1), before.sample(frac=1, random_state=2), by=by, by_before=by_before, aged=aged
    )
    pd.testing.assert_frame_equal(found, shuffled, atol=1e-12)


def test_nothing_changes_when_nothing_happened() -> None:
    found = split(week({"a": (3, 40), "b": (1, 80)}), week({"a": (3, 40), "b": (1, 80)}))
    assert (found[[*PARTS, "change"]] == 0).all(axis=None)


# --- an axis of a model -----------------------------------------------------------------------------


def modelled(score: float, other: float) -> pd.DataFrame:
    """A customer on a retention axis of two features of equal weight; scores may lie outside 0 to 100."""
    rows = ({"signal_id": s, "signal_score": x, "axis": "retention"} for s, x in (("a", score), ("b", other)))
    return contributions(
        *({"customer_id": "A", "value": row["signal_score"], "weight_share": 0.5} | row for row in rows)
    )


def test_with_the_same_model_everything_is_value_change_whatever_the_norms_say() -> None:
    ours, theirs = (replace(yardstick(), model="0123456789abcdef") for _ in range(2))
    found = split(modelled(120, 80), modelled(100, 80), by=ours, by_before=theirs)
    assert found.value_change.round(9).to_dict() == {"a": 10, "b": 0}


def test_another_model_is_a_change_of_rules() -> None:
    ours, theirs = replace(yardstick(), model="0123456789abcdef"), replace(yardstick(), model="fedcba9876543210")
    found = split(modelled(120, 80), modelled(100, 60), by=ours, by_before=theirs)
    assert found.rule_change.round(9).to_dict() == found.change.round(9).to_dict()
    assert found.change.sum() == pytest.approx(20)
