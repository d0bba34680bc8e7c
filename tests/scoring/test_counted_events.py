"""Spikes and drifts in the weeks of a book: what counts as one event, and that both clocks name it alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from contracts.frames import check
from contracts.results import COUNT_NORMS, COUNTS, EVENTS, WATCHED
from contracts.rules import CountedRules, DriftRule, SpikeRule
from scoring.errors import RuleRefused
from scoring.measure.events import Counted, count_norms, counted_events, weekly_counts
from tests.factories.events import counts
from tests.factories.scoring import AS_OF, ago, customers, facts, table

SPIKE = SpikeRule(id="spike", table="tickets", time_column="opened_at", headline="{count} in a week, {usual} usual")
RISING = DriftRule(
    id="rising",
    table="tickets",
    time_column="opened_at",
    method="cusum",
    headline="{count} in {weeks} weeks, {usual} usual",
)
FALLING = DriftRule(
    id="falling",
    table="usage",
    time_column="used_on",
    method="ewma",
    column="value",
    direction="down",
    tolerance=5.0,
    headline="{value}, before {usual}",
)
QUIET = [0, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1] * 3


# --- weeks of a book ---------------------------------------------------------------------------------------------


def judged(
    rows: dict[str, list[float]],
    *,
    rule: SpikeRule | DriftRule = SPIKE,
    before: pd.DataFrame | None = None,
    after: str | None = None,
    week: str = "2026-W47",
    norms: pd.DataFrame | None = None,
    others: int = 40,
    **changes: Any,
) -> Counted:
    """A book of `others` quiet customers and those given, newest week first."""
    rules = CountedRules.model_validate({"spike" if isinstance(rule, SpikeRule) else "drift": [rule], **changes})
    quiet = {f"q{n:02d}": QUIET[n % 13 :][:40] for n in range(others)}
    frame = counts({**quiet, **rows}, rule.id)
    book = facts(*({"customer_id": c} for c in frame.customer_id))
    found = counted_events(
        frame,
        count_norms(frame, book, rules) if norms is None else norms,
        before,
        book,
        rules,
        as_of=AS_OF,
        week=week,
        after=after,
    )
    check(found.events, EVENTS)
    check(found.watched, WATCHED)
    return found


def test_a_spike_is_told_and_nobody_else_is() -> None:
    found = judged({"A": [9, *QUIET]})
    assert found.events[["customer_id", "kind", "value", "headline"]].to_numpy().tolist() == [
        ["A", "spike", 9.0, "9 in a week, 0.5 usual"]
    ]


def test_fewer_than_the_minimum_is_no_spike() -> None:
    silent = [0.0] * 39
    assert len(judged({"A": [4, *silent]}).events) == 1
    assert judged({"A": [4, *silent]}, rule=SPIKE.model_copy(update={"minimum_count": 5})).events.empty


def test_clusters_are_no_spikes() -> None:
    clustered = [8, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 7, 0, 0, 0, 0]
    even = [8, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1, 2, 1, 2]
    assert sum(clustered[1:]) < sum(even[1:]), "the clustered record is the smaller one"
    assert judged({"A": clustered}).events.empty
    assert judged({"A": even}).events.customer_id.tolist() == ["A"]


def test_too_short_a_record_judges_nobody() -> None:
    young = counts({"A": [9, 0, 0, 0, 0]})
    young.loc[:, [f"v{n:02d}" for n in range(5, 40)]] = 0.0
    rules = CountedRules(spike=[SPIKE])
    others = counts({f"q{n}": QUIET for n in range(20)})
    frame = pd.concat([others, young], ignore_index=True)
    book = facts(*({"customer_id": c} for c in frame.customer_id))
    norms = count_norms(frame, book, rules)
    assert counted_events(frame, norms, None, book, rules, as_of=AS_OF, week="w", after=None).events.empty


def test_more_systems_explain_more_tickets() -> None:
    """Twice the tickets on three times the systems is no spike."""
    plain = counts({"A": [6, *[1, 2, 1, 1, 2, 1, 1, 2, 1] * 4]})
    grown = plain.copy()
    grown["v00"] = 4.0
    book = facts({"customer_id": "A"})
    rules = CountedRules(spike=[SPIKE])
    found = [
        counted_events(f, count_norms(f, book, rules), None, book, rules, as_of=AS_OF, week="w", after=None)
        for f in (plain, grown)
    ]
    assert [len(one.events) for one in found] == [1, 0]


def test_a_busy_season_is_nobodys_event() -> None:
    """Everybody has had three times the tickets for a month."""
    busy = {f"C{n:02d}": [6, 6, 5, 7, 6, *[2, 1, 3, 2, 2] * 7] for n in range(30)}
    frame = counts(busy)
    rules = CountedRules(spike=[SPIKE])
    book = facts(*({"customer_id": c} for c in frame.customer_id))
    norms = count_norms(frame, book, rules)
    check(norms, COUNT_NORMS)
    assert norms.season[0] > 2
    flat = norms.assign(season=1.0)
    with_season, without = (
        counted_events(frame, n, None, book, rules, as_of=AS_OF, week="w", after=None) for n in (norms, flat)
    )
    assert (len(with_season.events), len(without.events) > 0) == (0, True)


def test_a_slow_rise_is_one_event_until_it_was_left() -> None:
    base = [1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1] * 3
    weeks, told, watched, after = [*[4, 3, 4, 3, 4, 3, 4], *base], [], None, None
    for step in range(12):
        lasting = [4, 3] * 6 if step < 6 else []
        history = [*lasting[:step], *weeks] if step < 6 else [*[0] * (step - 5), *[4, 3, 4, 3, 4], *weeks]
        found = judged(
            {"A": [float(x) for x in history[:40]]}, rule=RISING, before=watched, after=after, week=f"w{step:02d}"
        )
        told += found.events.event_id.tolist()
        watched, after = found.watched, f"w{step:02d}"
    assert len(told) == 1
    assert "weeks" in judged({"A": [float(x) for x in weeks[:40]]}, rule=RISING).events.headline[0]
    # quiet for long enough: left, and a second rise is a second event
    calm = judged({"A": [float(x) for x in ([0] * 13 + base)[:40]]}, rule=RISING, before=watched, after=after)
    calm = judged({"A": [float(x) for x in ([0] * 14 + base)[:40]]}, rule=RISING, before=calm.watched, after="w12")
    assert calm.watched.empty
    second = judged({"A": [float(x) for x in weeks[:40]]}, rule=RISING, before=calm.watched, after="w13")
    assert len(second.events) == 1
    assert second.events.event_id[0] not in told


def test_a_week_alone_is_no_drift() -> None:
    assert judged({"A": [6, *QUIET]}, rule=RISING).events.empty


def test_both_clocks_give_one_id() -> None:
    """Seen on Wednesday among the few who changed, by the book's frozen figures; then by the weekly run."""
    rows = {"A": [9.0, *QUIET]}
    rules = CountedRules(spike=[SPIKE])
    last_week = counts({f"q{n:02d}": QUIET[n % 13 :][:40] for n in range(40)} | {"A": QUIET})
    book = facts(*({"customer_id": c} for c in last_week.customer_id))
    frozen = count_norms(last_week, book, rules)
    alone = counted_events(
        counts(rows),
        frozen,
        None,
        facts({"customer_id": "A"}),
        rules,
        as_of=AS_OF - timedelta(days=4),
        week="2026-W47",
        after="2026-W46",
    )
    weekly = judged(rows, after="2026-W46")
    assert len(alone.events) == 1
    assert alone.events.event_id.tolist() == weekly.events.event_id.tolist()
    assert judged(rows, after="2026-W45").events.event_id.tolist() != weekly.events.event_id.tolist()


