"""Texts that others wrote, as far as there are any: nothing may be said of what says nothing. Needs the data sets.

Neither set can measure quality: one has placeholders for words, the other three stock phrases.
"""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from scoring.voice.comments import voiced
from scoring.voice.texts import TEXT_COLUMNS
from tests.factories.voice import shipped

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("CEM_SHARED_DATA", str(ROOT.parent / "shared" / "data")))


def read(file: str, column: str) -> pd.DataFrame:
    rows = pd.read_csv(FOLDER / file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    said = rows.loc[rows[column].str.strip() != "", column]
    texts = pd.DataFrame(
        [
            ("C1", "surveys", f"R{n}", pd.Timestamp("2024-06-01", tz="UTC"), text, None, None)
            for n, text in enumerate(said)
        ],
        columns=list(TEXT_COLUMNS),
    )
    policy = shipped()
    return voiced(texts, policy.voice, taxonomy=policy.taxonomy, lexicon=policy.lexicon, model=None).comments


def test_placeholders_have_no_language_and_no_sentiment():
    comments = read("zendesk_seeds/ticket_comment_data.csv", "body")
    assert len(comments) == 20
    assert set(comments["language"]) == {"unknown"}
    assert set(comments["sentiment_source"]) == {"none"}


@pytest.mark.parametrize(
    ("phrase", "sentiment"),
    [("too expensive", "negative"), ("missing features", "negative"), ("switched to competitor", "negative")],
)
def test_reasons_for_leaving_are_bad_news(phrase, sentiment):
    comments = read("ravenstack/ravenstack_churn_events.csv", "feedback_text")
    assert set(comments.loc[comments["text"] == phrase, "sentiment"]) == {sentiment}
