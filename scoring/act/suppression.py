"""Who is not told of an alert, and why: during maintenance, in a snooze, under an open plan, over a budget.

Nothing is dropped: whoever is not told is named with the reason, and the alert is listed. An entry into Critical and a
hard event always reach somebody: maintenance and a snooze leave the business-unit leads, an open plan its case team,
and over budget they are joined in one mail.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from contracts.alerting import Quiet, Silenced, Standing
from contracts.rules import SuppressionRules
from scoring.act.alerts import AlertDecision


def suppress(decisions: Sequence[AlertDecision], rules: SuppressionRules, standing: Standing) -> list[AlertDecision]:
    """The same decisions in the same order, with those who are not told and those whose mails are joined.

    What must be told takes the room of a person's week first, good news last.
    """
    made = [_quieted(decision, rules, standing) for decision in decisions]
    if rules.budget_per_week is None:
        return made
    room = dict(standing.told)
    urgency = sorted(range(len(made)), key=lambda n: (not made[n].is_protected, made[n].is_notice, n))
    for place in urgency:
        made[place] = _within_budget(made[place], rules.budget_per_week, room, standing)
    return made


def _quieted(decision: AlertDecision, rules: SuppressionRules, standing: Standing) -> AlertDecision:
    """Before any budget. What somebody was told, or was not told, stays so when the other clock sees the same fact."""
    known = {
        person: standing.listed[decision.subject_key, person]
        for person in decision.person_ids
        if (decision.subject_key, person) in standing.listed
    }
    quiet = _under_plan(replace(decision, silenced=known) if known else decision, rules, standing)
    if snooze := standing.snoozes.get(decision.customer_id):
        words = f"snoozed until {snooze.until:%Y-%m-%d} by {snooze.who}: {snooze.why}"
        quiet = _hushed(quiet, Silenced(Quiet.SNOOZE, words))
    if (window := _window_of(decision, rules, standing)) is not None:
        quiet = _hushed(quiet, Silenced(Quiet.MAINTENANCE, window))
    return quiet


def _window_of(decision: AlertDecision, rules: SuppressionRules, standing: Standing) -> str | None:
    if decision.event_kind not in rules.maintenance or decision.happened_at is None:
        return None
    for begins, ends in standing.maintenance.get(decision.customer_id, ()):
        if begins <= decision.happened_at < ends:
            return f"in the maintenance declared from {begins:%Y-%m-%d %H:%M} to {ends:%Y-%m-%d %H:%M} UTC"
    return None


def _under_plan(decision: AlertDecision, rules: SuppressionRules, standing: Standing) -> AlertDecision:
    plan = standing.plans.get(decision.customer_id)
    # the case that an alert opened itself is no plan that was there before
    seen = {subject for subject, _ in (*standing.told_pairs, *standing.listed)}
    if plan is None or not rules.open_plan or decision.is_notice or decision.subject_key in seen:
        return decision
    why = Silenced(Quiet.PLAN, f"{plan.case_id} is open, and its team has it")
    if not decision.is_protected:
        return _hushed(decision, why)
    if not plan.person_ids:
        return replace(decision, evidence_for=plan.case_id)
    team = dict.fromkeys(plan.person_ids, f"case team of {plan.case_id}")
    reached = replace(
        decision,
        person_ids=tuple(dict.fromkeys((*decision.person_ids, *team))),
        why={**decision.why, **{person: words for person, words in team.items() if person not in decision.lead_ids}},
        evidence_for=plan.case_id,
    )
    others = [p for p in decision.person_ids if p not in team and p not in decision.lead_ids]
    return _silence(reached, others, why)


def _hushed(decision: AlertDecision, why: Silenced) -> AlertDecision:
    """Kept from everybody; what is protected, from all but the leads, and from nobody where there are none."""
    if not decision.is_protected:
        return _silence(decision, decision.person_ids, why)
    if not decision.lead_ids:
        return decision
    return _silence(decision, (p for p in decision.person_ids if p not in decision.lead_ids), why)


def _silence(decision: AlertDecision, people: Iterable[str], why: Silenced) -> AlertDecision:
    return replace(decision, silenced={**dict.fromkeys(people, why), **decision.silenced})


def _within_budget(decision: AlertDecision, budget: int, room: dict[str, int], standing: Standing) -> AlertDecision:
    over = []
    for person in decision.told_ids:
        if (decision.subject_key, person) in standing.told_pairs:
            continue
        if room.get(person, 0) >= budget:
            over.append(person)
        else:
            room[person] = room.get(person, 0) + 1
    if not over:
        return decision
    if decision.is_protected:
        return replace(decision, joined=frozenset(over))
    return _silence(decision, over, Silenced(Quiet.BUDGET, f"over the budget of {budget} alerts a week"))
