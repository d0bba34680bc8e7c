"""What the experts' report says: no more than its figures, with outcomes and without."""

from __future__ import annotations

from datetime import date

import pytest

from contracts.words import Axis, Zone
from reporting.sme.compose import compose_sme
from reporting.sme.material import PROPOSED, TODAY, Material
from tests.factories.sme import a_material


@pytest.fixture(scope="module")
def young() -> Material:
    """No outcome is known."""
    return a_material()


@pytest.fixture(scope="module")
def grown() -> Material:
    """Forty of the lowest left."""
    return a_material(outcomes=True, losses=40)


def test_without_outcomes_lines_come_from_capacity_and_it_says_so(young: Material) -> None:
    view = compose_sme(young)
    assert "No outcome backs another line yet" in view.headline
    assert "no outcome of a past week is known" in view.answers[0].text
    assert "They say nothing about who will leave." in view.answers[0].text
    assert "Not known yet" in view.back_test.sentence
    assert not view.back_test.axes
    assert any("draft" in sentence for sentence in view.advice)


def test_few_losses_are_shown_and_called_too_few() -> None:
    view = compose_sme(a_material(outcomes=True, losses=3))
    assert "too few to say" in view.back_test.title
    assert "three losses are known and 30 are needed" in view.answers[0].text
    assert view.back_test.axes, "the figures are shown, with their intervals"


def test_with_outcomes_the_proposal_and_its_interval_are_told(grown: Material) -> None:
    view = compose_sme(grown)
    proposals = grown.proposals
    assert all(row.basis == "outcomes" for row in proposals.values())
    moved = [axis for axis in Axis if proposals[axis].proposed != proposals[axis].current]
    assert all(row.sentence in view.answers[0].text for row in proposals.values())
    assert ("Keep both lines" in view.headline) == (not moved)
    for axis in moved:
        assert f"{axis.value} line from" in view.headline
    recall = next(one for one in view.back_test.axes if one.axis == "loyalty").curves[0]
    assert all(lo <= v <= hi for v, lo, hi in zip(recall.values, recall.low, recall.high, strict=True) if v is not None)


def test_the_headline_counts_what_the_frames_count(young: Material) -> None:
    view = compose_sme(young)
    extra = young.trials[PROPOSED].critical - young.trials[TODAY].critical
    assert young.zones(PROPOSED)[Zone.CRITICAL] == young.trials[PROPOSED].critical
    assert (f"{abs(extra)} accounts" in view.headline) or abs(extra) <= 12
    assert sum(row.after - row.now for row in view.owners.rows if row.after is not None) == extra


def test_nobody_is_named_twice_on_one_side_of_a_line(young: Material) -> None:
    for table in compose_sme(young).flips:
        for side in ("−", "+"):
            names = [flip.name for step in table.steps if step.step.startswith(side) for flip in step.rows]
            assert len(names) == len(set(names))


def test_critical_flips_come_first(young: Material) -> None:
    for table in compose_sme(young).flips:
        for step in table.steps:
            critical = [Zone.CRITICAL in (flip.before.zone, flip.after.zone) for flip in step.rows]
            assert critical == sorted(critical, reverse=True)


def test_findings_and_overdue_playbooks_are_told() -> None:
    note = "Neutral holds 0 of 9 placed accounts: experts should look at its lines."
    view = compose_sme(a_material(review_by=date(2026, 9, 1), notes=(note,)))
    assert view.findings == (note,)
    assert view.playbooks.title == "One playbook overdue for review"
    assert "Rescue: Head of CX owes the review since 1 Sep 2026 (19 days)." in " ".join(
        view.playbooks.sentences
    ).replace("\u00a0", " ")
    assert "Never used and suggested to nobody this week: Rescue and Idle." in view.playbooks.sentences


def test_a_signal_and_an_unsure_account_are_named(young: Material) -> None:
    signals = compose_sme(young).signals
    assert signals.rows[0].name == young.policy.signals[0].name
    assert "moves most (1)" in signals.title
    assert [doubt.stays for doubt in signals.doubts] == ["60\u00a0%"]


def test_the_view_is_a_function_of_its_material(young: Material) -> None:
    assert compose_sme(young) == compose_sme(young)
