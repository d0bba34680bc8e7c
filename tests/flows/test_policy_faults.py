"""What an expert is told of a wrong proposal: each fault names the cell or key, what was expected, what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from config.patch import Edit, patched
from config.policy import read_draft
from config.proposed import ALLOWED, LINE, current_values, edits_of
from contracts.proposals import PROPOSED, ProposedValue
from extract.proposals import is_proposal, read_proposal
from flows.policy.propose import write_edited
from flows.policy.replay import depth_of
from reporting.policy.words import differences
from reporting.policy.workbook import PolicyBook, render_policy_workbook

CONFIG = Path(__file__).parents[2] / "config"
POLICY = read_draft(CONFIG)


def workbook() -> bytes:
    values = current_values(POLICY)
    book = PolicyBook(
        POLICY,
        values,
        {key: ALLOWED.get(key, LINE) for key in values},
        "Example",
        "2026-W47",
        "2026-W48",
        2,
        datetime(2026, 11, 23, tzinfo=UTC),
        ZoneInfo("Europe/Rome"),
    )
    return render_policy_workbook(book, token="token", key=b"key")


def with_cells(content: bytes, sheet: str, changes: dict[str, object], header: str = PROPOSED) -> bytes:
    book = openpyxl.load_workbook(BytesIO(content))
    page = book[sheet]
    column = next(cell.column for cell in page[5] if cell.value == header)
    for row in range(6, page.max_row + 1):
        if page.cell(row, 1).value in changes:
            page.cell(row, column).value = changes[str(page.cell(row, 1).value)]
    made = BytesIO()
    book.save(made)
    return made.getvalue()


def faults(content: bytes) -> list[str]:
    return [fault.sentence for fault in edits_of(POLICY, read_proposal(content).values)[1]]


def test_a_workbook_that_nobody_changed_changes_nothing() -> None:
    content = workbook()
    assert is_proposal(content)
    assert not is_proposal(b"no workbook")
    returned = read_proposal(content)
    assert returned.token == "token"
    assert edits_of(POLICY, returned.values) == ([], [])
    assert content == workbook(), "the same bytes for the same rules"


@pytest.mark.parametrize(
    ("sheet", "header", "changes", "words"),
    [
        pytest.param(
            "Weights", PROPOSED, {"nps": 30}, ("sheet Weights, row 6, column E", "sum to 118", "take 18"), id="sum"
        ),
        pytest.param(
            "Thresholds", PROPOSED, {"lines.loyalty": 99.5}, ("row 6", "bands overlap", "dead-band smaller"), id="line"
        ),
        pytest.param(
            "Anchors",
            "Proposed for 0",
            {"nps": 80},
            ("sheet Anchors", "bands of nps overlap", "-60 and 70"),
            id="anchors",
        ),
        pytest.param(
            "Thresholds", PROPOSED, {"dead_band": "wide"}, ("“wide” is not allowed", "from 0 to 20"), id="no number"
        ),
        pytest.param("Thresholds", PROPOSED, {"lines.retention": 140}, ("a number from 0 to 100",), id="range"),
    ],
)
def test_a_fault_names_the_cell(sheet: str, header: str, changes: dict[str, object], words: tuple[str, ...]) -> None:
    found = faults(with_cells(workbook(), sheet, changes, header))
    assert len(found) == 1
    assert all(word in found[0] for word in words), found
    assert "Expected: " in found[0]
    assert "What to do: " in found[0]


def test_an_unknown_signal_and_a_value_twice() -> None:
    values = [
        ProposedValue("weight.npss", 3.0, "file a.toml, key weight.npss"),
        ProposedValue("lines.loyalty", 41.0, "here"),
        ProposedValue("lines.loyalty", 42.0, "there"),
        ProposedValue("colour", 1.0, "file a.toml, key colour"),
    ]
    found = [fault.sentence for fault in edits_of(POLICY, values)[1]]
    assert "there is no signal “npss”" in found[0]
    assert "did you mean nps?" in found[0]
    assert "also given in here" in found[1]
    assert "nothing that a proposal can change" in found[2]


def test_numbers_change_in_place_and_comments_stay(tmp_path: Path) -> None:
    edits = [
        Edit("thresholds.toml", "lines", "loyalty", 43.0),
        Edit("thresholds.toml", "tier.gold", "loyalty", 45.5),
        Edit("thresholds.toml", "tier.gold", "retention", 62.0),
        Edit("thresholds.toml", "", "dead_band", 3.0),
        Edit("signals.toml", "signal", "weight", 12.5, "nps"),
        Edit("signals.toml", "signal", "good", 75.0, "nps"),
    ]
    after = write_edited(CONFIG, edits, tmp_path / "rules")
    assert after.thresholds.lines.loyalty == 43
    assert after.thresholds.tier["gold"].loyalty == 45.5
    assert (after.signal("nps").weight, after.signal("nps").good) == (12.5, 75.0)
    assert [one.sentence.replace("\N{NO-BREAK SPACE}", " ") for one in differences(POLICY, after)] == [
        "Critical line of loyalty: 50 -> 43",
        "Tier gold has lines of its own: loyalty 45.5, retention 62",
        "Dead-band, points beyond a line: 2 -> 3",
        "Net Promoter Score (nps) in loyalty: weight 12 -> 12.5 (11.4 % -> 11.8 % of the axis)",
        "Net Promoter Score (nps): score 100 at 70 -> 75 points",
    ]
    text = (tmp_path / "rules" / "thresholds.toml").read_text()
    assert "# a customer keeps its side until a score is this far beyond the line" in text
    assert patched(text, []) == text
    assert depth_of(POLICY, after) == "score"
    assert depth_of(POLICY, POLICY.model_copy(update={"thresholds": after.thresholds})) == "place"
    without = POLICY.model_copy(update={"signals": [r for r in POLICY.signals if r.id != "nps"]})
    assert depth_of(without, POLICY) == "measure"
