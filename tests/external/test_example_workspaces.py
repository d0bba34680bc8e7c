"""The example workspaces against the stated facts of their data sets. Needs those data: run by .ci/run alone.

CEM_SHARED_DATA names the folder; without it, ../shared/data beside the repository.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from config.policy import read_draft
from config.settings import Workspace, read_settings
from config.sources import read_crosswalk, read_sources
from contracts.weeks import Week
from extract.intake import Intake, take_in
from extract.snapshot import read_manifest

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("CEM_SHARED_DATA", str(ROOT.parent / "shared" / "data")))


def taken(example: str, data_set: str, as_of: str, root: Path) -> Intake:
    moment = datetime.fromisoformat(as_of).replace(tzinfo=UTC)
    config = ROOT / "examples" / example / "config"
    intake = take_in(
        read_sources(config),
        workspace=Workspace(root),
        zone=ZoneInfo("UTC"),
        as_of=moment,
        week=Week.closed_by(moment, ZoneInfo("UTC")),
        crosswalk=read_crosswalk(config / "crosswalk.csv"),
        previous=None,
        workers=2,
        currency="USD",
        inbox=FOLDER / data_set,
    )
    frame = intake.sources
    assert (frame["rows_in"] == frame["admitted"] + frame["quarantined"]).all()
    return intake


def table(intake: Intake, name: str) -> pa.Table:
    return read_manifest(intake.manifest).whole(name)


def counts(values: pa.ChunkedArray) -> dict[object, int]:
    return {entry["values"]: entry["counts"] for entry in pc.value_counts(values).to_pylist()}


def rows_in(intake: Intake) -> dict[str, int]:
    return dict(zip(intake.sources["source"], intake.sources["rows_in"], strict=True))


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Intake:
    return taken("ravenstack", "ravenstack", "2025-01-06", tmp_path_factory.mktemp("vendor"))


@pytest.fixture(scope="module")
def incidents(tmp_path_factory: pytest.TempPathFactory) -> Intake:
    return taken("servicenow-incidents", "incident_log", "2017-03-06", tmp_path_factory.mktemp("incidents"))


@pytest.mark.parametrize("example", ["ravenstack", "servicenow-incidents"])
def test_a_workspace_is_complete(example: str) -> None:
    folder = ROOT / "examples" / example
    assert read_settings(folder).file.mail.mode == "preview"
    assert read_draft(folder / "config").audiences.audience


class TestVendor:
    def test_every_row_is_admitted(self, vendor: Intake) -> None:
        expected = {
            "accounts": 500,
            "subscriptions": 5000,
            "usage": 25_000,
            "support_tickets": 2000,
            "churn_events": 600,
        }
        assert rows_in(vendor) == expected
        assert vendor.quarantine.empty
        assert vendor.held == ()

    def test_accounts(self, vendor: Intake) -> None:
        customers = table(vendor, "customers")
        industries = {"DevTools": 113, "FinTech": 112, "Cybersecurity": 100, "HealthTech": 96, "EdTech": 79}
        assert counts(customers["industry"]) == industries
        assert counts(customers["country"]) == {"US": 291, "GB": 58, "IN": 49, "AU": 32, "DE": 25, "CA": 23, "FR": 22}
        assert counts(customers["tier"]) == {"Pro": 178, "Basic": 168, "Enterprise": 154}
        assert str(pc.min(customers["since_on"])) == "2023-01-02 00:00:00"
        assert str(pc.max(customers["since_on"])) == "2024-12-31 00:00:00"

    def test_subscriptions(self, vendor: Intake) -> None:
        agreements = table(vendor, "agreements")
        running = agreements.filter(pc.is_null(agreements["ended_on"]))
        assert (agreements.num_rows, running.num_rows) == (5000, 4514)
        assert pc.sum(running["annual_amount"]).as_py() == 121_915_296
        assert counts(agreements["billing"]) == {"annual": 2461, "monthly": 2539}

    def test_usage_is_joined_to_accounts_through_subscriptions(self, vendor: Intake) -> None:
        usage = table(vendor, "usage")
        totals = {m: usage.filter(pc.equal(usage["metric"], m)) for m in ("feature_use", "error")}
        assert {m: rows.num_rows for m, rows in totals.items()} == {"feature_use": 25_000, "error": 25_000}
        assert {m: pc.sum(rows["value"]).as_py() for m, rows in totals.items()} == {
            "feature_use": 250_525,
            "error": 14_107,
        }
        assert len(pc.unique(usage["product"])) == 40

    def test_tickets(self, vendor: Intake) -> None:
        tickets = table(vendor, "tickets")
        assert counts(tickets["severity"]) == {1: 514, 2: 510, 3: 491, 4: 485}
        assert pc.sum(tickets["is_escalated"]).as_py() == 95
        assert counts(tickets["csat_score"].drop_null()) == {3.0: 396, 4.0: 405, 5.0: 374}
        assert round(pc.mean(tickets["resolve_hours"]).as_py(), 2) == 35.86
        assert pc.max(tickets["first_response_minutes"]).as_py() == 180
        assert len(pc.unique(tickets["customer_id"])) == 492
        surveys = table(vendor, "surveys")
        assert (surveys.num_rows, surveys.num_rows - surveys["answered_at"].null_count) == (2000, 1175)

    def test_the_notions_of_churn_are_kept_apart(self, vendor: Intake) -> None:
        outcomes = table(vendor, "outcomes")
        assert counts(outcomes["label"]) == {"account_flag": 110, "churn_event": 600, "subscription_ended": 486}
        events = outcomes.filter(pc.equal(outcomes["label"], "churn_event"))
        assert len(pc.unique(events["customer_id"])) == 352
        reasons = {"features": 114, "budget": 104, "support": 104, "unknown": 95, "competitor": 92, "pricing": 91}
        assert counts(events["reason"]) == reasons
        assert events["comment"].null_count == 148
        assert float(pc.sum(events["amount"]).as_py()) == 8652.25

    def test_rows_before_the_start_of_their_account_are_told(self, vendor: Intake) -> None:
        messages = dict(zip(vendor.sources["source"], vendor.sources["message"], strict=True))
        early = table(vendor, "tickets").join(
            table(vendor, "customers").select(["customer_id", "since_on"]), "customer_id"
        )
        before = pc.less(early["opened_at"].cast(pa.timestamp("us")), early["since_on"])
        assert pc.sum(before).as_py() == 1077
        assert "rows dated before their customer's start" in messages["support_tickets"]

    def test_replayed_to_the_middle(self, tmp_path: Path) -> None:
        intake = taken("ravenstack", "ravenstack", "2024-07-01", tmp_path)
        assert table(intake, "customers").num_rows == 348
        outcomes = table(intake, "outcomes")
        # The flags bear no date, so they are not known before the export's end.
        assert set(counts(outcomes["label"])) == {"churn_event", "subscription_ended"}
        assert pc.max(table(intake, "tickets")["opened_at"]).as_py() < datetime(2024, 7, 1, tzinfo=UTC)
        assert set(intake.quarantine["reason"]) == {"UNMATCHED_KEY"}


class TestIncidents:
    def test_every_row_is_admitted_or_has_no_location(self, incidents: Intake) -> None:
        [row] = incidents.sources.to_dict("records")
        assert (row["rows_in"], row["quarantined"]) == (141_712, 76)
        assert table(incidents, "ticket_history").num_rows == 141_712 - 76
        assert table(incidents, "customers").num_rows == 224
        assert incidents.held == ()

    def test_an_incident_is_its_last_row(self, incidents: Intake) -> None:
        tickets = table(incidents, "tickets")
        assert tickets.num_rows == 24_918 - 6
        told = incidents.quarantine
        lost = told[told["table"] == "tickets"]
        assert len(lost) == 6
        sla = counts(tickets["is_sla_met"])
        assert 15_803 - 6 <= sla[True] <= 15_803
        assert counts(tickets["severity"])[1] in range(270 - 6, 271)

    def test_states_of_all_updates(self, incidents: Intake) -> None:
        states = counts(table(incidents, "ticket_history")["value"])
        expected = {"Active": 38_716, "New": 36_407, "Resolved": 25_751, "Closed": 24_985, "Awaiting User Info": 14_642}
        assert sum(expected[state] - states[state] for state in expected) <= 76
        assert states["Awaiting Evidence"] == 38

    def test_replayed_to_the_first_of_may(self, tmp_path: Path) -> None:
        intake = taken("servicenow-incidents", "incident_log", "2016-05-01", tmp_path)
        [row] = intake.sources.to_dict("records")
        assert row["rows_in"] == 94_074
        assert "47638 rows not yet known at as_of" in row["message"]
        tickets, told = table(intake, "tickets"), intake.quarantine
        lost = told[told["table"] == "tickets"]
        assert tickets.num_rows + len(lost) == 17_136
        states = counts(tickets["state"])
        stated = {
            "Closed": 14_182, "Resolved": 1759, "Active": 477, "Awaiting User Info": 399, "New": 292,
            "Awaiting Problem": 19, "Awaiting Vendor": 8,
        }  # fmt: skip
        assert set(states) == set(stated)
        assert sum(stated[state] - states[state] for state in stated) == len(lost)
        assert all(stated[state] >= states[state] for state in stated)
        ends = tickets["closed_at"]
        later = pc.sum(pc.greater_equal(ends, pa.scalar(datetime(2016, 5, 1, tzinfo=UTC), ends.type))).as_py()
        assert 2961 - len(lost) <= later <= 2961  # written in the file, blanked by the as-of view
