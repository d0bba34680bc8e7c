"""Who edits by workbook or reply, what that person may touch, and what is known of people, cases and steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from contracts.book import Book
from contracts.casework import Seat
from contracts.exchange import WorkbookToken
from contracts.rules import CaseTemplate, Policy
from contracts.scope import Audience
from contracts.weeks import Week
from contracts.workbook import LONGEST_NOTE, cell_text, person_of_cell
from delivery.addressing import Addressing
from flows.books import load_book
from flows.readers import current_readers, last_week
from flows.run import Run
from reporting.mails.house import ReceiptLine
from store import ledger
from store.action_status import action_status
from store.feedback import account_feedback
from store.session import Session

END_OF_DAY = time(17, 0)


@dataclass
class Lines:
    """What became of the edits of one file or mail, as its receipt says it."""

    applied: list[ReceiptLine] = field(default_factory=list)
    refused: list[ReceiptLine] = field(default_factory=list)
    conflicting: list[ReceiptLine] = field(default_factory=list)
    ignored: list[ReceiptLine] = field(default_factory=list)


@dataclass(frozen=True)
class Office:
    """What is known on the day an edit comes in: rules, readers, teams, people, the accounts of the last week."""

    run: Run
    policy: Policy
    addressing: Addressing
    audiences: Mapping[str, Audience]
    people: pd.DataFrame
    folder: Path
    teams: Mapping[str, list[Seat]]

    @cached_property
    def book(self) -> Book:
        return load_book(self.folder)

    @cached_property
    def customers(self) -> dict[str, str]:
        facts = self.book.frame("customer_facts")
        return {str(c): str(n) for c, n in zip(facts["customer_id"], facts["name"], strict=True)}

    @cached_property
    def names(self) -> dict[str, str]:
        return {str(p): str(n) for p, n in zip(self.people["person_id"], self.people["name"], strict=True)}

    def name(self, person_id: str) -> str:
        return self.names.get(person_id, person_id)

    def template(self, template_id: str) -> CaseTemplate | None:
        return next((template for template in self.policy.case_templates if template.id == template_id), None)

    def audience_of(self, person_id: str) -> Audience | None:
        return next((a for _, a in sorted(self.audiences.items()) if person_id in a.readers), None)

    def people_at(self, address: str) -> list[str]:
        """The ids of whoever has this e-mail address: our people, and partners that sit in a case team."""
        wanted = address.casefold()
        mine = self.people["email"].fillna("").str.casefold() == wanted
        seats = {s.key for team in self.teams.values() for s in team if s.email and s.email.casefold() == wanted}
        return [*sorted(map(str, self.people.loc[mine, "person_id"])), *sorted(seats)]

    def cases_now(self, session: Session) -> dict[str, dict[Any, Any]]:
        """Cases about customers and about segments as they stand, by id."""
        frames = (ledger.cases(session), ledger.segment_cases(session))
        return {str(row["case_id"]): row for frame in frames for row in frame.to_dict("records")}

    def customer_of(self, text: str) -> str | None:
        """The customer of this id or name; None for none, and for a name that several bear."""
        wanted = person_of_cell(text)
        if wanted in self.customers:
            return wanted
        named = [customer for customer, name in self.customers.items() if name == text.strip()]
        return named[0] if len(named) == 1 else None

    def customer_of_step(self, session: Session, action_id: str, token: WorkbookToken) -> str | None:
        """Whose plan the step stands in: this week's, one that somebody touched, or that of the workbook's week."""
        place = self.run.workspace.runs / f"{token.week}-r{token.revision}" / "book" / "actions.parquet"
        earlier = [pd.read_parquet(place)] if place.exists() else []
        for frame in (self.book.frame("actions"), action_status(session), *earlier):
            mine = frame.loc[frame["action_id"] == action_id, "customer_id"]
            if len(mine):
                return str(mine.iloc[0])
        return None

    def added_steps(self, session: Session, customer: str) -> set[str]:
        """What teams added to the customer's plan already."""
        steps = action_status(session)
        return set(steps.loc[(steps["customer_id"] == customer) & steps["added_by"].notna(), "action"])

    def was_said(self, session: Session, customer: str, editor: Editor, score: object, comment: object) -> bool:
        """Whether this person said the same of the account already since the workbook's week ended."""
        since = Week.parse(editor.token.week).ends_at(self.run.settings.zone)
        said_before = account_feedback(session)
        mine = said_before[(said_before["customer_id"] == customer) & (said_before["author_id"] == editor.who)]
        for row in mine.to_dict("records"):
            same = (None if pd.isna(row["perceived_quality_score"]) else row["perceived_quality_score"]) == score
            if same and (row["comment"] or None) == comment and row["given_at"] >= since:
                return True
        return False


