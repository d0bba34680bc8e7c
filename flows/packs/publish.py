"""Packs of a week: who reads, render and check, publish by one rename."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from config.sources import read_crosswalk
from contracts.ids import key_digest
from contracts.rules import Audiences
from contracts.scope import Audience
from contracts.words import ArtifactKind
from delivery.addressing import Addressing, address
from delivery.feeds import render_feeds
from delivery.publish import ManifestFields, Release, publish
from flows.inputs import Inputs
from flows.packs.audience_frames import Frozen
from flows.packs.rendering import (
    AccountTask,
    RenderedFile,
    RenderedPack,
    RenderTask,
    SharedBy,
    levels_that_see,
    read_back,
    render_account_files,
    render_packs,
    shared_by,
)
from flows.run import Run
from flows.week.assess import Assessed

_PACKS_A_TASK = 2
_ACCOUNTS_A_TASK = 30


@dataclass(frozen=True)
class Rendered:
    """All packs of a week as rendered; `failed` are those that are held back, with why."""

    good: list[RenderedPack]
    failed: list[RenderedPack]


def readers_of(inputs: Inputs, assessed: Assessed) -> Addressing:
    return address(
        assessed.people,
        assessed.frames["assignments"],
        assessed.frames["customer_facts"],
        assessed.policy.audiences,
        as_of=inputs.instant,
    )


def render_week(
    audiences: Iterable[Audience],
    rules: Audiences,
    inputs: Inputs,
    *,
    run: Run,
    book: Path,
    into: Path,
) -> Rendered:
    """Every audience's pack, rendered by the workers a few at a time, the largest first."""
    frozen = Frozen(run.workspace.root, inputs)
    ordered = sorted(audiences, key=lambda audience: (-len(audience.customer_ids), audience.audience_id))
    tasks = [
        RenderTask(
            book=book,
            frozen=frozen,
            audiences=tuple(ordered[start : start + _PACKS_A_TASK]),
            rules=rules,
            output=run.workspace.output,
            key_file=run.settings.token_key_file,
            into=into,
            revision=inputs.revision,
        )
        for start in range(0, len(ordered), _PACKS_A_TASK)
    ]
    into.mkdir(parents=True, exist_ok=True)
    packs = [pack for batch in run.fan_out.map(render_packs, tasks) for pack in batch]
    packs = [pack.with_accounts(shared) for pack, shared in _with_shared(packs, run, frozen, book=book, into=into)]
    packs.sort(key=lambda pack: pack.audience.audience_id)
    for pack in packs:
        for fault in pack.faults:
            run.say(f"pack held back {pack.audience.audience_id}: {fault}")
    good = [pack for pack in packs if not pack.faults]
    return Rendered(good, [pack for pack in packs if pack.faults])


def _with_shared(
    packs: list[RenderedPack], run: Run, frozen: Frozen, *, book: Path, into: Path
) -> Iterator[tuple[RenderedPack, dict[tuple[ArtifactKind, str], RenderedFile]]]:
    """Each pack with the account files of its field groups in its language, rendered here once for all who share
    them.
    """
    groups: dict[SharedBy, list[RenderedPack]] = {}
    for pack in packs:
        groups.setdefault(shared_by(pack.audience), []).append(pack)
    tasks: list[AccountTask] = []
    shared: dict[SharedBy, dict[tuple[ArtifactKind, str], RenderedFile]] = {f: {} for f in groups}
    rolled: dict[SharedBy, dict[tuple[ArtifactKind, str], RenderedFile]] = {f: {} for f in groups}
    for (fields, language), members in groups.items():
        levels = levels_that_see((pack.audience for pack in members), (fields, language))
        briefs = {customer for pack in members for customer in pack.brief_ids}
        wanted = sorted(briefs.union(*(pack.page_ids for pack in members)))
        folder = into / "accounts" / f"{key_digest(*sorted(fields))}-{language}"
        for start in range(0, len(wanted), _ACCOUNTS_A_TASK):
            some = tuple(wanted[start : start + _ACCOUNTS_A_TASK])
            told = tuple(customer for customer in some if customer in briefs)
            tasks.append(AccountTask(book, fields, levels, language, some, told, folder, frozen))
        parents = sorted(frozenset().union(*(pack.family_ids for pack in members)))
        for start in range(0, len(parents), _ACCOUNTS_A_TASK):
            some = tuple(parents[start : start + _ACCOUNTS_A_TASK])
            place = folder / "families"
            tasks.append(AccountTask(book, fields, levels, language, some, (), place, frozen, with_families=True))
    for task, files in zip(tasks, run.fan_out.map(render_account_files, tasks), strict=True):
        made = rolled if task.with_families else shared
        made[task.fields, task.language].update({(file.kind, str(file.customer_id)): file for file in files})
    for pack in packs:
        sharing = shared_by(pack.audience)
        own = {key: file for key, file in rolled[sharing].items() if key[1] in pack.family_ids}
        yield pack, {**shared[sharing], **own}


def publish_week(
    run: Run, inputs: Inputs, assessed: Assessed, rendered: Rendered, *, output: Path | None = None
) -> Release:
    """One immutable release of all good packs and feeds; `<week>` and `latest` beside it point to it."""
    fields: ManifestFields = {
        "week": inputs.week,
        "revision": inputs.revision,
        "run_name": inputs.run_name,
        "as_of": inputs.as_of,
        "inputs_digest": inputs.digest,
        "policy_digest": inputs.policy_digest,
        "code_version": inputs.code_version,
        "audiences": {pack.audience.audience_id: _described(pack.audience) for pack in rendered.good},
    }
    crosswalk = read_crosswalk(run.workspace.runs / inputs.run_name / "crosswalk.csv")
    feeds = render_feeds(assessed.frames, crosswalk, assessed.policy.audiences.feeds)
    packs = {pack.audience.audience_id: read_back(pack) for pack in rendered.good}
    return publish(
        output or run.workspace.output,
        fields,
        packs,
        feeds,
        signing_key=run.settings.signing_key,
        at_step=run.at_step,
    )


def _described(audience: Audience) -> dict[str, str | int]:
    return {
        "level": audience.level.value,
        "unit": audience.unit.value if audience.unit else "all",
        "title": audience.title,
        "customers": len(audience.customer_ids),
        "disclosure": audience.disclosure,
    }
