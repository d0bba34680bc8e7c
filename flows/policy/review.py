"""What a proposal would do: replayed over the last weeks beside the rules in force, as frames, tables and a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from config.policy import read_draft
from contracts.frames import conform
from contracts.ids import canonical_json, seed_of, sha256
from contracts.results import PROPOSED_OUTCOMES
from contracts.rules import Policy
from contracts.weeks import Week
from contracts.words import ExitCode
from delivery.feeds import csv_bytes
from extract.snapshot import read_manifest
from flows.books import load_frame
from flows.inputs import Inputs
from flows.policy.replay import Pin, replayed
from flows.policy.versions import version
from flows.readers import last_week
from flows.run import Outcome, Run
from reporting.pages import render_assets
from reporting.policy.pages import PolicyHead, ReviewPage, ShadowWeek, place_name, render_review
from reporting.policy.words import differences
from scoring.place.compared import Compared, compared
from scoring.place.sensitivity import back_test, owners_of, tracks
from scoring.predict.labels import used_label
from scoring.predict.windows import labels_at
from store import proposals
from store.history import history_path, read_week, revisions, write_week
from store.proposals import Proposal

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Reviewed:
    """`outcomes`: PROPOSED_OUTCOMES, where a past week's outcomes are known. `pins`: the weeks replayed."""

    found: Compared
    outcomes: pd.DataFrame | None
    pins: tuple[Pin, ...]

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        made = {
            "proposed_flips": self.found.flips,
            "proposed_zones": self.found.zones,
            "proposed_load": self.found.load,
            "proposed_weeks": self.found.weeks,
        }
        return made if self.outcomes is None else made | {"proposed_outcomes": self.outcomes}

    @property
    def digest(self) -> str:
        """The id of this back-test: the same replay has the same."""
        tables = {name: sha256(table(frame)) for name, frame in self.frames.items()}
        return sha256(canonical_json([tables, self.pins]))[:12]


def review(run: Run, proposal_id: int) -> Outcome:
    """Replay the proposal and write what it would do to output/expert/<week>/proposals/<id>/."""
    with run.store.read() as session:
        proposal = proposals.proposal(session, proposal_id)
    inputs, book = last_week(run)
    _, base, base_folder = version(run, proposal.base_sequence)
    folder = run.workspace.root / proposal.folder
    made = reviewed(run.workspace.root, inputs, book, (base, base_folder), (read_draft(folder), folder))
    place = proposal_place(run, inputs.week, proposal_id)
    write_tables(place, made.frames)
    with run.store.write() as session:
        proposals.reviewed(session, proposal_id, made.digest)
        proposal = proposals.proposal(session, proposal_id)
    write_week(_kept(run.workspace.root, proposal_id), inputs.week, inputs.revision, made.frames)
    write_page(run, proposal, inputs)
    flips, load = made.found.flips, made.found.load
    revenue = flips["revenue_amount"].sum()
    named = [
        f"{row.name}: {place_name(row.from_place)} -> {place_name(row.to_place)} ({row.why})"
        for row in flips.head(_NAMED).itertuples()
    ]
    return Outcome(
        ExitCode.DONE,
        f"Review of proposal {proposal_id} over {len(made.pins)} weeks is in {place}",
        (
            f"{len(flips)} customers with {revenue:,.0f} {inputs.currency} would stand elsewhere in {inputs.week}",
            *named,
            f"per owner and week: {load['extra_cases_per_week'].mean():+.2f} cases, "
            f"{load['extra_alerts_per_week'].mean():+.2f} alerts"
            if len(load)
            else "nobody owns these customers",
            f"back-test {made.digest}"
            + (f" against the losses since {made.outcomes['week'].iloc[0]}" if made.outcomes is not None else ""),
        ),
        {"flips": len(flips)},
    )


def reviewed(
    root: Path, inputs: Inputs, book: Path, base: tuple[Policy, Path], proposed: tuple[Policy, Path]
) -> Reviewed:
    """Both sets of rules over the last weeks up to that of `inputs`.

    Args:
        root: the workspace.
        inputs: of the last published week.
        book: its book, for the people of today.
        base: the rules in force with their folder.
        proposed: the other ones.
    """
    before, after = base[0], proposed[0]
    every = [*inputs.history, (inputs.week, inputs.revision)]
    pins = every[-before.sensitivity.weeks :]
    earlier = every[: -len(pins)]
    start = _placements(root, earlier[-1]) if earlier else None
    sides = [
        replayed(root, pins, policy, folder, start=start)
        for policy, folder in ((before, base[1]), (after, proposed[1]))
    ]
    facts, people = load_frame(book, "customer_facts"), load_frame(book, "people")
    owner = owners_of(load_frame(book, "assignments"), people, before.sensitivity.capacity.unit)
    found = compared(
        sides[0], sides[1], facts, (before.thresholds, after.thresholds), owner=owner, people=people, start=start
    )
    outcomes = _outcomes(root, inputs, every, (before, after), (base[1], proposed[1]))
    return Reviewed(found, outcomes, tuple(pins))


