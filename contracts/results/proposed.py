"""Frames that hold proposed rules against those in force. For the experts, who see the whole book; for nobody else."""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.results.columns import CUSTOMER, WEEK, column
from contracts.results.swept import PLACES
from contracts.words import FieldGroup

_PLACES = (*PLACES, "left")


def _pair(name: str, kind: Kind = Kind.NUMBER) -> tuple[Column, Column]:
    return column(f"{name}_before", kind), column(f"{name}_after", kind)


PROPOSED_FLIPS = Frame(
    "proposed_flips",
    key=("week", "customer_id"),
    columns=(
        WEEK,
        CUSTOMER,
        column("name", required=True),
        column("tier"),
        Column("from_place", choices=_PLACES, required=True),
        Column("to_place", choices=_PLACES, required=True),
        *_pair("loyalty"),
        *_pair("retention"),
        column("owner_id"),
        column("revenue_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        column("why", required=True),
    ),
)
"""Who stands elsewhere under the proposed rules than under those in force, in one week. before: in force; after:
proposed. why: in words, which line or score makes the difference."""

PROPOSED_ZONES = Frame(
    "proposed_zones",
    key=("place",),
    columns=(
        Column("place", choices=_PLACES, required=True),
        *_pair("customers", Kind.INTEGER),
        column("revenue_before_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        column("revenue_after_amount", Kind.NUMBER, group=FieldGroup.MONEY),
    ),
)
"""Customers and revenue per zone in the last week, under the rules in force and under the proposed ones."""

PROPOSED_LOAD = Frame(
    "proposed_load",
    key=("owner_id",),
    columns=(
        column("owner_id", required=True),
        column("name", required=True),
        column("weeks", Kind.INTEGER, required=True),
        *_pair("critical", Kind.INTEGER),
        *_pair("alerts_per_week"),
        column("extra_cases_per_week", Kind.NUMBER, required=True),
        column("extra_alerts_per_week", Kind.NUMBER, required=True),
    ),
)
"""Per owner: Critical customers at the end, entries into Critical per week over the weeks replayed. Cases: entries into
Critical that a customer without a stay in it had not yet had in these weeks."""

PROPOSED_WEEKS = Frame(
    "proposed_weeks",
    key=("week",),
    columns=(
        WEEK,
        *_pair("critical", Kind.INTEGER),
        *_pair("entered", Kind.INTEGER),
        *_pair("moved", Kind.INTEGER),
        column("elsewhere", Kind.INTEGER, required=True),
    ),
)
"""Week by week of the replay: Critical customers, entries into Critical, changes of zone, and how many customers stand
elsewhere under the proposed rules."""

PROPOSED_OUTCOMES = Frame(
    "proposed_outcomes",
    key=("rules",),
    columns=(
        WEEK,
        Column("rules", choices=("in force", "proposed"), required=True),
        *(column(name, Kind.INTEGER, required=True) for name in ("customers", "flagged", "lost", "hits")),
        *(
            column(f"{name}{end}", Kind.NUMBER)
            for name in ("precision", "recall", "lift")
            for end in ("", "_low", "_high")
        ),
        column("lead_days", Kind.NUMBER),
        column("cost_amount", Kind.NUMBER, required=True, group=FieldGroup.MONEY),
        column("youden", Kind.NUMBER),
    ),
)
"""Critical of `week`, the newest whose horizon is over, under both sets of rules, against who left since; columns as in
SWEPT_OUTCOMES."""
