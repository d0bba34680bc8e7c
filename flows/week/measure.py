"""The parallel half of a run: what one worker does with one bucket of customers.

A task carries paths, a bucket number, an instant and a policy folder, and gives back paths and counts:
no rows cross a process border, and no worker opens the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from config.policy import read_version
from contracts.frames import Frame, from_frame, to_frame
from contracts.results import CONTRIBUTIONS, CUSTOMER_FACTS, EVENTS, NORMS, PLACEMENTS, RESULTS, SCORES, SIGNALS
from contracts.tables import TABLES
from contracts.weeks import Week
from extract.snapshot import read_bucket, read_shared
from flows.week.models import by_line
from scoring.measure.asof import as_of_view
from scoring.measure.events import find_events, weekly_counts
from scoring.measure.facts import customer_facts
from scoring.measure.norms import segments_of
from scoring.measure.signals import measure
from scoring.place.axes import score
from scoring.place.placement import place
from scoring.predict.axis import by_model
from scoring.predict.model import read_model

PAGE_WEEKS = 105
# Tables that grow without end: pages show two years of them. The others are states and shown whole.
DATED = frozenset({"tickets", "ticket_history", "usage", "invoices", "surveys", "account_feedback", "transcripts"})


@dataclass(frozen=True, slots=True)
class MeasureTask:
    """Measure one bucket as of one instant."""

    manifest: Path
    bucket: int
    as_of: datetime
    policy: Path
    fresh: frozenset[str]
    only: frozenset[str] | None
    into: Path
    keeps_tables: bool = False


@dataclass(frozen=True, slots=True)
class PlaceTask:
    """Score and place one measured bucket; `previous` holds the last good week's placements. `model`: the file of the
    adopted model whose probability is the retention axis, and `line` where it is drawn; none: the experts' index.
    """

    measured: Path
    norms: Path
    policy: Path
    previous: Path | None
    week: str
    model: Path | None = None
    line: float | None = None
    is_new_axis: bool = False


def measure_bucket(task: MeasureTask) -> Path:
    """Facts, signals and events of a bucket, written to `task.into`."""
    policy = read_version(task.policy)
    rows = read_bucket(task.manifest, task.bucket)
    if task.only is not None:
        wanted = pa.array(sorted(task.only), pa.string())
        rows = {name: _of_customers(table, wanted) for name, table in rows.items()}
    tables = as_of_view({**read_shared(task.manifest), **rows}, task.as_of)
    facts = customer_facts(tables, policy.money, task.as_of)
    signals = measure(tables, policy.signals, as_of=task.as_of, fresh=task.fresh)
    events = find_events(tables, policy.alerts.watched, facts, as_of=task.as_of)
    counts = weekly_counts(tables, policy.alerts.counted, facts, as_of=task.as_of)
    task.into.mkdir(parents=True, exist_ok=True)
    write_frames(task.into, {"customer_facts": facts, "signals": signals, "events": events, "counts": counts})
    if task.keeps_tables:
        _keep(tables, task.as_of, task.into / "tables")
    return task.into


@dataclass(frozen=True, slots=True)
class AgedTask:
    """Measure at a later instant what was seen of one bucket at an earlier one."""

    manifest: Path
    bucket: int
    seen_at: datetime
    as_of: datetime
    policy: Path
    fresh: frozenset[str]
    only: frozenset[str]
    into: Path


def age_bucket(task: AgedTask) -> Path:
    """Signals of the facts that were known then, measured now: what differs from then is age alone."""
    wanted = pa.array(sorted(task.only), pa.string())
    rows = {name: _of_customers(table, wanted) for name, table in read_bucket(task.manifest, task.bucket).items()}
    tables = as_of_view({**read_shared(task.manifest), **rows}, task.seen_at)
    signals = measure(tables, read_version(task.policy).signals, as_of=task.as_of, fresh=task.fresh)
    write_frames(task.into, {"signals": signals})
    return task.into


def _keep(tables: Mapping[str, pa.Table], as_of: datetime, folder: Path) -> None:
    """The rows that pages show: as of the week, at most two years back, without provenance."""
    folder.mkdir(parents=True, exist_ok=True)
    horizon = pa.scalar(as_of - timedelta(weeks=PAGE_WEEKS), pa.timestamp("us", tz="UTC"))
    for name, table in sorted(tables.items()):
        contract = TABLES[name]
        if not contract.per_customer:
            continue
        shown = table
        if name in DATED:
            shown = table.filter(pc.greater_equal(table["event_at"], horizon))
        columns = [column.name for column in contract.columns]
        rows = shown.select(columns).sort_by([(key, "ascending") for key in contract.key])
        pq.write_table(rows, folder / f"{name}.parquet", compression="zstd")


def _of_customers(table: pa.Table, wanted: pa.StringArray) -> pa.Table:
    return table.filter(pc.is_in(table["customer_id"], value_set=wanted))


def place_bucket(task: PlaceTask) -> Path:
    """Scores, contributions and placements of a measured bucket, written beside its measurements."""
    policy = by_line(read_version(task.policy), task.line)
    facts = read_frame(task.measured, "customer_facts")
    signals = read_frame(task.measured, "signals")
    scored = score(
        signals,
        read_frame(task.norms, "norms"),
        policy.signals,
        policy.thresholds,
        segments=segments_of(facts, policy.thresholds),
    )
    previous = None
    if task.previous is not None:
        every = to_frame(pq.read_table(task.previous))
        previous = every[every["customer_id"].isin(set(facts["customer_id"]))].reset_index(drop=True)
    scores, contributions = scored.scores, scored.contributions
    if task.model is not None:
        model = read_model(task.model.read_bytes())
        judged = by_model(model, signals, facts, scores=scores, contributions=contributions)
        scores, contributions = judged.scores, judged.contributions
    placements = place(
        scores, facts, previous, policy.thresholds, week=Week.parse(task.week), is_new_axis=task.is_new_axis
    )
    write_frames(task.measured, {"scores": scores, "contributions": contributions, "placements": placements})
    return task.measured


def write_frames(folder: Path, frames: Mapping[str, pd.DataFrame]) -> None:
    """Frames under their contracts, one Parquet file each, in key order."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        contract = RESULTS[name]
        tidy = frame.sort_values(list(contract.key)) if contract.key else frame
        pq.write_table(from_frame(tidy, contract), folder / f"{name}.parquet", compression="zstd")


def read_frame(folder: Path, name: str) -> pd.DataFrame:
    return to_frame(pq.read_table(folder / f"{name}.parquet"))


def gather(folders: list[Path], contract: Frame) -> pd.DataFrame:
    """One frame of all buckets, in key order whatever the number of buckets."""
    parts = [pq.read_table(folder / f"{contract.name}.parquet") for folder in folders]
    whole = pa.concat_tables(parts) if parts else contract.schema.empty_table()
    return to_frame(whole.sort_by([(name, "ascending") for name in contract.key]))


MEASURED = (CUSTOMER_FACTS, SIGNALS, EVENTS)
PLACED = (SCORES, CONTRIBUTIONS, PLACEMENTS)

__all__ = [
    "MEASURED",
    "NORMS",
    "PLACED",
    "MeasureTask",
    "PlaceTask",
    "gather",
    "measure_bucket",
    "place_bucket",
    "read_frame",
    "write_frames",
]
