"""Figures by segment: intervals, what stays hidden, and what is out of range."""

from __future__ import annotations

import itertools
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.frames import check
from contracts.results import FINDINGS, SEGMENTS
from contracts.rules import SegmentRule, SegmentRules
from scoring.measure.segments import UNNAMED, Segmented, segment_figures, segment_members
from tests.factories.scoring import assignments, contributions, facts, people, placements

NO_SIGNALS = contributions()
FIGURES = ("value", "low", "high", "n", "customers")


def book(sizes: dict[str | None, int], *, critical: dict[str, int] | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """PLACEMENTS and facts of customers by region; so many of each are Critical."""
    placed, known = [], []
    for region, size in sizes.items():
        for number in range(size):
            customer = f"{region}-{number}"
            is_critical = number < (critical or {}).get(str(region), 0)
            placed.append(
                {
                    "customer_id": customer,
                    "zone": "critical" if is_critical else "very_loyal",
                    "loyalty": 40.0 + number % 7,
                }
            )
            known.append({"customer_id": customer, "region": region})
    return placements(*placed), facts(*known)


def figures(
    sizes: dict[str | None, int], *, rules: SegmentRules | None = None, critical: dict[str, int] | None = None
) -> Segmented:
    placed, known = book(sizes, critical=critical)
    members = segment_members(known, assignments(), people(), ["region"])
    found = segment_figures(placed, NO_SIGNALS, members, rules or SegmentRules())
    check(found.segments, SEGMENTS)
    check(found.findings, FINDINGS)
    return found


def shown(found: Segmented, metric: str) -> dict[str, float]:
    rows = found.segments.query("metric == @metric and not is_suppressed")
    return dict(zip(rows.segment, rows.value, strict=True))


def test_figures_and_their_intervals() -> None:
    row = (
        figures({"EMEA": 10, "APAC": 10}, critical={"EMEA": 8})
        .segments.query("segment == 'EMEA' and metric == 'critical_share'")
        .iloc[0]
    )
    # Wilson 8/10
    assert (row.value, round(row.low, 4), round(row.high, 4), row.n) == (0.8, 0.4902, 0.9433, 10)


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        pytest.param({"EMEA": 20, "APAC": 9, "AMER": 7}, {"all", "EMEA", "APAC", "AMER"}, id="all large enough"),
        pytest.param({"EMEA": 20, "APAC": 9, "AMER": 3}, {"all", "EMEA"}, id="a second one hides the first"),
        pytest.param({"EMEA": 20, "APAC": 3, "AMER": 4}, {"all", "EMEA"}, id="two small ones hide each other"),
        pytest.param(
            {"EMEA": 20, "APAC": 1, "AMER": 2, "MEA": 8}, {"all", "EMEA"}, id="two small ones that together are too few"
        ),
        pytest.param({"EMEA": 20, "APAC": 2}, {"all"}, id="one would be told by the other"),
        pytest.param({"EMEA": 4}, set(), id="nothing of a tiny book"),
        pytest.param({"EMEA": 20, None: 3, "APAC": 6}, {"all", "EMEA"}, id="those without a region are a cell too"),
    ],
)
def test_small_cells_stay_hidden(sizes: dict[str | None, int], told: set[str]) -> None:
    found = figures(sizes)
    assert set(shown(found, "loyalty")) == told
    hidden = found.segments[found.segments.is_suppressed]
    assert hidden[list(FIGURES)].isna().all().all()


@settings(max_examples=60)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=6))
def test_no_sum_gives_a_hidden_cell_away(sizes: list[int]) -> None:
    """Whatever is told, the hidden cells of a dimension together hold nobody, or at least five, in two or more cells."""
    found = figures({f"R{n}": size for n, size in enumerate(sizes)}) if sum(sizes) else None
    if found is None:
        return
    told = set(shown(found, "loyalty"))
    hidden = [size for n, size in enumerate(sizes) if size and f"R{n}" not in told]
    if "all" in told and hidden:
        assert sum(hidden) >= 5
        assert len(hidden) > 1 or hidden[0] == sum(sizes)
    assert all(size >= 5 for n, size in enumerate(sizes) if f"R{n}" in told)


def test_a_customer_is_in_the_unit_of_each_owner_and_the_rest_is_no_small_cell() -> None:
    placed, known = book({"EMEA": 20})
    staff = people(
        {"person_id": "s"}, {"person_id": "g", "business_unit": "gps"}, {"person_id": "m", "business_unit": "support"}
    )
    ids = known.customer_id.tolist()
    teams = assignments(
        *((c, "s", "owner") for c in ids),
        *((c, "g", "owner") for c in ids[:17]),
        *((c, "m", "owner") for c in ids[:10]),
        (ids[19], "m", "member"),
    )
    members = segment_members(known, teams, staff, ["business_unit"])
    assert members.groupby("segment").size().to_dict() == {"sales": 20, "gps": 17, "support": 10}
    # 20 less 17 are three: the figure of gps would tell theirs
    assert set(shown(segment_figures(placed, NO_SIGNALS, members, SegmentRules()), "loyalty")) == {
        "all",
        "sales",
        "support",
    }


