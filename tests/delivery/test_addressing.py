from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.rules import AttributeScope, NamedAudience
from contracts.scope import Audience
from contracts.words import BusinessUnit, FieldGroup, Level
from delivery.addressing import address, audiences
from delivery.errors import AddressingRefused
from delivery.orgchart import bu_of, read_org_chart
from tests.factories.delivery import AS_OF, assignments, customers, people, rules

CHART = (
    ("CEO", "executive", None, None),
    ("DIR", "director", "sales", "CEO"),
    ("MAN", "manager", "sales", "DIR"),
    ("ANN", "individual", "sales", "MAN"),
    ("BOB", "individual", "sales", "MAN"),
    ("SUP", "individual", "support", "CEO"),
)
BOOK = customers("C1", "C2", "C3", "C4", support_queue=["emea", "emea", None, ""])


def by_person(found: list[Audience]) -> dict[str, Audience]:
    return {audience.root: audience for audience in found}


def seen(found: list[Audience]) -> dict[str, set[str]]:
    return {audience.root: set(audience.customer_ids) for audience in found}


def test_everybody_sees_the_customers_of_the_tree_below_and_the_top_the_whole_book() -> None:
    pairs = assignments(("C1", "ANN"), ("C2", "BOB"), ("C2", "SUP"), ("C3", "DIR"))
    found = audiences(people(*CHART), pairs, BOOK, rules(), as_of=AS_OF)
    assert seen(found) == {
        "CEO": {"C1", "C2", "C3", "C4"},
        "DIR": {"C1", "C2", "C3"},
        "MAN": {"C1", "C2"},
        "ANN": {"C1"},
        "BOB": {"C2"},
        "SUP": {"C2"},
    }
    assert [a.root for a in found] == ["CEO", "DIR", "MAN", "ANN", "BOB", "SUP"]
    assert [a.root for a in found if a.is_whole_book] == ["CEO"]


def test_titles_and_rules_are_words() -> None:
    pairs = assignments(("C1", "ANN"), ("C2", "SUP"))
    named = people(*CHART, MAN={"name": "Amina Karim"}, ANN={"name": "Ærø Ørsted"}, DIR={"name": "山田太郎"})
    found = by_person(audiences(named, pairs, BOOK, rules(), as_of=AS_OF))
    assert found["MAN"].title == "Team view · A. Karim"
    assert found["ANN"].title == "My accounts · Ærø Ørsted"
    assert found["DIR"].title == "Sales direction · 山田太郎"
    assert found["CEO"].title == "Executive view · A. CEO"
    assert "reports to Amina Karim" in found["MAN"].rule


def test_field_groups_come_from_the_level_and_an_unnamed_level_gets_none() -> None:
    pairs = assignments(("C1", "ANN"))
    granted = rules().model_copy(update={"fields": {Level.MANAGER: [FieldGroup.MONEY, FieldGroup.VERBATIMS]}})
    found = by_person(audiences(people(*CHART), pairs, BOOK, granted, as_of=AS_OF))
    assert found["MAN"].fields == {FieldGroup.MONEY, FieldGroup.VERBATIMS}
    assert found["ANN"].fields == frozenset()
    assert found["ANN"].sees(FieldGroup.BASIC)
    assert not found["ANN"].sees(FieldGroup.MONEY)


def test_who_has_no_customers_gets_no_audience_and_a_note() -> None:
    result = address(people(*CHART), assignments(("C1", "ANN")), BOOK, rules(), as_of=AS_OF)
    assert "BOB" not in seen(list(result.audiences))
    assert {n.subjects[0] for n in result.notes if n.kind == "no_customers"} == {"BOB", "SUP"}
    unassigned = next(n for n in result.notes if n.kind == "unassigned_customers")
    assert unassigned.subjects == ("C2", "C3", "C4")
    assert unassigned.message.startswith("3 customers assigned to nobody")


def test_a_leaver_reads_nothing_and_what_hangs_on_him_goes_up() -> None:
    gone = people(*CHART, MAN={"left_on": datetime(2026, 11, 1)})
    found = seen(audiences(gone, assignments(("C1", "ANN"), ("C3", "MAN")), BOOK, rules(), as_of=AS_OF))
    assert "MAN" not in found
    assert found["DIR"] == {"C1", "C3"}


def test_who_leaves_after_the_week_still_reads() -> None:
    later = people(*CHART, ANN={"left_on": datetime(2026, 11, 23)})
    found = seen(audiences(later, assignments(("C1", "ANN")), BOOK, rules(), as_of=AS_OF))
    assert "ANN" in found


