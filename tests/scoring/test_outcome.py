"""Whether anything foretells churn: planted signals are found, noise is not, and too little is said to be too little."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from contracts.rules import OutcomeRules, RetentionRules
from scoring.predict.card import grade, model_card
from scoring.predict.discrimination import auc
from scoring.predict.labels import contradictions, undated, used_label
from scoring.predict.leakage import Availability
from scoring.predict.outcome import judge, too_few
from scoring.predict.periods import declared, person_periods
from scoring.predict.windows import HorizonNotObserved, active, labels_at, schedule
from tests.factories.predict import names, signals
from tests.factories.scoring import AS_OF, ago, facts, rule, table

RULES = [
    rule(id="usage_trend", axis="retention"),
    rule(id="deals", axis="retention"),
    rule(id="constant", axis="retention"),
    rule(id="nps", axis="loyalty"),
]


def outcomes(left: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": names(len(left)), "is_churned": left, "days": np.where(left, 30.0, np.nan)})


def snapshot(rng: np.random.Generator, count: int, strength: float) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Signals, outcomes and the planted signal; with strength 1.35 and 25 % churn its AUC is about .8."""
    planted, noise = rng.normal(size=count), rng.normal(size=count)
    left = rng.random(count) < 1 / (1 + np.exp(1.35 + strength * planted))
    gaps = np.where(rng.random(count) < 0.1, np.nan, planted)
    return (
        signals({"usage_trend": gaps, "deals": noise, "constant": np.ones(count), "nps": -1.0 * left}),
        outcomes(left),
        planted,
    )


NOBODY = pd.DataFrame({"customer_id": [], "score": []})


def verdict_of(train, test, scores, **more):
    """`scores` are those at both snapshots, which is all that a scorecard read as a probability needs."""
    features = declared(RULES, RetentionRules())
    earlier, later = (
        person_periods(s, o, features, at=at, scores=scores, facts=facts({"customer_id": "c00000"}))
        for (s, o, _), at in ((train, ago(364)), (test, ago(182)))
    )
    return judge(earlier, later, features, RetentionRules(), horizon_days=182, **more)


def test_a_planted_signal_is_better_than_chance() -> None:
    rng = np.random.default_rng(1)
    train, test = snapshot(rng, 600, 1.6), snapshot(rng, 600, 1.6)
    scores = pd.DataFrame({"customer_id": names(600), "score": 50 + 10 * test[2]})
    verdict = verdict_of(train, test, scores)
    assert verdict.verdict == "better_than_chance"
    quality = verdict.quality
    assert quality.auc.value == pytest.approx(0.80, abs=0.05)
    assert quality.auc.low < quality.auc.value < quality.auc.high
    assert quality.brier < quality.brier_base
    assert quality.skill == pytest.approx(1 - quality.brier / quality.brier_base)
    assert verdict.index.value > quality.auc.value  # the index knows the tenth that the signals miss
    assert verdict.sentences[0].startswith("A model of churn is better than chance: one trained on 182 days")
    assert "is better than chance: AUC" in verdict.sentences[1]


def test_shuffled_outcomes_are_chance() -> None:
    rng = np.random.default_rng(2)
    train, test = snapshot(rng, 400, 1.6), snapshot(rng, 400, 1.6)
    scores = pd.DataFrame({"customer_id": names(400), "score": rng.permutation(400) / 4})
    found = 0
    for _ in range(20):
        shuffled = [(s, outcomes(rng.permutation(o["is_churned"].to_numpy())), p) for s, o, p in (train, test)]
        verdict = verdict_of(*shuffled, scores)
        found += verdict.verdict == "better_than_chance"
        if verdict.verdict == "not_better_than_chance":
            assert verdict.sentences[0].startswith(("No model beats chance", "No model is good enough"))
    assert found <= 2


def test_the_order_of_rows_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    train, test = snapshot(rng, 300, 1.6), snapshot(rng, 300, 1.6)
    scores = pd.DataFrame({"customer_id": names(300), "score": rng.random(300)})
    turned = [(s.iloc[::-1], o.iloc[::-1], p) for s, o, p in (train, test)]
    assert verdict_of(train, test, scores) == verdict_of(*turned, scores.iloc[::-1])


def test_signals_of_the_other_axis_are_no_features() -> None:
    rng = np.random.default_rng(4)
    # in `snapshot` the loyalty signal is the label itself
    verdict = verdict_of(snapshot(rng, 400, 0.0), snapshot(rng, 400, 0.0), NOBODY)
    assert verdict.verdict == "not_better_than_chance"
    assert (verdict.index, len(verdict.sentences)) == (None, 1)


