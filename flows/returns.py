"""Workbooks handed back and replies to mails: checked, applied row by row, answered with a receipt.

A file dropped in returns/ is audited as "by file, token of NAME"; one that comes by mail must come from the address
of the person whose token it bears. A file is moved to returns/read/ or returns/refused/ when what became of it is
recorded.
"""

from __future__ import annotations

import imaplib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contracts.exchange import TokenRefused, WorkbookToken
from contracts.ids import key_digest, sha256
from contracts.words import ExitCode, MessageKind, RunKind
from extract.errors import ReturnRefused
from extract.proposals import is_proposal
from extract.replies import Attached, Reply, read_reply
from extract.returns import MAX_BYTES, read_returned
from flows.casework.editing import Editor, Lines, Office, office_of
from flows.casework.mails import tell_case_changes
from flows.casework.receipts import kept, send_receipts
from flows.casework.replies import apply_reply, matter_of, reply_editor
from flows.casework.returned_rows import apply_workbook
from flows.lease import leased
from flows.policy.propose import take_returned
from flows.run import Outcome, Run
from flows.sending.acceptors import mails_at
from flows.sending.dispatch import dispatch_due
from flows.sending.tell import enqueue, to_operator
from reporting.mails.house import ReceiptLine
from store import ledger, outbox
from store.session import Session

_SETTLED_SECONDS = 30


@dataclass(frozen=True, slots=True)
class _Came:
    """A workbook that came: its bytes, how it is called, from whom when it came by mail."""

    content: bytes
    name: str
    sender: str | None = None

    @property
    def way(self) -> str:
        return f"by mail from {self.sender}" if self.sender else "by file"


def returns(run: Run) -> Outcome:
    """Apply every workbook that waits in returns/ and every mail of the returns mailbox, each once."""
    folder = run.workspace.returns
    folder.mkdir(exist_ok=True)
    lines: list[str] = []
    problems = came = 0
    with leased(run, RunKind.RETURNS, "returns"):
        office = office_of(run)
        for path in _waiting(folder):
            line, is_good = _take_file(run, office, path)
            lines.append(line)
            came, problems = came + 1, problems + (not is_good)
        away: list[str] = []
        for content in _mails(run, away):
            line, is_good = _take_mail(run, office, read_reply(content))
            lines.append(line)
            came, problems = came + 1, problems + (not is_good)
        lines, problems = [*lines, *away], problems + len(away)
        send_receipts(run, office)
        tell_case_changes(run)
    sent = dispatch_due(run)
    code = ExitCode.DATA_PROBLEMS if problems else ExitCode.DONE
    return Outcome(code, f"{came} returns read, {problems} with something to mend", (*lines, sent.line()))


def _mails(run: Run, away: list[str]) -> Iterator[bytes]:
    """The unread mails of the returns mailbox; why there are no more, when it is away: files and receipts go on."""
    try:
        yield from mails_at(run, run.settings.file.mail.replies)
    except (OSError, imaplib.IMAP4.error) as exc:
        away.append(f"the returns mailbox cannot be read, and is tried again next time: {exc}")


