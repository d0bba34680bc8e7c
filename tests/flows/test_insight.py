"""Drivers and links out of a real snapshot: the demo's exports through the intake, then the step itself."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from config.policy import read_draft
from config.settings import Workspace
from config.sources import read_crosswalk, read_sources
from contracts.results import DRIVERS, LINKAGE_ANSWERS, LINKS
from extract.demo import build_demo, write_crosswalk, write_exports
from extract.intake import take_in
from extract.snapshot import read_manifest
from flows.week.insight import insight
from scoring.measure.asof import as_of_view
from scoring.measure.facts import customer_facts

CONFIG = Path(__file__).parents[2] / "config"


def test_a_snapshot_becomes_drivers_links_and_answers(tmp_path):
    company, policy = build_demo(seed=11, customers=60, people=20, weeks=60), read_draft(CONFIG)
    workspace, week = Workspace(tmp_path), company.line.last
    as_of = week.ends_at(company.line.zone)
    write_crosswalk(company, tmp_path / "crosswalk.csv")
    write_exports(company, workspace.inbox, as_of=as_of)
    taken = take_in(
        read_sources(CONFIG), workspace=workspace, zone=company.line.zone, as_of=as_of, week=week,
        crosswalk=read_crosswalk(tmp_path / "crosswalk.csv"), previous=None, workers=1, currency="EUR",
    )  # fmt: skip
    snapshot = read_manifest(taken.manifest)
    assert snapshot.whole("constituency_measures").num_rows
    assert any(snapshot.whole("invoices")["is_disputed"].to_pylist())
    tables = as_of_view({name: snapshot.whole(name) for name in ("customers", "agreements")}, as_of)
    facts = customer_facts(tables, policy.money, as_of)
    inputs = SimpleNamespace(manifest=taken.manifest, instant=as_of, week=str(week))
    first, again = (insight(inputs, Path("/"), policy, facts=facts) for _ in range(2))
    assert set(first) == {"drivers", "links", "linkage_answers"}
    for frame in (DRIVERS, LINKS, LINKAGE_ANSWERS):
        assert list(first[frame.name].columns) == frame.names
        assert len(first[frame.name])
        pd.testing.assert_frame_equal(first[frame.name], again[frame.name])
