"""What explains the figures: parts add up over teams, money is kept apart by basis, nothing unproven is sold as proven."""

from __future__ import annotations

import dataclasses

import pytest

from contracts.scope import ScopedBook, scoped
from contracts.words import BusinessUnit, FieldGroup, Level
from reporting.account.page import compose_account
from reporting.models.pack import PackView
from reporting.view import compose
from tests.factories.reporting import EVERYTHING, a_book, a_scoped_book, an_audience, frame, heard


@pytest.fixture(scope="module")
def book() -> ScopedBook:
    return a_scoped_book(80)


@pytest.fixture(scope="module")
def view(book: ScopedBook) -> PackView:
    return compose(book)


def _kpis(view: PackView) -> dict[str, float | None]:
    assert view.kpis is not None
    return {line.signal_id: line.worth.value for line in view.kpis.lines}


def test_the_worth_of_a_step_adds_up_over_parts_of_the_book() -> None:
    book = a_book(40)
    everybody = sorted(book.frame("customer_facts")["customer_id"])
    made = []
    for mine in (everybody, everybody[:15], everybody[15:]):
        reader = an_audience(book, level=Level.MANAGER, unit=BusinessUnit.SUPPORT, customer_ids=mine)
        made.append(_kpis(compose(scoped(book, reader)))["reopened_pct"] or 0.0)
    assert made[0] == pytest.approx(900_000.0)
    assert made[1] + made[2] == pytest.approx(made[0])


def test_a_step_that_is_not_proven_has_no_worth_and_says_so() -> None:
    book = a_book(40)
    view = compose(scoped(book, an_audience(book, level=Level.MANAGER, unit=BusinessUnit.SALES)))
    assert view.kpis is not None
    by_signal = {line.signal_id: line for line in view.kpis.lines}
    assert by_signal["quote_days"].worth_text == "not proven"
    assert by_signal["quote_days"].worth.value is None
    assert "late_project_days" not in by_signal


def test_gross_retention_never_exceeds_net_nor_the_whole(view: PackView) -> None:
    assert view.money is not None
    gross, net = (line.value for line in view.money.kept)
    assert gross is not None
    assert net is not None
    assert gross <= 1.0
    assert gross <= net
    assert [line.target_text for line in view.money.kept] == ["92.0\u00a0%", "103.0\u00a0%"]


def test_revenue_kept_of_two_agreements_is_what_hand_counting_gives() -> None:
    book = a_book(2, hard_names=False)
    one, two = sorted(book.frame("customer_facts")["customer_id"])
    day = {"old": "2025-06-01", "new": "2026-06-01"}
    rows = [
        {"customer_id": one, "agreement_id": "a", "start_on": day["old"], "ended_on": day["new"], "annual_amount": 100.0},
        {"customer_id": one, "agreement_id": "b", "start_on": day["new"], "annual_amount": 130.0},
        {"customer_id": two, "agreement_id": "c", "start_on": day["old"], "ended_on": day["new"], "annual_amount": 60.0},
        {"customer_id": two, "agreement_id": "d", "start_on": day["new"], "annual_amount": 40.0},
    ]  # fmt: skip
    agreed = frame("agreements", [{**row, "currency": "EUR"} for row in rows])
    changed = dataclasses.replace(book, frames={**book.frames, "agreements": agreed})
    view = compose(scoped(changed, an_audience(changed)))
    assert view.money is not None
    assert [line.value for line in view.money.kept] == pytest.approx([140 / 160, 170 / 160])
    assert [line.last_year_text for line in view.money.kept] == ["not known", "not known"]


def test_saved_and_lost_are_named(view: PackView) -> None:
    assert view.money is not None
    assert [line.what for line in view.money.saved] == ["renewed after Critical"]
    assert [line.what for line in view.money.lost] == ["reduced"]
    assert view.money.saved_sentence.startswith("One account saved since 1")


def test_the_forecast_adds_up_by_quarter_and_by_zone(view: PackView) -> None:
    assert view.forecast is not None
    total = view.forecast.total
    assert sum(line.deals for line in view.forecast.quarters) == total.deals
    assert sum(line.weighted.value or 0 for line in view.forecast.quarters) == pytest.approx(total.weighted.value)
    assert sum(amount.value or 0 for amount in total.by_zone) == pytest.approx(total.weighted.value)
    late = next(line for line in view.forecast.quarters if line.label == "Past their date")
    assert late.deals >= len(view.forecast.slipped) > 0


def test_longer_windows_of_renewals_hold_the_shorter(view: PackView) -> None:
    counts = [line.total_count for line in view.windows.lines]
    assert counts == sorted(counts)
    assert all(sum(count for count, _ in line.cells) == line.total_count for line in view.windows.lines)


