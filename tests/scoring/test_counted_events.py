"""Spikes and drifts: the reference numbers, what counts as one event, and that both clocks name it alike."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.stats import binomtest, norm
from statsmodels.stats.rates import test_poisson_2indep as poisson_2indep

from contracts.frames import check
from contracts.results import COUNT_NORMS, COUNTS, EVENTS, WATCHED
from contracts.rules import CountedRules, DriftRule, SpikeRule
from scoring.errors import RuleRefused
from scoring.measure.events import Counted, count_norms, counted_events, weekly_counts
from scoring.measure.events.charts import alarm_line, cusum, ewma, ewma_variance, reference, run_length
from scoring.measure.events.surprise import adjusted, rate_ratio, tail
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


def p_of(x: float, y: float, weeks: float, excess: float = 0.0, newest: float = 1.0) -> float:
    share = newest / (newest + weeks)
    return float(tail(np.array([x]), np.array([x + y]), np.array([share]), np.array([excess]))[0])


# --- reference numbers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "mean", "p"), [(9, 3, 0.0038), (6, 2, 0.0166), (4, 1, 0.0190), (3, 0.5, 0.0144), (18, 10, 0.0143)]
)
def test_a_long_record_gives_the_poisson_tail(x: int, mean: float, p: float) -> None:
    weeks = 1e7
    assert round(p_of(x, mean * weeks, weeks), 4) == p


@pytest.mark.parametrize(("k", "p"), [(1, 0.0751), (2, 0.0464)])
def test_a_long_record_of_clusters_gives_the_negative_binomial_tail(k: float, p: float) -> None:
    weeks = 1e5
    # variance = mean + mean^2 / k, so variance/mean - 1 = mean / k
    clustered = p_of(9, 3 * weeks, weeks, excess=3 / k)
    assert round(clustered, 4) == p
    assert 12 <= clustered / p_of(9, 3 * weeks, weeks) <= 20


def test_four_in_two_weeks_against_eight_in_eight() -> None:
    assert round(p_of(4, 8, 8, newest=2), 4) == 0.2054


def test_two_rates_as_r_compares_them() -> None:
    x, y, share = 11, 6 + 8 + 7, 800 / (800 + 1083 + 1050 + 878)
    found = rate_ratio(x, y, share)
    assert (round(found.value, 4), round(found.low, 4), round(found.high, 4)) == (1.9715, 0.8584, 4.2773)
    assert round(binomtest(x, x + y, share).pvalue, 5) == 0.07967
    # ours is one-sided: more than usual
    assert p_of(x, y, 1083 + 1050 + 878, newest=800) == pytest.approx(
        binomtest(x, x + y, share, alternative="greater").pvalue
    )


def test_two_rates_as_statsmodels_compares_them() -> None:
    def by(method: str) -> Any:
        return poisson_2indep(60, 51477.5, 30, 54308.7, method=method)

    assert round(float(by("score").statistic), 4) == 3.4174
    known = {"score": 0.000632, "wald-log": 0.000840, "exact-cond": 0.000675, "cond-midp": 0.000557}
    assert {method: round(float(by(method).pvalue), 6) for method in known} == known
    share = 51477.5 / (51477.5 + 54308.7)
    one_sided = poisson_2indep(60, 51477.5, 30, 54308.7, method="exact-cond", alternative="larger").pvalue
    assert p_of(60, 30, 1 - share, newest=share) == pytest.approx(float(one_sided))


def test_ratio_without_a_record() -> None:
    found = rate_ratio(3, 0, 0.1)
    assert (found.value, found.high) == (math.inf, math.inf)
    assert found.low > 1


# NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.4: target 50, standard deviation 2.0539, lambda 0.3
NIST = [
    52.0,
    47.0,
    53.0,
    49.3,
    50.1,
    47.0,
    51.0,
    50.1,
    51.2,
    50.5,
    49.6,
    47.6,
    49.9,
    51.3,
    47.8,
    51.2,
    52.6,
    52.4,
    53.6,
    52.1,
]
NIST_EWMA = [50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33, 50.11, 49.36, 49.52, 50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99]  # fmt: skip


def test_ewma_of_the_handbook() -> None:
    path, values = ewma(np.array([NIST]), np.array([50.0]), 0.3)
    assert path[0].round(2).tolist() == NIST_EWMA
    half = 3 * 2.0539 * math.sqrt(float(ewma_variance(0.3, math.inf)))
    assert (round(50 + half, 4), round(50 - half, 4), values[0]) == (52.5884, 47.4116, 20)


@pytest.mark.parametrize(
    ("h", "shift", "length", "digits"),
    [
        (4, 0, 167.7, 1),
        (4, 0.5, 26.6, 1),
        (4, 1, 8.38, 2),
        (4, 2, 3.34, 2),
        (5, 0, 465.4, 1),
        (5, 0.5, 38.0, 1),
        (5, 1, 10.38, 2),
        (5, 2, 4.01, 2),
    ],
)
def test_run_length_of_a_two_sided_cusum(h: float, shift: float, length: float, digits: int) -> None:
    up = run_length(lambda step: norm.cdf(step + 0.5 - shift), h, states=400)
    down = run_length(lambda step: norm.cdf(step + 0.5 + shift), h, states=400)
    assert round(1 / (1 / up + 1 / down), digits) == length


def test_cusum_by_hand() -> None:
    k = float(reference(np.array([1.0]), 2.0)[0])
    assert k == pytest.approx(1 / math.log(2))
    s, weeks = cusum(np.array([[0.0, 3.0, 1.0, 4.0], [3.0, 0.0, 0.0, 0.0]]), np.full((2, 4), 1.5))
    assert (s.tolist(), weeks.tolist()) == ([3.5, 0.0], [3, 0])


def test_the_alarm_line_keeps_its_promise() -> None:
    mean, weeks = 1.0, 260.0
    h = alarm_line(mean, 2.0, weeks)
    rng = np.random.default_rng(5)
    k, lengths = float(reference(np.array([mean]), 2.0)[0]), []
    for _ in range(200):
        s, week = 0.0, 0
        while s < h:
            s, week = max(0.0, s + rng.poisson(mean) - k), week + 1
        lengths.append(week)
    assert np.mean(lengths) > weeks * 0.8
    assert alarm_line(mean, 2.0, weeks * 4) > h


def test_a_quiet_book_raises_fewer_alerts_than_any_rule_of_thumb() -> None:
    """2,000 quiet accounts, one week: the order is what matters, the numbers are of one draw."""
    rng = np.random.default_rng(3)
    rate = rng.gamma(2.0, 0.4, 2000)
    y, x = rng.poisson(rate * 26).astype(float), rng.poisson(rate).astype(float)
    p = tail(x, x + y, np.full(2000, 1 / 27), np.zeros(2000))
    twice, loose, firm, strict = (int(rule.sum()) for rule in (x > 2 * y / 26, p < 0.05, p < 0.01, p < 0.001))
    corrected = int((adjusted(p, 2000) <= 0.10).sum())
    assert twice > loose > firm >= strict >= corrected
    assert twice > 100
    assert corrected == 0


def test_correction_counts_those_who_were_not_looked_at() -> None:
    p = np.array([0.0001, 0.004, 0.5])
    assert adjusted(p, 100) == pytest.approx([0.01, 0.2, 1.0])
    assert adjusted(p, 3) == pytest.approx([0.0003, 0.006, 0.5])


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
