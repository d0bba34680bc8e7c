"""The account pages and briefs that alerts point to: rendered, checked, scanned, published as a revision of their own.

    output/alerts/releases/<week>-r0-<digest12>/<audience_id>/...

Nothing ever changes there, and no symlink points there: a mail's link shows what stood when it was sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from contracts.exchange import Artifact
from contracts.ids import key_digest
from contracts.scope import Audience
from contracts.words import ArtifactKind
from delivery.addressing import Addressing
from delivery.publish import ManifestFields, publish
from flows.inputs import Inputs
from flows.packs.audience_frames import Frozen
from flows.packs.rendering import AccountTask, RenderedFile, SharedBy, levels_that_see, render_account_files, shared_by
from flows.run import Run
from flows.sending.screening import Known

Seen: TypeAlias = tuple[str, SharedBy]
"""Which account, for whom: those who may see the same and read the same language get the same bytes."""
_ACCOUNTS_A_TASK = 4


@dataclass(frozen=True)
class AlertPages:
    """What was made, by account and who shares it. `release` is the folder under output/alerts/releases."""

    pages: dict[Seen, RenderedFile] = field(default_factory=dict)
    briefs: dict[Seen, RenderedFile] = field(default_factory=dict)
    release: str | None = None

    def brief(self, seen: Seen) -> bytes | None:
        return self.briefs[seen].stored.read_bytes() if seen in self.briefs else None

    def link(self, base: str | None, audience: Audience, customer_id: str) -> str | None:
        """The address of the page as this audience sees it; None where it is not published or nothing is linked."""
        page = self.pages.get((customer_id, shared_by(audience)))
        if base is None or self.release is None or page is None:
            return None
        return f"{base}/alerts/releases/{self.release}/{audience.audience_id}/{page.path}"


def render_alert_accounts(
    run: Run, book: Path, addressing: Addressing, wanted: Collection[Seen], known: Known, *, inputs: Inputs | None
) -> tuple[AlertPages, list[str]]:
    """The briefs of these accounts and, with `inputs`, their pages, made by the workers; and the faults of those
    that must not leave.
    """
    by_sharing: dict[SharedBy, list[str]] = {}
    for customer_id, sharing in sorted(wanted, key=lambda seen: (sorted(seen[1][0]), seen[1][1], seen[0])):
        by_sharing.setdefault(sharing, []).append(customer_id)
    tasks = [
        AccountTask(
            book=book,
            fields=fields,
            levels=levels_that_see(addressing.audiences, (fields, language)),
            language=language,
            page_ids=tuple(some) if inputs else (),
            brief_ids=tuple(some),
            into=book.parent / "alerts" / f"{key_digest(*sorted(fields))}-{language}",
            frozen=Frozen(run.workspace.root, inputs) if inputs else None,
            known=known,
        )
        for (fields, language), customers in by_sharing.items()
        for some in _portions(customers)
    ]
    made = AlertPages()
    faults: list[str] = []
    for task, files in zip(tasks, run.fan_out.map(render_account_files, tasks), strict=True):
        for file in files:
            what, place = ("page", made.pages) if file.kind is ArtifactKind.PAGE else ("brief", made.briefs)
            missed = "was not published" if what == "page" else "was not attached"
            faults += [f"{file.customer_id}: its {what} {missed}: {fault}" for fault in file.faults]
            if not file.faults:
                place[str(file.customer_id), (task.fields, task.language)] = file
    return made, faults


def _portions(customers: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(customers), _ACCOUNTS_A_TASK):
        yield customers[start : start + _ACCOUNTS_A_TASK]


def publish_alert_pages(
    run: Run, inputs: Inputs, made: AlertPages, readers: Mapping[Audience, Collection[str]]
) -> AlertPages:
    """The pages and briefs as one immutable release; `readers`: which accounts each audience is told of."""
    from reporting.pages import render_assets

    artifacts: dict[str, list[Artifact]] = {}
    for audience, customers in readers.items():
        files = [
            place[customer, shared_by(audience)]
            for customer in sorted(customers)
            for place in (made.pages, made.briefs)
            if (customer, shared_by(audience)) in place
        ]
        if files:
            key = audience.audience_id
            artifacts[key] = [
                Artifact(key, file.path, file.kind, file.stored.read_bytes(), file.customer_id) for file in files
            ]
            artifacts[key] += render_assets(key, audience.language)
    if not artifacts:
        return made
    fields: ManifestFields = {
        "week": inputs.week,
        "revision": inputs.revision,
        "run_name": f"alerts as of {inputs.as_of}",
        "as_of": inputs.as_of,
        "inputs_digest": inputs.digest,
        "policy_digest": inputs.policy_digest,
        "code_version": inputs.code_version,
        "audiences": {
            audience.audience_id: {
                "level": audience.level.value,
                "title": audience.title,
                "customers": len(customers),
                "disclosure": audience.disclosure,
            }
            for audience, customers in readers.items()
            if audience.audience_id in artifacts
        },
    }
    release = publish(
        run.workspace.output / "alerts",
        fields,
        artifacts,
        is_linked=False,
        signing_key=run.settings.signing_key,
        at_step=run.at_step,
    )
    return replace(made, release=release.path.name)
