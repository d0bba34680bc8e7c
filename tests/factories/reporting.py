"""A made-up Book for tests of documents: 150 accounts by default, movers, cases, words in four scripts.

Everything comes from a seed; nothing here knows how scores are computed. Contributions are made first and scores
are their weighted sums, so that waterfalls can add up.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from contracts.book import ALIASES, Book, WeekFacts, columns_of
from contracts.frames import ARROW, Kind, conform
from contracts.results import RESULTS
from contracts.scope import Audience, ScopedBook, scoped
from contracts.weeks import Week
from contracts.words import BusinessUnit, FieldGroup, Level
from tests.factories import reporting_insight as insight
from tests.factories import reporting_rows as made

WEEK = "2026-W47"
EVERYTHING = frozenset(FieldGroup)
_ZONE = ZoneInfo("Europe/Rome")
_NAMES = ("customers", "customer_facts", "people", "assignments", "contacts", "install_base", "agreements", "tickets",
          "projects", "deals", "invoices", "surveys", "account_feedback", "transcripts", "outcomes", "placements",
          "previous_placements", "contributions", "previous_contributions", "transitions", "events", "cases", "actions",
          "history", "sources", "signal_words", "comments", "comment_aspects", "lifetime_values", "kpi_values", "drivers",
          "linkage_answers", "rollups", "families", "themes", "survey_figures", "changes", "predictions", "calls",
          "text_quality")  # fmt: skip


def frame(name: str, records: Iterable[dict[str, Any]] = ()) -> pd.DataFrame:
    """Records as a frame of the book: contract columns and kinds, missing ones null."""
    known, listed = ALIASES.get(name, name), list(records)
    if known in RESULTS:
        return conform(pd.DataFrame(listed, columns=None if listed else RESULTS[known].names), RESULTS[known])
    return pd.DataFrame({
        column.name: _column(column.kind, [record.get(column.name) for record in listed]) for column in columns_of(name)
    })  # fmt: skip


def _column(kind: Kind, found: list[Any]) -> pd.Series:
    if kind is Kind.INSTANT:
        return pd.to_datetime(pd.Series(found, dtype=object), utc=True)
    if kind is Kind.DAY:
        return pd.to_datetime(pd.Series(found, dtype=object))
    if kind is Kind.MONEY:
        cents = [None if value is None else f"{value:.2f}" for value in found]
        return pd.Series(cents, dtype="string").astype(pd.ArrowDtype(ARROW[kind]))
    return pd.Series(found, dtype=object if kind in (Kind.TEXT, Kind.BOOLEAN) else "float64")


def a_book(
    customers: int = 150,
    *,
    seed: int = 7,
    is_first_week: bool = False,
    hard_names: bool = True,
    with_people: bool = True,
    nothing_moved: bool = False,
    week: str = WEEK,
    history_weeks: int = 30,
    **replaced: pd.DataFrame,
) -> Book:
    """A book of one week. Frames given by name replace the made ones."""
    as_of = Week.parse(week).ends_at(_ZONE)
    records = _records(
        random.Random(seed),
        [f"C-{number:05d}" for number in range(1, customers + 1)],
        as_of,
        week,
        hard_names=hard_names,
        nothing_moved=nothing_moved,
        weeks=history_weeks,
    )
    if is_first_week:
        for name in ("previous_placements", "previous_contributions", "transitions", "history"):
            records[name] = []
    if not with_people:
        records["people"] = records["assignments"] = []
    frames = {name: frame(name, records.get(name, [])) for name in _NAMES}
    facts = WeekFacts(
        week=week,
        as_of=as_of,
        time_zone="Europe/Rome",
        organization="Borealis Storage",
        currency="EUR",
        run_name=f"{week}-r0",
        policy_label="v14",
        previous_week=None if is_first_week else str(Week.parse(week).shift(-1)),
        is_baseline=is_first_week,
        is_reconstructed=False,
        dead_band=2.0,
        loyalty_line=made.LINES[0],
        retention_line=made.LINES[1],
        last_pack=None if is_first_week else str(Week.parse(week).shift(-1)),
        gross_target=0.92,
        net_target=1.03,
    )
    return Book(facts=facts, frames={**frames, **replaced})


def _records(
    dice: random.Random,
    ids: list[str],
    as_of: datetime,
    week: str,
    *,
    hard_names: bool,
    nothing_moved: bool,
    weeks: int,
) -> dict[str, made.Records]:
    known = made.names(ids, hard=hard_names, dice=dice)
    both = made.scores(ids, dice)
    now = {customer: both[customer][0] for customer in sorted(ids)}
    before = {customer: both[customer][0 if nothing_moved else 1] for customer in sorted(ids)}
    lacking = set(sorted(ids)[3::21])
    last_week = str(Week.parse(week).shift(-1))
    earlier = made.placements(before, last_week, lacking, {})
    zones = {row["customer_id"]: row["zone"] for row in earlier}
    fresh = {
        customer: week
        for customer, each in now.items()
        if zones[customer]
        not in (None, made.zone_of(made.axis_score(each, "loyalty"), made.axis_score(each, "retention")))
    }
    placed = made.placements(now, week, lacking, fresh)
    told = made.facts(ids, known, as_of, dice)
    worth = {row["customer_id"]: row["revenue_amount"] for row in told}
    moved = [
        {
            "customer_id": row["customer_id"], "week": week, "from_zone": old["zone"], "to_zone": row["zone"],
            "episode_id": row["episode_id"], "kind": "moved", "cause": "customer",
            "is_borderline": row["is_borderline"], "loyalty_before": old["loyalty"], "loyalty_after": row["loyalty"],
            "retention_before": old["retention"], "retention_after": row["retention"], "weeks_apart": 1,
            "revenue_amount": worth[row["customer_id"]],
        }
        for old, row in zip(earlier, placed, strict=True)
        if row["zone"] != old["zone"]
    ]  # fmt: skip
    cases, actions = made.follow_up(placed, zones, as_of, dice)
    owned = [
        {"customer_id": customer, "person_id": f"P-{unit}{2 + (step + shift) % 2}", "role": "owner"}
        for step, customer in enumerate(sorted(ids))
        for shift, unit in enumerate(("SA", "SU", "GP"))
        if not (unit == "GP" and step % 29 == 5)
    ]
    happened = made.happenings(ids, as_of, dice)
    values = insight.lifetime_values(told)
    comments, aspects = insight.comments(happened["surveys"], random.Random(3))
    rollups, families = insight.families(placed)
    return {
        **happened,
        "comments": comments,
        "comment_aspects": aspects,
        "agreements": insight.agreements(told, as_of),
        "outcomes": insight.outcomes(told, placed, as_of),
        "lifetime_values": values,
        "kpi_values": insight.kpi_values(values),
        "drivers": insight.drivers(),
        "linkage_answers": insight.linkage_answers(),
        "rollups": rollups,
        "families": families,
        "people": made.people(),
        "assignments": owned,
        "customer_facts": told,
        "placements": placed,
        "previous_placements": earlier,
        "contributions": made.contributions({c: each for c, each in now.items() if c not in lacking}),
        "previous_contributions": made.contributions({c: each for c, each in before.items() if c not in lacking}),
        "transitions": moved,
        "cases": cases,
        "actions": actions,
        "history": made.history(earlier, weeks, week, dice),
        "sources": made.sources(as_of),
        "signal_words": made.signal_words(),
    }


def an_audience(
    book: Book,
    *,
    level: Level = Level.EXECUTIVE,
    unit: BusinessUnit | None = None,
    root: str = "P-00",
    title: str = "Executive · all business units",
    customer_ids: Iterable[str] | None = None,
    fields: Iterable[FieldGroup] = EVERYTHING,
) -> Audience:
    """An audience over the whole book, or over the customers named."""
    everybody = frozenset(book.frame("customer_facts")["customer_id"])
    mine = everybody if customer_ids is None else frozenset(customer_ids)
    return Audience(
        level=level,
        unit=unit,
        root=root,
        title=title,
        readers=(root,),
        customer_ids=mine,
        fields=frozenset(fields),
        rule=f"The {len(mine)} accounts assigned to anyone below {root}.",
        is_whole_book=mine == everybody,
    )


def a_scoped_book(customers: int = 150, *, seed: int = 7, is_first_week: bool = False, **audience: Any) -> ScopedBook:
    """`a_book` seen by `an_audience`."""
    book = a_book(customers, seed=seed, is_first_week=is_first_week)
    reader = an_audience(book, **audience)
    return scoped(heard(book, reader), reader)


def heard(book: Book, audience: Audience) -> Book:
    """The book with themes and survey figures of that audience, as the run makes them per pack."""
    own = {
        "themes": frame("themes", insight.themes(audience.audience_id)),
        "survey_figures": frame("survey_figures", insight.survey_figures(audience.audience_id, {})),
    }
    return Book(book.facts, {**book.frames, **own})


def below(book: Book, person_id: str) -> frozenset[str]:
    """The customers assigned to a person or to anyone below."""
    people, assignments = book.frame("people"), book.frame("assignments")
    found: set[str] = set()
    waiting = [person_id]
    while waiting:
        here = waiting.pop()
        found |= set(assignments.loc[assignments["person_id"] == here, "customer_id"])
        waiting += list(people.loc[people["manager_id"] == here, "person_id"])
    return frozenset(found)
