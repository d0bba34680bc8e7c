"""The account page's view: waterfalls that add up, nothing of other customers, sections that say why they are empty."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.scope import ScopedBook, scoped
from contracts.words import FieldGroup
from reporting.account.models import AccountView
from reporting.account.page import NotInScope, compose_account, compose_accounts
from reporting.explain import drivers
from tests.factories.reporting import a_book, a_scoped_book, an_audience


@pytest.fixture(scope="module")
def book() -> ScopedBook:
    return a_scoped_book(60)


@pytest.fixture(scope="module")
def views(book: ScopedBook) -> list[AccountView]:
    return list(compose_accounts(book, sorted(book.audience.customer_ids)))


def test_waterfalls_add_up_exactly_and_as_printed(views: list[AccountView]) -> None:
    falls = [fall for view in views for fall in view.waterfalls]
    assert len(falls) > 100
    for fall in falls:
        assert abs(sum(step.change for step in fall.steps) - (fall.end - fall.start)) < 1e-9
        printed = sum(int(step.text.replace("−", "-").replace("+", "")) for step in fall.steps)
        assert printed == int(fall.end_text) - int(fall.start_text)
        at = fall.start
        for step in fall.steps:
            assert step.starts_at == at
            at = step.ends_at
        assert at == fall.end


def test_waterfalls_end_at_the_score_of_the_placement(views: list[AccountView]) -> None:
    for view in views:
        ends = {fall.axis: fall.end for fall in view.waterfalls}
        if view.loyalty is not None and ends:
            assert ends["loyalty"] == pytest.approx(view.loyalty, abs=1e-5)


class Row:
    """A row of CONTRIBUTIONS, as far as drivers need one."""

    def __init__(self, signal_id: str, weight: float, score: float) -> None:
        self.signal_id, self.axis, self.value = signal_id, "loyalty", score
        self.weight_share, self.signal_score = weight, score


_signals = st.dictionaries(
    st.sampled_from("abcdefg"), st.tuples(st.floats(0.1, 5), st.floats(0, 100)), min_size=1, max_size=7
)


@settings(max_examples=80, deadline=None)
@given(_signals, _signals)
def test_drivers_sum_to_the_change_of_the_score(now: dict, before: dict) -> None:
    def rows(each: dict) -> list[Row]:
        whole = sum(weight for weight, _ in each.values())
        return [Row(name, weight / whole, score) for name, (weight, score) in each.items()]

    def score(each: list[Row]) -> float:
        return sum(row.weight_share * row.signal_score for row in each)

    current, earlier = rows(now), rows(before)
    assert sum(d.change for d in drivers(current, earlier)) == pytest.approx(score(current) - score(earlier), abs=1e-9)


def test_a_signal_that_appears_at_the_old_score_changes_nothing() -> None:
    before = [Row("a", 1.0, 40.0)]
    now = [Row("a", 0.5, 40.0), Row("b", 0.5, 40.0)]
    assert [driver.change for driver in drivers(now, before)] == [0.0, 0.0]


def test_one_page_is_the_same_alone_and_among_others(book: ScopedBook, views: list[AccountView]) -> None:
    assert compose_account(book, views[7].customer_id) == views[7]


def test_a_page_holds_no_other_customer(book: ScopedBook, views: list[AccountView]) -> None:
    for view in views[:12]:
        said = repr(view)
        others = {other.customer_id for other in views} - {view.customer_id}
        assert not [other for other in others if re.search(rf"\b{other}\b", said)]


def test_a_customer_out_of_scope_is_refused() -> None:
    book = a_book(10)
    mine = sorted(book.frame("customer_facts")["customer_id"])
    seen = scoped(book, an_audience(book, customer_ids=mine[:5]))
    with pytest.raises(NotInScope, match=mine[7]):
        compose_account(seen, mine[7])


def test_ungranted_groups_are_said_to_be_hidden_and_are_gone() -> None:
    seen = a_scoped_book(40, fields=[])
    for view in compose_accounts(seen, sorted(seen.audience.customer_ids)):
        assert view.verbatims == ()
        assert view.feedback == ()
        assert "not shown to this audience" in view.verbatims_note
        assert "not shown to this audience" in view.feedback_note
        assert view.revenue.text == "not shown to this audience"
        assert "EUR" not in repr(view).replace("currency='EUR'", "")
        assert "twice" not in repr(view)
        assert view.owners == ()


def test_a_first_report_explains_the_score_against_the_typical_account() -> None:
    book = a_scoped_book(20, is_first_week=True)
    placed = [view for view in compose_accounts(book, sorted(book.audience.customer_ids)) if view.waterfalls]
    assert placed
    for view in placed:
        assert not view.waterfalls[0].is_change
        assert view.waterfalls[0].start_label == "Typical account"
        assert "was" not in view.zone_sentence
        assert view.before is None


def test_an_account_without_evidence_says_so_and_lists_what_is_not_measured(views: list[AccountView]) -> None:
    lacking = [view for view in views if view.mark.code == "i"]
    assert lacking
    for view in lacking:
        assert view.zone_sentence.startswith("This account has no zone: ")
        assert view.waterfalls == ()
        assert len(view.missing_signals) == len(view.signals)


def test_timelines_cover_two_years_and_bands_do_not_overlap(views: list[AccountView]) -> None:
    for view in views:
        line = view.timeline
        assert line.weeks == len(line.tickets) == 104
        for one, other in zip(line.bands, line.bands[1:], strict=False):
            assert one.end <= other.start
        assert line.last_week == "2026-W47"
        assert line.quarters[0][1] == "Q1 2025"


def test_grants_change_fields_not_shape(book: ScopedBook) -> None:
    one = min(book.audience.customer_ids)
    whole = a_book(60)
    hidden = compose_account(scoped(whole, an_audience(whole, fields=[FieldGroup.BASIC])), one)
    shown = compose_account(scoped(whole, an_audience(whole)), one)
    assert hidden.mark == shown.mark
    assert hidden.disclosure != shown.disclosure