@dataclass(frozen=True)
class Editor:
    """A person who hands rows back or replies: under which token, from which file or mail."""

    who: str
    name: str
    audience: Audience | None
    token: WorkbookToken
    source: str
    sha256: str
    now: datetime

    def sees(self, customer_id: str) -> bool:
        return self.token.case_id is None and self.audience is not None and customer_id in self.audience.customer_ids

    def may_touch(self, case: Mapping[Any, Any], office: Office) -> bool:
        """Cases of the accounts that the person may see, and those whose team the person is of.

        Under the token of one case, that case alone.
        """
        if self.token.case_id not in (None, case["case_id"]):
            return False
        seats = {seat.key for seat in office.teams.get(str(case["case_id"]), [])}
        held = self.audience.customer_ids if self.audience else frozenset()
        return case.get("customer_id") in held or self.who in seats or self.who == case["owner_id"]


def office_of(run: Run) -> Office:
    """The office as it is now.

    Raises: NothingPublished before the first weekly run.
    """
    policy, addressing, audiences, people = current_readers(run)
    with run.store.read() as session:
        teams = {**ledger.teams(session), **ledger.teams(session, is_open=False)}
    return Office(run, policy, addressing, audiences, people, last_week(run)[1], teams)


def owner_of(text: str, office: Office) -> str:
    """The id of a person given as in the list, by id, by e-mail or by full name.

    Raises: ValueError in words.
    """
    wanted = person_of_cell(text)
    found = [wanted] if wanted in office.names else office.people_at(wanted)
    found = found or [person for person, name in office.names.items() if name.casefold() == wanted.casefold()]
    if len(found) > 1:
        raise ValueError(f"several people are “{text[:60]}”; write the id: {', '.join(found[:5])}")
    if not found:
        raise ValueError(f"“{text[:60]}” is nobody we know; choose from the list")
    left = office.people.loc[office.people["person_id"] == found[0], "left_on"]
    if len(left) and not pd.isna(left.iloc[0]) and pd.Timestamp(left.iloc[0]).date() <= office.run.clock().date():
        raise ValueError(f"{office.name(found[0])} has left; choose somebody else")
    return found[0]


def written_day(text: str) -> date:
    """A day as 2026-11-30. Raises: ValueError in words."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        raise ValueError(f"“{text[:40]}” is not a date; write it like 2026-11-30") from None
    if not 2000 <= day.year <= 2100:
        raise ValueError(f"“{text[:40]}” lies too far away; write a day like 2026-11-30")
    return day


def written_moment(text: str, office: Office) -> datetime:
    """A day, which means its end, or a day with a time, on the organization's clock. Raises: ValueError in words."""
    day, clock = written_day(text), END_OF_DAY
    if rest := text[10:].strip(" T"):
        try:
            clock = time.fromisoformat(rest)
        except ValueError:
            raise ValueError(f"“{text[:40]}” is not a date with a time; write it like 2026-11-30 12:00") from None
    return datetime.combine(day, clock, office.run.settings.zone)


def text_of(text: str) -> str:
    """Free text within bounds. Raises: ValueError in words."""
    if len(text) > LONGEST_NOTE:
        raise ValueError(
            f"{len(text)} characters; at most {LONGEST_NOTE} are kept. Shorten it, or attach a file elsewhere"
        )
    return text


def said(value: object, office: Office) -> str:
    """A value as a receipt says it."""
    if isinstance(value, datetime):
        return f"{value.astimezone(office.run.settings.zone):%Y-%m-%d %H:%M}"
    if isinstance(value, str) and value in office.names:
        return office.names[value]
    text = cell_text(value)
    return f"“{text[:120]}”" if text else "nothing"