def test_a_model_without_any_varying_signal_knows_the_base_rate_only() -> None:
    left = np.arange(200) % 4 == 0
    same = (signals({"constant": np.ones(200)}), outcomes(left), None)
    verdict = verdict_of(same, same, NOBODY)
    quality = verdict.quality
    assert (quality.auc.value, quality.brier) == (0.5, pytest.approx(quality.brier_base))
    assert verdict.verdict == "not_better_than_chance"


@pytest.mark.parametrize(("events", "minimum"), [(29, 30), (0, 30), (1, 2)])
def test_too_few_events(events: int, minimum: int) -> None:
    few = (signals({"deals": np.arange(200.0)}), outcomes(np.arange(200) < events), None)
    many = (signals({"deals": np.arange(200.0)}), outcomes(np.arange(200) < 60), None)
    scores = pd.DataFrame({"customer_id": names(200), "score": np.arange(200.0) / 2})
    for pair in ((few, many), (many, few)):
        verdict = verdict_of(*pair, scores, minimum_events=minimum)
        assert verdict.verdict == "too_few_events"
        assert verdict.sentences == (
            f"Fewer than {minimum} churn events ({events}): the retention axis is the experts' risk index, not a probability.",
        )
        assert (verdict.quality, verdict.model) == (None, None)


def test_a_book_in_which_nearly_everybody_leaves_gives_no_verdict_either() -> None:
    most = (signals({"deals": np.arange(100.0)}), outcomes(np.arange(100) < 90), None)
    verdict = verdict_of(most, most, NOBODY)
    assert verdict.verdict == "too_few_events"
    assert verdict.sentences[0].startswith("Fewer than 30 customers who stayed (10)")


def test_one_event_in_the_sentence() -> None:
    assert too_few(0, 1).startswith("Fewer than 1 churn event (0)")
    assert too_few(1_200, 5_000).startswith("Fewer than 5,000 churn events (1,200)")


def test_a_model_that_adds_nothing_to_the_scorecard_leaves_it_the_axis() -> None:
    rng = np.random.default_rng(6)
    features = declared(RULES, RetentionRules())
    rows = []
    for age in (364, 182):
        _, left, planted = snapshot(rng, 800, 1.6)
        vague = signals({"usage_trend": planted + rng.normal(0, 2, 800)})
        scores = pd.DataFrame({"customer_id": names(800), "score": 50 + 10 * planted})
        book = facts({"customer_id": "c00000"})
        rows.append(person_periods(vague, left, features, at=ago(age), scores=scores, facts=book))
    study = judge(*rows, features, RetentionRules(), horizon_days=182)
    assert study.verdict == "better_than_chance"
    assert not study.may_be_adopted
    assert grade(study).startswith("C")
    assert any(said.startswith("It does not beat the scorecard") for said in study.sentences)


def test_a_model_that_beats_the_scorecard_may_be_adopted() -> None:
    rng = np.random.default_rng(7)
    train, test = snapshot(rng, 1500, 1.6), snapshot(rng, 1500, 1.6)
    study = verdict_of(train, test, pd.DataFrame({"customer_id": names(1500), "score": rng.random(1500)}))
    assert study.may_be_adopted
    assert grade(study)[0] in "AB"
    assert any(study.model.version in said and "may be adopted" in said for said in study.sentences)
    assert dict(study.model.metrics)["auc"] == study.quality.auc.value
    assert [name for name, _ in study.rivals] == ["scorecard as probability", "monthly hazard", "boosted trees"]


def test_leaks_are_refused_before_anything_is_fitted() -> None:
    rng = np.random.default_rng(8)

    def leaking() -> tuple:
        known, left, planted = snapshot(rng, 600, 1.6)
        final = signals({"deals": 1.0 * left["is_churned"].to_numpy()})
        return pd.concat([known[known["signal_id"] != "deals"], final]), left, planted

    late = Availability("constant", 600, 400, 12.0)
    study = verdict_of(leaking(), leaking(), NOBODY, known=[late])
    assert [(one.feature, one.reason) for one in study.refused] == [("constant", "late"), ("deals", "alone")]
    assert study.model.features == ("usage_trend",)
    assert study.sentences[-1].startswith("'deals' is refused: alone it ranks later customers with AUC 1.00")


