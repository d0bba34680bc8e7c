"""The weekly run, as a table of contents: take in, judge, record, render, publish, tell, send."""

from __future__ import annotations

from pathlib import Path

from contracts.weeks import Week
from contracts.words import ExitCode, RunKind, RunState
from extract.intake import Intake
from flows.alerting.landed import Seen, after_week, landed, remember
from flows.alerting.mails import critical_and_hard
from flows.alerting.unproven import unproven
from flows.books import add_frames, save_book, save_frame
from flows.casework.mails import tell_case_changes
from flows.data_owners import REJECTS, tell_owners, write_packs
from flows.errors import NothingRendered
from flows.inputs import Inputs
from flows.lease import Lease, leased
from flows.packs.mails import pack_messages
from flows.packs.publish import publish_week, readers_of, render_week
from flows.policy.shadow import watch_rules
from flows.run import Outcome, Run
from flows.sending.dispatch import Dispatched, dispatch_due
from flows.sending.tell import enqueue, to_operator
from flows.week.admit import freeze, keep_crosswalk, snapshot_of, take_exports
from flows.week.assess import Assessed, assess
from flows.week.facts import week_facts
from flows.week.follow_up import freeze_follow_up
from flows.week.last_packs import keep_packs
from flows.week.record import decide_week, keep_history, record_week
from store import ledger, runs
from store.runs import PublishedWeek


def weekly(run: Run, week: Week, *, revise: str | None = None) -> Outcome:
    """Make one week true and told. The same inputs again change nothing; others need a reason to revise.

    Raises: AlreadyRunning while another process makes this week.
    """
    with leased(run, RunKind.WEEKLY, str(week)) as lease:
        with run.store.read() as session:
            standing = runs.published(session, week)
            last = runs.last_published_before(session, week)
        if standing is not None and standing.is_reconstructed:
            lease.state = RunState.FAILED
            return Outcome(ExitCode.USAGE, f"{week} was backfilled; it stands as reconstructed and gets no packs")
        run.at_step("import")
        found = landed(run, Seen())
        intake = take_exports(run, week, run.as_of(week), snapshot_of(run, last))
        if intake.held:
            return _held(run, lease, week, intake)
        revision = standing.revision + 1 if standing else 0
        inputs = freeze(run, week, intake, revision=revision)
        if standing is not None and (standing.inputs_digest == inputs.digest or revise is None):
            return _standing(run, week, standing, inputs)
        outcome = _make(run, lease, week, inputs, intake, reason=revise)
        remember(run, after_week(found, intake, week=inputs.run_name, manifest=inputs.manifest, as_of=run.as_of(week)))
        return outcome


