"""What a run was made from, frozen: enough to make the same week again, byte for byte."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from contracts.ids import canonical_json, sha256
from contracts.weeks import Week
from flows.run import code_version

_FONTS = Path(__file__).resolve().parent.parent / "report_templates" / "fonts"


@dataclass(frozen=True, slots=True)
class Inputs:
    """The frozen inputs of one week and revision. Paths are relative to the workspace.

    `history` lists the published weeks that trends show, oldest first; `previous` is the last good one.
    `case_event` is the number of the last case event that the week's pages know, `sentiment_model` the digest of the
    model that reads comments. `packs`: audience, week and revision of the pack that each got last. `retention_model`:
    the version whose probability is the retention axis, none for the experts' index; `shadow_model` the version that
    runs beside it; `axis_since` the week from which on the axis is this one, none: it was never another. `mapping`:
    digest of how exports are read.
    """

    week: str
    revision: int
    as_of: str
    manifest: str
    snapshot_digest: str
    policy: str
    policy_digest: str
    policy_sequence: int
    previous: tuple[str, int] | None
    history: tuple[tuple[str, int], ...]
    cause: Literal["customer", "policy", "mapping", "restated", "baseline"]
    is_baseline: bool
    is_reconstructed: bool
    organization: str
    time_zone: str
    currency: str
    fresh: tuple[str, ...]
    case_event: int
    code_version: str
    fonts_digest: str
    sentiment_model: str | None = None
    packs: tuple[tuple[str, str, int], ...] = ()
    mapping: str | None = None
    retention_model: str | None = None
    shadow_model: str | None = None
    axis_since: str | None = None

    @property
    def is_new_axis(self) -> bool:
        """Whether the retention axis is another one than in the last good week."""
        return self.previous is not None and self.axis_since == self.week

    @property
    def same_axis(self) -> tuple[tuple[str, int], ...]:
        """The weeks of `history` whose retention axis is the one of this week."""
        return tuple((week, revision) for week, revision in self.history if week >= (self.axis_since or ""))

    @property
    def instant(self) -> datetime:
        return datetime.fromisoformat(self.as_of)

    @property
    def iso_week(self) -> Week:
        return Week.parse(self.week)

    @property
    def run_name(self) -> str:
        return f"{self.week}-r{self.revision}"

    @property
    def digest(self) -> str:
        """Digest of what a reader's facts depend on: not the revision, the ledger's position, or our own code.

        New code alone is no reason to publish a week again; what made a week stands beside its digest.
        """
        left_out = {"revision": 0, "case_event": 0, "code_version": "", "fonts_digest": "", "packs": ()}
        body = {**asdict(self), **left_out}
        # what it did to the week stands in the snapshot and the cause
        del body["mapping"]
        # a workspace that never adopted a model keeps the digests of its weeks
        for name in ("retention_model", "shadow_model", "axis_since"):
            if body[name] is None:
                del body[name]
        return sha256(canonical_json(body))

    def with_case_event(self, number: int) -> Inputs:
        return replace(self, case_event=number)

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(canonical_json(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Inputs:
        body = json.loads(path.read_bytes())
        body["previous"] = tuple(body["previous"]) if body["previous"] else None
        body["history"] = tuple((week, revision) for week, revision in body["history"])
        body["fresh"] = tuple(body["fresh"])
        body["packs"] = tuple((audience, week, revision) for audience, week, revision in body.get("packs", ()))
        return cls(**body)


def fonts_digest() -> str:
    """One digest over the bundled fonts: another font file would move every line break."""
    files = sorted(path for path in _FONTS.glob("*") if path.is_file())
    return sha256(canonical_json([(path.name, sha256(path.read_bytes())) for path in files]))


__all__ = ["Inputs", "code_version", "fonts_digest"]
