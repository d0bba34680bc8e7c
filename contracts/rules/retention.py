"""What the retention axis is: the experts' index, or an adopted model of leaving; and what a model must prove."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from contracts.rules.rule import Positive, Rule, Share

Attribute = Literal["tier", "region", "country", "industry", "product_line", "support_queue"]


class LeakLimits(Rule):
    """When a feature is refused by name. `alone_auc`: it alone ranks later customers better than this, with its whole
    95 % interval; `late_share`: more than this share of its facts became known only after the snapshot.
    """

    alone_auc: Annotated[float, Field(ge=0.5, le=1)] = 0.9
    late_share: Share = 0.1


class ProbabilityLine(Rule):
    """Where a probability of leaving counts as high: a multiple of the base rate, or the accounts a team can follow.
    `band_share`: the dead-band around the line, as a share of the line's probability; points of the index do not fit.
    The costs of a missed departure and of a false alarm are for comparison: the card shows the lines they would give.
    """

    times_base_rate: Positive | None = 2.0
    capacity: Annotated[int, Field(gt=0)] | None = None
    band_share: Share = 0.2
    cost_miss: Positive = 5.0
    cost_alarm: Positive = 1.0

    @model_validator(mode="before")
    @classmethod
    def _capacity_alone(cls, given: Any) -> Any:
        """TOML has no null: who writes a capacity does not mean the default multiple too."""
        if isinstance(given, dict) and given.get("capacity") is not None:
            return {"times_base_rate": None, **given}
        return given

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.times_base_rate is None) == (self.capacity is None):
            raise ValueError("line: give times_base_rate or capacity, one of the two; a line of the index does not fit")
        return self


class RetentionRules(Rule):
    """`kind`: `index` is the experts' scorecard, `model` the adopted model of this version, shown as a probability.

    `horizon_days`: length of the window in which a customer may leave; none: that of [outcome] in thresholds.toml.
    `gap_days`: who leaves so soon after a snapshot is left out, because nobody could still act.
    `features`: signals that the model may use, the most trusted first; none: the retention signals with weight, by
    weight. `attributes`: columns of the customer that it may use beside them. `replaces`: the version that stays the
    axis while `model` runs in shadow; none: the index does.
    """

    kind: Literal["index", "model"] = "index"
    model: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None
    replaces: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None
    approver: str = ""
    shadow_from: date | None = None
    shadow_weeks: Annotated[int, Field(ge=0, le=52)] = 8
    effective_from: date | None = None
    horizon_days: Annotated[int, Field(gt=0)] | None = None
    gap_days: Annotated[int, Field(ge=0)] = 0
    features: list[str] = []
    attributes: list[Attribute] = []
    most_features: Annotated[int, Field(ge=1)] = 15
    events_per_feature: Annotated[int, Field(ge=1)] = 10
    training_snapshots: Annotated[int, Field(ge=1, le=12)] = 3
    step_days: Annotated[int, Field(gt=0)] = 91
    leaks: LeakLimits = LeakLimits()
    line: ProbabilityLine = ProbabilityLine()
    zone_share_most: Share = 0.4

    @model_validator(mode="after")
    def _adoption_is_complete(self) -> Self:
        if self.kind == "index":
            return self
        if not (self.model and self.approver and self.shadow_from and self.effective_from):
            raise ValueError(
                'kind = "model" needs model (a version of 16 hexadecimal digits), approver, shadow_from and '
                'effective_from; without them the axis stays kind = "index"'
            )
        earliest = self.shadow_from + timedelta(weeks=self.shadow_weeks)
        if self.effective_from < earliest:
            raise ValueError(
                f"effective_from {self.effective_from} leaves fewer than {self.shadow_weeks} shadow weeks after "
                f"shadow_from {self.shadow_from}; the earliest is {earliest}"
            )
        return self

    def version_in_force(self, on: date) -> str | None:
        """The version whose probability is the axis of the week that begins on this day; None: the index is."""
        if self.kind == "index" or self.effective_from is None:
            return None
        return self.model if on >= self.effective_from else self.replaces
