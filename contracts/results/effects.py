"""Frames of proof: what playbooks changed, how teams work, and what went before a loss. For the experts and whoever
leads the teams; no audience gets them by itself.
"""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.results.columns import CUSTOMER, ZONES, column
from contracts.words import Axis, FieldGroup

VERDICTS = ("proven", "worse", "not proven", "no comparable accounts", "too few cases")
_PLAYBOOK = column("playbook_id", required=True)
_AXIS = Column("axis", choices=tuple(Axis), required=True)

EFFECTS = Frame(
    "effects",
    key=("playbook_id", "axis"),
    columns=(
        _PLAYBOOK,
        _AXIS,
        column("n_treated", Kind.INTEGER, required=True),
        column("n_control", Kind.INTEGER, required=True),
        column("n_unmatched", Kind.INTEGER, required=True),
        column("n_left_out", Kind.INTEGER, required=True),
        column("effect", Kind.NUMBER),
        column("low", Kind.NUMBER),
        column("high", Kind.NUMBER),
        column("low_with_unclosed", Kind.NUMBER),
        Column("verdict", choices=VERDICTS, required=True),
        column("pre_trend_p", Kind.NUMBER),
        column("smd_max", Kind.NUMBER),
        column("change", Kind.NUMBER),
        column("same_score_change", Kind.NUMBER),
        column("n_same_score", Kind.INTEGER, required=True),
        column("staying_effect", Kind.NUMBER),
        column("staying_low", Kind.NUMBER),
        column("staying_high", Kind.NUMBER),
        column("revenue_retained_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        column("sentence", required=True),
    ),
)
"""Score points of an axis after a case of the playbook, beyond comparable accounts without one. change: of the accounts
with a case, before against after; same_score_change: of accounts without a case that stood at the same score: what
regression to the mean and the times alone bring. n_left_out: too little history before or after, or another case
shortly before. low_with_unclosed: the lower end when cases that are still open count too. staying: share of the revenue
that stayed beyond that of comparable accounts; revenue_retained_amount: its lower end as money, 0 when not above 0."""

EFFECT_BALANCE = Frame(
    "effect_balance",
    key=("playbook_id", "covariate"),
    columns=(
        _PLAYBOOK,
        column("covariate", required=True),
        column("mean_treated", Kind.NUMBER, required=True),
        column("mean_all", Kind.NUMBER, required=True),
        column("mean_control", Kind.NUMBER),
        column("smd_before", Kind.NUMBER, required=True),
        column("smd_after", Kind.NUMBER),
    ),
)
"""Standardised mean differences: against all accounts without a case (before), against those matched (after)."""

EFFECT_PATH = Frame(
    "effect_path",
    key=("playbook_id", "axis", "week_offset"),
    columns=(
        _PLAYBOOK,
        _AXIS,
        column("week_offset", Kind.INTEGER, required=True),
        column("n_treated", Kind.INTEGER, required=True),
        column("mean_treated", Kind.NUMBER, required=True),
        column("mean_control", Kind.NUMBER, required=True),
        column("effect", Kind.NUMBER, required=True),
        column("low", Kind.NUMBER, required=True),
        column("high", Kind.NUMBER, required=True),
    ),
)
"""The same comparison week by week. week_offset 0: the last week before the case opened."""

CASE_FIGURES = Frame(
    "case_figures",
    key=("team",),
    columns=(
        column("team", required=True),
        column("opened", Kind.INTEGER, required=True),
        column("closed", Kind.INTEGER, required=True),
        column("open", Kind.INTEGER, required=True),
        column("acted_on", Kind.INTEGER, required=True),
        column("hours_to_first_action", Kind.NUMBER),
        column("hours_to_close", Kind.NUMBER),
        column("overdue_share", Kind.SHARE),
        column("reopen_share", Kind.SHARE),
    ),
)
"""team: the business unit of the owner, "all" for every case. Medians of elapsed hours. overdue_share: of all cases
with a goal, those closed after it or open past it. reopen_share: of those ever closed, the ones opened again."""

POST_MORTEM = Frame(
    "post_mortem",
    key=("customer_id",),
    columns=(
        CUSTOMER,
        column("name", required=True),
        column("ended_on", Kind.DAY),
        column("last_week", required=True),
        Column("last_zone", choices=ZONES),
        column("first_week"),
        column("first_rule"),
        column("lead_weeks", Kind.INTEGER),
        column("alerts", Kind.INTEGER, required=True),
        column("first_alert_at", Kind.INSTANT),
        column("cases", Kind.INTEGER, required=True),
        column("first_case_at", Kind.INSTANT),
        column("revenue_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        column("sentence", required=True),
    ),
)
"""One lost customer. last_week: the last one in which it was ours. first_week: the first of the weeks looked at in
which a rule (first_rule, in words) could have caught it, lead_weeks before it was gone."""

POST_MORTEM_STEPS = Frame(
    "post_mortem_steps",
    key=("customer_id", "at", "kind", "what"),
    columns=(
        CUSTOMER,
        column("at", Kind.INSTANT, required=True),
        Column("kind", choices=("rule", "event", "alert", "case", "lost"), required=True),
        column("what", required=True),
    ),
)
"""What happened in those weeks, oldest first: rules that would have caught it, events, alerts told, cases."""
