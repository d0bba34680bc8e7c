"""Who reads today: the org chart and scopes of the last published week."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd

from config.policy import read_version
from contracts.frames import to_frame
from contracts.rules import Policy
from contracts.scope import Audience
from delivery.addressing import Addressing, address
from extract.snapshot import read_manifest, read_shared
from flows.alerting.landed import last_seen
from flows.books import load_frame
from flows.errors import NothingPublished
from flows.inputs import Inputs
from flows.run import Run
from flows.week.admit import inputs_of
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
    policy = read_version(run.workspace.root / inputs.policy)
    now = max(inputs.instant, run.clock())
    addressing, people = _readers_of_last_look(run, inputs, policy, now) or readers_in(folder, policy, as_of=now)
    return policy, addressing, {audience.audience_id: audience for audience in addressing.audiences}, people


def _readers_of_last_look(
    run: Run, inputs: Inputs, policy: Policy, now: datetime
) -> tuple[Addressing, pd.DataFrame] | None:
    """By the people and assignments that the last look at alerts took in, if it is newer than the week."""
    seen = last_seen(run)
    manifest = run.workspace.root / seen.manifest
    if not seen.manifest or not manifest.exists() or datetime.fromisoformat(seen.as_of) <= inputs.instant:
        return None
    snapshot = read_manifest(manifest)
    people = to_frame(read_shared(manifest)["people"])
    assignments, customers = to_frame(snapshot.whole("assignments")), to_frame(snapshot.whole("customers"))
    return address(people, assignments, customers, policy.audiences, as_of=now), people


def readers_in(book: Path, policy: Policy, *, as_of: datetime) -> tuple[Addressing, pd.DataFrame]:
    """Who reads by the people and assignments of a book, without loading the rest of it; and the people frame."""
    people = load_frame(book, "people")
    assignments, customers = load_frame(book, "assignments"), load_frame(book, "customer_facts")
    return address(people, assignments, customers, policy.audiences, as_of=as_of), people


def newest_books(run: Run, *own: Path) -> tuple[Path, ...]:
    """The books of this run, and that of the last published week if there is one: the whole book is among them."""
    try:
        _, newest = last_week(run)
    except NothingPublished:
        return own
    return tuple(dict.fromkeys((*own, newest)))
