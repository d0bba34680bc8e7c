"""How customers' lifetime values are reckoned, and which chains lead from a KPI to value."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.rules.rule import Rule, Share

ValuationMode = Literal["auto", "contractual", "non_contractual"]

Convention = Literal["receipt_now", "after_renewal"]


class KpiLink(Rule):
    """One chain from a KPI to value: the signal, the signals it works `through`, and the step that is priced, in the
    signal's natural unit (0.05 of a share is 5 points; a step of fewer hours is negative).
    """

    signal: str
    through: list[str] = []
    step: float

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if self.step == 0:
            raise ValueError(f"link '{self.signal}': step is 0; write what one natural unit more is")
        if len({self.signal, *self.through}) != 1 + len(self.through):
            raise ValueError(f"link '{self.signal}': a signal stands twice in the chain")
        return self


class LifetimeValueRules(Rule):
    """`mode` auto: contracts if there are agreements, purchases if there are only invoices or deals.

    `renewal_months`: the usual time from one renewal to the next. `receipt_months`: how often money is counted.
    `minimum_events`: fewer ended customers (or repeat buyers) give no value, unless `assumed_retention`, the experts'
    share of customers who renew, stands in with the weight of `prior_renewals` renewals. `group`: the attribute by
    which retention may differ. `cost_per_ticket`: cost to serve in the reporting currency; 0 when the margin has it.
    """

    mode: ValuationMode = "auto"
    convention: Convention = "receipt_now"
    annual_discount: Annotated[float, Field(ge=0, le=1)] = 0.10
    horizon_months: Annotated[int, Field(ge=1, le=240)] = 60
    renewal_months: Annotated[int, Field(ge=1, le=60)] = 12
    receipt_months: Annotated[int, Field(ge=1, le=12)] = 1
    minimum_events: Annotated[int, Field(ge=2)] = 10
    assumed_retention: Annotated[float, Field(gt=0, lt=1)] | None = None
    prior_renewals: Annotated[float, Field(ge=0)] = 20.0
    group: Literal["tier", "region", "product_line", "industry"] | None = None
    segments: list[Literal["tier", "region", "country", "industry", "product_line", "zone"]] = []
    cost_per_ticket: Annotated[float, Field(ge=0)] = 0.0
    draws: Annotated[int, Field(ge=100, le=5000)] = 400
    minimum_customers: Annotated[int, Field(ge=10)] = 30
    minimum_link_events: Annotated[int, Field(ge=5)] = 30
    false_discovery_share: Share = 0.05
    link: list[KpiLink] = []

    @model_validator(mode="after")
    def _each_link_once(self) -> Self:
        signals = [link.signal for link in self.link]
        twice = sorted({signal for signal in signals if signals.count(signal) > 1})
        if twice:
            raise ValueError(f"link: signal with two chains: {', '.join(twice)}")
        return self
