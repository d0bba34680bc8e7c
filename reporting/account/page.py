"""Composing one account page (360 degrees) out of one audience's book.

`compose_accounts` joins the book once for many customers; `compose_account` is the same for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import TypeVar

from contracts.scope import ScopedBook
from contracts.words import Axis, BusinessUnit, PlacementState, Zone
from reporting import formats
from reporting.account import parts as lists
from reporting.account.follow import case_in, footer_in, quotation_in, step_in
from reporting.account.models import AccountView, Waterfall
from reporting.account.timeline import timeline, trail
from reporting.account.value import family, foretold, kinds, worth
from reporting.account.voice import calls_sentence, said
from reporting.account.waterfall import signal_lines, waterfalls
from reporting.account.words import summary, trail_finding, zone_sentence
from reporting.ground import Ground, change_of, page_of, stand
from reporting.languages import Tongue, later, tongue
from reporting.models.pack import ActionLine, CaseLine
from reporting.reading import calendar_day, equal, rows, rows_by_customer
from reporting.sections.experience import verbatims
from reporting.sections.followup import case_lines, plan
from reporting.view import footer

__all__ = ["AccountView", "NotInScope", "compose_account", "compose_accounts"]

_FRAMES = (
    *("tickets", "surveys", "deals", "projects", "install_base", "account_feedback", "events", "history"),
    *("contributions", "previous_contributions", "changes"),
    *("lifetime_values", "predictions", "rollups", "comments", "comment_aspects", "calls"),
)
_VERBATIMS = 6
_NAMED = 3
_UNITS = {
    BusinessUnit.SALES: later("Sales"),
    BusinessUnit.SUPPORT: later("Customer Support"),
    BusinessUnit.GPS: later("Global Professional Services"),
}
_Line = TypeVar("_Line", ActionLine, CaseLine)


class NotInScope(LookupError):
    """The customer is not one of this audience's; nothing about it may be made."""


def compose_account(book: ScopedBook, customer_id: str) -> AccountView:
    """The account page of one customer.

    Raises: NotInScope when the audience may not see that customer or nothing is known of it this week.
    """
    return next(compose_accounts(book, [customer_id]))


def compose_accounts(
    book: ScopedBook, customer_ids: Iterable[str], *, pages: int | None = None
) -> Iterator[AccountView]:
    """The account pages of these customers, in the order asked for; `pages` as in `compose`."""
    wanted = list(customer_ids)
    foreign = [customer for customer in wanted if customer not in book.audience.customer_ids]
    if foreign:
        raise NotInScope(f"{foreign[0]} is not among the customers of '{book.audience.title}'")
    ground = stand(book, pages=pages, speech=tongue(book.audience.language))
    standing = {row.customer_id: row for row in rows(ground.accounts.loc[ground.accounts["customer_id"].isin(wanted)])}
    parts = {name: rows_by_customer(ground.frame(name), wanted) for name in _FRAMES}
    steps, follow = _by_customer(plan(ground)), _by_customer(case_lines(ground))
    is_low_left = _critical_is_low_left(ground)
    for customer in wanted:
        placed = standing.get(customer)
        if placed is None:
            raise NotInScope(f"{customer} has no placement in {book.facts.week}: it left, or it was not there yet")
        mine = {name: each[customer] for name, each in parts.items()}
        yield _account(
            ground,
            placed,
            mine,
            _numbered(steps.get(customer, ())),
            follow.get(customer, ()),
            is_low_left=is_low_left,
        )


def _by_customer(lines: Iterable[_Line]) -> dict[str, tuple[_Line, ...]]:
    found: dict[str, list[_Line]] = {}
    for line in lines:
        found.setdefault(line.customer_id, []).append(line)
    return {customer: tuple(each) for customer, each in found.items()}


def _numbered(steps: tuple[ActionLine, ...]) -> tuple[ActionLine, ...]:
    """The steps of one account, counted from 1: what rank they have among others is no business of its page."""
    return tuple(replace(step, rank=rank) for rank, step in enumerate(steps, start=1))


