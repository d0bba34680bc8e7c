"""config/sources.toml: what is wrong is told with file, source, key and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import ConfigRefused
from config.sources import read_sources, with_lookups

GOOD = """
[[source]]
name = "crm"
location = "crm.csv"
format = "csv"
master = true
[[source.map]]
table = "customers"
[source.map.columns]
customer_id = "id"
name = { from = "name" }
"""

FAULTS = {
    "misspelt key": (GOOD.replace("master", "mastr"), "source 'crm': mastr: this key is not known"),
    "unknown operator": (GOOD.replace("from", "form"), "source 'crm': map.0.columns.name.form: this key is not known"),
    "unknown table": (GOOD.replace('"customers"', '"customer"'), "table must be one of account_feedback"),
    "unknown column": (GOOD.replace("name = {", "nam = {"), "customers has no column 'nam'; it has customer_id, name"),
    "required column": (GOOD.replace('name = { from = "name" }', ""), "customers needs name"),
    "format": (GOOD.replace('"csv"', '"xls"'), "source 'crm': format: Input should be 'csv', 'tsv'"),
    "zone": (GOOD.replace("master", 'time_zone = "Rome"\nmaster'), "time_zone: not a time zone"),
    "encoding": (GOOD.replace("master", 'encoding = "utf-9"\nmaster'), "encoding: not an encoding"),
    "no master": (GOOD.replace("true", "false"), "exactly one source must say master = true; found none"),
    "two origins": (GOOD.replace('from = "name"', 'from = "name", constant = "x"'), "needs exactly one of from"),
    "changes without key": (GOOD.replace("master", 'kind = "changes"\nmaster'), "name the key columns in `key`"),
    "twice": (GOOD + GOOD, "source 'crm': the name is used twice"),
    "password": (
        GOOD.replace('location = "crm.csv"\nformat = "csv"', 'format = "sql"\nsql = { url = "postgresql://u:p@h/d", query = "x" }'),
        "a password never stands in a file",
    ),
    "lookup": (GOOD.replace('from = "name"', 'lookup = "x", match = "id", take = "n"'), "lookup must be one of crm; got 'x'"),
    "not TOML": ("[[source]", "this is not TOML"),
    "one bracket": (GOOD.replace("[[source]]", "[source]"), "two brackets"),
    "other table": (GOOD + "\n[sources]\n", "sources: not known here"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_fault(tmp_path: Path, name: str) -> None:
    text, says = FAULTS[name]
    (tmp_path / "sources.toml").write_text(text)
    with pytest.raises(ConfigRefused) as caught:
        read_sources(tmp_path)
    assert says in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "sources.toml"))


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(GOOD.replace("master", "mastr").replace('"csv"', '"xls"'))
    with pytest.raises(ConfigRefused) as caught:
        read_sources(tmp_path)
    assert len(caught.value.problems) == 2


def test_a_source_reads_only_what_its_maps_and_look_ups_name(tmp_path: Path) -> None:
    other = GOOD.replace("crm", "use").replace("master = true", "").replace('"customers"', '"usage"')
    cells = '{ lookup = "crm", match = "sub", on = "sub_id", take = "id" }'
    other = other.replace('customer_id = "id"', f"customer_id = {cells}").replace(
        'name = { from = "name" }', 'usage_id = "u"\nused_on = "d"\nmetric = { constant = "m" }'
    )
    (tmp_path / "sources.toml").write_text(GOOD + other)
    crm, use = with_lookups(read_sources(tmp_path))
    assert crm.reads == {"id", "name", "sub_id"}
    assert use.reads == {"sub", "u", "d"}


def test_the_workspace_of_the_repository_is_valid() -> None:
    assert read_sources(Path(__file__).parents[2] / "config")
