"""Frames that belong to one audience or one handful of accounts: made when its pages are rendered, from its rows alone.

What customers say is counted among the audience's own customers, and the comparison is with the pack that this
audience really got last, which need not be the last good week's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import pandas as pd

from config.policy import read_version
from contracts.book import Book
from contracts.rules import Policy
from contracts.scope import Audience
from contracts.words import CustomerStatus
from flows.books import load_book
from flows.inputs import Inputs
from flows.week.models import blank_retention
from flows.week.voice import themes_of
from scoring.explain.changes import Yardstick, changes
from scoring.measure.norms import segments_of
from scoring.measure.surveys import survey_figures
from scoring.place.transitions import Cause, compare
from store.history import history_path, read_many, read_week


@dataclass(frozen=True, slots=True)
class Frozen:
    """Where a worker finds what the week's packs are compared with: the workspace and the run's own inputs."""

    root: Path
    inputs: Inputs

    @property
    def policy(self) -> Policy:
        return read_version(self.root / self.inputs.policy)

    @property
    def history(self) -> Path:
        return self.root / "var" / "history"

    def inputs_of(self, week: str, revision: int) -> Inputs | None:
        """The inputs of an earlier run, as far as they are still there."""
        path = self.root / "var" / "runs" / f"{week}-r{revision}" / "inputs.json"
        return Inputs.read(path) if path.exists() else None


def for_audience(book: Book, folder: Path, audience: Audience, frozen: Frozen) -> Book:
    """The book with THEMES and SURVEY_FIGURES of this audience's customers, compared with its own last pack."""
    own = {
        name: frame.assign(scope=audience.audience_id)
        for name, frame in _heard(folder, audience.customer_ids, frozen).items()
    }
    return _since_last_pack(Book(book.facts, {**book.frames, **own}), audience, frozen)


@lru_cache(maxsize=8)
def _heard(folder: Path, customers: frozenset[str], frozen: Frozen) -> dict[str, pd.DataFrame]:
    """Once for all audiences of a worker that hold the same customers: a boss with one subordinate is not rare."""
    book, policy = load_book(folder, customers), frozen.policy
    as_of = book.facts.as_of
    facts = book.frame("customer_facts")
    mine = facts["customer_id"].isin(customers) & (facts["status"] != CustomerStatus.LEFT.value)
    surveys = book.frame("surveys")
    return {
        "themes": themes_of(dict(book.frames), policy, as_of=as_of, scopes={"own": customers}),
        "survey_figures": survey_figures(
            surveys[surveys["customer_id"].isin(customers)],
            as_of=as_of,
            rules=policy.surveys,
            customers=facts.loc[mine, "customer_id"].tolist(),
        ),
    }


def _since_last_pack(book: Book, audience: Audience, frozen: Frozen) -> Book:
    """Placements, contributions and transitions against the week of the pack that this audience got last.

    An audience without any keeps the comparison with the last good week; its pages say that it is the first pack.
    """
    inputs = frozen.inputs
    got = {name: (week, revision) for name, week, revision in inputs.packs}.get(audience.audience_id)
    if got is None:
        return book
    if got == inputs.previous or not history_path(frozen.history, *got, "placements").exists():
        return replace(book, facts=replace(book.facts, last_pack=inputs.previous[0] if inputs.previous else None))
    before = frozen.inputs_of(*got)
    cause: Cause = "customer"
    is_other_axis = before is not None and before.retention_model != inputs.retention_model
    if before is not None and (before.policy_digest != inputs.policy_digest or is_other_axis):
        cause = "policy"
    elif inputs.previous is not None and got[0] == inputs.previous[0]:
        cause = "restated"
    then = _of(read_week(frozen.history, got[0], "placements", revision=got[1]), audience.customer_ids)
    said = read_many(frozen.history, [got], "contributions", audience.customer_ids)
    if is_other_axis:
        then, said = blank_retention(then), blank_retention(said)
    now = _of(book.frame("placements"), audience.customer_ids)
    frames = {
        **book.frames,
        "previous_placements": then,
        "previous_contributions": said,
        "transitions": compare(then, now, _of(book.frame("customer_facts"), audience.customer_ids), cause=cause),
    }
    return Book(replace(book.facts, previous_week=got[0], last_pack=got[0]), frames)


def for_accounts(book: Book, customers: Collection[str], frozen: Frozen) -> Book:
    """The book with CHANGES of these customers since the last good week: what of a score's change is due to what.

    Where the previous run's inputs or norms are gone the frame is missing, and the pages show no split.
    """
    inputs = frozen.inputs
    previous = frozen.inputs_of(*inputs.previous) if inputs.previous else None
    if previous is None or inputs.previous is None:
        return book
    if not history_path(frozen.history, *inputs.previous, "norms").exists():
        return book
    facts = _of(book.frame("customer_facts"), customers)
    policy, policy_before = frozen.policy, read_version(frozen.root / previous.policy)
    norms_before = read_week(frozen.history, inputs.previous[0], "norms", revision=inputs.previous[1])
    found = changes(
        _of(book.frame("contributions"), customers),
        _of(book.frame("previous_contributions"), customers),
        by=Yardstick(
            policy.signals,
            policy.thresholds,
            book.frame("norms"),
            segments_of(facts, policy.thresholds),
            inputs.retention_model,
        ),
        by_before=Yardstick(
            policy_before.signals,
            policy_before.thresholds,
            norms_before,
            segments_of(facts, policy_before.thresholds),
            previous.retention_model,
        ),
        aged=book.frames.get("aged_signals"),
    )
    return Book(book.facts, {**book.frames, "changes": found})


def members_below(book: Book, parents: Collection[str]) -> frozenset[str]:
    """The accounts below these parents, at any depth."""
    families = book.frames.get("families")
    if families is None:
        return frozenset()
    return frozenset(families.loc[families["ancestor_id"].isin(list(parents)), "customer_id"])


def _of(frame: pd.DataFrame, customers: Collection[str]) -> pd.DataFrame:
    return frame[frame["customer_id"].isin(list(customers))].reset_index(drop=True)
