"""The programme page: contradictions on top, no invented percentages, nothing fetched."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from contracts.rules import AdoptionRate, ProgrammeRules, SelfRating
from reporting.expert.programme import ProgrammeHead, compose_programme, render_programme
from reporting.verify import verify_page
from scoring.explain.programme import programme_practices, programme_quarters
from tests.factories.programme import observed

HEAD = ProgrammeHead("Borealis & Sons", "2026-W47", "as of 23 Nov 2026")
NOW = datetime(2026, 11, 20, tzinfo=UTC)
LINES = [
    ("cases_closed", datetime(2026, 5, 5, tzinfo=UTC), 15, 20),
    ("cases_closed", datetime(2026, 10, 5, tzinfo=UTC), 12, 29),
    ("packs_delivered", datetime(2026, 10, 5, tzinfo=UTC), 100, 100),
]
RATING = SelfRating(practice="cases_closed", level="done", by="<b>Head</b>", on=date(2026, 1, 15))


def page(rules: ProgrammeRules) -> str:
    quarters = programme_quarters(observed(*LINES), rules, as_of=NOW, zone=ZoneInfo("Europe/Rome"))
    return render_programme(HEAD, compose_programme(programme_practices(quarters, rules), quarters, rules))


def test_a_contradicted_rating_is_told_with_its_figure():
    text = page(ProgrammeRules(rating=(RATING,)))
    assert "One self-rating is contradicted by our own records" in text
    assert "rated done, but our records say partly: 41" in text
    assert "(12 of 29) in 2026-Q4, goal 80" in text
    assert "down from 75" in text


def test_without_ratings_and_rates_the_page_says_so():
    text = page(ProgrammeRules())
    assert "1 of 2 measured practices reach their goal; none is rated by ourselves yet" in text
    assert "No adoption rates of leaders and laggards are given" in text
    assert 'scope="col" class="num">Leaders' not in text


def test_rates_of_leaders_come_with_their_source():
    rate = AdoptionRate(practice="packs_delivered", leaders=0.62, laggards=0.18, source="Study of 2025, page 4")
    text = page(ProgrammeRules(adoption=(rate,)))
    assert "Packs arrive: Study of 2025, page 4" in text
    assert 'scope="col" class="num">Leaders' in text


def test_the_page_stands_alone_and_is_the_same_again():
    rules = ProgrammeRules(rating=(RATING,))
    assert verify_page(page(rules).encode()) == []
    assert "<script" not in page(rules)
    assert "&lt;b&gt;Head" in page(rules)
    assert page(rules) == page(rules)