def test_each_figure_is_hidden_by_its_own_customers() -> None:
    placed, known = book({"EMEA": 10, "APAC": 10, "AMER": 10})
    values = contributions(
        *(
            {"customer_id": f"EMEA-{n}", "signal_id": "k", "value": 1.0 * n, "signal_score": 50.0, "weight_share": 1.0}
            for n in range(10)
        ),
        *(
            {"customer_id": f"APAC-{n}", "signal_id": "k", "value": 2.0, "signal_score": 50.0, "weight_share": 1.0}
            for n in range(3)
        ),
        *(
            {"customer_id": f"AMER-{n}", "signal_id": "k", "value": 3.0, "signal_score": 50.0, "weight_share": 1.0}
            for n in range(6)
        ),
    )
    found = segment_figures(placed, values, segment_members(known, assignments(), people(), ["region"]), SegmentRules())
    assert set(shown(found, "loyalty")) == {"all", "EMEA", "APAC", "AMER"}
    assert shown(found, "signal:k") == {"all": pytest.approx(69 / 19), "EMEA": 4.5}


def rules(**changes: Any) -> SegmentRules:
    base = {"id": "critical", "metric": "critical_share", "high": 0.3, "minimum_n": 5, "owner": "Head"}
    return SegmentRules(rule=[SegmentRule.model_validate(base | changes)])


def test_a_segment_out_of_range_is_a_finding() -> None:
    found = figures(
        {"EMEA": 40, "APAC": 40}, critical={"EMEA": 30, "APAC": 13}, rules=rules(dimensions=["region"])
    ).findings
    assert found[["segment", "side", "limit", "n", "owner"]].to_numpy().tolist() == [["EMEA", "above", 0.3, 40, "Head"]]
    assert (
        found.sentence[0]
        == "Region EMEA: critical share is 75% (95% interval 60% to 86%, n = 40), above the limit of 30%."
    )


@pytest.mark.parametrize(
    ("critical", "change"),
    [
        pytest.param(13, {}, id="beyond, but the interval holds the limit"),
        pytest.param(30, {"minimum_n": 50}, id="too few"),
        pytest.param(30, {"dimensions": ["tier"]}, id="another dimension"),
    ],
)
def test_what_is_no_finding(critical: int, change: dict[str, Any]) -> None:
    by = rules(**({"dimensions": ["region"]} | change))
    assert figures({"EMEA": 40, "APAC": 40}, critical={"EMEA": critical}, rules=by).findings.empty


def test_a_hidden_segment_is_never_a_finding() -> None:
    found = figures(
        {"EMEA": 40, "APAC": 4, "AMER": 8}, critical={"APAC": 4, "AMER": 8}, rules=rules(dimensions=["region"])
    )
    assert found.findings.empty


def test_those_who_left_take_no_part_and_order_does_not_matter() -> None:
    placed, known = book({"EMEA": 10, "APAC": 10})
    gone = placements({"customer_id": "EMEA-x", "state": "left", "loyalty": 1.0})
    members = segment_members(known, assignments(), people(), ["region"])
    plain = segment_figures(placed, NO_SIGNALS, members, SegmentRules()).segments
    other = segment_figures(
        pd.concat([gone, placed.iloc[::-1]], ignore_index=True), NO_SIGNALS, members.iloc[::-1], SegmentRules()
    )
    pd.testing.assert_frame_equal(plain, other.segments)


def test_shares_of_zones_sum_to_one() -> None:
    found = figures({"EMEA": 10, "APAC": 12}, critical={"EMEA": 3})
    for segment in ("all", "EMEA", "APAC"):
        zones = [
            shown(found, f"{zone}_share")[segment] for zone in ("critical", "neutral", "somewhat_loyal", "very_loyal")
        ]
        assert abs(sum(zones) - 1) < 1e-9


def test_wrong_rules_say_what_is_allowed() -> None:
    base = {"id": "x", "metric": "critical_share", "high": 0.3}
    for change, words in (
        (("metric", "moods"), "metric must be one of loyalty"),
        (("high", None), "give low, high or both"),
        (("low", 0.4), "must be below high"),
    ):
        with pytest.raises(ValidationError, match=words):
            SegmentRule.model_validate(base | {change[0]: change[1]})
    with pytest.raises(ValidationError, match="greater than or equal to 5"):
        SegmentRules(fewest_customers=4)


def test_no_name_is_a_segment_of_its_own() -> None:
    assert UNNAMED in set(figures({"EMEA": 10, None: 9}).segments.segment)
    assert list(itertools.islice(SegmentRules().dimensions, 1)) == ["business_unit"]
