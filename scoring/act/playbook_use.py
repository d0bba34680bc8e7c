"""Whether playbooks are used: whom they are suggested to, which cases name them, what teams made of their steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from contracts.frames import conform
from contracts.ids import key_digest
from contracts.results import PLAYBOOK_STEPS, PLAYBOOK_USE
from contracts.rules import Playbook


@dataclass(frozen=True, slots=True)
class PlaybookUse:
    """PLAYBOOK_USE and PLAYBOOK_STEPS frames, in the order of the playbooks."""

    playbooks: pd.DataFrame
    steps: pd.DataFrame


def playbook_use(
    playbooks: Sequence[Playbook],
    *,
    actions: pd.DataFrame,
    cases: pd.DataFrame,
    status: pd.DataFrame,
    stays: pd.DataFrame,
    today: date,
) -> PlaybookUse:
    """Counts for every playbook of the policy; one that left it is not counted.

    Args:
        playbooks: of the policy.
        actions: ACTIONS frame of the week: suggested steps.
        cases: CASES frame, or with SEGMENT_CASES: every case there ever was.
        status: ACTION_STATUS frame: steps that somebody touched.
        stays: customer_id and episode_id of those customers' stays in a zone. A touched step bears neither playbook nor
            number, but its id was made of both and of the stay (`scoring.act.plans`).
        today: reviews due before it are overdue.
    """
    done, skipped = _decided(playbooks, status, stays)
    suggested = actions.groupby("playbook_id")["customer_id"].nunique()
    named = cases["playbook_id"].value_counts()
    use, steps = [], []
    for playbook in playbooks:
        numbers = range(1, len(playbook.steps) + 1)
        use.append(
            {
                "playbook_id": playbook.id,
                "name": playbook.name,
                "owner": playbook.owner,
                "review_by": pd.Timestamp(playbook.review_by),
                "overdue_days": max((today - playbook.review_by).days, 0),
                "suggested": int(suggested.get(playbook.id, 0)),
                "cases": int(named.get(playbook.id, 0)),
                "steps_done": sum(done[playbook.id, number] for number in numbers),
                "steps_skipped": sum(skipped[playbook.id, number] for number in numbers),
            }
        )
        steps += [
            {
                "playbook_id": playbook.id,
                "step": number,
                "action": step.action,
                "done": done[playbook.id, number],
                "skipped": skipped[playbook.id, number],
            }
            for number, step in enumerate(playbook.steps, start=1)
        ]
    return PlaybookUse(
        conform(pd.DataFrame(use, columns=PLAYBOOK_USE.names), PLAYBOOK_USE),
        conform(pd.DataFrame(steps, columns=PLAYBOOK_STEPS.names), PLAYBOOK_STEPS),
    )


def _decided(
    playbooks: Sequence[Playbook], status: pd.DataFrame, stays: pd.DataFrame
) -> tuple[Counter[tuple[str, int]], Counter[tuple[str, int]]]:
    """How often each step was done, and skipped."""
    touched = status.loc[status["status"].isin(["done", "skipped"])].set_index("action_id")["status"].to_dict()
    mine = stays.loc[stays["customer_id"].isin(set(status["customer_id"]))].drop_duplicates()
    done: Counter[tuple[str, int]] = Counter()
    skipped: Counter[tuple[str, int]] = Counter()
    for customer, episode in zip(mine["customer_id"], mine["episode_id"], strict=True):
        for playbook in playbooks:
            for number in range(1, len(playbook.steps) + 1):
                became = touched.get(key_digest("action", customer, playbook.id, number, episode))
                if became is not None:
                    (done if became == "done" else skipped)[playbook.id, number] += 1
    return done, skipped
