"""`cem policy ...`: what the business decided, who wants it otherwise, and how that becomes true."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

if TYPE_CHECKING:
    from contracts.weeks import Week
    from flows.run import Outcome, Run

app = typer.Typer(help="What the business decided: proposals, versions, and who adopted them.", no_args_is_help=True)

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", envvar="CEM_WORKSPACE", help="The workspace folder; default: this folder."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for a program to read.")]
WeekOption = Annotated[
    str | None, typer.Option("--week", help="From the start of this ISO week; default: the next one to be closed.")
]
Number = Annotated[int, typer.Argument(help="Number of the proposal, as `cem policy list` shows it.")]
Why = Annotated[str, typer.Option("--why", help="The reason, kept in the log.")]
Who = Annotated[str, typer.Option("--who", help="Who wants or decides it.")]
Approver = Annotated[
    str | None, typer.Option("--approver", help="Who approves: somebody else, where four eyes are asked.")
]


class WithRun(Protocol):
    """Opens the workspace, acts, prints the outcome and ends with its code."""

    def __call__(self, act: Callable[[Run], Outcome], workspace: Path | None, *, as_json: bool = False) -> None: ...


def register(with_run: WithRun) -> typer.Typer:
    """The commands, carried out by the caller's `with_run`."""
    _proposing(with_run)
    _deciding(with_run)
    _reading(with_run)
    return app


def _proposing(with_run: WithRun) -> None:
    @app.command("draft")
    def policy_draft(
        who: Who,
        into: Annotated[Path | None, typer.Option(help="The file to write; default: output/expert/policy/.")] = None,
        workspace: WorkspaceOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """Write the workbook in which an expert proposes other lines, weights and anchors."""
        from flows.policy.propose import draft_workbook

        with_run(lambda run: draft_workbook(run, who=who, into=into), workspace, as_json=as_json)

    @app.command("propose")
    def policy_propose(
        why: Why,
        who: Who,
        file: Annotated[
            Path | None, typer.Argument(help="A proposal workbook or TOML of what is to change; none: config/*.toml.")
        ] = None,
        shadow_weeks: Annotated[
            int | None, typer.Option(min=0, max=26, help="Weekly runs in shadow; default: as governance.toml says.")
        ] = None,
        week: WeekOption = None,
        workspace: WorkspaceOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """Propose other rules; they are checked, replayed over the last weeks, and watched in shadow."""
        from flows.policy.propose import propose

        def act(run: Run) -> Outcome:
            return propose(run, file, why=why, who=who, weeks=shadow_weeks, effective=_week(week))

        with_run(act, workspace, as_json=as_json)

    @app.command("review")
    def policy_review(number: Number, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
        """Replay a proposal over the last weeks again: who flips, revenue, cases and alerts per owner."""
        from flows.policy.review import review

        with_run(lambda run: review(run, number), workspace, as_json=as_json)


def _deciding(with_run: WithRun) -> None:
    @app.command("adopt")
    def policy_adopt(
        number: Annotated[int | None, typer.Argument(help="Number of the proposal; none: config/*.toml.")] = None,
        why: Annotated[str | None, typer.Option(help="The reason, kept in the log; a proposal has its own.")] = None,
        author: Annotated[str | None, typer.Option(help="Who wants it, for config/*.toml; a proposal has one.")] = None,
        approver: Approver = None,
        week: WeekOption = None,
        early: Annotated[bool, typer.Option("--early", help="Before its weeks in shadow are over.")] = False,
        workspace: WorkspaceOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """Put a proposal, or config/*.toml as it stands, in force from the start of a week."""
        from flows.policy.adopt import adopt_draft, adopt_proposal

        def act(run: Run) -> Outcome:
            if number is None:
                if not (why and author):
                    raise typer.BadParameter("without a number the draft is adopted: give --why and --author")
                return adopt_draft(run, why=why, author=author, week=_week(week), approver=approver)
            if not approver:
                raise typer.BadParameter("say who approves: --approver")
            said = why or "approved"
            return adopt_proposal(run, number, approver=approver, why=said, week=_week(week), is_early=early)

        with_run(act, workspace, as_json=as_json)

    @app.command("reject")
    def policy_reject(
        number: Number, who: Who, why: Why, workspace: WorkspaceOption = None, as_json: JsonOption = False
    ) -> None:
        """Decide against a proposal."""
        from flows.policy.adopt import reject

        with_run(lambda run: reject(run, number, who=who, why=why), workspace, as_json=as_json)

    @app.command("rollback")
    def policy_rollback(
        to: Annotated[int, typer.Option("--to", help="The version whose rules are to hold again.")],
        why: Why,
        who: Who,
        approver: Approver = None,
        week: WeekOption = None,
        workspace: WorkspaceOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """Put the rules of an earlier version in force again; published weeks stay as they were told."""
        from flows.policy.adopt import roll_back

        def act(run: Run) -> Outcome:
            return roll_back(run, to, who=who, why=why, approver=approver, week=_week(week))

        with_run(act, workspace, as_json=as_json)

    @app.command("open-cases")
    def policy_open_cases(
        number: Number, who: Who, workspace: WorkspaceOption = None, as_json: JsonOption = False
    ) -> None:
        """Open cases for customers that an adopted proposal moved: nothing else does."""
        from flows.policy.cases import open_cases

        with_run(lambda run: open_cases(run, number, who=who), workspace, as_json=as_json)


def _reading(with_run: WithRun) -> None:
    @app.command("list")
    def policy_list(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
        """All proposals and what became of them."""
        from flows.policy.log_page import listed

        with_run(listed, workspace, as_json=as_json)

    @app.command("log")
    def policy_log(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
        """All policy versions: number, effective week, author, approver, reason."""
        from flows.policy.log_page import log

        with_run(log, workspace, as_json=as_json)

    @app.command("diff")
    def policy_diff(
        first: Annotated[int, typer.Argument(help="A version, such as 1.")],
        second: Annotated[int, typer.Argument(help="Another one, such as 2.")],
        workspace: WorkspaceOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """What one version says otherwise than another, in words."""
        from flows.policy.log_page import differ

        with_run(lambda run: differ(run, first, second), workspace, as_json=as_json)

    @app.command("try")
    def policy_try(
        customer: Annotated[str, typer.Option("--customer", help="Customer id or exact name.")],
        proposal: Annotated[int | None, typer.Option("--proposal", help="The rules of this proposal.")] = None,
        file: Annotated[Path | None, typer.Option("--file", help="The rules that this file would propose.")] = None,
        workspace: WorkspaceOption = None,
        as_json: JsonOption = False,
    ) -> None:
        """One customer under the rules in force and under others, step by step."""
        from flows.policy.try_out import try_customer

        def act(run: Run) -> Outcome:
            return try_customer(run, customer, proposal_id=proposal, file=file)

        with_run(act, workspace, as_json=as_json)


def _week(text: str | None) -> Week | None:
    from contracts.weeks import Week

    return Week.parse(text) if text else None
