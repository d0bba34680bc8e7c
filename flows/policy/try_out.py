"""One customer under the rules in force and under others, side by side, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from config.policy import read_draft
from contracts.book import Book
from contracts.results import SIGNALS
from contracts.rules import Policy, SignalRule
from contracts.words import Axis, ExitCode, PlacementState
from flows.books import load_book
from flows.errors import UnknownCustomer
from flows.inputs import Inputs
from flows.policy.propose import proposed_policy
from flows.policy.versions import keep_files, newest
from flows.readers import last_week
from flows.run import Outcome, Run
from flows.week.assess import measure_tasks
from flows.week.measure import gather, measure_bucket
from flows.week.models import by_line, kept_model, line_of
from reporting.policy.pages import place_name
from reporting.policy.words import differences, weight_shares
from scoring.act.plans import plan
from scoring.measure.anchors import anchored
from scoring.measure.norms import segments_of
from scoring.measure.signals import signal_words
from scoring.place.axes import Scored, score
from scoring.place.placement import place
from scoring.predict.axis import OnAxis, by_model
from store import proposals

_STRONGEST = 3
_LABEL, _SIDE = 36, 44
_SHOWN = 0.0005
"""Shares of weight nearer than this print alike."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """One customer under one set of rules."""

    policy: Policy
    parts: dict[str, dict[Any, Any]]
    scores: dict[str, dict[Any, Any]]
    placement: dict[Any, Any]
    steps: list[str]


def try_customer(run: Run, customer: str, *, proposal_id: int | None, file: Path | None) -> Outcome:
    """Judge one customer of the last published week by both sets of rules.

    Args:
        customer: id or exact name.
        proposal_id: whose rules; else those of `file`, else the draft in config/.

    Raises: UnknownCustomer; ProposalRefused, ConfigRefused for a wrong file.
    """
    inputs, folder = last_week(run)
    book = load_book(folder)
    facts = book.frame("customer_facts")
    found = facts[(facts["customer_id"] == customer) | (facts["name"] == customer)]
    if found.empty:
        raise UnknownCustomer(f"no customer of {inputs.week} has the id or name '{customer}'")
    who, name = str(found["customer_id"].iloc[0]), str(found["name"].iloc[0])
    adopted, base, base_folder = newest(run)
    with TemporaryDirectory(dir=run.workspace.var, prefix="try-") as scratch:
        place_of_files, title = Path(scratch) / "rules", "draft"
        if proposal_id is not None:
            with run.store.read() as session:
                wanted = proposals.proposal(session, proposal_id)
            place_of_files, title = run.workspace.root / wanted.folder, f"proposal {proposal_id}"
        elif file is not None:
            proposed_policy(run, file, place_of_files)
            title = file.name
        else:
            keep_files(run.workspace.config, place_of_files)
        after = read_draft(place_of_files)
        sides = (
            _judge(run, inputs, book, who, base, base_folder, Path(scratch) / "a"),
            _judge(run, inputs, book, who, after, place_of_files, Path(scratch) / "b"),
        )
    zones = [place_name(side.placement["zone"]) for side in sides]
    changes = [one.sentence for one in differences(base, after)]
    return Outcome(
        ExitCode.DONE,
        f"{name} ({who}) in {inputs.week}: {zones[0]} under v{adopted.sequence}, {zones[1]} under {title}",
        (
            *(changes or ["the rules are the same"]),
            _line("", f"v{adopted.sequence}", title),
            *_lines(sides[0], sides[1], _previous(book, who)),
        ),
        {"in_force": zones[0], "proposed": zones[1]},
    )


def _judge(run: Run, inputs: Inputs, book: Book, who: str, policy: Policy, folder: Path, into: Path) -> _Judged:
    """Measured from the week's snapshot, with the norms that the week had."""
    root = run.workspace.root
    other = replace(inputs, policy=str(folder.relative_to(root)))
    tasks = [replace(task, keeps_tables=False) for task in measure_tasks(other, root, into=into, only=frozenset({who}))]
    signals = gather([measure_bucket(task) for task in tasks], SIGNALS)
    facts = book.frame("customer_facts")
    mine = facts[facts["customer_id"] == who].reset_index(drop=True)
    segments = segments_of(mine, policy.thresholds)
    scored: Scored | OnAxis = score(signals, book.frame("norms"), policy.signals, policy.thresholds, segments=segments)
    if inputs.retention_model is not None:
        # an adopted model stays the axis whatever rules are tried: only another adoption ends it
        model = kept_model(root, inputs.retention_model)
        policy = by_line(policy, line_of(book.frame("placements")))
        scored = by_model(model, signals, mine, scores=scored.scores, contributions=scored.contributions)
    before = _of(book, "previous_placements", who)
    placed = place(scored.scores, mine, before if len(before) else None, policy.thresholds, week=inputs.iso_week)
    return _Judged(
        policy,
        {str(row["signal_id"]): row for row in scored.contributions.to_dict("records")},
        {str(row["axis"]): row for row in scored.scores.to_dict("records")},
        placed.to_dict("records")[0],
        _plan(inputs, book, who, policy, scored.contributions, placed, mine),
    )


