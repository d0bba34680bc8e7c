"""`cem cases` and `cem requests`: the same rules and the same audit as a workbook that comes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from flows.run import Outcome, Run

cases_app = typer.Typer(help="Cases: list, open, note, assign, close, acknowledge.", no_args_is_help=True)
requests_app = typer.Typer(help="Requests for access, signals and reports, and their decisions.", no_args_is_help=True)

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", envvar="CEM_WORKSPACE", help="The workspace folder; default: this folder."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for a program to read.")]
CaseArgument = Annotated[str, typer.Argument(help="The case, such as CL-1A2B3C4D.")]
WhoOption = Annotated[str, typer.Option("--as", help="Who does it: a person id or e-mail of the people data.")]


@cases_app.command("list")
def cases_list(
    mine: Annotated[str | None, typer.Option("--owner", help="Only cases of this person.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open cases, the overdue first; then what waits for an answer or for room, and what might be closed."""
    from flows.casework.desk import listed

    _with_run(lambda run: listed(run, owner=mine, everything=everything), workspace, as_json)


@cases_app.command("show")
def cases_show(case: CaseArgument, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """A case with its team and its whole story."""
    from flows.casework.desk import shown

    _with_run(lambda run: shown(run, case), workspace, as_json)


@cases_app.command("open")
def cases_open(
    customer: Annotated[str, typer.Argument(help="Customer id or exact name.")],
    template: Annotated[str, typer.Option(help="The id of a case template.")],
    why: Annotated[str, typer.Option(help="What should be followed up.")],
    who: WhoOption,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a case by hand, with the team and goals of its template."""
    from flows.casework.desk import opened_by_hand

    _with_run(lambda run: opened_by_hand(run, customer, template, why=why, who=who), workspace, as_json)


@cases_app.command("note")
def cases_note(
    case: CaseArgument,
    text: Annotated[str, typer.Argument(help="The note.")],
    who: WhoOption,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a note into a case."""
    from flows.casework.desk import edited

    _with_run(lambda run: edited(run, case, {"note": text}, who=who, why=None), workspace, as_json)


@cases_app.command("assign")
def cases_assign(
    case: CaseArgument,
    owner: Annotated[str, typer.Argument(help="The new owner: a person id or e-mail.")],
    who: WhoOption,
    why: Annotated[str | None, typer.Option(help="The reason.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a case to another owner."""
    from flows.casework.desk import assigned

    _with_run(lambda run: assigned(run, case, owner, who=who, why=why), workspace, as_json)


@cases_app.command("close")
def cases_close(
    case: CaseArgument,
    outcome: Annotated[str, typer.Option(help="How it ended.")],
    who: WhoOption,
    status: Annotated[str | None, typer.Option(help="A closing status of the template; default: its first.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close a case; only its case managers may."""
    from flows.casework.desk import closed

    _with_run(lambda run: closed(run, case, outcome=outcome, status=status, who=who), workspace, as_json)


@cases_app.command("reopen")
def cases_reopen(
    case: CaseArgument,
    why: Annotated[str, typer.Option(help="The reason.")],
    who: WhoOption,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a closed case again."""
    from flows.casework.desk import reopened

    _with_run(lambda run: reopened(run, case, who=who, why=why), workspace, as_json)


@cases_app.command("ack")
def cases_ack(
    key: Annotated[str, typer.Argument(help="A case, or the key of an alert that waits for an answer.")],
    who: WhoOption,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Acknowledge a case or an alert: somebody has seen it."""
    from flows.casework.desk import acknowledged

    _with_run(lambda run: acknowledged(run, key, who=who), workspace, as_json)


@cases_app.command("replay")
def cases_replay(
    weeks: Annotated[int, typer.Option(min=1, max=104)] = 13,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """What the last weeks would have been under the goals of the draft, beside those in force."""
    from flows.casework.desk import replayed

    _with_run(lambda run: replayed(run, weeks=weeks), workspace, as_json)


@cases_app.command("effect")
def cases_effect(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Does it work? Each playbook against comparable accounts without a case, team figures, lost customers."""
    from flows.casework.effect import case_effect

    _with_run(case_effect, workspace, as_json)


@requests_app.command("list")
def requests_list(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """All requests, with their decisions."""
    from flows.casework.desk import requests_listed

    _with_run(requests_listed, workspace, as_json)


@requests_app.command("ask")
def requests_ask(
    kind: Annotated[str, typer.Argument(help="access, signal or report.")],
    what: Annotated[str, typer.Argument(help="What is wanted.")],
    who: WhoOption,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask for access, a new signal, or a change of a report."""
    from flows.casework.desk import asked

    _with_run(lambda run: asked(run, kind, what, who=who), workspace, as_json)


@requests_app.command("decide")
def requests_decide(
    number: Annotated[int, typer.Argument(help="The number of the request.")],
    decision: Annotated[str, typer.Argument(help="granted or declined.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    who: WhoOption,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide a request, once."""
    from flows.casework.desk import decided

    _with_run(lambda run: decided(run, number, decision, who=who, reason=reason), workspace, as_json)


def _with_run(act: Callable[[Run], Outcome], workspace: Path | None, as_json: bool) -> None:
    from flows.command.app import _with_run as with_run

    with_run(act, workspace, as_json=as_json)
