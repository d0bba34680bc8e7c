"""What stands when an alert is due: who asked for quiet, whose case is open; and what was kept from whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Quiet(StrEnum):
    """Why an alert was listed instead of told."""

    MAINTENANCE = "maintenance"
    PLAN = "open plan"
    SNOOZE = "snooze"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True)
class Snooze:
    """Somebody asked for quiet about a customer; it ends by itself."""

    customer_id: str
    until: datetime
    why: str
    who: str


@dataclass(frozen=True, slots=True)
class Silenced:
    """Why one person is not told of one alert: the reason and its words."""

    reason: Quiet
    words: str


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """An open case of a customer with everybody who works on it."""

    case_id: str
    person_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands when alerts are decided.

    `snoozes` and `plans` by customer; `maintenance`: begin and end of the windows declared for a customer.
    `told`: alert mails that each person got this week. `told_pairs`: subject key and person of what was told before;
    `listed`: of what was listed before instead, with the reason.
    """

    snoozes: Mapping[str, Snooze] = field(default_factory=dict)
    plans: Mapping[str, OpenPlan] = field(default_factory=dict)
    maintenance: Mapping[str, tuple[tuple[datetime, datetime], ...]] = field(default_factory=dict)
    told: Mapping[str, int] = field(default_factory=dict)
    told_pairs: frozenset[tuple[str, str]] = frozenset()
    listed: Mapping[tuple[str, str], Silenced] = field(default_factory=dict)
