"""`cem sme ...`: what the subject-matter experts ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.command.outbox import WithRun

app = typer.Typer(help="For the experts who own lines, weights and playbooks.", no_args_is_help=True)

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", envvar="CEM_WORKSPACE", help="The workspace folder; default: this folder."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for a program to read.")]


def register(with_run: WithRun) -> typer.Typer:
    """The commands, carried out by the caller's `with_run`."""

    @app.command("report")
    def sme_report(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
        """Which line to move, what it would change, whom, at what cost; signals; playbooks: page, PDF, workbook."""
        from flows.sme_report import sme_report as flow

        with_run(flow, workspace, as_json=as_json)

    return app
