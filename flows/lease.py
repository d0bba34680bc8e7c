"""One run per subject at a time: claim, keep alive, give back. A killed run is taken over after its lease."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from contracts.words import RunKind, RunState
from flows.run import Run
from store import runs
from store.errors import LeaseLost
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
            is_alive=_is_alive,
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


def _is_alive(owner: str) -> bool:
    """Whether the holder of an expired lease still runs on this machine; another host's word is its lease."""
    host, _, pid = owner.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit() or int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
