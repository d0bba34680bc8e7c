"""What only experts and data owners get: words under review, the programme page, what each source brought."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from config.entries import read_entries
from contracts.exchange import TokenRefused
from contracts.rules import LexiconEntry, TaxonomyEntry
from contracts.words import MessageKind, OutboxState
from extract.errors import ReturnRefused
from flows.books import load_book
from flows.data_owners import data_owners
from flows.errors import PolicyRefused
from flows.programme import programme
from flows.readers import last_week
from flows.run import Outcome
from flows.taxonomy import apply_words, review_words
from reporting.expert.taxonomy_review import ASPECT, DECISION, DISAGREEMENTS, PATTERN, UNMATCHED, WEIGHT
from reporting.verify import verify_page
from store import outbox
from tests.factories.workspaces import LAST, Story

pytestmark = pytest.mark.xdist_group("told")
BY = {"why": "heard twice a week", "who": "Ann"}


def reviewed(story: Story) -> Path:
    path = story.root / "review.xlsx"
    with story.run() as run:
        review_words(run, into=path)
    return path


def answered(path: Path, sheet: str, *answers: dict[str, Any]) -> Path:
    """The workbook as an expert hands it back: the first rows of a sheet with these cells written."""
    book = openpyxl.load_workbook(path)
    lines = book[sheet]
    top = next(row for row in lines.iter_rows() if DECISION in [cell.value for cell in row])
    place = {str(cell.value): cell.column for cell in top}
    for number, answer in enumerate(answers, start=top[0].row + 1):
        for name, value in answer.items():
            lines.cell(row=number, column=place[name], value=value)
    book.save(path)
    return path


def applied(story: Story, path: Path) -> Outcome:
    with story.run() as run:
        return apply_words(run, path, **BY)


def words_of(story: Story) -> tuple[str, str]:
    return tuple((story.root / "config" / name).read_text() for name in ("taxonomy.csv", "lexicon.csv"))  # type: ignore[return-value]


def test_the_review_lists_what_was_not_understood(onward: Story) -> None:
    with onward.run() as run:
        book = load_book(last_week(run)[1])
    comments, aspects = book.frame("comments"), book.frame("comment_aspects")
    spoken = set(zip(aspects["table"], aspects["row_key"], strict=True))
    silent = [
        text
        for table, key, text in zip(comments["table"], comments["row_key"], comments["text"], strict=True)
        if isinstance(text, str) and text and (table, key) not in spoken
    ]
    shown = (
        pd.read_excel(reviewed(onward), sheet_name=UNMATCHED, header=None, engine="openpyxl")
        .astype(str)
        .to_numpy()
        .ravel()
    )
    assert silent
    assert sum(text in set(shown) for text in silent) >= min(len(set(silent)), 300) * 0.9


def test_accepted_words_join_the_draft_with_who_and_why_and_once(onward: Story) -> None:
    path = reviewed(onward)
    answered(
        path,
        UNMATCHED,
        {DECISION: "accept", ASPECT: "resolution time", PATTERN: "Never Came Back", WEIGHT: -3},
        {DECISION: "Accept", ASPECT: "new: parking", PATTERN: "car park"},
        {DECISION: "reject", ASPECT: "nonsense"},
    )
    answered(path, DISAGREEMENTS, {DECISION: "accept", PATTERN: "smashing", WEIGHT: 3})
    outcome = applied(onward, path)
    assert outcome.headline.startswith("2 ways to speak of an aspect and 1 charged words")

    config = onward.root / "config"
    ways = {(way.pattern, way.aspect, way.tone) for way in read_entries(config / "taxonomy.csv", TaxonomyEntry)}
    assert {("never came back", "resolution time", -3.0), ("car park", "parking", 0.0)} <= ways
    assert any(w.pattern == "smashing" and w.weight == 3 for w in read_entries(config / "lexicon.csv", LexiconEntry))
    assert words_of(onward)[0].count("Ann: heard twice a week") == 1

    before = words_of(onward)
    assert applied(onward, path).headline.startswith("0 ways")
    assert words_of(onward) == before


def test_one_wrong_row_and_nothing_is_written(onward: Story) -> None:
    before, path = words_of(onward), reviewed(onward)
    answered(
        path,
        UNMATCHED,
        {DECISION: "accept", ASPECT: "resolution time", PATTERN: "came back"},
        {DECISION: "accept", ASPECT: "weather", PATTERN: "it rains"},
        {DECISION: "perhaps"},
        {DECISION: "accept", ASPECT: "resolution time"},
    )
    answered(path, DISAGREEMENTS, {DECISION: "accept", PATTERN: "grand"}, {DECISION: "accept", PATTERN: "x", WEIGHT: 9})
    with pytest.raises(PolicyRefused) as refused:
        applied(onward, path)
    said = str(refused.value)
    assert "nothing was written; 5 to correct" in said
    for expected in ("'weather' is no aspect", "'perhaps' is no decision", f"{PATTERN} is empty", f"{WEIGHT} is empty"):
        assert expected in said
    assert len(re.findall(r"sheet [\w ]+, row \d+: ", said)) == 5
    assert words_of(onward) == before


def test_another_workbook_is_no_review(onward: Story) -> None:
    pack = next((onward.root / "output" / str(LAST)).glob("*/action-plan.xlsx"))
    with pytest.raises((TokenRefused, ReturnRefused)):
        applied(onward, pack)


def test_each_source_has_a_page_with_its_rejects_and_its_owner_one_mail_a_week(onward: Story) -> None:
    with onward.run() as run, run.store.read() as session:
        mails = outbox.rows(session, kinds=[MessageKind.DATA_QUALITY])
    weeks = {row.subject_key.partition("|")[0] for row in mails}
    assert str(LAST) in weeks
    assert all(row.state is OutboxState.SENT for row in mails)
    assert len({(row.subject_key, row.person_id) for row in mails}) == len(mails)

    place = onward.root / "output" / "expert" / str(LAST) / "data"
    pages = sorted(place.glob("*/quality.html"))
    with onward.run() as run:
        _, folder = last_week(run)
        sources = load_book(folder).frame("sources")
    assert len(pages) == len(set(sources["source"]))
    assert [fault for page in pages for fault in verify_page(page.read_bytes())] == []
    rejected = sum(len(pd.read_csv(path)) for path in place.glob("*/rejects.csv"))
    assert rejected == int(sources["quarantined"].sum()) > 0

    with onward.run() as run:
        again = data_owners(run)
    assert again.figures["sources"] == len(pages)
    assert again.figures["mails"] == 0, "who was told of this week is not told again"


def test_the_programme_page_measures_what_was_really_done(onward: Story) -> None:
    with onward.run() as run:
        made = programme(run)
    place = onward.root / "output" / "expert" / str(LAST) / "programme"
    assert verify_page((place / "programme.html").read_bytes()) == []
    quarters = pd.read_csv(place / "quarters.csv")
    now = quarters[quarters["practice"] == "packs_delivered"]
    with onward.run() as run, run.store.read() as session:
        packs = [
            row for row in outbox.rows(session, kinds=[MessageKind.PACK]) if row.state is not OutboxState.SUPERSEDED
        ]
    sent = [row for row in packs if row.state is OutboxState.SENT]
    assert now["of"].sum() == len(packs)
    assert now["done"].sum() == len(sent) > 0
    assert made.figures["measured"] > 0
