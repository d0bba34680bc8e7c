"""A wrong definition of a signal is refused when it is read: by file, signal, key, and with what is allowed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.errors import ConfigRefused
from config.policy import read_draft
from tests.factories.repository import ROOT

RIGHT = {
    "id": '"mine"',
    "name": '"Mine"',
    "table": '"tickets"',
    "aggregate": '"mean"',
    "column": '"resolve_hours"',
    "axis": '"loyalty"',
    "tier": '"operational"',
    "weight": "1.0",
    "bad": "50.0",
    "good": "15.0",
    "unit": '"hours"',
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    there = tmp_path_factory.mktemp("workspace") / "config"
    there.mkdir()
    for path in [*(ROOT / "config").glob("*.toml"), *(ROOT / "config").glob("*.csv")]:
        shutil.copy(path, there)
    return there


def read_with(folder: Path, changes: dict[str, str | None]) -> None:
    keys = {key: value for key, value in (RIGHT | changes).items() if value is not None}
    shipped = (ROOT / "config" / "signals.toml").read_text(encoding="utf-8")
    added = "\n".join(["[[signal]]", *(f"{key} = {value}" for key, value in keys.items())])
    (folder / "signals.toml").write_text(f"{shipped}\n{added}\n", encoding="utf-8")
    read_draft(folder)


def test_an_expert_adds_a_signal_without_code(folder: Path) -> None:
    read_with(folder, {})


def on_field(column: str, op: str, value: str) -> dict[str, str]:
    return {"filter": f'[{{ column = "{column}", op = "{op}", value = {value} }}]'}


@pytest.mark.parametrize(
    ("changes", "key", "allowed"),
    [
        # keys and closed lists
        ({"agregate": '"mean"'}, "agregate", "this key is not known"),
        ({"name": None}, "name", "this key is missing"),
        ({"id": '"My signal"'}, "id", "^[a-z][a-z0-9_]*$"),
        ({"aggregate": '"average"'}, "aggregate", "'mean'"),
        ({"axis": '"love"'}, "axis", "'loyalty' or 'retention'"),
        ({"tier": '"gold"'}, "tier", "'technical', 'operational' or 'strategic'"),
        ({"weight": "-1.0"}, "weight", "greater than or equal to 0"),
        ({"weight": "inf"}, "weight", "finite number"),
        ({"bad": "nan"}, "bad", "finite number"),
        ({"good": "50.0"}, "good", "must differ from bad (50.0)"),
        ({"window_days": "0"}, "window_days", "greater than 0"),
        ({"half_life_days": "-3.0"}, "half_life_days", "greater than 0"),
        ({"minimum_n": "0"}, "minimum_n", "greater than or equal to 1"),
        # tables and columns
        ({"table": '"ticket"'}, "table", "account_feedback, agreements"),
        ({"table": '"people"'}, "table", "account_feedback, agreements"),
        ({"per": '"seats"'}, "per", "install_base"),
        ({"per": '"calendars"'}, "per", "install_base"),
        ({"column": '"hours"'}, "column", "resolve_hours"),
        ({"column": None}, "column", "resolve_hours, severity"),
        ({"column": '"channel"'}, "column", "'channel' is text; tickets has csat_score"),
        ({"aggregate": '"distinct_count"', "column": None}, "column", "contact_id"),
        ({"aggregate": '"trend"', "column": '"channel"', "window_days": "30"}, "column", "csat_score"),
        # time
        ({"time_column": '"channel"'}, "time_column", "closed_at, first_response_at, opened_at, resolved_at"),
        ({"aggregate": '"trend"'}, "window_days", "give its length"),
        ({"table": '"contacts"', "aggregate": '"count"', "column": None, "window_days": "30"}, "time_column", "left_on"),
        ({"aggregate": '"max"', "half_life_days": "30.0"}, "half_life_days", "count, mean, nps, share, sum, top_box_share do"),
        # conditions
        ({"aggregate": '"share"', "column": None}, "hit", "needs the condition that counts"),
        ({"hit": '[{ column = "severity", op = "==", value = 1 }]'}, "hit", "'share' alone"),
        ({"filter": '[{ column = "severity", op = "=", value = 1 }]'}, "filter.0.op", "'==', '!='"),
        (on_field("sev", "==", "1"), "filter", "severity, state"),
        (on_field("severity", "==", '"high"'), "filter", "a number; got 'high'"),
        (on_field("severity", "in", "1"), "filter", "needs a list"),
        (on_field("channel", "==", "3"), "filter", "a text; got 3"),
        (on_field("is_escalated", "==", '"yes"'), "filter", "true or false; got 'yes'"),
        (on_field("opened_at", "<", '"soon"'), "filter", "2026-11-23, as_of, as_of+90d"),
        ({"table": '"deals"', "column": '"amount"', **on_field("status", "==", '"wonn"')}, "status", "lost, open, won"),
        # words
        ({"sentence": '"{mean} hours"'}, "sentence", "n, value, window_days"),
        ({"sentence": '"in {window_days} days"'}, "sentence", "give window_days"),
    ],
)  # fmt: skip
def test_a_wrong_definition_is_refused_by_file_signal_and_key(
    folder: Path, changes: dict[str, str | None], key: str, allowed: str
) -> None:
    with pytest.raises(ConfigRefused) as refused:
        read_with(folder, changes)
    (problem,) = refused.value.problems
    told = str(refused.value)
    assert told.startswith(str(folder / "signals.toml"))
    assert "'My signal'" in told if "id" in changes else "'mine'" in told
    assert key in problem
    assert allowed in problem


def test_all_faults_of_a_file_are_told_at_once(folder: Path) -> None:
    with pytest.raises(ConfigRefused) as refused:
        read_with(folder, {"axis": '"love"', "tier": '"gold"'})
    assert len(refused.value.problems) == 2


def test_two_signals_of_one_name_are_refused(folder: Path) -> None:
    with pytest.raises(ConfigRefused, match="id used twice: nps"):
        read_with(folder, {"id": '"nps"'})
