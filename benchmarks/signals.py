"""Ratio 2: all signals, against the bare SQL of the same rules run by DuckDB on the same Arrow tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from benchmarks.company import WEEK, set_scene
from benchmarks.timing import Comparison, alternate
from config.policy import read_draft
from config.settings import Workspace
from config.sources import read_crosswalk, read_sources
from contracts.rules import SignalRule
from contracts.tables import TABLES
from extract.intake import take_in
from extract.snapshot import read_manifest, read_shared
from scoring.measure.asof import as_of_view
from scoring.measure.compile import statement
from scoring.measure.signals import measure


def compare(folder: Path, *, customers: int, rounds: int) -> Comparison:
    """Take in a company once, then measure all its customers as one bucket, in turn with the script."""
    scene = set_scene(folder, customers=customers, people=20)
    scene.morning_after(WEEK)
    as_of = WEEK.ends_at(scene.company.line.zone)
    rules = read_draft(folder / "config").signals
    tables = _tables(folder, scene.company.line.zone, as_of)
    fresh = frozenset(tables)
    rows = sum(tables[name].num_rows for name in {rule.table for rule in rules})
    ours, reference = alternate(
        lambda _: lambda: measure(tables, rules, as_of=as_of, fresh=fresh),
        lambda _: lambda: _run_script(tables, rules, as_of),
        rounds=rounds,
    )
    return Comparison(
        title="all signals",
        ours_name="measure, one thread",
        reference_name="DuckDB, bare SQL, all cores",
        ours=ours,
        reference=reference,
        note=f"{len(rules)} signals, {customers:,} customers, {rows:,} rows of facts",
    )


def _tables(folder: Path, zone: ZoneInfo, as_of: datetime) -> dict[str, pa.Table]:
    intake = take_in(
        read_sources(folder / "config"),
        workspace=Workspace(folder),
        zone=zone,
        as_of=as_of,
        week=WEEK,
        crosswalk=read_crosswalk(folder / "config" / "crosswalk.csv"),
        previous=None,
        workers=1,
        currency="EUR",
    )
    snapshot = read_manifest(intake.manifest)
    whole = {name: snapshot.whole(name) for name, table in TABLES.items() if table.per_customer}
    return as_of_view({**read_shared(intake.manifest), **whole}, as_of)


def _run_script(tables: Mapping[str, pa.Table], rules: Sequence[SignalRule], as_of: datetime) -> list[pa.Table]:
    """The statements that somebody would write by hand: no rounding, no evidence, no fixed order, every core."""
    results = []
    with duckdb.connect(":memory:") as connection:
        for name, together in groupby(sorted(rules, key=lambda rule: rule.table), key=lambda rule: rule.table):
            built = statement(list(together), as_of=as_of)
            rows = tables[name]
            connection.register(f"{name}_rows", rows)
            instants = [f.name for f in rows.schema if pa.types.is_timestamp(f.type)]
            replaced = ", ".join(f'epoch_us("{column}") AS "{column}"' for column in instants)
            connection.execute(f'CREATE VIEW "{name}" AS SELECT * REPLACE ({replaced}) FROM "{name}_rows"')
            results.append(connection.sql(built.sql, params=built.parameters).to_arrow_table())
    return results
