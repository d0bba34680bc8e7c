"""Customer keys of other systems: approved pairs, mail domains, suggestions, and rows that wait for approval."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from config.errors import ConfigRefused
from config.sources import read_crosswalk
from contracts.words import Reason
from extract.crosswalk import plain_name
from tests.factories.extract import GOOD, WEEK, Desk, balanced, lines, rows_of, source_of, with_tickets

HEAD = "ticket,account,opened,resolved,priority,text"
PAIRS = "system,source_key,customer_id,approved_by,valid_from,valid_to\n"
FOREIGN = 'key_system = "helpdesk"\ncustomer_name_column = "account"'
ROW = "T1,ACME Storage Ltd.,2026-11-02,,high,slow"


def desk_with(tmp_path: Path, extra: str = FOREIGN, crosswalk: str | None = None) -> Desk:
    desk = with_tickets(tmp_path, desk=extra, crosswalk=crosswalk)
    desk.put(
        "accounts.csv",
        lines(GOOD.replace("Acme", "Acme Storage S.p.A."), GOOD.replace("A1", "A2").replace("Acme", "Zeta")),
    )
    desk.put("tickets.csv", lines(ROW, header=HEAD))
    return desk


def test_a_similar_name_only_suggests(tmp_path: Path) -> None:
    intake = desk_with(tmp_path).take()
    assert rows_of(intake, "tickets") == []
    [refused] = intake.quarantine.to_dict("records")
    assert (refused["reason"], refused["source_key"]) == (Reason.UNMATCHED_KEY, "ACME Storage Ltd.")
    assert (source_of(intake, "desk")["unmatched"], balanced(intake)) == (1, True)
    [suggestion] = intake.suggestions.to_dict("records")
    assert (suggestion["customer_id"], suggestion["rule"], suggestion["rows"]) == ("A1", "similar name", 1)
    assert suggestion["score"] >= 80


def test_an_equal_key_of_another_system_is_no_match(tmp_path: Path) -> None:
    desk = desk_with(tmp_path)
    desk.put("tickets.csv", lines(ROW.replace("ACME Storage Ltd.", "A1"), header=HEAD))
    assert rows_of(desk.take(), "tickets") == []
    desk.sources = desk.sources.replace('key_system = "helpdesk"', "")
    assert [row["customer_id"] for row in rows_of(desk.take(), "tickets")] == ["A1"]


@pytest.mark.parametrize(
    ("pair", "matches"),
    [
        ("helpdesk,ACME Storage Ltd.,A1,Ann,,", True),
        ("helpdesk,ACME Storage Ltd.,A9,Ann,,", False),
        ("billing,ACME Storage Ltd.,A1,Ann,,", False),
        ("helpdesk,ACME Storage Ltd.,A1,Ann,2026-12-01,", False),
        ("helpdesk,ACME Storage Ltd.,A1,Ann,2026-01-01,2026-11-01", False),
    ],
)
def test_an_approved_pair_matches_while_it_is_valid(tmp_path: Path, pair: str, matches: bool) -> None:
    intake = desk_with(tmp_path, crosswalk=PAIRS + pair + "\n").take()
    assert [row["customer_id"] for row in rows_of(intake, "tickets")] == (["A1"] if matches else [])


@pytest.mark.parametrize("kind", ["full", "append", "changes"])
def test_rows_come_back_when_their_key_is_approved(tmp_path: Path, kind: str) -> None:
    desk = desk_with(tmp_path, FOREIGN + f'\nkind = "{kind}"\nkey = ["ticket"]\nshrink_limit_share = 1.0')
    desk.sources = desk.sources.replace("hi", "hi")
    first = desk.take(week=WEEK.shift(-1))
    assert source_of(first, "desk")["unmatched"] == 1
    if kind != "full":
        desk.put("tickets.csv", lines("T2,A9,2026-11-12,,low,new", header=HEAD))
    second = desk.take(previous=first)
    assert source_of(second, "desk")["unmatched"] == (1 if kind == "full" else 2)
    assert balanced(second)
    desk.crosswalk = PAIRS + "helpdesk,ACME Storage Ltd.,A1,Ann,,\n"
    third = desk.take(previous=second, week=WEEK.shift(1))
    assert [(row["ticket_id"], row["customer_id"]) for row in rows_of(third, "tickets")] == [("T1", "A1")]
    assert source_of(third, "desk")["unmatched"] == (0 if kind == "full" else 1)
    assert third.changed_customers == {"A1"}
    assert balanced(third)
    if kind != "full":
        assert "1 waiting rows admitted" in source_of(third, "desk")["message"]


def test_waiting_rows_wait_on_while_their_source_is_carried(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, FOREIGN + '\nkind = "append"\nkey = ["ticket"]')
    intake = desk.take(week=WEEK.shift(-1))
    (desk.inbox / "tickets.csv").unlink()
    intake = desk.take(previous=intake)
    desk.put("tickets.csv", lines("T2,A9,2026-11-12,,low,new", header=HEAD))
    desk.crosswalk = PAIRS + "helpdesk,ACME Storage Ltd.,A1,Ann,,\n"
    intake = desk.take(previous=intake, week=WEEK.shift(1))
    assert [(row["ticket_id"], row["customer_id"]) for row in rows_of(intake, "tickets")] == [("T1", "A1")]
    assert balanced(intake)


def test_waiting_rows_are_kept_without_what_identifies_people(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, FOREIGN + '\nkind = "append"\nkey = ["ticket"]')
    desk.put("tickets.csv", lines(ROW.replace("slow", "mail eve@acme.example"), header=HEAD))
    desk.take()
    kept = b"".join(path.read_bytes() for path in desk.workspace.snapshots.rglob("*.parquet"))
    assert b"eve@acme.example" not in kept


CONTACTS = """
[[source]]
name = "crm_contacts"
location = "contacts.csv"
format = "csv"
[[source.map]]
table = "contacts"
[source.map.columns]
customer_id = "account"
contact_id = "id"
email = "email"
"""


@pytest.mark.parametrize(
    ("address", "customer"), [("eve@acme.example", "A1"), ("bob@shared.example", None), ("x@gmail.com", None)]
)
def test_a_mail_domain_of_one_customer_matches_where_declared(
    tmp_path: Path, address: str, customer: str | None
) -> None:
    extra = 'key_system = "helpdesk"\ncustomer_email_column = "text"\nmatch_by_domain = true'
    desk = desk_with(tmp_path, extra)
    desk.sources += CONTACTS
    people = ["A1,1,a@acme.example", "A1,2,b@shared.example", "A2,3,c@shared.example", "A2,4,d@gmail.com"]
    desk.put("contacts.csv", lines(*people, header="account,id,email"))
    desk.put("tickets.csv", lines(ROW.replace("slow", address), header=HEAD))
    assert [row["customer_id"] for row in rows_of(desk.take(), "tickets")] == ([customer] if customer else [])


def test_money_of_unmatched_rows_is_counted(tmp_path: Path) -> None:
    desk = desk_with(tmp_path)
    desk.sources += """
