"""Generated sentences: right for none, one and many, with money, and no more than the numbers say."""

from __future__ import annotations

import dataclasses
import re

import pytest

from contracts.frames import conform
from contracts.results import PLACEMENTS, TRANSITIONS
from contracts.scope import scoped
from contracts.words import BusinessUnit, Level
from reporting.explain import shares_out
from reporting.formats import NBSP
from reporting.view import compose
from tests.factories.reporting import a_book, an_audience, frame

_SITS = "of yearly revenue sits in the Critical zone"


def told(turned: int, *, level: Level = Level.EXECUTIVE, unit: BusinessUnit | None = None, customers: int = 12) -> str:
    """The headline of a book in which exactly so many accounts turned Critical."""
    book = a_book(customers, hard_names=False, nothing_moved=True)
    now = book.frame("placements").assign(state="placed", zone="very_loyal", loyalty=70.0, retention=80.0)
    before = now.assign(week="2026-W46")
    fallen = list(now["customer_id"].head(turned))
    is_fallen = now["customer_id"].isin(fallen)
    now = now.assign(zone=now["zone"].mask(is_fallen, "critical"), loyalty=now["loyalty"].mask(is_fallen, 30.0))
    worth = book.frame("customer_facts").assign(revenue_amount=100_000.0, original_currency="EUR")
    moves = frame(
        "transitions",
        [
            {
                "customer_id": customer, "week": "2026-W47", "from_zone": "very_loyal", "to_zone": "critical",
                "kind": "moved", "cause": "customer", "is_borderline": False, "weeks_apart": 1, "revenue_amount": 100_000.0,
            }
            for customer in fallen
        ],
    )  # fmt: skip
    frames = {
        **book.frames,
        "placements": conform(now, PLACEMENTS),
        "previous_placements": conform(before, PLACEMENTS),
        "transitions": conform(moves, TRANSITIONS),
        "customer_facts": worth,
        "cases": frame("cases"),
        "tickets": frame("tickets"),
        "projects": frame("projects"),
        "history": frame("history"),
    }
    changed = dataclasses.replace(book, frames=frames)
    return compose(scoped(changed, an_audience(changed, level=level, unit=unit))).headline.replace(NBSP, " ")


@pytest.mark.parametrize(
    ("turned", "said"),
    [
        (0, "No account changed zone this week"),
        (1, f"One of 12 accounts turned Critical this week; EUR 100 k {_SITS}, up EUR 100 k"),
        (4, f"Four of 12 accounts turned Critical this week; EUR 400 k {_SITS}, up EUR 400 k"),
    ],
)
def test_headlines_of_executives(turned: int, said: str) -> None:
    assert told(turned) == said


def test_headlines_of_those_with_own_accounts_say_your() -> None:
    assert told(2, level=Level.MANAGER).startswith("Two of your 12 accounts turned Critical this week")
    assert told(1, level=Level.INDIVIDUAL, customers=1).startswith("Your one account turned Critical this week")


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("unit", [None, *BusinessUnit])
def test_every_sentence_is_a_sentence(level: Level, unit: BusinessUnit | None) -> None:
    book = a_book(40)
    view = compose(scoped(book, an_audience(book, level=level, unit=unit)))
    sentences = [
        view.headline, view.standfirst, *view.moves_sentences, *view.experience.sentences, view.cases.sentence,
        view.trust.sources_sentence, view.trust.rows_sentence, view.trust.coverage_sentence, view.team.sentence,
        view.renewals.sentence, view.problems.sentence, view.projects.sentence, view.grid.finding, *view.notes,
    ]  # fmt: skip
    for sentence in sentences:
        assert not re.search(r"\b(None|nan|NaT|\{|\})\b", sentence), sentence
        assert not re.search(r"\b(one|1) (accounts|cases|days|tickets|projects|renewals|deals)\b", sentence), sentence
        assert not re.search(
            r"\b(two|three|four|[2-9]|\d\d+) (account|case|day|ticket|project|renewal|deal)\b(?! of)", sentence
        ), sentence
        assert "  " not in sentence, sentence
        assert sentence[0].isupper() or sentence[0].isdigit(), sentence


@pytest.mark.parametrize(
    ("changes", "target", "shown"),
    [([-5.6, -4.2, 2.8], -7, [-6, -4, 3]), ([0.4, 0.4, 0.4], 1, [1, 0, 0]), ([], 0, []), ([-0.5, -0.5], -1, [0, -1])],
)
def test_printed_steps_sum_to_the_printed_change(changes: list[float], target: int, shown: list[int]) -> None:
    assert sorted(shares_out(changes, target)) == sorted(shown)
    assert sum(shares_out(changes, target)) == (target if changes else 0)
