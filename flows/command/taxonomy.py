"""`cem taxonomy ...`: what new words mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.command.outbox import WithRun

app = typer.Typer(help="Words that could not be read: proposed to experts, taken back.", no_args_is_help=True)

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", envvar="CEM_WORKSPACE", help="The workspace folder; default: this folder."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for a program to read.")]


def register(with_run: WithRun) -> typer.Typer:
    """The commands, carried out by the caller's `with_run`."""

    @app.command("review")
    def taxonomy_review(
        into: Annotated[Path | None, typer.Option(help="The file to write; default: output/expert/<week>/.")] = None,
        workspace: WorkspaceOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """Write the workbook of emerging terms, unmatched comments and sentiment disagreements."""
        from flows.taxonomy import review_words

        with_run(lambda run: review_words(run, into=into), workspace, as_json=as_json)

    @app.command("apply")
    def taxonomy_apply(
        file: Annotated[Path, typer.Argument(help="The workbook, answered.")],
        why: Annotated[str, typer.Option("--why", help="The reason, kept beside the words.")],
        who: Annotated[str, typer.Option("--who", help="Who decided.")],
        workspace: WorkspaceOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """Add accepted rows to taxonomy.csv and lexicon.csv of the draft; `cem policy propose` makes it a version."""
        from flows.taxonomy import apply_words

        with_run(lambda run: apply_words(run, file, why=why, who=who), workspace, as_json=as_json)

    return app
