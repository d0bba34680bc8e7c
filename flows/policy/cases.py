"""Cases for customers that new rules moved: they start on the experts' word, and only then."""

from __future__ import annotations

import pandas as pd

from config.policy import read_version
from contracts.results import EVENTS
from contracts.words import ExitCode
from flows.books import load_frame
from flows.casework.mails import tell_case_changes
from flows.errors import PolicyRefused
from flows.policy.log_page import write_log
from flows.readers import last_week
from flows.run import Outcome, Run
from flows.week.admit import inputs_of
from flows.week.record import Decided, record_cases
from scoring.act.cases import propose
from store import ledger, proposals, runs
from store.history import read_week


def open_cases(run: Run, proposal_id: int, *, who: str) -> Outcome:
    """Open the cases that an adopted proposal's transitions call for, where the customer still stands there.

    Raises: PolicyRefused before a weekly run has used its rules.
    """
    with run.store.read() as session:
        proposal = proposals.proposal(session, proposal_id)
    if proposal.adopted_sequence is None:
        raise PolicyRefused(f"proposal {proposal_id} is {proposal.state.value}: nobody was moved by it")
    moved, week = _moved(run, proposal_id, proposal.adopted_sequence)
    inputs, book = last_week(run)
    policy = read_version(run.workspace.root / inputs.policy)
    now = load_frame(book, "placements").set_index("customer_id")["zone"]
    stays = moved[moved["to_zone"] == now.reindex(moved["customer_id"]).to_numpy()]
    with run.store.read() as session:
        known = ledger.cases(session)
    found = propose(
        stays.assign(cause="customer"),
        EVENTS.empty(),
        load_frame(book, "customer_facts"),
        load_frame(book, "assignments"),
        load_frame(book, "people"),
        policy.case_templates,
        known,
        policy.audiences.calendars,
        now=run.clock(),
        rules=policy.casework,
    )
    decided = Decided(alerts=[], proposals=found, cases=known)
    source = f"policy v{proposal.adopted_sequence}, on the word of {who}"
    with run.store.write() as session:
        opened = record_cases(session, run, decided, source=source)
        said = f"{opened} cases of {len(stays)} customers that the rules moved in {week}"
        proposals.note(session, proposal_id, "cases opened", who=who, why=said, now=run.clock(), week=week)
    tell_case_changes(run)
    write_log(run)
    waiting = sum(one.is_waiting for one in found)
    return Outcome(
        ExitCode.DONE,
        f"{opened} cases opened on the word of {who}",
        (
            f"{len(moved)} customers were moved by the rules in {week}, {len(stays)} still stand there",
            f"{waiting} cases wait for room",
        ),
        {"cases": opened},
    )


def _moved(run: Run, proposal_id: int, sequence: int) -> tuple[pd.DataFrame, str]:
    """TRANSITIONS that these rules made, the last of each customer, and the first week that they judged: what
    confirmation delays comes in the weeks after.
    """
    with run.store.read() as session:
        weeks = [week for week in runs.published_weeks(session) if not week.is_reconstructed]
    judged = [week for week in weeks if inputs_of(run, week).policy_sequence == sequence]
    rows = [read_week(run.workspace.history, week.week, "transitions", week.revision) for week in judged]
    if judged:
        made = pd.concat(rows, ignore_index=True).query("cause == 'policy'")
        return made.drop_duplicates("customer_id", keep="last").reset_index(drop=True), judged[0].week
    raise PolicyRefused(
        f"no weekly run has used the rules of proposal {proposal_id} yet; they begin with a coming week"
    )
