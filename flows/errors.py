"""Which faults are sentences for the operator, and the exit code each ends with.

Anything not listed here is a fault of ours and keeps its traceback.
"""

from __future__ import annotations

from contracts.words import ExitCode


class RunHeld(Exception):
    """The run was stopped before anything was decided: its inputs cannot be trusted."""


class NothingPublished(Exception):
    """A command needs a published week and there is none."""


class NothingRendered(Exception):
    """Not one pack of the week passed its checks: an empty release would look like a published one."""


class ModelLost(Exception):
    """A file that a week was read with is gone or is another one."""


class UnknownCustomer(Exception):
    """No customer of the last published week has that id or name."""


class UnknownLanguage(Exception):
    """No catalogue says documents in that language."""


class NotPermitted(Exception):
    """The reader's scope does not hold that customer: default deny."""


class PolicyRefused(Exception):
    """Rules cannot be put in force in this way; the message says which rule of governance speaks against it."""


def told(error: Exception) -> tuple[str | None, ExitCode]:
    """The sentence for a known fault and its exit code; (None, ...) for a fault of ours."""
    from config.errors import ConfigRefused
    from contracts.proposals import ProposalRefused
    from contracts.weeks import NotAWeek
    from delivery.errors import DeliveryError
    from extract.errors import FileRefused, ReturnRefused, SnapshotBroken
    from store.errors import AlreadyRunning, StoreError

    codes: tuple[tuple[type[Exception], ExitCode], ...] = (
        (ConfigRefused, ExitCode.USAGE),
        (NotAWeek, ExitCode.USAGE),
        (AlreadyRunning, ExitCode.ALREADY_RUNNING),
        (RunHeld, ExitCode.HELD),
        (NothingPublished, ExitCode.USAGE),
        (PolicyRefused, ExitCode.USAGE),
        (ProposalRefused, ExitCode.USAGE),
        (NothingRendered, ExitCode.FAILED),
        (UnknownCustomer, ExitCode.USAGE),
        (ModelLost, ExitCode.FAILED),
        (NotPermitted, ExitCode.USAGE),
        (FileRefused, ExitCode.FAILED),
        (ReturnRefused, ExitCode.FAILED),
        (SnapshotBroken, ExitCode.FAILED),
        (DeliveryError, ExitCode.FAILED),
        (StoreError, ExitCode.FAILED),
    )
    for kind, code in codes:
        if isinstance(error, kind):
            return str(error), code
    return None, ExitCode.FAILED
