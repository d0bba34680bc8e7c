"""taxonomy.csv and lexicon.csv: part of the policy, refused by row, and read as experts write them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.errors import ConfigRefused
from config.policy import POLICY_FILES, read_draft
from contracts.rules import LexiconEntry, TaxonomyEntry, VoiceRules
from scoring.voice.reading import reader
from scoring.voice.words import pattern_words, words_of
from tests.factories.repository import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in POLICY_FILES:
        if (ROOT / "config" / name).exists():
            shutil.copyfile(ROOT / "config" / name, tmp_path / name)
    return tmp_path


def test_the_tables_belong_to_the_policy(folder):
    before = read_draft(folder).digest
    path = folder / "taxonomy.csv"
    path.write_text(path.read_text() + "reliability,en,brown out,keep,-2\n")
    assert read_draft(folder).digest != before
    assert {"taxonomy.csv", "lexicon.csv", "voice.toml"} <= set(POLICY_FILES)


def test_they_may_be_missing(folder):
    for name in ("taxonomy.csv", "lexicon.csv", "voice.toml"):
        (folder / name).unlink()
    policy = read_draft(folder)
    assert (policy.taxonomy, policy.lexicon, policy.voice) == ([], [], VoiceRules())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aspect,language,pattern\nprice,en,\n", "row 2, pattern: this key is missing"),
        (
            "aspect,language,pattern,negation\nprice,en,cost,maybe\n",
            "row 2, negation: Input should be 'keep' or 'skip'",
        ),
        ("aspect,language,pattern,tone\nprice,en,cost,9\n", "row 2, tone: Input should be less than or equal to 4"),
        ("aspect,language,pattern\nprice,English,cost\n", "row 2, language: String should match pattern"),
        ("# remark\naspect,language,pattern\nprice,en,* cost\n", "row 3, the file: pattern '* cost'"),
        ("aspect,pattern\nprice,cost\n", "the header lacks language; it must be language,pattern,aspect,negation,tone"),
        ("aspect,language,pattern,weight\n", "the header has weight, which is not known"),
        ("aspect,language,pattern\nprice,en,a,b\n", "row 2: 4 cells, the header has 3"),
        ("", "the file is empty"),
    ],
)
def test_a_wrong_row_is_named(folder, text, expected):
    (folder / "taxonomy.csv").write_text(text)
    with pytest.raises(ConfigRefused) as refused:
        read_draft(folder)
    assert expected in str(refused.value)
    assert "taxonomy.csv" in str(refused.value)


def test_a_file_that_is_not_utf8_is_refused(folder):
    (folder / "lexicon.csv").write_bytes("language,pattern\nit,perché\n".encode("latin-1"))
    with pytest.raises(ConfigRefused, match="save it as CSV UTF-8"):
        read_draft(folder)


def test_no_pattern_stands_twice_under_one_meaning():
    policy = read_draft(ROOT / "config")
    terms = [(entry.language, tuple(pattern_words(entry.pattern))) for entry in policy.lexicon if entry.kind == "term"]
    signs: dict[object, set[bool]] = {}
    for entry, key in zip([e for e in policy.lexicon if e.kind == "term"], terms, strict=True):
        if entry.weight:
            signs.setdefault(key, set()).add(entry.weight > 0)
    assert [key for key, both in signs.items() if len(both) > 1] == []


@pytest.mark.parametrize(
    ("pattern", "language", "text", "is_found"),
    [
        ("resol*", "en", "The resolution took long", True),
        ("resol*", "en", "unresolved", False),
        ("hand off*", "en", "too many hand-offs", True),
        ("don't", "en", "I don’t know", True),
        ("wait* * weeks", "en", "we waited three long weeks", True),
        ("wait* * weeks", "en", "we waited and after two very long weeks", False),
        ("wait* * weeks", "en", "we waited. Two weeks", False),
        ("offerta", "it", "l'offerta è chiara", True),
        ("سعر", "ar", "والسعر مرتفع", True),
        ("عطل", "ar", "العُطْل متكرر", True),
        ("عطل", "ar", "تعطيل", False),
        ("api", "en", "capital", False),
    ],
)
def test_how_patterns_are_found(pattern, language, text, is_found):
    entry = TaxonomyEntry(aspect="it", language=language, pattern=pattern)
    neutral = LexiconEntry(language=language, pattern="zzz")
    found = reader([neutral], [entry], VoiceRules()).read(text, language).aspects
    assert bool(found) is is_found


def test_skip_is_no_aspect_after_a_negator():
    entries = [TaxonomyEntry(aspect="price", language="en", pattern="price", negation="skip")]
    words = [LexiconEntry(language="en", pattern="not", kind="negator", weight=-0.7)]
    found = reader(words, entries, VoiceRules())
    assert found.read("it is not about the price", "en").aspects == ()
    assert found.read("it is about the price", "en").aspects


def test_a_decimal_mark_ends_no_sentence():
    assert [word.break_before for word in words_of("release 9.4 is out. Good")] == [4, 0, 0, 0, 0, 4]
