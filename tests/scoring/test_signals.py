"""Signals worked by hand: every aggregate, windows, weights, missing against zero, and closed conditions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.frames import check
from contracts.results import SIGNAL_WORDS, SIGNALS
from scoring.measure.signals import measure, signal_words
from tests.factories.scoring import AS_OF, ago, customers, rule, table, where

ALL_FRESH = frozenset({"tickets", "surveys", "deals", "usage", "invoices", "agreements", "projects"})


def one(rows: list[dict[str, Any]], table_name: str = "tickets", *, fresh: bool = True, **changes: Any) -> pd.Series:
    """The single signal of customer A."""
    tables = {"customers": customers(), table_name: table(table_name, rows)}
    measured = measure(
        tables, [rule(table=table_name, **changes)], as_of=AS_OF, fresh=ALL_FRESH if fresh else frozenset()
    )
    return measured.iloc[0]


def tickets(**columns: list[Any]) -> list[dict[str, Any]]:
    size = len(next(iter(columns.values())))
    days = columns.pop("days", list(range(1, size + 1)))
    return [{"opened_at": ago(days[i]), **{c: v[i] for c, v in columns.items()}} for i in range(size)]


@pytest.mark.parametrize(
    ("changes", "value", "n"),
    [
        pytest.param({"aggregate": "count"}, 4.0, 4, id="count"),
        pytest.param({"aggregate": "sum", "column": "handoff_count"}, 10.0, 4, id="sum"),
        pytest.param({"aggregate": "mean", "column": "handoff_count"}, 2.5, 4, id="mean"),
        pytest.param({"aggregate": "median", "column": "handoff_count"}, 2.0, 4, id="median"),
        pytest.param({"aggregate": "min", "column": "handoff_count"}, 1.0, 4, id="min"),
        pytest.param({"aggregate": "max", "column": "handoff_count"}, 5.0, 4, id="max"),
        pytest.param({"aggregate": "latest", "column": "handoff_count"}, 5.0, 1, id="latest"),
        pytest.param({"aggregate": "distinct_count", "column": "handoff_count"}, 3.0, 4, id="distinct"),
        pytest.param({"aggregate": "days_since_last"}, 1.0, 4, id="days since last"),
        pytest.param({"aggregate": "days_since_first"}, 4.0, 4, id="days since first"),
        pytest.param({"aggregate": "share", "hit": [where("handoff_count", ">=", 2)]}, 0.75, 4, id="share"),
        pytest.param({"aggregate": "mean", "column": "handoff_count", "window_days": 3}, 9 / 3, 3, id="window"),
        pytest.param(
            {"aggregate": "count", "filter": [where("handoff_count", "in", [1, 5])]}, 2.0, 2, id="filter in a list"
        ),
    ],
)
def test_aggregates(changes: dict[str, Any], value: float, n: float) -> None:
    found = one(tickets(handoff_count=[5, 2, 2, 1]), **changes)
    assert (found.value, found.n, found.is_observed) == (pytest.approx(value), n, True)


def test_a_window_is_half_open() -> None:
    rows = tickets(days=[10, 10.000001, 0.000001], severity=[1, 1, 1])
    assert one(rows, aggregate="count", window_days=10).value == 2


def test_half_life_weights_and_kish_n_of_the_reference() -> None:
    rows = tickets(days=[10, 100, 300], resolve_hours=[4.0, 8.0, 9.0])
    found = one(rows, aggregate="mean", column="resolve_hours", half_life_days=90.0)
    assert (round(found.value, 4), round(found.n, 4)) == (5.5778, 2.0476)


@pytest.mark.parametrize(("age", "weight"), [(0, 1), (30, 0.7937), (90, 0.5), (180, 0.25), (365, 0.0601)])
def test_half_life_weight_of_one_fact(age: int, weight: float) -> None:
    rows = tickets(days=[max(age, 1e-9)], severity=[1])
    assert round(one(rows, aggregate="count", half_life_days=90.0).value, 4) == weight


def test_variance_is_that_of_one_fact() -> None:
    found = one(tickets(resolve_hours=[4.0, 8.0, 9.0, 30.0]), aggregate="mean", column="resolve_hours")
    assert found.variance == pytest.approx(np.var([4, 8, 9, 30], ddof=1))
    assert np.isnan(one(tickets(resolve_hours=[4.0]), aggregate="mean", column="resolve_hours").variance)


def test_share_ignores_facts_that_say_neither() -> None:
    found = one(tickets(is_sla_met=[True, False, None, None]), aggregate="share", hit=[where("is_sla_met", "==", True)])
    assert (found.value, found.n) == (0.5, 2)


def test_nps_of_three_promoters_one_passive_one_detractor() -> None:
    answers = [{"kind": "nps", "sent_at": ago(9), "answered_at": ago(5), "score": float(s)} for s in (9, 10, 9, 8, 2)]
    found = one(answers, "surveys", aggregate="nps", column="score", time_column="answered_at")
    assert found.value == pytest.approx(40.0)


@pytest.mark.parametrize(("scale_max", "share"), [(5.0, 0.5), (7.0, 0.0), (None, 0.5)])
def test_top_box_follows_the_scale(scale_max: float | None, share: float) -> None:
    answers = [{"kind": "csat", "sent_at": ago(9), "score": s, "scale_max": scale_max} for s in (4.0, 3.0)]
    assert one(answers, "surveys", aggregate="top_box_share", column="score").value == share


def test_trend_compares_with_the_window_before() -> None:
    rows = [{"issued_on": ago(d), "amount": a} for d, a in ((5, 60), (20, 60), (35, 100), (59, 100), (61, 999))]
    found = one(rows, "invoices", aggregate="trend", column="amount", window_days=30)
    assert found.value == pytest.approx((120 - 200) / 200)
    unsure = one(rows[2:], "invoices", fresh=False, aggregate="trend", column="amount", window_days=30)
    assert not unsure.is_observed
    silent = one(rows[2:], "invoices", aggregate="trend", column="amount", window_days=30, zero_is_observed=True)
    assert silent.value == -1.0


def test_days_until_the_next_date_and_whole_days() -> None:
    rows = [{"start_on": ago(200), "renewal_on": ago(d)} for d in (-40, -15, 3)]
    found = one(rows, "agreements", aggregate="days_until_next", time_column="renewal_on", bad=0, good=90)
    assert found.value == 15
    rome = AS_OF.astimezone(ZoneInfo("Europe/Rome"))
    tables = {"customers": customers(), "agreements": table("agreements", rows)}
    ahead = rule(table="agreements", aggregate="days_until_next", time_column="renewal_on")
    assert measure(tables, [ahead], as_of=rome, fresh=frozenset()).value.iloc[0] == 15


@pytest.mark.parametrize(
    ("zero_is_observed", "fresh", "observed"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_nothing_is_zero_only_when_said_and_fresh(zero_is_observed: bool, fresh: bool, observed: bool) -> None:
    found = one([], aggregate="count", zero_is_observed=zero_is_observed, fresh=fresh)
    assert found.is_observed == observed
    assert found.value == 0 if observed else np.isnan(found.value)


def test_a_mean_of_nothing_is_never_zero() -> None:
    found = one([], aggregate="mean", column="resolve_hours", zero_is_observed=True)
    assert np.isnan(found.value)


def test_too_few_facts_are_no_evidence() -> None:
    rows = tickets(resolve_hours=[4.0, 5.0])
    assert not one(rows, aggregate="mean", column="resolve_hours", minimum_n=3).is_observed
    assert one(rows, aggregate="mean", column="resolve_hours", minimum_n=2).is_observed


def test_per_divides_by_what_is_there_now() -> None:
    assets = [{"installed_on": ago(900)}, {"installed_on": ago(900)}, {"installed_on": ago(900), "removed_on": ago(4)}]
    tables = {
        "customers": customers("A", "B"),
        "tickets": table("tickets", tickets(severity=[1, 1, 1, 1, 2])),
        "install_base": table("install_base", assets),
    }
    found = measure(tables, [rule(per="install_base", zero_is_observed=True)], as_of=AS_OF, fresh=ALL_FRESH)
    assert found.value.iloc[0] == 2.5
    assert not found.is_observed.iloc[1], "a customer without systems has no rate"


@pytest.mark.parametrize(
    ("op", "value", "count"),
    [
        ("==", "web", 1),
        ("!=", "web", 2),
        ("not in", ["web"], 2),
        ("is null", None, 1),
        ("is not null", None, 2),
        ("==", "x' OR 1=1 --", 0),
    ],
)
def test_conditions_keep_unknown_values_apart(op: str, value: object, count: int) -> None:
    rows = tickets(channel=["web", "phone", None])
    found = one(rows, aggregate="count", filter=[where("channel", op, value)], zero_is_observed=True)
    assert found.value == count


def test_dates_in_conditions_may_be_relative() -> None:
    rows = [{"installed_on": ago(999), "end_of_support_on": ago(d)} for d in (10, -100, -300)]
    hit = [where("end_of_support_on", "<", "as_of+182d")]
    assert one(rows, "install_base", aggregate="share", hit=hit).value == pytest.approx(2 / 3)
    by_day = [where("end_of_support_on", "<", "2026-11-23")]
    assert one(rows, "install_base", aggregate="share", hit=by_day).value == pytest.approx(1 / 3)


def test_the_frame_holds_its_contract_and_everybody_has_every_signal() -> None:
    tables = {"customers": customers("B", "A"), "tickets": table("tickets", tickets(severity=[1]))}
    rules = [rule(id="one"), rule(id="two", zero_is_observed=True)]
    found = measure(tables, rules, as_of=AS_OF, fresh=ALL_FRESH)
    check(found, SIGNALS)
    assert list(zip(found.customer_id, found.signal_id, strict=True)) == [
        ("A", "one"),
        ("A", "two"),
        ("B", "one"),
        ("B", "two"),
    ]
    assert found.last_at.iloc[0] == pd.Timestamp(ago(1))
    assert found.last_at.isna().iloc[3]


def test_words_fill_in_the_window_alone() -> None:
    words = signal_words([rule(sentence="{value} in {window_days} days of {n}", window_days=91)])
    check(words, SIGNAL_WORDS)
    assert words.sentence.iloc[0] == "{value} in 91 days of {n}"


ROWS = st.lists(
    st.tuples(
        st.sampled_from("ABCD"),
        st.floats(0.01, 200, allow_nan=False),
        st.floats(0.1, 500, allow_nan=False),
        st.sampled_from([None, 1, 2, 3]),
    ),
    max_size=40,
)
RULES = [
    rule(id="mean", aggregate="mean", column="resolve_hours", half_life_days=30.0),
    rule(id="share", aggregate="share", hit=[where("severity", "==", 1)], window_days=90),
    rule(id="latest", aggregate="latest", column="resolve_hours"),
    rule(id="trend", aggregate="trend", window_days=60),
    rule(id="count", zero_is_observed=True),
]


def measured(rows: list[tuple[Any, ...]], ids: str = "ABCD", order: list[int] | None = None) -> pd.DataFrame:
    body = [
        {
            "customer_id": c,
            "ticket_id": f"t{i:03d}",
            "opened_at": AS_OF - timedelta(days=d),
            "resolve_hours": h,
            "severity": s,
        }
        for i, (c, d, h, s) in enumerate(rows)
    ]
    full = table("tickets", body)
    if order is not None:
        full = full.take(pa.array(order, type=pa.int64()))
    tables = {"customers": customers(*ids), "tickets": full}
    return measure(tables, RULES, as_of=AS_OF, fresh=ALL_FRESH)


@settings(max_examples=12, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[tuple[Any, ...]], random: Any) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(measured(rows), measured(rows, order=order), check_exact=True)


@settings(max_examples=12, deadline=None)
@given(ROWS)
def test_a_customer_is_measured_alike_in_any_partition(rows: list[tuple[Any, ...]]) -> None:
    whole = measured(rows)
    halves = [measured([row for row in rows if row[0] in ids], ids) for ids in ("AB", "CD")]
    pd.testing.assert_frame_equal(whole, pd.concat(halves, ignore_index=True), check_exact=True)


def test_as_of_must_only_be_an_instant_not_a_place() -> None:
    rows = tickets(severity=[1, 2])
    tables = {"customers": customers(), "tickets": table("tickets", rows)}
    here = measure(tables, [rule(window_days=2)], as_of=AS_OF, fresh=ALL_FRESH)
    there = measure(
        tables, [rule(window_days=2)], as_of=datetime.fromisoformat("2026-11-23T02:00+02:00"), fresh=ALL_FRESH
    )
    pd.testing.assert_frame_equal(here, there)
