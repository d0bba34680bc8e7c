"""Make a published week again from its frozen inputs and compare every byte with what was published."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from contracts.exchange import Manifest
from contracts.weeks import Week
from contracts.words import ExitCode
from delivery.publish import MANIFEST
from flows.books import save_book
from flows.errors import NothingPublished
from flows.inputs import fonts_digest
from flows.packs.publish import publish_week, readers_of, render_week
from flows.run import Outcome, Run, code_version
from flows.week.admit import inputs_of
from flows.week.assess import assess
from flows.week.facts import week_facts
from flows.week.follow_up import frozen_follow_up
from store import ledger, runs
from store.history import read_week

_NAMED = 10


def rebuild(run: Run, week: Week, *, into: Path | None) -> Outcome:
    """Rebuild `week` outside output/, compare, and say which files differ.

    Reads only what inputs.json names: snapshot, policy, history of the weeks before, case events up to
    the one that was known. Identity is promised for equal code, lock and fonts.
    """
    with run.store.read() as session:
        standing = runs.published(session, week)
        if standing is None or standing.path is None:
            raise NothingPublished(f"{week} has no published packs; there is nothing to rebuild")
        inputs = inputs_of(run, standing)
        cases = ledger.cases(session, upto=inputs.case_event)
    run.workspace.var.mkdir(exist_ok=True)
    place = into.resolve() if into else Path(tempfile.mkdtemp(prefix="rebuild-", dir=run.workspace.var))
    try:
        work = place / "work"
        assessed = assess(inputs, run.workspace.root, fan_out=run.fan_out, into=work)
        sources = read_week(run.workspace.history, inputs.week, "sources", revision=inputs.revision)
        frames = {**assessed.frames, "people": assessed.people, "sources": sources, "cases": cases}
        frames |= frozen_follow_up(run.workspace.history, inputs, assessed.frames["actions"])
        book = place / "book"
        save_book(book, week_facts(inputs, assessed, sources), frames, assessed.buckets)
        rules = assessed.policy.audiences
        audiences = readers_of(inputs, assessed).audiences
        rendered = render_week(audiences, rules, inputs, run=run, book=book, into=place / "packs")
        release = publish_week(run, inputs, assessed, rendered, output=place / "output")
        published = Manifest.from_json((run.workspace.root / standing.path / MANIFEST).read_bytes())
        differing = _differing(published, release.manifest)
    finally:
        if into is None:
            shutil.rmtree(place, ignore_errors=True)
    if not differing:
        return Outcome(ExitCode.DONE, f"{week} rebuilt: {len(published.files)} files, every byte as published")
    reasons = []
    if inputs.code_version != code_version():
        reasons.append(f"made by version {inputs.code_version}, this is {code_version()}")
    if inputs.fonts_digest != fonts_digest():
        reasons.append("the bundled fonts changed")
    named = tuple(differing[:_NAMED])
    return Outcome(
        ExitCode.FAILED, f"{week}: {len(differing)} of {len(published.files)} files differ", (*reasons, *named)
    )


def _differing(published: Manifest, again: Manifest) -> list[str]:
    before = {f"{file.audience_id}/{file.path}": file.sha256 for file in published.files}
    after = {f"{file.audience_id}/{file.path}": file.sha256 for file in again.files}
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
