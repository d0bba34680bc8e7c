"""Moving the lines: the same numbers as placing the whole book again, week by week, at every position."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pandas as pd
import pytest

from contracts.frames import check
from contracts.results import SWEPT_FLIPS, SWEPT_GRID, SWEPT_LINES, SWEPT_ZONES
from contracts.rules import Corners, Lines, SensitivityRules, Thresholds
from contracts.words import Zone
from scoring.place.sensitivity import Swept, sweep, tracks
from tests.factories.scoring import assignments, facts, people, placements, thresholds
from tests.factories.sensitivity import Weeks, history_of, later, moved, placed_weeks, random_weeks

RULES = SensitivityRules(steps=41, step=0.5, grid_steps=5, cuts=["tier"])
TIERS = {"gold": Lines(loyalty=52.5, retention=61)}
CORNERS = Corners(
    high_loyalty_high_retention=Zone.CRITICAL,
    high_loyalty_low_retention=Zone.NEUTRAL,
    low_loyalty_high_retention=Zone.SOMEWHAT_LOYAL,
    low_loyalty_low_retention=Zone.VERY_LOYAL,
)
MIXED = Corners(
    high_loyalty_high_retention=Zone.VERY_LOYAL,
    high_loyalty_low_retention=Zone.CRITICAL,
    low_loyalty_high_retention=Zone.NEUTRAL,
    low_loyalty_low_retention=Zone.SOMEWHAT_LOYAL,
)
WEEKS = 13
CASES = [
    pytest.param(thresholds(tier=TIERS), True, id="two weeks, band 2, lines by tier"),
    pytest.param(thresholds(), False, id="everybody placed anew in the first week"),
    pytest.param(thresholds(confirmation_weeks=1), True, id="no confirmation"),
    pytest.param(thresholds(confirmation_weeks=4, dead_band=0.75), True, id="four weeks, a band that is no step"),
    pytest.param(thresholds(dead_band=0.3, tier=TIERS), True, id="a band that no double holds exactly"),
    pytest.param(thresholds(dead_band=0.0), True, id="no band"),
    pytest.param(thresholds(confirmation_weeks=3, corners=CORNERS), True, id="Critical is high and high"),
    pytest.param(thresholds(corners=MIXED, tier=TIERS), True, id="Critical is high and low"),
]


BOOK = random_weeks(11, customers=120, weeks=WEEKS + 3)
STAFF = people(*({"person_id": f"P{n}"} for n in range(7)))
TEAMS = assignments(*((f"C{n:03d}", f"P{n % 7}", "owner") for n in range(110)))


@dataclass(frozen=True, slots=True)
class Scene:
    """What the sweep says of a random book; the placements that stood before its weeks, and in them."""

    rules: Thresholds
    found: Swept
    before: pd.DataFrame | None
    actual: list[pd.DataFrame]

    def again(self, axis: str, shift: float) -> list[pd.DataFrame]:
        """The slow way: every week placed again by `place` under moved lines, from what stood before."""
        by = {"loyalty": 0.0, "retention": 0.0, axis: shift}
        return placed_weeks(later(BOOK, len(BOOK.weeks) - len(self.actual)), moved(self.rules, **by), self.before)


def scene(rules: Thresholds, *, has_before: bool) -> Scene:
    first = 3 if has_before else 0
    earlier = placed_weeks(Weeks(BOOK.weeks[:first], BOOK.scores[:first], BOOK.facts[:first]), rules, None)
    before = earlier[-1] if has_before else None
    actual = placed_weeks(later(BOOK, first), rules, before)
    made = tracks(history_of(actual), BOOK.facts[-1], rules, before=before)
    return Scene(rules, sweep(made, actual[-1], BOOK.facts[-1], RULES, assignments=TEAMS, people=STAFF), before, actual)


def assert_zones(rows: pd.DataFrame, placements: pd.DataFrame) -> None:
    """Customers and revenue per zone, with those who lack evidence as a fifth."""
    here = placements.merge(BOOK.facts[-1][["customer_id", "revenue_amount"]], on="customer_id")
    expected = here.groupby(here["zone"].where(here["state"] == "placed", here["state"]))["revenue_amount"].agg(
        ["size", "sum"]
    )
    for row in rows.itertuples():
        size, total = expected.loc[row.zone] if row.zone in expected.index else (0, 0.0)
        assert (row.customers, row.revenue_amount) == (size, pytest.approx(total, abs=0.01)), row


def assert_load(line: pd.Series, weeks: list[pd.DataFrame], before: pd.DataFrame | None) -> None:
    """Changes of zone and entries into Critical, week against week."""
    changed = judged = 0
    entered: list[str] = []
    pairs = list(pairwise(weeks if before is None else [before, *weeks]))
    swept = set(BOOK.facts[-1].customer_id)
    for old, every in pairs:
        new = every[every.customer_id.isin(swept)].reset_index(drop=True)
        was = old.set_index("customer_id")
        was = was.zone.where(was.state == "placed", was.pending_zone).reindex(new.customer_id).to_numpy(object)
        both = (new.state == "placed").to_numpy() & pd.notna(was)
        moves = both & (was != new.zone.to_numpy(object))
        judged, changed = judged + int(both.sum()), changed + int(moves.sum())
        entered += new.customer_id[moves & (new.zone == "critical").to_numpy()].tolist()
    assert line.changes_per_account_year == pytest.approx(changed / judged * 52.18)
    assert line.alerts_per_week == pytest.approx(len(entered) / len(pairs))
    owner = TEAMS.set_index("customer_id").person_id
    mine = pd.Series([owner[c] for c in entered if c in owner.index], dtype=object).value_counts()
    assert line.alerts_per_owner_week == pytest.approx(mine.sum() / 7 / len(pairs))
    assert line.busiest_owner_week == pytest.approx((mine.max() if len(mine) else 0) / len(pairs))
    last = weeks[-1]
    standing = last.customer_id[(last.zone == "critical").fillna(value=False)]
    assert line.critical_per_owner == pytest.approx(standing.isin(owner.index).sum() / 7)


def assert_position(one: Scene, axis: str, shift: float) -> None:
    weeks = one.again(axis, shift)
    rows = one.found.zones.query("dimension == 'all' and axis == @axis and shift == @shift")
    assert_zones(rows, weeks[-1])
    line = one.found.lines.query("axis == @axis and shift == @shift").iloc[0]
    today, then = one.actual[-1].set_index("customer_id").zone, weeks[-1].set_index("customer_id").zone
    both = pd.concat([today, then], axis=1, keys=["now", "then"]).dropna()
    elsewhere = both[both.now != both.then]
    assert line.flips == len(elsewhere)
    assert_load(line, weeks, one.before)
    # the flips that are named at this very shift stand where the slow way puts them
    named = one.found.flips.query("axis == @axis and shift == @shift").set_index("customer_id")
    assert named.from_zone.to_dict() == elsewhere.now.reindex(named.index).to_dict()
    assert named.to_zone.to_dict() == elsewhere.then.reindex(named.index).to_dict()


@pytest.mark.parametrize("axis", ["loyalty", "retention"])
def test_every_position_equals_placing_the_whole_book_again(axis: str) -> None:
    one = scene(thresholds(tier=TIERS), has_before=True)
    for frame, contract in zip(
        (one.found.zones, one.found.lines, one.found.flips, one.found.grid),
        (SWEPT_ZONES, SWEPT_LINES, SWEPT_FLIPS, SWEPT_GRID),
        strict=True,
    ):
        check(frame, contract)
    for shift in RULES.shifts:
        assert_position(one, axis, shift)
    assert one.found.flips["shift"].abs().max() > 5


@pytest.mark.parametrize(("rules", "has_before"), CASES)
def test_under_other_rules_too(rules: Thresholds, has_before: bool) -> None:
    one = scene(rules, has_before=has_before)
    for axis, shift in (("loyalty", -4.5), ("loyalty", 3.0), ("retention", -2.0)):
        assert_position(one, axis, shift)


def test_the_position_of_today_is_todays_book() -> None:
    one = scene(thresholds(tier=TIERS), has_before=True)
    today = one.found.zones.query("dimension == 'all' and shift == 0")
    for _, rows in today.groupby("axis"):
        assert_zones(rows, one.actual[-1])
    assert one.found.lines.query("shift == 0").flips.tolist() == [0, 0]


def test_both_lines_at_once() -> None:
    rules = thresholds(tier=TIERS)
    one = scene(rules, has_before=True)
    for (loyalty, retention), rows in list(one.found.grid.groupby(["loyalty_shift", "retention_shift"]))[::4]:
        weeks = placed_weeks(later(BOOK, 3), moved(rules, loyalty, retention), one.before)
        assert_zones(rows, weeks[-1])


def test_segments_sum_to_the_book() -> None:
    found = scene(thresholds(tier=TIERS), has_before=True).found.zones
    tiers = found[found.dimension == "tier"].groupby(["axis", "shift", "zone"]).customers.sum()
    known = BOOK.facts[-1]
    none = set(known.customer_id[known.tier.isna()])
    assert none, "the book must have customers without a tier"
    book = found[found.dimension == "all"].set_index(["axis", "shift", "zone"]).customers
    assert (tiers <= book.reindex(tiers.index)).all()
    assert (book.groupby(level=[0, 1]).sum().nunique(), tiers.groupby(level=[0, 1]).sum().nunique()) == (1, 1)


def test_on_the_fence() -> None:
    placed = placements(
        *(
            {"customer_id": c, "loyalty": v, "zone": "very_loyal"}
            for c, v in zip("ABCD", (50, 51.9, 52, 70), strict=True)
        )
    )
    book = facts(*({"customer_id": c} for c in "ABCD"))
    made = tracks(history_of([placed]), book, thresholds())
    found = sweep(made, placed, book, RULES, assignments=assignments(), people=people())
    shares = found.lines.query("axis == 'loyalty'").set_index("shift").fence_share
    assert (shares[0.0], shares[1.0], shares[10.0]) == (0.5, 0.75, 0.0)


def test_nobody_placed() -> None:
    book = facts({"customer_id": "A", "status": "prospect"})
    placed = placements({"customer_id": "A", "state": "insufficient", "loyalty": None, "retention": None})
    found = sweep(
        tracks(history_of([placed]), book, thresholds()),
        placed,
        book,
        RULES,
        assignments=assignments(),
        people=people(),
    )
    assert found.flips.empty
    assert found.zones.query("zone == 'insufficient'").customers.eq(1).all()
    assert found.lines.alerts_per_week.isna().all()


def test_order_does_not_matter() -> None:
    rules = thresholds(tier=TIERS)
    actual = placed_weeks(later(BOOK, 10), rules, None)
    history, known = history_of(actual), BOOK.facts[-1]
    mixed = history.sample(frac=1, random_state=1), known.iloc[::-1]
    one, other = (
        sweep(tracks(h, f, rules), actual[-1], f, RULES, assignments=TEAMS, people=STAFF)
        for h, f in ((history, known), mixed)
    )
    for name in ("zones", "lines", "flips", "grid"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
