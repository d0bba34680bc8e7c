"""Playbooks: which steps are suggested to whom, and why."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.rules.rule import Rule, Share
from contracts.words import BusinessUnit, EventKind, Zone


class PlaybookStep(Rule):
    """One step: who does it and by when, in working days. `{topics}` in `action` becomes the account's own reasons.

    `signals`: the step's own reason is the strongest of these, where it is among the account's reasons.
    """

    action: str
    unit: BusinessUnit
    due_days: Annotated[int, Field(ge=0)]
    signals: list[str] = []


class Playbook(Rule):
    """Suggested steps for zones, narrowed by what is named: reasons (`signals`), `events`, `tiers`, business
    `units` that serve the customer, the zone before (`after_zones`), weeks in the zone (`weeks_in_zone`, at least).

    `is_opening`: the first part of every plan that it fits, before the specific ones.
    """

    id: str
    name: str
    zones: list[Zone]
    signals: list[str] = []
    events: list[EventKind] = []
    tiers: list[str] = []
    units: list[BusinessUnit] = []
    after_zones: list[Zone] = []
    weeks_in_zone: Annotated[int, Field(ge=0)] = 0
    is_opening: bool = False
    steps: list[PlaybookStep]
    chance_to_help: Share
    owner: str
    review_by: date
