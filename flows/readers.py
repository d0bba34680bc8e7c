"""Who reads today: the org chart and scopes of the last published week."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from contracts.rules import Policy
from contracts.scope import Audience
from delivery.addressing import Addressing, address
from flows.admit import inputs_of
from flows.books import load_book
from flows.errors import NothingPublished
from flows.inputs import Inputs
from flows.measure import policy_of
from flows.run import Run
from store import runs


def last_week(run: Run) -> tuple[Inputs, Path]:
    """The inputs and the book of the newest week with packs.

    Raises: NothingPublished before the first weekly run.
    """
    with run.store.read() as session:
        weeks = [week for week in runs.published_weeks(session) if not week.is_reconstructed]
    if not weeks:
        raise NothingPublished("no week is published yet; `cem run` makes the first")
    inputs = inputs_of(run, weeks[-1])
    return inputs, run.workspace.runs / inputs.run_name / "book"


def current_readers(run: Run) -> tuple[Policy, Addressing, dict[str, Audience], pd.DataFrame]:
    """The policy, everybody who reads, their audiences by id, and the people frame."""
    inputs, folder = last_week(run)
    policy = policy_of(run.workspace.root / inputs.policy)
    book = load_book(folder)
    people = book.frame("people")
    addressing = address(
        people, book.frame("assignments"), book.frame("customer_facts"), policy.audiences, as_of=inputs.instant
    )
    return policy, addressing, {audience.audience_id: audience for audience in addressing.audiences}, people
