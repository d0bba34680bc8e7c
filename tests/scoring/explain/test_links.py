"""Links: family, intervals, slopes, shapes, rows at every level; and the demo company's planted ones."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from config.policy import read_draft
from extract.demo import build_demo
from extract.demo.tickets import HANDOFF_EFFECT, RESOLVE_EFFECT
from scoring.explain.drivers import drivers
from scoring.explain.families import adjusted, fisher, pearson, spearman
from scoring.explain.link_answers import QUESTIONS, linkage_answers
from scoring.explain.linkage import links
from scoring.explain.panels import panels
from scoring.explain.shapes import bend
from scoring.explain.slopes import slope
from scoring.measure.asof import as_of_view
from scoring.measure.facts import customer_facts
from tests.factories.demo import canonical
from tests.factories.linkage import linkage_rules, panel
from tests.factories.scoring import AS_OF, ago, facts, table

CONFIG = Path(__file__).parents[3] / "config"
BH = [
    0.0001,
    0.0004,
    0.0019,
    0.0095,
    0.0201,
    0.0278,
    0.0298,
    0.0344,
    0.0459,
    0.3240,
    0.4262,
    0.5719,
    0.6528,
    0.7590,
    1.0,
]
BH_ADJUSTED = [0.0015, 0.0030, 0.0095, 0.0356, 0.0603, 0.0639, 0.0639, 0.0645, 0.0765, 0.4860, 0.5812, 0.7149, 0.7532, 0.8132, 1.0]  # fmt: skip


def test_benjamini_hochberg_1995():
    q = adjusted(np.array(BH))
    assert q.round(4).tolist() == BH_ADJUSTED
    assert int((q <= 0.05).sum()) == 4
    assert sum(p <= 0.05 / 15 for p in BH) == 3


def test_what_was_not_tested_is_not_in_the_family():
    q = adjusted(np.array([0.01, np.nan, 0.04]))
    assert q[[0, 2]].tolist() == adjusted(np.array([0.01, 0.04])).tolist()
    assert np.isnan(q[1])


def test_fisher_interval():
    found = fisher(0.5, 30)
    assert (round(found.low, 4), round(found.high, 4)) == (0.1704, 0.7290)


def test_correlations_of_the_means_of_accounts_are_larger_than_those_of_contacts():
    """500 accounts x 8 contacts: the level decides the figure (direction only)."""
    rng = np.random.default_rng(1)
    account = np.repeat(np.arange(500), 8)
    shared = rng.normal(size=(500, 1))
    x = np.repeat(shared[:, 0], 8) * 0.36 + rng.normal(size=4000)
    y = np.repeat(shared[:, 0], 8) * 0.36 + rng.normal(size=4000)
    single = pearson(x, y, 4000)
    means = pd.DataFrame({"x": x, "y": y}).groupby(account).mean()
    pooled = pearson(means.x.to_numpy(), means.y.to_numpy(), 500)
    assert pooled.value > single.value + 0.2
    assert spearman(x, x**3, 4000).value == pytest.approx(1.0)


def test_forty_null_links_leave_about_two_by_luck_and_seldom_one_after_the_family():
    rng = np.random.default_rng(2)
    lucky = left = 0
    for _ in range(150):
        p = rng.uniform(size=40)
        lucky += int((p < 0.05).sum())
        left += bool((adjusted(p) < 0.05).any())
    assert 1.5 < lucky / 150 < 2.5
    assert left / 150 < 0.10


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_q_values_keep_the_order_of_p_and_are_never_smaller(p_values):
    p = np.array(p_values)
    q = adjusted(p)
    assert (q >= p - 1e-12).all()
    assert (np.diff(q[np.argsort(p, kind="stable")]) >= -1e-12).all()


def test_the_cluster_robust_slope_is_that_of_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(3)
    unit = np.repeat(np.arange(40), 5)
    x = rng.normal(size=200)
    y = 0.5 * x + np.repeat(rng.normal(size=40), 5) + rng.normal(size=200)
    kinds = rng.choice(["a", "b", "c"], 200)
    held = pd.DataFrame({"tier": kinds, "size": rng.normal(size=200)})
    found = slope(panel(x, y, unit, held=held), within=False)
    design = np.column_stack([x, np.ones(200), kinds == "b", kinds == "c", held["size"]]).astype(float)
    expected = sm.OLS(y, design).fit(cov_type="cluster", cov_kwds={"groups": unit}, use_t=True)
    assert found.value == pytest.approx(expected.params[0], rel=1e-9)
    assert (found.low, found.high) == pytest.approx(tuple(expected.conf_int()[0]), rel=1e-9)
    assert found.p_value == pytest.approx(expected.pvalues[0], rel=1e-7)


def test_an_account_compared_with_itself_is_free_of_what_is_its_own():
    rng = np.random.default_rng(4)
    unit = np.repeat(np.arange(60), 8)
    mood = np.repeat(rng.normal(size=60), 8)
    x = -mood + rng.normal(size=480)
    y = mood + rng.normal(0, 0.5, 480)  # nothing to do with x but the mood behind both
    assert slope(panel(x, y, unit), within=False).high < -0.3
    assert abs(slope(panel(x, y, unit), within=True).value) < 0.1


def test_units_of_x_change_the_slope_as_they_should_and_rows_may_come_in_any_order():
    rng = np.random.default_rng(5)
    unit = np.repeat(np.arange(30), 4)
    x, y = rng.normal(size=120), rng.normal(size=120)
    one = slope(panel(x, y, unit), within=True)
    order = rng.permutation(120)
    turned = slope(panel(60 * x[order], y[order], unit[order]), within=True)
    assert turned.value * 60 == pytest.approx(one.value, abs=1e-12)
    assert turned.p_value == pytest.approx(one.p_value, abs=1e-12)


@pytest.mark.parametrize(("x", "y"), [([1.0] * 30, range(30)), (range(30), [2.0] * 30)], ids=["flat x", "flat y"])
def test_what_never_varies_has_no_slope(x, y):
    assert slope(panel(x, list(y)), within=False) is None


def test_the_interval_of_a_slope_holds_the_truth_as_often_as_it_claims():
    held = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        unit = np.repeat(np.arange(40), 6)
        x = np.repeat(rng.normal(size=40), 6) + rng.normal(size=240)
        y = -0.25 * x + np.repeat(rng.normal(size=40), 6) + rng.normal(size=240)
        found = slope(panel(x, y, unit), within=True)
        held += found.low <= -0.25 <= found.high
    assert 0.92 <= held / 400 <= 0.98


def test_a_hinge_is_told_from_a_line_and_a_curve():
    """Hinge at 8, slope -0.25 beyond, n = 400, sd 1.2: BIC linear > quadratic > hinge on average; the knot near 8."""
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x = rng.uniform(0, 20, 400)
        y = -0.25 * np.maximum(0, x - 8) + rng.normal(0, 1.2, 400)
        found.append(bend(panel(x, y), within=False, resamples=100, seed=seed))
    mean = {shape: np.mean([one.bic[shape] for one in found]) for shape in ("linear", "quadratic", "hinge")}
    assert mean["linear"] > mean["quadratic"] > mean["hinge"]
    hinges = [one for one in found if one.shape == "hinge"]
    assert len(hinges) > 20
    assert abs(np.median([one.knot for one in hinges]) - 8) < 1
    assert np.mean([one.low <= 8 <= one.high for one in hinges]) > 0.8
    assert all(abs(one.after) > abs(one.before) for one in hinges)


def test_a_line_stays_a_line():
    rng = np.random.default_rng(7)
    x = rng.integers(0, 6, 500)
    assert bend(panel(x, -0.25 * x + rng.normal(size=500)), within=False, resamples=100, seed=1).shape == "linear"


# --- Rows at their level -----------------------------------------------------------------------------------------


def account_rules(**changes):
    measure = {"step_words": "each step", "words": "points"}
    hypothesis = linkage_rules().hypothesis[0].model_dump() | {
        "level": "account", "compare": "between", "lags": [0, 4], "x": "handoffs", "y": "nps", **changes
    }  # fmt: skip
    return linkage_rules(
        measure=[
            measure | {"id": "handoffs", "name": "Hand-offs", "table": "tickets", "time": "resolved_at", "column": "handoff_count", "weeks": 4},
            measure | {"id": "nps", "name": "NPS", "table": "surveys", "time": "answered_at", "column": "score", "weeks": 4},
        ],
        hypothesis=[hypothesis],
    )  # fmt: skip


def test_y_lies_after_x_by_the_lag_and_never_before():
    tickets = [
        {"resolved_at": ago(7 * week + 3), "opened_at": ago(7 * week + 4), "handoff_count": week} for week in range(20)
    ]
    surveys = [
        {"kind": "nps", "sent_at": ago(7 * week + 4), "answered_at": ago(7 * week + 3), "score": 100 + week}
        for week in range(20)
    ]
    tables = {"tickets": table("tickets", tickets), "surveys": table("surveys", surveys)}
    rules = account_rules()
    found = panels(
        rules.hypothesis[0],
        rules,
        tables,
        facts({"customer_id": "A", "since_on": ago(900).replace(tzinfo=None)}),
        as_of=AS_OF,
    )
    at_once, later = found[0], found[4]
    # y of weeks 0-3 (mean 101.5) follows x of weeks 4-7 (mean 5.5), or of weeks 8-11 at lag 4
    assert next(zip(at_once.y, at_once.x, strict=True)) == (101.5, 5.5)
    assert next(zip(later.y, later.x, strict=True)) == (101.5, 9.5)
    assert len(later) == len(at_once) - 1


def test_a_ticket_is_paired_with_its_own_survey():
    tickets = [
        {"ticket_id": "T1", "opened_at": ago(9), "resolved_at": ago(8), "handoff_count": 2},
        {"ticket_id": "T2", "opened_at": ago(9), "resolved_at": ago(8), "handoff_count": 5},
    ]
    surveys = [{"ticket_id": "T2", "kind": "csat", "sent_at": ago(7), "answered_at": ago(6), "score": 3}]
    rules = account_rules(level="ticket", compare="within", lags=[0])
    tables = {"tickets": table("tickets", tickets), "surveys": table("surveys", surveys)}
    found = panels(rules.hypothesis[0], rules, tables, facts({"customer_id": "A"}), as_of=AS_OF)[0]
    assert (found.x.tolist(), found.y.tolist()) == ([5.0], [3.0])


def test_teams_and_agents_pool_what_belongs_to_them():
    tickets = [
        {
            "customer_id": c,
            "owner_id": o,
            "opened_at": ago(d + 1),
            "resolved_at": ago(d),
            "handoff_count": h,
            "csat_score": 4.0,
        }
        for c, o, d, h in (
            ("A", "P", 45, 1),
            ("B", "P", 46, 3),
            ("B", "Q", 47, 7),
            ("A", "P", 3, 0),
            ("B", "Q", 4, 0),
            ("X", "Z", 80, 9),
        )
    ]
    tables = {"tickets": table("tickets", tickets)}
    book = facts({"customer_id": "A", "region": "N"}, {"customer_id": "B", "region": "N"})
    base = account_rules().model_dump()
    base["measure"].append(base["measure"][0] | {"id": "csat", "column": "csat_score"})
    for level, unit, expected in (("team", "region", {"N": 11 / 3}), ("agent", None, {"P": 2.0, "Q": 7.0})):
        rules = type(account_rules()).model_validate(
            base | {"hypothesis": [base["hypothesis"][0] | {"level": level, "unit": unit, "y": "csat", "lags": [2]}]}
        )
        found = panels(rules.hypothesis[0], rules, tables, book, as_of=AS_OF)[2]
        assert dict(zip(found.unit, found.x, strict=True)) == pytest.approx(expected)


def test_the_newest_weeks_take_no_part():
    rows = panel(range(8), range(8), ["A"] * 8)
    rows.age[:] = [0, 10, 25, 26, 27, 30, 40, 50]
    training, newest = rows.split(26)
    assert training.age.tolist() == [26, 27, 30, 40, 50]
    assert newest.age.tolist() == [0, 10, 25]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"x": "nothing"}, "unknown measure nothing; declared: csat, handoffs"),
        ({"lags": [0, 4]}, "lags must be"),
        ({"level": "team"}, "`unit` belongs to level 'team'"),
        ({"level": "account", "lags": [4, 4]}, "a lag stands twice"),
        ({"level": "project"}, "x is a measure of projects"),
        ({"hold": ["colour"]}, "tickets has no column colour to hold"),
    ],
)
def test_a_hypothesis_that_cannot_be_tested_is_refused_in_words(changes, told):
    wrong = linkage_rules().hypothesis[0].model_dump() | changes
    with pytest.raises(ValidationError, match=told):
        linkage_rules(hypothesis=[wrong])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"column": "colour"}, "tickets has no column 'colour'"),
        ({"time": "severity"}, "time must be a date or an instant"),
        ({"aggregate": "share"}, "needs `hit`"),
        ({"column": "subject"}, "needs a column that is a number"),
        ({"table": "invoices", "time": "issued_on", "column": "amount"}, "only their growth compares"),
    ],
)
def test_a_measure_that_cannot_be_taken_is_refused_in_words(changes, told):
    wrong = linkage_rules().measure[0].model_dump() | changes
    with pytest.raises(ValidationError, match=told):
        linkage_rules(measure=[wrong, linkage_rules().measure[1].model_dump()])


def test_without_rows_every_link_says_not_enough():
    found = links(linkage_rules(), {}, facts({"customer_id": "A"}), as_of=AS_OF, purpose="test")
    assert found["verdict"].tolist() == ["not_enough"]
    assert linkage_answers(found)["verdict"].tolist() == ["not_enough"] * len(QUESTIONS)
    none = drivers(linkage_rules(drivers={"outcome": "csat", "measures": ["handoffs"]}), {}, facts({"customer_id": "A"}), as_of=AS_OF, purpose="test")  # fmt: skip
    assert none["verdict"].tolist() == ["not_enough"]


# --- The demo company --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo():
    policy, company = read_draft(CONFIG), build_demo()
    as_of = company.line.last.ends_at(company.line.zone)
    tables = as_of_view(canonical(company, as_of), as_of)
    known = customer_facts(tables, policy.money, as_of)
    found = links(policy.linkage, tables, known, as_of=as_of, purpose="demo")
    ranked = drivers(policy.linkage, tables, known, as_of=as_of, purpose="demo")
    return policy.linkage, found, ranked


def test_every_declared_lag_is_tried_and_no_other(demo):
    rules, found, _ = demo
    assert len(found) == sum(len(h.lags) for h in rules.hypothesis)
    assert found["family_size"].unique().tolist() == [int(found["p_value"].notna().sum())]
    assert found.groupby("link_id")["is_best_lag"].sum().eq(1).all()


@pytest.mark.parametrize(
    ("link", "planted"), [("handoffs_csat", HANDOFF_EFFECT), ("resolve_time_csat", RESOLVE_EFFECT)]
)
def test_planted_links_of_tickets_are_proven_with_their_slope(demo, link, planted):
    row = demo[1].set_index("link_id").loc[link]
    assert row.verdict == "proven"
    assert row.slope_low <= planted <= row.slope_high
    assert row.level == "ticket"


def test_the_planted_null_is_not_proven(demo):
    _, found, ranked = demo
    assert set(found.loc[found["link_id"] == "disputes_nps", "verdict"]) == {"not_proven"}
    assert ranked.set_index("driver_id").loc["disputes", "verdict"] == "not_proven"


def test_five_regions_are_not_enough(demo):
    assert set(demo[1].set_index("link_id").loc["partners_nps", "verdict"]) == {"not_enough"}


def test_no_sentence_claims_a_cause(demo):
    _, found, ranked = demo
    told = " ".join([*found["sentence"], *ranked["sentence"], *linkage_answers(found)["sentence"]]).lower()
    assert not [
        word for word in ("cause", "because", "leads to", "drives", "due to", "effect", "impact") if word in told
    ]


def test_named_questions_are_answered_by_their_strongest_link(demo):
    answers = linkage_answers(demo[1]).set_index("question")
    goals = answers.loc["operational_goals"]
    assert list(answers.index) == list(QUESTIONS)
    assert goals.verdict == "proven"
    assert goals.goal.startswith("Hand-offs per ticket at most ")
    assert "declared links are proven" in goals.sentence


def test_three_to_five_drivers_stand_out(demo):
    ranked = demo[2]
    named = ranked[ranked["verdict"] == "stands_out"]
    assert 3 <= len(named) <= 5
    assert ranked["share"].dropna().sum() == pytest.approx(1.0, abs=1e-9)
    assert ranked["share"].dropna().is_monotonic_decreasing
    assert named["n"].min() >= 10 * len(named)


def test_shuffled_answers_prove_nothing():
    rng = np.random.default_rng(8)
    tickets = [
        {
            "customer_id": f"C{n % 40:02d}", "opened_at": ago(d + 1), "resolved_at": ago(d),
            "handoff_count": int(rng.poisson(1.2)), "csat_score": float(rng.integers(1, 6)),
        }
        for n, d in enumerate(rng.uniform(1, 700, 900))
    ]  # fmt: skip
    book = facts(*({"customer_id": f"C{n:02d}"} for n in range(40)))
    found = links(
        linkage_rules(), {"tickets": table("tickets", tickets)}, book, as_of=AS_OF + timedelta(0), purpose="x"
    )
    assert found["verdict"].tolist() == ["not_proven"]
