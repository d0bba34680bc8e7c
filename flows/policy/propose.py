"""A proposal comes in: as the workbook that `cem policy draft` makes, as TOML, or as the whole draft of config/."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from config.overlay import read_overlay
from config.patch import Edit, patched
from config.policy import POLICY_FILES, read_draft
from config.proposed import ALLOWED, LINE, current_values, edits_of
from contracts.exchange import TokenRefused, WorkbookToken
from contracts.proposals import (
    DIGEST_LENGTH,
    EFFECTIVE,
    SHADOW_WEEKS,
    TOKEN_AUDIENCE,
    WHY,
    Fault,
    ProposalRefused,
    ProposedValue,
    ReturnedProposal,
)
from contracts.rules import Policy
from contracts.weeks import NotAWeek, Week
from contracts.words import ExitCode
from extract.errors import ReturnRefused
from extract.proposals import read_proposal
from flows.books import load_frame
from flows.errors import NothingPublished
from flows.policy.log_page import write_log
from flows.policy.review import review
from flows.policy.versions import effective_week, keep_files, last_published, newest
from flows.readers import last_week
from flows.run import Outcome, Run
from reporting.policy.words import differences
from reporting.policy.workbook import PolicyBook, render_policy_workbook
from store import proposals

_MOST_SHADOW_WEEKS = 26


def draft_workbook(run: Run, *, who: str, into: Path | None) -> Outcome:
    """Write the workbook in which an expert proposes a change of the newest rules, signed for that person."""
    adopted, policy, _ = newest(run)
    path = into or run.workspace.output / "expert" / "policy" / f"proposal-on-v{adopted.sequence}.xlsx"
    allowed = {key: ALLOWED.get(key, LINE) for key in current_values(policy)}
    earliest = effective_week(run, None)
    token = WorkbookToken(
        f"{TOKEN_AUDIENCE}{adopted.digest[:DIGEST_LENGTH]}", _person(run, who), str(earliest), adopted.sequence
    )
    key = run.settings.token_key
    book = PolicyBook(
        policy,
        current_values(policy),
        allowed,
        run.settings.file.organization,
        str(run.last_closed_week()),
        str(earliest),
        policy.governance.shadow_weeks,
        run.clock(),
        run.settings.zone,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(render_policy_workbook(book, token=token.signed(key), key=key))
    return Outcome(
        ExitCode.DONE,
        f"The proposal workbook on policy v{adopted.sequence} is {path}",
        ("change the shaded cells, save, and put it into returns/, or: cem policy propose FILE --why ... --who ...",),
    )


def propose(run: Run, file: Path | None, *, why: str, who: str, weeks: int | None, effective: Week | None) -> Outcome:
    """Take a proposal by hand.

    Args:
        file: a proposal workbook, a TOML file of what is to change, or None for config/*.toml as it stands.
        why: the reason; a workbook's own stands behind it.
        who: the author.
        weeks: in shadow; None: what the file says, else what the rules in force ask for.
        effective: from which week on; None: what the file says, else on adoption.

    Raises: ProposalRefused with everything that is wrong, ConfigRefused, ReturnRefused.
    """
    if file is None:
        return _record(
            run,
            run.workspace.config,
            why=why,
            who=who,
            weeks=weeks,
            effective=effective,
            source="config/",
        )
    returned = read_proposal(file.read_bytes()) if file.suffix.lower() == ".xlsx" else read_overlay(file)
    if returned.token is not None:
        _on_these_rules(run, returned.token, file.name)
    return _patched(run, returned, why=why, who=who, weeks=weeks, effective=effective, source=file.name)


def take_returned(
    run: Run, content: bytes, name: str, *, names: Mapping[str, str], senders: Sequence[str] | None
) -> tuple[Outcome, str]:
    """A proposal workbook that came back: its author is whom it was signed for.

    Args:
        names: of people by id.
        senders: ids of whoever has the address that it came from; None for a file.

    Returns: the outcome and the id of the author.

    Raises: ReturnRefused with all that is wrong, TokenRefused.
    """
    returned = read_proposal(content)
    try:
        return _taken(run, returned, name, names, senders)
    except ProposalRefused as exc:
        raise ReturnRefused(str(exc), token=returned.token) from exc


def _taken(
    run: Run, returned: ReturnedProposal, name: str, names: Mapping[str, str], senders: Sequence[str] | None
) -> tuple[Outcome, str]:
    token = _on_these_rules(run, returned.token, name)
    author = names.get(token.person_id, token.person_id)
    if senders is not None and token.person_id not in senders:
        raise TokenRefused(f"it is the workbook of {author} and came from somebody else")
    said = returned.summary.get(WHY)
    if said is None or said.value is None:
        where = said.where if said else "sheet Proposal"
        raise ProposalRefused([Fault(where, "there is no reason", "why the rules should change", "write it there")])
    outcome = _patched(
        run, returned, why=str(said.value), who=author, weeks=None, effective=None, source=f"workbook {name}"
    )
    return outcome, token.person_id


def proposed_policy(run: Run, file: Path, into: Path) -> Policy:
    """The rules that a file proposes, as files under `into`: to try them before anybody proposes them.

    Raises: as `propose`.
    """
    _, base, folder = newest(run)
    returned = read_proposal(file.read_bytes()) if file.suffix.lower() == ".xlsx" else read_overlay(file)
    edits, faults = edits_of(base, returned.values)
    if faults:
        raise ProposalRefused(faults)
    return write_edited(folder, edits, into)


def write_edited(folder: Path, edits: Sequence[Edit], into: Path) -> Policy:
    """The files of `folder` with these numbers, under `into`.

    Raises: ConfigRefused when the rules would contradict each other.
    """
    into.mkdir(parents=True, exist_ok=True)
    for name in POLICY_FILES:
        if not (folder / name).exists():
            continue
        mine = [edit for edit in edits if edit.file == name]
        if mine:
            (into / name).write_text(patched((folder / name).read_text(encoding="utf-8"), mine), encoding="utf-8")
        else:
            shutil.copyfile(folder / name, into / name)
    return read_draft(into)


def _on_these_rules(run: Run, text: str | None, name: str) -> WorkbookToken:
    token = WorkbookToken.read(text, run.settings.token_key)
    adopted = newest(run)[0]
    if token.audience_id != f"{TOKEN_AUDIENCE}{adopted.digest[:DIGEST_LENGTH]}":
        if not token.audience_id.startswith(TOKEN_AUDIENCE):
            raise TokenRefused("its token is that of another workbook; ask for a fresh one by `cem policy draft`")
        raise ProposalRefused(
            [
                Fault(
                    name,
                    f"it was made on policy v{token.revision}, and v{adopted.sequence} was adopted since",
                    f"a workbook on v{adopted.sequence}",
                    "make a fresh one by `cem policy draft --who ...` and write your changes there",
                )
            ]
        )
    return token


def _patched(
    run: Run,
    returned: ReturnedProposal,
    *,
    why: str,
    who: str,
    weeks: int | None,
    effective: Week | None,
    source: str,
) -> Outcome:
    _, base, folder = newest(run)
    edits, faults = edits_of(base, returned.values)
    week, more = _effective(run, returned.summary.get(EFFECTIVE))
    faults += more
    asked, more = _weeks(returned.summary.get(SHADOW_WEEKS))
    faults += more
    if not faults and not edits:
        faults.append(
            Fault(
                source,
                "it changes nothing",
                f"at least one value other than in v{newest(run)[0].sequence}",
                "change one",
            )
        )
    if faults:
        raise ProposalRefused(faults)
    with TemporaryDirectory(dir=run.workspace.var, prefix="proposal-") as scratch:
        write_edited(folder, edits, Path(scratch))
        return _record(
            run,
            Path(scratch),
            why=why,
            who=who,
            weeks=asked if weeks is None else weeks,
            effective=effective or week,
            source=source,
        )


def _record(
    run: Run,
    files: Path,
    *,
    why: str,
    who: str,
    weeks: int | None,
    effective: Week | None,
    source: str,
) -> Outcome:
    adopted, base, _ = newest(run)
    policy = read_draft(files)
    if policy.digest == adopted.digest:
        raise ProposalRefused(
            [Fault(source, f"it says what v{adopted.sequence} says", "at least one difference", "change a value first")]
        )
    last = last_published(run)
    if effective is not None and last is not None and effective <= last:
        raise ProposalRefused([_past(f"the week {effective}", effective, last)])
    with run.store.read() as session:
        twin = next((one for one in proposals.proposals(session, open_only=True) if one.digest == policy.digest), None)
    if twin is not None:
        remedy = "wait for that one to be decided, or propose something else"
        raise ProposalRefused(
            [Fault(source, f"proposal {twin.proposal_id} by {twin.author} says the same", "a new proposal", remedy)]
        )
    shadow = base.governance.shadow_weeks if weeks is None else weeks
    folder = run.workspace.policies / "proposals" / policy.digest[:DIGEST_LENGTH]
    keep_files(files, folder)
    with run.store.write() as session:
        number = proposals.propose(
            session,
            author=who,
            reason=why,
            digest=policy.digest,
            base=(adopted.sequence, adopted.digest),
            folder=str(folder.relative_to(run.workspace.root)),
            source=source,
            shadow_weeks=shadow,
            wanted_week=str(effective) if effective else None,
            now=run.clock(),
        )
    said = [one.sentence for one in differences(base, policy)]
    found = review(run, number)
    write_log(run)
    return Outcome(
        ExitCode.DONE,
        f"Proposal {number} by {who} on policy v{adopted.sequence}: {len(said)} differences",
        (*said, *found.lines, f"in shadow for {shadow} weekly runs, then: cem policy adopt {number} --approver ..."),
        {"proposal": number, **found.figures},
    )


def _effective(run: Run, value: ProposedValue | None) -> tuple[Week | None, list[Fault]]:
    if value is None or value.value is None:
        return None, []
    text = str(value.value)
    try:
        week = Week.parse(text) if "W" in text.upper() else _week_of_day(text)
    except (NotAWeek, ValueError):
        coming = effective_week(run, None)
        remedy = f"write a week such as {coming}, a day such as {coming.monday}, or nothing"
        return None, [
            Fault(value.where, f"“{text}” is neither a week nor a day", "the week from which the rules hold", remedy)
        ]
    last = last_published(run)
    closed = run.last_closed_week()
    if last is not None and week <= last:
        return None, [_past(value.where, week, last)]
    if week < closed:
        return None, [_past(value.where, week, closed)]
    return week, []


def _week_of_day(text: str) -> Week:
    year, number, _ = date.fromisoformat(text[:10]).isocalendar()
    return Week(year, number)


def _past(where: str, week: Week, last: Week) -> Fault:
    return Fault(
        where,
        f"{week} is in the past: {last} was judged and told already",
        f"{last.shift(1)} or later",
        f"write {last.shift(1)} or a later week, or leave the cell empty: then the rules hold from adoption on",
    )


def _weeks(value: ProposedValue | None) -> tuple[int | None, list[Fault]]:
    if value is None or value.value is None:
        return None, []
    number = value.value if isinstance(value.value, float) else -1.0
    if number.is_integer() and 0 <= number <= _MOST_SHADOW_WEEKS:
        return int(number), []
    expected = f"a whole number from 0 to {_MOST_SHADOW_WEEKS}"
    return None, [
        Fault(value.where, f"“{value.value}” weeks in shadow", expected, "write such a number, or empty the cell")
    ]


def _person(run: Run, who: str) -> str:
    """The person id of an expert who is in the people data, so that the receipt finds its way; else the name given."""
    try:
        people = load_frame(last_week(run)[1], "people")
    except NothingPublished:
        return who
    wanted = who.strip().casefold()
    for name in ("person_id", "email", "name"):
        found = people.loc[people[name].fillna("").str.casefold() == wanted, "person_id"]
        if len(found) == 1:
            return str(found.iloc[0])
    return who
