"""Once a month or a quarter: which drivers go with the answers, and which declared links are proven."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from contracts.rules import Policy
from contracts.tables import TABLES
from extract.snapshot import read_manifest
from flows.inputs import Inputs
from scoring.explain.drivers import drivers
from scoring.explain.link_answers import linkage_answers
from scoring.explain.linkage import links
from scoring.measure.asof import as_of_view


def insight(inputs: Inputs, root: Path, policy: Policy, *, facts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The DRIVERS, LINKS and LINKAGE_ANSWERS frames of the whole book, by name.

    Reads whole tables, only those that a declared measure names. The same inputs give the same frames.

    Args:
        inputs: the frozen inputs of the week.
        root: the workspace.
        policy: the policy in force.
        facts: CUSTOMER_FACTS frame of the week.
    """
    snapshot = read_manifest(root / inputs.manifest)
    rules = policy.linkage
    wanted = {measure.table for measure in rules.measure}
    tables = as_of_view({name: snapshot.whole(name) for name in sorted(wanted) if name in TABLES}, inputs.instant)
    found = links(rules, tables, facts, as_of=inputs.instant, purpose=inputs.week)
    return {
        "drivers": drivers(rules, tables, facts, as_of=inputs.instant, purpose=inputs.week),
        "links": found,
        "linkage_answers": linkage_answers(found),
    }
