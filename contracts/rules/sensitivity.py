"""How far lines are moved to see what would change, what errors cost, and how many cases can be worked."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.rules.rule import Positive, Rule
from contracts.words import BusinessUnit

MOST_STEPS = 63


class Costs(Rule):
    """In the workspace's currency: a customer lost unseen, a case opened for nothing, and every case."""

    missed: Annotated[float, Field(ge=0)] = 60_000.0
    false_alarm: Annotated[float, Field(ge=0)] = 4_000.0
    case: Annotated[float, Field(ge=0)] = 0.0


class Capacity(Rule):
    """What owners in `unit` can take up: new cases per owner and week; standing ones may last so many weeks."""

    unit: BusinessUnit = BusinessUnit.SALES
    cases_per_owner_week: Positive = 1.0
    weeks_to_work_off: Positive = 4.0


class SensitivityRules(Rule):
    """`steps` positions of each line, `step` points apart, the line of today in the middle.

    grid_steps: of each line in the map of both. weeks: of history replayed with dead-band and confirmation.
    cuts: segments that are counted apart. resamples, draws, concentration, nudge: bootstrap of the cheapest line, and
    perturbation of weights (Dirichlet with this concentration; single weights and anchors by this share).
    """

    steps: Annotated[int, Field(ge=3, le=MOST_STEPS)] = 41
    step: Positive = 0.5
    grid_steps: Annotated[int, Field(ge=3, le=MOST_STEPS)] = 11
    weeks: Annotated[int, Field(ge=1, le=104)] = 13
    cuts: list[Literal["business_unit", "tier", "region", "product_line"]] = ["business_unit", "tier"]
    costs: Costs = Costs()
    capacity: Capacity = Capacity()
    resamples: Annotated[int, Field(ge=100)] = 500
    draws: Annotated[int, Field(ge=20)] = 200
    concentration: Positive = 100.0
    nudge: Annotated[float, Field(gt=0, lt=1)] = 0.1

    @property
    def shifts(self) -> tuple[float, ...]:
        """Points by which a line is moved, lowest first; exact multiples of the step."""
        middle = self.steps // 2
        return tuple((place - middle) * self.step for place in range(self.steps))

    @property
    def grid_shifts(self) -> tuple[float, ...]:
        """The same reach as `shifts`, in fewer positions."""
        middle = self.grid_steps // 2
        wide = self.step * (self.steps // 2) / middle
        return tuple((place - middle) * wide for place in range(self.grid_steps))

    @model_validator(mode="after")
    def _has_a_middle(self) -> Self:
        if self.steps % 2 == 0 or self.grid_steps % 2 == 0:
            raise ValueError("sensitivity: steps and grid_steps must be odd, so that today's line is in the middle")
        return self
