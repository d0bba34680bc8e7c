"""A past for a workspace: two years of positions and closed cases with planted playbooks, in its history and its ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pandas as pd

from contracts.weeks import Week
from extract.demo.playbooks import PlayedPlaybooks, play_playbooks
from flows.run import Run
from store import ledger, runs
from store.history import write_week

WEEKS = 100


def a_past(customers: list[str], *, seed: int, before: Week) -> PlayedPlaybooks:
    """The demo's planted playbooks, played by these customers in the weeks that end with the one before `before`."""
    played = play_playbooks(seed=seed, customers=len(customers), weeks=WEEKS, last_week=before.shift(-1))
    names = dict(zip(played.facts["customer_id"], customers, strict=True))

    def named(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(customer_id=frame["customer_id"].map(names).astype(frame["customer_id"].dtype))

    return replace(played, history=named(played.history), cases=named(played.cases), facts=named(played.facts))


def remember(run: Run, past: PlayedPlaybooks) -> None:
    """The positions as reconstructed weeks, each case by the events that opened and closed it."""
    for week, rows in past.history.groupby("week"):
        write_week(run.workspace.history, str(week), 0, {"history_row": rows.reset_index(drop=True)})
        with run.store.write() as session:
            runs.record_published(
                session,
                week=str(week),
                revision=0,
                digest="",
                inputs_digest="",
                path=None,
                inputs_path=None,
                now=run.clock(),
                is_reconstructed=True,
            )
    acts: list[tuple[datetime, str, dict[str, object]]] = []
    for row in past.cases.to_dict("records"):
        acts.append((row["opened_at"], "open", row))
        if not pd.isna(row["closed_at"]):
            acts.append((row["closed_at"], "close", row))
    ids: dict[str, str] = {}
    with run.store.write() as session:
        for at, act, row in sorted(acts, key=lambda one: (one[0], str(one[2]["case_id"]), one[1])):
            key = str(row["case_id"])
            if act == "open":
                fields = {**row, "owner_id": None, "due_at": None, "status": "open"}
                opened = ledger.open_case(session, fields, now=at, playbook_id=str(row["playbook_id"]))
                assert opened is not None
                ids[key] = opened
            else:
                ledger.edit_case(
                    session, ids[key], {"status": "closed"}, who="P-1", why=None, source="past", base_version=1, now=at
                )
