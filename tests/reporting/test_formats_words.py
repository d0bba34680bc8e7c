"""Figures as people read them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting import formats

NB = formats.NBSP


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (None, "–"),
        (0, f"EUR{NB}0"),
        (95.4, f"EUR{NB}95"),
        (999.4, f"EUR{NB}999"),
        (999.6, f"EUR{NB}1.0{NB}k"),
        (9_940, f"EUR{NB}9.9{NB}k"),
        (340_000, f"EUR{NB}340{NB}k"),
        (999_499, f"EUR{NB}999{NB}k"),
        (999_500, f"EUR{NB}1.0{NB}M"),
        (2_340_000, f"EUR{NB}2.3{NB}M"),
        (117_000_000, f"EUR{NB}117{NB}M"),
        (1_250_000_000, f"EUR{NB}1.3{NB}bn"),
        (-2_300_000, f"EUR{NB}−2.3{NB}M"),
    ],
)
def test_money_is_short_and_never_breaks(amount: float | None, said: str) -> None:
    assert formats.money(amount, "EUR") == said


@pytest.mark.parametrize(
    ("value", "decimals", "said"),
    [(0.5, 0, "1"), (2.5, 0, "3"), (-0.4, 0, "0"), (-13, 0, "−13"), (12430, 0, f"12{NB}430"), (0.05, 1, "0.1")],
)
def test_numbers_round_half_away_from_zero_and_use_a_minus_sign(value: float, decimals: int, said: str) -> None:
    assert formats.number(value, decimals) == said


@pytest.mark.parametrize(
    ("count", "said"), [(0, "no account"), (1, "one account"), (4, "four accounts"), (13, "13 accounts")]
)
def test_counts_agree_with_their_noun(count: int, said: str) -> None:
    assert formats.counted(count, "account") == said


def test_days_and_weeks() -> None:
    assert formats.day(date(2026, 11, 24)) == f"Tue{NB}24{NB}Nov"
    assert formats.days_of_week(date(2026, 11, 16), date(2026, 11, 22)) == f"16–22{NB}Nov{NB}2026"
    assert formats.days_of_week(date(2026, 12, 28), date(2027, 1, 3)) == f"28{NB}Dec{NB}2026–3{NB}Jan{NB}2027"
    assert formats.day_near(date(2025, 6, 4), date(2026, 11, 23)) == f"4{NB}Jun{NB}2025"


@settings(max_examples=60)
@given(st.text(max_size=200), st.integers(min_value=3, max_value=60))
def test_clipped_text_is_never_longer_than_asked(text: str, keep: int) -> None:
    assert len(formats.clipped(text, keep)) <= keep


@settings(max_examples=60)
@given(st.floats(min_value=-1e12, max_value=1e12))
def test_money_holds_no_plain_space_and_no_hyphen(amount: float) -> None:
    said = formats.money(amount, "EUR")
    assert " " not in said
    assert "-" not in said
