"""Lines against outcomes, proposals without any, weights drawn anew, and what a dead-band is good for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau

from contracts.frames import check
from contracts.results import NUDGED_SIGNALS, PROPOSED_LINES, RANK_STABILITY, SWEPT_OUTCOMES, ZONE_STABILITY
from contracts.rules import Lines, SensitivityRules, Thresholds
from contracts.rules.sensitivity import Capacity, Costs
from contracts.weeks import Week
from contracts.words import Axis
from scoring.measure.norms import norms
from scoring.measure.signals import measure
from scoring.place.axes import score
from scoring.place.placement import place
from scoring.place.sensitivity import BackTest, back_test, perturb, propose_lines, tracks
from scoring.place.sensitivity.load import Moves
from scoring.place.sensitivity.lookup import spread
from scoring.place.sensitivity.planes import Step, replay
from tests.factories.scoring import AS_OF, ago, customers, facts, placements, rule, table, thresholds
from tests.factories.sensitivity import history_of

RULES = SensitivityRules(costs=Costs(missed=50_000, false_alarm=5_000, case=0), resamples=200)


def against(flagged: int, hits: int, lost: int, size: int) -> BackTest:
    """Customers of whom so many are Critical under today's lines, and of these so many left."""
    leaves = [n < hits or flagged <= n < flagged + lost - hits for n in range(size)]
    rows = [
        {
            "customer_id": f"C{n:04d}",
            "loyalty": 30.0 if n < flagged else 45.0 + n % 40,
            "retention": 40.0 if n < flagged else 75.0,
            "zone": "very_loyal",
        }
        for n in range(size)
    ]
    placed = placements(*rows)
    known = facts(*({"customer_id": row["customer_id"]} for row in rows))
    outcome = pd.DataFrame(
        {"customer_id": placed.customer_id, "is_churned": leaves, "days": np.where(leaves, 70.0, np.nan)}
    )
    found = back_test(tracks(history_of([placed]), known, thresholds()), outcome, RULES, seed=1)
    check(found.outcomes, SWEPT_OUTCOMES)
    return found


def test_twenty_flagged_of_two_hundred() -> None:
    """methods: 12 of 20 flagged and 30 of 200 in all left."""
    row = against(20, 12, 30, 200).outcomes.query("axis == 'loyalty' and shift == 0").iloc[0]
    assert (row.precision, round(row.precision_low, 4), round(row.precision_high, 4)) == (0.6, 0.3866, 0.7812)
    assert (row.recall, row.lift) == (pytest.approx(0.40), pytest.approx(4.0))
    assert row.lift_low == pytest.approx(row.precision_low / 0.15)
    assert (row.lead_days, row.youden) == (70.0, pytest.approx(12 / 30 - 8 / 170))
    assert row.cost_amount == 50_000 * 18 + 5_000 * 8


def test_outcomes_of_every_position_follow_from_the_placements() -> None:
    found = against(20, 12, 30, 200).outcomes
    assert len(found) == 2 * 41
    by_axis = found.sort_values("shift").groupby("axis")
    assert by_axis.flagged.apply(lambda flagged: flagged.is_monotonic_increasing).all()
    assert by_axis.recall.apply(lambda recall: recall.is_monotonic_increasing).all()


def planted(line: float, *, size: int, seed: int = 3) -> BackTest:
    """Everybody is low on retention; who stood below `line` on loyalty left five times in six, others rarely."""
    rng = np.random.default_rng(seed)
    loyalty = rng.uniform(35, 65, size).round(2)
    leaves = rng.random(size) < np.where(loyalty < line, 0.83, 0.02)
    rows = [
        {"customer_id": f"C{n:04d}", "loyalty": v, "retention": 30.0, "zone": "critical"} for n, v in enumerate(loyalty)
    ]
    placed = placements(*rows)
    known = facts(*({"customer_id": row["customer_id"]} for row in rows))
    outcome = pd.DataFrame(
        {"customer_id": placed.customer_id, "is_churned": leaves, "days": np.where(leaves, 50.0, np.nan)}
    )
    return back_test(tracks(history_of([placed]), known, thresholds()), outcome, RULES, seed=1)


def proposed(found: BackTest | None, placed: pd.DataFrame | None = None, *, owners: int = 5) -> pd.DataFrame:
    some = placements({"customer_id": "A", "zone": "very_loyal"}) if placed is None else placed
    lines = propose_lines(some, thresholds(), RULES, owners=owners, tested=found, minimum_lost=30)
    check(lines, PROPOSED_LINES)
    return lines.set_index("axis")


def test_a_line_that_pays_is_proposed() -> None:
    found = planted(56.0, size=800)
    row = proposed(found).loc["loyalty"]
    assert row.basis == "outcomes"
    assert 55.0 <= row.proposed <= 57.0
    assert row.cheapest_low <= row.cheapest <= row.cheapest_high
    assert row.saving_low_amount > 0
    assert "would have cost" in row.sentence


