"""Zones on exact boundaries, hysteresis, confirmation, evidence, leaving and returning, episodes."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.exchange import episode_of
from contracts.frames import check
from contracts.results import PLACEMENTS
from contracts.rules import Corners, Thresholds
from contracts.weeks import Week
from contracts.words import Zone
from scoring.place.placement import place
from scoring.place.transitions import compare
from tests.factories.scoring import facts, placements, scores, thresholds

V, S, N, C = (zone.value for zone in (Zone.VERY_LOYAL, Zone.SOMEWHAT_LOYAL, Zone.NEUTRAL, Zone.CRITICAL))
HERE = Week.parse("2026-W47")


def placed(
    pair: tuple[float | None, float | None],
    previous: pd.DataFrame | None = None,
    rules: Thresholds | None = None,
    **fact: object,
) -> pd.Series:
    found = place(scores({"A": pair}), facts({"customer_id": "A", **fact}), previous, rules or thresholds(), week=HERE)
    check(found, PLACEMENTS)
    return found.iloc[0]


def was(zone: str | None, **more: object) -> pd.DataFrame:
    return placements({"customer_id": "A", "week": "2026-W46", "zone": zone, "episode_id": "e0", **more})


@pytest.mark.parametrize(
    ("pair", "zone", "is_borderline"),
    [
        ((50, 60), V, True),
        ((49.999999, 60), N, True),
        ((50, 59.999999), S, True),
        ((49.999999, 59.999999), C, True),
        ((52, 62), V, False),
        ((51.999999, 62), V, True),
        ((48, 62), N, True),
        ((47.999999, 62), N, False),
        ((0, 0), C, False),
        ((100, 100), V, False),
        ((0, 100), N, False),
        ((100, 0), S, False),
    ],
)
def test_first_placement_is_what_the_scores_say(pair: tuple[float, float], zone: str, is_borderline: bool) -> None:
    found = placed(pair)
    assert (found.zone, found.raw_zone, found.is_borderline) == (zone, zone, is_borderline)


@pytest.mark.parametrize(
    ("before", "pair", "zone", "raw"),
    [
        pytest.param(N, (10, 58), N, C, id="exactly on the lower edge stays"),
        pytest.param(N, (10, 57.999999), C, C, id="beyond the lower edge is Critical at once"),
        pytest.param(S, (48, 10), S, C, id="loyalty edge stays"),
        pytest.param(S, (47.999999, 10), C, C, id="loyalty beyond the edge"),
        pytest.param(V, (47, 57), C, C, id="both axes at once"),
        pytest.param(V, (48, 57), V, C, id="one axis inside: only a move to Somewhat Loyal, which waits"),
        pytest.param(C, (10, 61.999999), C, N, id="Critical stays below the upper edge"),
        pytest.param(C, (10, 62), C, N, id="leaving Critical waits for confirmation"),
    ],
)
def test_entering_critical_needs_to_leave_the_dead_band(
    before: str, pair: tuple[float, float], zone: str, raw: str
) -> None:
    found = placed(pair, was(before))
    assert (found.zone, found.raw_zone) == (zone, raw)


def test_a_critical_score_inside_the_band_is_borderline_and_stays() -> None:
    found = placed((10, 59), was(N))
    assert (found.zone, found.raw_zone, found.is_borderline, found.episode_id) == (N, C, True, "e0")


@pytest.mark.parametrize(
    ("pending", "weeks", "zone", "left"),
    [
        pytest.param(None, 0, V, (S, 1), id="seen for the first time"),
        pytest.param(S, 1, S, (None, 0), id="seen for the second time: confirmed"),
        pytest.param(N, 1, V, (S, 1), id="another candidate begins anew"),
    ],
)
def test_other_moves_wait_for_confirmation(
    pending: str | None, weeks: int, zone: str, left: tuple[str | None, int]
) -> None:
    found = placed((80, 30), was(V, pending_zone=pending, pending_weeks=weeks))
    shown = None if pd.isna(found.pending_zone) else found.pending_zone
    assert (found.zone, (shown, found.pending_weeks)) == (zone, left)


def test_a_candidate_that_goes_away_is_forgotten() -> None:
    found = placed((80, 80), was(V, pending_zone=S, pending_weeks=1))
    assert (found.zone, found.pending_weeks, pd.isna(found.pending_zone)) == (V, 0, True)


def test_one_confirmation_week_moves_at_once() -> None:
    assert placed((80, 30), was(V), thresholds(confirmation_weeks=1)).zone == S


def test_lines_may_differ_by_tier_and_are_shown() -> None:
    rules = thresholds(tier={"gold": {"loyalty": 70, "retention": 80}})
    found = placed((60, 70), rules=rules, tier="gold")
    assert (found.zone, found.loyalty_line, found.retention_line) == (C, 70, 80)
    assert placed((60, 70), rules=rules, tier="silver").zone == V


def test_corners_are_configuration() -> None:
    swapped = Corners(high_loyalty_low_retention=Zone.NEUTRAL, low_loyalty_high_retention=Zone.SOMEWHAT_LOYAL)
    assert placed((80, 30), rules=thresholds(corners=swapped)).zone == N


@pytest.mark.parametrize(("coverage", "state"), [(0.5, "placed"), (0.499999, "insufficient"), (0.0, "insufficient")])
def test_coverage_below_the_floor_gives_no_zone(coverage: float, state: str) -> None:
    book = scores({"A": (80, 80)}, coverage)
    found = place(book, facts({"customer_id": "A"}), None, thresholds(), week=HERE).iloc[0]
    assert found.state == state
    assert pd.isna(found.zone) == (state == "insufficient")
    if coverage == 0:
        assert found.why_insufficient.startswith("loyalty: 0% of the weight is observed, 50% is needed; retention")


def test_a_customer_without_scores_is_insufficient_not_absent() -> None:
    found = place(scores({}), facts({"customer_id": "A"}), None, thresholds(), week=HERE)
    assert found.state.tolist() == ["insufficient"]


@pytest.mark.parametrize(("status", "state"), [("left", "left"), ("prospect", "insufficient"), ("notice", "placed")])
def test_status_decides_who_can_be_placed(status: str, state: str) -> None:
    assert placed((80, 80), status=status).state == state


def test_evidence_that_comes_back_continues_the_stay() -> None:
    gap = place(scores({"A": (80, 80)}, 0.1), facts({"customer_id": "A"}), was(C), thresholds(), week=HERE)
    assert (gap.state.iloc[0], gap.pending_zone.iloc[0], gap.episode_id.iloc[0]) == ("insufficient", C, "e0")
    back = placed((10, 10), gap)
    assert (back.zone, back.episode_id) == (C, "e0")


def test_one_who_returns_begins_a_new_stay() -> None:
    gone = placements({"customer_id": "A", "state": "left", "status": "left", "episode_id": "e0"})
    back = placed((10, 10), gone, status="returned")
    assert (back.zone, back.episode_id) == (C, episode_of("A", C, "e0"))


def test_a_stay_has_one_id_from_both_clocks() -> None:
    alert, weekly = placed((10, 10), was(V)), placed((12, 9), was(V))
    assert alert.episode_id == weekly.episode_id == episode_of("A", C, "e0")
    assert alert.episode_since == "2026-W47"
    stays = placed((10, 10), was(C, episode_since="2026-W40"))
    assert (stays.episode_id, stays.episode_since) == ("e0", "2026-W40")


SCORE = st.one_of(st.none(), st.floats(0, 100).map(lambda x: round(x, 6)))
WEEKS = st.lists(st.dictionaries(st.sampled_from("ABCDE"), st.tuples(SCORE, SCORE), min_size=1), min_size=2, max_size=4)


@settings(max_examples=12, deadline=None)
@given(WEEKS, st.sampled_from([0.0, 2.0, 5.0]))
def test_any_history(weeks: list[dict[str, tuple[float | None, float | None]]], band: float) -> None:
    """Exactly one zone per placed customer; comparing is complete, and with itself empty; order does not matter."""
    rules = thresholds(dead_band=band)
    previous: pd.DataFrame | None = None
    for number, pairs in enumerate(weeks):
        book = facts(*({"customer_id": c} for c in sorted(pairs)))
        week = HERE.shift(number)
        current = place(scores(pairs), book, previous, rules, week=week)
        check(current, PLACEMENTS)
        is_placed = current.state == "placed"
        assert current.zone.notna().equals(is_placed)
        assert current.episode_id.notna()[is_placed].all()
        reversed_book = place(scores(pairs).iloc[::-1], book.iloc[::-1], previous, rules, week=week)
        pd.testing.assert_frame_equal(current, reversed_book)
        assert compare(current, current, book).empty
        if previous is not None:
            _complete(previous, current, compare(previous, current, book))
        previous = current


def _complete(previous: pd.DataFrame, current: pd.DataFrame, found: pd.DataFrame) -> None:
    everyone = set(previous.customer_id) | set(current.customer_id)
    told = set(found.customer_id)
    assert told <= everyone
    before, now = (f.set_index("customer_id") for f in (previous, current))
    for customer in everyone - told:
        zones = [f.zone.get(customer) for f in (before, now)]
        same = (pd.isna(zones[0]) and pd.isna(zones[1])) or zones[0] == zones[1]
        waited = customer in before.index and before.pending_zone.get(customer) == zones[1]
        assert same or waited


@settings(max_examples=20, deadline=None)
@given(st.tuples(*[st.floats(0, 100)] * 2), st.tuples(*[st.floats(0, 30)] * 2), st.tuples(*[st.floats(0, 100)] * 2))
def test_better_scores_never_put_a_customer_below_a_line_it_was_above(
    pair: tuple[float, float], more: tuple[float, float], earlier: tuple[float, float]
) -> None:
    rules, book = thresholds(confirmation_weeks=1), facts({"customer_id": "A"})
    previous = place(scores({"A": earlier}), book, None, rules, week=HERE)
    better = (min(100.0, pair[0] + more[0]), min(100.0, pair[1] + more[1]))
    zones = [place(scores({"A": p}), book, previous, rules, week=HERE.shift(1)).zone[0] for p in (pair, better)]
    sides = {Zone.CRITICAL: (0, 0), Zone.NEUTRAL: (0, 1), Zone.SOMEWHAT_LOYAL: (1, 0), Zone.VERY_LOYAL: (1, 1)}
    worse, best = (sides[Zone(zone)] for zone in zones)
    assert (best[0] >= worse[0], best[1] >= worse[1]) == (True, True)
