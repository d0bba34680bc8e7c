"""A trained model as numbers: what it needs to foretell, and to be read in ten years. Written as canonical JSON.

Only coefficients are kept, never a program: the file is read without executing anything. Its version is a digest of
its content, so that a refit or another calibration is another version, and an edited file is refused.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from contracts.ids import canonical_json, sha256
from scoring.arrays import Numbers
from scoring.predict.calibration import Calibration
from scoring.predict.design import Coding, columns
from scoring.predict.glm import Link

VERSION_DIGITS = 16
_SIGNIFICANT = 9
"""Digits kept of every number: the last bits depend on the machine's linear algebra."""

FORMAT = 1
PASSED_GATE = "passed_gate"
"""The metric that is 1 when the test on later customers let the model become the axis."""


class ModelBroken(ValueError):
    """A model file that is no model, or whose content is not what its version says."""


@dataclass(frozen=True, slots=True)
class ReferenceBins:
    """A feature in training: inner borders of up to 10 bins of equal count, and the share of rows in each; the last
    share is that of unknown values.
    """

    feature: str
    borders: tuple[float, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """`kind`: `logistic` for the whole window, `hazard` per month of it. Periods are ISO dates. `months`: baseline of
    the hazard, one intercept per month of the window (empty for logistic). `metrics`: out of time, by name.
    `covariance`: of intercept and coefficients; empty where it is not known.
    """

    kind: Literal["logistic", "hazard"]
    link: Link
    codings: tuple[Coding, ...]
    intercept: float
    coefficients: tuple[float, ...]
    calibration: Calibration
    horizon_days: int
    gap_days: int
    penalty: float
    trained_on: tuple[str, ...]
    rows: int
    events: int
    base_rate: float
    training_digest: str
    months: tuple[float, ...] = ()
    reference: tuple[ReferenceBins, ...] = ()
    metrics: tuple[tuple[str, float], ...] = field(default=())
    covariance: tuple[tuple[float, ...], ...] = ()

    @property
    def version(self) -> str:
        return sha256(canonical_json(_body(self)))[:VERSION_DIGITS]

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(coding.feature for coding in self.codings))

    def log_odds(self, rows: pd.DataFrame) -> Numbers:
        """The linear predictor of each row, before calibration."""
        linear: Numbers = self.intercept + columns(rows, self.codings) @ np.asarray(self.coefficients)
        return linear

    def probability(self, rows: pd.DataFrame) -> Numbers:
        """The calibrated probability of leaving within the window, of a logistic model."""
        return self.calibration.apply(self.log_odds(rows))

    def log_odds_error(self, rows: pd.DataFrame) -> Numbers:
        """Standard error of each row's log-odds, from the coefficients alone; NaN where their covariance is unknown."""
        if not self.covariance:
            return np.full(len(rows), np.nan)
        design = np.column_stack([np.ones(len(rows)), columns(rows, self.codings)])
        spread: Numbers = np.einsum("ij,jk,ik->i", design, np.asarray(self.covariance), design)
        return np.sqrt(np.maximum(spread, 0.0))

    @property
    def passed_gate(self) -> bool:
        """Whether the out-of-time test that made this version let it become the axis."""
        return dict(self.metrics).get(PASSED_GATE) == 1.0


def write_model(model: Model) -> bytes:
    """The model as canonical JSON, with its version inside."""
    return canonical_json(_body(model) | {"version": model.version})


def read_model(content: bytes, *, version: str | None = None) -> Model:
    """The model of a file.

    Raises: ModelBroken naming what is wrong, also when the content is not that of its version, or of `version`.
    """
    try:
        body = json.loads(content)
        model = _model(body)
        told = body["version"]
    except (ValueError, KeyError, TypeError) as exc:
        raise ModelBroken(f"the model file cannot be read ({exc!r}); take it from the run that made it") from exc
    if told != model.version or version not in {None, model.version}:
        raise ModelBroken(
            f"the model file says version {told}, is asked for as {version or told}, but its content is "
            f"{model.version}; an edited model is another model and needs an adoption of its own"
        )
    return model


def _body(model: Model) -> dict[str, Any]:
    rounded: dict[str, Any] = _rounded(asdict(model)) | {"format": FORMAT}
    if not model.covariance:
        del rounded["covariance"]
    return rounded


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{_SIGNIFICANT}g}")
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(inner) for inner in value]
    return value


def _model(body: dict[str, Any]) -> Model:
    if body["format"] != FORMAT:
        raise ModelBroken(f"the model file has format {body['format']}, this program reads {FORMAT}")
    fields = {name: value for name, value in body.items() if name not in {"format", "version"}}
    fields["codings"] = tuple(
        Coding(**(one | {"log_odds": tuple((str(w), float(v)) for w, v in one["log_odds"])}))
        for one in fields["codings"]
    )
    calibration = fields["calibration"]
    fields["calibration"] = Calibration(calibration["kind"], tuple(calibration["at"]), tuple(calibration["to"]))
    fields["reference"] = tuple(
        ReferenceBins(one["feature"], tuple(one["borders"]), tuple(one["shares"])) for one in fields["reference"]
    )
    for name in ("coefficients", "trained_on", "months"):
        fields[name] = tuple(fields[name])
    fields["covariance"] = tuple(tuple(row) for row in fields.get("covariance", ()))
    fields["metrics"] = tuple((str(name), float(value)) for name, value in fields["metrics"])
    return Model(**fields)