def _make(run: Run, lease: Lease, week: Week, inputs: Inputs, intake: Intake, *, reason: str | None) -> Outcome:
    folder = run.workspace.runs / inputs.run_name
    book = folder / "book"
    folder.mkdir(parents=True, exist_ok=True)
    keep_crosswalk(run, folder)
    save_frame(folder, REJECTS, intake.quarantine)
    run.say(f"scoring {inputs.run_name}")
    run.at_step("score")
    assessed = run.step(
        "measure, score, place",
        lambda: assess(inputs, run.workspace.root, fan_out=run.fan_out, into=folder / "work"),
    )
    decided = decide_week(run, inputs, assessed)
    frames = {**assessed.frames, "people": assessed.people, "sources": intake.sources, "cases": decided.cases}
    save_book(book, week_facts(inputs, assessed, intake.sources), frames, assessed.buckets)
    addressing = readers_of(inputs, assessed)
    due, unaddressed = critical_and_hard(run, book, addressing, decided.alerts, assessed.policy)

    listed = unproven(run, inputs, assessed.frames["transitions"], assessed.frames["events"], key=inputs.run_name)

    run.at_step("history")
    keep_history(run, inputs, assessed, intake.sources)
    recorded = record_week(run, lease, inputs, assessed, decided, due)
    inputs = inputs.with_case_event(recorded.case_event)
    inputs.write(folder / "inputs.json")
    watched = watch_rules(run, inputs, assessed)
    with run.store.read() as session:
        cases = ledger.cases(session, upto=recorded.case_event)
    standing = {**assessed.frames, "cases": cases}
    add_frames(book, {"cases": cases, **freeze_follow_up(run, inputs, standing, assessed.policy)})

    run.say(f"rendering {len(addressing.audiences)} packs")
    run.at_step("render")
    rules = assessed.policy.audiences
    rendered = run.step(
        "render packs",
        lambda: render_week(addressing.audiences, rules, inputs, run=run, book=book, into=folder / "packs"),
    )
    if addressing.audiences and not rendered.good:
        raise NothingRendered(
            f"{week}: no pack passed its checks, so nothing is published; {rendered.failed[0].faults[0]}"
        )
    keep_packs(folder, (pack.audience.audience_id for pack in rendered.good))
    release = publish_week(run, inputs, assessed, rendered)
    messages = pack_messages(run, inputs, addressing, rendered, rules) + listed
    problems = [note.message for note in addressing.notes] + unaddressed + watched
    if not addressing.audiences:
        problems.append(
            "no pack was made, for nobody reads: add people in sources.toml, or [[audience]] in audiences.toml"
        )
    problems += [f"pack of {pack.audience.title} held back: {pack.faults[0]}" for pack in rendered.failed]
    if problems:
        text = "\n".join(problems)
        messages.append(
            to_operator(run, f"{inputs.run_name}|problems", f"{week}: {len(problems)} things to mend", text)
        )
    with run.store.write() as session:
        lease.advance(session, RunState.PUBLISHED)
        runs.record_published(
            session,
            week=week,
            revision=inputs.revision,
            digest=release.digest,
            inputs_digest=inputs.digest,
            path=str(release.path.relative_to(run.workspace.root)),
            inputs_path=str((folder / "inputs.json").relative_to(run.workspace.root)),
            run_id=lease.run_id,
            reason=reason,
            now=run.clock(),
        )
        enqueue(session, run, messages)
        run.at_step("publish")
    tell_case_changes(run)
    tell_owners(run, inputs, write_packs(run, inputs))
    # a weekly run knows all alerts of its week: leaders need not wait for more of them
    sent = dispatch_due(run, is_closing=True)
    return _told(week, intake, assessed, release.path, sent, alerts=recorded.alerts, problems=problems)


def _told(
    week: Week, intake: Intake, assessed: Assessed, path: Path, sent: Dispatched, *, alerts: int, problems: list[str]
) -> Outcome:
    quarantined = int(intake.sources["quarantined"].sum())
    critical = int((assessed.frames["placements"]["zone"] == "critical").sum())
    moved = len(assessed.frames["transitions"])
    code = ExitCode.DONE
    if problems or quarantined:
        code = ExitCode.DATA_PROBLEMS
    elif sent.waiting:
        code = ExitCode.MAIL_PENDING
    return Outcome(
        code,
        f"{week} is published: {path}",
        (
            f"{assessed.customers} customers, {critical} Critical, {alerts} alerts, {moved} changes of zone",
            f"{quarantined} rows set aside of {int(intake.sources['rows_in'].sum())}",
            sent.line(),
            *(f"for the experts: {note}" for note in assessed.expert_notes),
            *problems,
        ),
        {"customers": assessed.customers, "critical": critical, "alerts": alerts, "sent": sent.sent},
    )


def _held(run: Run, lease: Lease, week: Week, intake: Intake) -> Outcome:
    lease.state = RunState.HELD
    lease.summary["held"] = list(intake.held)
    text = "\n".join(("Nothing was scored, published or mailed.", *intake.held))
    notice = to_operator(run, f"{week}|held|{intake.digest}", f"{week} is held: the exports cannot be trusted", text)
    with run.store.write() as session:
        enqueue(session, run, [notice])
    dispatch_due(run)
    return Outcome(ExitCode.HELD, f"{week} is held; the last good week stays", intake.held)


def _standing(run: Run, week: Week, standing: PublishedWeek, inputs: Inputs) -> Outcome:
    sent = dispatch_due(run)
    code = ExitCode.MAIL_PENDING if sent.waiting else ExitCode.DONE
    if standing.inputs_digest == inputs.digest:
        return Outcome(code, f"{week} stands as published; nothing changed, nothing was sent again", (sent.line(),))
    return Outcome(
        code,
        f"{week} stands as published; its exports or rules have changed since",
        ("`cem run --week ... --revise REASON` publishes a corrected revision", sent.line()),
    )
