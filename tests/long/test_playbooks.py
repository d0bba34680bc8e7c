"""`cem cases effect` over a workspace of the demo company whose past holds the planted playbooks: history and ledger as
they lie on disk, not frames handed over.
"""

from __future__ import annotations

import pandas as pd
import pytest

from contracts.words import ExitCode
from extract.demo.playbooks import COMES_BACK_BY_ITSELF, DOES_NOTHING, EFFECT, HELPS
from flows.casework.effect import case_effect
from flows.weekly import weekly
from tests.factories.past import a_past, remember
from tests.factories.workspaces import LAST, Story, a_company, a_workspace

# few readers and no account pages: what is judged here is the past
LEAN = "account_pages = 0\nown_account_pages = 0\n"
SEED = 7


@pytest.fixture(scope="module")
def effects(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    company = a_company(customers=400, people=5)
    story = Story(a_workspace(tmp_path_factory.mktemp("past") / "workspace", company), company)
    readers = story.root / "config" / "audiences.toml"
    readers.write_text(LEAN + readers.read_text())
    with story.run() as run:
        story.until(run.as_of(LAST))
        assert weekly(run, LAST).code not in {ExitCode.FAILED, ExitCode.HELD, ExitCode.USAGE}
        remember(run, a_past([str(c) for c in company.customers["customer_id"]], seed=SEED, before=LAST))
        assert case_effect(run).code is ExitCode.DONE
        place = run.workspace.output / "expert" / str(LAST) / "effect"
    found = pd.read_csv(place / "effects.csv")
    return found[found["axis"] == "loyalty"].set_index("playbook_id")


def test_the_playbook_that_helps_is_found_and_its_interval_holds_the_truth(effects: pd.DataFrame) -> None:
    row = effects.loc[HELPS]
    assert row["verdict"] == "proven"
    assert row["low"] <= EFFECT <= row["high"]


@pytest.mark.parametrize("playbook", [DOES_NOTHING, COMES_BACK_BY_ITSELF])
def test_nothing_and_what_comes_back_by_itself_are_not_proven(effects: pd.DataFrame, playbook: str) -> None:
    row = effects.loc[playbook]
    assert row["verdict"] == "not proven"
    assert row["low"] <= 0 <= row["high"]


def test_what_comes_back_by_itself_did_come_back(effects: pd.DataFrame) -> None:
    """Without the comparison it would look like a success: accounts rise after the case as comparable ones do."""
    row = effects.loc[COMES_BACK_BY_ITSELF]
    assert row["change"] > 3
    assert row["high"] < row["change"] / 2
