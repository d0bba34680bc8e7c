from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from scoring.act.filters import fits
from tests.factories.scoring import where

ROW = {"tier": "gold", "revenue_amount": 1000.0, "region": None, "since_on": pd.Timestamp("2024-03-01"), "is_key": True}


@pytest.mark.parametrize(
    ("column", "op", "value", "expected"),
    [
        ("tier", "==", "gold", True),
        ("tier", "!=", "gold", False),
        ("tier", "in", ["gold", "silver"], True),
        ("tier", "not in", ["gold"], False),
        ("revenue_amount", ">=", 1000, True),
        ("revenue_amount", "<", 1000, False),
        ("region", "==", "north", False),
        ("region", "!=", "north", True),
        ("region", "not in", ["north"], True),
        ("region", "<", 3, False),
        ("region", "is null", None, True),
        ("tier", "is not null", None, True),
        ("absent", "is null", None, True),
        ("since_on", "<", "2025-01-01", True),
        ("is_key", "==", True, True),
        ("tier", ">", 3, False),
    ],
)
def test_filters_of_one_row_mean_what_they_mean_in_sql(column: str, op: str, value: Any, expected: bool) -> None:
    assert fits(ROW, [where(column, op, value)]) is expected


def test_all_filters_must_hold() -> None:
    assert fits(ROW, [])
    assert not fits(ROW, [where("tier", "==", "gold"), where("revenue_amount", ">", 5000)])
