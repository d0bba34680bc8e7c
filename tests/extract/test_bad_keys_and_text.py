"""Bad input B61 to B78: keys, scope fields, odd text. What other rooms do with odd text (escaping, file names,
subjects) is their test; here it must arrive as it is and break nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.words import Reason
from tests.factories.extract import ACCOUNTS, GOOD, accounts, balanced, lines, rows_of, with_tickets

STAFF = """
[[source]]
name = "hr"
location = "people.csv"
format = "csv"
[[source.map]]
table = "people"
[source.map.columns]
person_id = "pid"
name = "name"
email = "mail"
level = "level"
business_unit = "unit"

[[source]]
name = "teams"
location = "teams.csv"
format = "csv"
[[source.map]]
table = "assignments"
[source.map.columns]
customer_id = "account"
person_id = "pid"
role = "role"
"""


def test_b61_an_assignment_of_somebody_unknown_is_an_orphan(tmp_path: Path) -> None:
    desk = accounts(tmp_path, sources=ACCOUNTS + STAFF)
    desk.put("accounts.csv", lines(GOOD))
    desk.put("people.csv", "pid,name,mail,level,unit\nP1,Ann,ann@our.example,individual,sales\n")
    desk.put("teams.csv", "account,pid,role\nA1,P1,owner\nA1,P9,member\n")
    intake = desk.take()
    assert [row["person_id"] for row in rows_of(intake, "assignments")] == ["P1"]
    [refused] = intake.quarantine.to_dict("records")
    assert (refused["reason"], refused["row_number"], refused["value"]) == (Reason.ORPHAN, 3, "P9")
    assert balanced(intake)


def test_b63_a_blank_customer_is_refused_not_everybodys(tmp_path: Path) -> None:
    desk = with_tickets(tmp_path)
    desk.put("accounts.csv", lines(GOOD))
    desk.put("tickets.csv", "ticket,account,opened,resolved,priority,text\nT1,,2026-11-02,,high,hi\n")
    intake = desk.take()
    assert rows_of(intake, "tickets") == []
    assert list(intake.quarantine["reason"]) == [Reason.MISSING_VALUE]


KEYS = {
    "B64": ("00123", "00123"),
    "B65-space": ('" A1 "', "A1"),
    "B65-nbsp": ("A1\u00a0", "A1"),
    "B65-zwsp": ("\u200bA1", "A1"),
    "B67-nfd": ("Cafe\u0301", "Caf\u00e9"),
    "B68-path": ("../../x", "../../x"),
    "B68-windows": ("C:\\x", "C:\\x"),
    "B68-device": ("CON", "CON"),
    "B69": ("k" * 300, "k" * 300),
    "B69-bytes": ("\U0001f600" * 75, "\U0001f600" * 75),
    "B78": ("'; DROP TABLE cases; --", "'; DROP TABLE cases; --"),
}


@pytest.mark.parametrize("name", KEYS)
def test_key(tmp_path: Path, name: str) -> None:
    written, admitted = KEYS[name]
    desk = accounts(tmp_path)
    desk.put("accounts.csv", lines(GOOD.replace("A1", written, 1)))
    intake = desk.take()
    assert [row["customer_id"] for row in rows_of(intake, "customers")] == [admitted]
    assert intake.quarantine.empty


def test_b65_keys_that_collide_after_trimming_are_refused(tmp_path: Path) -> None:
    desk = accounts(tmp_path)
    desk.put("accounts.csv", lines(GOOD, GOOD.replace("A1", "A1\u00a0").replace("Acme", "Other")))
    assert list(desk.take().quarantine["reason"]) == [Reason.DUPLICATE_KEY] * 2


@pytest.mark.parametrize(("option", "matched"), [("", 0), ("ignore_case = true", 1)])
def test_b66_case_of_keys_is_a_matter_of_configuration(tmp_path: Path, option: str, matched: int) -> None:
    desk = with_tickets(tmp_path, desk=option)
    desk.put("accounts.csv", lines(GOOD))
    desk.put("tickets.csv", "ticket,account,opened,resolved,priority,text\nT1,a1,2026-11-02,,high,hi\n")
    assert len(rows_of(desk.take(), "tickets")) == matched


TEXTS = {
    "B70-emoji": "👩‍💻 Société",
    "B70-bidi": "abc\u202edef",
    "B71-formula": "=cmd|'/c calc'!A1",
    "B71-at": "@SUM(A1)",
    "B71-plus": "+1",
    "B71-full-width": "\uff1d1+1",
    "B72-script": "<script>alert(1)</script>",
    "B72-style": "</style><link rel=attachment href=file:///etc/passwd>",
    "B73-jinja": "{{7*7}}{% raw %}${7}",
    "B75": "n" * 2_000,
    "B77": "A $x^$ B $\\foo$",
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_taken_as_it_is(tmp_path: Path, name: str) -> None:
    desk = accounts(tmp_path)
    desk.put("accounts.csv", lines(GOOD.replace("Acme", f'"{TEXTS[name]}"')))
    intake = desk.take()
    assert [row["name"] for row in rows_of(intake, "customers")] == [TEXTS[name]]
    assert intake.quarantine.empty


def test_b74_line_breaks_in_a_name_stay_inside_one_cell(tmp_path: Path) -> None:
    desk = accounts(tmp_path)
    desk.put("accounts.csv", lines(GOOD.replace("Acme", '"Acme\r\nBcc: x@y.example"')))
    [row] = rows_of(desk.take(), "customers")
    assert row["name"].splitlines() == ["Acme", "Bcc: x@y.example"]


@pytest.mark.parametrize(
    "address",
    ["a@b.example, c@d.example", '"x"@y.example', "josé@y.example", "a@b.example.", "no-address", "a b@c.example"],
)
def test_b76_addresses_that_cannot_be_mailed(tmp_path: Path, address: str) -> None:
    desk = accounts(tmp_path, sources=ACCOUNTS + STAFF)
    desk.put("accounts.csv", lines(GOOD))
    quoted = address.replace('"', '""')
    desk.put("people.csv", f'pid,name,mail,level,unit\nP1,Ann,"{quoted}",individual,sales\n')
    intake = desk.take()
    assert list(intake.quarantine["reason"]) == [Reason.BAD_EMAIL]
    assert rows_of(intake, "people") == []