def test_the_card_says_what_was_tried_and_what_was_not() -> None:
    rng = np.random.default_rng(9)
    study = verdict_of(snapshot(rng, 600, 1.6), snapshot(rng, 600, 1.6), NOBODY)
    card = model_card(study, RetentionRules(), horizon_days=182, minimum_events=30)
    assert set(card["section"]) == {
        "verdict",
        "period",
        "minimums",
        "metrics",
        "features",
        "calibration",
        "lines",
        "limits",
    }
    row = card.set_index("item").loc["this model: AUC"]
    assert (row["low"] < row["value"] < row["high"], row["n"]) == (True, 600)
    assert card.set_index("item").loc["retention axis", "words"] == "the experts' risk index"
    few = verdict_of(snapshot(rng, 40, 1.6), snapshot(rng, 40, 1.6), NOBODY)
    card = model_card(few, RetentionRules(), horizon_days=182, minimum_events=30)
    assert set(card["section"]) == {"verdict", "period", "minimums", "limits"}
    assert "probability of leaving" not in " ".join(card["words"].dropna())


# --- discrimination -----------------------------------------------------------------------------


def test_auc_needs_two_of_each_kind_and_stays_within_bounds() -> None:
    assert auc(np.array([True, False, False]), np.array([1.0, 2.0, 3.0])) is None
    perfect = auc(np.array([True, True, False, False]), np.array([4.0, 3.0, 2.0, 1.0]))
    assert (perfect.value, perfect.low, perfect.high) == (1.0, 1.0, 1.0)


def test_the_interval_covers_the_true_auc() -> None:
    # two normals one deviation apart: AUC = Phi(1 / sqrt 2) = .7602
    rng = np.random.default_rng(5)
    left = np.arange(120) < 40
    hits = [(i := auc(left, rng.normal(size=120) + left)).low <= 0.7602 <= i.high for _ in range(400)]
    assert 0.91 <= np.mean(hits) <= 0.98


# --- windows and labels -------------------------------------------------------------------------

HORIZON = timedelta(days=182)


def churn(*rows: tuple[str, datetime | None, str | None]):
    return table("outcomes", [
        {"customer_id": customer, "kind": "churned", "happened_on": day, "label": label} for customer, day, label in rows
    ])  # fmt: skip


def churned(outcome_rows, customers, **changes) -> list[str]:
    base = {"as_of": AS_OF - HORIZON, "horizon_days": 182, "label": None, "observed_until": AS_OF}
    frame = labels_at(outcome_rows, customers, **(base | changes))
    assert list(frame["customer_id"]) == list(customers)
    return list(frame.loc[frame["is_churned"], "customer_id"])


def test_an_outcome_counts_in_one_window_only() -> None:
    windows = schedule(AS_OF, horizon_days=182)
    (train_at,) = windows.train_at
    days = [train_at, windows.test_at - timedelta(days=1), windows.test_at, AS_OF - timedelta(days=1), AS_OF]
    rows = churn(*((f"c{number}", day, None) for number, day in enumerate(days)))
    customers = [f"c{number}" for number in range(5)]
    assert churned(rows, customers, as_of=train_at, observed_until=windows.test_at) == ["c0", "c1"]
    assert churned(rows, customers, as_of=windows.test_at) == ["c2", "c3"]


def test_training_windows_end_before_the_test_begins() -> None:
    windows = schedule(AS_OF, horizon_days=91, gap_days=30, snapshots=3, step_days=60)
    assert windows.test_at == ago(121)
    assert windows.train_at == (ago(362), ago(302), ago(242))
    assert all(windows.window(at)[1] <= windows.test_at for at in windows.train_at)
    assert windows.window(windows.test_at) == (ago(91), AS_OF)


def test_who_leaves_too_soon_to_act_bears_no_label() -> None:
    rows = churn(("soon", AS_OF - HORIZON + timedelta(days=5), None), ("later", AS_OF - timedelta(days=10), None))
    frame = labels_at(
        rows,
        ["later", "soon", "stays"],
        as_of=AS_OF - HORIZON,
        horizon_days=152,
        label=None,
        observed_until=AS_OF,
        gap_days=30,
    )
    assert frame["customer_id"].tolist() == ["later", "stays"]
    assert frame["is_churned"].tolist() == [True, False]
    assert frame["days"].tolist()[0] == 142


def test_windows_are_calendar_days_of_the_zone() -> None:
    rome = ZoneInfo("Europe/Rome")
    windows = schedule(datetime(2026, 11, 23, tzinfo=rome), horizon_days=182)
    assert windows.test_at.astimezone(UTC) == datetime(2026, 5, 24, 22, tzinfo=UTC)  # midnight in summer time


