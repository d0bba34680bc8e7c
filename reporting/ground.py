"""The ground of a view: one audience's book, joined once, with the look-ups that every part needs.

`accounts` is one row per customer that has a placement this week and has not left: facts, placement and the
placement of the last good week side by side (columns `before_*`), ordered by priority for the reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from contracts.ids import safe_name
from contracts.scope import Audience, ScopedBook
from contracts.weeks import Week
from contracts.words import BusinessUnit, FieldGroup, Level, PlacementState, Role, Zone
from reporting import formats
from reporting.languages import PLAIN_ENGLISH, Tongue
from reporting.models.pack import Amount, Change, Direction, Mark
from reporting.reading import by_id, equal, flags, frame_of, instants, numbers, values
from reporting.theme import theme

GOOD_TO_BAD = (Zone.VERY_LOYAL, Zone.SOMEWHAT_LOYAL, Zone.NEUTRAL, Zone.CRITICAL)
_RANK = {zone: index for index, zone in enumerate(GOOD_TO_BAD)}
_CODES = {Zone.VERY_LOYAL: "v", Zone.SOMEWHAT_LOYAL: "s", Zone.NEUTRAL: "n", Zone.CRITICAL: "c"}
INSUFFICIENT = Mark("i", "?", "Insufficient evidence")
LEFT = Mark("l", "L", "Left")
ABSENT = Mark("x", "+", "Not there last week")

_PLACED = ["customer_id", "state", "zone", "loyalty", "retention", "loyalty_line", "retention_line"]


@dataclass(frozen=True)
class Ground:
    """What every part of a view stands on. `pages` are the customers whose account page is made."""

    book: ScopedBook
    zone: ZoneInfo
    today: date
    week: Week
    accounts: pd.DataFrame
    people: Mapping[str, SimpleNamespace]
    owners: pd.DataFrame
    owner_of: Mapping[tuple[str, str], tuple[str | None, str]]
    names: Mapping[str, str]
    every_name: Mapping[str, str]
    words: Mapping[str, SimpleNamespace]
    pages: frozenset[str]
    speech: Tongue = PLAIN_ENGLISH

    @property
    def audience(self) -> Audience:
        return self.book.audience

    @property
    def currency(self) -> str:
        return self.book.facts.currency

    @property
    def shows_money(self) -> bool:
        return self.audience.sees(FieldGroup.MONEY)

    def frame(self, name: str) -> pd.DataFrame:
        return frame_of(self.book, name)

    def amount(self, value: float | None) -> Amount:
        return amount_of(value, currency=self.currency, is_shown=self.shows_money, speech=self.speech)

    def amount_in(self, value: float | None, currency: str | None) -> Amount:
        """An amount of a source, in its own currency: said as it is, a number only in the reporting currency."""
        if currency in (None, self.currency) or value is None or not self.shows_money:
            return self.amount(value)
        return Amount(None, self.speech.money(value, currency or self.currency))

    def mark(self, state: str | None, zone: str | None) -> Mark:
        """`mark_of` with its name in the language of the view; the letter is a code and stays."""
        found = mark_of(state, zone)
        return replace(found, label=self.speech.say(found.label))

    def zone_name(self, zone: Zone | str | None) -> str:
        return self.speech.say(zone_mark(zone).label)

    def page(self, customer_id: str) -> str:
        return page_of(customer_id) if customer_id in self.pages else ""

    def name(self, customer_id: str) -> str:
        return self.names.get(customer_id, customer_id)

    def person(self, person_id: str | None) -> str:
        return name_of(self.people, person_id)

    def owner(self, customer_id: str, unit: BusinessUnit | str | None = None) -> tuple[str | None, str]:
        """The owner of a customer as (id, name): of that unit, else of the reader's, else of the first that has one."""
        wanted = str(unit or self.audience.unit or "")
        return self.owner_of.get((customer_id, wanted), (None, ""))


def page_of(customer_id: str) -> str:
    """The account page of a customer, relative to the audience's folder."""
    return f"accounts/{safe_name(customer_id)}.html"


