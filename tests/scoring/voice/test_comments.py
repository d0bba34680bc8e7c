"""Texts into COMMENTS and COMMENT_ASPECTS: languages, sources of sentiment, our own team, order."""

from __future__ import annotations

import pandas as pd
import pytest

from contracts.results import COMMENT_ASPECTS, COMMENTS
from contracts.rules import SentimentRules
from scoring.voice.calls import calls
from scoring.voice.comments import Voiced, voiced
from scoring.voice.language import languages_of
from scoring.voice.learning import fit
from scoring.voice.texts import TEXT_COLUMNS, stated_of, texts_of
from tests.factories.voice import AS_OF, scored_texts, shipped

SAID = pd.Timestamp("2026-11-10", tz="UTC")


def texts(*said: tuple[str, str], table: str = "surveys", declared: str | None = None) -> pd.DataFrame:
    rows = [("C1", table, key, SAID, text, declared, None) for key, text in said]
    return pd.DataFrame(rows, columns=list(TEXT_COLUMNS))


def read(frame: pd.DataFrame, model=None) -> Voiced:
    policy = shipped()
    return voiced(frame, policy.voice, taxonomy=policy.taxonomy, lexicon=policy.lexicon, model=model)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We waited nine days for a fix.", "en"),
        ("Abbiamo aspettato nove giorni per una soluzione.", "it"),
        ("انتظرنا تسعة أيام حتى حُلّت المشكلة", "ar"),
        ("Der Support war sehr schlecht, wir kündigen.", "de"),
        ("Very bad.", "unknown"),
        ("", "unknown"),
        ("4711 / 0815 - 23.11.2026 10:30", "unknown"),
        ("👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍", "unknown"),
        ("[NAME] [PHONE] [EMAIL] ok", "unknown"),
    ],
)
def test_language_of_a_text(text, expected):
    assert languages_of([text], shipped().voice) == [expected]


def test_every_sentence_of_a_mixed_comment_is_read_in_its_language():
    found = read(
        texts(("R1", "Il supporto tecnico è stato ottimo e cortese. The array failed again during month end."))
    )
    by_aspect = found.aspects.set_index("aspect")["sentiment"].to_dict()
    assert (by_aspect["courtesy"], by_aspect["reliability"]) == ("positive", "negative")


def test_opposite_feelings_about_two_aspects_stay_apart():
    found = read(texts(("R1", "Your engineers are friendly, but the new price is far too expensive.")))
    assert found.aspects[["aspect", "sentiment", "quote"]].to_numpy().tolist() == [
        ["courtesy", "positive", "Your engineers are friendly"],
        ["price", "negative", "the new price is far too expensive"],
    ]


def test_no_sentiment_is_null_never_zero():
    found = read(texts(("R1", "Bitte senden Sie die Rechnung künftig an unsere Zentrale in Köln."), ("R2", "ok?")))
    row = found.comments.set_index("row_key").loc["R1"]
    assert (row["language"], row["sentiment_source"]) == ("de", "none")
    assert found.comments["sentiment"].isna().iloc[0]
    assert found.comments["sentiment_score"].isna().iloc[0]


def test_a_short_text_is_read_in_the_language_that_the_source_names():
    found = read(texts(("R1", "Pessimo."), declared="it"))
    assert found.comments[["language", "sentiment"]].to_numpy().tolist() == [["unknown", "negative"]]


def test_a_short_text_is_read_where_one_lexicon_alone_knows_its_words():
    found = read(texts(("R1", "too expensive"), ("R2", "Pessimo."), ("R3", "ok"), ("R4", "grund"))).comments
    assert set(found["language"]) == {"unknown"}
    assert found["sentiment"].fillna("").tolist() == ["negative", "negative", "", ""]


def test_words_of_our_team_stand_apart():
    found = read(texts(("F1", "They find the price too expensive."), table="account_feedback"))
    assert found.comments["text"].isna().all()
    assert found.comments["team_text"].tolist() == ["They find the price too expensive."]
    assert found.aspects["quote"].isna().all()
    assert found.aspects["team_quote"].notna().all()


