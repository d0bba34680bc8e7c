"""The same flows under Prefect: schedules, retries, run history. The only module that knows Prefect.

A deployment's parameter is the workspace folder (and a week); no row, frame or secret ever is.
Decorators sit on thin functions here, never on the flows themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from prefect import Task, flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.tasks import exponential_backoff

from contracts.weeks import Week
from contracts.words import ExitCode
from flows import alerts as alerts_flow
from flows import daily as daily_flow
from flows import linkage as linkage_flow
from flows import maintenance as maintenance_flow
from flows import programme as programme_flow
from flows import returns as returns_flow
from flows import sme_report as sme_report_flow
from flows import weekly as weekly_flow
from flows.run import Outcome, Run, opened

Item = TypeVar("Item")
Result = TypeVar("Result")

_BACK_OFF = exponential_backoff(backoff_factor=10)
# Held runs and data problems are results that people act on; only a failed run is a red one.
_RED = frozenset({ExitCode.FAILED, ExitCode.USAGE})


class RunFailed(Exception):
    """A flow ended red: its headline says why."""


class OverTasks:
    """Fan-out over Prefect's task runner: each partition is a task run that can be seen and retried."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        return list(self.stream(function, items))

    def stream(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        seen: Task[[Item], Result] = Task(function, name=_name_of(function), persist_result=False, retries=1)
        futures = seen.map(list(items))
        return (future.result() for future in futures)


def _name_of(function: Callable[..., object]) -> str:
    return getattr(function, "__name__", "task").replace("_", " ")


def as_task(name: str, action: Callable[[], Result], *, retries: int = 0) -> Result:
    """A step of a flow as a task run with retries and growing pauses between them."""
    pauses = _BACK_OFF(retries) if retries else None
    step: Task[[], Result] = Task(action, name=name, retries=retries, retry_delay_seconds=pauses, persist_result=False)
    return step()


def _under_prefect(name: str, act: Callable[[Run], Outcome], workspace: str) -> str:
    logger = get_run_logger()
    with opened(Path(workspace), say=logger.info, fan_out=OverTasks(workers=2), step=as_task) as run:
        outcome = act(run)
    create_markdown_artifact(outcome.markdown(), key=f"cem-{name}", description=outcome.headline)
    if outcome.code in _RED:
        raise RunFailed(outcome.headline)
    return outcome.headline


@flow(name="weekly", flow_run_name="weekly {week}", retries=2, retry_delay_seconds=300, timeout_seconds=6 * 3600)
def weekly(workspace: str, week: str = "last closed") -> str:
    """Take in, score, place, publish, mail one week."""

    def act(run: Run) -> Outcome:
        wanted = run.last_closed_week() if week == "last closed" else Week.parse(week)
        return weekly_flow.weekly(run, wanted)

    return _under_prefect("weekly", act, workspace)


@flow(name="alerts", flow_run_name="alerts", timeout_seconds=540)
def alerts(workspace: str) -> str:
    """Changed exports, what cannot wait, the clock of cases, due mail."""
    return _under_prefect("alerts", alerts_flow.alerts, workspace)


@flow(name="daily", flow_run_name="daily", retries=1, retry_delay_seconds=300, timeout_seconds=3600)
def daily(workspace: str) -> str:
    """Time-driven events of all customers."""
    return _under_prefect("daily", daily_flow.daily, workspace)


@flow(name="returns", flow_run_name="returns", retries=1, retry_delay_seconds=60, timeout_seconds=1800)
def returns(workspace: str) -> str:
    """Workbooks handed back."""
    return _under_prefect("returns", returns_flow.returns, workspace)


@flow(name="sme-report", flow_run_name="sme-report", retries=1, retry_delay_seconds=300, timeout_seconds=3600)
def sme_report(workspace: str) -> str:
    """The experts' report: lines, signals, playbooks."""
    return _under_prefect("sme-report", sme_report_flow.sme_report, workspace)


@flow(name="linkage", flow_run_name="linkage", retries=1, retry_delay_seconds=300, timeout_seconds=3600)
def linkage(workspace: str) -> str:
    """The four questions of linkage, once a quarter."""
    return _under_prefect("linkage", linkage_flow.linkage, workspace)


@flow(name="programme", flow_run_name="programme", retries=1, retry_delay_seconds=300, timeout_seconds=1800)
def programme(workspace: str) -> str:
    """The customer-experience programme, once a quarter."""
    return _under_prefect("programme", programme_flow.programme, workspace)


@flow(name="maintenance", flow_run_name="maintenance", timeout_seconds=3600)
def maintenance(workspace: str) -> str:
    """Sweep, retention, verification."""
    return _under_prefect("maintenance", maintenance_flow.maintenance, workspace)
