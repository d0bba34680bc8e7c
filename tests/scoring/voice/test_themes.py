"""Themes that rise and fall, and new words: worked by hand, planted, and absent where nothing changed."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from contracts.frames import conform
from contracts.results import COMMENT_ASPECTS, COMMENTS, THEMES
from contracts.rules import ThemeRules
from scoring.voice.terms import emerging_terms
from scoring.voice.themes import false_discovery, themes
from tests.factories.voice import AS_OF, shipped

RULES = ThemeRules()


def book(rows: list[tuple[str, float, str | None]], *, table: str = "surveys") -> tuple[pd.DataFrame, pd.DataFrame]:
    """COMMENTS and COMMENT_ASPECTS of (customer, weeks ago, aspect or None), one comment each."""
    frame = pd.DataFrame(rows, columns=["customer_id", "weeks", "aspect"])
    frame = frame.assign(
        table=table, row_key=[f"R{n}" for n in range(len(frame))], said_at=[AS_OF - timedelta(weeks=w) for w in frame["weeks"]],
        language="en", sentiment="negative", sentiment_score=-0.5, sentiment_source="lexicon", text="said",
    )  # fmt: skip
    comments = conform(frame[[name for name in COMMENTS.names if name in frame]], COMMENTS)
    about = frame[frame["aspect"].notna()]
    return comments, conform(about[[name for name in COMMENT_ASPECTS.names if name in about]], COMMENT_ASPECTS)


def spread(aspect: str | None, now: int, before: int, *, offset: int = 0) -> list[tuple[str, float, str | None]]:
    recent = [(f"N{offset + n}", 1.5, aspect) for n in range(now)]
    return recent + [(f"B{offset + n}", 6 + n % 20, aspect) for n in range(before)]


def verdicts(rows: list[tuple[str, float, str | None]], **more) -> dict[str, str]:
    made = themes(*book(rows, **more), RULES, as_of=AS_OF, scope="book")
    return dict(zip(made["aspect"], made["verdict"], strict=True))


def test_a_share_that_trebles_rose_and_one_that_vanishes_fell():
    rows = spread("price", 30, 20) + spread("project", 0, 60, offset=100) + spread(None, 70, 120, offset=300)
    made = themes(*book(rows), RULES, as_of=AS_OF, scope="support").set_index("aspect")
    assert made["verdict"].to_dict() == {"price": "rose", "project": "fell"}
    price = made.loc["price"]
    assert (price["n_now"], price["of_now"], price["n_before"], price["of_before"]) == (30, 100, 20, 200)
    assert price["change"] == pytest.approx(0.30 - 0.10)
    assert price["low"] < 0.2 < price["high"]
    # Newcombe's method 10 by hand: Wilson of 30/100 is .2189 to .3958, of 20/200 .0657 to .1494
    assert (price["low"], price["high"]) == (pytest.approx(0.1049, abs=2e-4), pytest.approx(0.3018, abs=2e-4))
    assert made["sentiment_score"]["price"] == pytest.approx(-0.5)


def test_small_cells_show_nothing():
    rows = spread("price", 4, 40) + spread("project", 10, 3, offset=100) + spread(None, 60, 60, offset=300)
    made = themes(*book(rows), RULES, as_of=AS_OF, scope="book").set_index("aspect")
    assert set(made["verdict"]) == {"too_few"}
    assert pd.isna(made["n_now"]["price"])
    assert pd.isna(made["n_before"]["project"])
    assert made["n_now"]["project"] == 10
    assert made["share"].isna().all()


def test_one_customer_who_writes_often_is_no_trend():
    loud = [("LOUD", 1.5, "price")] * 60
    assert verdicts(loud + spread("price", 6, 30) + spread(None, 60, 300, offset=100)) == {"price": "steady"}


def test_what_our_team_says_is_no_theme():
    assert verdicts(spread("price", 40, 10), table="account_feedback") == {}


def test_an_empty_book_has_no_themes():
    made = themes(*book([]), RULES, as_of=AS_OF, scope="book")
    assert made.empty
    assert list(made.columns) == THEMES.names


def test_order_of_rows_does_not_matter():
    comments, about = book(spread("price", 30, 20) + spread("project", 10, 60, offset=100))
    one = themes(comments, about, RULES, as_of=AS_OF, scope="x")
    shuffled = themes(comments.sample(frac=1, random_state=1), about.sample(frac=1, random_state=2), RULES, as_of=AS_OF, scope="x")  # fmt: skip
    pd.testing.assert_frame_equal(one, shuffled)


def test_steady_books_raise_few_false_alarms():
    rng = np.random.default_rng(7)
    alarms = 0
    for _ in range(40):
        rows = [
            (f"C{n}", float(rng.uniform(0.1, 29.9)), f"a{rng.integers(6)}" if rng.random() < 0.8 else None)
            for n in range(400)
        ]
        alarms += any(verdict in {"rose", "fell"} for verdict in verdicts(rows).values())
    assert alarms / 40 <= RULES.false_discovery_rate + 2 * np.sqrt(0.05 * 0.95 / 40)


def test_false_discovery_by_hand():
    assert false_discovery(np.array([0.01, 0.04, 0.03, 0.5])).tolist() == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])


def comments_of(texts: list[tuple[str, float, str]]) -> pd.DataFrame:
    frame, _ = book([(customer, weeks, None) for customer, weeks, _ in texts])
    return frame.assign(text=[text for _, _, text in texts])


def proposals(texts: list[tuple[str, float, str]], rules: ThemeRules = RULES) -> pd.DataFrame:
    policy = shipped()
    return emerging_terms(comments_of(texts), policy.taxonomy, policy.lexicon, rules, as_of=AS_OF)


OLD = [(f"B{n}", 5.0 + n % 20, f"the colleague in office {n % 7} was on holiday again") for n in range(120)]


def test_a_new_word_is_proposed_and_a_known_one_is_not():
    new = [(f"N{n}", 1.0, "the quantum gateway beeps on holiday and the price rose") for n in range(12)]
    found = proposals(OLD + new)
    assert {"quantum", "gateway", "quantum gateway"} <= set(found["term"])
    assert "price" not in set(found["term"])
    assert "holiday" not in set(found["term"])
    top = found.iloc[0]
    assert (top["n_now"], top["n_before"], top["customers"]) == (12, 0, 12)
    assert top["z"] > 2


def test_log_odds_by_hand():
    texts = [(f"N{n}", 1.0, "gateway holiday") for n in range(10)] + [(f"B{n}", 9.0, "holiday") for n in range(30)]
    row = proposals(texts, RULES.model_copy(update={"prior_weight": 20.0})).set_index("term").loc["gateway"]
    # words now: gateway 10, holiday 10, the pair 10; before: holiday 30; the prior is 20 in proportion to both
    prior = 20 * 10 / 60
    delta = np.log((10 + prior) / (30 + 20 - 10 - prior)) - np.log(prior / (30 + 20 - prior))
    assert row["log_odds"] == pytest.approx(delta)
    assert row["z"] == pytest.approx(delta / np.sqrt(1 / (10 + prior) + 1 / prior))


def test_a_word_of_few_customers_is_nobodys_proposal():
    assert proposals(OLD + [(f"N{n % 4}", 1.0, "the quantum gateway beeps") for n in range(40)]).empty


def test_nothing_new_proposes_nothing():
    assert proposals(OLD + [(f"N{n}", 1.0, "the colleague in office 3 was on holiday again") for n in range(20)]).empty
    assert proposals([]).empty
