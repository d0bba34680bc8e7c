"""How survey figures are told: windows, and how many answers a figure and an arrow need."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.rules.rule import Rule

Dimension = Literal["tier", "region", "country", "industry", "product_line", "support_queue"]


class SurveyRules(Rule):
    """`windows_weeks`: lengths of the rolling windows. Fewer answers than `figure_from` are read, not averaged; an
    arrow needs `arrow_from` answers in both windows and a difference beyond noise. A cell of `dimensions` with fewer
    than `cell_from` customers is not told.
    """

    windows_weeks: Annotated[list[Annotated[int, Field(ge=1, le=53)]], Field(min_length=1)] = [4, 13]
    figure_from: Annotated[int, Field(ge=2)] = 5
    arrow_from: Annotated[int, Field(ge=5)] = 30
    cell_from: Annotated[int, Field(ge=1)] = 5
    bootstrap_rounds: Annotated[int, Field(ge=200, le=10_000)] = 1_000
    dimensions: list[Dimension] = ["tier", "region", "product_line"]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.arrow_from < self.figure_from:
            raise ValueError(f"arrow_from must be at least figure_from ({self.figure_from}); got {self.arrow_from}")
        return self
