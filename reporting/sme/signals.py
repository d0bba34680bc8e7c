"""How much hangs on single weights and anchors, on all weights at once, and whose zone is least sure."""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace

from reporting import formats
from reporting.ground import zone_mark
from reporting.reading import by_id
from reporting.sme.material import Material
from reporting.sme.models import Doubt, SignalLine, Signals

_SIGNALS = 12
_DOUBTS = 8
_SURE = 0.95


def signals(of: Material) -> Signals:
    """The signals whose weight or anchors move most, and how stable ranks and zones are."""
    rules = of.policy.sensitivity
    known = {rule.id: rule for rule in of.policy.signals}
    total: dict[str, float] = defaultdict(float)
    for one in of.policy.signals:
        total[one.axis.value] += one.weight
    nudges: dict[str, list[SimpleNamespace]] = defaultdict(list)
    for row in of.rows("nudged_signals"):
        nudges[row.signal_id].append(row)
    lines = []
    for signal_id, rows in nudges.items():
        by_weight = [row for row in rows if row.what.startswith("weight")]
        by_anchors = [row for row in rows if not row.what.startswith("weight")]
        worst = max(rows, key=lambda row: (row.flips, row.flip_revenue_amount))
        rule = known.get(signal_id)
        first, second = _most(by_weight), _most(by_anchors)
        lines.append(
            (
                worst.flips,
                max(first, second),
                SignalLine(
                    name=rule.name if rule is not None else signal_id,
                    axis=rows[0].axis,
                    weight=formats.percent(rule.weight / total[rows[0].axis]) if rule is not None else "–",
                    by_weight=first,
                    by_anchors=second,
                    by_weight_text=formats.number(first, 2),
                    by_anchors_text=formats.number(second, 2),
                    flips=formats.number(worst.flips),
                    revenue=of.money(worst.flip_revenue_amount) if worst.flips else "–",
                ),
            )
        )
    lines.sort(key=lambda line: (-line[0], -line[1], line[2].name))
    shown = tuple(line for _, _, line in lines[:_SIGNALS])
    nudge = formats.percent(rules.nudge)
    return Signals(
        title=_title(lines),
        sub=(
            f"Mean change of the axis' score when the signal's weight goes up or down by {nudge}, or one of its "
            f"anchors by {nudge} of the span between them; the larger of the two directions. Flips: the most accounts "
            "that any one of these moves over a line."
        ),
        finding=_finding(shown),
        rows=shown,
        more=f"{formats.counted(len(lines) - len(shown), 'more signal')} in the workbook."
        if len(lines) > len(shown)
        else "",
        ranks=_ranks(of),
        doubts=_doubts(of),
        doubts_title="Accounts whose zone hangs on the weights",
    )


def _most(rows: list[SimpleNamespace]) -> float:
    return max((row.mean_change for row in rows), default=0.0)


def _title(lines: list[tuple[int, float, SignalLine]]) -> str:
    moving = [line for line in lines if line[0]]
    if not lines:
        return "No weighted signal"
    if not moving:
        return "No single weight or anchor moves an account over a line"
    most = moving[0]
    return (
        f"{formats.capital(formats.counted(len(moving), 'signal'))} of {formats.number(len(lines))} can move an "
        f"account over a line; {most[2].name} moves most ({formats.number(most[0])})"
    )


def _finding(rows: tuple[SignalLine, ...]) -> str:
    said = "; ".join(f"{row.name} {row.by_weight_text} by weight, {row.by_anchors_text} by anchors" for row in rows[:5])
    return f"Mean change of the score by signal: {said}." if said else "No signal has a weight."


def _ranks(of: Material) -> tuple[str, ...]:
    made = []
    for row in of.rows("rank_stability"):
        if row.tau is None:
            continue
        made.append(
            f"{formats.capital(row.axis)}: with all weights drawn anew {formats.number(row.draws)} times, ranks agree "
            f"with today's at Kendall's tau {formats.number(row.tau, 2)} (95 % {formats.number(row.tau_low, 2)} to "
            f"{formats.number(row.tau_high, 2)})."
        )
    stay = next((row.stay_share for row in of.rows("rank_stability") if row.stay_share is not None), None)
    if stay is not None:
        made.append(f"An account keeps its zone in {formats.percent(stay, 1)} of the draws on average.")
    return tuple(made)


def _doubts(of: Material) -> tuple[Doubt, ...]:
    facts = by_id(of.frame("customer_facts"), "customer_id")
    unsure = [row for row in of.rows("zone_stability") if row.stay_share < _SURE]
    unsure.sort(key=lambda row: (row.stay_share, row.customer_id))
    return tuple(
        Doubt(
            of.customer(row.customer_id),
            zone_mark(row.zone),
            formats.percent(row.stay_share),
            of.money(facts[row.customer_id].revenue_amount) if row.customer_id in facts else "–",
        )
        for row in unsure[:_DOUBTS]
    )
