"""Every operator of a map on a small table, and the counting rule as a property."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.sources import Cell, Source
from contracts.frames import Column, Kind
from contracts.words import Reason
from extract import mapping
from extract.conversion import convert
from extract.mapping import clean, digests, evaluate
from tests.factories.extract import ACCOUNTS, GOOD, HEADER, TICKETS, Desk, balanced, lines, rows_of, source_of, table

ROWS = pa.table(
    {
        "a": pa.array(["x", None, "y"]),
        "b": pa.array(["1", "2", None]),
        "place": pa.array(["Rome, IT", "Cairo", None]),
        "opened": pa.array(["2026-11-02 10:00", "2026-11-02 11:00", None]),
        "closed": pa.array(["2026-11-02 12:30", None, None]),
        "sub": pa.array(["s1", "s2", "s3"]),
    }
)
OTHER = pa.table({"id": ["s1", "s2", "s2", "s9"], "account": ["A", "B", "C", "D"]})
SOURCE = Source.model_validate({
    "name": "one", "format": "csv", "location": "x.csv",
    "map": [{"table": "customers", "columns": {"customer_id": "a", "name": "a"}}],
})  # fmt: skip

OPERATORS: dict[str, tuple[dict[str, Any], Kind, list[Any]]] = {
    "rename": ({"from": "a"}, Kind.TEXT, ["x", None, "y"]),
    "constant": ({"constant": 5}, Kind.NUMBER, [5, 5, 5]),
    "concat": ({"concat": ["a", "b"], "between": "-"}, Kind.TEXT, ["x-1", None, None]),
    "first of": ({"first_of": ["a", "b"]}, Kind.TEXT, ["x", "2", "y"]),
    "lookup": ({"lookup": "o", "match": "sub", "on": "id", "take": "account"}, Kind.TEXT, ["A", None, None]),
    "missing": ({"from": "a", "missing": ["x"]}, Kind.TEXT, [None, None, "y"]),
    "when": ({"from": "a", "when": [{"column": "b", "op": "is not null"}]}, Kind.TEXT, ["x", None, None]),
    "when number": ({"from": "b", "when": [{"column": "b", "op": ">", "value": 1}]}, Kind.NUMBER, [None, 2, None]),
    "split": ({"from": "place", "split_at": ",", "part": 2}, Kind.TEXT, ["IT", None, None]),
    "split last": ({"from": "place", "split_at": ",", "part": -1}, Kind.TEXT, ["IT", "Cairo", None]),
    "values": ({"from": "a", "values": {"x": "z"}}, Kind.TEXT, ["z", None, "y"]),
    "values or missing": ({"from": "a", "values": {"x": "z"}, "otherwise": "missing"}, Kind.TEXT, ["z", None, None]),
    "empty value": ({"from": "a", "values": {"x": ""}}, Kind.TEXT, [None, None, "y"]),
    "scale": ({"from": "b", "scale": 0.5}, Kind.NUMBER, [0.5, 1, None]),
    "times column": ({"from": "b", "times": "b"}, Kind.NUMBER, [1, 4, None]),
    "divided by zero": ({"from": "b", "divided_by": 0}, Kind.NUMBER, [None, None, None]),
    "plus and minus": ({"from": "b", "plus": 2, "minus": 1}, Kind.NUMBER, [2, 3, None]),
    "since": ({"from": "closed", "since": "opened", "unit": "hours"}, Kind.NUMBER, [2.5, None, None]),
}  # fmt: skip


def evaluated(cell: dict[str, Any], kind: Kind) -> tuple[list[Any], list[Reason]]:
    column = Column("target", kind)
    mapped = evaluate(
        Cell.model_validate(cell), column, ROWS, source=SOURCE, zone=ZoneInfo("UTC"), lookups={"o": OTHER}
    )
    converted = convert(mapped.values, column, mapped.reading)
    return converted.values.to_pylist(), [fault.reason for fault in (*mapped.faults, *converted.faults)]


@pytest.mark.parametrize("name", OPERATORS)
def test_operator(name: str) -> None:
    cell, kind, expected = OPERATORS[name]
    assert evaluated(cell, kind) == (expected, [])


def test_a_duration_is_added_to_an_instant() -> None:
    values, faults = evaluated({"from": "opened", "plus": "b", "unit": "hours"}, Kind.INSTANT)
    assert [value and value.hour for value in values] == [11, 13, None]
    assert faults == []


def test_values_that_are_not_known_may_be_refused() -> None:
    assert evaluated({"from": "a", "values": {"x": "z"}, "otherwise": "refuse"}, Kind.TEXT)[1] == [Reason.NOT_ALLOWED]


def test_arithmetic_on_text_is_refused() -> None:
    assert evaluated({"from": "a", "times": 2}, Kind.NUMBER)[1] == [Reason.NOT_A_NUMBER]


def test_a_synthetic_key_is_equal_for_equal_values_only() -> None:
    first, _ = evaluated({"key_of": ["a", "b"]}, Kind.TEXT)
    again, _ = evaluated({"key_of": ["b", "a"]}, Kind.TEXT)
    whole, _ = evaluated({"key_of": ["*"]}, Kind.TEXT)
    assert first == again
    assert len({*first, *whole}) == 6


@given(st.lists(st.tuples(st.one_of(st.none(), st.text(max_size=5)), st.one_of(st.none(), st.floats(-1e6, 1e6)))))
@settings(max_examples=25)
def test_a_digest_does_not_depend_on_the_number_of_rows(rows: list[tuple[str | None, float | None]]) -> None:
    columns = {
        "a": pa.array([row[0] for row in rows], pa.string()),
        "b": pa.array([row[1] for row in rows], pa.float64()),
    }
    one_by_one = [digests({n: v.slice(i, 1) for n, v in columns.items()})[0].as_py() for i in range(len(rows))]
    many = {
        name: pa.concat_arrays([values, pa.nulls(mapping._FEW_ROWS, values.type)]) for name, values in columns.items()
    }
    assert digests(many).to_pylist()[: len(rows)] == one_by_one


def test_missing_markers_and_odd_spaces() -> None:
    values = pa.chunked_array([["\u00a0x ", "?", "NA", "", "e\u0301", None]])
    assert clean(values, ["?"]).to_pylist() == ["x", None, "NA", None, "é", None]


def test_large_and_small_columns_convert_alike() -> None:
    column, reading = Column("x", Kind.DAY), mapping.reading_of(Cell(column="a"), SOURCE, ZoneInfo("Europe/Rome"))
    few = pa.array(["2026-11-02", "2026-02-30", None, "x"])
    many = pa.array(np.tile(few.to_numpy(zero_copy_only=False), 1_000), pa.string())
    small, large = convert(few, column, reading), convert(many, column, reading)
    assert large.values.to_pylist() == small.values.to_pylist() * 1_000
    assert [fault.mask.sum() for fault in large.faults] == [1_000 * fault.mask.sum() for fault in small.faults]


def test_one_source_feeds_several_tables_and_each_keeps_its_part(tmp_path: Path) -> None:
    """A record is quarantined when one of its tables refused it; the other table has its part all the same."""
    sources = (
        ACCOUNTS.format(extra="")
        + TICKETS.format(extra="")
        + """
