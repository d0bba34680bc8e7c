"""The view model of the experts' report: frozen, every word and figure ready; templates only place them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.words import Zone
from reporting.values import Mark


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the four questions of the first screen, and what the figures say."""

    question: str
    text: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ZoneCurve:
    """One zone as a line moves: customers and revenue at every position."""

    zone: Zone
    customers: tuple[float, ...]
    revenue: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LineCurves:
    """Small multiples of one axis. `proposed` None: none is, or it lies beyond the positions that were drawn."""

    axis: str
    title: str
    sub: str
    finding: str
    lines: tuple[float, ...]
    now: float
    proposed: float | None
    band: float
    currency: str
    zones: tuple[ZoneCurve, ...]


@dataclass(frozen=True, slots=True)
class Flip:
    """One customer that changes zone."""

    name: str
    before: Mark
    after: Mark
    loyalty: str
    retention: str
    revenue: str
    owner: str


@dataclass(frozen=True, slots=True)
class FlipStep:
    """What one step of a line does; `rows` are the first of those not yet named at a smaller step, `nobody` says why
    there are none.
    """

    step: str
    notes: tuple[str, ...]
    rows: tuple[Flip, ...]
    more: str
    nobody: str


@dataclass(frozen=True, slots=True)
class FlipTable:
    """The steps of one axis."""

    title: str
    sub: str
    steps: tuple[FlipStep, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """One measure of the back-test along the positions of a line; None where nobody is flagged."""

    name: str
    values: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One line held against the past, in words: of which line, and the figures with their intervals."""

    line: str
    flagged: str
    recall: str
    precision: str
    lift: str
    lead: str
    cost: str


@dataclass(frozen=True, slots=True)
class OutcomeCurves:
    """The back-test of one axis. cheapest: the line of least cost, None without a loss."""

    axis: str
    title: str
    finding: str
    lines: tuple[float, ...]
    now: float
    proposed: float | None
    cheapest: float | None
    curves: tuple[Curve, ...]
    rows: tuple[OutcomeRow, ...]


@dataclass(frozen=True, slots=True)
class BackTest:
    """What past weeks say; `axes` is empty without an outcome."""

    title: str
    sentence: str
    axes: tuple[OutcomeCurves, ...]


@dataclass(frozen=True, slots=True)
class Dumbbell:
    """A figure now and under the lines looked at. `after` None: nothing is proposed."""

    label: str
    now: float
    after: float | None
    now_text: str
    after_text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Dumbbells:
    """Rows of figures of one kind."""

    title: str
    sub: str
    finding: str
    rows: tuple[Dumbbell, ...]
    after_sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineMap:
    """Customers in Critical for each pair of lines; rows are retention lines, columns loyalty lines."""

    title: str
    finding: str
    sub: str
    loyalty: tuple[float, ...]
    retention: tuple[float, ...]
    critical: tuple[tuple[int, ...], ...]
    revenue: tuple[tuple[float, ...], ...]
    now: tuple[float, float]
    proposed: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Segment:
    """One tier or business unit: how many stand in each zone now and, where something is proposed, then."""

    name: str
    customers: str
    zones: tuple[tuple[str, str], ...]
    revenue: tuple[str, str]
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segments:
    """Customers per zone by tier and business unit. `zones`, `steps`: heads of the columns."""

    title: str
    sub: str
    zones: tuple[Mark, ...]
    steps: tuple[str, ...]
    has_after: bool
    rows: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class SignalLine:
    """How much hangs on one signal: largest of its weight's and of its anchors' nudges."""

    name: str
    axis: str
    weight: str
    by_weight: float
    by_anchors: float
    by_weight_text: str
    by_anchors_text: str
    flips: str
    revenue: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A customer whose zone hangs on the weights."""

    name: str
    mark: Mark
    stays: str
    revenue: str


@dataclass(frozen=True, slots=True)
class Signals:
    """Local sensitivity and rank stability."""

    title: str
    sub: str
    finding: str
    rows: tuple[SignalLine, ...]
    more: str
    ranks: tuple[str, ...]
    doubts: tuple[Doubt, ...]
    doubts_title: str


@dataclass(frozen=True, slots=True)
class PlaybookLine:
    """One playbook under review."""

    name: str
    owner: str
    review_by: str
    state: str
    tone: str
    suggested: str
    cases: str
    steps: str
    effect: str


@dataclass(frozen=True, slots=True)
class Playbooks:
    """The review of playbooks: what is overdue, unused, always skipped."""

    title: str
    sentences: tuple[str, ...]
    rows: tuple[PlaybookLine, ...]
    skipped: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Head:
    """What stands on top and at the foot."""

    organization: str
    week: str
    week_days: str
    as_of: datetime
    as_of_text: str
    run_name: str
    policy: str
    lines_text: str
    currency: str


@dataclass(frozen=True, slots=True)
class SmeView:
    """The whole report."""

    head: Head
    headline: str
    answers: tuple[Answer, ...]
    curves: tuple[LineCurves, ...]
    flips: tuple[FlipTable, ...]
    proposed_flips: FlipStep | None
    back_test: BackTest
    stability: Dumbbells
    owners: Dumbbells
    map: LineMap
    segments: Segments
    signals: Signals
    signal_names: Mapping[str, str]
    playbooks: Playbooks
    findings: tuple[str, ...]
    advice: tuple[str, ...]
    approval: str