[[source]]
name = "billing"
location = "contracts.csv"
format = "csv"
key_system = "billing"
[[source.map]]
table = "agreements"
[source.map.columns]
customer_id = "debtor"
agreement_id = "no"
annual_amount = "amount"
currency = "currency"
"""
    desk.put("contracts.csv", "no,debtor,amount,currency\n1,D7,1200.50,EUR\n2,D7,10,EUR\n3,D8,99,USD\n")
    source = source_of(desk.take(), "billing")
    assert (source["unmatched"], source["unmatched_amount"]) == (3, 1210.5)


def test_a_crosswalk_row_needs_somebody_who_approved_it(tmp_path: Path) -> None:
    path = tmp_path / "crosswalk.csv"
    path.write_text(PAIRS + "helpdesk,x,A1,,,\n")
    with pytest.raises(ConfigRefused, match="row 2: approved_by is empty"):
        read_crosswalk(path)
    path.write_text(PAIRS + "helpdesk,x,A1,Ann,01/02/2026,\n")
    with pytest.raises(ConfigRefused, match="row 2: valid_from '01/02/2026' is no date"):
        read_crosswalk(path)
    assert isinstance(read_crosswalk(tmp_path / "none.csv"), pd.DataFrame)


@pytest.mark.parametrize(
    ("name", "plain"),
    [("ACME Storage, Ltd.", "acme storage"), ("Société Générale SA", "societe generale"), ("東京", "東京")],
)
def test_names_are_compared_without_legal_form(name: str, plain: str) -> None:
    assert plain_name(name) == plain
