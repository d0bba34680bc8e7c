"""A model is adopted, runs in shadow, becomes the axis, is retired: as changes of policy that alert nobody."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from config.errors import ConfigRefused
from config.policy import read_draft
from contracts.weeks import Week
from contracts.words import Axis, MessageKind
from flows.adoption import adopt_model, list_models, retire_model, show_model, with_keys
from flows.books import save_book
from flows.errors import ModelLost, PolicyRefused
from flows.inputs import Inputs
from flows.policy.try_out import try_customer
from flows.policy.versions import newest
from flows.run import Run
from flows.week.admit import freeze, snapshot_of, take_exports
from flows.week.assess import Assessed, assess
from flows.week.facts import week_facts
from flows.week.models import model_file
from flows.week.record import Decided, decide_week, keep_history
from scoring.predict.axis import start_of
from scoring.predict.model import Model
from store import episodes, runs
from tests.factories.adoption import a_candidate
from tests.factories.workspaces import LAST, Story, a_company, a_workspace

pytestmark = pytest.mark.xdist_group("adoption")


@dataclass
class Judged:
    """One week without its pages."""

    inputs: Inputs
    assessed: Assessed
    decided: Decided

    @property
    def placements(self) -> pd.DataFrame:
        return self.assessed.frames["placements"]


def judge(run: Run, week: Week) -> Judged:
    """A weekly run up to what it decides: nothing is rendered or sent."""
    with run.store.read() as session:
        last = runs.last_published_before(session, week)
    intake = take_exports(run, week, run.as_of(week), snapshot_of(run, last))
    inputs = freeze(run, week, intake, revision=0)
    folder = run.workspace.runs / inputs.run_name
    assessed = assess(inputs, run.workspace.root, fan_out=run.fan_out, into=folder / "work")
    decided = decide_week(run, inputs, assessed)
    frames = {**assessed.frames, "people": assessed.people, "sources": intake.sources, "cases": decided.cases}
    save_book(folder / "book", week_facts(inputs, assessed, intake.sources), frames, assessed.buckets)
    keep_history(run, inputs, assessed, intake.sources)
    inputs.write(folder / "inputs.json")
    with run.store.write() as session:
        episodes.save_placements(session, assessed.frames["placements"], inputs.week)
        episodes.save_events(session, assessed.frames["events"], now=run.clock())
        runs.record_published(
            session, week=week, revision=0, digest="", inputs_digest=inputs.digest, path=None,
            inputs_path=str((folder / "inputs.json").relative_to(run.workspace.root)), run_id=None, reason=None,
            now=run.clock(),
        )  # fmt: skip
    return Judged(inputs, assessed, decided)


@dataclass
class Told:
    """Five weeks: by the index, in shadow, by the model, by the model again, by the index again."""

    root: Path
    model: Model
    weeks: dict[str, Judged] = field(default_factory=dict)
    said: dict[str, tuple[str, ...]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    root, company = tmp_path_factory.mktemp("adoption") / "workspace", a_company(60, 6)
    story = Story(a_workspace(root, company), company)
    file = root / "config" / "retention.toml"
    file.write_text(file.read_text().replace("shadow_weeks = 8", "shadow_weeks = 1"))
    done: Told

    def told_until(week: Week) -> Judged:
        with story.run() as run:
            story.until(run.as_of(week))
            return judge(run, week)

    first = told_until(LAST.shift(-4))
    done = Told(root, a_candidate(root), {"index": first})
    with story.run() as run:
        done.said["listed"] = list_models(run).lines
        done.said["shown"] = show_model(run, done.model.version).lines
        failed = a_candidate(root, passes=False, seed=6)
        with pytest.raises(PolicyRefused, match="may not be adopted"):
            adopt_model(run, failed.version, why="hope", who="Ann", approver="Bob")
        with pytest.raises(PolicyRefused, match="cannot approve it too"):
            adopt_model(run, done.model.version, why="better", who="Ann", approver="ann")
        with pytest.raises(PolicyRefused, match="fewer than 1 shadow weeks"):
            adopt_model(run, done.model.version, why="better", who="Ann", approver="Bob", week=LAST.shift(-3))
        with pytest.raises(ModelLost, match="0123456789abcdef"):
            adopt_model(run, "0123456789abcdef", why="better", who="Ann", approver="Bob")
        with pytest.raises(PolicyRefused, match="no model is adopted"):
            retire_model(run, why="none", who="Ann", approver="Bob")
        done.said["adopted"] = adopt_model(run, done.model.version, why="better", who="Ann", approver="Bob").lines
    done.weeks["shadow"] = told_until(LAST.shift(-3))
    done.weeks["first"] = told_until(LAST.shift(-2))
    done.weeks["second"] = told_until(LAST.shift(-1))
    with story.run() as run:
        done.said["log"] = (f"{newest(run)[0].author}: {newest(run)[0].reason}",)
        done.said["now"] = list_models(run).lines
        tried = done.weeks["second"].placements.query("state == 'placed'").iloc[0]
        done.said["tried"] = try_customer(run, tried["customer_id"], proposal_id=None, file=None).lines
        retire_model(run, why="the market changed", who="Ann", approver="Bob")
    done.weeks["retired"] = told_until(LAST)
    return done


def test_only_a_model_that_passed_is_listed_as_one_that_may_be_adopted(told: Told) -> None:
    assert told.said["listed"] == (f"{told.model.version}  2025-10-19  AUC 0.80 (0.75 to 0.85)  may be adopted",)
    assert (
        f"its line would stand at {100 - 200 * told.model.base_rate:.1f}, 2 times the base rate" in told.said["shown"]
    )
    assert any("did not pass: may not be adopted" in line for line in told.said["now"])
    assert any(f"{told.model.version}" in line and "adopted, the axis" in line for line in told.said["now"])


def test_adoption_is_a_version_of_the_policy_with_author_reason_and_draft(told: Told) -> None:
    assert told.said["log"] == (f"Ann: model {told.model.version}: better",)
    shadow, first = told.weeks["shadow"].inputs, told.weeks["first"].inputs
    assert shadow.policy_sequence == first.policy_sequence == 2
    rules = read_draft(told.root / shadow.policy).retention
    assert (rules.kind, rules.model, rules.approver) == ("model", told.model.version, "Bob")
    # the draft of the workspace came along, and went back with the retirement
    assert read_draft(told.root / "config").retention.kind == "index"
    assert "# horizon_days = 182" in (told.root / "config" / "retention.toml").read_text()


def test_a_week_in_shadow_is_judged_by_the_index_and_tells_the_experts(told: Told) -> None:
    week = told.weeks["shadow"]
    assert (week.inputs.retention_model, week.inputs.shadow_model) == (None, told.model.version)
    assert week.inputs.cause == "customer"
    assert week.placements["retention_line"].nunique() >= 1
    assert week.assessed.retention_label == ""
    assert week.assessed.frames["predictions"]["probability"].isna().all()
    assert any(
        note.startswith(f"Shadow of model {told.model.version}: with the ") for note in week.assessed.expert_notes
    )


def test_in_force_the_axis_is_the_probability_of_staying(told: Told) -> None:
    week = told.weeks["first"]
    assert week.inputs.retention_model == told.model.version
    assert week.assessed.retention_label == "probability to stay 26 weeks"
    placed = week.placements.query("state == 'placed'").set_index("customer_id")
    foretold = week.assessed.frames["predictions"].set_index("customer_id")["probability"].loc[placed.index]
    assert placed["retention"].to_numpy() == pytest.approx(100 * (1 - foretold.to_numpy()), abs=1e-6)
    assert (placed["retention_se"] > 0).all()
    assert placed["retention_line"].unique() == pytest.approx([100 - 200 * told.model.base_rate])
    assert (placed["raw_zone"] == placed["zone"]).all()  # nothing waits for a confirmation after the change
    mine = week.assessed.frames["contributions"].query("axis == 'retention'")
    sums = mine.groupby("customer_id")["contribution"].sum().loc[placed.index]
    assert sums.to_numpy() == pytest.approx(placed["retention"].to_numpy() - start_of(told.model), abs=1e-6)
    facts = week_facts(week.inputs, week.assessed, pd.DataFrame({"state": []}))
    assert (facts.retention_label, facts.retention_line) == (
        "probability to stay 26 weeks",
        placed["retention_line"].iloc[0],
    )
    assert any("The retention axis is the probability to stay 26 weeks" in note for note in facts.axis_notes)


def test_missing_features_leave_a_customer_without_a_zone(told: Told) -> None:
    placements = told.weeks["first"].placements
    thin = placements[placements["retention_coverage"] < 0.5]
    assert set(thin["state"]) <= {"insufficient", "left"}


def test_what_the_change_of_kind_moves_alerts_nobody_and_opens_nothing(told: Told) -> None:
    for name in ("first", "retired"):
        week = told.weeks[name]
        moved = week.assessed.frames["transitions"]
        assert week.inputs.cause == "policy"
        assert (moved["kind"] == "moved").any(), "the model must move somebody, or this says nothing"
        assert set(moved["cause"]) == {"policy"}
        assert {alert.kind for alert in week.decided.alerts} <= {MessageKind.ALERT_EVENT}, "hard events are told"
        entered = {str(key) for key in week.assessed.frames["placements"]["episode_id"].dropna()}
        assert not entered & {alert.subject_key for alert in week.decided.alerts}
        assert {proposal.segment for proposal in week.decided.proposals} <= {None}
        assert moved["retention_before"].isna().all(), "an index is not compared with a probability"


def test_the_week_after_is_an_ordinary_week(told: Told) -> None:
    first, second = told.weeks["first"], told.weeks["second"]
    assert (second.inputs.cause, second.inputs.axis_since) == ("customer", first.inputs.week)
    both = first.placements.merge(second.placements, on="customer_id", suffixes=("_before", ""))
    still = both[(both["retention"] - both["retention_before"]).abs() < 1e-9]
    calm = still[(still["loyalty"] - still["loyalty_before"]).abs() < 1e-9]
    assert (calm["zone"].fillna("") == calm["zone_before"].fillna("")).all(), "no leftover of the change a week later"
    past = second.assessed.frames["history"]
    assert past.loc[past["week"] < first.inputs.week, "retention"].isna().all()
    assert past.loc[past["week"] >= first.inputs.week, "retention"].notna().any()


def test_a_customer_tried_under_other_rules_stays_on_the_models_axis(told: Told) -> None:
    placed = told.weeks["second"].placements.query("state == 'placed'").iloc[0]
    said = [line.strip() for line in told.said["tried"]]
    (score,) = [line for line in said if line.startswith("2 retention: score")]
    assert f" {placed['retention']:.2f} from " in score
    lines = [line for line in said if line.startswith("4 line, with dead-band")]
    assert f" {placed['retention_line']:g}: falls below" in lines[list(Axis).index(Axis.RETENTION)]


def test_the_same_inputs_give_the_same_week_again_and_a_lost_model_is_no_other_week(told: Told, tmp_path: Path) -> None:
    week = told.weeks["second"]
    again = assess(week.inputs, told.root, fan_out=_in_order(), into=tmp_path / "work")
    for name in ("placements", "contributions", "transitions"):
        pd.testing.assert_frame_equal(again.frames[name], week.assessed.frames[name])
    assert again.axis_notes == week.assessed.axis_notes
    file = model_file(told.root, told.model.version)
    kept = file.read_bytes()
    try:
        file.unlink()
        with pytest.raises(ModelLost, match="put the file back"):
            assess(week.inputs, told.root, fan_out=_in_order(), into=tmp_path / "work")
    finally:
        file.write_bytes(kept)


def _in_order():  # type: ignore[no-untyped-def]
    from flows.fan_out import InOrder

    return InOrder()


# --- the file ---------------------------------------------------------------------------------------


def test_keys_are_written_in_their_place_and_comments_stay() -> None:
    text = '# what\nkind = "index"\n# model = "0"\nshadow_weeks = 8\n\n[line]\ncapacity = 5\n'
    changed = with_keys(text, {"kind": "model", "model": "ab", "effective_from": date(2026, 11, 2)})
    assert changed == (
        'effective_from = 2026-11-02\n# what\nkind = "model"\nmodel = "ab"\nshadow_weeks = 8\n\n[line]\ncapacity = 5\n'
    )
    assert with_keys(changed, {"model": None}).count("model") == 1


def test_a_feature_that_is_no_signal_is_refused_by_file_key_and_what_there_is(tmp_path: Path) -> None:
    root = a_workspace(tmp_path, a_company(60, 6))
    file = root / "config" / "retention.toml"
    file.write_text(file.read_text().replace('"tenure_days"', '"tenure_dayz"'))
    with pytest.raises(
        ConfigRefused, match=r"retention\.toml, features: no signal .* tenure_dayz; there are .*tenure_days"
    ):
        read_draft(root / "config")