def _account(
    ground: Ground,
    placed: SimpleNamespace,
    parts: Mapping[str, Sequence[SimpleNamespace]],
    steps: tuple[ActionLine, ...],
    follow: tuple[CaseLine, ...],
    *,
    is_low_left: bool,
) -> AccountView:
    facts, audience, speech = ground.book.facts, ground.audience, ground.speech
    customer = placed.customer_id
    mark = ground.mark(placed.state, placed.zone)
    now, before = parts["contributions"], parts["previous_contributions"]
    is_placed = placed.state == PlacementState.PLACED
    falls = waterfalls(now, before, placed, ground.words, mark, speech) if is_placed else ()
    falls = tuple(
        replace(fall, kinds=kinds(parts["changes"], fall.axis, speech, start=fall.start, end=fall.end))
        if fall.is_change
        else fall
        for fall in falls
    )
    falls = tuple(_named(fall, facts.retention_label, speech) for fall in falls)
    signals = signal_lines(now, before, ground.words, speech, noise=facts.dead_band)
    missing = tuple(line.name for line in signals if not line.is_measured)
    path = trail(ground, parts["history"], placed)
    problems, problems_note = lists.problems(ground, parts["tickets"])
    assets, assets_note = lists.assets(ground, parts["install_base"])
    deals, deals_note = lists.deals(ground, parts["deals"])
    projects, projects_note = lists.projects(ground, parts["projects"])
    texts, texts_note = said(ground, parts)
    quoted, quoted_note = verbatims(ground, keep=_VERBATIMS, given=parts["surveys"])
    team, team_note = lists.feedback(ground, parts["account_feedback"])
    moved = placed.direction in ("better", "worse")
    until = speech.say("data up to {moment}", moment=speech.moment(facts.as_of.astimezone(ground.zone)))
    return AccountView(
        audience_id=audience.audience_id,
        disclosure=audience.disclosure,
        audience_title=speech.retell(audience.title),
        language=speech.code,
        week=facts.week,
        week_days=speech.days_of_week(ground.week.monday, ground.week.sunday),
        as_of=facts.as_of,
        as_of_text=until,
        organization=facts.organization,
        currency=facts.currency,
        customer_id=customer,
        name=str(placed.name),
        identity=_identity(ground, placed),
        status=speech.retell(placed.status),
        mark=mark,
        before=ground.mark(PlacementState.PLACED, placed.before_zone) if moved else None,
        is_borderline=bool(placed.is_borderline),
        zone_sentence=zone_sentence(ground, placed, falls),
        summary=summary(ground, placed, parts, falls),
        loyalty=placed.loyalty,
        retention=placed.retention,
        loyalty_change=change_of(placed.before_loyalty, placed.loyalty, noise=facts.dead_band),
        retention_change=change_of(placed.before_retention, placed.retention, noise=facts.retention_noise),
        loyalty_interval=_interval(placed.loyalty, placed.loyalty_se, speech),
        retention_interval=_interval(placed.retention, placed.retention_se, speech),
        revenue=ground.amount(placed.revenue_amount),
        renewal_text=speech.day_near(calendar_day(placed.renewal_on), ground.today),
        owners=_owners(ground, customer),
        waterfalls=falls,
        waterfall_note="" if falls else speech.say("{zone}: no score to explain.", zone=mark.label),
        signals=signals,
        coverage_text=_coverage(placed, speech),
        missing_signals=missing,
        trail=path,
        loyalty_line=placed.loyalty_line,
        retention_line=placed.retention_line,
        critical_is_low_left=is_low_left,
        trail_finding=trail_finding(path, speech),
        timeline=timeline(ground, parts, placed),
        problems=problems,
        problems_note=problems_note,
        assets=assets,
        assets_note=assets_note,
        deals=deals,
        deals_note=deals_note,
        projects=projects,
        projects_note=projects_note,
        verbatims=tuple(quotation_in(each, ground) for each in quoted),
        verbatims_note=speech.say(quoted_note),
        feedback=team,
        feedback_note=team_note,
        events=lists.events(ground, parts["events"]),
        actions=tuple(step_in(step, ground) for step in steps),
        actions_note="" if steps else speech.say("No step is suggested for this account this week."),
        cases=tuple(case_in(case, ground) for case in follow),
        cases_note="" if any(case.is_open for case in follow) else speech.say("No case is open."),
        trust_sentence=_trust(placed, missing, speech),
        page=page_of(customer),
        footer=footer_in(footer(ground, ""), ground, until),
        worth=worth(ground, parts["lifetime_values"]),
        foretold=foretold(parts["predictions"], speech),
        family=family(ground, parts["rollups"]),
        said=texts,
        said_note=texts_note,
        calls_sentence=calls_sentence(ground, parts["calls"]),
    )