def test_a_flat_curve_keeps_the_line_of_the_experts() -> None:
    found = planted(50.5, size=120)
    row = proposed(found).loc["loyalty"]
    assert row.proposed == row.current == 50.0
    assert row.saving_low_amount <= 0
    assert row.sentence.startswith("Keep the loyalty line at 50: the cost is flat")


def test_the_same_seed_draws_the_same() -> None:
    assert planted(56.0, size=200).cheapest == planted(56.0, size=200).cheapest


def spread_book(size: int) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    pairs = rng.normal((60, 65), 12, (size, 2)).clip(0, 100)
    return placements(
        *(
            {"customer_id": f"C{n:03d}", "loyalty": a, "retention": b, "zone": "very_loyal"}
            for n, (a, b) in enumerate(pairs)
        )
    )


def test_without_outcomes_capacity_and_distribution_speak_and_say_so() -> None:
    book = spread_book(300)
    lines = proposed(None, book, owners=5)
    critical = ((book.loyalty < lines.proposed["loyalty"]) & (book.retention < lines.proposed["retention"])).sum()
    assert 15 <= critical <= 5 * 1.0 * 4.0
    assert (lines.basis == "capacity").all()
    assert lines.sentence["loyalty"].endswith("From capacity and distribution alone, no outcome is known.")
    assert f"{critical} Critical customers, which 5 owners" in lines.sentence["loyalty"]
    assert proposed(None, book, owners=10).proposed["loyalty"] > lines.proposed["loyalty"]


def test_few_losses_are_no_outcomes() -> None:
    lines = proposed(against(20, 3, 6, 200), spread_book(100))
    assert (lines.basis == "capacity").all()
    assert "only 6 losses are known, 30 are needed" in lines.sentence["retention"]


def test_nobody_to_work_keeps_the_lines() -> None:
    lines = proposed(None, spread_book(100), owners=0)
    assert lines.proposed.tolist() == lines.current.tolist()
    assert SensitivityRules(capacity=Capacity(cases_per_owner_week=2)).capacity.weeks_to_work_off == 4


# --- hysteresis --------------------------------------------------------------------------------------------------


def flips_per_year(values: np.ndarray, rules: Thresholds) -> float:
    """Changes of zone per account and year, by the replay itself; the retention axis stays where it is."""
    weeks, size = values.shape
    ids = [f"C{n:04d}" for n in range(size)]
    rows = pd.DataFrame(
        {
            "customer_id": np.tile(ids, weeks),
            "week": np.repeat([str(Week(2025, 1).shift(w)) for w in range(weeks)], size),
            "state": "placed",
            "loyalty": values.ravel(),
            "retention": 90.0,
        }
    )
    book = tracks(rows, facts(*({"customer_id": c} for c in ids)), rules)
    moves = Moves()
    replay(book, Axis.LOYALTY, (0.0,), watch=moves.see)
    return sum(int((words & np.uint64(1)).sum()) for words in moves.changed) / size * 52 / (weeks - 1)


def test_dead_band_and_confirmation_calm_the_flaps_in_the_order_of_the_books() -> None:
    """AR(1) noise, rho .7, sd 5, 52 weeks, line 60 (methods: 4.51, 2.29, 1.66, .91; 2.00, 1.17; .79 in another draw)."""
    rng = np.random.default_rng(8)
    size, weeks = 1500, 52
    latent = rng.normal(65, 12, size)
    noise, values = rng.normal(0, 5, size), []
    for _ in range(weeks):
        noise = 0.7 * noise + rng.normal(0, 5 * np.sqrt(1 - 0.49), size)
        values.append((latent + noise).clip(0, 100).round(6))
    grid = np.array(values)

    def rate(band: float, confirmation: int) -> float:
        return flips_per_year(
            grid, thresholds(lines=Lines(loyalty=60, retention=60), dead_band=band, confirmation_weeks=confirmation)
        )

    plain, two, three, five = (rate(band, 1) for band in (0, 2, 3, 5))
    weeks_2, weeks_3, both = rate(0, 2), rate(0, 3), rate(3, 2)
    assert plain > two > three > five
    assert plain > weeks_2 > weeks_3
    assert both < min(three, weeks_2)
    assert 1.5 < plain / two < 2.6
    assert both < plain / 4


def test_a_true_drop_is_seen_at_once_or_a_week_later() -> None:
    drop = np.vstack([np.full((4, 1), 68.0), np.full((6, 1), 53.0)])

    def week_seen(band: float, confirmation: int) -> int:
        ids = ["A"]
        rules = thresholds(lines=Lines(loyalty=60, retention=60), dead_band=band, confirmation_weeks=confirmation)
        rows = pd.DataFrame(
            {
                "customer_id": ids * 10,
                "week": [str(Week(2025, 1).shift(w)) for w in range(10)],
                "state": "placed",
                "loyalty": drop.ravel(),
                "retention": 90.0,
            }
        )
        seen: list[int] = []

        def watch(step: Step) -> None:
            if step.is_judged.any() and step.before[0][0] != step.after[0][0]:
                seen.append(step.week)

        replay(tracks(rows, facts({"customer_id": "A"}), rules), Axis.LOYALTY, (0.0,), watch=watch)
        return seen[0] - 4

    assert [week_seen(0, 1), week_seen(5, 1), week_seen(0, 2), week_seen(0, 3), week_seen(3, 2)] == [0, 0, 1, 2, 1]
    assert spread(np.array([True, False])).tolist() == [2**64 - 1, 0]


