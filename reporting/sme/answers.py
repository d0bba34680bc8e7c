"""The first screen: headline, four answers and the advice. No sentence claims more than its figures."""

from __future__ import annotations

from types import SimpleNamespace

from contracts.words import Axis, Zone
from reporting import formats
from reporting.ground import GOOD_TO_BAD
from reporting.reading import numbers
from reporting.sme.material import PROPOSED, TODAY, Material, points, step
from reporting.sme.models import Answer

_NAMES = 4


def headline(of: Material) -> str:
    """The move that the figures support, with what it does to Critical; or that none is, and why."""
    if not of.moves:
        if of.has_outcomes:
            return f"Keep both lines: no other line would have cost less beyond doubt{_on_the_line(of)}"
        return "Keep both lines: nothing known yet speaks for another"
    now, then = of.trials[TODAY], of.trials[PROPOSED]
    words = formats.listed([_move(of, axis) for axis in Axis if _moves(of, axis)])
    change = then.critical - now.critical
    third = "s" if of.has_outcomes else ""
    effect = f"leave{third} Critical as it is"
    if change:
        verb, side = ("add", "to") if change > 0 else ("take", "out of")
        effect = f"{verb}{third} {formats.counted(abs(change), 'account')} {side} Critical"
    others = then.flips - abs(change)
    more = f" and moves {formats.counted(others, 'more', 'more')} between other zones" if others > 0 else ""
    if of.has_outcomes:
        return f"{formats.capital(words)} {effect}{more}"
    return f"No outcome backs another line yet; by capacity alone, {_to(of)} {effect}"


def _on_the_line(of: Material) -> str:
    return (
        f"; {formats.counted(of.trials[TODAY].critical, 'account')} stay Critical"
        if of.trials[TODAY].critical > 1
        else ""
    )


def _moves(of: Material, axis: Axis) -> bool:
    row = of.proposals[axis]
    return bool(row.proposed != row.current)


def _move(of: Material, axis: Axis) -> str:
    row = of.proposals[axis]
    verb = "raising" if row.proposed > row.current else "lowering"
    return f"{verb} the {axis.value} line from {points(row.current)} to {points(row.proposed)}"


def _to(of: Material) -> str:
    row = of.trials[PROPOSED]
    return f"first lines at {points(row.loyalty_line)} and {points(row.retention_line)}"


def answers(of: Material) -> tuple[Answer, ...]:
    """Which line, what changes, who, which teams."""
    return (
        Answer("Which line would I move?", _which(of)),
        Answer("What would it change?", _what(of)),
        _who(of),
        _teams(of),
    )


def _which(of: Material) -> str:
    """With outcomes the reasons of the proposal; without, what there is room for and what is missing."""
    if of.has_outcomes or not of.moves:
        return " ".join(row.sentence for row in of.proposals.values())
    capacity, owners = of.policy.sensitivity.capacity, len(of.load(TODAY))
    room = owners * capacity.cases_per_owner_week * capacity.weeks_to_work_off
    lines = formats.listed(
        [f"{axis.value} {points(row.proposed)} (now {points(row.current)})" for axis, row in of.proposals.items()]
    )
    found = of.trials[PROPOSED].critical
    more = (
        f"; replayed with the dead-band, {formats.number(found)} accounts would be Critical, more than that"
        if found > room
        else f"; replayed with the dead-band, {formats.number(found)} accounts would be Critical"
    )
    return (
        f"None on evidence: {_known_losses(of)}. From capacity and the book's distribution alone, first lines would be "
        f"{lines}: {formats.counted(owners, 'owner')} have room for {formats.trimmed(room)} cases in "
        f"{formats.trimmed(capacity.weeks_to_work_off)} weeks{more}. They say nothing about who will leave."
    )


def _known_losses(of: Material) -> str:
    lost = next((int(row.lost) for row in of.rows("swept_outcomes")), 0)
    needed = of.policy.thresholds.outcome.minimum_events
    if not lost:
        return "no outcome of a past week is known"
    return f"{formats.counted(lost, 'loss is', 'losses are')} known and {formats.number(needed)} are needed"


def _what(of: Material) -> str:
    """Zones before and after, with revenue; without a proposal the smallest step that moves anybody."""
    if not of.moves:
        return _smallest_steps(of)
    now, then = of.zones(TODAY), of.zones(PROPOSED)
    money = of.zones(TODAY, "revenue_amount"), of.zones(PROPOSED, "revenue_amount")
    said = [
        f"{zone.label} {formats.number(now[zone])} → {formats.number(then[zone])} accounts "
        f"({of.money(money[0][zone])} → {of.money(money[1][zone])})"
        for zone in reversed(GOOD_TO_BAD)
        if now[zone] != then[zone]
    ]
    row = of.trials[PROPOSED]
    flips = f"{formats.capital(formats.counted(row.flips, 'account'))} of {formats.number(of.placed)}"
    return f"{flips} would stand in another zone. {'; '.join(said)}.{_warnings(of)}"


def _warnings(of: Material) -> str:
    """Zones that the proposed lines would empty or fill beyond what tells anybody where to look."""
    then, most = of.zones(PROPOSED), of.policy.retention.zone_share_most
    size = sum(then.values())
    said = [
        f"{zone.label} would hold {'nobody' if not then[zone] else formats.percent(then[zone] / size)}"
        for zone in GOOD_TO_BAD
        if size and (not then[zone] or then[zone] / size > most)
    ]
    return f" Beware: {formats.listed(said)}." if said else ""


