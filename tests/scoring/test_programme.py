"""Practices by quarter, and ratings that the records contradict."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from pydantic import ValidationError

from contracts.rules import PRACTICES, Component, ProgrammeRules, SelfRating
from contracts.rules.programme import GOALS
from scoring.explain.programme import programme_practices, programme_quarters
from scoring.measure import practices
from tests.factories.programme import observed

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 11, 20, tzinfo=UTC)
SPRING, AUTUMN = datetime(2026, 5, 5, tzinfo=UTC), datetime(2026, 10, 5, tzinfo=UTC)


def rated(level: str, practice: str = "cases_closed") -> ProgrammeRules:
    return ProgrammeRules(rating=(SelfRating(practice=practice, level=level, by="Head", on=date(2026, 1, 1)),))


def judged(rules: ProgrammeRules, *lines: tuple[str, datetime, int, int]) -> dict[str, object]:
    quarters = programme_quarters(observed(*lines), rules, as_of=NOW, zone=ROME)
    frame = programme_practices(quarters, rules)
    return frame[frame["practice"] == "cases_closed"].iloc[0].to_dict()


def test_every_component_has_three_measured_practices():
    counts = Counter(PRACTICES.values())
    assert set(counts) == set(Component)
    assert min(counts.values()) >= 3
    assert set(GOALS) == set(PRACTICES)


@pytest.mark.parametrize(
    ("done", "level", "verdict"),
    [
        (8, "done", "agrees"),
        (7, "done", "contradicted"),
        (7, "partly", "agrees"),
        (0, "partly", "contradicted"),
        (0, "none", "agrees"),
        (10, "none", "contradicted"),
    ],
)
def test_a_rating_is_held_against_the_share(done, level, verdict):
    assert judged(rated(level), ("cases_closed", AUTUMN, done, 10))["verdict"] == verdict


def test_the_newest_quarter_that_can_be_measured_speaks():
    row = judged(rated("done"), ("cases_closed", SPRING, 9, 10), ("cases_closed", AUTUMN, 0, 4))
    assert (row["quarter"], row["share"], row["verdict"]) == ("2026-Q2", 0.9, "agrees")


def test_too_few_observations_contradict_nothing():
    row = judged(rated("done"), ("cases_closed", AUTUMN, 0, 4))
    assert (row["measured"], row["verdict"], row["of"]) == ("unknown", "not measured", 4)


def test_quarters_begin_in_the_workspaces_zone_and_what_is_later_waits():
    # half past eleven in UTC on 30 September is October in Rome
    edge, later = datetime(2026, 9, 30, 23, 30, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
    lines = observed(("cases_closed", edge, 5, 10), ("cases_closed", later, 9, 9))
    frame = programme_quarters(lines, ProgrammeRules(), as_of=NOW, zone=ROME)
    mine = frame[frame["practice"] == "cases_closed"].set_index("quarter")
    assert list(mine.index) == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    assert (mine.loc["2026-Q4", "done"], mine.loc["2026-Q4", "of"]) == (5, 10)
    assert mine.loc["2026-Q3", "of"] == 0


def test_a_rating_names_a_practice_that_is_there():
    with pytest.raises(ValidationError, match="unknown practice case_closed; there are goals_set"):
        rated("done", "case_closed")
    one = rated("done").rating[0]
    with pytest.raises(ValidationError, match="given twice for cases_closed"):
        ProgrammeRules(rating=(one, one))


def test_what_was_due_counts_on_that_day():
    due = [AUTUMN, AUTUMN, AUTUMN, None]
    happened = [SPRING, NOW, None, NOW]
    frame = practices.in_time("cases_closed", due, happened)
    assert list(frame["done"]) == [1, 0, 0]


def surveys(*lines: tuple[str, str, datetime, datetime | None]) -> pd.DataFrame:
    frame = pd.DataFrame(lines, columns=["customer_id", "kind", "sent_at", "answered_at"])
    for name in ("sent_at", "answered_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


def test_answers_alone_have_no_response_rate():
    both = surveys(("A", "nps", SPRING, AUTUMN), ("B", "nps", SPRING, None))
    assert practices.surveys_answered(both)["done"].sum() == 1
    assert practices.surveys_answered(both.iloc[:1]).empty


def test_kinds_are_counted_in_whole_months():
    sent = surveys(
        ("A", "nps", datetime(2026, 9, 3, tzinfo=UTC), None), ("A", "csat", AUTUMN, None), ("A", "nps", NOW, None)
    )
    frame = practices.surveys_sent(sent, as_of=NOW, zone=ROME)
    assert list(zip(frame["done"], frame["of"], strict=True)) == [(1, 3), (1, 3)]


def test_customers_asked_are_those_who_were_customers():
    facts = pd.DataFrame(
        {
            "customer_id": ["A", "B", "C"],
            "status": ["active", "active", "left"],
            "since_on": pd.to_datetime(["2020-01-01", "2026-11-01", "2020-01-01"]),
            "ended_on": pd.to_datetime([None, None, "2026-06-30"]),
        }
    )
    sent = surveys(("A", "nps", SPRING, None), ("C", "nps", SPRING, None), ("B", "nps", AUTUMN, None))
    frame = practices.customers_asked(sent, facts, as_of=NOW, zone=ROME, quarters=3)
    assert list(zip(frame["done"], frame["of"], strict=True)) == [(2, 2), (0, 1), (1, 2)]