# --- weights -----------------------------------------------------------------------------------------------------

SIGNALS = [
    rule(id="hours", aggregate="mean", column="resolve_hours", bad=60.0, good=5.0, weight=2.0),
    rule(id="moves", aggregate="mean", column="handoff_count", bad=4.0, good=0.0, weight=1.0),
    rule(id="worst", aggregate="max", column="resolve_hours", bad=90.0, good=10.0, weight=1.0, axis="retention"),
    rule(id="many", aggregate="count", bad=12.0, good=0.0, weight=3.0, axis="retention", zero_is_observed=True),
]


def scored_book(rules: list) -> tuple:
    rng = np.random.default_rng(4)
    ids = [f"C{n:02d}" for n in range(40)]
    tickets = [
        {
            "customer_id": ids[n % 40],
            "opened_at": ago(1 + n % 80),
            "resolved_at": ago(n % 80),
            "resolve_hours": float(rng.gamma(2, 12 + n % 40)),
            "handoff_count": int(rng.poisson(1 + (n % 40) / 15)),
        }
        for n in range(320)
    ]
    measured = measure(
        {"customers": customers(*ids), "tickets": table("tickets", tickets)},
        rules,
        as_of=AS_OF,
        fresh=frozenset({"tickets"}),
    )
    book = norms(measured, SIGNALS)
    by = thresholds(lines=Lines(loyalty=55, retention=40), prior_strength=1.0)
    scored = score(measured, book, rules, by)
    known = facts(*({"customer_id": c, "revenue_amount": 100.0} for c in ids))
    return scored, book, place(scored.scores, known, None, by, week=Week(2026, 47)), known, by


def test_nudged_signals_equal_scoring_again() -> None:
    scored, book, placed, known, by = scored_book(SIGNALS)
    rules = SensitivityRules(nudge=0.2, draws=20)
    found = perturb(scored.contributions, book, placed, known, SIGNALS, by, rules, seed=1).nudged
    check(found, NUDGED_SIGNALS)
    assert len(found) == 4 * 6
    for row in found.itertuples():
        here = next(s for s in SIGNALS if s.id == row.signal_id)
        part, side = row.what.split("_")
        sign = 1 if side == "up" else -1
        if part == "weight":
            change = {"weight": here.weight * (1 + 0.2 * sign)}
        else:
            change = {part: getattr(here, part) + sign * 0.2 * (here.good - here.bad)}
        again = [s.model_copy(update=change) if s.id == here.id else s for s in SIGNALS]
        other, _, there, _, _ = scored_book(again)
        both = scored.scores.merge(other.scores, on=["customer_id", "axis"]).query("axis == @row.axis")
        size = (both.score_x - both.score_y).abs()
        assert (row.mean_change, row.largest_change) == (
            pytest.approx(size.mean(), abs=2e-6),
            pytest.approx(size.max(), abs=2e-6),
        )
        assert row.flips == (placed.raw_zone.to_numpy() != there.raw_zone.to_numpy()).sum()
        assert row.flip_revenue_amount == 100.0 * row.flips


def test_ranks_are_steadier_when_weights_move_less() -> None:
    scored, book, placed, known, by = scored_book(SIGNALS)
    loose, firm = (
        perturb(
            scored.contributions, book, placed, known, SIGNALS, by, SensitivityRules(draws=60, concentration=c), seed=1
        )
        for c in (5.0, 5000.0)
    )
    for one in (loose, firm):
        check(one.ranks, RANK_STABILITY)
        check(one.zones, ZONE_STABILITY)
        assert one.ranks.stay_share.tolist() == pytest.approx([one.zones.stay_share.mean()] * 2)
    assert firm.ranks.tau[0] > loose.ranks.tau[0] > loose.ranks.tau_low[0]
    assert firm.ranks.tau.min() > 0.97
    assert firm.zones.stay_share.mean() > loose.zones.stay_share.mean()
    again = perturb(
        scored.contributions, book, placed, known, SIGNALS, by, SensitivityRules(draws=60, concentration=5.0), seed=1
    )
    pd.testing.assert_frame_equal(again.zones, loose.zones)


def test_tau_is_that_of_scipy_on_the_same_draw() -> None:
    scored, book, placed, known, by = scored_book(SIGNALS)
    one = perturb(
        scored.contributions, book, placed, known, SIGNALS, by, SensitivityRules(draws=20, concentration=1e9), seed=1
    )
    axis = scored.scores.query("axis == 'loyalty'").score.to_numpy()
    assert one.ranks.tau.tolist() == pytest.approx([1.0, 1.0], abs=0.01)
    assert kendalltau(axis, axis).statistic == pytest.approx(1.0)
    assert (one.zones.zone == placed.raw_zone.to_numpy()).all()
