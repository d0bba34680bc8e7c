"""Each source's owner hears what the weekly run found in it: a page, its rejected rows as CSV, one mail a week."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pandas as pd

from config.policy import read_version
from config.sources import Source, read_sources
from contracts.book import Book
from contracts.exchange import Attachment, Message
from contracts.ids import safe_name
from contracts.results import COLUMN_DRIFT, QUARANTINE
from contracts.rules import Policy
from contracts.tables import TABLES
from contracts.words import ExitCode, MessageKind, RunKind
from delivery.feeds import csv_bytes
from extract.snapshot import SnapshotManifest, read_manifest
from flows.books import load_book, load_frame
from flows.errors import NothingRendered
from flows.inputs import Inputs
from flows.lease import leased
from flows.readers import last_week
from flows.run import Outcome, Run
from flows.sending.screening import screened
from flows.sending.tell import Sealed, enqueue, seal
from reporting.expert.data_owner import SourceFrames, SourceHead, SourcePack, compose_source, render_source, source_mail
from reporting.pages import render_assets
from reporting.verify import verify_page
from scoring.explain.source_effect import source_effect
from scoring.measure.drift import column_drift
from store import outbox, runs
from store.history import history_path, read_many

REJECTS = "rejects"
_WEEKS = 13
_RECENT, _BEFORE = timedelta(weeks=4), timedelta(weeks=17)
_MOST_ROWS = 20_000
_DATED_SHARE = 0.9
_PAGE = "quality.html"


def data_owners(run: Run) -> Outcome:
    """Make the packs of the last published week anew and tell owners who were not told yet."""
    with leased(run, RunKind.SME_REVIEW, "data-owners"):
        inputs, _ = last_week(run)
        packs = write_packs(run, inputs)
        told = tell_owners(run, inputs, packs)
    wrong = [(head, pack) for head, pack, _ in packs if pack.findings]
    return Outcome(
        ExitCode.DONE,
        f"{len(packs)} sources, {len(wrong)} to look at: {_place(run, inputs)}",
        (*(f"{head.source}: {'; '.join(pack.findings)}" for head, pack in wrong), f"{told} mails to owners are new"),
        {"sources": len(packs), "to_look_at": len(wrong), "mails": told},
    )


def write_packs(run: Run, inputs: Inputs) -> list[tuple[SourceHead, SourcePack, bytes]]:
    """The page and rejects.csv of every source under output/expert/<week>/data/<source>/.

    Raises: NothingRendered when a page is not what it must be; what stands stays.
    """
    folder = run.workspace.runs / inputs.run_name
    book, policy = load_book(folder / "book"), read_version(run.workspace.root / inputs.policy)
    weeks, before = _weeks(run, inputs)
    path = folder / f"{REJECTS}.parquet"
    rejects = load_frame(folder, REJECTS) if path.exists() else None
    now = read_manifest(run.workspace.root / inputs.manifest)
    earlier = read_manifest(run.workspace.root / before.manifest) if before else None
    packs: list[tuple[SourceHead, SourcePack, bytes]] = []
    for source in sorted(read_sources(run.workspace.config), key=lambda one: one.name):
        mine = weeks[weeks["source"] == source.name]
        if mine.empty or mine.iloc[-1]["week"] != inputs.week:
            continue
        frames = SourceFrames(
            mine,
            None if rejects is None else rejects[rejects["source"] == source.name],
            _drift(source, now, earlier, inputs),
            _effect(source, book, policy),
        )
        head = SourceHead(
            book.facts.organization, inputs.week, f"{inputs.instant:%d %b %Y, %H:%M} UTC", source.name, source.owner
        )
        pack = compose_source(head, frames)
        page = render_source(head, pack).encode()
        if faults := verify_page(page):
            raise NothingRendered(f"the page of source {source.name} was not written: {'; '.join(faults)}")
        _write(_place(run, inputs) / safe_name(source.name), page, frames.rejects)
        packs.append((head, pack, page))
    return packs


def tell_owners(run: Run, inputs: Inputs, packs: list[tuple[SourceHead, SourcePack, bytes]]) -> int:
    """One mail per owner and week about all sources of that owner; returns how many are new.

    The pages of sources with something to mend are attached. A week told once is not told again, whatever its revision.
    """
    key = f"{inputs.week}|data"
    with run.store.read() as session:
        told = {row.person_id for row in outbox.rows(session, kinds=[MessageKind.DATA_QUALITY], subject_prefix=key)}
    by_owner: dict[str, list[tuple[SourceHead, SourcePack, bytes]]] = {}
    for head, pack, page in packs:
        if head.owner:
            by_owner.setdefault(head.owner.strip().casefold(), []).append((head, pack, page))
    place = str(_place(run, inputs).relative_to(run.workspace.root))
    mails: list[Sealed] = []
    for owner, mine in sorted(by_owner.items()):
        person = f"source:{owner}"
        if person in told:
            continue
        body = source_mail(mine[0][0].organization, inputs.week, [(head, pack) for head, pack, _ in mine], place)
        message = Message(
            kind=MessageKind.DATA_QUALITY,
            subject_key=key,
            person_id=person,
            to_name=owner,
            to_address=owner,
            subject=body.subject,
            text=body.text,
            html=body.html,
            attachments=tuple(
                Attachment(f"{inputs.week} {safe_name(head.source)}.html", "text/html", page)
                for head, pack, page in mine
                if pack.findings
            ),
        )
        mails.append(seal(run, message))
    sealed = screened(run, mails)
    with run.store.write() as session:
        enqueue(session, run, sealed)
    return len(mails)


def _place(run: Run, inputs: Inputs) -> Path:
    return run.workspace.output / "expert" / inputs.week / "data"


def _weeks(run: Run, inputs: Inputs) -> tuple[pd.DataFrame, Inputs | None]:
    """SOURCES of the last weeks that were really run, with `week`; and the inputs of the week before."""
    with run.store.read() as session:
        known = [w for w in runs.published_weeks(session, before=inputs.week) if not w.is_reconstructed]
    kept = [w for w in known if history_path(run.workspace.history, w.week, w.revision, "sources").exists()]
    pins = [*((w.week, w.revision) for w in kept[-_WEEKS + 1 :]), (inputs.week, inputs.revision)]
    before = None
    if known and known[-1].inputs_path:
        before = Inputs.read(run.workspace.root / known[-1].inputs_path)
    return read_many(run.workspace.history, pins, "sources"), before


def _drift(source: Source, now: SnapshotManifest, before: SnapshotManifest | None, inputs: Inputs) -> pd.DataFrame:
    """Dated rows: the last four weeks against the thirteen before. Others: this week's list against last week's."""
    parts = []
    for table in sorted({target.table for target in source.map}):
        rows = _rows(now, table, source.name)
        dates = rows["event_at"]
        if len(rows) and dates.notna().mean() >= _DATED_SHARE:
            is_new = dates >= inputs.instant - _RECENT
            is_old = ~is_new & (dates >= inputs.instant - _BEFORE)
            recent = rows[is_new & (dates < inputs.instant)]
            parts.append(column_drift(table, recent, rows[is_old]))
        elif before is not None:
            parts.append(column_drift(table, rows, _rows(before, table, source.name)))
    return pd.concat(parts, ignore_index=True) if parts else COLUMN_DRIFT.empty()


def _rows(manifest: SnapshotManifest, table: str, source: str) -> pd.DataFrame:
    """Rows of a source, of as many buckets as make a fair sample: a bucket is a random part of all customers."""
    parts: list[pd.DataFrame] = [TABLES[table].empty().to_pandas()]
    count = 0
    for bucket in sorted(manifest.tables.get(table, {}), key=lambda name: (len(name), name)):
        if count >= _MOST_ROWS:
            break
        whole = manifest.table(table, bucket).to_pandas()
        mine = whole[whole["source"] == source]
        parts.append(mine)
        count += len(mine)
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


def _effect(source: Source, book: Book, policy: Policy) -> pd.DataFrame:
    tables = {target.table for target in source.map}
    signals = [rule.id for rule in policy.signals if rule.weight > 0 and rule.table in tables]
    return source_effect(book.frame("contributions"), book.frame("placements"), signals)


def _write(place: Path, page: bytes, rejects: pd.DataFrame | None) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    (place / _PAGE).write_bytes(page)
    if rejects is not None:
        names = QUARANTINE.names
        (place / "rejects.csv").write_bytes(csv_bytes(names, rejects[names].itertuples(index=False)))
    for asset in render_assets("data-owner"):
        target = place / asset.path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(asset.content)
