"""Goals: what retention of revenue and single KPIs are to reach."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from contracts.rules.rule import Rule, Share
from contracts.words import BusinessUnit


class RetentionTargets(Rule):
    """Of a year's opening revenue: the share kept without (gross) and with (net) growth of the same customers."""

    gross_revenue: Share | None = None
    net_revenue: Annotated[float, Field(ge=0, le=3)] | None = None


class KpiTarget(Rule):
    """A goal for one signal, in its natural unit, and the unit whose own KPI it is (none: everybody's)."""

    signal: str
    goal: float
    business_unit: BusinessUnit | None = None


class Targets(Rule):
    retention: RetentionTargets = RetentionTargets()
    kpi: list[KpiTarget] = []

    @model_validator(mode="after")
    def _each_goal_once(self) -> Self:
        signals = [target.signal for target in self.kpi]
        twice = sorted({signal for signal in signals if signals.count(signal) > 1})
        if twice:
            raise ValueError(f"kpi: signal with two goals: {', '.join(twice)}")
        return self
