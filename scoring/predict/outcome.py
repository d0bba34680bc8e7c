"""Does anything foretell churn? A model trained on earlier snapshots is tested on a later one, against its rivals.

    first choice   L2 logistic regression on few declared features, calibrated in the training period
    rivals         the training period's share for everybody; the experts' score read as a probability; a monthly
                   hazard; boosted trees
    better than chance      the AUC's 95 % interval lies above .5 and the Brier score beats the base rate's
    may be adopted          that, and the Brier score beats the scorecard's

Without that the experts' scorecard stays the axis, called a risk index. Label windows of training end before the test
snapshot (purged); a leaking feature is refused by name before anything is fitted.

Source: Steyerberg, Clinical Prediction Models, 2019 (out-of-time validation); docs/methods/retention.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from contracts.rules import RetentionRules
from scoring.arrays import Numbers
from scoring.predict import leakage
from scoring.predict.challengers import boosted
from scoring.predict.design import Features
from scoring.predict.discrimination import Interval, auc
from scoring.predict.hazard import probability_within, train_hazard
from scoring.predict.leakage import Availability, Refused
from scoring.predict.lines import LineCompared, compared
from scoring.predict.model import PASSED_GATE, Model
from scoring.predict.periods import SCORECARD
from scoring.predict.quality import Quality, assess
from scoring.predict.training import few, train

Verdict = Literal["too_few_events", "not_better_than_chance", "better_than_chance"]

INDEX_NOT_PROBABILITY = "the retention axis is the experts' risk index, not a probability"
NO_OUTCOMES = f"No outcomes are known: {INDEX_NOT_PROBABILITY}."
NO_DATES = f"No churn with a date is known: {INDEX_NOT_PROBABILITY}."


@dataclass(frozen=True, slots=True)
class Study:
    """What was tried and found. Qualities, out of time: `model`, and `rivals` by name on the same customers.
    `index`: how the experts' score itself ranks them. Models are None where nothing was fitted.
    """

    verdict: Verdict
    sentences: tuple[str, ...]
    n_train: int
    events_train: int
    n_test: int
    events_test: int
    index: Interval | None = None
    model: Model | None = None
    hazard: Model | None = None
    quality: Quality | None = None
    rivals: tuple[tuple[str, Quality], ...] = ()
    refused: tuple[Refused, ...] = ()
    lines: tuple[LineCompared, ...] = ()

    @property
    def may_be_adopted(self) -> bool:
        """Whether the experts may choose the model as the axis."""
        return _passes(self.verdict, self.quality)


def judge(
    earlier: pd.DataFrame,
    later: pd.DataFrame,
    features: Features,
    retention: RetentionRules,
    *,
    horizon_days: int,
    minimum_events: int = 30,
    known: Sequence[Availability] = (),
    already_refused: tuple[Refused, ...] = (),
    axis: str = INDEX_NOT_PROBABILITY,
) -> Study:
    """The verdict on a model and on the retention axis as it stands.

    Args:
        earlier: person-periods of one or more snapshots (`periods.person_periods`), to train on.
        later: person-periods of one snapshot whose label window begins after those of `earlier` have ended.
        features: what the policy declares, the most trusted first.
        retention: limits of leaks and sizes.
        horizon_days: length of the label windows.
        minimum_events: fewer customers who left (or who stayed) on either side give no verdict.
        known: when the facts behind features became known.
        already_refused: features that the caller has found to leak.
        axis: what the retention axis is, for the sentences.
    """
    earlier = earlier.sort_values(["customer_id", "at"], ignore_index=True)
    later = later.sort_values("customer_id", ignore_index=True)
    study = _counted(earlier, later)
    fewest = min(study.events_train, study.events_test)
    if fewest < minimum_events:
        return replace(study, sentences=(too_few(fewest, minimum_events, axis),))
    remaining = min(study.n_train - study.events_train, study.n_test - study.events_test)
    if remaining < minimum_events:
        return replace(study, sentences=(_too_few_stayed(remaining, minimum_events, axis),))

    named = {one.feature for one in already_refused}
    refused = already_refused + tuple(
        one for one in leakage.late(known, late_share=retention.leaks.late_share) if one.feature not in named
    )
    honest = _without(features, refused)
    refused += leakage.alone(earlier, later, honest, limit=retention.leaks.alone_auc)
    used = few(
        _without(honest, refused),
        study.events_train,
        events_per_feature=retention.events_per_feature,
        most=retention.most_features,
    )
    model = train(earlier, used, horizon_days=horizon_days, gap_days=retention.gap_days)
    left = later["is_churned"].to_numpy(bool)
    scorecard = _by_scorecard(earlier, later, horizon_days)

    def judged(probability: Numbers) -> Quality:
        quality = assess(left, probability, base_rate=model.base_rate, scorecard=scorecard)
        assert quality is not None  # both kinds were counted above
        return quality

    probability = model.probability(later)
    quality = judged(probability)
    hazard = train_hazard(earlier, used, horizon_days=horizon_days, gap_days=retention.gap_days)
    rivals = [("monthly hazard", judged(probability_within(hazard, later)))]
    rivals.append(("boosted trees", judged(boosted(earlier, later, used))))
    if scorecard is not None:
        rivals.insert(0, ("scorecard as probability", judged(scorecard)))
    verdict: Verdict = "better_than_chance" if quality.is_better_than_chance else "not_better_than_chance"
    found = replace(
        study,
        verdict=verdict,
        model=replace(model, metrics=_metrics(quality, verdict)),
        hazard=hazard,
        quality=quality,
        rivals=tuple(rivals),
        refused=refused,
        lines=compared(left, probability, retention.line),
    )
    return replace(found, sentences=_sentences(found, earlier, horizon_days, quality, axis))


def nothing_tried(sentence: str) -> Study:
    """A study without any outcome to learn from."""
    return Study("too_few_events", (sentence,), 0, 0, 0, 0)


def too_few(events: int, minimum: int, axis: str = INDEX_NOT_PROBABILITY) -> str:
    """The sentence for a window of so few churned customers that no model is tried."""
    least = "1 churn event" if minimum == 1 else f"{minimum:,} churn events"
    return f"Fewer than {least} ({events:,}): {axis}."


def _too_few_stayed(stayed: int, minimum: int, axis: str) -> str:
    return f"Fewer than {minimum:,} customers who stayed ({stayed:,}): {axis}."


def _counted(earlier: pd.DataFrame, later: pd.DataFrame) -> Study:
    """Customers count once, however many snapshots show them."""
    known = later.loc[later[SCORECARD].notna()]
    return Study(
        verdict="too_few_events",
        sentences=(),
        n_train=earlier["customer_id"].nunique(),
        events_train=earlier.loc[earlier["is_churned"], "customer_id"].nunique(),
        n_test=len(later),
        events_test=int(later["is_churned"].sum()),
        index=auc(known["is_churned"].to_numpy(bool), -known[SCORECARD].to_numpy(float)),
    )


def _without(features: Features, refused: Sequence[Refused]) -> Features:
    names = {one.feature for one in refused}
    return Features(
        tuple(name for name in features.numbers if name not in names),
        tuple(name for name in features.words if name not in names),
    )


def _by_scorecard(earlier: pd.DataFrame, later: pd.DataFrame, horizon_days: int) -> Numbers | None:
    """The experts' score read as a probability: one coefficient, calibrated in the training period."""
    if earlier[SCORECARD].isna().all() or later[SCORECARD].isna().all():
        return None
    return train(earlier, Features((SCORECARD,)), horizon_days=horizon_days, penalty=1.0).probability(later)


