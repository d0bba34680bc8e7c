"""What a changed mapping shows may be how exports are read now, not what a customer did: listed, for experts."""

from __future__ import annotations

import pandas as pd

from contracts.words import Zone
from flows.inputs import Inputs
from flows.run import Run
from flows.sending.tell import Sealed, to_operator
from store import episodes


def unproven(run: Run, inputs: Inputs, transitions: pd.DataFrame, events: pd.DataFrame, *, key: str) -> list[Sealed]:
    """One message that lists who entered Critical, and hard events not seen before, where nobody is alerted of them.

    Args:
        run: for the store.
        inputs: say why nobody is alerted; where the cause is the customers themselves there is nothing to list.
        transitions: TRANSITIONS frame of the run.
        events: EVENTS frame of the run.
        key: names the run.
    """
    if inputs.cause != "mapping":
        return []
    entered = transitions[transitions["to_zone"] == Zone.CRITICAL.value]
    hard = events[events["is_hard"].astype(bool)]
    with run.store.read() as session:
        known = set(episodes.events(session, customer_ids=sorted(set(hard["customer_id"])))["event_id"])
    hard = hard[~hard["event_id"].isin(known)]
    lines = [f"{row['customer_id']}: {row['from_zone']} to {row['to_zone']}" for row in entered.to_dict("records")]
    lines += [f"{row['customer_id']}: {row['headline']}" for row in hard.to_dict("records")]
    if not lines:
        return []
    title = f"Nobody was alerted of {len(lines)} things that a changed mapping shows"
    text = "\n".join([*lines, "", "Look at them: `cem cases open` follows up what is true."])
    return [to_operator(run, f"mapping|{key}", title, text)]
