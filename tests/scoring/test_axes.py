"""Scores: the reference numbers of the method, additivity, bounds, monotony, shrinkage, coverage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.frames import check
from contracts.results import CONTRIBUTIONS, NORMS, SCORES, SIGNALS
from contracts.rules import SignalRule
from scoring.measure.anchors import anchored
from scoring.measure.norms import norms
from scoring.place.axes import Scored, score
from tests.factories.scoring import frame, rule, thresholds

NOTHING = float("nan")


def signals(values: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """SIGNALS of customers: {customer: {signal: value or (value, n, variance)}}; None is not observed."""
    rows = []
    for customer, measured in values.items():
        for signal, given_value in measured.items():
            value, n, variance = given_value if isinstance(given_value, tuple) else (given_value, 1.0, None)
            row = {"customer_id": customer, "signal_id": signal, "value": value, "n": n, "variance": variance}
            rows.append(row | {"is_observed": value is not None})
    return frame(SIGNALS, rows)


def book(rules: list[SignalRule], **row: Any) -> pd.DataFrame:
    """NORMS that say the same of every signal."""
    return frame(
        NORMS, [{"signal_id": r.id, "segment": "", "customers": 20, "reference_score": 65.0, **row} for r in rules]
    )


FIVE = [
    rule(id=f"s{i}", aggregate="latest", column="severity", bad=0, good=100, weight=w)
    for i, w in enumerate((0.30, 0.25, 0.20, 0.15, 0.10))
]
RETENTION = rule(id="r", aggregate="latest", column="severity", bad=0, good=100, weight=1, axis="retention")


def scored_five(values: tuple[Any, ...]) -> Scored:
    measured = signals({"A": {f"s{i}": value for i, value in enumerate(values)} | {"r": 50.0}})
    return score(measured, book([*FIVE, RETENTION]), [*FIVE, RETENTION], thresholds())


def test_weighted_score_coverage_and_contributions_of_the_reference() -> None:
    found = scored_five((80.0, 60.0, None, 40.0, 90.0))
    check(found.scores, SCORES)
    check(found.contributions, CONTRIBUTIONS)
    loyalty = found.scores[found.scores.axis == "loyalty"].iloc[0]
    assert (loyalty.score, loyalty.coverage, loyalty.signal_count) == (67.5, 0.8, 4)
    mine = found.contributions[found.contributions.axis == "loyalty"].set_index("signal_id")
    # .15 of the weight scored 40 against 65: -4.6875; .25 scored 60: -1.5625; the absent signal has no row
    expected = {"s0": 5.625, "s1": -1.5625, "s3": -4.6875, "s4": 3.125}
    assert mine.contribution.round(9).to_dict() == expected
    assert mine.contribution.sum() == pytest.approx(2.5, abs=1e-9)


def test_without_any_signal_there_is_no_score() -> None:
    found = scored_five((None,) * 5)
    loyalty = found.scores[found.scores.axis == "loyalty"].iloc[0]
    assert np.isnan(loyalty.score)
    assert loyalty.coverage == 0


@pytest.mark.parametrize(
    ("value", "bad", "good", "points"),
    [(5, 0, 10, 50), (-3, 0, 10, 0), (12, 0, 10, 100), (2, 10, 0, 80), (10, 10, 0, 0), (0, 10, 0, 100)],
)
def test_anchors(value: float, bad: float, good: float, points: float) -> None:
    assert anchored(np.array([value], dtype=float), bad=bad, good=good)[0] == points


MEAN = rule(id="mean", aggregate="mean", column="csat_score", bad=0, good=10)


@pytest.mark.parametrize(("n", "shrunk"), [(1, 6.0), (3, 4.8571), (10, 3.4286)])
def test_normal_shrinkage_of_the_reference(n: int, shrunk: float) -> None:
    measured = signals({"A": {"mean": (2.0, float(n), 4.0)}})
    norm = book([MEAN], mean=7.0, within_variance=4.0, between_variance=1.0)
    found = score(measured, norm, [MEAN], thresholds())
    assert round(found.contributions.signal_score.iloc[0] / 10, 4) == shrunk
    # posterior variance = between * (1 - v), seen through the slope of the anchors
    share = n / (n + 4)
    assert found.scores.standard_error.iloc[0] == pytest.approx(10 * np.sqrt(1 - share), abs=1e-6)


@pytest.mark.parametrize(("hits", "n", "shrunk"), [(0, 1, 0.6364), (0, 3, 0.5385), (3, 3, 0.7692), (18, 20, 0.8333)])
def test_a_share_shrinks_like_the_beta_binomial_of_the_reference(hits: int, n: int, shrunk: float) -> None:
    share = rule(id="share", aggregate="share", hit=[{"column": "severity", "op": "==", "value": 1}], bad=0, good=1)
    measured = signals({"A": {"share": (hits / n, float(n), None)}})
    norm = book([share], mean=0.7, within_variance=1.0, between_variance=0.1)
    found = score(measured, norm, [share], thresholds())
    assert round(found.contributions.signal_score.iloc[0] / 100, 4) == shrunk


def test_prior_strength_speaks_where_the_book_cannot() -> None:
    measured = signals({"A": {"mean": (2.0, 1.0, None)}})
    norm = book([MEAN], mean=7.0)
    assert score(measured, norm, [MEAN], thresholds()).contributions.signal_score.iloc[0] == 20
    strong = score(measured, norm, [MEAN], thresholds(prior_strength=4.0))
    assert strong.contributions.signal_score.iloc[0] == pytest.approx(60)


def test_counts_are_facts_and_are_not_shrunk() -> None:
    count = rule(id="count", aggregate="count", bad=10, good=0)
    norm = book([count], mean=7.0, within_variance=4.0, between_variance=1.0)
    found = score(signals({"A": {"count": 2.0}}), norm, [count], thresholds(prior_strength=4.0))
    assert (found.contributions.signal_score.iloc[0], found.scores.standard_error.iloc[0]) == (80, 0)


def test_norms_split_the_variance_of_the_book() -> None:
    """Equal n: between = var(values) - within / n, as the reference formula has it."""
    values = [3.0, 5.0, 7.0, 9.0, 4.0, 6.0, 8.0, 5.0, 7.0, 6.0]
    measured = signals({f"C{i}": {"mean": (value, 4.0, 2.0)} for i, value in enumerate(values)})
    found = norms(measured, [MEAN]).iloc[0]
    assert found["mean"] == 6
    assert found.within_variance == 2
    assert found.between_variance == pytest.approx(np.var(values, ddof=1) - 2 / 4)
    assert found.reference_score == 60


def test_a_small_book_says_nothing_about_variances() -> None:
    found = norms(signals({f"C{i}": {"mean": (i, 4.0, 2.0)} for i in range(9)}), [MEAN]).iloc[0]
    assert np.isnan(found.between_variance)


def test_a_signal_nobody_shows_keeps_the_norm_of_before() -> None:
    old = book([MEAN], mean=7.0)
    empty = signals({"A": {"mean": None}})
    assert norms(empty, [MEAN], previous=old)["mean"].iloc[0] == 7
    assert norms(empty, [MEAN]).customers.iloc[0] == 0


VALUES = st.lists(st.one_of(st.none(), st.floats(-50, 150, allow_nan=False)), min_size=5, max_size=5).map(tuple)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_scores_stay_in_bounds_and_contributions_add_up(values: tuple[Any, ...]) -> None:
    found = scored_five(values)
    loyalty = found.scores[found.scores.axis == "loyalty"].iloc[0]
    mine = found.contributions[found.contributions.axis == "loyalty"]
    if mine.empty:
        assert np.isnan(loyalty.score)
        return
    assert 0 <= loyalty.score <= 100
    assert mine.weight_share.sum() == pytest.approx(1, abs=1e-9)
    exact = (mine.weight_share * mine.signal_score).sum()
    assert exact - (mine.weight_share * mine.reference_score).sum() == pytest.approx(mine.contribution.sum(), abs=1e-9)
    assert loyalty.score == pytest.approx(exact, abs=5e-7)


@settings(max_examples=60, deadline=None)
@given(VALUES, st.integers(0, 4), st.floats(0, 60))
def test_more_of_a_good_signal_never_lowers_a_score(values: tuple[Any, ...], place: int, more: float) -> None:
    if values[place] is None:
        return
    better = tuple(v + more if i == place else v for i, v in enumerate(values))
    before, after = (scored_five(v).scores.set_index("axis").score["loyalty"] for v in (values, better))
    assert after >= before


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(6)), st.permutations(range(4)))
def test_the_order_of_rows_and_rules_does_not_matter(rows: list[int], order: list[int]) -> None:
    rules = [
        MEAN,
        RETENTION,
        rule(id="a", aggregate="count", weight=3),
        rule(id="b", aggregate="count", weight=7, axis="retention"),
    ]
    facts = {f"C{i}": {"mean": (float(i), i + 1.0, 2.0), "r": 20.0 * i, "a": float(i), "b": 3.0} for i in range(6)}
    measured = signals(facts)
    shuffled = measured.iloc[[r * 4 + k for r in rows for k in order]].reset_index(drop=True)
    reordered = [rules[i] for i in order]
    one = score(measured, norms(measured, rules), rules, thresholds())
    other = score(shuffled, norms(shuffled, reordered), reordered, thresholds())
    pd.testing.assert_frame_equal(one.scores, other.scores, check_exact=True)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 1000))
def test_only_the_proportion_of_weights_matters(factor: float) -> None:
    rules = [*FIVE, RETENTION]
    scaled = [r.model_copy(update={"weight": r.weight * factor}) for r in rules]
    measured = signals({"A": {"s0": 80.0, "s1": 60.0, "s2": None, "s3": 40.0, "s4": 90.0, "r": 50.0}})
    one, other = (score(measured, book(rules), r, thresholds()).scores for r in (rules, scaled))
    pd.testing.assert_frame_equal(one, other, atol=1e-6)
