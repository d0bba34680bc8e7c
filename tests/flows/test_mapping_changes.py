"""What counts as another reading of exports: history may then say something that no customer did."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.week.admit import mapping_digest
from tests.factories.workspaces import a_company, a_workspace


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return a_workspace(tmp_path / "workspace", a_company()) / "config"


def changed(config: Path, old: str, new: str) -> bool:
    path, before = config / "sources.toml", mapping_digest(config)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return mapping_digest(config) != before


@pytest.mark.parametrize(
    ("old", "new", "is_other"),
    [
        pytest.param('low = "4"', 'low = "3"', True, id="another value"),
        pytest.param('opened_at = "created_at"', 'opened_at = "updated_at"', True, id="another column"),
        pytest.param('kind = "changes"', 'kind = "append"', True, id="another kind"),
        pytest.param("# Where the exports", "# Wherever the exports", False, id="a comment"),
        pytest.param("crm/accounts_*.csv", "crm/kunden_*.csv", False, id="another place"),
        pytest.param("max_age_days = 30", "max_age_days = 40", False, id="another limit of age"),
    ],
)
def test_only_what_changes_rows_is_another_mapping(config: Path, old: str, new: str, is_other: bool) -> None:
    assert changed(config, old, new) is is_other
