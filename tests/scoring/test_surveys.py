"""Survey figures: the reference numbers, windows, cells, the small-n rules, clusters, arrows, responses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.frames import check, to_frame
from contracts.results import SURVEY_FIGURES
from contracts.rules import SurveyRules
from scoring.measure.intervals import (
    Z95,
    adjusted_wald,
    clustered,
    difference_by_errors,
    difference_by_limits,
    mean_of,
    nps_of_counts,
    nps_standard_error,
    share_of_counts,
    wilson,
)
from scoring.measure.surveys import memberships, survey_figures
from tests.factories.scoring import AS_OF, ago, facts, table


@pytest.mark.parametrize(
    ("p", "a", "d", "value", "error", "margin", "centre", "low", "high"),
    [
        (60, 25, 15, 45, 7.3993, 14.5024, 43.6893, 29.343, 58.036),
        (50, 30, 20, 30, 7.8102, 15.3078, 29.1262, 14.051, 44.201),
        (36, 7, 7, 58, 10.2333, 20.0569, 54.7170, 34.929, 74.505),
        (400, 350, 250, 15, 2.5050, 4.9097, 14.9551, 10.054, 19.856),
        (9, 1, 0, 90, 9.4868, 18.5939, 69.2308, 38.079, 100),
        (10, 0, 0, 100, 0, 0, 76.9231, 47.504, 100),
        (3, 1, 1, 40, 35.7771, 70.1218, 25.0, -29.783, 79.783),
    ],
)
def test_nps_of_the_reference(
    p: int, a: int, d: int, value: float, error: float, margin: float, centre: float, low: float, high: float
) -> None:
    found = nps_of_counts(p, a, d)
    assert found.value == value
    assert round(found.error, 4) == error
    assert round(Z95 * found.error, 4) == margin
    assert round(adjusted_wald(p, a, d)[0], 4) == centre
    assert (round(found.low, 3), round(found.high, 3)) == (low, high)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (8, 10, 0.4902, 0.9433),
        (0, 5, 0, 0.4345),
        (5, 5, 0.5655, 1),
    ],
)
def test_wilson_of_the_reference(hits: int, n: int, low: float, high: float) -> None:
    assert tuple(round(x, 4) for x in wilson(hits, n)) == (low, high)


@pytest.mark.parametrize(
    ("before", "now", "change", "error", "z", "p_value"),
    [
        ((60, 25, 15), (50, 30, 20), -15.0, 10.7587, -1.3942, 0.1633),
        ((600, 250, 150), (560, 280, 160), -5.0, None, -1.5024, 0.1330),
    ],
)
def test_change_of_nps_of_the_reference(
    before: tuple[int, int, int],
    now: tuple[int, int, int],
    change: float,
    error: float | None,
    z: float,
    p_value: float,
) -> None:
    found = difference_by_errors(nps_of_counts(*now), nps_of_counts(*before))
    half = (found.high - found.low) / 2
    assert found.change == pytest.approx(change)
    assert error is None or round(half / Z95, 4) == error
    assert round(found.change / (half / Z95), 4) == z
    assert round(found.p_value, 4) == p_value
    assert not found.excludes_zero


def test_difference_of_shares_of_the_reference() -> None:
    found = difference_by_limits(share_of_counts(56, 70), share_of_counts(48, 80))
    assert (round(found.low / 100, 4), round(found.high / 100, 4)) == (0.0524, 0.3339)


@pytest.mark.parametrize(("promoters", "detractors", "needed"), [(0.5, 0.3, 1168), (0.5, 0.5, 1537)])
def test_answers_needed_for_a_margin_of_five_of_the_reference(promoters: float, detractors: float, needed: int) -> None:
    error_of_one = nps_standard_error(promoters, 1 - promoters - detractors, detractors)
    assert math.ceil((Z95 * error_of_one / 5) ** 2) == needed


def test_nothing_moved_without_any_spread() -> None:
    all_promoters = nps_of_counts(30, 0, 0)
    assert difference_by_errors(all_promoters, all_promoters).p_value == 1
    assert difference_by_errors(all_promoters, nps_of_counts(0, 0, 30)).excludes_zero


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.integers(0, 60)] * 3).filter(any))
def test_nps_stays_on_its_scale(counts: tuple[int, int, int]) -> None:
    found = nps_of_counts(*counts)
    assert -100 <= found.low <= found.high <= 100
    assert -100 <= found.value <= 100
    assert found.n == sum(counts)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 40))
def test_one_more_promoter_instead_of_a_detractor_never_lowers_nps(p: int, a: int, d: int) -> None:
    before, after = nps_of_counts(p, a, d), nps_of_counts(p + 1, a, d - 1)
    assert after.value > before.value
    assert (after.low >= before.low, after.high >= before.high) == (True, True)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 39), st.integers(1, 40))
def test_one_more_satisfied_never_lowers_a_share(hits: int, misses: int) -> None:
    before, after = (share_of_counts(h, hits + misses) for h in (hits, hits + 1))
    assert (after.value > before.value, after.low >= before.low, after.high >= before.high) == (True, True, True)


def held(intervals: list[tuple[float, float]], truth: float) -> float:
    return float(np.mean([low <= truth <= high for low, high in intervals]))


@pytest.mark.parametrize(("share", "n"), [(0.1, 20), (0.5, 10), (0.85, 40)])
def test_wilson_holds_the_truth_as_often_as_it_says(share: float, n: int) -> None:
    hits = np.random.default_rng(1).binomial(n, share, 2000)
    # counts are discrete: at n = 10 the nearest possible coverages are 0.89 and 0.98
    assert 0.93 <= held([wilson(int(k), n) for k in hits], share) <= 0.985


@pytest.mark.parametrize(("p", "d", "n"), [(0.5, 0.2, 10), (0.8, 0.05, 30), (0.3, 0.4, 100)])
def test_adjusted_wald_holds_the_truth_as_often_as_it_says(p: float, d: float, n: int) -> None:
    draws = np.random.default_rng(2).multinomial(n, [p, 1 - p - d, d], 2000)
    found = [nps_of_counts(*map(int, draw)) for draw in draws]
    assert held([(e.low, e.high) for e in found], 100 * (p - d)) == pytest.approx(0.95, abs=0.03)


def test_student_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    found = [mean_of(rng.normal(5.0, 0.6, 8), lowest=1.0, highest=7.0) for _ in range(2000)]
    assert held([(e.low, e.high) for e in found], 5.0) == pytest.approx(0.95, abs=0.02)


def clustered_answers(rng: np.random.Generator, accounts: int, each: int) -> tuple[Any, Any]:
    """Answers around a mean of 0 whose accounts differ as much as answers within one do."""
    values = rng.normal(0, 1, accounts)[:, None] + rng.normal(0, 1, (accounts, each))
    return values.ravel(), np.repeat(np.arange(accounts), each)


def test_drawing_whole_accounts_holds_the_truth_where_the_plain_interval_does_not() -> None:
    rng = np.random.default_rng(4)
    whole, plain = [], []
    for seed in range(300):
        values, accounts = clustered_answers(rng, 40, 6)
        whole.append(clustered(values, accounts, seed=seed, rounds=400)[:2])
        alone = mean_of(values, lowest=-9, highest=9)
        plain.append((alone.low, alone.high))
    assert held(whole, 0.0) == pytest.approx(0.95, abs=0.04)
    assert held(plain, 0.0) < 0.80


def test_many_accounts_are_not_drawn_and_give_the_same_interval() -> None:
    values, accounts = clustered_answers(np.random.default_rng(5), 2001, 3)
    low, high, error = clustered(values, accounts, seed=1, rounds=400)
    drawn = clustered(values[3:], accounts[3:] - 1, seed=1, rounds=2000)
    assert (low, high, error) == pytest.approx(drawn, abs=0.004)


def answer(kind: str, score: float | None, days: float = 5, **more: Any) -> dict[str, Any]:
    answered = None if score is None else ago(days)
    return {"kind": kind, "sent_at": ago(days + 1), "answered_at": answered, "score": score} | more


def figures(rows: list[dict[str, Any]], **rules: Any) -> pd.DataFrame:
    surveys = to_frame(table("surveys", rows))
    customers = sorted({*surveys.customer_id, "A"})
    found = survey_figures(surveys, as_of=AS_OF, rules=SurveyRules(**rules), customers=customers)
    check(found, SURVEY_FIGURES)
    return found.set_index(["kind", "window_weeks"])


def by_account(kind: str, scores: list[float], days: float = 5) -> list[dict[str, Any]]:
    return [answer(kind, score, days, customer_id=f"C{i:03d}") for i, score in enumerate(scores)]


def test_the_last_answer_of_each_contact_in_a_window_counts() -> None:
    rows = [answer("nps", 2, 20, contact_id=f"c{i}") for i in range(6)]
    rows += [answer("nps", 10, 3, contact_id=f"c{i}") for i in range(6)]
    found = figures(rows)
    assert found.loc[("nps", 13), ["value", "n"]].tolist() == [100, 6]
    assert found.loc[("nps", 4), ["value", "n", "n_before"]].tolist() == [100, 6, 0]


@pytest.mark.parametrize(
    ("n", "has_figure", "arrow"), [(4, False, "none"), (5, True, "none"), (29, True, "none"), (30, True, "up")]
)
def test_the_rule_for_few_answers(n: int, has_figure: bool, arrow: str) -> None:
    found = figures(by_account("nps", [10.0] * n) + by_account("nps", [2.0] * 40, 40)).loc[("nps", 4)]
    assert (pd.notna(found.value), pd.notna(found.low)) == (has_figure, has_figure)
    assert (found.arrow, found.n, found.n_before) == (arrow, n, 40)
    assert "read them" in found.method or found.method == "adjusted Wald"


def test_an_arrow_needs_a_difference_beyond_noise() -> None:
    before = [10.0] * 24 + [8.0] * 10 + [3.0] * 6
    noise, real = before[4:] + [3.0] * 4, [3.0] * 24 + before[:16]
    arrows = [
        figures(by_account("nps", now) + by_account("nps", before, 40)).arrow[("nps", 4)] for now in (noise, real)
    ]
    assert arrows == ["none", "down"]
    csat = figures(by_account("csat", [5.0] * 40) + by_account("csat", [2.0, 5.0] * 20, 40)).loc[("csat", 4)]
    expected = difference_by_limits(share_of_counts(40, 40), share_of_counts(20, 40))
    assert (csat.change, csat.change_low, csat.arrow) == (50, pytest.approx(expected.low), "up")


def test_answers_of_one_account_are_not_so_many_accounts() -> None:
    """20 accounts of one mind each: 200 answers say no more than 20."""
    scores = [10.0, 2.0] * 10
    alone = figures(by_account("nps", scores)).loc[("nps", 4)]
    many = figures(by_account("nps", scores * 10)[:0] + [r for _ in range(10) for r in by_account("nps", scores)])
    told = many.loc[("nps", 4)]
    assert (told.n, told.accounts) == (200, 20)
    assert told.method == "adjusted Wald, accounts drawn again"
    assert told.high - told.low == pytest.approx(alone.high - alone.low, rel=0.15)
    plain = nps_of_counts(100, 0, 100)
    assert told.high - told.low > 2.5 * (plain.high - plain.low)


def test_csat_is_the_share_of_the_best_two_boxes() -> None:
    csat = figures(
        [answer("csat", s, scale_max=5.0, customer_id=f"C{i}") for i, s in enumerate((5, 5, 4, 4, 5, 4, 4, 5, 3, 1))]
    )
    csat = csat.loc[("csat", 13)]
    assert (csat.value, round(csat.low, 2), round(csat.high, 2), csat.method) == (80, 49.02, 94.33, "Wilson")


def test_ces_is_a_mean_of_seven_points_with_students_interval() -> None:
    ces = figures([answer("ces", s, customer_id=f"C{s}{i}") for i, s in enumerate((5, 6, 7, 6, 6))]).loc[("ces", 13)]
    half = 2.7764451 * np.std([5, 6, 7, 6, 6], ddof=1) / math.sqrt(5)
    assert (ces.value, ces.low, ces.high) == (6, pytest.approx(6 - half), pytest.approx(6 + half))
    five = figures([answer("ces", s, customer_id=f"C{s}", scale_max=5.0) for s in (1, 2, 3, 4, 5)]).loc[("ces", 13)]
    assert five.value == 4, "1 to 5 is told on 1 to 7"


def test_responses_are_told_where_invitations_are() -> None:
    rows = [answer("nps", s, customer_id=c) for c, s in (("A", 9), ("A", None), ("B", None), ("C", 8), ("D", None))]
    found = figures(rows).loc[("nps", 4)]
    assert found[["invited", "response_rate", "accounts_invited", "account_response_rate"]].tolist() == [5, 0.4, 4, 0.5]
    only_answers = figures([row for row in rows if row["score"]]).loc[("nps", 4)]
    assert only_answers[["invited", "response_rate"]].isna().all()


def test_cells_of_segments_and_those_too_small_to_tell() -> None:
    book = facts(
        *({"customer_id": f"C{i:03d}", "tier": "gold" if i < 8 else "iron" if i < 11 else None} for i in range(12))
    )
    surveys = to_frame(table("surveys", by_account("nps", [10.0] * 8 + [2.0] * 4)))
    found = (
        survey_figures(
            surveys, as_of=AS_OF, rules=SurveyRules(), customers=book.customer_id, members=memberships(book, ["tier"])
        )
        .set_index(["kind", "window_weeks", "segment"])
        .sort_index()
    )
    nps = found.loc["nps", 13]
    assert nps.value.fillna(-1).round(1).to_dict() == {"all": 33.3, "gold": 100.0, "iron": -1}
    assert nps.customers.to_dict() == {"all": 12, "gold": 8, "iron": 3}
    assert (nps.method["iron"], nps.n["iron"]) == ("fewer than 5 customers", 0)


def test_only_the_customers_asked_for_count() -> None:
    surveys = to_frame(table("surveys", by_account("nps", [10.0] * 5 + [2.0] * 5)))
    found = survey_figures(surveys, as_of=AS_OF, rules=SurveyRules(), customers=[f"C{i:03d}" for i in range(5)])
    assert found.set_index(["kind", "window_weeks"]).loc[("nps", 13), ["value", "n", "customers"]].tolist() == [
        100,
        5,
        5,
    ]


def test_the_order_of_answers_does_not_matter() -> None:
    rng = np.random.default_rng(6)
    rows = [
        answer(str(rng.choice(["nps", "csat", "ces"])), float(rng.integers(1, 6)), float(rng.uniform(0, 200)),
               customer_id=f"C{rng.integers(20):02d}", contact_id=f"p{rng.integers(40)}")
        for _ in range(300)
    ]  # fmt: skip
    surveys = to_frame(table("surveys", rows))
    customers = sorted(set(surveys.customer_id))
    one, other = (
        survey_figures(frame, as_of=AS_OF, rules=SurveyRules(bootstrap_rounds=200), customers=people)
        for frame, people in ((surveys, customers), (surveys.sample(frac=1, random_state=1), customers[::-1]))
    )
    pd.testing.assert_frame_equal(one, other, check_exact=False, atol=1e-9)


def test_no_answers_at_all() -> None:
    found = figures([])
    assert found.n.tolist() == [0] * 6
    assert found[["value", "low", "high", "change"]].isna().all(axis=None)


def test_an_arrow_cannot_need_less_than_a_figure() -> None:
    with pytest.raises(ValueError, match="at least figure_from"):
        SurveyRules(figure_from=40)