@pytest.mark.parametrize(
    ("scope", "holders"),
    [
        pytest.param({"people": ["SUP"]}, {"SUP"}, id="by name"),
        pytest.param({"business_unit": "support"}, {"SUP"}, id="by unit"),
        pytest.param({"level": "individual"}, {"SUP", "ANN", "BOB", "MAN", "DIR"}, id="by level, seen above too"),
        pytest.param({"level": "individual", "people": ["ANN"]}, {"ANN", "MAN", "DIR"}, id="both must hold"),
        pytest.param({}, set(), id="names nobody"),
        pytest.param({"people": ["nobody"]}, set(), id="unknown person"),
    ],
)
def test_attribute_scopes(scope: dict[str, object], holders: set[str]) -> None:
    grant = AttributeScope.model_validate({"attribute": "support_queue", "values": ["emea"], **scope})
    found = seen(audiences(people(*CHART), assignments(), BOOK, rules(grant), as_of=AS_OF))
    assert {person for person, ids in found.items() if ids == {"C1", "C2"}} == holders
    assert found["CEO"] == {"C1", "C2", "C3", "C4"}


def test_a_blank_attribute_value_never_matches_a_blank_cell() -> None:
    grant = AttributeScope(people=["SUP"], attribute="support_queue", values=["", " "])
    result = address(people(*CHART), assignments(), BOOK, rules(grant), as_of=AS_OF)
    assert seen(list(result.audiences)).keys() == {"CEO"}
    assert any(note.kind == "scope_without_customers" for note in result.notes)


def test_assignments_to_strangers_grant_nothing_and_are_named() -> None:
    pairs = assignments(("C1", "GHOST"), ("C9", "ANN"), ("C2", "ANN"))
    result = address(people(*CHART), pairs, BOOK, rules(), as_of=AS_OF)
    assert seen(list(result.audiences))["ANN"] == {"C2"}
    assert {n.kind: n.subjects for n in result.notes if n.kind.startswith("unknown")} == {
        "unknown_person": ("GHOST",),
        "unknown_customer": ("C9",),
    }


def test_a_blank_unit_is_a_right_only_at_the_top() -> None:
    chart = people(*CHART[:3], ("ANN", "individual", None, "MAN"), ("COO", "executive", None, "CEO"))
    result = address(chart, assignments(("C1", "ANN")), BOOK, rules(), as_of=AS_OF)
    found = seen(list(result.audiences))
    assert found["ANN"] == {"C1"}
    assert found["COO"] == {"C1", "C2", "C3", "C4"}
    assert [n.subjects for n in result.notes if n.kind == "no_unit"] == [("ANN",)]


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        pytest.param(people(("A", "executive", None, "Z")), ["Ada A", "'Z'", "left_on"], id="unknown superior"),
        pytest.param(
            people(("R", "executive", None, None), ("A", "manager", None, "B"), ("B", "manager", None, "A")),
            ["Ada A (A) -> Ada B (B) -> Ada A (A)"],
            id="cycle",
        ),
        pytest.param(people(("A", "executive", None, "A")), ["Ada A (A) -> Ada A (A)"], id="own superior"),
        pytest.param(
            people(("A", "executive", None, None), ("B", "manager", None, None)),
            ["2 persons", "Ada A (A)", "Ada B (B)"],
            id="two at the top",
        ),
        pytest.param(
            people(("A", "executive", None, None), ("A", "manager", None, "A")), ["used twice: A"], id="listed twice"
        ),
    ],
)
def test_a_chart_that_is_no_tree_is_refused_with_names(chart: pd.DataFrame, words: list[str]) -> None:
    with pytest.raises(AddressingRefused) as refusal:
        audiences(chart, assignments(), BOOK, rules(), as_of=AS_OF)
    for word in words:
        assert word in str(refusal.value)


def test_a_former_chief_without_reports_is_no_second_root() -> None:
    chart = people(*CHART, ("OLD", "executive", None, None), OLD={"left_on": datetime(2020, 1, 1)})
    assert "CEO" in seen(audiences(chart, assignments(), BOOK, rules(), as_of=AS_OF))


def test_the_vacant_place_of_a_chief_makes_nobody_else_see_the_whole_book() -> None:
    chart = people(*CHART, CEO={"left_on": datetime(2020, 1, 1)})
    found = audiences(chart, assignments(("C1", "ANN")), BOOK, rules(), as_of=AS_OF)
    assert not any(audience.is_whole_book for audience in found)


def test_without_people_the_named_audiences_get_the_whole_book() -> None:
    named = (
        NamedAudience(level=Level.EXECUTIVE, title="Board", name="Board", email="board@x.example", language="it"),
        NamedAudience(
            level=Level.MANAGER, business_unit=BusinessUnit.SUPPORT, title="Desk", name="Desk", email="desk@x.example"
        ),
    )
    result = address(people(), assignments(), BOOK, rules(named=named), as_of=AS_OF)
    assert [(a.title, a.unit, len(a.customer_ids)) for a in result.audiences] == [
        ("Board", None, 4),
        ("Desk", BusinessUnit.SUPPORT, 4),
    ]
    assert result.readers["board@x.example"].language == "it"
    assert address(people(), assignments(), customers(), rules(named=named), as_of=AS_OF).audiences == ()