def _plan(
    inputs: Inputs,
    book: Book,
    who: str,
    policy: Policy,
    contributions: pd.DataFrame,
    placed: pd.DataFrame,
    facts: pd.DataFrame,
) -> list[str]:
    history = _of(book, "history", who)
    now = placed[["customer_id", "week", "state", "zone", "loyalty", "retention"]].assign(is_reconstructed=False)
    actions = plan(
        placed,
        contributions,
        _of(book, "events", who),
        facts,
        _of(book, "assignments", who),
        book.frame("people"),
        policy.playbooks,
        signal_words(policy.signals),
        as_of=inputs.instant,
        history=pd.concat([history[history["week"] != inputs.week], now], ignore_index=True),
        calendar=policy.audiences.calendars["default"],
    )
    return [str(action) for action in actions["action"]]


def _of(book: Book, name: str, who: str) -> pd.DataFrame:
    frame = book.frame(name)
    return frame[frame["customer_id"] == who].reset_index(drop=True)


def _previous(book: Book, who: str) -> str:
    rows = _of(book, "previous_placements", who)
    return place_name(rows["zone"].iloc[0]) if len(rows) else "not in the book"


def _lines(old: _Judged, new: _Judged, before: str) -> Iterator[str]:
    """Signals, axes, evidence, lines, zone, reasons, plan."""
    for axis in Axis:
        yield f"1 Signals of {axis.value}: value, points, share of weight"
        for name in _names(old, new, axis):
            yield _line(f"  {name}", _part(old, name), _part(new, name))
        yield _line(f"2 {axis.value}: score", *(_score(side, axis) for side in (old, new)))
        yield _line("3 after shrinkage, standard error", *(_error(side, axis) for side in (old, new)))
        yield _line("4 line, with dead-band", *(_band(side, axis) for side in (old, new)))
    yield _line("5 zone before", before, before)
    yield _line("  by scores alone", *(place_name(side.placement["raw_zone"]) for side in (old, new)))
    yield _line("  with dead-band and confirmation", *(_zone(side) for side in (old, new)))
    yield "6 Reasons: what takes most from the scores"
    for rank, pair in enumerate(zip(_reasons(old), _reasons(new), strict=True), 1):
        yield _line(f"  {rank}", *pair)
    yield "7 Plan"
    for rank in range(max(len(old.steps), len(new.steps))):
        yield _line(f"  {rank + 1}", *(side.steps[rank] if rank < len(side.steps) else "–" for side in (old, new)))


def _names(old: _Judged, new: _Judged, axis: Axis) -> list[str]:
    """Signals that count in either, as ordered in the proposed rules."""
    rules = {rule.id: rule for side in (old, new) for rule in side.policy.signals if rule.axis is axis}
    return [name for name in rules if name in old.parts or name in new.parts]


def _part(side: _Judged, name: str) -> str:
    row = side.parts.get(name)
    rule = next((rule for rule in side.policy.signals if rule.id == name), None)
    if row is None or rule is None:
        return "does not count"
    raw = _raw_points(rule, float(row["value"]))
    own = f" (own {raw:.1f})" if abs(raw - row["signal_score"]) > 0.05 else ""
    share = weight_shares(side.policy.signals)[name]
    rule_share = f" (rule {share:.1%})" if abs(share - row["weight_share"]) > _SHOWN else ""
    return f"{row['value'] + 0.0:.4g}: {row['signal_score'] + 0.0:.1f}{own} x {row['weight_share']:.1%}{rule_share}"


def _raw_points(rule: SignalRule, value: float) -> float:
    """Points of the value as it is, before it is drawn to the book's mean."""
    return float(anchored(np.array([value]), bad=rule.bad, good=rule.good)[0])


def _score(side: _Judged, axis: Axis) -> str:
    row = side.scores[axis.value]
    if pd.isna(row["score"]):
        return "no signal is observed"
    return f"{row['score']:.2f} from {row['coverage']:.0%} of the weight"


def _error(side: _Judged, axis: Axis) -> str:
    value = side.scores[axis.value]["standard_error"]
    return "–" if pd.isna(value) else f"{value:.2f}"


def _band(side: _Judged, axis: Axis) -> str:
    line, band = side.placement[f"{axis.value}_line"], side.policy.thresholds.band(axis)
    return f"{line:g}: falls below {line - band:g}, rises at {line + band:g}"


def _zone(side: _Judged) -> str:
    row = side.placement
    if row["state"] != PlacementState.PLACED.value:
        return f"{place_name(row['state'])}: {row['why_insufficient'] or ''}".rstrip(": ")
    if isinstance(row["pending_zone"], str):
        seen, needed = int(row["pending_weeks"]), side.policy.thresholds.confirmation_weeks
        return f"{place_name(row['zone'])}, to {place_name(row['pending_zone'])} in {needed - seen} weeks"
    return place_name(row["zone"])


def _reasons(side: _Judged) -> list[str]:
    rows = sorted(side.parts.values(), key=lambda row: (row["contribution"], row["signal_id"]))[:_STRONGEST]
    names = {rule.id: rule.name for rule in side.policy.signals}
    said = [
        f"{names.get(row['signal_id'], row['signal_id'])} {row['contribution']:+.1f}"
        for row in rows
        if row["contribution"] < 0
    ]
    return said + ["–"] * (_STRONGEST - len(said))


def _line(label: str, old: str, new: str) -> str:
    mark = "" if old == new or not label else "  *"
    return f"{label:<{_LABEL}} {old:<{_SIDE}} {new}{mark}".rstrip()
