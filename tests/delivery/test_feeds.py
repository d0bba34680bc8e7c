from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from contracts.frames import conform
from contracts.results import CASES, PLACEMENTS, SCORES
from delivery.feeds import COLUMNS, render_feeds, safe_cell

CROSSWALK = pd.DataFrame(
    {
        "system": ["crm", "crm", "helpdesk", "crm", "helpdesk"],
        "source_key": ["001B", "001A", "77", "=cmd()", "77"],
        "customer_id": ["C2", "C1", "C1", "C3", "C1"],
    }
)
SCORED = pd.DataFrame(
    [
        ("C1", "loyalty", 41.5, 2.0, 0.9, 6),
        ("C1", "retention", None, None, 0.1, 1),
        ("C2", "loyalty", 80.0, 1.0, 1.0, 7),
        ("C9", "loyalty", 10.0, 1.0, 1.0, 7),
    ],
    columns=SCORES.names,
)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_scores_go_out_under_each_systems_own_keys() -> None:
    crm, helpdesk = render_feeds({"scores": SCORED}, CROSSWALK, ["scores"])
    assert [(a.audience_id, a.path) for a in (crm, helpdesk)] == [
        ("feeds", "crm-scores.csv"),
        ("feeds", "helpdesk-scores.csv"),
    ]
    assert [(r["source_key"], r["axis"], r["score"]) for r in rows(crm.content)] == [
        ("001A", "loyalty", "41.5"),
        ("001A", "retention", ""),
        ("001B", "loyalty", "80.0"),
    ]
    assert [r["source_key"] for r in rows(helpdesk.content)] == ["77", "77"]
    assert b"C9" not in crm.content
    assert b"\r\n" in crm.content


def test_only_open_cases_and_only_the_kinds_that_are_asked_for() -> None:
    opened = datetime(2026, 11, 20, tzinfo=UTC)
    base = {
        "template_id": "t",
        "reason_key": "r",
        "is_open": True,
        "opened_at": opened,
        "escalation_step": 0,
        "row_version": 1,
    }
    cases = conform(
        pd.DataFrame(
            [
                {"case_id": "CL-1", "customer_id": "C1", "title": "=SUM(A1)", "status": "open", **base},
                {"case_id": "CL-2", "customer_id": "C1", "title": "done", "status": "closed", **base, "is_open": False},
            ]
        ),
        CASES,
    )
    made = render_feeds({"cases": cases, "scores": SCORED}, CROSSWALK, ["cases", "placements"])
    assert [a.path for a in made] == ["crm-cases.csv", "helpdesk-cases.csv"]
    (row,) = rows(made[0].content)
    assert row["title"] == "'=SUM(A1)"
    assert row["opened_at"] == "2026-11-20T00:00:00+00:00"
    assert "note" not in row


def test_columns_are_those_of_the_contracts() -> None:
    for kind, contract in (("scores", SCORES), ("placements", PLACEMENTS), ("cases", CASES)):
        assert set(COLUMNS[kind]) <= set(contract.names)  # type: ignore[index]


def test_row_order_and_repetition_do_not_change_the_bytes() -> None:
    first = render_feeds({"scores": SCORED}, CROSSWALK, ["scores"])
    shuffled = render_feeds({"scores": SCORED[::-1]}, CROSSWALK[::-1], ["scores", "scores"])
    assert [a.content for a in first] == [a.content for a in shuffled]


def test_without_a_crosswalk_there_is_nothing_to_write() -> None:
    assert render_feeds({"scores": SCORED}, CROSSWALK[:0], ["scores"]) == []


@pytest.mark.parametrize("text", ["=cmd|'/c calc'!A1", "@SUM", "+1", "-1", "\t=1", "\r=1", " =1", "＝1", "－1"])
def test_text_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (-1.5, -1.5),
        (np.float64(-2), -2.0),
        (np.int64(7), 7),
        (True, "true"),
        (np.bool_(False), "false"),
        (None, ""),
        (float("nan"), ""),
        (float("inf"), ""),
        (pd.NaT, ""),
        (pd.NA, ""),
        ("plain, text", "plain, text"),
        ("a\x00b", "ab"),
    ],
)
def test_cells(value: object, cell: object) -> None:
    assert safe_cell(value) == cell
