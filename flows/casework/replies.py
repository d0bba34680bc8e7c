"""Replies to mails about cases and alerts: the first line acts, under the rules of the workbook.

The address we ask to reply to carries what the mail was about, sealed for its reader; without it, the Message-ID of
ours in References does, for whoever that mail went to. Either way the sender's address must be that reader's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.exchange import WorkbookToken, reply_seal
from contracts.rules import CaseTemplate
from extract.replies import Reply
from flows.casework.editing import Editor, Lines, Office, owner_of, said, text_of, written_moment
from flows.casework.reply_address import ABOUT, about
from flows.run import Run
from reporting.mails.house import ReceiptLine
from store import alert_answers, ledger
from store.errors import StoreError
from store.returned_files import case_of_evidence, mails_of
from store.session import Session

_HEADERS = {"status": "status", "owner_id": "owner", "due_at": "due", "outcome": "outcome", "note": "note"}


@dataclass(frozen=True, slots=True)
class Matter:
    """What a reply is about: a case at a version, or an alert; and who replies."""

    subject: str
    version: int
    person_id: str


def matter_of(run: Run, office: Office, reply: Reply) -> Matter | None:
    """What the reply is about, when its sender is the reader that the mail went to; None when nothing proves it."""
    people = office.people_at(reply.sender)
    if reply.tag is not None:
        tag = reply.tag
        for person in people:
            if reply_seal(tag.subject, tag.version, person, run.settings.token_key) == tag.seal:
                return Matter(tag.subject, tag.version, person)
        return None
    with run.store.read() as session:
        mails = mails_of(session, reply.references)
        for mail in mails:
            if mail.kind in ABOUT and mail.recipient.casefold() == reply.sender:
                subject, version = about(session, mail.kind, mail.subject_key)
                return Matter(subject, version, mail.person_id)
    return None


def apply_reply(
    session: Session, reply: Reply, matter: Matter, office: Office, editor: Editor
) -> tuple[Lines, str | None]:
    """What the reply asks for, in the caller's transaction; and the case it was about, if it was about one."""
    lines = Lines()
    case = _case_of(session, matter.subject, office)
    if case is None:
        _answer_alert(session, reply, matter, editor, lines)
        return lines, None
    case_id = str(case["case_id"])
    if not editor.may_touch(case, office):
        lines.refused.append(ReceiptLine(case_id, "your reply", "this case is not one of yours; it was left alone"))
        return lines, None
    template = office.template(str(case["template_id"]))
    wanted: dict[str, object] = {}
    for name, value in _asked(reply, template).items():
        try:
            wanted[name] = _value(name, value, template, office)
        except ValueError as exc:
            lines.refused.append(ReceiptLine(case_id, _HEADERS[name], str(exc)))
    if ledger.acknowledge(session, case_id, who=editor.who, source=editor.source, now=editor.now):
        lines.applied.append(ReceiptLine(case_id, "acknowledged", "your reply counts as an answer"))
    if wanted:
        version = matter.version if matter.subject == case_id else 1
        _edit(session, case_id, wanted, template, office, editor, lines, base_version=version)
    return lines, case_id


def _asked(reply: Reply, template: CaseTemplate | None) -> dict[str, str]:
    """Fields as the reply words them: the order, and what stands below it as a note."""
    asked: dict[str, str] = {}
    closing = template.closed_statuses[0] if template else "closed"
    if reply.order in ("done", "close"):
        asked = {"status": closing, "outcome": reply.value or "done, by reply"}
        if template and reply.order == "done" and "done" in template.statuses:
            asked["status"] = "done"
    elif reply.order == "pending":
        words = [word for word in (template.statuses if template else ["pending"]) if word.startswith("pending")]
        asked = {"status": words[0] if words else "pending"}
    elif reply.order in ("owner", "due", "status"):
        asked = {{"owner": "owner_id", "due": "due_at", "status": "status"}[reply.order]: reply.value}
    if reply.text:
        asked["note"] = reply.text
    return asked


def _value(name: str, text: str, template: CaseTemplate | None, office: Office) -> object:
    if name == "owner_id":
        return owner_of(text, office)
    if name == "due_at":
        return written_moment(text, office)
    if name == "status" and template is not None:
        for word in template.statuses:
            if word.casefold() == text.casefold().strip():
                return word
        raise ValueError(
            f"“{text[:40]}” is no status of this case; write status: and one of {', '.join(template.statuses)}"
        )
    return text_of(text)


def _edit(
    session: Session,
    case_id: str,
    wanted: Mapping[str, object],
    template: CaseTemplate | None,
    office: Office,
    editor: Editor,
    lines: Lines,
    *,
    base_version: int,
) -> None:
    try:
        result = ledger.edit_case(
            session,
            case_id,
            wanted,
            who=editor.who,
            why="by reply",
            source=editor.source,
            base_version=base_version,
            now=editor.now,
            template=template,
            source_sha256=editor.sha256,
        )
    except StoreError as exc:
        if len(wanted) == 1:
            lines.refused.append(ReceiptLine(case_id, _HEADERS[next(iter(wanted))], str(exc)))
            return
        for name, value in wanted.items():
            _edit(session, case_id, {name: value}, template, office, editor, lines, base_version=base_version)
        return
    for name, value in result.applied.items():
        lines.applied.append(ReceiptLine(case_id, _HEADERS[name], f"now {said(value, office)}"))
    for conflict in result.conflicts:
        why = f"{office.name(conflict.changed_by)} set {said(conflict.standing, office)} since, which stands; "
        why += f"yours, {said(conflict.wanted, office)}, is kept beside it"
        lines.conflicting.append(ReceiptLine(case_id, _HEADERS[conflict.field], why))


def _case_of(session: Session, subject: str, office: Office) -> Mapping[Any, Any] | None:
    """The case of that id, else the newest case that opened for the alert of that key."""
    cases = office.cases_now(session)
    return cases.get(subject) or cases.get(case_of_evidence(session, subject) or "")


def _answer_alert(session: Session, reply: Reply, matter: Matter, editor: Editor, lines: Lines) -> None:
    try:
        is_new = alert_answers.acknowledge_alert(session, matter.subject, who=editor.who, now=editor.now)
    except StoreError:
        lines.refused.append(
            ReceiptLine("alert", "your reply", "no case and no open alert belongs to this mail any more")
        )
        return
    if is_new:
        lines.applied.append(ReceiptLine("alert", "acknowledged", "your reply counts as an answer"))
    if reply.order not in ("", "ack", "done") or reply.text:
        why = "the alert has no case that could keep this; ask a case manager to open one"
        lines.refused.append(ReceiptLine("alert", reply.order or "note", why))


def reply_editor(reply: Reply, matter: Matter, office: Office, run: Run) -> Editor:
    """Who replies, as an editor."""
    person = matter.person_id
    token = WorkbookToken("", person, office.book.facts.week, 0)
    source = f"mail of {reply.sender}"
    audience = office.audience_of(person)
    return Editor(person, office.name(person), audience, token, source, reply.key, run.clock())
