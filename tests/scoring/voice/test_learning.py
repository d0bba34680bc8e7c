"""The company's own model: minimums, later comments as the test, bytes, quality that may be claimed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from contracts.rules import QualityRecord
from scoring.voice.learning import fit, judged, reading_digest
from scoring.voice.model import from_bytes, to_bytes
from scoring.voice.quality import text_quality
from tests.factories.voice import LANGUAGES, aspect_quality, language_quality, lexicon_quality, scored_texts, shipped

OWN = shipped().voice.model_copy(update={"is_text_invented": False})


def test_too_few_scored_comments_give_no_model():
    assert fit(scored_texts(250), OWN) is None
    assert fit(scored_texts(0), OWN) is None


def test_a_class_that_never_occurs_is_no_class():
    frame = scored_texts(600)
    assert fit(frame[frame["stated"] != "negative"], OWN) is None
    two = fit(frame[frame["stated"] != "neutral"], OWN)
    assert two is not None
    assert set(two.card["classes"]) == {"negative", "positive"}
    assert np.abs(two.scores(frame["text"].tolist()[:50])).min() > 0


def test_later_comments_that_it_has_not_seen_are_the_test():
    model = fit(scored_texts(900), OWN)
    assert model is not None
    test = model.card["tests"]["all"]
    assert 200 <= test["n"] <= 230
    # nine in ten are marked by their words, so that is what can be reached
    assert test["baseline"] < 0.3
    assert 0.8 < test["low"] < test["macro_f1"] < test["high"] < 1
    assert np.array(test["confusion"]).sum() == test["n"]


def test_a_text_of_the_older_part_is_no_test():
    frame = scored_texts(900)
    stock = {"negative": "the array failed again", "positive": "the fault was fixed", "neutral": "the array was fixed"}
    frame["text"] = frame["stated"].map(stock)
    model = fit(frame, OWN)
    assert model is not None
    assert model.card["tests"] == {}


def test_texts_without_a_word_in_two_of_them_give_no_model():
    frame = scored_texts(400)
    frame["text"] = [f"w{number:04d} v{number:04d}" for number in range(len(frame))]
    assert fit(frame, OWN) is None


def test_scores_that_say_nothing_are_found_out():
    frame = scored_texts(900)
    frame["stated"] = np.random.default_rng(5).permutation(frame["stated"].to_numpy())
    model = fit(frame, OWN)
    assert model is not None
    assert model.card["tests"]["all"]["macro_f1"] < 0.45


def test_the_same_comments_give_the_same_bytes_in_any_order():
    frame = scored_texts(600)
    one, two = (fit(rows, OWN) for rows in (frame, frame.sample(frac=1, random_state=2)))
    assert one is not None
    assert two is not None
    assert to_bytes(one) == to_bytes(two)
    again = from_bytes(to_bytes(one))
    assert (again.digest, to_bytes(again)) == (one.digest, to_bytes(one))
    said = frame["text"].tolist()[:40]
    assert again.scores(said).tolist() == one.scores(said).tolist()


@pytest.mark.parametrize("content", [b"", b"pickle", b"cem sentiment model\n", b'cem sentiment model\n{"form":9}\n'])
def test_other_bytes_are_refused(content):
    with pytest.raises(ValueError, match="sentiment model"):
        from_bytes(content)


def test_a_file_cut_short_is_refused():
    model = fit(scored_texts(400), OWN)
    assert model is not None
    with pytest.raises(ValueError, match="cut short"):
        from_bytes(to_bytes(model)[:-8])


def test_macro_f1_by_hand():
    truth = ["positive"] * 3 + ["negative"] * 2
    said = ["positive", "positive", "negative", "negative", "neutral"]
    # positive: precision 2/2, recall 2/3; negative: precision 1/2, recall 1/2; neutral does not occur
    assert judged(truth, said)["macro_f1"] == pytest.approx((0.8 + 0.5) / 2)
    assert judged(truth, said)["baseline"] == pytest.approx(0.75 / 2)


def test_nothing_is_claimed_from_invented_texts():
    for invented, verdict in ((True, "not measured"), (False, "measured")):
        rules = OWN.model_copy(update={"is_text_invented": invented})
        model = fit(scored_texts(900), rules)
        frame = text_quality(["en"], rules, model=model, words_digest="x")
        [row] = frame[(frame["kind"] == "model") & (frame["language"] == "en")].to_dict("records")
        assert row["verdict"] == verdict
        assert pd.isna(row["value"]) == invented


def test_a_language_without_a_sample_is_not_measured():
    frame = text_quality(["de"], OWN, model=None, words_digest=reading_digest(shipped().lexicon, shipped().taxonomy))
    german = frame[frame["language"] == "de"]
    assert set(german["verdict"]) == {"not measured"}
    assert set(frame.loc[frame["language"] == "it", "verdict"]) == {"measured"}


def test_a_record_ends_with_the_words_it_was_made_with():
    frame = text_quality(["en"], OWN, model=None, words_digest="other")
    english = frame[frame["language"] == "en"].set_index("kind")["verdict"]
    assert english.to_dict() == {
        "aspects": "not measured", "lexicon": "not measured", "language": "measured", "redaction": "measured",
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_records_are_what_is_measured(language):
    policy = shipped()
    records: dict[str, QualityRecord] = {r.kind: r for r in policy.voice.record if r.language == language}
    lexicon, aspect = lexicon_quality(language), aspect_quality(language)
    right, n = language_quality(language)
    assert records["lexicon"].digest == records["aspects"].digest == reading_digest(policy.lexicon, policy.taxonomy)
    assert records["lexicon"].n == lexicon["n"] == 30
    for field in ("low", "high", "baseline"):
        assert getattr(records["lexicon"], field) == pytest.approx(lexicon[field], abs=0.006)
    assert records["lexicon"].value == pytest.approx(lexicon["macro_f1"], abs=0.006)
    assert f"it read {lexicon['read']}, {lexicon['right']} of them right" in records["lexicon"].about
    assert records["aspects"].value == pytest.approx(aspect["f1"], abs=0.006)
    assert (records["language"].n, records["language"].value) == (n, pytest.approx(right / n, abs=0.006))
