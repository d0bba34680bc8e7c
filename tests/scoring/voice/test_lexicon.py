"""The lexicon on the sentences that a general one gets wrong, negation, boosting, contrast, and odd texts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from tests.factories.voice import aspects, shipped, tone

# sentence, what VADER 3.3.2 says of it, what is right
VADER_FAILS = [
    ("Ticket closed without a fix.", 0.0, "negative"),
    ("P1 outage again, third time this month.", 0.0, "negative"),
    ("We have waited three weeks for a call back.", 0.0, "negative"),
    ("We will not renew.", 0.0, "negative"),
    ("Escalating to your competitor at renewal.", 0.0, "negative"),
    ("Critical alarm was cleared quickly.", -0.5106, "positive"),
    ("Your engineer killed the process and removed the virus. Perfect.", -0.2023, "positive"),
    ("Support ticket about security and trust settings", 0.8126, None),
    ("Der Support war sehr schlecht, wir kündigen.", -0.2960, None),
]


def feeling(value: float | None) -> str | None:
    if value is None:
        return None
    near = abs(value) < shipped().voice.sentiment.neutral_below
    return "neutral" if near else "positive" if value > 0 else "negative"


# its README, with the sentences it boasts of
VADER_README = [
    ("VADER is smart, handsome, and funny.", 0.8316),
    ("VADER is smart, handsome, and funny!", 0.8439),
    ("VADER is very smart, handsome, and funny.", 0.8545),
    ("VADER is VERY SMART, handsome, and FUNNY.", 0.9227),
    ("VADER is VERY SMART, handsome, and FUNNY!!!", 0.9342),
    ("VADER is not smart, handsome, nor funny.", -0.7424),
    ("Today SUX!", -0.5461),
]


@pytest.fixture(scope="module")
def general() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


@pytest.mark.parametrize(("text", "compound"), VADER_README)
def test_the_general_lexicon_here_is_the_published_one(general, text, compound):
    assert general.polarity_scores(text)["compound"] == compound


@pytest.mark.parametrize(("text", "vader", "expected"), VADER_FAILS)
def test_what_a_general_lexicon_gets_wrong(general, text, vader, expected):
    assert general.polarity_scores(text)["compound"] == vader
    assert feeling(vader) != expected
    assert feeling(tone(text)) == expected


def test_no_lexicon_of_a_language_is_no_sentiment_by_another():
    # "war" and "die" are words of war and death to an English lexicon.
    assert tone("Die Leute waren sehr nett, der Umbau war gut geplant und pünktlich.") is None


@pytest.mark.parametrize(
    ("plain", "negated"),
    [
        ("the support is good", "the support is not good"),
        ("we are happy with the answer", "we are not at all happy with the answer"),
        ("il tecnico è competente", "il tecnico non è competente"),
        ("الدعم جيد", "الدعم ليس جيدا"),
    ],
)
def test_a_negator_turns_round_and_weakens(plain, negated):
    language = "ar" if "الدعم" in plain else "it" if "tecnico" in plain else "en"
    before, after = tone(plain, language), tone(negated, language)
    assert before is not None
    assert after is not None
    assert -before < after < 0 < before


def test_a_negator_does_not_reach_over_a_comma_or_a_sentence():
    assert (tone("No, the support is good.") or 0) > 0
    assert (tone("There was not one of them. The support is good.", "en") or 0) > 0


def test_boosters_strengthen_and_weaken():
    weak, plain, strong = (tone(f"the support is {word}good", "en") or 0 for word in ("slightly ", "", "very "))
    assert weak < plain < strong


def test_what_follows_but_weighs_more():
    assert (
        (tone("the arrays are good, but the support is bad") or 0)
        < 0
        < (tone("the support is bad, but the arrays are excellent") or 0)
    )


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("I love the product but the support is terrible.", "en", {"expertise": None, "price": None}),
        ("The engineer was friendly and the price is too high.", "en", {"courtesy": 1, "price": -1}),
        ("Price, support and delivery are great.", "en", {"price": 1, "spare parts": 1}),
        ("Il tecnico era cortese, ma il prezzo è troppo alto.", "it", {"courtesy": 1, "price": -1}),
        ("المهندس مهذب، لكن السعر مرتفع وغالي.", "ar", {"courtesy": 1, "price": -1}),
        ("No downtime at all this year.", "en", {"reliability": 1}),
    ],
)
def test_each_aspect_has_the_sentiment_of_its_own_clause(text, language, expected):
    found = aspects(text, language)
    for aspect, sign in expected.items():
        if sign is None:
            assert aspect not in found
        else:
            assert (found[aspect] or 0) * sign > 0, (aspect, found)


@pytest.mark.parametrize("text", ["", " ", "...", "12345", "\u200f", "[NAME]", "?!"])
def test_nothing_is_said_of_texts_without_words(text):
    assert tone(text, "en") is None
    assert aspects(text) == {}


def test_pictures_are_words():
    assert (tone("👍👍") or 0) > 0 > (tone("😡") or 0)


def test_a_very_long_text_is_read_up_to_the_limit():
    limit = shipped().voice.longest_text
    long = "nothing to say here " * (limit // 20) + "terrible " * 50
    assert tone(long, "en") is None or abs(tone(long, "en") or 0) <= 1


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_without_a_fault(text):
    value = tone(text)
    assert value is None or -1 < value < 1