[[source.map]]
table = "surveys"
where = [{ column = "score", op = "is not null" }]
[source.map.columns]
customer_id = "account"
response_id = "ticket"
kind = { constant = "csat" }
sent_at = "resolved"
score = "score"
"""
    )
    desk = Desk(tmp_path, sources)
    desk.put("accounts.csv", lines(GOOD))
    rows = ["T1,A1,2026-11-02,2026-11-03,high,a,5", "T2,A1,2026-11-02,,high,b,4", "T3,A1,2026-11-02,,high,c,"]
    desk.put("tickets.csv", lines(*rows, header="ticket,account,opened,resolved,priority,text,score"))
    intake = desk.take()
    assert [row["ticket_id"] for row in rows_of(intake, "tickets")] == ["T1", "T2", "T3"]
    assert [row["response_id"] for row in rows_of(intake, "surveys")] == ["T1"]
    source = source_of(intake, "desk")
    assert (source["rows_in"], source["admitted"], source["quarantined"]) == (3, 2, 1)
    [refused] = intake.quarantine.to_dict("records")
    assert (refused["table"], refused["reason"], refused["row_number"]) == ("surveys", Reason.MISSING_VALUE, 3)


def test_distinct_rows_become_a_table(tmp_path: Path) -> None:
    desk = Desk(
        tmp_path, ACCOUNTS.format(extra="").replace('table = "customers"', 'table = "customers"\ndistinct = true')
    )
    desk.put("accounts.csv", lines(GOOD, GOOD, GOOD.replace("A1", "A2")))
    intake = desk.take()
    assert table(intake, "customers").num_rows == 2
    assert source_of(intake, "crm")["admitted"] == 3


def test_two_sources_of_one_table_do_not_overwrite_each_other(tmp_path: Path) -> None:
    second = TICKETS.format(extra="").replace('"desk"', '"desk2"').replace("tickets*", "more*")
    desk = Desk(tmp_path, ACCOUNTS.format(extra="") + TICKETS.format(extra="") + second)
    header = "ticket,account,opened,resolved,priority,text"
    desk.put("accounts.csv", lines(GOOD))
    desk.put("tickets.csv", lines("T1,A1,2026-11-02,,high,first", header=header))
    desk.put("more.csv", lines("T1,A1,2026-11-02,,high,second", "T2,A1,2026-11-02,,high,x", header=header))
    intake = desk.take()
    assert [row["description"] for row in rows_of(intake, "tickets")] == ["first", "x"]
    assert [(r["source"], r["reason"]) for r in intake.quarantine.to_dict("records")] == [
        ("desk2", Reason.DUPLICATE_KEY)
    ]
    assert balanced(intake)


CELL = st.one_of(
    st.sampled_from(
        ["A1", "A2", "x", "", "1.5", "-1", "101", "2026-02-30", "2025-02-01", "true", "NaN", '"', "a,b", "\0"]
    ),
    st.text(max_size=6),
)


@given(st.lists(st.lists(CELL, min_size=5, max_size=8), max_size=12), st.booleans())
@settings(max_examples=40)
def test_rows_in_is_admitted_plus_quarantined(rows: list[list[str]], quoted: bool) -> None:
    def written(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if quoted else cell

    text = "\n".join([HEADER, *(",".join(written(cell) for cell in row) for row in rows)])
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), ACCOUNTS.format(extra=""))
        desk.put("accounts.csv", text.encode("utf-8", "surrogatepass"))
        intake = desk.take()
    assert balanced(intake)
    assert (intake.quarantine["value"].dropna().str.len() <= 80).all()
    kept = source_of(intake, "crm")
    assert table_rows(intake) <= kept["admitted"]


def table_rows(intake: Any) -> int:
    return len(intake.changed_customers)
