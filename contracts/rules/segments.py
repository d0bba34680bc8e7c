"""Segments of the book, which of their figures are out of range, and how parent accounts roll up."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.rules.rule import Rule

FEWEST_CUSTOMERS = 5
"""A cell of fewer customers is never shown; no policy may lower this."""

Dimension = Literal["business_unit", "region", "product_line", "tier", "country", "industry", "support_queue"]
RollUp = Literal["worst_child", "revenue_weighted", "parent_only"]

FIGURES = (
    "loyalty",
    "retention",
    "very_loyal_share",
    "somewhat_loyal_share",
    "neutral_share",
    "critical_share",
    "insufficient_share",
    "nps",
    "csat",
    "ces",
)
"""What is said of a segment beside the signals: mean scores, shares of customers, answers pooled over customers."""


class SegmentRule(Rule):
    """A range for a figure of segments. `metric` is one of the figures, or `signal:` and the id of a signal.

    A figure is a finding when its whole interval lies beyond a limit and it rests on `minimum_n`.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    metric: str
    dimensions: list[Dimension] = []
    low: float | None = None
    high: float | None = None
    minimum_n: Annotated[int, Field(ge=FEWEST_CUSTOMERS)] = FEWEST_CUSTOMERS
    owner: str = ""

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if self.metric not in FIGURES and not self.metric.startswith("signal:"):
            raise ValueError(
                f"segment rule '{self.id}': metric must be one of {', '.join(FIGURES)} or signal:<id>; "
                f"got '{self.metric}'"
            )
        if self.low is None and self.high is None:
            raise ValueError(f"segment rule '{self.id}': give low, high or both")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"segment rule '{self.id}': low ({self.low}) must be below high ({self.high})")
        return self


class SegmentRules(Rule):
    """`dimensions`: by what the book is divided. `signals`: told per segment beside the figures; none: all.

    fewest_customers: smaller cells are suppressed, with a second one so that no total gives them away.
    survey_weeks: how far answers are pooled. parents: what a parent account shows beside its own scores.
    """

    dimensions: list[Dimension] = ["business_unit", "region", "product_line", "tier"]
    signals: list[str] = []
    fewest_customers: Annotated[int, Field(ge=FEWEST_CUSTOMERS)] = FEWEST_CUSTOMERS
    survey_weeks: Annotated[int, Field(ge=1)] = 13
    parents: RollUp = "worst_child"
    rule: list[SegmentRule] = []

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [rule.id for rule in self.rule]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"segments: rule id used twice: {', '.join(twice)}")
        return self
