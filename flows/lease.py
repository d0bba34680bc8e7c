"""One run per subject at a time: claim, keep alive, give back. A killed run is taken over after its lease."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from contracts.words import RunKind, RunState
from flows.run import Run, own_name, started_at
from store import runs
from store.errors import LeaseLost, StoreError
from store.runs import ClaimedRun

_LEASE_SECONDS = 300
_HEARTBEAT_SECONDS = 60


class Lease:
    """A claimed run; `summary` is what the run's record will say, `state` how it ended."""

    def __init__(self, run: Run, claimed: ClaimedRun) -> None:
        self._run = run
        self.run_id = claimed.run_id
        self.state = RunState.PUBLISHED
        self.summary: dict[str, Any] = {}

    def advance(self, session: Any, state: RunState) -> None:
        """In the transaction that makes the state true; fences out a run that was taken over."""
        runs.advance(session, self.run_id, state, now=self._run.clock())


@contextmanager
def leased(run: Run, kind: RunKind, subject: str) -> Iterator[Lease]:
    """Hold the run of this kind and subject while the block lasts.

    Raises: AlreadyRunning while another living process holds it.
    """
    with run.store.write() as session:
        claimed = runs.claim(
            session,
            kind,
            subject,
            owner=run.owner,
            now=run.clock(),
            lease_seconds=_LEASE_SECONDS,
            is_alive=is_alive,
        )
    lease = Lease(run, claimed)
    stop = threading.Event()
    pulse = threading.Thread(target=_beat, args=(run, claimed.run_id, stop), daemon=True)
    pulse.start()
    try:
        yield lease
    except BaseException as exc:
        lease.state = RunState.FAILED
        lease.summary["failed"] = f"{type(exc).__name__}: {exc}"[:500]
        raise
    finally:
        stop.set()
        pulse.join()
        with run.store.write() as session:
            runs.finish(session, claimed.run_id, lease.state, now=run.clock(), summary=lease.summary)


def _beat(run: Run, run_id: int, stop: threading.Event) -> None:
    while not stop.wait(_HEARTBEAT_SECONDS):
        try:
            with run.store.write() as session:
                runs.renew(session, run_id, now=run.clock(), lease_seconds=_LEASE_SECONDS)
        except LeaseLost:
            return
        except StoreError as exc:
            # a database that is away for a minute: the lease lasts five, and the run will meet the fault itself
            run.say(f"the lease could not be renewed: {exc}")


def is_alive(owner: str) -> bool:
    """Whether the holder of a lease still runs on this machine; another host's word is its lease.

    Our own process does not count: whoever asks is not at work on what he asks about.
    """
    pid, start = _local(owner)
    if pid is None or owner.partition("#")[0] == own_name():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return not start or started_at(pid) == start


def is_dead(owner: str) -> bool:
    """Whether the holder of a lease surely runs no more: a process of this machine that has ended."""
    pid, _ = _local(owner)
    return pid is not None and owner.partition("#")[0] != own_name() and not is_alive(owner)


def _local(owner: str) -> tuple[int | None, str]:
    """Number and start of a process of this machine; `owner` may carry a mark of its own after #."""
    host, _, rest = owner.partition("#")[0].rpartition(":")
    pid, _, start = rest.partition("@")
    is_here = host == socket.gethostname() and pid.isdigit()
    return (int(pid) if is_here else None), start
