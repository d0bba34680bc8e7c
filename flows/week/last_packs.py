"""Which pack each audience got last: what `since your last pack` is measured from."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from contracts.ids import canonical_json
from flows.inputs import Inputs

_FILE = "packs.json"


def keep_packs(folder: Path, audience_ids: Iterable[str]) -> None:
    """Note beside a run's inputs who got a pack of it; packs that were held back are not among them."""
    (folder / _FILE).write_bytes(canonical_json(sorted(audience_ids)))


def packs_up_to(runs_folder: Path, before: Inputs | None) -> tuple[tuple[str, str, int], ...]:
    """(audience, week, revision) of the pack that each audience got last, up to and with the week `before`.

    A week that was only reconstructed got no packs; what stood before it goes on standing.
    """
    if before is None:
        return ()
    found = {audience: (week, revision) for audience, week, revision in before.packs}
    path = runs_folder / before.run_name / _FILE
    if path.exists():
        found |= dict.fromkeys(json.loads(path.read_bytes()), (before.week, before.revision))
    return tuple((audience, *found[audience]) for audience in sorted(found))