def _waiting(folder: Path) -> list[Path]:
    """Files that somebody dropped; what programs leave beside an open file is none, and links are not followed."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and not path.is_symlink() and not path.name.startswith((".", "~$")) and path.suffix != ".part"
    )


def _take_file(run: Run, office: Office, path: Path) -> tuple[str, bool]:
    if path.stat().st_size > MAX_BYTES:
        return _refused_file(run, path, f"larger than {MAX_BYTES // 1_000_000} MB")
    came = _Came(path.read_bytes(), path.name)
    try:
        line, is_good = _take(run, office, came)
    except (ReturnRefused, TokenRefused) as exc:
        if getattr(exc, "is_torn", False) and time.time() - path.stat().st_mtime < _SETTLED_SECONDS:
            return f"{path.name}: still being written; it is read next time", True
        _refuse(run, office, came, exc)
        _file_away(path, "refused")
        return f"{path.name}: refused, {exc}", False
    _file_away(path, "read")
    return line, is_good


def _take(run: Run, office: Office, came: _Came) -> tuple[str, bool]:
    """Raises: ReturnRefused, TokenRefused when nothing in it may be applied."""
    if is_proposal(came.content):
        return _take_proposal(run, office, came)
    key = run.settings.token_key
    book = read_returned(came.content)
    token = WorkbookToken.read(book.token, key)
    if came.sender is not None and token.person_id not in office.people_at(came.sender):
        raise TokenRefused(f"it is the workbook of {office.name(token.person_id)} and came from {came.sender}")
    editor = _editor(run, office, token, came)

    def act(session: Session) -> Lines | None:
        if ledger.came_before(session, sha256(came.content)):
            return None
        lines = apply_workbook(session, book, editor, office, key=key)
        ledger.mark_return(
            session,
            sha256(came.content),
            name=came.name,
            came_by=f"{came.way}, token of {editor.name}",
            now=editor.now,
            person_id=token.person_id,
            audience_id=token.audience_id or None,
            week=token.week,
            summary=kept(lines, case_id=token.case_id),
        )
        return lines

    lines = run.store.transact(act)
    if lines is None:
        return f"{came.name}: came before, nothing to do", True
    counts = f"{len(lines.applied)} applied, {len(lines.refused)} refused, {len(lines.conflicting)} conflicting"
    return f"{came.name} from {editor.name}: {counts}", not (lines.refused or lines.conflicting)


def _take_proposal(run: Run, office: Office, came: _Came) -> tuple[str, bool]:
    """A workbook of proposed rules: recorded, reviewed, and answered with what it would do."""
    with run.store.read() as session:
        if ledger.came_before(session, sha256(came.content)):
            return f"{came.name}: came before, nothing to do", True
    senders = office.people_at(came.sender) if came.sender is not None else None
    outcome, author = take_returned(run, came.content, came.name, names=office.names, senders=senders)
    lines = Lines(applied=[ReceiptLine("the whole file", came.name[:120], outcome.headline)])
    with run.store.write() as session:
        ledger.mark_return(
            session,
            sha256(came.content),
            name=came.name,
            came_by=f"{came.way}, token of {office.name(author)}",
            now=run.clock(),
            person_id=author if author in office.names else None,
            summary=kept(lines, note="; ".join(outcome.lines)[:1000]) if author in office.names else None,
        )
    return f"{came.name} from {office.name(author)}: {outcome.headline}", True


def _editor(run: Run, office: Office, token: WorkbookToken, came: _Came) -> Editor:
    audience = office.audiences.get(token.audience_id) if token.audience_id else office.audience_of(token.person_id)
    if token.case_id is None and (audience is None or token.person_id not in audience.readers):
        raise TokenRefused(
            f"its reader {office.name(token.person_id)} no longer reads this view; ask for a fresh workbook"
        )
    name = office.name(token.person_id)
    source = f"workbook {came.name[:120]} {came.way}"
    return Editor(token.person_id, name, audience, token, source, sha256(came.content), run.clock())


def _take_mail(run: Run, office: Office, reply: Reply) -> tuple[str, bool]:
    """A mail: its workbooks if it brings any, else the order of its first line."""
    if reply.is_automatic:
        return f"mail of {reply.sender}: automatic, not answered", True
    if reply.workbooks:
        taken = [_take_attached(run, office, reply, attached) for attached in reply.workbooks]
        return "; ".join(line for line, _ in taken), all(is_good for _, is_good in taken)
    matter = matter_of(run, office, reply)
    if matter is None:
        text = (
            f"{reply.sender} wrote “{reply.subject}”, and nothing proves which case it is about: the address it was "
            "sent to bears no seal of that sender, and it answers no mail that went there. It was left in the mailbox; "
            "answer by hand."
        )
        _tell_operator(run, f"reply|{reply.key}", "A reply that matches nothing", text)
        return f"mail of {reply.sender}: matches nothing, the operator is told", False
    editor = reply_editor(reply, matter, office, run)

    def act(session: Session) -> Lines | None:
        if ledger.came_before(session, reply.key):
            return None
        lines, case_id = apply_reply(session, reply, matter, office, editor)
        ledger.mark_return(
            session,
            reply.key,
            name=reply.subject or "a reply",
            came_by=f"by mail from {reply.sender}",
            now=editor.now,
            person_id=editor.who,
            summary=kept(lines, address=reply.sender, case_id=case_id),
        )
        return lines

    lines = run.store.transact(act)
    if lines is None:
        return f"mail of {reply.sender}: came before, nothing to do", True
    counts = f"{len(lines.applied)} applied, {len(lines.refused)} refused, {len(lines.conflicting)} conflicting"
    return f"mail of {reply.sender}: {counts}", not (lines.refused or lines.conflicting)


def _take_attached(run: Run, office: Office, reply: Reply, attached: Attached) -> tuple[str, bool]:
    came = _Came(attached.content, attached.name, reply.sender)
    try:
        return _take(run, office, came)
    except (ReturnRefused, TokenRefused) as exc:
        _refuse(run, office, came, exc)
        return f"{attached.name} by mail from {reply.sender}: refused, {exc}", False


def _refused_file(run: Run, path: Path, why: str) -> tuple[str, bool]:
    _tell_operator(
        run, f"return|{path.name}|{path.stat().st_size}", "A returned file was refused", f"{path.name}: {why}"
    )
    target = path.parent / "refused" / path.name
    target.parent.mkdir(exist_ok=True)
    path.rename(target)
    return f"{path.name}: refused, {why}", False


def _refuse(run: Run, office: Office, came: _Came, fault: ReturnRefused | TokenRefused) -> None:
    """The reason goes to the operator, to the audit, and to the person whose token the file proves; a mailed file
    without one is answered when its sender is one of us.
    """
    person, address = _whom(run, office, came, getattr(fault, "token", None))
    lines = Lines(refused=[ReceiptLine("the whole file", came.name[:120], str(fault))])
    key = f"refused-{key_digest(sha256(came.content), came.way, length=48)}"

    def act(session: Session) -> None:
        if ledger.came_before(session, key):
            return
        summary = kept(lines, note="Nothing in it was applied.", address=address) if person else None
        ledger.mark_return(
            session,
            key,
            name=came.name,
            came_by=f"{came.way}, refused: {fault}",
            now=run.clock(),
            person_id=person,
            summary=summary,
        )

    run.store.transact(act)
    _tell_operator(run, f"return|{key}", "A returned workbook was refused", f"{came.name} {came.way}: {fault}")


def _whom(run: Run, office: Office, came: _Came, text: str | None) -> tuple[str | None, str | None]:
    if came.sender is not None:
        people = office.people_at(came.sender)
        return (people[0], came.sender) if people else (None, None)
    try:
        return WorkbookToken.read(text, run.settings.token_key).person_id, None
    except TokenRefused:
        return None, None


def _tell_operator(run: Run, subject_key: str, title: str, text: str) -> None:
    """Once for each thing: the same file under another name is no news."""
    notice = to_operator(run, subject_key, title, text)
    with run.store.write() as session:
        if not outbox.already_told(session, MessageKind.OPERATOR, [subject_key]):
            enqueue(session, run, [notice])


def _file_away(path: Path, place: str) -> None:
    target = path.parent / place / f"{sha256(path.read_bytes())[:12]} {path.name}"
    target.parent.mkdir(exist_ok=True)
    path.rename(target)
