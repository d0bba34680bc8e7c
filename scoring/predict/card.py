"""The model card: what a reader must know of the model before believing it, as rows to print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from contracts.frames import conform
from contracts.results import MODEL_CARD, PREDICTIONS
from contracts.rules import RetentionRules
from scoring.predict.discrimination import Interval
from scoring.predict.drift import Drift
from scoring.predict.model import Model
from scoring.predict.outcome import Study
from scoring.predict.quality import Quality
from scoring.predict.reasons import told

_PROVEN_EVENTS = 100
_PROVEN_ERROR = 0.05
_SMALLEST_CELL = 5

LIMITS = (
    "Whoever left without a dated outcome counts as one who stayed.",
    "Past snapshots are rebuilt from the dates of today's rows; a row corrected since counts as if always right.",
    "A season, a price change or a new product between training and test shows as a model that fails.",
    "Reasons say what goes with leaving in the past, not what causes it.",
)


def grade(study: Study) -> str:
    """One word of a closed list, with its reason: how far the test supports the model."""
    quality = study.quality
    if quality is None:
        return "none: too few events to try a model"
    if not quality.is_better_than_chance:
        return "D: no gain over the base rate"
    if not quality.beats_scorecard:
        return "C: better than the base rate, not than the scorecard"
    clear = quality.gain_base.low > 0 and (quality.gain_scorecard is None or quality.gain_scorecard.low > 0)
    if clear and quality.events >= _PROVEN_EVENTS and quality.calibration_error < _PROVEN_ERROR:
        return "A: better than base rate and scorecard beyond chance, and calibrated"
    return "B: better than base rate and scorecard, within what chance may do"


def model_card(
    study: Study,
    retention: RetentionRules,
    *,
    horizon_days: int,
    minimum_events: int,
    in_force: str | None = None,
    drifts: Sequence[Drift] = (),
    names: Mapping[str, tuple[str, str]] | None = None,
) -> pd.DataFrame:
    """MODEL_CARD frame.

    Args:
        study: what was tried this week.
        retention: the policy's part.
        horizon_days: window that a probability speaks of.
        minimum_events: below it no model is tried.
        in_force: version whose probability is the axis; None: the index is.
        drifts: features of the model in force or of the tried one, then against now.
        names: how features are said, and their units.
    """
    rows = list(_verdict_rows(study, in_force))
    rows += _period_rows(study, horizon_days, retention)
    rows += _minimum_rows(retention, minimum_events)
    if study.quality is not None and study.model is not None:
        rows += _metric_rows("this model", study.quality)
        for name, rival in study.rivals:
            rows += _rival_rows(name, rival)
        rows += _feature_rows(study.model, names or {})
        rows += _calibration_rows(study.model, study.quality)
    rows += [{"section": "lines", "item": one.name, "value": one.at, "words": one.words} for one in study.lines]
    rows += [{"section": "refused", "item": one.feature, "words": one.sentence} for one in study.refused]
    rows += _drift_rows(drifts)
    rows += [{"section": "limits", "item": str(number), "words": words} for number, words in enumerate(LIMITS, 1)]
    return conform(pd.DataFrame([{"position": place, **row} for place, row in enumerate(rows, 1)]), MODEL_CARD)


def predictions(
    model: Model, rows: pd.DataFrame, names: Mapping[str, tuple[str, str]], *, is_adopted: bool
) -> pd.DataFrame:
    """PREDICTIONS frame: the probability only of an adopted model, since an untried figure would be taken for one.

    Args:
        model: a logistic model.
        rows: features of active customers (`periods.rows_of`).
        names: how features are said, and their units.
        is_adopted: whether the policy in force has chosen this version.
    """
    found = told(model, rows, names).assign(version=model.version, horizon_days=model.horizon_days)
    if is_adopted:
        found["probability"] = model.probability(rows)
    return conform(found, PREDICTIONS)


def line_sentence(judged: pd.DataFrame, *, line: float) -> str:
    """What the line of the axis means among the customers of a PREDICTIONS frame."""
    at = 1.0 - line / 100.0
    risks = judged["probability"].to_numpy(float)
    flagged = int((risks > at).sum())
    share = f" ({flagged / risks.size:.0%})" if risks.size else ""
    return (
        f"Its line stands at {line:.1f}: below it are those who leave with a probability above {at:.1%}, "
        f"{flagged:,} of {risks.size:,} active accounts{share}."
    )


_Row = dict[str, Any]


def _verdict_rows(study: Study, in_force: str | None) -> Iterator[_Row]:
    axis = "the experts' risk index" if in_force is None else f"probability of leaving by model {in_force}"
    yield {"section": "verdict", "item": "retention axis", "words": axis}
    yield {"section": "verdict", "item": "grade", "words": grade(study)}
    for number, sentence in enumerate(study.sentences, 1):
        yield {"section": "verdict", "item": f"finding {number}", "words": sentence}
    if study.model is not None:
        yield {"section": "verdict", "item": "version tried", "words": study.model.version}
        answer = "yes" if study.may_be_adopted else "no"
        yield {"section": "verdict", "item": "may be adopted", "words": answer}


def _period_rows(study: Study, horizon_days: int, retention: RetentionRules) -> Iterator[_Row]:
    yield {"section": "period", "item": "horizon in days", "value": horizon_days}
    yield {"section": "period", "item": "gap in days", "value": retention.gap_days}
    if study.model is not None:
        yield {"section": "period", "item": "training snapshots", "words": ", ".join(study.model.trained_on)}
        yield {"section": "period", "item": "digest of training rows", "words": study.model.training_digest}
    for name, n, events in (
        ("training", study.n_train, study.events_train),
        ("test", study.n_test, study.events_test),
    ):
        if n >= _SMALLEST_CELL:
            yield {"section": "period", "item": f"{name}: customers who left", "value": events, "n": n}


def _minimum_rows(retention: RetentionRules, minimum_events: int) -> Iterator[_Row]:
    yield {"section": "minimums", "item": "customers who left, in each period", "value": minimum_events}
    yield {"section": "minimums", "item": "customers who left per feature", "value": retention.events_per_feature}
    yield {"section": "minimums", "item": "features at most", "value": retention.most_features}


def _metric_rows(name: str, quality: Quality) -> Iterator[_Row]:
    yield _figure(name, "AUC", quality, quality.auc)
    yield _figure(name, "average precision", quality, quality.average_precision)
    yield _figure(name, "Brier score", quality, quality.brier)
    yield _figure(name, "Brier score of the base rate", quality, quality.brier_base)
    yield _figure(name, "Brier skill", quality, quality.skill)
    yield _figure(name, "Brier gain over the base rate", quality, quality.gain_base)
    if quality.gain_scorecard is not None:
        yield _figure(name, "Brier gain over the scorecard", quality, quality.gain_scorecard)
    yield _figure(name, "log loss", quality, quality.log_loss)
    yield _figure(name, "calibration error, bins of equal count", quality, quality.calibration_error)
    yield _figure(name, "calibration error, bins of equal width", quality, quality.calibration_error_width)
    yield _figure(name, "share who left minus share foretold", quality, quality.in_the_large)
    if quality.slope is not None:
        yield _figure(name, "calibration slope", quality, quality.slope)
    if quality.top is not None:
        yield {
            "section": "metrics",
            "item": f"{name}: lift of the riskiest tenth",
            "value": quality.top.lift,
            "n": quality.top.flagged,
        }
        yield _figure(name, "precision of the riskiest tenth", quality, quality.top.precision)
        yield _figure(name, "recall of the riskiest tenth", quality, quality.top.recall)


def _rival_rows(name: str, quality: Quality) -> Iterator[_Row]:
    yield _figure(name, "AUC", quality, quality.auc)
    yield _figure(name, "Brier score", quality, quality.brier)
    yield _figure(name, "calibration error, bins of equal count", quality, quality.calibration_error)


def _figure(name: str, item: str, quality: Quality, value: float | Interval) -> _Row:
    row: _Row = {"section": "metrics", "item": f"{name}: {item}", "n": quality.n}
    if isinstance(value, Interval):
        return row | {"value": value.value, "low": value.low, "high": value.high}
    return row | {"value": value}


def _feature_rows(model: Model, names: Mapping[str, tuple[str, str]]) -> Iterator[_Row]:
    """Change of log-odds per training deviation; words and unknown values are told apart."""
    for coding, coefficient in zip(model.codings, model.coefficients, strict=True):
        name, unit = names.get(coding.feature, (coding.feature.replace("_", " "), ""))
        known = "" if coding.is_word else f"; mean {coding.mean:.4g}, deviation {coding.deviation:.4g} {unit}"
        words = "unknown or not" if coding.is_gap else f"log-odds per training deviation{known}".rstrip()
        yield {"section": "features", "item": name, "value": coefficient, "n": model.rows, "words": words}


def _calibration_rows(model: Model, quality: Quality) -> Iterator[_Row]:
    yield {"section": "calibration", "item": "kind", "words": model.calibration.kind}
    for number, one in enumerate(quality.bins, 1):
        if one.n >= _SMALLEST_CELL:
            words = f"foretold {one.predicted:.1%}, left {one.observed:.1%}"
            yield {
                "section": "calibration",
                "item": f"bin {number} by risk",
                "value": one.observed,
                "n": one.n,
                "words": words,
            }


def _drift_rows(drifts: Sequence[Drift]) -> Iterator[_Row]:
    for one in drifts:
        words = "more than samples of one population differ" if one.is_drift else "within the noise of samples"
        yield {
            "section": "drift",
            "item": one.feature,
            "value": one.psi,
            "high": one.limit,
            "n": one.n,
            "words": f"PSI {one.psi:.3f}, limit without drift {one.limit:.3f}: {words}",
        }
