"""The demo's exports through the real intake: exactly the planted bad rows are refused, in every week."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from config.settings import Workspace
from config.sources import read_crosswalk, read_sources
from extract.demo import build_demo, write_crosswalk, write_exports
from extract.demo.known import known_facts
from extract.demo.timeline import micros
from extract.intake import Intake, take_in
from extract.snapshot import read_bucket, read_manifest

CONFIG = Path(__file__).parents[2] / "config"
COMPANY = build_demo(seed=11, customers=60, people=20, weeks=40)


@pytest.fixture(scope="module")
def intakes(tmp_path_factory) -> list[Intake]:
    """Two weeks in a row: everything first, then only what changed."""
    workspace = Workspace(tmp_path_factory.mktemp("demo"))
    write_crosswalk(COMPANY, workspace.root / "crosswalk.csv")
    taken: list[Intake] = []
    since = None
    for ago in (1, 0):
        week = COMPANY.line.last.shift(-ago)
        as_of = week.ends_at(COMPANY.line.zone)
        write_exports(COMPANY, workspace.inbox, as_of=as_of, since=since)
        taken.append(
            take_in(
                read_sources(CONFIG), workspace=workspace, zone=COMPANY.line.zone, as_of=as_of, week=week,
                crosswalk=read_crosswalk(workspace.root / "crosswalk.csv"),
                previous=taken[-1].manifest if taken else None, workers=1, currency="EUR",
            )
        )  # fmt: skip
        since = as_of
    return taken


def test_no_week_is_held(intakes):
    assert [intake.held for intake in intakes] == [(), ()]


@pytest.mark.parametrize("week", [0, 1])
def test_exactly_the_planted_rows_are_refused(intakes, week):
    planted = Counter(entry["reason"] for entry in COMPANY.truth["quarantine"])
    planted["DUPLICATE_KEY"] *= 2  # the sound row of a contradicting pair cannot be told from the bad one
    assert Counter(intakes[week].quarantine.reason) == planted
    sources = intakes[week].sources
    assert (sources.rows_in == sources.admitted + sources.quarantined).all()


def test_every_unknown_key_is_suggested_its_customer(intakes):
    found = intakes[-1].suggestions.sort_values("score", ascending=False).drop_duplicates(["system", "source_key"])
    pairs = {(row.system, row.source_key): row.customer_id for row in found.itertuples()}
    assert pairs == {(m["system"], m["source_key"]): m["customer_id"] for m in COMPANY.truth["near_misses"]}


def test_the_snapshot_holds_what_the_systems_knew(intakes):
    manifest = intakes[-1].manifest
    buckets = [read_bucket(manifest, bucket) for bucket in range(read_manifest(manifest).buckets)]
    as_of = COMPANY.line.last.ends_at(COMPANY.line.zone)
    known = known_facts(COMPANY.block(0), COMPANY.facts(0), micros(as_of))
    for table, frame in known.items():
        rows = sum(bucket[table].num_rows for bucket in buckets)
        assert rows == len(frame) - (table == "contacts"), table