def write_page(run: Run, proposal: Proposal, inputs: Inputs) -> Path:
    """The page of a proposal: what it changes, what the replay found, what shadow weeks showed, what was decided.

    The replay is the one of the last review: a weekly run adds its week in shadow and computes no other.
    """
    place = proposal_place(run, inputs.week, proposal.proposal_id)
    place.mkdir(parents=True, exist_ok=True)
    base, policy = version(run, proposal.base_sequence)[1], read_draft(run.workspace.root / proposal.folder)
    frames = _kept_frames(run.workspace.root, proposal.proposal_id)
    with run.store.read() as session:
        story = proposals.story(session, proposal.proposal_id)
    page = ReviewPage(
        head=policy_head(run, inputs),
        proposal=proposal.proposal_id,
        author=proposal.author,
        reason=proposal.reason,
        state=proposal.state.value,
        base=proposal.base_sequence,
        back_test=proposal.back_test or "none",
        differences=differences(base, policy),
        shadow_weeks=proposal.shadow_weeks,
        shadow=_shadow_weeks(run, proposal),
        story=[(event.at, event.kind, event.who, event.why, event.week or "") for event in story],
    )
    path = place / "review.html"
    path.write_text(render_review(page, frames), encoding="utf-8")
    write_fonts(place)
    return path


def policy_head(run: Run, inputs: Inputs) -> PolicyHead:
    as_of = f"{inputs.instant:%d %b %Y, %H:%M} UTC"
    return PolicyHead(run.settings.file.organization, inputs.week, as_of, inputs.currency)


def write_tables(place: Path, frames: dict[str, pd.DataFrame]) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        (place / f"{name}.csv").write_bytes(table(frame))


def table(frame: pd.DataFrame) -> bytes:
    return csv_bytes(list(frame.columns), frame.itertuples(index=False))


def write_fonts(place: Path) -> None:
    for asset in render_assets("policy", "en"):
        target = place / asset.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(asset.content)


def proposal_place(run: Run, week: str, proposal_id: int) -> Path:
    return run.workspace.output / "expert" / week / "proposals" / str(proposal_id)


def shadow_folder(root: Path, proposal_id: int) -> Path:
    """Where the weeks of a proposal in shadow are kept, like history."""
    return root / "var" / "shadow" / str(proposal_id)


def _kept(root: Path, proposal_id: int) -> Path:
    return shadow_folder(root, proposal_id) / "reviewed"


def _kept_frames(root: Path, proposal_id: int) -> dict[str, pd.DataFrame]:
    """The frames of the last review."""
    folder = _kept(root, proposal_id)
    week = max(place.name for place in folder.iterdir())
    revision = revisions(folder, week)[-1]
    names = ("proposed_flips", "proposed_zones", "proposed_load", "proposed_weeks", "proposed_outcomes")
    known = [name for name in names if history_path(folder, week, revision, name).exists()]
    return {name: read_week(folder, week, name, revision) for name in known}


def _shadow_weeks(run: Run, proposal: Proposal) -> list[ShadowWeek]:
    folder = shadow_folder(run.workspace.root, proposal.proposal_id)
    return [ShadowWeek(week, read_week(folder, week, "proposed_flips")) for week in proposal.shadowed]


def _placements(root: Path, pin: Pin) -> pd.DataFrame:
    return read_week(root / "var" / "history", pin[0], "placements", pin[1])


def _outcomes(
    root: Path, inputs: Inputs, every: list[Pin], policies: tuple[Policy, Policy], folders: tuple[Path, Path]
) -> pd.DataFrame | None:
    """PROPOSED_OUTCOMES of the newest week whose horizon is over, under both sets of rules."""
    before, zone = policies[0], ZoneInfo(inputs.time_zone)
    rule, now = before.thresholds.outcome, inputs.instant.astimezone(zone)
    over = [at for at, (week, _) in enumerate(every) if _ends(week, zone) + timedelta(days=rule.horizon_days) <= now]
    outcomes = read_manifest(root / inputs.manifest).whole("outcomes")
    if not over or not outcomes.num_rows:
        return None
    upto = every[: over[-1] + 1]
    pins = upto[-before.sensitivity.weeks :]
    start = _placements(root, upto[-len(pins) - 1]) if len(upto) > len(pins) else None
    week, revision = upto[-1]
    facts = read_week(root / "var" / "history", week, "customer_facts", revision)
    rows = []
    for name, policy, folder in zip(("in force", "proposed"), policies, folders, strict=True):
        weeks = replayed(root, pins, policy, folder, start=start)
        present = weeks[-1]
        lost = labels_at(
            outcomes,
            sorted(present.loc[present["state"] != "left", "customer_id"]),
            as_of=_ends(week, zone),
            horizon_days=rule.horizon_days,
            label=used_label(outcomes, rule.label),
            observed_until=now,
        )
        book = tracks(pd.concat(weeks, ignore_index=True), facts, policy.thresholds, before=start)
        tested = back_test(book, lost, policy.sensitivity, seed=seed_of(inputs.week, "proposal"))
        found = tested.outcomes
        today = found[(found["axis"] == "loyalty") & (found["shift"] == 0)].drop(columns=["axis", "shift", "line"])
        rows.append(today.assign(rules=name, week=week))
    return conform(pd.concat(rows, ignore_index=True), PROPOSED_OUTCOMES)


def _ends(week: str, zone: ZoneInfo) -> pd.Timestamp:
    return pd.Timestamp(Week.parse(week).ends_at(zone)).tz_convert(zone)
