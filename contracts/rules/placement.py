"""Where the zones meet: lines, corners, and how the axes are held against outcomes."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.rules.rule import Rule, Score, Share
from contracts.words import Axis, Zone


class Lines(Rule):
    loyalty: Score
    retention: Score


class Corners(Rule):
    """Which corner of the grid bears which name."""

    high_loyalty_high_retention: Zone = Zone.VERY_LOYAL
    high_loyalty_low_retention: Zone = Zone.SOMEWHAT_LOYAL
    low_loyalty_high_retention: Zone = Zone.NEUTRAL
    low_loyalty_low_retention: Zone = Zone.CRITICAL

    @model_validator(mode="after")
    def _each_zone_once(self) -> Self:
        if len({*self.model_dump().values()}) != len(Zone):
            raise ValueError("corners: each zone must stand in exactly one corner")
        return self


class OutcomeRules(Rule):
    """How the axes are held against what became of customers. `label`: the source of churn that counts, when
    several contradict each other; none: the one with the most dated rows.
    """

    label: str | None = None
    horizon_days: Annotated[int, Field(gt=0)] = 182
    minimum_events: Annotated[int, Field(ge=2)] = 30


class Thresholds(Rule):
    """Lines, and how much evidence a place needs. `retention_dead_band`: where it differs from the other. A mean is
    drawn toward the book's mean, worth at least `prior_strength` facts; with `prior_segment` toward that of the
    customer's segment, where at least `prior_segment_customers` of it show the signal.
    """

    lines: Lines
    tier: dict[str, Lines] = {}
    dead_band: Annotated[float, Field(ge=0, le=20)]
    retention_dead_band: Annotated[float, Field(ge=0, le=20)] | None = None
    confirmation_weeks: Annotated[int, Field(ge=1, le=8)]
    coverage_floor: Share
    corners: Corners = Corners()
    prior_strength: Annotated[float, Field(ge=0)] = 0.0
    prior_segment: Literal["tier", "region", "country", "industry", "product_line", "support_queue"] | None = None
    prior_segment_customers: Annotated[int, Field(ge=10)] = 30
    outcome: OutcomeRules = OutcomeRules()
    owner: str = ""

    def lines_for(self, tier: str | None) -> Lines:
        return self.tier.get(tier or "", self.lines)

    def band(self, axis: Axis) -> float:
        """Half the width of the dead-band around the line of an axis, in points."""
        own = self.retention_dead_band if axis is Axis.RETENTION else None
        return self.dead_band if own is None else own

    def with_retention(self, line: float, band: float) -> Self:
        """The same, with one retention line and dead-band for all tiers: those of an adopted model."""
        lines = {tier: one.model_copy(update={"retention": line}) for tier, one in self.tier.items()}
        whole = self.lines.model_copy(update={"retention": line})
        return self.model_copy(update={"lines": whole, "tier": lines, "retention_dead_band": band})
