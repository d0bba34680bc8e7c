"""Owners, account teams and leads: vacant places escalate upward."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from contracts.words import BusinessUnit, Role
from scoring.org import bu_lead_of, org_chart, owner_of, team_of, units_of
from tests.factories.scoring import ago, assignments, people

SALES, SUPPORT = BusinessUnit.SALES, BusinessUnit.SUPPORT
STAFF: tuple[dict[str, Any], ...] = (
    {"person_id": "ceo", "level": "executive", "business_unit": None},
    {"person_id": "dir", "level": "director", "manager_id": "ceo"},
    {"person_id": "mgr", "level": "manager", "manager_id": "dir"},
    {"person_id": "rep", "manager_id": "mgr"},
    {"person_id": "rep2", "manager_id": "mgr"},
    {"person_id": "eng", "business_unit": "support", "manager_id": "mgr2"},
    {"person_id": "mgr2", "level": "manager", "business_unit": "support", "manager_id": "ceo"},
)
ASSIGNED = assignments(("A", "rep", "owner"), ("A", "rep2", "member"), ("A", "eng", "owner"), ("B", "rep2", "member"))
TODAY = date(2026, 11, 23)


def chart(*changes: dict[str, Any], as_of: date | None = TODAY) -> Any:
    changed = {row["person_id"]: row for row in changes}
    return org_chart(people(*({**row, **changed.get(row["person_id"], {})} for row in STAFF)), ASSIGNED, as_of=as_of)


LEFT, AWAY = {"left_on": ago(9)}, {"absent_from_on": ago(5), "absent_to_on": ago(-5)}


@pytest.mark.parametrize(
    ("changes", "owner"),
    [
        pytest.param([], "rep", id="the owner"),
        pytest.param([{"person_id": "rep", **LEFT}], "mgr", id="left: the manager"),
        pytest.param([{"person_id": "rep", **LEFT}, {"person_id": "mgr", **LEFT}], "dir", id="both left"),
        pytest.param([{"person_id": "rep", **AWAY}], "mgr", id="absent without delegate"),
        pytest.param([{"person_id": "rep", **AWAY, "delegate_id": "rep2"}], "rep2", id="absent with delegate"),
        pytest.param([{"person_id": "rep", "left_on": ago(-9)}], "rep", id="leaves later"),
        pytest.param([{"person_id": "rep", "absent_from_on": ago(-1)}], "rep", id="absent later"),
    ],
)
def test_owner_or_who_stands_in(changes: list[dict[str, Any]], owner: str) -> None:
    assert owner_of(chart(*changes), "A", SALES) == owner


def test_a_member_answers_where_there_is_no_owner() -> None:
    assert owner_of(chart(), "B", SALES) == "rep2"
    assert owner_of(chart(), "B", SUPPORT) is None
    assert owner_of(chart(), "nobody", SALES) is None


@pytest.mark.parametrize(
    ("changes", "lead"),
    [
        pytest.param([], "dir", id="the director"),
        pytest.param([{"person_id": "dir", **LEFT}], "ceo", id="director left: above the units"),
        pytest.param([{"person_id": "dir", "level": "manager"}], "mgr", id="no director: the highest"),
        pytest.param([{"person_id": "dir", **AWAY, "delegate_id": "mgr"}], "mgr", id="delegate"),
        pytest.param([{"person_id": p, **LEFT} for p in ("dir", "ceo")], None, id="nobody left"),
    ],
)
def test_lead_of_the_unit(changes: list[dict[str, Any]], lead: str | None) -> None:
    assert bu_lead_of(chart(*changes), "A", SALES) == lead


def test_a_unit_without_director_is_led_by_its_highest() -> None:
    assert bu_lead_of(chart(), "A", SUPPORT) == "mgr2"
    assert bu_lead_of(chart(), "B", SUPPORT) is None


def test_the_team_lists_everybody_once_owners_first() -> None:
    assert team_of(chart(), "A", [Role.OWNER, Role.MEMBER]) == ["eng", "rep", "rep2"]
    assert team_of(chart(), "A", [Role.OWNER]) == ["eng", "rep"]
    assert units_of(chart(), "A") == [SALES, SUPPORT]


def test_a_cycle_does_not_hang() -> None:
    turning = chart(
        {"person_id": "ceo", "manager_id": "rep", **LEFT}, *({"person_id": p, **LEFT} for p in ("rep", "mgr", "dir"))
    )
    assert owner_of(turning, "A", SALES) is None


def test_without_a_day_every_leaver_has_left() -> None:
    assert owner_of(chart({"person_id": "rep", "left_on": ago(-9)}, as_of=None), "A", SALES) == "mgr"