def test_themes_that_moved_stand_first_with_two_quotes_of_two_accounts(view: PackView) -> None:
    themes = view.experience.themes
    assert [(theme.aspect, theme.moved) for theme in themes] == [("hand-offs", "rose"), ("price", "fell")]
    for theme in themes:
        assert len(theme.quotes) == 2
        assert len({quote.customer_id for quote in theme.quotes}) == 2


def test_the_summary_has_four_sentences_and_hides_words_that_are_not_granted() -> None:
    book = a_book(60)
    reader = an_audience(book, fields=EVERYTHING - {FieldGroup.VERBATIMS})
    view = compose(scoped(heard(book, reader), reader))
    assert len(view.experience.sentences) == 4
    assert all(theme.quotes == () for theme in view.experience.themes)
    assert "not shown" in view.experience.themes_note


def test_drivers_that_are_not_proven_stay_and_say_so(view: PackView) -> None:
    assert view.drivers is not None
    assert [line.is_proven for line in view.drivers.lines] == [True, False, False]
    assert view.drivers.lines[-1].verdict == "not enough observations"
    assert view.answers[0].verdict == "proven"


def test_a_family_is_shown_only_to_who_holds_all_of_it() -> None:
    book = a_book(12)
    parent = book.frame("rollups")["customer_id"].iloc[0]
    members = {parent, *book.frame("families")["customer_id"]}
    whole = scoped(book, an_audience(book, customer_ids=members))
    assert list(whole.frame("rollups")["customer_id"]) == [parent]
    assert "Parent account" in compose_account(whole, parent).family
    part = scoped(book, an_audience(book, customer_ids=sorted(members)[:2]))
    assert part.frame("rollups").empty


def test_frames_made_for_an_audience_are_nobody_elses() -> None:
    book = a_book(12)
    reader, other = an_audience(book), an_audience(book, root="P-01")
    seen = heard(book, reader)
    assert len(scoped(seen, reader).frame("themes")) == 3
    assert scoped(seen, other).frame("themes").empty
    assert scoped(seen, other).frame("survey_figures").empty


def test_steps_follow_their_place_in_the_plan_and_tell_both_terms() -> None:
    book = a_book(40)
    steps = book.frame("actions")
    turned = steps.assign(plan_order=4 - steps["step"], value_at_risk_amount=100_000.0, chance_to_help=0.35)
    changed = dataclasses.replace(book, frames={**book.frames, "actions": turned})
    view = compose(scoped(changed, an_audience(changed)))
    first = [step for step in view.plan if step.customer_id == view.plan[0].customer_id]
    assert [step.action_id[-1] for step in first] == ["3", "2", "1"]
    assert (first[0].at_risk.text, first[0].chance_text) == ("EUR\u00a0100\u00a0k", "35\u00a0%")


def test_an_account_page_tells_value_voice_and_what_a_change_is_due_to(book: ScopedBook) -> None:
    now, before = (book.frame(name) for name in ("contributions", "previous_contributions"))
    spoke = set(book.frame("comments")["customer_id"]) & set(now["customer_id"]) & set(before["customer_id"])
    chosen = min(spoke)
    both = now[now["customer_id"] == chosen].merge(
        before[before["customer_id"] == chosen], on=["axis", "signal_id"], suffixes=("", "_was")
    )
    change = both["weight_share"] * both["signal_score"] - both["weight_share_was"] * both["signal_score_was"]
    parts = [
        {"customer_id": chosen, "axis": axis, "signal_id": signal, "value_change": delta, "decay_change": 0.0,
         "coverage_change": 0.0, "rule_change": 0.0, "norms_change": 0.0, "change": delta}
        for axis, signal, delta in zip(both["axis"], both["signal_id"], change, strict=True)
    ]  # fmt: skip
    known = ScopedBook(book.facts, {**book.frames, "changes": frame("changes", parts)}, book.audience)
    account = compose_account(known, chosen)
    assert account.worth.interval_text or account.worth.note
    assert account.said
    assert account.said[0].feeling in ("negative", "positive")
    assert account.said[0].aspects
    for fall in account.waterfalls:
        points = sum(int(text.replace("−", "-")) for _, text in fall.kinds)
        assert points == round(fall.end + 1e-9) - round(fall.start + 1e-9) or abs(points) <= 1
        assert all(words == "new facts" for words, _ in fall.kinds)


def test_revenue_is_never_called_value() -> None:
    book = a_book(30)
    values = book.frame("lifetime_values")
    chosen = values.loc[(values["basis"] == "revenue").fillna(value=False), "customer_id"].iloc[0]
    account = compose_account(scoped(book, an_audience(book)), chosen)
    assert account.worth.label == "Discounted revenue"
    assert "margin is not known" in account.worth.note