def _passes(verdict: Verdict, quality: Quality | None) -> bool:
    """The gate: better than chance, and a better Brier score than the scorecard's."""
    return verdict == "better_than_chance" and quality is not None and quality.beats_scorecard


def _metrics(quality: Quality, verdict: Verdict) -> tuple[tuple[str, float], ...]:
    """The figures that a model file carries: those of the test that lets it be adopted, or not."""
    gained: tuple[tuple[str, float], ...] = ()
    if (over := quality.gain_scorecard) is not None:
        gained = (("gain_scorecard", over.value), ("gain_scorecard_low", over.low), ("gain_scorecard_high", over.high))
    return (
        (PASSED_GATE, float(_passes(verdict, quality))),
        ("n", float(quality.n)),
        ("events", float(quality.events)),
        ("auc", quality.auc.value),
        ("auc_low", quality.auc.low),
        ("auc_high", quality.auc.high),
        ("brier", quality.brier),
        ("brier_skill", quality.skill),
        ("calibration_error", quality.calibration_error),
        ("log_loss", quality.log_loss),
        ("gain_base", quality.gain_base.value),
        ("gain_base_low", quality.gain_base.low),
        ("gain_base_high", quality.gain_base.high),
        *gained,
    )


def _sentences(study: Study, earlier: pd.DataFrame, horizon_days: int, quality: Quality, axis: str) -> tuple[str, ...]:
    days = horizon_days + _days_apart(earlier)
    tested = (
        f"one trained on {days} days of churn and tested on the next {horizon_days} days "
        f"({quality.n:,} customers, {quality.events:,} churned)"
    )
    ranked = f"AUC {quality.auc.value:.2f} ({quality.auc.low:.2f} to {quality.auc.high:.2f}; 0.50 is chance)"
    beats = "beats" if quality.brier < quality.brier_base else "does not beat"
    told = f"Brier score {quality.brier:.4f} {beats} the base rate's {quality.brier_base:.4f}"
    if study.verdict == "better_than_chance":
        first = f"A model of churn is better than chance: {tested} reaches {ranked}; its {told}. "
        first += f"It is evidence only: {axis}."
    elif quality.auc.low > 0.5:
        first = f"No model is good enough: {tested} ranks better than chance, {ranked}, but its {told}. "
        first += f"So {axis}."
    else:
        first = f"No model beats chance: {tested} reaches {ranked}; its {told}. So {axis}."
    return (first, *_of_index(study.index), *_of_adoption(study, quality), *(one.sentence for one in study.refused))


def _days_apart(earlier: pd.DataFrame) -> int:
    moments = pd.to_datetime(earlier["at"])
    return round((moments.max() - moments.min()) / pd.Timedelta(days=1))


def _of_index(index: Interval | None) -> tuple[str, ...]:
    if index is None:
        return ()
    words = "not better than chance"
    if index.low > 0.5:
        words = "better than chance"
    elif index.high < 0.5:
        words = "worse than chance: customers with high scores left more often"
    ranked = f"AUC {index.value:.2f} ({index.low:.2f} to {index.high:.2f})"
    return (f"The experts' scorecard, as a ranking of the same customers, is {words}: {ranked}.",)


def _of_adoption(study: Study, quality: Quality) -> tuple[str, ...]:
    """Only of a model that is better than chance: whether it beats the scorecard too."""
    if study.verdict != "better_than_chance" or quality.gain_scorecard is None or study.model is None:
        return ()
    gained = quality.gain_scorecard
    by = f"by {gained.value:.4f} of Brier score ({gained.low:.4f} to {gained.high:.4f})"
    if study.may_be_adopted:
        return (f"It beats the scorecard read as a probability {by}: version {study.model.version} may be adopted.",)
    return (f"It does not beat the scorecard read as a probability ({by}): the scorecard stays the axis.",)
