"""Whether anything foretells churn: planted signals are found, noise is not, and too little is said to be too little."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from contracts.results import SIGNALS
from contracts.rules import OutcomeRules
from scoring.predict.discrimination import auc, brier
from scoring.predict.labels import contradictions, undated, used_label
from scoring.predict.outcome import judge, too_few
from scoring.predict.windows import HorizonNotObserved, active, labels_at, split
from tests.factories.scoring import AS_OF, ago, facts, rule, table

RULES = [
    rule(id="usage_trend", axis="retention"),
    rule(id="deals", axis="retention"),
    rule(id="constant", axis="retention"),
    rule(id="nps", axis="loyalty"),
]


def signals(values: dict[str, np.ndarray]) -> pd.DataFrame:
    """SIGNALS of customers c0000, c0001, ...; NaN is not observed."""
    parts = []
    for signal_id, column in values.items():
        known = ~np.isnan(column)
        parts.append(
            pd.DataFrame(
                {
                    "customer_id": names(len(column)),
                    "signal_id": signal_id,
                    "value": column,
                    "n": known.astype(float),
                    "variance": np.nan,
                    "last_at": pd.NaT,
                    "is_observed": known,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[SIGNALS.names]


def names(count: int) -> list[str]:
    return [f"c{number:04d}" for number in range(count)]


def outcomes(left: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": names(len(left)), "is_churned": left})


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


def verdict_of(train, test, scores, **more):
    return judge(train[0], train[1], test[0], test[1], scores, RULES, horizon_days=182, **more)


def test_a_planted_signal_is_better_than_chance() -> None:
    rng = np.random.default_rng(1)
    train, test = snapshot(rng, 600, 1.6), snapshot(rng, 600, 1.6)
    scores = pd.DataFrame({"customer_id": names(600), "score": 50 + 10 * test[2]})
    verdict = verdict_of(train, test, scores)
    assert verdict.verdict == "better_than_chance"
    assert verdict.auc_model == pytest.approx(0.80, abs=0.05)
    assert verdict.auc_model_low < verdict.auc_model < verdict.auc_model_high
    assert verdict.brier < verdict.brier_base
    assert verdict.auc_index > verdict.auc_model  # the index knows the tenth that the signals miss
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
    verdict = verdict_of(
        snapshot(rng, 400, 0.0), snapshot(rng, 400, 0.0), pd.DataFrame({"customer_id": [], "score": []})
    )
    assert verdict.verdict == "not_better_than_chance"
    assert (verdict.auc_index, len(verdict.sentences)) == (None, 1)


def test_a_model_without_any_varying_signal_knows_the_base_rate_only() -> None:
    left = np.arange(200) % 4 == 0
    same = (signals({"constant": np.ones(200)}), outcomes(left), None)
    verdict = verdict_of(same, same, pd.DataFrame({"customer_id": [], "score": []}))
    assert (verdict.auc_model, verdict.brier, verdict.verdict) == (0.5, verdict.brier_base, "not_better_than_chance")


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
        assert verdict.auc_model is None


def test_a_book_in_which_nearly_everybody_leaves_gives_no_verdict_either() -> None:
    most = (signals({"deals": np.arange(100.0)}), outcomes(np.arange(100) < 90), None)
    verdict = verdict_of(most, most, pd.DataFrame({"customer_id": [], "score": []}))
    assert verdict.verdict == "too_few_events"
    assert verdict.sentences[0].startswith("Fewer than 30 customers who stayed (10)")


def test_one_event_in_the_sentence() -> None:
    assert too_few(0, 1).startswith("Fewer than 1 churn event (0)")
    assert too_few(1_200, 5_000).startswith("Fewer than 5,000 churn events (1,200)")


# --- discrimination -----------------------------------------------------------------------------

# docs/methods: y and q of the calibration example
LEFT = np.array([0, 0, 0, 1, 0, 1, 1, 0, 1, 1], dtype=bool)
RISK = np.array([0.05, 0.15, 0.15, 0.25, 0.35, 0.45, 0.65, 0.65, 0.85, 0.95])


def test_auc_and_brier_of_the_worked_example() -> None:
    assert auc(LEFT, RISK).value == pytest.approx(0.86, abs=5e-5)
    assert brier(LEFT, RISK) == pytest.approx(0.1605, abs=5e-5)
    assert brier(LEFT, 0.5) == pytest.approx(0.25)
    # scikit-learn's documentation of brier_score_loss
    assert brier(np.array([0, 1, 1, 0], dtype=bool), np.array([0.1, 0.9, 0.8, 0.3])) == pytest.approx(0.0375)


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
    windows = split(AS_OF, 182)
    days = [windows.train_at, windows.test_at - timedelta(days=1), windows.test_at, AS_OF - timedelta(days=1), AS_OF]
    rows = churn(*((f"c{number}", day, None) for number, day in enumerate(days)))
    customers = [f"c{number}" for number in range(5)]
    assert churned(rows, customers, as_of=windows.train_at, observed_until=windows.test_at) == ["c0", "c1"]
    assert churned(rows, customers, as_of=windows.test_at) == ["c2", "c3"]


def test_windows_are_calendar_days_of_the_zone() -> None:
    rome = ZoneInfo("Europe/Rome")
    windows = split(datetime(2026, 11, 23, tzinfo=rome), 182)
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
