"""`cem why`: the chain behind a mail, an alert or a score, from the row of an export to what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc

from contracts.exchange import PulledExport
from contracts.ids import bucket_of
from contracts.words import ExitCode
from extract.snapshot import SnapshotManifest, read_manifest
from flows.alerting.landed import last_seen
from flows.errors import UnknownCustomer
from flows.inputs import Inputs
from flows.readers import current_readers, last_week
from flows.run import Outcome, Run
from store import episodes, outbox
from store.history import read_week
from store.outbox import OutboxRecord

_SIGNALS = 6
_FILES_SEARCHED = 20_000_000


def why(run: Run, subject: str) -> Outcome:
    """The chain of a mail (its number), an alert (its event or episode) or a score (a customer's id).

    Raises: UnknownCustomer when nothing bears this number or id.
    """
    if subject.isdigit():
        with run.store.read() as session:
            found = [row for row in outbox.rows(session) if row.outbox_id == int(subject)]
        if found:
            return Outcome(ExitCode.DONE, f"Mail {subject}", tuple(_mail_chain(run, found[0])))
    with run.store.read() as session:
        told = outbox.rows(session, subject_prefix=subject)
    facts = list(_fact_chain(run, subject))
    if told or facts:
        lines = [*facts, *(line for row in told for line in _mail(run, row))]
        return Outcome(ExitCode.DONE, f"Alert {subject}", tuple(lines))
    inputs, _ = last_week(run)
    placed = read_week(run.workspace.history, inputs.week, "placements", revision=inputs.revision)
    if subject not in set(placed["customer_id"]):
        raise UnknownCustomer(f"no mail, event, episode or customer is called '{subject}'; `cem outbox list` has mails")
    return Outcome(ExitCode.DONE, f"Score of {subject}, {inputs.week}", tuple(_score(run, inputs, subject)))


def _mail_chain(run: Run, row: OutboxRecord) -> Iterator[str]:
    yield from _fact_chain(run, row.subject_key)
    if row.subject_key.endswith("|packs"):
        inputs, _ = last_week(run)
        yield from _inputs(inputs)
    yield from _mail(run, row)


def _fact_chain(run: Run, subject: str) -> Iterator[str]:
    """The event or the stay in a zone that a subject names, and the row or scores behind it."""
    inputs, _ = last_week(run)
    with run.store.read() as session:
        events = episodes.events(session)
        placed = episodes.placements(session)
        provisional = episodes.provisional(session)
    for event in events[events["event_id"] == subject].to_dict("records"):
        yield f"event {event['kind']} of {event['customer_id']}, {event['happened_at']:%Y-%m-%d %H:%M} UTC"
        yield f"headline: {event['headline']}"
        yield from _row(run, inputs, str(event["customer_id"]), str(event["table"]), str(event["row_key"]))
    stays = {*placed.loc[placed["episode_id"] == subject, "customer_id"]}
    stays |= {*provisional.loc[provisional["episode_id"] == subject, "customer_id"]}
    for customer in sorted(stays):
        yield f"stay {subject} of {customer} in its zone"
        yield from _score(run, inputs, customer)


def _row(run: Run, inputs: Inputs, customer: str, table: str, row_key: str) -> Iterator[str]:
    """The row in the newest snapshot that holds it, and the export it came in."""
    seen = last_seen(run)
    for place in dict.fromkeys((seen.manifest, inputs.manifest)):
        path = run.workspace.root / place
        if not place or not path.exists():
            continue
        snapshot = read_manifest(path)
        rows = snapshot.table(table, str(bucket_of(customer, snapshot.buckets)))
        mine = rows.filter(pc.and_(pc.equal(rows["customer_id"], customer), pc.equal(rows["row_key"], row_key)))
        if mine.num_rows:
            (found,) = mine.select(["source", "row_hash"]).slice(0, 1).to_pylist()
            yield f"row {table} {row_key}, sha256 {found['row_hash']}, snapshot {path.name} {snapshot.digest[:12]}"
            yield from _exports(snapshot, str(found["source"]), row_key)
            return
    yield f"row {table} {row_key}: in none of the kept snapshots"


def _exports(snapshot: SnapshotManifest, source: str, row_key: str) -> Iterator[str]:
    for export in snapshot.exports:
        if export.source == source:
            line = _line_of(export, row_key)
            at = f", line {line}" if line else ""
            yield f"source {source}, file {export.name}{at}, sha256 {export.sha256}"


def _line_of(export: PulledExport, row_key: str) -> int | None:
    """The line of a text export that bears the row's key; None in other formats, or where the copy is gone."""
    key = row_key.rpartition("|")[2].encode()
    path = Path(export.path)
    if not key or not path.exists() or export.size > _FILES_SEARCHED:
        return None
    with path.open("rb") as file:
        return next((number for number, line in enumerate(file, 1) if key in line), None)


def _inputs(inputs: Inputs) -> Iterator[str]:
    yield f"week {inputs.week} revision {inputs.revision}, inputs {inputs.digest}, snapshot {inputs.snapshot_digest}"
    yield f"policy v{inputs.policy_sequence} {inputs.policy_digest}, code {inputs.code_version}"


def _score(run: Run, inputs: Inputs, customer: str) -> Iterator[str]:
    """Both axes, what weighs most in them, and what the week was made from."""
    history, week, revision = run.workspace.history, inputs.week, inputs.revision
    placed = read_week(history, week, "placements", revision=revision)
    for row in placed[placed["customer_id"] == customer].to_dict("records"):
        zone = row["zone"] or row["state"]
        yield f"{week}: {zone}, loyalty {row['loyalty']}, retention {row['retention']}"
    parts = read_week(history, week, "contributions", revision=revision)
    parts = parts[parts["customer_id"] == customer]
    ordered = parts.reindex(parts["contribution"].abs().sort_values(ascending=False).index)
    for part in ordered.head(_SIGNALS).to_dict("records"):
        weighs = f"{part['contribution']:+.2f} points"
        yield f"{part['axis']}: {part['signal_id']} = {part['value']} (n {part['n']}), {weighs}"
    yield from _inputs(inputs)


def _mail(run: Run, row: OutboxRecord) -> Iterator[str]:
    yield f"mail {row.outbox_id} {row.kind} to {row.recipient_name} <{row.recipient}>"
    yield f"state {row.state}, revision {row.revision}"
    yield f"content sha256 {row.content_sha256}, Message-ID {row.message_id}"
    _, _, audiences, _ = current_readers(run)
    audience = next((a for a in audiences.values() if row.person_id in a.readers), None)
    rule = audience.rule if audience else "reads nothing today"
    yield f"scope rule: {rule}; scope {row.scope_digest or 'not kept'}, policy {row.policy_digest or 'not kept'}"
    with run.store.read() as session:
        log = outbox.send_log(session, row.outbox_id)
    for line in log:
        yield f"{line.at:%Y-%m-%d %H:%M:%S} UTC {line.step} {line.code or ''} {line.text} {line.host}".rstrip()
