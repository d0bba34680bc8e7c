"""The programme page: six components, practices measured by our own records, ratings that they contradict."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pandas as pd

from config.policy import read_version
from contracts.book import Book
from contracts.frames import conform
from contracts.results import PROGRAMME_OBSERVED
from contracts.rules import Policy
from contracts.weeks import Week, weeks_between
from contracts.words import ExitCode, MessageKind, OutboxState, RunKind
from delivery.feeds import csv_bytes
from extract.snapshot import read_manifest
from flows.books import load_book
from flows.errors import NothingRendered
from flows.inputs import Inputs
from flows.lease import leased
from flows.readers import last_week
from flows.run import Outcome, Run
from reporting.expert.programme import ProgrammeHead, compose_programme, render_programme
from reporting.pages import render_assets
from reporting.verify import verify_page
from scoring.explain.programme import programme_practices, programme_quarters
from scoring.measure import practices
from scoring.measure.asof import as_of_view
from store import alert_answers, ledger, outbox, policies, returned_files, runs
from store.history import history_path, read_many

PAGE = "programme.html"
_SECOND = timedelta(seconds=1)


def programme(run: Run) -> Outcome:
    """Measure every practice up to now; output/expert/<week>/programme/ holds the page and its figures as CSV.

    Ratings, goals and adoption rates are those of config/programme.toml as it stands: an opinion needs no adoption.

    Raises: NothingRendered when the page is not what it must be; the last good one stays.
    """
    with leased(run, RunKind.SME_REVIEW, "programme"):
        inputs, folder = last_week(run)
        book, rules = load_book(folder), run.policy.programme
        policy = read_version(run.workspace.root / inputs.policy)
        now, zone = run.clock(), run.settings.zone
        parts = [_of_history(run, inputs, book), _of_customers(run, inputs, book), _of_store(run, book, policy)]
        observed = conform(pd.concat(parts, ignore_index=True), PROGRAMME_OBSERVED)
        quarters = programme_quarters(observed, rules, as_of=now, zone=zone)
        judged = programme_practices(quarters, rules)
        head = ProgrammeHead(book.facts.organization, inputs.week, f"as of {now.astimezone(UTC):%d %b %Y, %H:%M} UTC")
        view = compose_programme(judged, quarters, rules)
        page = render_programme(head, view).encode()
        if faults := verify_page(page):
            raise NothingRendered(f"the programme page was not written: {'; '.join(faults)}")
        place = run.workspace.output / "expert" / inputs.week / "programme"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        (place / PAGE).write_bytes(page)
        for name, frame in {"practices": judged, "quarters": quarters}.items():
            (place / f"{name}.csv").write_bytes(csv_bytes(list(frame.columns), frame.itertuples(index=False)))
        for asset in render_assets("programme"):
            target = place / asset.path
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(asset.content)
    wrong = int((judged["verdict"] == "contradicted").sum())
    return Outcome(
        ExitCode.DONE,
        f"{view.headline}: {place / PAGE}",
        tuple(f"{component.name}: {component.said}" for component in view.components),
        {"measured": int(judged["share"].notna().sum()), "contradicted": wrong},
    )


def _of_history(run: Run, inputs: Inputs, book: Book) -> pd.DataFrame:
    """What the kept weeks tell; a week that was only reconstructed says nothing of what the sources then were."""
    zone, folder = run.settings.zone, run.workspace.history
    with run.store.read() as session:
        weeks = [one for one in runs.published_weeks(session) if one.week <= inputs.week]
    ends = {one.week: Week.parse(one.week).ends_at(zone) - _SECOND for one in weeks}
    true = [(one.week, one.revision) for one in weeks if not one.is_reconstructed]
    kept = {
        name: read_many(folder, [pin for pin in true if history_path(folder, *pin, name).exists()], name)
        for name in ("sources", "lifetime_values")
    }
    names = {name for name, _ in true}
    due = weeks_between(Week.parse(true[0][0]), run.last_closed_week())
    published = [
        practices.counted("weeks_published", week.ends_at(zone) - _SECOND, done=int(str(week) in names), of=1)
        for week in due
    ]
    return pd.concat(
        [
            practices.sources_fresh(kept["sources"], ends),
            practices.rows_admitted(kept["sources"], ends),
            practices.values_known(kept["lifetime_values"], ends),
            practices.customers_placed(book.frame("history"), ends),
            *published,
        ],
        ignore_index=True,
    )


def _of_customers(run: Run, inputs: Inputs, book: Book) -> pd.DataFrame:
    """Surveys, comments and owners, from the snapshot and the book of the week."""
    now, zone, rules = run.clock(), run.settings.zone, run.policy.programme
    whole = read_manifest(run.workspace.root / inputs.manifest).whole("surveys")
    surveys = as_of_view({"surveys": whole}, inputs.instant)["surveys"].to_pandas()
    facts = book.frame("customer_facts")
    there = facts.loc[~facts["status"].isin(["left", "prospect"]), "customer_id"]
    owned = int(there.isin(set(book.frame("assignments")["customer_id"])).sum())
    return pd.concat(
        [
            practices.surveys_sent(surveys, as_of=now, zone=zone),
            practices.customers_asked(surveys, facts, as_of=inputs.instant, zone=zone, quarters=rules.quarters),
            practices.surveys_answered(surveys),
            practices.comments_read(book.frame("comments")),
            practices.counted("accounts_owned", now - _SECOND, done=owned, of=len(there)),
        ],
        ignore_index=True,
    )


def _of_store(run: Run, book: Book, policy: Policy) -> pd.DataFrame:
    """Rules, alerts, cases and packs: what was decided, answered, closed, sent and handed back."""
    now = run.clock()
    with run.store.read() as session:
        log = policies.log(session)
        answers = alert_answers.answers(session)
        cases = ledger.cases(session)
        mails = outbox.rows(session, kinds=[MessageKind.PACK])
        back = returned_files.packs_returned(session)
    packs = [one for one in mails if one.state is not OutboxState.SUPERSEDED]
    today = now.astimezone(run.settings.zone).date()
    weighed = [rule.id for rule in policy.signals if rule.weight > 0]
    goals = {target.signal for target in policy.targets.kpi}
    links = book.frame("links")
    judged = links.loc[links["verdict"] != "not_enough", "link_id"].nunique()
    first: dict[tuple[str, str], datetime] = {}
    for one in packs:
        if one.state is OutboxState.SENT and one.audience_id:
            key = (one.audience_id, one.subject_key.partition("|")[0])
            first[key] = min(first.get(key, one.created_at), one.created_at)
    parts = [
        practices.counted("goals_set", now - _SECOND, done=len(goals & set(weighed)), of=len(weighed)),
        practices.counted("links_judged", now - _SECOND, done=int(judged), of=int(links["link_id"].nunique())),
        practices.counted(
            "playbooks_reviewed",
            now - _SECOND,
            done=sum(one.review_by >= today for one in policy.playbooks),
            of=len(policy.playbooks),
        ),
        practices.in_time(
            "alerts_acknowledged", [one.due_at for one in answers], [one.acknowledged_at for one in answers]
        ),
        practices.in_time("cases_answered", cases["first_response_due_at"], cases["acknowledged_at"]),
        practices.in_time("cases_closed", cases["due_at"], cases["closed_at"]),
        *(
            practices.counted("changes_approved", one.adopted_at, done=int(_is_seconded(one)), of=1)
            for one in log
            if one.sequence > 1
        ),
        *(practices.counted("packs_delivered", one.created_at, done=int(_arrived(one)), of=1) for one in packs),
        *(
            practices.counted("workbooks_returned", at, done=int(key in back), of=1)
            for key, at in sorted(first.items())
        ),
    ]
    return pd.concat(parts, ignore_index=True)


def _is_seconded(adoption: policies.Adoption) -> bool:
    """Whether somebody other than the author approved."""
    approver = (adoption.approver or "").strip().casefold()
    return bool(approver) and approver != adoption.author.strip().casefold()


def _arrived(message: outbox.OutboxRecord) -> bool:
    return message.state is OutboxState.SENT and message.bounced_at is None
