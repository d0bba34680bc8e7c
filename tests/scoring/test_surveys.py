"""Survey figures against the reference numbers, and the small-n rule."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.measure.surveys import (
    Z95,
    adjusted_wald,
    nps,
    nps_of_counts,
    nps_standard_error,
    summarise,
    wilson,
)
from tests.factories.scoring import AS_OF, ago, table


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
    assert round(nps_standard_error(p, a, d), 4) == error
    assert round(Z95 * nps_standard_error(p, a, d), 4) == margin
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


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10), min_size=1, max_size=60))
def test_nps_stays_on_its_scale(scores: list[int]) -> None:
    found = nps(np.array(scores, dtype=float))
    assert -100 <= found.low <= found.high <= 100
    assert -100 <= found.value <= 100
    assert found.n == len(scores)


def answer(kind: str, score: float | None, days: float = 5, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "sent_at": ago(days + 1), "answered_at": ago(days), "score": score} | more


def test_the_last_answer_of_each_contact_counts() -> None:
    answers = [answer("nps", 2, 20, contact_id=f"c{i}") for i in range(6)]
    answers += [answer("nps", 10, 3, contact_id=f"c{i}") for i in range(6)]
    found = summarise(table("surveys", answers), as_of=AS_OF).set_index("metric")
    assert (found.value["nps"], found.n["nps"]) == (100, 6)


def test_few_answers_give_no_figure_and_old_ones_do_not_count() -> None:
    answers = [answer("csat", 5.0)] * 4 + [answer("ces", 6.0, 92)] * 9 + [answer("nps", None)] * 9
    found = summarise(table("surveys", answers), as_of=AS_OF).set_index("metric")
    assert found.n.to_dict() == {"nps": 0, "csat": 4, "ces": 0}
    assert found[["value", "low", "high"]].isna().all(axis=None)
    assert summarise(table("surveys", answers), as_of=AS_OF, weeks=14).set_index("metric").n["ces"] == 9


def test_csat_is_the_share_of_the_best_two_boxes() -> None:
    answers = [answer("csat", s, scale_max=5.0) for s in (5, 5, 4, 4, 5, 4, 4, 5, 3, 1)]
    csat = summarise(table("surveys", answers), as_of=AS_OF).set_index("metric").loc["csat"]
    assert (csat.value, round(csat.low, 2), round(csat.high, 2)) == (80, 49.02, 94.33)


def test_ces_is_a_mean_with_students_interval() -> None:
    answers = [answer("ces", s) for s in (5, 6, 7, 6, 6)]
    ces = summarise(table("surveys", answers), as_of=AS_OF).set_index("metric").loc["ces"]
    half = 2.7764451 * np.std([5, 6, 7, 6, 6], ddof=1) / math.sqrt(5)
    assert ces.value == 6
    assert (ces.low, ces.high) == (pytest.approx(6 - half), pytest.approx(6 + half))


def test_no_answers_at_all() -> None:
    assert summarise(table("surveys", []), as_of=AS_OF).n.tolist() == [0, 0, 0]
