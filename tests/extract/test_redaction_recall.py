"""How much of what identifies a person is masked, on sentences marked by hand: docs/methods/voice.md states it."""

from __future__ import annotations

import pyarrow as pa
import pytest

from config.settings import read_settings
from extract.redaction import Names, Redactor
from tests.factories.extract import ACCOUNTS, GOOD, Desk, lines, rows_of
from tests.factories.repository import ROOT
from tests.factories.voice import LANGUAGES, Marked, sample

REGIONS = {"en": "GB", "it": "IT", "ar": "EG"}
TOLD = """
[[source]]
name = "survey"
location = "answers*.csv"
format = "csv"
[[source.map]]
table = "surveys"
[source.map.columns]
customer_id = "account"
response_id = "answer"
kind = { constant = "csat" }
sent_at = "sent"
answered_at = "answered"
comment = "text"
"""


def masked(language: str, name: str) -> list[tuple[Marked, str]]:
    sentences, known = sample(language, name)
    names = Names()
    names.add_people(known[:2])
    names.add_contacts([("A1", contact) for contact in known[2:]])
    texts = pa.chunked_array([[marked.text for marked in sentences]])
    customers = pa.chunked_array([["A1"] * len(sentences)])
    return list(zip(sentences, Redactor(names, REGIONS[language]).mask(texts, customers).to_pylist(), strict=True))


def found(language: str) -> tuple[int, int, list[str]]:
    """Masked and all pieces of both samples, and those missed. A name is masked if none of its words is left."""
    pieces = [
        (value, kind, text)
        for name in ("voice", "held")
        for marked, text in masked(language, name)
        for value, kind in marked.personal
    ]
    missed = [
        value
        for value, kind, text in pieces
        if f"[{kind}]" not in text or any(part in text for part in (value.split() if kind == "NAME" else [value]))
    ]
    return len(pieces) - len(missed), len(pieces), missed


@pytest.mark.parametrize(
    ("language", "hits", "missed"),
    [
        ("en", 20, ["Priya Raman"]),
        ("it", 20, ["Ilaria Neri"]),
        ("ar", 19, ["نادية سليم", "مراد زيدان"]),
    ],
)
def test_recall_on_the_marked_sample_is_what_the_docs_say(language, hits, missed):
    # Only names that nobody told the system of are missed.
    assert found(language) == (hits, 21, missed)


def test_records_and_page_state_this_recall():
    page = (ROOT / "docs" / "methods" / "voice.md").read_text(encoding="utf-8")
    for language in LANGUAGES:
        hits, count, _ = found(language)
        assert f"| {language} | {hits} of {count} |" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_nobodys_stays_readable(language):
    untouched = [(m.text, text) for name in ("voice", "held") for m, text in masked(language, name) if not m.personal]
    assert [pair for pair in untouched if pair[0] != pair[1]] == []


def test_the_region_of_the_workspace_reaches_admission(tmp_path):
    assert read_settings(ROOT).file.country == "IT"
    desk = Desk(tmp_path, ACCOUNTS.format(extra="") + TOLD)
    desk.put("accounts.csv", lines(GOOD))
    row = "A1,R1,2026-11-16T10:00:00Z,2026-11-16T11:00:00Z,Richiamatemi allo 02 5550 9812"
    desk.put("answers.csv", f"account,answer,sent,answered,text\n{row}\n")
    [plain] = rows_of(desk.take(), "surveys")
    [regional] = rows_of(desk.take(region="IT"), "surveys")
    assert (plain["comment"], regional["comment"]) == (
        "Richiamatemi allo 02 5550 9812", "Richiamatemi allo [PHONE]",
    )  # fmt: skip
