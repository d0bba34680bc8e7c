"""When an alert is listed instead of told: during maintenance, under an open plan, in a snooze, over a budget."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.rules.rule import Rule
from contracts.words import EventKind


class SuppressionRules(Rule):
    """What keeps an alert from a person. Entering Critical and hard events are never kept from everybody.

    `maintenance`: kinds of event that a declared maintenance window of the customer explains while it lasts.
    `open_plan`: an open case of the customer takes in what alerts would say again.
    `longest_snooze_days`: how far ahead a snooze may end. `budget_per_week`: alert mails that a person gets in an
    ISO week; None: no limit. `over_budget_minutes`: within this time what must be told over budget leaves as one mail.
    """

    maintenance: list[EventKind] = [EventKind.SEVERITY_1, EventKind.SPIKE, EventKind.DRIFT]
    open_plan: bool = True
    longest_snooze_days: Annotated[int, Field(ge=1, le=365)] = 30
    budget_per_week: Annotated[int, Field(ge=1)] | None = 20
    over_budget_minutes: Annotated[int, Field(ge=0, le=60)] = 60
