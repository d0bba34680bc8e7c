"""What the workbook says beyond the pack's view: last answers of the account team, steps as the team left them,
cases acknowledged, cases that wait, proposals to close.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from contracts.book import Book
from contracts.scope import ScopedBook
from contracts.words import PlacementState
from reporting.ground import name_of
from reporting.reading import by_id, frame_of, local_day, rows

_BLOCKS = "▁▂▃▄▅▆▇█"
_TREND_WEEKS = 13


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """What the account team said last of an account, by whom and when."""

    score: float | None
    comment: str
    author: str
    given_on: date | None


@dataclass(frozen=True, slots=True)
class StepState:
    """What the team made of a step: its version (0: untouched), remark, and who added it."""

    row_version: int = 0
    remark: str = ""
    added_by: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something to decide: a case to close, or one that waits for room."""

    customer_id: str
    name: str
    what: str
    why: str
    owner: str
    since: date | None
    case_id: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """By id what the sheets add to the view's rows. `stale`: customers whose feedback is too old, or never came."""

    answers: Mapping[str, LastAnswer] = field(default_factory=dict)
    stale: frozenset[str] = frozenset()
    feedback_days: int = 90
    trends: Mapping[str, str] = field(default_factory=dict)
    steps: Mapping[str, StepState] = field(default_factory=dict)
    acknowledged: frozenset[str] = frozenset()
    proposals: tuple[Proposal, ...] = ()


def workbook_parts(book: ScopedBook) -> Parts:
    """The parts of one audience's book."""
    zone = ZoneInfo(book.facts.time_zone)
    answers = _answers(book, zone)
    oldest = book.facts.as_of.astimezone(zone).date() - timedelta(days=book.facts.feedback_days)
    placed = [row.customer_id for row in rows(frame_of(book, "placements")) if row.state != PlacementState.LEFT]
    recent = {c for c, answer in answers.items() if answer.given_on is not None and answer.given_on >= oldest}
    return Parts(
        answers=answers,
        stale=frozenset(placed) - recent,
        feedback_days=book.facts.feedback_days,
        trends=_trends(book),
        steps={
            row.action_id: StepState(int(row.row_version or 0), row.remark or "", row.added_by or "")
            for row in rows(frame_of(book, "actions"))
        },
        acknowledged=frozenset(row.case_id for row in rows(frame_of(book, "cases")) if row.acknowledged_at),
        proposals=(*_closing(book, zone), *_waiting(book, zone)),
    )


def _answers(book: ScopedBook, zone: ZoneInfo) -> dict[str, LastAnswer]:
    people = by_id(frame_of(book, "people"), "person_id")
    found = [row for row in rows(frame_of(book, "account_feedback")) if row.given_at is not None]
    found.sort(key=lambda row: (row.given_at, row.feedback_id))
    return {
        row.customer_id: LastAnswer(
            row.perceived_quality_score,
            row.comment or "",
            name_of(people, row.author_id),
            local_day(row.given_at, zone),
        )
        for row in found
    }


def _trends(book: ScopedBook) -> dict[str, str]:
    """Thirteen weeks of loyalty as blocks, 0 to 100; a dot where a week has no score."""
    scores: dict[str, dict[str, float | None]] = {}
    for row in rows(frame_of(book, "history")):
        scores.setdefault(row.customer_id, {})[row.week] = row.loyalty
    weeks = sorted({week for by_week in scores.values() for week in by_week})[-_TREND_WEEKS:]
    return {
        customer: "".join(_block(by_week.get(week)) for week in weeks)
        for customer, by_week in scores.items()
        if len(weeks) > 1
    }


def _block(score: float | None) -> str:
    return "·" if score is None else _BLOCKS[min(int(max(score, 0.0) * len(_BLOCKS) / 100), len(_BLOCKS) - 1)]


def _names(book: Book) -> dict[str, str]:
    return {row.customer_id: str(row.name or row.customer_id) for row in rows(frame_of(book, "customer_facts"))}


def _closing(book: ScopedBook, zone: ZoneInfo) -> list[Proposal]:
    names, people = _names(book), by_id(frame_of(book, "people"), "person_id")
    cases = by_id(frame_of(book, "cases"), "case_id")
    found = []
    for row in rows(frame_of(book, "closing_proposals")):
        case = cases.get(row.case_id)
        if case is not None and case.is_open:
            owner = name_of(people, case.owner_id)
            since = local_day(case.opened_at, zone)
            name = names.get(row.customer_id, row.customer_id)
            found.append(Proposal(row.customer_id, name, "Close the case?", row.sentence, owner, since, row.case_id))
    return found


def _waiting(book: ScopedBook, zone: ZoneInfo) -> list[Proposal]:
    names, people = _names(book), by_id(frame_of(book, "people"), "person_id")
    return [
        Proposal(
            row.customer_id,
            names.get(row.customer_id, row.customer_id),
            "Waits for room",
            row.evidence,
            name_of(people, row.owner_id),
            local_day(row.listed_at, zone),
        )
        for row in rows(frame_of(book, "waiting_cases"))
    ]
