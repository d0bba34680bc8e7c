"""Take the exports in, and freeze what the week will be made from."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from config.policy import read_version
from config.sources import read_crosswalk, read_sources
from contracts.ids import canonical_json, sha256
from contracts.rules import Policy
from contracts.weeks import Week
from extract.intake import Intake, take_in
from extract.snapshot import read_manifest
from flows.errors import NothingPublished
from flows.inputs import Inputs, code_version, fonts_digest
from flows.policy.versions import policy_for
from flows.run import Run
from flows.week.last_packs import packs_up_to
from flows.week.models import models_of
from flows.week.voice import model_in_force
from store import runs
from store.runs import PublishedWeek

TREND_WEEKS = 104


def take_exports(
    run: Run, week: Week, as_of: datetime, previous: Path | None, *, only: frozenset[str] | None = None
) -> Intake:
    """Hops 1 to 3 for all sources of the workspace; with `only`, the rows of all others are those of `previous`."""
    config = run.workspace.config
    run.say(f"taking in exports as of {as_of:%Y-%m-%d %H:%M} UTC")
    intake = run.step(
        "take in exports",
        lambda: take_in(
            read_sources(config),
            workspace=run.workspace,
            zone=run.settings.zone,
            as_of=as_of,
            week=week,
            crosswalk=read_crosswalk(config / "crosswalk.csv"),
            previous=previous,
            workers=run.settings.file.workers,
            currency=run.policy.money.currency,
            inbox=run.inbox,
            region=run.settings.file.country,
            only=only,
            ordinary_words=[entry.word for entry in run.policy.ordinary_words],
        ),
        retries=3,
    )
    rows = intake.sources
    run.say(
        f"snapshot as_of={as_of:%Y-%m-%d} rows_in={rows['rows_in'].sum()} admitted={rows['admitted'].sum()} "
        f"quarantined={rows['quarantined'].sum()}"
    )
    return intake


def snapshot_of(run: Run, published: PublishedWeek | None) -> Path | None:
    """The snapshot manifest that a published week was made from."""
    if published is None:
        return None
    return run.workspace.root / inputs_of(run, published).manifest


def inputs_of(run: Run, published: PublishedWeek) -> Inputs:
    if published.inputs_path is None:
        raise NothingPublished(f"{published.week} has no frozen inputs; it cannot be compared with")
    return Inputs.read(run.workspace.root / published.inputs_path)


def freeze(run: Run, week: Week, intake: Intake, *, revision: int, is_reconstructed: bool = False) -> Inputs:
    """Everything that decides the week's content, by digest."""
    sequence, policy, folder = policy_for(run, week)
    root = run.workspace.root
    with run.store.read() as session:
        earlier = runs.published_weeks(session, before=week)
    previous = earlier[-1] if earlier else None
    snapshot = read_manifest(intake.manifest)
    cause: Literal["customer", "policy", "mapping", "baseline"] = "baseline"
    model: str | None = None
    before: Inputs | None = None
    axis = models_of(root, policy.retention, week.monday)
    axis_since: str | None = None
    mapping = mapping_digest(run.workspace.config)
    if previous is not None:
        before = inputs_of(run, previous)
        is_alike = _judges_alike(read_version(root / before.policy), policy, by_model=axis.in_force is not None)
        has_axis = before.retention_model == axis.in_force
        cause = "customer" if is_alike and has_axis else "policy"
        if cause == "customer" and before.mapping not in (None, mapping):
            cause = "mapping"
        axis_since = before.axis_since if has_axis else str(week)
        model = before.sentiment_model
    if not is_reconstructed:
        model = model_in_force(intake.manifest, policy.voice, as_of=run.as_of(week), previous=model, root=root)
    return Inputs(
        week=str(week),
        revision=revision,
        as_of=run.as_of(week).isoformat(),
        manifest=str(intake.manifest.relative_to(root)),
        snapshot_digest=snapshot.digest,
        policy=str(folder.relative_to(root)),
        policy_digest=policy.digest,
        policy_sequence=sequence,
        previous=(previous.week, previous.revision) if previous else None,
        history=tuple((w.week, w.revision) for w in earlier[-TREND_WEEKS:]),
        cause=cause,
        is_baseline=previous is None,
        is_reconstructed=is_reconstructed,
        organization=run.settings.file.organization,
        time_zone=run.settings.file.time_zone,
        currency=policy.money.currency,
        fresh=tuple(sorted(fresh_tables(intake))),
        case_event=0,
        code_version=code_version(),
        fonts_digest=fonts_digest(),
        sentiment_model=model,
        packs=packs_up_to(run.workspace.runs, before),
        retention_model=axis.in_force,
        shadow_model=axis.shadow,
        axis_since=axis_since,
        mapping=mapping,
    )


def mapping_digest(config: Path) -> str:
    """Of how exports are read, not of where they lie or when they are late: what history says depends on it."""
    told = {"location", "owner", "max_age_days", "required", "max_megabytes", "shrink_limit_share", "growth_limit"}
    kept = [source.model_dump(mode="json", exclude=told | {"refused_limit_share"}) for source in read_sources(config)]
    return sha256(canonical_json(kept))


def _judges_alike(before: Policy, now: Policy, *, by_model: bool) -> bool:
    """Whether two policies place customers by the same rules: another reader or word list moves nobody, and what
    retention.toml says of models moves somebody only where a model is the axis.
    """
    if by_model and before.retention.line != now.retention.line:
        return False
    return all(getattr(before, name) == getattr(now, name) for name in ("signals", "thresholds", "money"))


def keep_crosswalk(run: Run, folder: Path) -> None:
    """The crosswalk as it is now, kept with the run: feeds and the leak scan of a rebuild need the same keys."""
    path = run.workspace.config / "crosswalk.csv"
    folder.mkdir(parents=True, exist_ok=True)
    if path.exists():
        (folder / "crosswalk.csv").write_bytes(path.read_bytes())


def fresh_tables(intake: Intake) -> frozenset[str]:
    """Canonical tables whose source is fresh: only there is "no row" an observed zero."""
    fresh = intake.sources[intake.sources["state"] == "fresh"]
    return frozenset(name for listed in fresh["table"] for name in str(listed).split(", "))
