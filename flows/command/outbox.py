"""`cem outbox ...`: mails waiting, held, sent and in doubt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

if TYPE_CHECKING:
    from flows.run import Outcome, Run

app = typer.Typer(help="Mails waiting, held, sent and in doubt.", no_args_is_help=True)

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", envvar="CEM_WORKSPACE", help="The workspace folder; default: this folder."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for a program to read.")]
Numbers = Annotated[list[int] | None, typer.Argument(help="Numbers of mails, as `cem outbox list` shows them.")]
Why = Annotated[str, typer.Option("--why", help="The reason, kept in the send log.")]


class WithRun(Protocol):
    """Opens the workspace, acts, prints the outcome and ends with its code."""

    def __call__(self, act: Callable[[Run], Outcome], workspace: Path | None, *, as_json: bool = False) -> None: ...


def register(with_run: WithRun) -> typer.Typer:
    """The commands, carried out by the caller's `with_run`."""

    @app.command("list")
    def outbox_list(
        state: Annotated[str | None, typer.Option(help="Only mails in this state.")] = None,
        workspace: WorkspaceOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """The mails of this workspace: number, state, kind, reader, attempts, last answer of the server."""
        from flows.sending.desk import listed

        with_run(lambda run: listed(run, state), workspace, as_json=as_json)

    @app.command("approve")
    def outbox_approve(
        week: Annotated[str, typer.Option("--week", help="The week whose held packs may go out.")],
        workspace: WorkspaceOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """Release the packs of a week that wait for an operator's word, and send what is due."""
        from flows.sending.desk import approve

        with_run(lambda run: approve(run, week), workspace, as_json=as_json)

    @app.command("resend")
    def outbox_resend(
        numbers: Numbers = None,
        failed: Annotated[bool, typer.Option("--failed", help="All that failed.")] = False,
        why: Why = "sent again by the operator",
        workspace: WorkspaceOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """Try failed mails again, with the same bytes. Mails that were sent are never sent again."""
        from flows.sending.desk import resend

        with_run(lambda run: resend(run, numbers or (), is_all_failed=failed, why=why), workspace, as_json=as_json)

    @app.command("hold")
    def outbox_hold(
        numbers: Annotated[list[int], typer.Argument(help="Numbers of waiting mails.")],
        why: Why = "held by the operator",
        workspace: WorkspaceOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """Keep waiting mails back until they are released."""
        from flows.sending.desk import hold

        with_run(lambda run: hold(run, numbers, why=why), workspace, as_json=as_json)

    @app.command("release")
    def outbox_release(
        numbers: Annotated[list[int], typer.Argument(help="Numbers of held mails.")],
        why: Why = "released by the operator",
        workspace: WorkspaceOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """Let held mails go, and send what is due."""
        from flows.sending.desk import release

        with_run(lambda run: release(run, numbers, why=why), workspace, as_json=as_json)

    @app.command("settle")
    def outbox_settle(
        number: Annotated[int, typer.Argument(help="Number of a mail in doubt.")],
        sent: Annotated[bool, typer.Option("--sent/--again", help="It arrived, or it is to be sent again.")],
        why: Why = "settled by the operator",
        workspace: WorkspaceOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """Say of a mail in doubt whether it arrived."""
        from flows.sending.desk import settle

        with_run(lambda run: settle(run, number, is_sent=sent, why=why), workspace, as_json=as_json)

    return app