def name_of(people: Mapping[str, SimpleNamespace], person_id: str | None) -> str:
    if person_id is None:
        return ""
    return str(people[person_id].name) if person_id in people else person_id


def amount_of(value: float | None, *, currency: str, is_shown: bool, speech: Tongue = PLAIN_ENGLISH) -> Amount:
    if not is_shown:
        return Amount(None, speech.say(formats.NOT_SHOWN))
    known = None if value is None or np.isnan(value) else float(value)
    return Amount(known, speech.money(known, currency))


def mark_of(state: str | None, zone: str | None) -> Mark:
    """How a placement is drawn; no state at all means that the customer was not there."""
    if state == PlacementState.PLACED and zone:
        known = Zone(zone)
        return Mark(_CODES[known], theme().zone(known).letter, known.label, known)
    if state == PlacementState.LEFT:
        return LEFT
    return INSUFFICIENT if state else ABSENT


def zone_mark(zone: Zone | str | None) -> Mark:
    return mark_of(PlacementState.PLACED if zone else None, zone)


def direction_of(before: Zone | str | None, after: Zone | str | None) -> Direction:
    """Whether a change of zone is better or worse; anything without two zones is unknown."""
    if not before or not after:
        return "unknown"
    step = _RANK[Zone(after)] - _RANK[Zone(before)]
    return "same" if step == 0 else "worse" if step > 0 else "better"


def change_of(
    before: float | None, after: float | None, *, noise: float | None, up_is_worse: bool = False, decimals: int = 0
) -> Change:
    """A figure against the week before. Inside `noise` there is no arrow and no judgement."""
    if before is None or after is None or np.isnan(before) or np.isnan(after):
        return Change(None, None, "", "unknown")
    delta = after - before
    if noise is not None and abs(delta) <= noise + 1e-9:
        return Change(before, delta, formats.signed(delta, decimals), "same", is_noise=True)
    if formats.rounded(delta, decimals) == 0:
        return Change(before, delta, formats.number(0, decimals), "same")
    arrow = "▲" if delta > 0 else "▼"
    is_worse = (delta > 0) is up_is_worse
    return Change(
        before, delta, f"{arrow}{formats.NBSP}{formats.number(abs(delta), decimals)}", "worse" if is_worse else "better"
    )


def stand(book: ScopedBook, *, pages: int | None = None, speech: Tongue = PLAIN_ENGLISH) -> Ground:
    """Joins the book once. `pages`: how many account pages at most (default: 500 for one's own, else 200)."""
    facts = book.facts
    zone = ZoneInfo(facts.time_zone)
    people = by_id(frame_of(book, "people"), "person_id")
    accounts = _by_priority(_joined(book), book)
    owners = _owners(book, people)
    limit = pages if pages is not None else (500 if book.audience.level is Level.INDIVIDUAL else 200)
    return Ground(
        book=book,
        zone=zone,
        today=facts.as_of.astimezone(zone).date(),
        week=Week.parse(facts.week),
        accounts=accounts,
        people=people,
        owners=owners,
        owner_of=_owner_index(owners, people),
        names=dict(zip(accounts["customer_id"], map(str, accounts["name"]), strict=True)),
        every_name=_every_name(book),
        words=by_id(frame_of(book, "signal_words"), "signal_id"),
        pages=frozenset(accounts["customer_id"].head(limit)),
        speech=speech,
    )


def _every_name(book: ScopedBook) -> dict[str, str]:
    """Names of all customers in scope, those that have left among them."""
    facts = frame_of(book, "customer_facts")
    return dict(zip(facts["customer_id"], map(str, facts["name"]), strict=True))


