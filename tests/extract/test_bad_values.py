"""Bad input B40 to B60: numbers, dates, booleans and duplicate keys. Each case is one value in one column."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from contracts.words import Reason
from tests.factories.extract import GOOD, accounts, balanced, lines, rows_of, source_of, with_tickets

DAY = datetime.fromisoformat


@dataclass(frozen=True)
class Value:
    """A text in a column of accounts, and the value it is or the reason why it is refused."""

    column: str
    text: str
    becomes: Any = None
    reason: Reason | None = None
    extra: str = ""


_TARGET = {"amount": "annual_revenue_amount", "margin": "margin_share", "since": "since_on", "key": "is_key_account"}
_PLACE = {"name": 1, "amount": 2, "margin": 3, "since": 4, "key": 5, "country": 6}
_NUMBER, _DATE, _RANGE, _ALLOWED = Reason.NOT_A_NUMBER, Reason.NOT_A_DATE, Reason.OUT_OF_RANGE, Reason.NOT_ALLOWED
_EUROPEAN = 'decimal = ","\nthousands = "."'

VALUES = {
    "B40": Value("amount", "much", reason=_NUMBER),
    "B41-comma": Value("amount", '"1,234"', reason=_NUMBER),
    "B41-declared": Value("amount", '"1,234.50"', Decimal("1234.50"), extra='thousands = ","'),
    "B41-european": Value("amount", '"1.234,50"', Decimal("1234.50"), extra=_EUROPEAN),
    "B41-ambiguous": Value("amount", "1.23", reason=_NUMBER, extra=_EUROPEAN),
    "B41-nbsp": Value("amount", "1\u00a0234", Decimal(1234), extra='thousands = " "'),
    "B41-narrow": Value("amount", "1\u202f234", Decimal(1234), extra='thousands = " "'),
    "B42-nan": Value("margin", "NaN", reason=_NUMBER),
    "B42-inf": Value("margin", "-inf", reason=_NUMBER),
    "B42-1e309": Value("margin", "1e309", reason=_NUMBER),
    "B43-minus-zero": Value("margin", "-0", reason=_NUMBER),
    "B43-hex": Value("amount", "0x1F", reason=_NUMBER),
    "B43-power": Value("amount", "1e3", reason=_NUMBER),
    "B43-full-width": Value("amount", "１２", reason=_NUMBER),
    "B44-above": Value("margin", "101", reason=_RANGE),
    "B45": Value("margin", "25%", reason=_NUMBER),
    "B46": Value("amount", "€ 12", reason=_NUMBER),
    "B47": Value("since", "03/04/2026", DAY("2026-04-03"), extra='dates = ["%d/%m/%Y"]'),
    "B47-undeclared": Value("since", "03/04/2026", reason=_DATE),
    "B48": Value("since", "12/31/2025", reason=_DATE, extra='dates = ["%d/%m/%Y", "iso"]'),
    "B49": Value("since", "45292", reason=_DATE),
    "B49-declared": Value("since", "45292", DAY("2024-01-01"), extra='dates = ["iso", "excel"]'),
    "B50": Value("since", "1900-02-29", reason=_DATE),
    "B51-0001": Value("since", "0001-01-01", reason=_RANGE),
    "B51-9999": Value("since", "9999-12-31", reason=_RANGE),
    "B55": Value("since", "2025-02-29", reason=_DATE),
    "B56": Value("since", "01/02/26", reason=_RANGE, extra='dates = ["%d/%m/%Y", "iso"]'),
    "B57": Value("since", "2026-12-31", DAY("2026-12-31")),
    "B58": Value("key", "Y", True),
    "B58-foreign": Value("key", "ja", reason=_ALLOWED),
    "B59-NA": Value("country", "NA", "NA"),
    "B59-null": Value("name", "null", "null"),
    "B59-None": Value("name", "None", "None"),
    "B59-nan": Value("name", "nan", "nan"),
}


@pytest.mark.parametrize("name", VALUES)
def test_value(tmp_path: Path, name: str) -> None:
    case = VALUES[name]
    fields = ["A2", "Beta", "", "", "", "", ""]
    fields[_PLACE[case.column]] = case.text
    desk = accounts(tmp_path, case.extra)
    desk.put("accounts.csv", lines("A1,Acme,,,,,", ",".join(fields)))
    intake = desk.take()
    assert balanced(intake)
    found = {row["customer_id"]: row for row in rows_of(intake, "customers")}
    if case.reason is None:
        assert found["A2"][_TARGET.get(case.column, case.column)] == case.becomes
        assert intake.quarantine.empty
        return
    assert set(found) == {"A1"}
    [refused] = intake.quarantine.to_dict("records")
    assert (refused["reason"], refused["row_number"], refused["column"]) == (case.reason, 3, case.column)
    assert refused["value"] == case.text.strip('"')


def test_b44_many_values_out_of_range_hold_the_run(tmp_path: Path) -> None:
    desk = accounts(tmp_path)
    desk.put("accounts.csv", lines(*(f"A{n},Acme,1,{60 if n % 2 else 0.5},,," for n in range(60))))
    intake = desk.take()
    assert "30 of 60 rows (50%) were refused" in intake.held[0]
    assert balanced(intake)


def test_b45_b46_signs_and_scales_that_the_map_declares(tmp_path: Path) -> None:
    desk = accounts(tmp_path)
    desk.sources = desk.sources.replace(
        'margin_share = "margin"', 'margin_share = { from = "margin", strip = ["%"], scale = 0.01 }'
    )
    desk.sources = desk.sources.replace('= "amount"', '= { from = "amount", strip = ["€"] }')
    desk.put("accounts.csv", lines("A1,Acme,€ 12.50,25 %,,,"))
    [row] = rows_of(desk.take(), "customers")
    assert row["annual_revenue_amount"] == Decimal("12.50")
    assert row["margin_share"] == pytest.approx(0.25)


def _opened(tmp_path: Path, *texts: str, desk: str = "") -> tuple[list[Any], list[tuple[str, int]]]:
    """The instants that texts become in a ticket, and the refusals."""
    space = with_tickets(tmp_path, desk=desk)
    space.put("accounts.csv", lines(GOOD))
    rows = [f"T{n},A1,{text},,high,hi" for n, text in enumerate(texts)]
    space.put("tickets.csv", lines(*rows, header="ticket,account,opened,resolved,priority,text"))
    intake = space.take()
    assert balanced(intake)
    told = [(r["reason"], r["row_number"]) for r in intake.quarantine.to_dict("records")]
    return [row["opened_at"].isoformat() for row in rows_of(intake, "tickets")], told


def test_b52_a_date_after_the_export_is_refused(tmp_path: Path) -> None:
    opened, told = _opened(tmp_path, "2026-11-02", "2031-01-01")
    assert len(opened) == 1
    assert told == [(Reason.IN_THE_FUTURE, 3)]


def test_b53_times_with_and_without_a_zone(tmp_path: Path) -> None:
    opened, told = _opened(tmp_path, "2026-11-02T10:00:00Z", "2026-11-02T12:00:00+02:00", "2026-11-02 10:00")
    assert opened == ["2026-11-02T10:00:00+00:00"] * 2
    assert told == [(Reason.NOT_A_DATE, 4)]


def test_b54_hours_that_summer_time_doubles_or_skips(tmp_path: Path) -> None:
    opened, told = _opened(tmp_path, "2026-10-25 02:30", "2026-03-29 02:30")
    assert opened == ["2026-10-25T00:30:00+00:00", "2026-03-29T01:30:00+00:00"]
    assert told == []


def test_b60_duplicate_keys(tmp_path: Path) -> None:
    desk = accounts(tmp_path)
    desk.put("accounts.csv", lines(GOOD, GOOD, "A2,Beta,,,,,", "A2,Betta,,,,,"))
    intake = desk.take()
    assert [row["customer_id"] for row in rows_of(intake, "customers")] == ["A1"]
    assert list(intake.quarantine["row_number"]) == [4, 5]
    assert set(intake.quarantine["reason"]) == {Reason.DUPLICATE_KEY}
    assert "1 repeated rows merged" in source_of(intake, "crm")["message"]
    assert balanced(intake)


def test_b48_a_column_with_one_wrong_order_keeps_the_rest(tmp_path: Path) -> None:
    opened, told = _opened(tmp_path, "13/11/2026", "11/13/2026", desk='dates = ["%d/%m/%Y"]')
    assert len(opened) == 1
    assert told == [(Reason.NOT_A_DATE, 3)]
