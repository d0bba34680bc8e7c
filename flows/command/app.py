"""The command `cem`. Imports nothing heavy at the top: help must answer at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from flows.command import cases as cli_cases
from flows.command import models as cli_models
from flows.command import outbox as cli_outbox
from flows.command import policy as cli_policy
from flows.command import sme as cli_sme
from flows.command import taxonomy as cli_taxonomy

if TYPE_CHECKING:
    from flows.run import Outcome, Run

app = typer.Typer(
    help="Customer experience management: score, place, publish, alert, follow.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", envvar="CEM_WORKSPACE", help="The workspace folder; default: this folder."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for a program to read.")]
WeekOption = Annotated[
    str | None, typer.Option("--week", help="ISO week such as 2026-W47; default: the last closed one.")
]


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make; must be absent or empty.")],
    organization: Annotated[str, typer.Option(help="Your company's name, printed on every page.")] = "Your company",
    time_zone: Annotated[str, typer.Option(help="IANA time zone in which weeks begin.")] = "Europe/Rome",
) -> None:
    """Make a new workspace: commented configuration, inbox and returns folders. It starts in preview."""
    from flows.workspace import make_workspace

    with _plain_errors():
        _end(make_workspace(folder, organization=organization, time_zone=time_zone))


@app.command()
def demo(
    workspace: WorkspaceOption = None,
    customers: Annotated[int, typer.Option(min=50, max=1_000_000)] = 200,
    people: Annotated[int, typer.Option(min=5, max=1_000)] = 60,
    backfill_weeks: Annotated[int, typer.Option(min=1, max=100)] = 26,
    seed: int = 7,
    as_json: JsonOption = False,
) -> None:
    """Make the demo company and run it: history, two weeks of packs, an alert in between, real mails."""
    from flows.demo import run_demo

    with _plain_errors():
        root = workspace or Path.cwd()
        with _progress(as_json) as say:
            outcome = run_demo(
                root, customers=customers, people=people, backfill_weeks=backfill_weeks, seed=seed, say=say
            )
        _end(outcome, as_json)


@app.command()
def run(
    workspace: WorkspaceOption = None,
    week: WeekOption = None,
    as_of: Annotated[str | None, typer.Option(help="Close the week that ends by this date (exclusive).")] = None,
    exports: Annotated[Path | None, typer.Option(help="Read exports from here instead of inbox/.")] = None,
    revise: Annotated[str | None, typer.Option(help="Publish a corrected revision, for this reason.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The weekly run: take in, score, place, publish, mail. The same week twice changes nothing."""
    from flows.weekly import weekly

    def act(run: Run) -> Outcome:
        return weekly(run, _week(run, week, as_of), revise=revise)

    _with_run(act, workspace, exports=exports, as_json=as_json)


@app.command()
def alerts(workspace: WorkspaceOption = None, exports: Path | None = None, as_json: JsonOption = False) -> None:
    """Look at exports that changed, alert on what cannot wait, advance the clock of cases, send due mail."""
    from flows.alerts import alerts as flow

    _with_run(flow, workspace, exports=exports, as_json=as_json)


