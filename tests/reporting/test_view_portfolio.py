"""A pack's view: parts add up, order is total, nothing of a hidden group is said, empty states are sentences."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from contracts.frames import conform
from contracts.results import PLACEMENTS
from contracts.scope import ScopedBook, scoped
from contracts.words import BusinessUnit, FieldGroup, Level
from reporting.models.pack import PackView
from reporting.sections.order import sections_for
from reporting.view import compose
from tests.factories.reporting import a_book, a_scoped_book, an_audience, below, frame


@pytest.fixture(scope="module")
def book() -> ScopedBook:
    return a_scoped_book()


@pytest.fixture(scope="module")
def view(book: ScopedBook) -> PackView:
    return compose(book)


def test_matrix_rows_sum_to_last_week_and_columns_to_this_week(book: ScopedBook, view: PackView) -> None:
    assert view.matrix is not None
    for row in view.matrix.rows:
        assert sum(cell.count for cell in row.cells) == row.total.count
    for at, total in enumerate(view.matrix.totals):
        assert sum(row.cells[at].count for row in view.matrix.rows) == total.count
    now = {line.mark.code: line.count for line in view.zones}
    assert {mark.code: cell.count for mark, cell in zip(view.matrix.columns, view.matrix.totals, strict=True)} == {
        code: count for code, count in now.items() if count or code != "i"
    }
    before = book.frame("previous_placements")
    for row in view.matrix.rows:
        state = before["zone"] == row.mark.zone if row.mark.zone else before["state"] == "insufficient"
        assert row.total.count == int(state.fillna(value=False).sum())
    assert view.matrix.grand_total.count == len(before)


def test_matrix_money_adds_up_with_its_counts(view: PackView) -> None:
    assert view.matrix is not None
    whole = sum(cell.revenue.value or 0 for row in view.matrix.rows for cell in row.cells)
    assert whole == pytest.approx(view.matrix.grand_total.revenue.value)


def test_a_customer_that_left_and_one_that_came_stand_in_their_own_row_and_column() -> None:
    book = a_book(20, hard_names=False)
    now, before = book.frame("placements"), book.frame("previous_placements")
    gone, came = now["customer_id"].iloc[0], now["customer_id"].iloc[1]
    now = now.assign(state=now["state"].mask(now["customer_id"] == gone, "left"))
    now = now.assign(zone=now["zone"].mask(now["customer_id"] == gone, None))
    before = before.loc[before["customer_id"] != came]
    changed = dataclasses.replace(
        book, frames={**book.frames, "placements": conform(now, PLACEMENTS), "previous_placements": before}
    )
    view = compose(scoped(changed, an_audience(changed)))
    assert view.matrix is not None
    assert [mark.code for mark in view.matrix.columns][-1] == "l"
    assert [row.mark.code for row in view.matrix.rows][-1] == "x"
    assert view.matrix.grand_total.count == 20
    assert sum(line.count for line in view.zones) == 19
    assert gone not in {row.customer_id for row in view.accounts.rows}


def test_zone_counts_hold_everyone_and_have_a_fifth_row(view: PackView) -> None:
    assert [line.mark.label for line in view.zones] == [
        "Very Loyal",
        "Somewhat Loyal",
        "Neutral",
        "Critical",
        "Insufficient evidence",
    ]
    assert sum(line.count for line in view.zones) == view.accounts.total_count == 150


def test_accounts_that_turned_critical_come_first_and_the_order_does_not_depend_on_rows(book: ScopedBook) -> None:
    shuffled = dataclasses.replace(
        book, frames={name: f.sample(frac=1, random_state=3).reset_index(drop=True) for name, f in book.frames.items()}
    )
    first, second = compose(book), compose(shuffled)
    assert [row.customer_id for row in first.accounts.rows] == [row.customer_id for row in second.accounts.rows]
    assert first == second
    turned = [move.customer_id for move in first.moves if move.after.label == "Critical"]
    assert {row.customer_id for row in first.accounts.rows[: len(turned)]} == set(turned)


def test_what_to_do_begins_with_the_accounts_that_turned_critical(view: PackView) -> None:
    turned = {move.customer_id for move in view.moves if move.after.label == "Critical"}
    planned = [step.customer_id in turned for step in view.actions]
    assert any(planned)
    assert planned == sorted(planned, reverse=True)


def test_every_row_of_the_account_table_names_its_next_step(book: ScopedBook, view: PackView) -> None:
    planned = set(book.frame("actions")["customer_id"])
    assert all(row.next_action for row in view.accounts.rows if row.customer_id in planned)


def test_a_case_does_not_repeat_the_name_beside_it() -> None:
    named = a_scoped_book(30)
    cases, names = named.frame("cases"), named.frame("customer_facts").set_index("customer_id")["name"]
    titles = cases["customer_id"].map(names) + ": key account would not recommend us"
    told = compose(dataclasses.replace(named, frames={**named.frames, "cases": cases.assign(title=titles)}))
    assert {case.title for case in told.cases.open} == {"Key account would not recommend us"}


def test_rows_beyond_the_limit_are_told_with_their_money(book: ScopedBook) -> None:
    view = compose(book, row_limit=40)
    assert len(view.accounts.rows) == 40
    assert view.accounts.rest_count == 110
    assert "the first 40 of 150 accounts" in view.accounts.rest_sentence
    told = sum(row.revenue.value or 0 for row in view.accounts.rows) + (view.accounts.rest_revenue.value or 0)
    assert told == pytest.approx(view.accounts.total_revenue.value)


def test_the_check_line_adds_up(view: PackView) -> None:
    check = view.reconciliation
    assert check.parts_count - check.shared_count + check.unassigned_count == check.total_count == 150
    parts, shared = check.parts_revenue.value or 0, check.shared_revenue.value or 0
    assert parts - shared + (check.unassigned_revenue.value or 0) == pytest.approx(check.total_revenue.value)


def test_unassigned_accounts_are_named() -> None:
    book = a_book(30)
    audience = an_audience(book, level=Level.DIRECTOR, unit=BusinessUnit.GPS, root="P-GP0")
    view = compose(scoped(book, audience))
    assert view.reconciliation.unassigned_count == len(view.reconciliation.unassigned) == 1
    assert view.reconciliation.parts_count == 29


def test_no_amount_is_said_to_an_audience_without_money() -> None:
    view = compose(a_scoped_book(60, fields=[FieldGroup.COLLEAGUES, FieldGroup.COLLEAGUE_FIGURES]))
    said = repr(view)
    assert "EUR\\xa0" not in said
    assert "EUR\xa0" not in said
    assert all(row.revenue.value is None for row in view.accounts.rows)
    assert all(point.revenue is None for point in view.grid.points)


def test_hidden_words_and_people_are_not_said() -> None:
    view = compose(a_scoped_book(60, fields=[FieldGroup.MONEY]))
    assert view.experience.verbatims == ()
    assert "not shown to this audience" in view.experience.verbatims_note
    assert all(row.owner == "" for row in view.accounts.rows)
    assert all(case.owner == "" for case in view.cases.open)
    assert all(line.person == "" for line in view.contacts)


def test_a_first_report_compares_with_nothing() -> None:
    view = compose(a_scoped_book(40, is_first_week=True))
    assert view.headline.startswith("First report: ")
    assert view.matrix is None
    assert view.since == ()
    assert view.moves == ()
    assert all(tile.change.text == "" for tile in view.tiles)
    assert all(point.before_loyalty is None for point in view.grid.points)


def test_a_quiet_week_says_so() -> None:
    book = a_book(40, nothing_moved=True)
    view = compose(scoped(book, an_audience(book)))
    assert view.headline.startswith("No account changed zone this week")
    assert view.moves_sentences == ("No account changed zone this week.",)


@pytest.mark.parametrize("customers", [0, 1, 2])
def test_tiny_books_are_told(customers: int) -> None:
    book = a_book(3, hard_names=False)
    chosen = sorted(book.frame("customer_facts")["customer_id"])[:customers]
    view = compose(scoped(book, an_audience(book, customer_ids=chosen)))
    assert view.accounts.total_count == customers
    if not customers:
        assert view.headline == "No account is in this view"


def test_all_optional_frames_may_be_absent_or_empty() -> None:
    book = a_book(12, with_people=False)
    needed = {"customer_facts", "placements", "previous_placements", "transitions"}
    bare = {name: f for name, f in book.frames.items() if name in needed}
    view = compose(scoped(dataclasses.replace(book, frames=bare), an_audience(book)))
    assert view.cases.sentence == "No case is open."
    assert view.experience.sentences[0] == "No survey was answered lately."
    assert len(view.experience.sentences) == 4
    assert view.trust.short == "no source declared"
    empty = {name: f.iloc[0:0] for name, f in book.frames.items()}
    assert compose(scoped(dataclasses.replace(book, frames=empty), an_audience(book))).accounts.total_count == 0


def test_no_two_views_of_one_level_have_the_same_order() -> None:
    for level in Level:
        orders = [sections_for(level, unit) for unit in (None, *BusinessUnit)]
        assert all(one != other for one, other in itertools.combinations(orders, 2)), level


@pytest.mark.parametrize(
    ("unit", "first"),
    [(BusinessUnit.SALES, "renewals"), (BusinessUnit.SUPPORT, "problems"), (BusinessUnit.GPS, "projects")],
)
def test_each_unit_reads_its_own_work_first(unit: BusinessUnit, first: str) -> None:
    assert all(sections_for(level, unit)[0][0] == first for level in Level)


def test_every_view_holds_the_grid_the_experience_and_the_plan() -> None:
    for level, unit in itertools.product(Level, (None, *BusinessUnit)):
        main, aside = sections_for(level, unit)
        assert {"grid", "experience", "actions", "trust"} <= {*main, *aside}


def test_the_team_of_a_manager_counts_each_account_once_per_person() -> None:
    book = a_book(60)
    mine = below(book, "P-SU1")
    view = compose(
        scoped(book, an_audience(book, level=Level.MANAGER, unit=BusinessUnit.SUPPORT, root="P-SU1", customer_ids=mine))
    )
    assert {line.person_id for line in view.team.lines} == {"P-SU2", "P-SU3"}
    assert sum(line.accounts for line in view.team.lines) == 60
    assert sum(line.open_cases for line in view.team.lines) <= len(view.cases.open)


def test_an_amount_without_a_rate_is_listed_never_summed() -> None:
    book = a_book(30)
    view = compose(scoped(book, an_audience(book)))
    assert any("without a rate" in note for note in view.notes)
    lone = next(row for row in view.accounts.rows if row.revenue.value is None)
    assert lone.revenue.text == "–"


def test_restated_and_policy_moves_are_told_apart() -> None:
    book = a_book(60)
    moved = book.frame("transitions")
    moved = moved.assign(cause=["policy", *["customer"] * (len(moved) - 1)])
    changed = dataclasses.replace(book, frames={**book.frames, "transitions": moved})
    view = compose(scoped(changed, an_audience(changed)))
    assert [move.cause for move in view.other_moves] == ["policy"]
    assert view.other_moves[0].why == "The rules changed, not the customer"
    assert len(view.moves) == len(moved) - 1


@pytest.mark.parametrize(
    ("turn", "why"), [(0.3, "It was past the line before; this week confirms it"), (-0.3, "Several")]
)
def test_a_fall_that_this_weeks_scores_do_not_show_was_confirmed_by_it(turn: float, why: str) -> None:
    book = a_book(60)
    moved = book.frame("transitions").iloc[:1].assign(
        from_zone="very_loyal", to_zone="somewhat_loyal", kind="moved", cause="customer",
        loyalty_before=70.0, loyalty_after=70.0 + turn, retention_before=58.0, retention_after=58.0 + turn,
    )  # fmt: skip
    frames = {**book.frames, "transitions": moved, "previous_contributions": book.frame("contributions")}
    changed = dataclasses.replace(book, frames=frames)
    (move,) = compose(scoped(changed, an_audience(changed))).moves
    assert move.why.startswith(why)


def test_a_frame_of_the_factory_is_under_its_contract() -> None:
    assert list(frame("cases").columns)
    assert frame("tickets").empty