def test_order_of_rows_does_not_matter():
    frame = scored_texts(200)
    other = frame.sample(frac=1, random_state=3)
    one, two = (read(rows).comments.sort_values("row_key", ignore_index=True) for rows in (frame, other))
    pd.testing.assert_frame_equal(one, two)


def test_the_model_reads_before_the_lexicon_and_only_what_it_knows():
    frame = scored_texts(600)
    model = fit(frame, shipped().voice)
    found = read(pd.concat([frame.head(50), texts(("X1", "zzz qqq jjj"))]), model).comments.set_index("row_key")
    assert set(found.loc[frame.head(50)["row_key"], "sentiment_source"]) == {"model"}
    assert found.loc["X1", "sentiment_source"] == "none"


def test_no_texts_give_empty_frames():
    found = read(texts())
    assert list(found.comments.columns) == COMMENTS.names
    assert list(found.aspects.columns) == COMMENT_ASPECTS.names
    assert texts_of({}, shipped().voice, as_of=AS_OF).empty


@pytest.mark.parametrize(
    ("kind", "score", "low", "high", "expected"),
    [
        ("nps", 6, 0, 10, "negative"), ("nps", 7, None, None, "neutral"), ("nps", 9, 0, 10, "positive"),
        ("csat", 2, 1, 5, "negative"), ("csat", 3, 1, 5, "neutral"), ("csat", 4, None, None, "positive"),
        ("csat", 100, 0, 100, "positive"), ("csat", 20, 0, 100, "negative"),
        ("ces", 7, 1, 7, None), ("nps", None, 0, 10, None),
    ],
)  # fmt: skip
def test_bands_of_scores(kind, score, low, high, expected):
    columns = (pd.Series([value], dtype=dtype) for value, dtype in ((kind, "object"), (score, "float64"), (low, "float64"), (high, "float64")))  # fmt: skip
    [said] = stated_of(*columns, SentimentRules())
    assert (None if pd.isna(said) else said) == expected


def turns() -> pd.DataFrame:
    rows = [
        ("T1", 1, "agent", 0.0, 10.0, "Good morning, I am so terribly sorry about this disaster."),
        ("T1", 2, "customer", 12.0, 20.0, "The array failed again and nobody called us back."),
        ("T1", 3, "agent", 18.0, 24.0, "That is awful, I apologise."),
        ("T1", 4, "customer", 30.0, 36.0, "Thank you, that was a very friendly and helpful answer."),
        ("T2", 1, "agent", None, None, "Hello?"),
    ]
    frame = pd.DataFrame(rows, columns=["transcript_id", "turn_number", "speaker_role", "begin_seconds", "end_seconds", "text"])  # fmt: skip
    return frame.assign(customer_id="C1", started_at=SAID)


def test_only_the_customers_turns_are_read():
    said = texts_of({"transcripts": turns()}, shipped().voice, as_of=AS_OF)
    assert said["row_key"].tolist() == ["T1/2", "T1/4"]


def test_a_call_in_figures():
    said = texts_of({"transcripts": turns()}, shipped().voice, as_of=AS_OF)
    one, two = calls(turns(), read(said).comments).to_dict("records")
    # speech 10 + 8 + 6 + 6 seconds, of which the customer's are 14; 6 + 2 of 36 seconds are silent
    assert one["talk_share"] == pytest.approx(14 / 30)
    assert one["silence_share"] == pytest.approx(8 / 36)
    assert one["length_seconds"] == 36
    assert (one["turns"], one["customer_turns"]) == (4, 2)
    assert pd.isna(two["talk_share"])
    assert pd.isna(two["sentiment_score"])


def test_only_the_look_back_counts():
    frame = pd.DataFrame(
        {
            "customer_id": "C1", "response_id": ["old", "new", "later"], "kind": "nps", "score": 9.0, "scale_min": 0.0, "scale_max": 10.0,
            "answered_at": [AS_OF - pd.Timedelta(weeks=105), AS_OF - pd.Timedelta(weeks=1), AS_OF], "comment": "fine", "language": None,
        }
    )  # fmt: skip
    assert texts_of({"surveys": frame}, shipped().voice, as_of=AS_OF)["row_key"].tolist() == ["new"]
