"""A proposed change of rules: the states of its life, the cells of its workbook, and what is said of a wrong one.

Each value that may be changed has a key, the same in the workbook and in a TOML file:

    lines.loyalty, lines.retention, tier.<tier>.loyalty, dead_band, confirmation_weeks, coverage_floor, prior_strength
    weight.<signal>      percent of its axis; an axis sums to 100
    bad.<signal>, good.<signal>
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class ProposalState(StrEnum):
    """`proposed` until a first weekly run has scored it in shadow; the last three are final but for a rollback."""

    PROPOSED = "proposed"
    SHADOW = "shadow"
    ADOPTED = "adopted"
    REJECTED = "rejected"
    ROLLED_BACK = "rolled back"

    @property
    def is_open(self) -> bool:
        return self in (ProposalState.PROPOSED, ProposalState.SHADOW)


SUMMARY_SHEET = "Proposal"
THRESHOLD_SHEET, WEIGHT_SHEET, ANCHOR_SHEET = "Thresholds", "Weights", "Anchors"
HEADER_ROW = 5
KEY_HEADER = "Key"
PROPOSED = "Proposed"
ANCHOR_HEADERS = {"bad": "Proposed for 0", "good": "Proposed for 100"}
"""On the sheet of anchors two cells of a row may be changed: the values of score 0 and of score 100."""

WHY, EFFECTIVE, SHADOW_WEEKS = "why", "effective", "shadow_weeks"
SUMMARY_KEYS = (WHY, EFFECTIVE, SHADOW_WEEKS)

TOKEN_AUDIENCE = "policy:"  # noqa: S105 - begins the audience of a proposal workbook's token, no secret
"""A proposal workbook is signed like any other; its audience says on which rules it was made, by the digest's start."""

DIGEST_LENGTH = 12


@dataclass(frozen=True, slots=True)
class ProposedValue:
    """One value as somebody wrote it. `where`: `sheet Weights, cell E12`, or `file x.toml, key weight.nps`."""

    key: str
    value: str | float | None
    where: str


@dataclass(frozen=True, slots=True)
class ReturnedProposal:
    """A proposal as read, nothing judged. `token` None: from a file that bears none."""

    values: tuple[ProposedValue, ...]
    summary: dict[str, ProposedValue]
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a proposal cannot be taken, for somebody who does not program."""

    where: str
    what: str
    expected: str
    remedy: str

    @property
    def sentence(self) -> str:
        return f"{self.where}: {self.what}. Expected: {self.expected}. What to do: {self.remedy}."


class ProposalRefused(Exception):
    """The proposal is wrong; `faults` holds all that was found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(fault.sentence for fault in faults))
