"""Twenty customers whose names are ordinary words: no pack of others stops for the word, no leak of the name passes."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest

from config.entries import read_entries
from contracts.book import Book
from contracts.rules import OrdinaryWord
from contracts.scope import scoped
from contracts.words import Level
from delivery.leakscan import Allowed, Tokens, allowed_of, scan_bytes, tokens_of
from extract.other_customers import CustomerNames
from tests.factories import reporting, scopes

WORDS = [entry.word for entry in read_entries(Path("config/ordinary_words.csv"), OrdinaryWord)]
PROSE = "The {low} was met. {word} is not what we mean; on {low}, off {low}. A {low}-like thing, {low}s too."


@pytest.fixture(scope="module")
def book() -> Book:
    made = reporting.a_book(30, hard_names=False, history_weeks=4)
    frames = dict(made.frames)
    for name in ("customers", "customer_facts"):
        frame = frames[name].sort_values("customer_id").reset_index(drop=True)
        names = [*WORDS, *frame["name"].iloc[len(WORDS) :]]
        frames[name] = frame.assign(name=names[: len(frame)])
    return Book(made.facts, frames)


@pytest.fixture(scope="module")
def everything(book: Book) -> Tokens:
    return tokens_of(book, ordinary_words=WORDS)


def test_the_list_holds_twenty_reviewed_names() -> None:
    assert len(set(WORDS)) == 20


def test_packs_of_others_full_of_these_words_pass(book: Book, everything: Tokens) -> None:
    mine = sorted(book.frame("customer_facts")["customer_id"])[len(WORDS) :]
    reader = reporting.an_audience(book, level=Level.MANAGER, root="P-1", title="Team view", customer_ids=mine)
    own = scoped(book, reader)
    files = scopes.files_of(own)
    prose = "".join(f"<p>{PROSE.format(low=word.lower(), word=word)}</p>" for word in WORDS).encode()
    files["index.html"] = files["index.html"].replace(b"</main>", prose + b"</main>")
    allowed = allowed_of(own, everything)
    assert [str(hit) for name, content in files.items() for hit in scan_bytes(content, name, allowed, everything)] == []


@pytest.mark.parametrize("word", WORDS)
def test_the_name_in_a_field_of_its_own_is_found(word: str, everything: Tokens) -> None:
    nobody = Allowed(frozenset({"C-99999"}))
    sheet = openpyxl.Workbook()
    assert sheet.active is not None
    sheet.active["B2"] = word
    buffer = BytesIO()
    sheet.save(buffer)
    for name, content in (
        ("index.html", f"<table><tr><td>{word}</td><td>12</td></tr></table>".encode()),
        ("index.html", f"<script type='application/json'>{json.dumps([{'name': word}])}</script>".encode()),
        ("mail.html", f"<p>Account:<br>{word}<br>moved</p>".encode()),
        ("action-plan.xlsx", buffer.getvalue()),
    ):
        assert scan_bytes(content, name, nobody, everything), (name, word)


@pytest.mark.parametrize("word", WORDS)
def test_in_free_text_the_name_goes_and_the_word_stays(word: str) -> None:
    names = CustomerNames(frozenset(known.casefold() for known in WORDS))
    names.add((f"C{number}", known) for number, known in enumerate(WORDS))

    def masked(text: str) -> str:
        column, _ = names.mask(pa.chunked_array([[text]]), pa.chunked_array([["another"]]))
        return str(column[0].as_py())

    plain = PROSE.format(low=word.lower(), word=word)
    assert masked(plain) == plain
    assert word not in masked(f"You solved it for {word} in a day.")
    assert word not in masked(f"{word} told us that you solved it.")