def _identity(ground: Ground, placed: SimpleNamespace) -> str:
    """`Customer C-104882 · Germany · Logistics · EUR 340 k a year · customer since 2019`."""
    money, speech = ground.amount(placed.revenue_amount), ground.speech
    since = calendar_day(placed.since_on)
    status = placed.status if placed.status != "active" else None
    found = [
        speech.say("Customer {id}", id=placed.customer_id),
        speech.retell(placed.country or placed.region),
        speech.retell(placed.industry),
        speech.say("Tier {tier}", tier=speech.retell(placed.tier)) if placed.tier else None,
        speech.say("{amount} a year", amount=money.text) if money.value is not None else None,
        speech.say("customer since {year}", year=since.year) if since else None,
        speech.retell(status),
    ]
    return " · ".join(part for part in found if part)


def _owners(ground: Ground, customer: str) -> tuple[tuple[str, str], ...]:
    found = [(ground.speech.say(_UNITS[unit]), ground.owner(customer, unit)[1]) for unit in BusinessUnit]
    return tuple((unit, name) for unit, name in found if name)


def _interval(score: float | None, error: float | None, speech: Tongue) -> str:
    """The 95 % interval of a score; empty when its standard error is not known."""
    if score is None or error is None:
        return ""
    low, high = max(0.0, score - 1.96 * error), min(100.0, score + 1.96 * error)
    return speech.say("{low} to {high}", low=speech.number(low), high=speech.number(high))


def _named(fall: Waterfall, label: str, speech: Tongue) -> Waterfall:
    """The retention axis says what it is when it is a probability."""
    if fall.axis != Axis.RETENTION or not label:
        return fall
    return replace(fall, subtitle=f"{formats.capital(speech.retell(label))}, 0–100. {fall.subtitle}")


def _coverage(placed: SimpleNamespace, speech: Tongue) -> str:
    loyalty, retention = placed.loyalty_coverage or 0.0, placed.retention_coverage or 0.0
    return speech.say(
        "Evidence: {loyalty} of the loyalty weight, {retention} of the retention weight.",
        loyalty=speech.percent(loyalty), retention=speech.percent(retention),
    )  # fmt: skip


def _trust(placed: SimpleNamespace, missing: tuple[str, ...], speech: Tongue) -> str:
    text = _coverage(placed, speech)
    if not missing:
        return f"{text} {speech.say('Every signal is measured.')}"
    named = [*missing[:_NAMED]]
    if len(missing) > _NAMED:
        named.append(speech.figures("{count} more", "{count} more", len(missing) - _NAMED))
    return f"{text} {speech.say('Not measured: {names}.', names=speech.listed(named))}"


def _critical_is_low_left(ground: Ground) -> bool:
    """Whether Critical is the low/low corner, as shipped; configuration may place it elsewhere."""
    critical = ground.accounts.loc[equal(ground.accounts["raw_zone"], Zone.CRITICAL)]
    if not len(critical):
        return True
    low = (critical["loyalty"] < critical["loyalty_line"]) & (critical["retention"] < critical["retention_line"])
    return bool(low.mean() >= 0.5)
