"""`cem model`: tried models of leaving, and which of them is the retention axis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.command.outbox import WithRun

if TYPE_CHECKING:
    from contracts.weeks import Week

app = typer.Typer(help="Tried models of leaving, and which of them is the retention axis.", no_args_is_help=True)

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", envvar="CEM_WORKSPACE", help="The workspace folder; default: this folder."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for a program to read.")]
Version = Annotated[str, typer.Argument(help="A version, as `cem model list` shows it.")]
Why = Annotated[str, typer.Option("--why", help="The reason, kept in the log of policies.")]
Who = Annotated[str, typer.Option("--who", help="Who decided.")]
Approver = Annotated[
    str | None, typer.Option("--approver", help="Who approves; another person where the rules ask for four eyes.")
]
WeekOption = Annotated[
    str | None, typer.Option("--week", help="The first ISO week of the new axis; default: as soon as the rules allow.")
]


def register(with_run: WithRun) -> typer.Typer:
    """The commands, carried out by the caller's `with_run`."""

    @app.command("list")
    def model_list(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
        """All tried models: when trained, how tested, whether they may be adopted, what they are now."""
        from flows.adoption import list_models

        with_run(list_models, workspace, as_json=as_json)

    @app.command("show")
    def model_show(version: Version, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
        """One model: period, test, coefficients, where its line would stand."""
        from flows.adoption import show_model

        with_run(lambda run: show_model(run, version), workspace, as_json=as_json)

    @app.command("adopt")
    def model_adopt(
        version: Version,
        why: Why,
        who: Who,
        approver: Approver = None,
        week: WeekOption = None,
        workspace: WorkspaceOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """Make a model the retention axis from the start of a week, after its shadow weeks: a change of policy."""
        from flows.adoption import adopt_model

        first = _week(week)
        with_run(
            lambda run: adopt_model(run, version, why=why, who=who, approver=approver, week=first),
            workspace,
            as_json=as_json,
        )

    @app.command("retire")
    def model_retire(
        why: Why,
        who: Who,
        approver: Approver = None,
        week: WeekOption = None,
        workspace: WorkspaceOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """Make the experts' risk index the retention axis again: a change of policy."""
        from flows.adoption import retire_model

        first = _week(week)
        with_run(
            lambda run: retire_model(run, why=why, who=who, approver=approver, week=first), workspace, as_json=as_json
        )

    return app


def _week(week: str | None) -> Week | None:
    from contracts.weeks import NotAWeek, Week

    if week is None:
        return None
    try:
        return Week.parse(week)
    except NotAWeek as exc:
        raise typer.BadParameter(str(exc)) from exc