def test_those_who_left_have_no_events() -> None:
    frame = counts({"A": [9, *QUIET]})
    rules = CountedRules(spike=[SPIKE])
    here, gone = facts({"customer_id": "A"}), facts({"customer_id": "A", "status": "left"})
    norms = count_norms(frame, here, rules)
    assert len(counted_events(frame, norms, None, here, rules, as_of=AS_OF, week="w", after=None).events) == 1
    assert counted_events(frame, norms, None, gone, rules, as_of=AS_OF, week="w", after=None).events.empty


def test_order_and_partition_do_not_matter() -> None:
    rows = {"A": [9.0, *QUIET], "B": [7.0, *QUIET], "C": [1.0, *QUIET]}
    rules = CountedRules(spike=[SPIKE])
    frame = counts({f"q{n:02d}": QUIET[n % 13 :][:40] for n in range(40)} | rows)
    book = facts(*({"customer_id": c} for c in frame.customer_id))

    def events(f: pd.DataFrame) -> pd.DataFrame:
        return counted_events(
            f, count_norms(f, book, rules), None, book, rules, as_of=AS_OF, week="w", after=None
        ).events

    halves = pd.concat([frame.iloc[20:], frame.iloc[:20]], ignore_index=True)
    pd.testing.assert_frame_equal(events(frame), events(halves))
    pd.testing.assert_frame_equal(events(frame), events(frame.sample(frac=1, random_state=2)))


