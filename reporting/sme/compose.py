"""Composes the experts' report: one frozen view of everything that page, PDF and workbook say."""

from __future__ import annotations

from contracts.weeks import Week
from reporting import formats
from reporting.sme import answers, outcome, playbooks, signals
from reporting.sme.curves import curves, line_map
from reporting.sme.flips import flip_tables, proposed_flips
from reporting.sme.load import owners, segments, stability
from reporting.sme.material import TODAY, Material, points
from reporting.sme.models import Head, SmeView
from reporting.view import as_of_text


def compose_sme(of: Material) -> SmeView:
    """The view of one week. The same material gives the same view: no clock is asked."""
    return SmeView(
        head=_head(of),
        headline=answers.headline(of),
        answers=answers.answers(of),
        curves=curves(of),
        flips=flip_tables(of),
        proposed_flips=proposed_flips(of),
        back_test=outcome.back_test(of),
        stability=stability(of),
        owners=owners(of),
        map=line_map(of),
        segments=segments(of),
        signals=signals.signals(of),
        signal_names={rule.id: rule.name for rule in of.policy.signals},
        playbooks=playbooks.playbooks(of),
        findings=of.facts.expert_notes,
        advice=answers.advice(of),
        approval=answers.approval(of),
    )


def _head(of: Material) -> Head:
    facts = of.facts
    week = Week.parse(facts.week)
    now = of.trials[TODAY]
    return Head(
        organization=facts.organization,
        week=facts.week,
        week_days=formats.days_of_week(week.monday, week.sunday),
        as_of=facts.as_of.astimezone(of.zone),
        as_of_text=as_of_text(facts.as_of, of.zone),
        run_name=facts.run_name,
        policy=facts.policy_label,
        lines_text=(
            f"{points(now.loyalty_line)} / {points(now.retention_line)} / ±{points(of.policy.thresholds.dead_band)}"
        ),
        currency=facts.currency,
    )