def _joined(book: ScopedBook) -> pd.DataFrame:
    placements = frame_of(book, "placements")
    present = placements.loc[placements["state"] != PlacementState.LEFT].drop(columns=["status"])
    before = frame_of(book, "previous_placements")[_PLACED].set_index("customer_id").add_prefix("before_")
    facts = frame_of(book, "customer_facts")
    joined = present.merge(facts, on="customer_id", how="left").merge(
        before.reset_index(), on="customer_id", how="left"
    )
    figures = [
        *("loyalty", "retention", "loyalty_se", "retention_se", "loyalty_coverage", "retention_coverage"),
        *("before_loyalty", "before_retention", "revenue_amount", "renewal_amount"),
    ]
    texts = {"name": joined["name"].where(joined["name"].notna(), joined["customer_id"])}
    return joined.assign(**{column: numbers(joined[column]) for column in figures}, **texts)


def _by_priority(accounts: pd.DataFrame, book: ScopedBook) -> pd.DataFrame:
    """Most urgent first: turned Critical, Critical, overdue, worse, open case, other moves, the rest; inside by
    expected loss (revenue x fall on both axes), then revenue, then id, so that the order is total.
    """
    cases = frame_of(book, "cases")
    cases = cases.loc[flags(cases["is_open"])]
    late = set(cases.loc[instants(cases["due_at"]) < pd.Timestamp(book.facts.as_of), "customer_id"])
    followed = set(cases["customer_id"])
    moves = [
        direction_of(before, after)
        for before, after in zip(values(accounts["before_zone"]), values(accounts["zone"]), strict=True)
    ]
    is_critical = equal(accounts["zone"], Zone.CRITICAL)
    worse = np.array([move == "worse" for move in moves], dtype=bool)
    moved = np.array([move in ("worse", "better") for move in moves], dtype=bool)
    is_late = accounts["customer_id"].isin(late).to_numpy(dtype=bool)
    is_followed = accounts["customer_id"].isin(followed).to_numpy(dtype=bool)
    band = np.select([is_critical & worse, is_critical, is_late, worse, is_followed, moved], [0, 1, 2, 3, 4, 5], 6)
    revenue = accounts["revenue_amount"].fillna(0.0)
    fall = sum(
        (accounts[f"before_{axis}"] - accounts[axis]).clip(lower=0.0).fillna(0.0) for axis in ("loyalty", "retention")
    )
    ordered = accounts.assign(
        direction=pd.Series(moves, index=accounts.index, dtype=object),
        band=band,
        loss=(revenue * fall).round(6),
        worth=revenue,
    ).sort_values(["band", "loss", "worth", "customer_id"], ascending=[True, False, False, True], kind="stable")
    return ordered.drop(columns=["worth"]).reset_index(drop=True)


def _owners(book: ScopedBook, people: Mapping[str, SimpleNamespace]) -> pd.DataFrame:
    """customer_id, person_id, business_unit of every owner; empty when colleagues are not shown."""
    assignments = frame_of(book, "assignments")
    owned = assignments.loc[assignments["role"] == Role.OWNER, ["customer_id", "person_id"]]
    if not book.audience.sees(FieldGroup.COLLEAGUES):
        owned = owned.iloc[0:0]
    owned = owned.sort_values(["customer_id", "person_id"], kind="stable").reset_index(drop=True)
    units = [str(getattr(people.get(person), "business_unit", None) or "") for person in owned["person_id"]]
    return owned.assign(business_unit=pd.Series(units, index=owned.index, dtype=object))


def _owner_index(
    owners: pd.DataFrame, people: Mapping[str, SimpleNamespace]
) -> dict[tuple[str, str], tuple[str | None, str]]:
    """(customer, unit) -> (id, name); the unit "" stands for the first unit that has an owner."""
    order = {unit.value: step for step, unit in enumerate(BusinessUnit)}
    found = zip(owners["customer_id"], owners["person_id"], owners["business_unit"], strict=True)
    index: dict[tuple[str, str], tuple[str | None, str]] = {}
    for customer, person, unit in sorted(found, key=lambda row: (row[0], order.get(row[2], 9), row[1])):
        named = (str(person), name_of(people, person))
        index.setdefault((customer, unit), named)
        index.setdefault((customer, ""), named)
    return index