# --- from rows ---------------------------------------------------------------------------------------------------


def counted(tables: dict[str, Any], *rules: SpikeRule | DriftRule, **fact: Any) -> pd.DataFrame:
    all_rules = CountedRules(
        spike=[r for r in rules if isinstance(r, SpikeRule)], drift=[r for r in rules if isinstance(r, DriftRule)]
    )
    book = facts(*({"customer_id": c, **fact} for c in "AB"))
    found = weekly_counts({"customers": customers("A", "B"), **tables}, all_rules, book, as_of=AS_OF)
    check(found, COUNTS)
    return found


def test_windows_are_seven_days_and_half_open() -> None:
    days = (0.01, 7, 7.01, 14, 280, 280.1)
    found = counted({"tickets": table("tickets", [{"opened_at": ago(d)} for d in days])}, SPIKE)
    assert found[["n00", "n01", "n39"]].to_numpy().tolist() == [[2.0, 2.0, 1.0]]
    assert found.customer_id.tolist() == ["A"]


def test_exposure_is_what_was_installed_and_ours() -> None:
    assets = [
        {"quantity": 3.0, "installed_on": ago(400)},
        {"quantity": 5.0, "installed_on": ago(10), "removed_on": None},
        {"quantity": 2.0, "installed_on": ago(400), "removed_on": ago(20)},
    ]
    tables = {"tickets": table("tickets", [{"opened_at": ago(1)}]), "install_base": table("install_base", assets)}
    rule = SPIKE.model_copy(update={"per_install_base": True})
    found = counted(tables, rule, since_on=ago(30).replace(tzinfo=None)).iloc[0]
    assert [found[f"v{n:02d}"] for n in range(6)] == [8.0, 8.0, 3.0, 5.0, 5.0, 0.0]
    assert counted(tables, SPIKE).iloc[0].v39 == 1.0


def test_a_mean_that_falls_beyond_its_tolerance() -> None:
    rng = np.random.default_rng(1)
    rows = []
    for customer, drop in (("A", 22.0), ("B", 3.0)):
        for week in range(39):
            level = 80 - drop * max(0, 8 - week) / 8 + rng.normal(0, 1.5)
            rows.append({"customer_id": customer, "used_on": ago(7 * week + 3), "metric": "u", "value": level})
    frame = counted({"usage": table("usage", rows)}, FALLING)
    rules = CountedRules(drift=[FALLING])
    book = facts({"customer_id": "A"}, {"customer_id": "B"})
    found = counted_events(frame, count_norms(frame, book, rules), None, book, rules, as_of=AS_OF, week="w", after=None)
    assert found.events.customer_id.tolist() == ["A"]
    assert found.events.headline[0].endswith("before 80") or "before" in found.events.headline[0]
    up = FALLING.model_copy(update={"direction": "up"})
    rules = CountedRules(drift=[up])
    assert counted_events(
        frame, count_norms(frame, book, rules), None, book, rules, as_of=AS_OF, week="w", after=None
    ).events.empty


def test_a_wrong_rule_is_refused_in_words() -> None:
    with pytest.raises(RuleRefused, match="neither an instant nor a day"):
        counted({}, SPIKE.model_copy(update={"time_column": "subject"}))
    with pytest.raises(ValidationError, match="no column 'nobody'; it has category"):
        SpikeRule(id="x", table="tickets", time_column="nobody", headline="x")
    with pytest.raises(ValidationError, match="headline may hold"):
        SpikeRule(id="x", table="tickets", time_column="opened_at", headline="{subject}")
    with pytest.raises(ValidationError, match="ewma needs `column`"):
        DriftRule(id="x", table="tickets", time_column="opened_at", method="ewma", headline="x")
    with pytest.raises(ValidationError, match="must stay below 40"):
        CountedRules(baseline_weeks=30, watched_weeks=13)
