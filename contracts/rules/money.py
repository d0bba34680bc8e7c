"""One reporting currency at dated rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from contracts.rules.rule import Rule


class Money(Rule):
    """One reporting currency at dated rates; changes are told at the constant rate of `constant_on`."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    rates: dict[str, dict[date, Decimal]] = {}
