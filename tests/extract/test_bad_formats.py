"""Bad input B79 to B92: workbooks, Parquet, SQL, and files that are not what they seem or not ready."""

from __future__ import annotations

import io
import os
import sqlite3
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from config.sources import read_sources
from contracts.words import Reason
from extract.errors import FileRefused
from extract.pull import keep_copy
from tests.factories.extract import ACCOUNTS, GOOD, HEADER, accounts, balanced, lines, rows_of, source_of

ROW = ["A1", "Acme", 100, 0.25, date(2025, 2, 1), True, "IT"]


def book(*rows: list[Any], change: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for row in (HEADER.split(","), *rows):
        sheet.append(row)
    if change:
        change(made)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def xlsx(tmp_path: Path, content: bytes, extra: str = "", name: str = "accounts.xlsx") -> Any:
    desk = accounts(tmp_path, extra, sources=ACCOUNTS.replace('format = "csv"', 'format = "xlsx"'))
    desk.put(name, content)
    intake = desk.take()
    assert balanced(intake)
    return intake


def rezipped(content: bytes, name: str, edit: Callable[[bytes], bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.namelist():
            new.writestr(item, edit(old.read(item)) if item == name else old.read(item))
    return buffer.getvalue()


def laughs(sheet: bytes) -> bytes:
    entities = b'<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    )
    body = sheet.split(b"?>", 1)[-1] if sheet.startswith(b"<?xml") else sheet
    return b'<?xml version="1.0"?><!DOCTYPE x [' + entities + b"]>" + body.replace(b"Acme", b"&j;")


FILES = {
    "B79": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "encrypted, save without a password"),
    "B80": (book(ROW)[:-200], "truncated or damaged"),
    "B81": (rezipped(book(ROW), "docProps/core.xml", lambda _: b" " * 60_000_000), "unpacks to"),
}


@pytest.mark.parametrize("name", FILES)
def test_workbook_is_refused(tmp_path: Path, name: str) -> None:
    content, says = FILES[name]
    intake = xlsx(tmp_path, content)
    assert says in intake.quarantine["message"].iloc[0]
    assert rows_of(intake, "customers") == []


def test_b81_a_far_cell_is_refused_at_once(tmp_path: Path) -> None:
    def far(made: openpyxl.Workbook) -> None:
        assert made.active is not None
        made.active["XFD1"] = "far"

    intake = xlsx(tmp_path, book(ROW, change=far))
    assert "at most 1000" in intake.quarantine["message"].iloc[0]


def test_b82_entities_are_not_expanded(tmp_path: Path) -> None:
    content = rezipped(book(ROW), "xl/sharedStrings.xml", laughs)
    intake = xlsx(tmp_path, content)
    names = [row["name"] for row in rows_of(intake, "customers")]
    assert all(len(name) < 1_000 for name in names)


def test_b84_merged_cells_hidden_rows_and_filters_lose_nothing(tmp_path: Path) -> None:
    def hide(made: openpyxl.Workbook) -> None:
        sheet = made.active
        assert sheet is not None
        sheet.row_dimensions[2].hidden = True
        sheet.auto_filter.ref = "A1:G3"
        sheet.merge_cells("G2:G3")

    intake = xlsx(tmp_path, book(ROW, ["A2", *ROW[1:]], change=hide))
    assert len(rows_of(intake, "customers")) == 2


def test_b84_two_sheets_with_rows_need_a_name(tmp_path: Path) -> None:
    content = book(ROW, change=lambda made: made.create_sheet("Notes").append(["x"]))
    assert "name one in `sheet`" in xlsx(tmp_path / "a", content).quarantine["message"].iloc[0]
    named = xlsx(tmp_path / "b", content, 'sheet = "Sheet"')
    assert len(rows_of(named, "customers")) == 1


def test_b85_a_cell_with_an_error_refuses_its_row(tmp_path: Path) -> None:
    def broken(sheet: bytes) -> bytes:
        return sheet.replace(b'r="C2" t="n"><v>100</v>', b'r="C2" t="e"><v>#REF!</v>')

    rows = [ROW, ["A2", "Beta", "=1+1", 0.1, None, None, None], ["A3", "Gamma", 5, 0.1, None, None, None]]
    intake = xlsx(tmp_path, rezipped(book(*rows), "xl/worksheets/sheet1.xml", broken))
    told = intake.quarantine
    assert list(told["reason"]) == [Reason.NOT_CALCULATED] * 2
    assert list(zip(told["row_number"], told["column"], told["value"], strict=True)) == [
        (2, "amount", "#REF!"),
        (3, "amount", "formula without a value"),
    ]
    assert [row["customer_id"] for row in rows_of(intake, "customers")] == ["A3"]


def test_b86_numbers_as_text_and_ids_as_numbers(tmp_path: Path) -> None:
    [row] = rows_of(xlsx(tmp_path, book([1.0, "Acme", "100", 0.25, "2025-02-01", "true", None])), "customers")
    assert (row["customer_id"], row["annual_revenue_amount"]) == ("1", Decimal(100))


def test_dates_of_a_workbook_need_no_format(tmp_path: Path) -> None:
    intake = xlsx(tmp_path, book(ROW, ["A2", "Beta", 1, 0, "01/02/2025", None, None]), 'dates = ["%d/%m/%Y"]')
    assert {row["since_on"] for row in rows_of(intake, "customers")} == {datetime.fromisoformat("2025-02-01")}


def parquet(tmp_path: Path, content: bytes) -> Any:
    desk = accounts(tmp_path, sources=ACCOUNTS.replace('format = "csv"', 'format = "parquet"'))
    desk.put("accounts.parquet", content)
    return desk.take()


def written(table: pa.Table, **options: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **options)
    return buffer.getvalue()


PLAIN = {
    "id": pa.array(["A1"]).dictionary_encode(),
    "name": pa.array(["Acme"], pa.large_string()),
    "amount": pa.array([Decimal("100.00")]),
    "margin": pa.array([0.25]),
    "since": pa.array([datetime(2025, 2, 1)], pa.timestamp("ns")),
    "key": pa.array([True]),
    "country": pa.nulls(1),
}


def test_b87_parquet_types_that_fit(tmp_path: Path) -> None:
    intake = parquet(tmp_path, written(pa.table(PLAIN), use_deprecated_int96_timestamps=True))
    [row] = rows_of(intake, "customers")
    assert (row["annual_revenue_amount"], row["since_on"].year, row["is_key_account"]) == (Decimal(100), 2025, True)


def test_b87_parquet_that_does_not_fit(tmp_path: Path) -> None:
    nested = parquet(tmp_path / "a", written(pa.table({**PLAIN, "name": [["Acme"]]})))
    assert "only plain values" in nested.quarantine["message"].iloc[0]
    torn = parquet(tmp_path / "b", written(pa.table(PLAIN))[:-20])
    assert torn.quarantine["reason"].iloc[0] == Reason.FILE_UNREADABLE


SQL = ACCOUNTS.replace(
    'location = "accounts*"\nformat = "csv"',
    'format = "sql"\nsql = {{ url = "sqlite:///{{inbox}}/crm.db", query = "select * from accounts" }}',
)


def database(path: Path, *, rows: int = 1, table: str = "accounts") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute(
            f"create table {table} (id text, name text, amount real, margin real, since text, key int, country text)"
        )
        for n in range(rows):
            connection.execute(
                f"insert into {table} values (?, 'Acme', 100.5, null, '2025-02-01', 1, 'IT')", (f"A{n}",)
            )


def test_b88_a_query_is_kept_and_read(tmp_path: Path) -> None:
    desk = accounts(tmp_path, sources=SQL.replace("{{inbox}}", "{inbox}").replace("{inbox}", "{{inbox}}"))
    database(desk.inbox / "crm.db")
    intake = desk.take()
    [row] = rows_of(intake, "customers")
    assert row["annual_revenue_amount"] == Decimal("100.50")
    [export] = intake.exports
    assert export.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("missing", ["table", "database"])
def test_b88_a_database_that_cannot_answer_refuses_the_source(tmp_path: Path, missing: str) -> None:
    desk = accounts(tmp_path, "required = true", sources=SQL)
    desk.inbox.mkdir()
    if missing == "table":
        database(desk.inbox / "crm.db", table="others")
    intake = desk.take()
    assert source_of(intake, "crm")["state"] == "refused"
    assert "OperationalError" in intake.held[0]


def test_b88_a_view_without_rows_holds_a_required_source(tmp_path: Path) -> None:
    desk = accounts(tmp_path, "required = true", sources=SQL)
    database(desk.inbox / "crm.db", rows=0)
    assert "no rows" in desk.take().held[0]


@pytest.mark.parametrize("kind", ["symlink", "hard link", "pipe", "folder"])
def test_b89_what_is_not_a_plain_file_is_not_taken(tmp_path: Path, kind: str) -> None:
    desk = accounts(tmp_path)
    elsewhere = tmp_path / "secret.csv"
    elsewhere.write_text(lines(GOOD))
    desk.inbox.mkdir()
    target = desk.inbox / "accounts.csv"
    {
        "symlink": lambda: target.symlink_to(elsewhere),
        "hard link": lambda: os.link(elsewhere, target),
        "pipe": lambda: os.mkfifo(target),
        "folder": target.mkdir,
    }[kind]()
    intake = desk.take()
    assert list(intake.quarantine["reason"]) == [Reason.FILE_NOT_REGULAR]
    assert rows_of(intake, "customers") == []


def test_b90_a_file_still_being_written_waits(tmp_path: Path) -> None:
    desk = accounts(tmp_path)
    desk.put("accounts.csv", lines(GOOD))
    desk.put("accounts.csv.part", "id,na")
    intake = desk.take()
    assert set(intake.quarantine["reason"]) == {Reason.FILE_NOT_SETTLED}
    (desk.inbox / "accounts.csv.part").unlink()
    assert len(rows_of(desk.take(), "customers")) == 1


class Growing(io.FileIO):
    """A file to which its writer adds a line as soon as somebody begins to read."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() == 0:
            with Path(str(self.name)).open("ab") as file:
                file.write(GOOD.encode())
        return super().read(size) or b""


def test_b90_a_file_that_grows_while_it_is_copied_waits(tmp_path: Path) -> None:
    desk = accounts(tmp_path)
    path = desk.put("accounts.csv", lines(GOOD))
    desk.take()
    [source] = read_sources(desk.workspace.config)
    with pytest.raises(FileRefused) as refused, Growing(path) as stream:
        keep_copy(stream, tmp_path / "raw", source)
    assert refused.value.reason is Reason.FILE_NOT_SETTLED
    assert list((tmp_path / "raw").iterdir()) == []


def test_b91_the_same_export_twice_is_the_same_snapshot(tmp_path: Path) -> None:
    desk = accounts(tmp_path)
    desk.put("accounts.csv", lines(GOOD))
    first = desk.take()
    again = desk.take(previous=first)
    assert again.digest == first.digest
    assert again.changed_customers == frozenset()


def test_b91_an_older_file_beside_a_newer_one_is_not_taken(tmp_path: Path) -> None:
    desk = accounts(tmp_path, 'data_date = { file_name = "%Y-%m-%d" }')
    desk.put("accounts_2026-11-20.csv", lines(GOOD))
    desk.put("accounts_2026-11-13.csv", lines(GOOD.replace("Acme", "Old")))
    desk.put("accounts_2026-11-30.csv", lines(GOOD.replace("Acme", "Next week")))
    intake = desk.take()
    assert [row["name"] for row in rows_of(intake, "customers")] == ["Acme"]
    assert source_of(intake, "crm")["age_days"] == 3


@pytest.mark.parametrize(("rows", "word"), [(10, "shrank from 100 to 10"), (301, "grew from 100 to 301"), (81, "")])
def test_b92_a_full_export_that_shrinks_or_explodes_is_held(tmp_path: Path, rows: int, word: str) -> None:
    desk = accounts(tmp_path)
    desk.put("accounts.csv", lines(*(GOOD.replace("A1", f"A{n}") for n in range(100))))
    first = desk.take()
    desk.put("accounts.csv", lines(*(GOOD.replace("A1", f"A{n}") for n in range(rows))))
    intake = desk.take(previous=first)
    assert bool(intake.held) == bool(word)
    assert word in " ".join(intake.held)
    assert intake.exports[0].data_at <= datetime.now(UTC)
