"""Each preset reads a file in its vendor's layout, and says where its columns come from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.sources import Source, read_crosswalk, read_sources_file
from contracts.weeks import Week
from extract.intake import Intake, take_in
from tests.factories.extract import ROME, Desk, balanced, rows_of

PRESETS = Path(__file__).parents[2] / "config" / "presets"
MASTER = """
[[source]]
name = "crm"
location = "crm.csv"
format = "csv"
master = true
[[source.map]]
table = "customers"
[source.map.columns]
customer_id = "id"
name = "name"
"""
CROSSWALK = "system,source_key,customer_id,approved_by\nzendesk,7001,C1,Ann\nservicenow,Acme Inc,C1,Ann\nqualtrics,acc-1,C1,Ann\n"

FILES = {
    "salesforce": {
        "salesforce/Account.csv": "Id,IsDeleted,Name,Type,ParentId,BillingCountry,Industry,AnnualRevenue,CreatedDate,LastModifiedDate\n"
        "001A,false,Acme,Customer,,IT,Energy,5000000,2024-01-05T09:00:00.000Z,2026-11-02T09:00:00.000Z\n"
        "001B,true,Gone,Customer,,IT,Energy,1,2024-01-05T09:00:00.000Z,2026-11-02T09:00:00.000Z\n",
        "salesforce/Contact.csv": "Id,IsDeleted,AccountId,FirstName,LastName,Email,Title\n"
        "003A,false,001A,Anna,Rossi,a.rossi@acme.example,CTO\n",
        "salesforce/Case.csv": "Id,IsDeleted,CaseNumber,ContactId,AccountId,Type,Status,Origin,Subject,Priority,Description,"
        "IsEscalated,OwnerId,CreatedDate,ClosedDate,LastModifiedDate\n"
        "500A,false,00001026,003A,001A,Problem,New,Web,Slow,High,It is slow,false,005A,2026-11-03T08:00:00.000Z,,"
        "2026-11-03T08:00:00.000Z\n"
        "500A,false,00001026,003A,001A,Problem,Closed,Web,Slow,High,It is slow,true,005A,2026-11-03T08:00:00.000Z,"
        "2026-11-04T08:00:00.000Z,2026-11-04T08:00:00.000Z\n",
        "salesforce/Opportunity.csv": "Id,IsDeleted,AccountId,Name,StageName,Amount,Probability,CloseDate,IsClosed,IsWon,OwnerId,"
        "CreatedDate,LastModifiedDate\n"
        "006A,false,001A,Renewal,Closed Lost,1200.50,0,2026-11-10,true,false,005A,2026-10-01T08:00:00.000Z,"
        "2026-11-10T08:00:00.000Z\n",
    },
    "zendesk": {
        "zendesk/user.csv": "id,active,email,name,organization_id,role,updated_at\n"
        "900,TRUE,eve@acme.example,Eve Example,7001,end-user,2026-11-01 10:00:00\n"
        "901,TRUE,agent@our.example,Arthur Agent,,agent,2026-11-01 10:00:00\n",
        "zendesk/ticket_2026.csv": "id,assignee_id,created_at,description,group_id,organization_id,priority,requester_id,status,subject,"
        "type,updated_at,via_channel\n"
        "11071,901,2026-11-02 18:06:36,it fails,5,7001,urgent,900,closed,fails,incident,2026-11-05 09:00:00,web\n"
        "11072,901,2026-11-02 18:06:36,spam,5,7001,,900,deleted,spam,,2026-11-05 09:00:00,web\n"
        "11073,901,2026-11-02 18:06:36,who,5,7999,low,900,open,who,,2026-11-05 09:00:00,email\n",
        "zendesk/ticket_metric.csv": "ticket_id,assigned_at,solved_at,reopens,group_stations\n"
        "11071,2026-11-02 19:00:00,2026-11-04 11:01:27,1,2\n",
        "zendesk/ticket_field_history.csv": "field_name,ticket_id,updated,user_id,value\n"
        "status,11071,2026-11-02 18:30:00,901,open\nstatus,11071,2026-11-02 18:30:00,901,open\n",
    },
    "servicenow": {
        "servicenow/incident.csv": "number,opened_at,resolved_at,closed_at,priority,state,category,contact_type,company,caller_id,"
        "assignment_group,reassignment_count,reopen_count,made_sla,short_description,description,sys_updated_on\n"
        "INC0010001,2026-11-02 10:00:00,2026-11-02 15:30:00,,1 - Critical,Resolved,software,phone,Acme Inc,Eve Example,Storage,2,0,"
        "true,Down,All down,2026-11-02 15:30:00\n",
    },
    "hubspot": {
        "hubspot/all-companies.csv": "Record ID,Company name,Industry,Country/Region,Annual Revenue,Create Date\n"
        "4001,Acme,ENERGY,Italy,5000000,2024-01-05 09:00\n",
        "hubspot/all-deals.csv": "Record ID,Deal Name,Deal Stage,Amount,Close Date,Create Date,Deal owner,Associated Company IDs\n"
        "5001,Renewal,Closed Won,900,2026-11-10 10:00,2026-10-01 08:00,Karim,4001;4002\n",
        "hubspot/all-tickets.csv": "Ticket ID,Ticket name,Ticket status,Priority,Category,Source,Ticket description,Create date,"
        "Close date,Associated Company IDs\n"
        "6001,Slow,Closed,High,Product,Email,It is slow,2026-11-03 08:00,2026-11-04 08:00,4001\n",
    },
    "qualtrics": {
        "qualtrics/nps.csv": "StartDate,EndDate,Finished,RecordedDate,ResponseId,RecipientEmail,ExternalReference,UserLanguage,Q1_NPS,Q2\n"
        'Start Date,End Date,Finished,Recorded Date,Response ID,Recipient Email,External Data Reference,User Language,"How likely,\n'
        'to recommend?",Why?\n'
        '"{""ImportId"":""startDate"",""timeZone"":""UTC""}","{""ImportId"":""endDate""}",a,b,c,d,e,f,g,h\n'
        "2026-11-02 10:00:00,2026-11-02 10:05:00,1,2026-11-02 10:05:01,R_1,eve@acme.example,acc-1,EN,9,Good people\n"
        "2026-11-03 10:00:00,2026-11-03 10:05:00,0,2026-11-03 10:05:01,R_2,eve@acme.example,acc-1,EN,,\n",
    },
}  # fmt: skip


def taken(tmp_path: Path, vendor: str) -> Intake:
    desk = Desk(tmp_path, "", CROSSWALK)
    for name, content in FILES[vendor].items():
        desk.put(name, content)
    sources = read_sources_file(PRESETS / f"{vendor}.toml")
    if not any(source.master for source in sources):
        (tmp_path / "master.toml").write_text(MASTER)
        desk.put("crm.csv", "id,name\nC1,Acme\n")
        sources = [*read_sources_file(tmp_path / "master.toml"), *sources]
    (tmp_path / "crosswalk.csv").write_text(CROSSWALK)
    week = Week.parse("2026-W47")
    intake = take_in(
        sources, workspace=desk.workspace, zone=ROME, as_of=week.ends_at(ROME), week=week,
        crosswalk=read_crosswalk(tmp_path / "crosswalk.csv"), previous=None, workers=1, currency="EUR",
    )  # fmt: skip
    assert balanced(intake)
    refused = intake.quarantine[intake.quarantine["reason"].str.startswith("FILE")]
    assert refused.empty, list(refused["message"])
    return intake


def test_salesforce(tmp_path: Path) -> None:
    intake = taken(tmp_path, "salesforce")
    assert [row["name"] for row in rows_of(intake, "customers")] == ["Acme"]
    assert [row["name"] for row in rows_of(intake, "contacts")] == ["Anna Rossi"]
    [ticket] = rows_of(intake, "tickets")
    assert (ticket["state"], ticket["severity"], ticket["is_escalated"]) == ("Closed", 2, True)
    assert ticket["resolve_hours"] == 24
    [deal] = rows_of(intake, "deals")
    assert (deal["status"], str(deal["amount"]), deal["probability_share"]) == ("lost", "1200.50", 0)
    assert intake.quarantine.empty


def test_zendesk(tmp_path: Path) -> None:
    intake = taken(tmp_path, "zendesk")
    assert [row["contact_id"] for row in rows_of(intake, "contacts")] == ["900"]
    [ticket] = rows_of(intake, "tickets")
    assert (ticket["ticket_id"], ticket["severity"], ticket["reopened_count"]) == ("11071", 1, 1)
    assert ticket["resolved_at"].isoformat() == "2026-11-04T11:01:27+00:00"
    assert {row["field"] for row in rows_of(intake, "ticket_history")} == {"status", "assigned"}
    assert list(intake.quarantine["reason"]) == ["UNMATCHED_KEY"]
    assert list(intake.quarantine["source_key"]) == ["7999"]


def test_servicenow(tmp_path: Path) -> None:
    [ticket] = rows_of(taken(tmp_path, "servicenow"), "tickets")
    assert (ticket["customer_id"], ticket["severity"], ticket["resolve_hours"]) == ("C1", 1, 5.5)
    assert ticket["is_sla_met"] is None


def test_hubspot(tmp_path: Path) -> None:
    intake = taken(tmp_path, "hubspot")
    [deal] = rows_of(intake, "deals")
    assert (deal["customer_id"], deal["status"], deal["closed_at"].day) == ("4001", "won", 10)
    assert rows_of(intake, "tickets")[0]["severity"] == 2
    assert intake.quarantine.empty


def test_qualtrics(tmp_path: Path) -> None:
    intake = taken(tmp_path, "qualtrics")
    [answer] = rows_of(intake, "surveys")
    assert (answer["response_id"], answer["score"], answer["comment"]) == ("R_1", 9, "Good people")
    assert intake.quarantine.empty


@pytest.mark.parametrize("vendor", sorted(FILES))
def test_a_preset_cites_its_source_and_has_an_owner_to_fill_in(vendor: str) -> None:
    text = (PRESETS / f"{vendor}.toml").read_text()
    assert re.search(r"^# .*https://", text, re.MULTILINE)
    assert "# `# unverified`" in text
    sources: list[Source] = read_sources_file(PRESETS / f"{vendor}.toml")
    assert all(source.name.startswith(f"{vendor}_") for source in sources)


def test_the_sources_of_a_new_workspace_are_valid() -> None:
    names = [source.name for source in read_sources_file(PRESETS / "start.sources.toml")]
    assert names[:2] == ["customers", "people"]