def test_a_window_nobody_has_seen_to_its_end_is_refused() -> None:
    rows = churn(("A", ago(3), None))
    with pytest.raises(HorizonNotObserved, match=r"of 182 days from 2026-05-26 ends on 2026-11-24"):
        churned(rows, ["A"], as_of=AS_OF - HORIZON + timedelta(days=1))
    assert churned(rows, ["A"]) == ["A"]


def test_only_churn_of_the_label_with_a_date_counts() -> None:
    rows = churn(
        ("A", ago(3), "event"), ("B", ago(3), "flag"), ("C", None, "event"), ("D", ago(3), None), ("X", ago(3), "event")
    )
    assert churned(rows, list("ABCD")) == ["A", "B", "D"]
    assert churned(rows, list("ABCD"), label="event") == ["A"]
    renewed = table("outcomes", [{"customer_id": "A", "kind": "renewed", "happened_on": ago(3)}])
    assert churned(renewed, ["A"]) == []


def test_who_could_still_leave() -> None:
    book = facts(*({"customer_id": s, "status": s} for s in ("prospect", "active", "notice", "left", "returned")))
    assert active(book) == ["active", "notice", "returned"]


# --- sources that contradict each other ---------------------------------------------------------


def test_contradicting_sources_are_said() -> None:
    rows = churn(
        *[(f"c{n}", None, "account_flag") for n in range(1)], *[(f"c{n}", ago(n), "churn_event") for n in range(1, 4)]
    )
    book = facts(*({"customer_id": f"c{n}"} for n in range(10)))
    (said,) = contradictions(rows, book)
    assert said == (
        "Two sources of churn contradict each other: 'account flag' names 1 customer, 'churn event' 3; "
        "they agree on 6 of 10 (60 %). 'churn event' is used."
    )
    assert undated(rows) == ("'account flag': the one churn row has no date, so it can never be used as a label.",)


def test_plurals_thousands_and_the_label_of_the_policy() -> None:
    rows = churn(
        *[(f"c{n}", ago(2), "flag") for n in range(1_100)], *[(f"c{n}", ago(2), "event") for n in range(1, 1_200)]
    )
    book = facts(*({"customer_id": f"c{n}"} for n in range(2_000)))
    assert used_label(rows, None) == "event"
    (said,) = contradictions(rows, book, label="flag")
    assert said == (
        "Two sources of churn contradict each other: 'event' names 1,199 customers, 'flag' 1,100; "
        "they agree on 1,899 of 2,000 (95 %). 'flag' is used."
    )
    assert undated(rows, label="flag") == ()
    assert contradictions(rows, book, label="typo") == ()
    assert undated(rows, label="typo") == (
        "The policy counts churn by the label 'typo', which no outcome bears; there is 'event', 'flag'.",
    )


def test_nothing_rounds_to_full_agreement_and_foreign_customers_do_not_count() -> None:
    rows = churn(
        ("c1", ago(1), "event"), ("c1", ago(1), "flag"), ("c2", ago(1), "event"), ("elsewhere", ago(1), "flag")
    )
    book = facts(*({"customer_id": f"c{n}"} for n in range(500)))
    assert "agree on 499 of 500 (99 %)" in contradictions(rows, book)[0]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([], id="none"),
        pytest.param([("A", ago(1), "event")], id="one label"),
        pytest.param([("A", ago(1), None), ("B", ago(1), None)], id="no label"),
        pytest.param([("A", ago(1), "event"), ("A", ago(2), "flag")], id="in agreement"),
    ],
)
def test_no_contradiction(rows) -> None:
    assert contradictions(churn(*rows), facts({"customer_id": "A"}, {"customer_id": "B"})) == ()


def test_sources_without_dates_are_never_used() -> None:
    rows = churn(("A", None, "flag"), ("B", None, "flag"), ("B", None, "list"), ("C", ago(1), None), ("C", None, None))
    assert undated(rows) == (
        "1 of 2 churn rows has no date, so it can never be used as a label.",
        "'flag': all 2 churn rows have no date, so they can never be used as a label.",
        "'list': the one churn row has no date, so it can never be used as a label.",
    )
    nobody_dated = churn(("A", None, "flag"), ("B", None, "list"))
    assert contradictions(nobody_dated, facts({"customer_id": "A"}, {"customer_id": "B"}))[0].endswith("(0 %).")


def test_rules_have_defaults() -> None:
    assert OutcomeRules() == OutcomeRules(label=None, horizon_days=182, minimum_events=30)
