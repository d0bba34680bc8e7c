"""Who reads what, when, and which fields."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from contracts.rules.rule import Rule
from contracts.words import BusinessUnit, FieldGroup, Level

MailPart = Literal["brief", "workbook", "account_briefs", "link"]


class AttributeScope(Rule):
    """People who see customers by attribute instead of by assignment: a support queue, a region, a product."""

    people: list[str] = []
    level: Level | None = None
    business_unit: BusinessUnit | None = None
    attribute: Literal["product_line", "region", "support_queue", "tier", "country", "industry"]
    values: list[str]


class NamedAudience(Rule):
    """An audience of a workspace without people data; it gets the whole book."""

    level: Level
    business_unit: BusinessUnit | None = None
    title: str
    name: str
    email: str
    language: str = "en"


class Calendar(Rule):
    working_days: list[Annotated[int, Field(ge=1, le=7)]] = [1, 2, 3, 4, 5]
    opens: Annotated[str, Field(pattern=r"^\d{2}:\d{2}$")] = "08:00"
    closes: Annotated[str, Field(pattern=r"^\d{2}:\d{2}$")] = "18:00"
    time_zone: str
    holidays: list[date] = []


class Audiences(Rule):
    """Who reads what. `colleague_figures`: whoever sees colleagues sees figures per named colleague too; false switches
    these off for everybody, and names of owners stay.
    """

    colleague_figures: bool = True
    fields: dict[Level, list[FieldGroup]]
    mail: dict[Level, list[MailPart]]
    links: dict[Level, str] = {}
    scope: list[AttributeScope] = []
    audience: list[NamedAudience] = []
    calendars: dict[str, Calendar]
    feeds: list[Literal["scores", "placements", "cases"]] = []
    account_pages: Annotated[int, Field(ge=0)] = 200
    own_account_pages: Annotated[int, Field(ge=0)] = 500
    allowed_domains: list[str] = []
