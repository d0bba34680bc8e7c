"""Whether playbooks help: which weeks are compared, how alike accounts must be, what counts as proven."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.rules.rule import Positive, Rule, Score
from contracts.words import Axis

Weeks = Annotated[int, Field(ge=1, le=104)]


class EarlyWarning(Rule):
    """What could have caught a lost customer: a fall of `fall_points` on an axis within `fall_weeks`, a score under
    `low_score`, Critical, or an event. `weeks` before the end are looked at.
    """

    weeks: Weeks = 26
    fall_points: Positive = 10.0
    fall_weeks: Weeks = 4
    low_score: Score = 40.0


class EffectRules(Rule):
    """`pre_weeks` up to the last week before a case opened say who is comparable; the `placebo_weeks` before them test
    whether both went the same way; the effect is the mean of the weeks `after_from` to `after_to` after opening.

    caliper: of the logit of the chance of a case, and of the score, in standard deviations. maximum_difference: of
    standardised means after matching. neighbours: comparable accounts per case. minimum_treated: fewer prove nothing.
    axes: scores that are judged. segments: facts in which accounts must be equal. case_weeks: of cases in the
    operational figures.
    """

    pre_weeks: Annotated[int, Field(ge=3, le=52)] = 8
    placebo_weeks: Annotated[int, Field(ge=2, le=52)] = 8
    after_from: Weeks = 4
    after_to: Weeks = 13
    caliper: Positive = 0.2
    maximum_difference: Positive = 0.1
    neighbours: Annotated[int, Field(ge=1, le=20)] = 3
    minimum_treated: Annotated[int, Field(ge=5)] = 20
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    trend_alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    axes: list[Axis] = [Axis.LOYALTY, Axis.RETENTION]
    segments: list[Literal["tier", "region", "product_line"]] = ["tier"]
    case_weeks: Weeks = 26
    early_warning: EarlyWarning = EarlyWarning()

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.after_to < self.after_from:
            raise ValueError("effect: after_to must not lie before after_from")
        return self
