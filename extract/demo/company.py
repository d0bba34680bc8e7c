"""The demo company: a few frames that hold everywhere, and facts made block by block when asked for.

A block is 10,000 customers. Each draws from generators of its own, so that a million customers need the memory
of one block, and the same seed gives the same bytes in any process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from contracts.weeks import Week
from extract.demo.book import Block, labels
from extract.demo.calls import build_transcripts
from extract.demo.casting import Cast, Part, build_cast
from extract.demo.commerce import (
    build_agreements,
    build_install_base,
    build_invoices,
    build_outcomes,
)
from extract.demo.customers import build_customers
from extract.demo.fieldwork import build_projects, build_usage
from extract.demo.latent import build_latent
from extract.demo.names import mail_name, person_names
from extract.demo.people import build_assignments, build_people
from extract.demo.selling import build_deal_history, build_deals
from extract.demo.stories import Facts, tell_stories
from extract.demo.tickets import build_ticket_history, build_tickets
from extract.demo.timeline import DAY, NEVER, Instants, Timeline, days, dice, timeline
from extract.demo.truth import tell_truth
from extract.demo.voice import build_account_feedback, build_surveys

BLOCK_CUSTOMERS = 10_000
LAST_WEEK = Week(2026, 47)


@dataclass(frozen=True)
class DemoCompany:
    """`customers`, `people`, `assignments` whole; contacts and facts by block; `truth` is what was planted."""

    seed: int
    line: Timeline
    customers: pd.DataFrame
    people: pd.DataFrame
    assignments: pd.DataFrame
    cast: Cast
    truth: dict[str, Any] = field(default_factory=dict)
    _blocks: dict[int, Block] = field(default_factory=dict, repr=False, compare=False)
    _facts: dict[int, Facts] = field(default_factory=dict, repr=False, compare=False)

    @property
    def blocks(self) -> range:
        return range(-(-len(self.customers) // BLOCK_CUSTOMERS))

    def block(self, number: int) -> Block:
        if number not in self._blocks:
            self._blocks.clear()  # never more than one block in memory
            self._blocks[number] = _block(self, number)
        return self._blocks[number]

    def facts(self, number: int) -> Facts:
        """All that ever happens to the customers of a block, also after the last week; canonical column names,
        instants in microseconds UTC (NEVER: not), `i` the customer's row in the block.
        """
        if number not in self._facts:
            self._facts.clear()
            self._facts[number] = _facts(self.block(number))
        return self._facts[number]


def build_demo(
    *,
    seed: int = 7,
    customers: int = 200,
    people: int = 60,
    weeks: int = 104,
    last_week: Week = LAST_WEEK,
    zone: str = "Europe/Rome",
) -> DemoCompany:
    """An invented storage vendor with its customers, staff and two years of facts, the same for the same arguments.

    Raises: ValueError below 50 customers, 5 people or 30 weeks.
    """
    if weeks < 30:
        raise ValueError(f"the planted stories need at least 30 weeks (got {weeks})")
    line = timeline(weeks=weeks, last=last_week, zone=zone)
    book = build_customers(seed=seed, customers=customers, line=line)
    staff = build_people(seed=seed, people=people, line=line)
    cast = build_cast(book, seed=seed)
    book["since"] = _since(book.since.to_numpy(), cast, line)
    book.loc[cast.parts == Part.NEWCOMER, "since"] = days(line.starts[-4:-3] + 3 * DAY)[0]
    company = DemoCompany(
        seed=seed,
        line=line,
        customers=book,
        people=staff,
        assignments=build_assignments(book, staff, seed=seed),
        cast=cast,
    )
    company.truth.update(tell_truth(company))
    return company


def _since(since: Instants, cast: Cast, line: Timeline) -> Instants:
    """The longer a customer is ours, the firmer the bond; nobody but newcomers is ours for less than 40 weeks."""
    tenure = (line.end - since) * np.exp(0.5 * (cast.centers[:, 1] - 1.0))
    return days(line.end - np.maximum(tenure, 280 * DAY).astype(np.int64))


def _block(company: DemoCompany, number: int) -> Block:
    part = slice(number * BLOCK_CUSTOMERS, (number + 1) * BLOCK_CUSTOMERS)
    book = company.customers.iloc[part].reset_index(drop=True)
    cast = Cast(parts=company.cast.parts[part], centers=company.cast.centers[part])
    latent = build_latent(cast, book.since.to_numpy(), company.line, seed=company.seed, block=number)
    contacts, start = _contacts(book, cast, company.line, seed=company.seed, number=number)
    teams = _teams(company, book)
    owners = teams[teams.role == "owner"]
    units = owners.person_id.map(company.people.set_index("person_id").business_unit)
    by_unit = owners.assign(unit=units).set_index(["customer_id", "unit"]).person_id.unstack()  # noqa: PD010
    return Block(
        seed=company.seed,
        number=number,
        customers=book,
        contacts=contacts,
        contact_start=start,
        cast=cast,
        latent=latent,
        line=company.line,
        assignments=teams,
        owners=by_unit.reindex(book.customer_id),
        staff_names=dict(zip(company.people.person_id, company.people["name"], strict=True)),
    )


def _teams(company: DemoCompany, book: pd.DataFrame) -> pd.DataFrame:
    """The assignments of a block: they are sorted by customer, so a slice is enough."""
    ends = book.customer_id.iloc[[0, -1]].tolist()
    column = company.assignments.customer_id
    first, last = column.searchsorted(ends[0], side="left"), column.searchsorted(ends[1], side="right")
    return company.assignments.iloc[int(first) : int(last)].reset_index(drop=True)


def _contacts(
    book: pd.DataFrame, cast: Cast, line: Timeline, *, seed: int, number: int
) -> tuple[pd.DataFrame, np.ndarray]:
    """CONTACTS: two to four per customer, the first of them the key contact."""
    rng = dice(seed, "contacts", number)
    count = rng.integers(2, 5, len(book))
    start = np.concatenate([[0], np.cumsum(count)])
    rows = np.repeat(np.arange(len(book)), count)
    turn = np.arange(len(rows)) - start[rows]
    names = person_names(rng, np.asarray(book.language, dtype=object)[rows].tolist())
    domains = np.asarray(book.domain, dtype=object)[rows]
    roles = np.array(["IT manager", "Storage administrator", "Purchasing", "Head of operations"], dtype=object)
    chance = np.where(cast.parts[rows] == Part.ORDINARY, 0.05 * np.exp(-1.3 * cast.centers[rows, 1]), 0.0)
    gone = (turn == 0) & (rng.random(len(rows)) < chance)
    left = line.end - (rng.random(len(rows)) * 500 * DAY).astype(np.int64) - 60 * DAY
    frame = pd.DataFrame(
        {
            "i": rows,
            "customer_id": np.asarray(book.customer_id, dtype=object)[rows],
            "contact_id": labels("CT-", np.arange(len(rows)) + 1 + number * 20_000_000),
            "name": names,
            "email": [
                f"{mail_name(name)}.{t}@{domain}" for name, t, domain in zip(names, turn.tolist(), domains, strict=True)
            ],
            "role": roles[turn],
            "is_key": turn == 0,
            "left_on": np.where(gone, days(np.maximum(left, 0)), NEVER),
        }
    )
    return frame, start


def _facts(block: Block) -> Facts:
    tickets = build_tickets(block)
    projects = build_projects(block)
    agreements = build_agreements(block)
    deals = build_deals(block, agreements)
    facts = {
        "contacts": block.contacts,
        "tickets": tickets,
        "projects": projects,
        "agreements": agreements,
        "deals": deals,
        "invoices": build_invoices(block),
        "install_base": build_install_base(block),
        "usage": build_usage(block),
        "surveys": build_surveys(block, tickets, projects),
        "account_feedback": build_account_feedback(block),
        "transcripts": build_transcripts(block),
    }
    facts = tell_stories(block, facts)
    return facts | {
        "ticket_history": build_ticket_history(block, facts["tickets"]),
        "deal_history": build_deal_history(block, facts["deals"]),
        "outcomes": build_outcomes(block, facts["deals"]),
    }
