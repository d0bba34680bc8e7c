"""How long ago the rules changed, as far as a move that waits for confirmation can have begun with them."""

from __future__ import annotations

from pathlib import Path

from flows.inputs import Inputs

_LONGEST = 8
"""No policy asks for more weeks of confirmation."""


def since_rules(inputs: Inputs, root: Path) -> int | None:
    """Runs since the last one whose rules were new, 1: the run before this one; None: longer ago, or never.

    A run before that kept no inputs says nothing.
    """
    for ago, (week, revision) in enumerate(reversed(inputs.history[-_LONGEST:]), start=1):
        path = root / "var" / "runs" / f"{week}-r{revision}" / "inputs.json"
        if path.exists() and Inputs.read(path).cause == "policy":
            return ago
    return None
