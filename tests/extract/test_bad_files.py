"""Bad input B1 to B39: encodings, the form of CSV files, headers. F: refused whole, Q: row quarantined,
N: put right and told, OK: taken as it is, H: run held.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contracts.words import Reason
from tests.factories.extract import GOOD, HEADER, accounts, balanced, lines, rows_of, source_of


@dataclass(frozen=True)
class Case:
    """What stands in the file, and what becomes of it. `row` is the refused row, `says` a part of the message."""

    content: bytes
    outcome: str
    reason: Reason | None = None
    row: int | None = None
    says: str = ""
    names: tuple[str, ...] = ("Acme",)
    extra: str = ""
    file: str = "accounts.csv"
    notes: tuple[str, ...] = field(default=())


def text(*rows: str, header: str = HEADER, encoding: str = "utf-8") -> bytes:
    return lines(*rows, header=header).encode(encoding)


def packed(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("accounts.csv", content)
    return buffer.getvalue()


SECOND = "A2,Beta,1.00,0.1,2025-02-01,false,DE"
LATIN = "A1,Perù,1.00,0.1,2025-02-01,false,IT"
WIDE = ",".join([HEADER, *(f"c{n}" for n in range(9_993))])

CASES = {
    "B1": Case(b"\xef\xbb\xbf" + text(GOOD), "OK"),
    "B2": Case(text(LATIN).decode().encode("utf-16"), "OK", names=("Perù",), extra='encoding = "utf-16"'),
    "B2-undeclared": Case(text(GOOD, encoding="utf-16"), "F", Reason.FILE_ENCODING, says="UTF-16"),
    "B3": Case(text(GOOD, encoding="utf-16-le"), "F", Reason.FILE_ENCODING, says="UTF-16"),
    "B4": Case(text(GOOD, LATIN, encoding="cp1252"), "F", Reason.FILE_ENCODING, says="byte 85 (line 3)"),
    "B5": Case(text(LATIN) + SECOND.replace("Beta", "Bét").encode("cp1252"), "F", Reason.FILE_ENCODING, says="line 3"),
    "B6": Case(text("A1,PerÃ¹ SÃ©,1.00,0.1,2025-02-01,false,IT"), "OK", names=("PerÃ¹ SÃ©",), notes=("encoded twice",)),
    "B7": Case(text(GOOD, "A2,Be\0ta,1.00,0.1,2025-02-01,false,DE"), "Q", Reason.BAD_CHARACTER, 3),
    "B8": Case(text("A1,Ac\x0bme\x01,1.00,0.1,2025-02-01,true,IT"), "OK", notes=("control characters",)),
    "B9": Case(text(GOOD) + b"A2,\xed\xa0\x80,1.00,0.1,2025-02-01,false,DE\n", "Q", Reason.BAD_CHARACTER, 3),
    "B9-fffe": Case(text(GOOD, "A2,\ufffe,1.00,0.1,2025-02-01,false,DE"), "Q", Reason.BAD_CHARACTER, 3),
    "B10-semicolon": Case(text(GOOD).replace(b",", b";"), "OK"),
    "B10-tab": Case(text(GOOD).replace(b",", b"\t"), "OK", extra='separator = "\\t"'),
    "B10-pipe": Case(text(GOOD).replace(b",", b"|"), "OK"),
    "B10-wrong": Case(text(GOOD), "F", Reason.FILE_HEADER, says="one column found", extra='separator = ";"'),
    "B11": Case(
        text(GOOD.replace(",", ";").replace("100.00", "100,00").replace("0.25", "0,25"), header=HEADER.replace(",", ";")),
        "OK", extra='decimal = ","',
    ),
    "B12": Case(text(GOOD.replace("Acme", '"Ac\nme"'), "A2,Beta,x,0.1,2025-02-01,false,DE"), "Q", Reason.NOT_A_NUMBER, 3, names=("Ac\nme",)),
    "B13": Case(text(GOOD, SECOND.replace("Beta", '"Beta')), "F", Reason.FILE_UNREADABLE, says="row 3 (line 3)"),
    "B14": Case(text(GOOD, SECOND.replace("Beta", 'Be"ta')), "Q", Reason.BAD_CHARACTER, 3),
    "B14-after-quoted": Case(text(GOOD, SECOND.replace("Beta", '"Be"ta')), "Q", Reason.BAD_CHARACTER, 3),
    "B15": Case(text(GOOD, SECOND + ",more"), "Q", Reason.FIELD_COUNT, 3),
    "B15-all": Case(text(GOOD + ",more", SECOND + ",more"), "F", Reason.FIELD_COUNT, says="no row fits"),
    "B16": Case(text(GOOD, "A2,Beta"), "Q", Reason.FIELD_COUNT, 3),
    "B17-cr": Case(text(GOOD).replace(b"\n", b"\r"), "OK", notes=("line ends",)),
    "B17-mixed": Case(f"{HEADER}\r\n{GOOD}\n{SECOND}\r\n".encode(), "OK", names=("Acme", "Beta")),
    "B18": Case(text(GOOD, "", ",,,,,,", "", SECOND), "OK", names=("Acme", "Beta"), notes=("blank rows",)),
    "B19": Case(text(GOOD, "Total: 1 rows"), "Q", Reason.FIELD_COUNT, 3),
    "B20": Case(b"exported by CRM\n" + text(GOOD), "F", Reason.FILE_HEADER),
    "B20-skipped": Case(b"exported by CRM\n\n" + text(GOOD), "OK", extra="skip_rows = 2"),
    "B21": Case(text(GOOD, header=SECOND), "F", Reason.FILE_HEADER, says="lacks"),
    "B22": Case(text(GOOD, f"A2,{'x' * 40_000},1.00,0.1,2025-02-01,false,DE"), "Q", Reason.TOO_LONG, 3),
    "B22-million": Case(text(GOOD, f'A2,"{"x" * 1_000_000}",1.00,0.1,2025-02-01,false,DE'), "Q", Reason.TOO_LONG, 3),
    "B23": Case(text(GOOD, header=WIDE), "F", Reason.FILE_HEADER, says="10000 columns"),
    "B24": Case(text(GOOD) + b"x" * 1_100_000, "F", Reason.FILE_TOO_LARGE, extra="max_megabytes = 1"),
    "B25": Case(b"", "F", Reason.FILE_EMPTY),
    "B27": Case(text(GOOD) + b"A2,Be", "Q", Reason.FIELD_COUNT, 3),
    "B28": Case(gzip.compress(text(GOOD))[:-12], "F", Reason.FILE_UNREADABLE, says="ends too early", file="accounts.csv.gz"),
    "B28-whole": Case(gzip.compress(text(GOOD)), "OK", file="accounts.csv.gz"),
    "B29": Case(gzip.compress(b"0" * 60_000_000), "F", Reason.FILE_TOO_LARGE, file="accounts.csv.gz"),
    "B30-csv": Case(text(GOOD), "F", Reason.FILE_FORMAT, file="accounts.xlsx", extra='format = "xlsx"'),
    "B30-html": Case(b"<html><table><tr><td>id</td></tr></table>", "F", Reason.FILE_FORMAT, says="web page", file="accounts.xls"),
    "B30-zip": Case(packed(text(GOOD)), "F", Reason.FILE_FORMAT),
    "B31": Case(text(GOOD + ",x", header=HEADER + ",name"), "F", Reason.FILE_HEADER, says="name stands twice"),
    "B32": Case(text(GOOD, header=HEADER.replace("amount", "amont")), "F", Reason.FILE_HEADER, says="did you mean 'amont'"),
    "B33": Case(text(GOOD, header=HEADER.replace("name", " Account\u00a0Name ")), "OK", extra='aliases = { name = ["Account Name"] }'),
    "B33-unknown": Case(text(GOOD, header=HEADER.replace("name", "NAME")), "F", Reason.FILE_HEADER, says="did you mean 'NAME'"),
    "B34": Case(text(GOOD + ",secret", header=HEADER + ",iban"), "OK", notes=("ignored columns: 'iban'",)),
    "B35": Case(text("Acme,A1,IT,100.00,0.25,2025-02-01,true", header="name,id,country,amount,margin,since,key"), "OK"),
    "B36": Case(text(GOOD + ",Acme", header=HEADER + ",nome"), "F", Reason.FILE_HEADER, says="two spellings", extra='aliases = { name = ["nome"] }'),
    "B39": Case(text(GOOD + ",1", header=HEADER + ",=HYPERLINK(1)"), "F", Reason.FILE_HEADER, says="formula"),
    "B39-html": Case(text(GOOD + ",1", header=HEADER + ",<b>x</b>"), "F", Reason.FILE_HEADER, says="formula or markup"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_file(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    extra = case.extra
    desk = accounts(tmp_path, "" if 'format = "' in extra else extra)
    if 'format = "' in extra:
        desk.sources = desk.sources.replace('format = "csv"', extra)
    desk.put(case.file, case.content)
    intake = desk.take()
    told = intake.quarantine
    assert balanced(intake)
    if case.outcome == "F":
        assert rows_of(intake, "customers") == []
        assert source_of(intake, "crm")["state"] == "refused"
        assert (told["reason"].iloc[0], told["file"].iloc[0]) == (case.reason, case.file)
        assert case.says in told["message"].iloc[0]
        return
    assert tuple(row["name"] for row in rows_of(intake, "customers")) == case.names
    if case.outcome == "Q":
        assert list(told["reason"]) == [case.reason]
        assert list(told["row_number"]) == [case.row]
        assert list(told["file"]) == [case.file]
        assert (told["value"].fillna("").str.len() <= 80).all()
    else:
        assert told.empty
    for note in case.notes:
        assert note in source_of(intake, "crm")["message"]


def test_b26_header_only_of_the_master_holds_the_run(tmp_path: Path) -> None:
    desk = accounts(tmp_path, "required = true")
    desk.put("accounts.csv", HEADER + "\n")
    intake = desk.take()
    assert source_of(intake, "crm")["state"] == "held"
    assert "a header and no rows" in intake.held[0]


def test_b37_a_required_column_that_is_empty_refuses_every_row(tmp_path: Path) -> None:
    desk = accounts(tmp_path)
    desk.put("accounts.csv", lines(*(GOOD.replace("A1", f"A{n}").replace("Acme", "") for n in range(30))))
    intake = desk.take()
    assert set(intake.quarantine["reason"]) == {Reason.MISSING_VALUE}
    assert source_of(intake, "crm")["state"] == "held"


def test_b38_a_column_whose_type_changed_holds_the_run(tmp_path: Path) -> None:
    desk = accounts(tmp_path)
    rows = [GOOD.replace("A1", f"A{n}") for n in range(50)]
    desk.put("accounts.csv", lines(*rows))
    first = desk.take()
    desk.put("accounts.csv", lines(*(row.replace("100.00", "about a hundred") for row in rows)))
    intake = desk.take(previous=first)
    assert "50 of 50 rows (100%) were refused" in intake.held[0]


def test_other_sources_go_on_when_one_file_is_refused(tmp_path: Path) -> None:
    desk = accounts(tmp_path, 'pick = "all"')
    desk.put("accounts1.csv", lines(GOOD))
    desk.put("accounts2.csv", b"")
    intake = desk.take()
    assert [row["name"] for row in rows_of(intake, "customers")] == ["Acme"]
    assert "refused files: accounts2.csv" in source_of(intake, "crm")["message"]