def test_readers_carry_language_calendar_and_address() -> None:
    chart = people(
        *CHART,
        ANN={"calendar": "cairo", "language": "ar"},
        BOB={"calendar": "moon", "email": None},
    )
    result = address(chart, assignments(("C1", "ANN"), ("C2", "BOB")), BOOK, rules(), as_of=AS_OF, language="it")
    assert (result.readers["ANN"].calendar, result.readers["ANN"].language) == ("cairo", "ar")
    assert (result.readers["BOB"].calendar, result.readers["BOB"].address) == ("default", None)
    assert result.readers["MAN"].language == "it"
    assert {n.kind for n in result.notes} >= {"no_calendar", "no_address"}


def test_all_twelve_kinds_of_level_and_unit_arise() -> None:
    rows: list[tuple[str, str, str | None, str | None]] = [("CEO", "executive", None, None)]
    pairs = []
    for unit in BusinessUnit:
        above = "CEO"
        for level in (Level.EXECUTIVE, Level.DIRECTOR, Level.MANAGER, Level.INDIVIDUAL):
            person = f"{level.value}-{unit.value}"
            rows.append((person, level.value, unit.value, above))
            above = person
        pairs.append(("C1", above))
    chart = people(*rows)
    found = audiences(chart, assignments(*pairs), BOOK, rules(), as_of=AS_OF)
    assert {(a.level, a.unit) for a in found if a.unit} == {(level, unit) for level in Level for unit in BusinessUnit}
    assert len({a.audience_id for a in found}) == 13
    tree = read_org_chart(chart, as_of=AS_OF)
    assert bu_of(tree, "manager-gps") is BusinessUnit.GPS
    assert bu_of(tree, "CEO") is None
    assert bu_of(tree, "stranger") is None


@st.composite
def companies(draw: st.DrawFn) -> tuple[list[tuple[str, str, str | None, str | None]], list[tuple[str, str]], set[str]]:
    size = draw(st.integers(1, 14))
    level, unit = st.sampled_from([*Level]), st.sampled_from([None, *BusinessUnit])
    rows = [
        (f"P{n}", draw(level).value, draw(unit), f"P{draw(st.integers(0, n - 1))}" if n else None) for n in range(size)
    ]
    person = st.integers(0, size - 1).map(lambda n: f"P{n}")
    pairs = draw(st.lists(st.tuples(st.sampled_from(["C1", "C2", "C3", "C4"]), person), unique=True, max_size=12))
    gone = draw(st.sets(person, max_size=3))
    return rows, pairs, gone


@settings(max_examples=60, deadline=None)
@given(company=companies(), queue=st.sampled_from([[], ["P0"], ["P1", "P3"]]))
def test_scopes_of_any_company(
    company: tuple[list[tuple[str, str, str | None, str | None]], list[tuple[str, str]], set[str]], queue: list[str]
) -> None:
    rows, pairs, gone = company
    leave = {person: {"left_on": datetime(2026, 1, 1)} for person in gone}
    grant = AttributeScope(people=queue, attribute="support_queue", values=["emea"])
    found = by_person(audiences(people(*rows, **leave), assignments(*pairs), BOOK, rules(grant), as_of=AS_OF))
    superior = {person: above for person, _, _, above in rows}
    own = {
        person: {c for c, p in pairs if p == person} | ({"C1", "C2"} if person in queue else set())
        for person in superior
    }
    for person, audience in found.items():
        assert person not in gone
        assert audience.customer_ids
        above = superior[person]
        if above in found:
            assert audience.customer_ids <= found[above].customer_ids
        if not audience.is_whole_book:
            below = [p for p in superior if _is_below(p, person, superior)]
            assert audience.customer_ids == set().union(*(own[p] for p in below))
    silent = set(superior) - set(found) - gone
    assert all(not own[person] for person in silent)


def _is_below(person: str | None, top: str, superior: dict[str, str | None]) -> bool:
    while person is not None:
        if person == top:
            return True
        person = superior[person]
    return False


def test_a_delegate_sees_the_customers_of_an_absent_colleague_while_the_absence_lasts() -> None:
    away = {
        "delegate_id": "HERE",
        "absent_from_on": pd.Timestamp("2026-11-09"),
        "absent_to_on": pd.Timestamp("2026-11-20"),
    }
    team = people(
        ("BOSS", "executive", None, None),
        ("AWAY", "individual", "sales", "BOSS"),
        ("HERE", "individual", "sales", "BOSS"),
        AWAY=away,
    )
    owned = assignments(("C-1", "AWAY"), ("C-2", "HERE"))

    def seen(day: str) -> frozenset[str]:
        as_of = datetime.fromisoformat(f"{day}T12:00:00+00:00")
        found = audiences(team, owned, customers("C-1", "C-2"), rules(), as_of=as_of)
        return next(a.customer_ids for a in found if a.root == "HERE")

    assert seen("2026-11-08") == {"C-2"}
    assert seen("2026-11-20") == {"C-1", "C-2"}
    assert seen("2026-11-21") == {"C-2"}