@app.command()
def daily(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Time-driven events of all customers: silence, renewals near, end of support."""
    from flows.daily import daily as flow

    _with_run(flow, workspace, as_json=as_json)


@app.command()
def returns(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Read the workbooks handed back in returns/ and apply their edits."""
    from flows.returns import returns as flow

    _with_run(flow, workspace, as_json=as_json)


@app.command()
def snooze(
    customer: Annotated[str, typer.Argument(help="Customer id or exact name.")],
    until: Annotated[str, typer.Option(help="The day on which alerts begin again, such as 2026-12-01.")],
    why: Annotated[str, typer.Option(help="The reason, kept with the snooze.")],
    who: Annotated[str, typer.Option(help="Who asks: a person id or e-mail of the people data.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List alerts about a customer instead of telling them; Critical and hard events still reach the leads."""
    from flows.alerting.snooze import snoozed

    _with_run(lambda run: snoozed(run, customer, until=until, why=why, who=who), workspace, as_json=as_json)


@app.command()
def maintenance(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Sweep abandoned stages and exports past their retention; check the published weeks."""
    from flows.maintenance import maintenance as flow

    _with_run(flow, workspace, as_json=as_json)


@app.command()
def linkage(
    workspace: WorkspaceOption = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Look again at the last published week, instead of what the packs show.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """The linkage report: four questions answered with verdict, interval, picture and proposed goals."""
    from flows.linkage import linkage as flow

    _with_run(lambda run: flow(run, anew=anew), workspace, as_json=as_json)


@app.command("data-owners")
def data_owners(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Per source, for its owner: rejected rows, freshness, drift, what late data does; the weekly run does it too."""
    from flows.data_owners import data_owners as flow

    _with_run(flow, workspace, as_json=as_json)


@app.command()
def programme(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """The customer-experience programme: practices measured by our own records, ratings that they contradict."""
    from flows.programme import programme as flow

    _with_run(flow, workspace, as_json=as_json)


@app.command()
def backfill(
    first: Annotated[str, typer.Option("--from", help="First ISO week.")],
    last: Annotated[str, typer.Option("--to", help="Last ISO week.")],
    workspace: WorkspaceOption = None,
    exports: Path | None = None,
    as_json: JsonOption = False,
) -> None:
    """Score past weeks from today's exports, so that trends exist; they are labelled reconstructed."""
    from flows.backfill import backfill as flow

    def act(run: Run) -> Outcome:
        from contracts.weeks import Week

        return flow(run, Week.parse(first), Week.parse(last))

    _with_run(act, workspace, exports=exports, as_json=as_json)


@app.command()
def rebuild(
    week: Annotated[str, typer.Option("--week", help="The published ISO week to make again.")],
    workspace: WorkspaceOption = None,
    into: Annotated[Path | None, typer.Option(help="Keep the rebuilt files here.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a published week again from its frozen inputs and compare every byte with what was published."""
    from flows.rebuild import rebuild as flow

    def act(run: Run) -> Outcome:
        from contracts.weeks import Week

        return flow(run, Week.parse(week), into=into)

    _with_run(act, workspace, as_json=as_json)


@app.command()
def brief(
    customer: Annotated[str, typer.Argument(help="Customer id or exact name.")],
    reader: Annotated[str, typer.Option("--for", help="Person id or e-mail of the reader.")],
    workspace: WorkspaceOption = None,
    into: Annotated[Path | None, typer.Option(help="Where to write the PDF; default: output/briefs/.")] = None,
    language: Annotated[str | None, typer.Option(help="en, it or ar; default: the reader's own.")] = None,
    as_json: JsonOption = False,
) -> None:
    """A fresh one-page brief of one customer, with exactly what that reader may see."""
    from flows.brief import brief as flow

    _with_run(lambda run: flow(run, customer, reader, into=into, language=language), workspace, as_json=as_json)


@app.command()
def status(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """What was published, what waits, what went wrong."""
    from flows.command.status import status as flow

    _with_run(flow, workspace, as_json=as_json)


@app.command()
def why(
    subject: Annotated[str, typer.Argument(help="Number of a mail, id of an event or episode, or customer id.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """The chain behind a mail, an alert or a score: export, file, row, scope, policy, what was sent."""
    from flows.command.why import why as flow

    _with_run(lambda run: flow(run, subject), workspace, as_json=as_json)


@app.command()
def doctor(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Check configuration, database, mail, fonts and sources, and say how to mend what is wrong."""
    from flows.command.doctor import doctor as flow

    with _plain_errors():
        _end(flow(workspace or Path.cwd()), as_json)


@app.command()
def watchdog(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """For cron or systemd: is the week published, do alerts run, are sources fresh, do mails leave?"""
    from flows.watchdog import watchdog as flow

    _with_run(flow, workspace, as_json=as_json)


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="A published release, such as output/latest.")],
    key: Annotated[Path | None, typer.Option(help="Public key (PEM); without it only the hashes are checked.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Check a release against its manifest, and the manifest against its signature. Needs no workspace."""
    from flows.seals import verify as flow

    with _plain_errors():
        _end(flow(folder, key), as_json)


def _week(run: Run, week: str | None, as_of: str | None) -> Any:
    from datetime import datetime

    from contracts.weeks import Week

    if week and as_of:
        _refuse("give --week or --as-of, not both")
    if week:
        return Week.parse(week)
    if as_of:
        try:
            moment = datetime.fromisoformat(as_of)
        except ValueError:
            _refuse(f"--as-of '{as_of}' is not a date; write it like 2024-07-01")
        zone = run.settings.zone
        return Week.closed_by(moment if moment.tzinfo else moment.replace(tzinfo=zone), zone)
    return run.last_closed_week()


def _with_run(
    act: Callable[[Run], Outcome], workspace: Path | None, *, exports: Path | None = None, as_json: bool = False
) -> None:
    from flows.run import opened
    from flows.stop import stoppable

    with _plain_errors():
        with stoppable(), _progress(as_json) as say, opened(workspace or Path.cwd(), say=say, inbox=exports) as run:
            outcome = act(run)
        _end(outcome, as_json)


@contextmanager
def _progress(silent: bool) -> Iterator[Callable[[str], None]]:
    """A line that says what is being done, on a terminal; plain lines elsewhere; nothing for programs."""
    if silent:
        yield lambda _: None
        return
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: console.print(text, style=None, highlight=False)
        return
    with console.status("starting") as spinner:

        def say(text: str) -> None:
            console.print(f"  {text}", highlight=False)
            spinner.update(text)

        yield say


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Faults of configuration, input and state are sentences with an exit code, never tracebacks."""
    from flows.errors import told
    from flows.stop import Stopped

    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except Stopped as exc:
        typer.echo(str(exc), err=True)
        raise typer.Exit(128 + exc.number) from exc
    except Exception as exc:
        sentence, code = told(exc)
        if sentence is None:
            raise
        typer.echo(sentence, err=True)
        raise typer.Exit(code) from exc


def _end(outcome: Outcome, as_json: bool = False) -> NoReturn:
    if as_json:
        typer.echo(json.dumps(asdict(outcome), default=str, ensure_ascii=False))
    else:
        typer.echo(outcome.headline)
        for line in outcome.lines:
            typer.echo(f"  {line}")
    raise typer.Exit(int(outcome.code))


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(2)


app.add_typer(cli_models.register(_with_run), name="model")
app.add_typer(cli_policy.register(_with_run), name="policy")
app.add_typer(cli_outbox.register(_with_run), name="outbox")
app.add_typer(cli_sme.register(_with_run), name="sme")
app.add_typer(cli_taxonomy.register(_with_run), name="taxonomy")
app.add_typer(cli_cases.cases_app, name="cases")
app.add_typer(cli_cases.requests_app, name="requests")


def main() -> None:
    app()


if __name__ == "__main__":
    main()