def _smallest_steps(of: Material) -> str:
    frame = of.frame("swept_lines")
    said = []
    for axis in Axis:
        mine = frame[(frame["axis"] == axis.value) & (numbers(frame["flips"]) > 0)]
        if not len(mine):
            said.append(f"no {axis.value} line that was tried moves anybody")
            continue
        nearest = mine.assign(away=numbers(mine["shift"]).abs()).sort_values(["away", "shift"]).iloc[0]
        said.append(
            f"the {axis.value} line at {points(float(nearest['line']))} ({step(float(nearest['shift']))}) would move "
            f"{formats.counted(int(nearest['flips']), 'account')}, {of.money(float(nearest['flip_revenue_amount']))}"
        )
    return f"Nothing, as it stands. The nearest step that changes something: {'; '.join(said)}."


def _who(of: Material) -> Answer:
    """Of a proposal the changes of Critical first, then by revenue; without one, who would change first."""
    question = "Who, by name?"
    if of.moves:
        found = [row for row in of.rows("tried_flips") if row.trial == PROPOSED]
        found.sort(key=lambda row: (not _is_critical(row), -(row.revenue_amount or 0.0), row.customer_id))
        lead = "Critical first, then by revenue"
    else:
        found = sorted(
            of.rows("swept_flips"), key=lambda row: (abs(row.shift), -(row.revenue_amount or 0.0), row.customer_id)
        )
        lead = "Nobody now; first to change if a line moved"
    found = list({row.customer_id: row for row in reversed(found)}.values())[::-1]
    if not found:
        return Answer(question, "Nobody within the lines that were tried.")
    names = tuple(
        f"{of.customer(row.customer_id)} ({_path(row.from_zone, row.to_zone)}, {of.money(row.revenue_amount)})"
        for row in found[:_NAMES]
    )
    more = f", the first of {formats.number(len(found))}" if len(found) > _NAMES else ""
    return Answer(question, f"{lead}{more}:", names)


def _is_critical(row: SimpleNamespace) -> bool:
    return Zone.CRITICAL.value in (row.from_zone, row.to_zone)


def _path(before: str, after: str) -> str:
    return f"{Zone(before).label} → {Zone(after).label}"


def _teams(of: Material) -> Answer:
    question = "What would it cost my teams?"
    now, then = of.load(TODAY), of.load(PROPOSED)
    weekly = of.trials[TODAY].alerts_per_week
    if not now:
        return Answer(question, "Not known: no account has an owner in the unit that takes up cases.")
    if not then:
        busiest = max(now, key=lambda one: (now[one].critical, one))
        total = sum(row.critical for row in now.values())
        alerts = "" if weekly is None else f" {formats.number(weekly, 1)} alerts a week."
        return Answer(
            question,
            f"As today: {formats.counted(total, 'account')} in Critical over {formats.counted(len(now), 'owner')}, "
            f"most with {of.person(busiest)} ({formats.number(now[busiest].critical)}).{alerts}",
        )
    extra = {one: then[one].critical - now[one].critical for one in now}
    told = {one: (then[one].alerts_per_week or 0.0) - (now[one].alerts_per_week or 0.0) for one in now}
    total = sum(extra.values())
    capacity = of.policy.sensitivity.capacity
    room = capacity.cases_per_owner_week * capacity.weeks_to_work_off
    over = sum(row.critical > room for row in then.values())
    each = total / len(extra)
    text = (
        f"{formats.capital(formats.counted(abs(total), 'account'))} {'more' if total >= 0 else 'fewer'} to work over "
        f"{formats.counted(len(extra), 'owner')} ({formats.signed(each, 1)} each)"
    )
    if weekly is not None:
        more = formats.rounded(sum(told.values()), 1)
        text += (
            f", and {formats.signed(more, 1)} alerts a week in all" if more else ", and no more alerts a week than now"
        )
    text += f". {_over(over, room)}"
    ranked = sorted((one for one in extra if extra[one]), key=lambda one: (-abs(extra[one]), of.person(one), one))
    names = tuple(
        f"{of.person(one)} {formats.number(now[one].critical)} → {formats.number(then[one].critical)}"
        for one in ranked[:_NAMES]
    )
    return Answer(question, text, names)


def _over(over: int, room: float) -> str:
    held = formats.trimmed(room)
    if not over:
        return f"Nobody would hold more than the {held} cases that an owner can work off."
    who = formats.capital(formats.counted(over, "owner"))
    return f"{who} would hold more than the {held} cases that one can work off."


def advice(of: Material) -> tuple[str, ...]:
    """What to do next, in the order of doing it."""
    made = []
    rows = of.proposals.values()
    if of.moves and of.has_outcomes:
        made.append(
            f"Take {formats.listed([_move(of, axis) for axis in Axis if _moves(of, axis)])} into a proposal, let it "
            "run beside the rules in force for some weeks, and read its list of disagreements before anybody adopts it."
        )
        if all(_moves(of, axis) for axis in Axis):
            made.append("Each saving is of its own line moved alone; both together were not held against outcomes.")
    elif of.moves:
        made.append(
            "Treat the first lines as a draft: they say what can be worked, and nothing about who will leave. Do not "
            "adopt them on this report alone; look at the names, choose a step nearer to today's line, and try it in "
            "shadow first."
        )
    else:
        made.append("Change nothing now.")
    if not any(row.basis == "outcomes" for row in rows):
        needed = of.policy.thresholds.outcome.minimum_events
        made.append(
            f"See that outcomes arrive: with {formats.number(needed)} known losses this report can say which line "
            "finds churn and what it costs."
        )
    return tuple(made)


def approval(of: Material) -> str:
    owner = of.policy.thresholds.owner
    return (
        f"Needs approval by {owner}; lines move by a proposal that is reviewed and adopted, never by this report."
        if owner
        else ("Nobody is named as owner of the lines: write one in config/thresholds.toml.")
    )
