"""The org chart: one head, no cycle, every level of every unit has readers with customers."""

from __future__ import annotations

import pytest

from contracts.words import BusinessUnit, Level
from extract.demo import build_demo
from extract.demo.people import QUEUE_IDS


def reach(company) -> dict[str, set[str]]:
    """person -> customers assigned to anyone in the person's subtree."""
    boss = dict(zip(company.people.person_id, company.people.manager_id, strict=True))
    seen: dict[str, set[str]] = {person: set() for person in boss}
    for row in company.assignments.itertuples():
        person, steps = row.person_id, 0
        while isinstance(person, str):
            seen[person].add(row.customer_id)
            person, steps = boss[person], steps + 1
            assert steps < 10, "a circle in the org chart"
    return seen


@pytest.mark.parametrize(("customers", "people"), [(50, 5), (50, 12), (50, 13), (200, 60), (300, 1000), (5000, 40)])
def test_every_customer_has_one_owner_in_each_unit(customers, people):
    company = build_demo(customers=customers, people=people, weeks=30)
    assert len(company.people) == people
    assert company.people.person_id.is_unique
    assert company.people.email.is_unique
    owners = company.assignments[company.assignments.role == "owner"]
    units = owners.person_id.map(company.people.set_index("person_id").business_unit)
    per_customer = owners.assign(unit=units).groupby("customer_id").unit.agg(["nunique", "size"])
    assert len(per_customer) == customers
    assert (per_customer == len(BusinessUnit)).all(axis=None)
    assert company.people.manager_id.isna().sum() == 1
    assert not company.assignments.duplicated(["customer_id", "person_id"]).any()


@pytest.mark.parametrize(("customers", "people"), [(50, 13), (200, 60), (700, 1000)])
def test_every_level_of_every_unit_has_a_reader_with_customers(customers, people):
    company = build_demo(customers=customers, people=people, weeks=30)
    seen = reach(company)
    for unit in BusinessUnit:
        for level in Level:
            group = company.people[(company.people.business_unit == unit) & (company.people.level == level)]
            assert any(seen[person] for person in group.person_id), (unit, level)


def test_the_queue_team_has_no_assignments_and_works_queues_that_exist():
    company = build_demo()
    team = company.people[company.people.is_queue]
    assert tuple(team.person_id) == QUEUE_IDS
    assert set(team.business_unit) == {"support"}
    assert not company.assignments.person_id.isin(QUEUE_IDS).any()


def test_a_leaver_owns_nothing_and_the_absent_one_has_a_delegate():
    people = build_demo().people
    gone = people[people.left_on.notna()]
    away = people[people.delegate_id.notna()]
    assert len(gone) == len(away) == 1
    assert not build_demo().assignments.person_id.isin(gone.person_id).any()
    assert away.delegate_id.isin(people.person_id).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"people": 4}, "at least 5 people"),
        ({"customers": 49}, "at least 50 customers"),
        ({"weeks": 29}, "at least 30 weeks"),
    ],
)
def test_too_small_a_company_is_refused_with_the_least_size(arguments, message):
    with pytest.raises(ValueError, match=message):
        build_demo(**arguments)
