"""The thirteen weeks once more, with workbooks that LibreOffice opened and saved before they came back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.office import an_office
from tests.factories.workbooks import through_libreoffice
from tests.flows.test_thirteen_weeks import assert_the_ledger_is_the_storys, play

# openpyxl, as the tests' manager, says that it drops what LibreOffice adds for its own use.
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")

RESAVED = ("0 case C.xlsx", "1 boss.xlsx", "1 late.xlsx", "6 peer.xlsx", "11 b owner.xlsx")
"""A case's own workbook, a note with a due day, a late one, one that closes, one that meets another."""


def test_the_story_ends_the_same_when_libreoffice_saved_the_workbooks(tmp_path: Path) -> None:
    def save(file: Path, folder: Path) -> Path:
        return through_libreoffice(file, folder)

    office = play(an_office(tmp_path, dict.fromkeys(RESAVED, save)))
    assert office.resaved == list(RESAVED)
    assert_the_ledger_is_the_storys(office)
