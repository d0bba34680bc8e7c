"""Who may put rules in force, and how long proposed ones are watched first."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.rules.rule import Rule


class GovernanceRules(Rule):
    """`four_eyes`: whoever proposed a change does not approve it. `shadow_weeks`: weekly runs beside the rules in
    force before a proposal may be adopted, unless it says another number.
    """

    four_eyes: bool = True
    shadow_weeks: Annotated[int, Field(ge=0, le=26)] = 2
