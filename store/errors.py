"""Errors of the store.

StoreError
├── SchemaRefused      the database was made by another version
├── StoreUnreachable   the database cannot be opened, or is no database
├── StoreBusy          the database stayed locked, or kept failing, through all retries
├── StoreDamaged       what was read is not what was written
├── AlreadyRunning     somebody else holds the lease of this run
├── LeaseLost          we no longer hold the lease of this run
├── AlreadyPublished   this week and revision stand, with other content
├── WeekGoesBackward   current placements would be replaced by an older week's
├── ContentChanged     a message of this key exists with other content
├── CaseRefused        an edit that a case cannot take
├── ProposalDecided    a proposal was adopted, rejected or rolled back before
└── NotInStore         no such run, case, message, policy or history file
"""

from __future__ import annotations

from datetime import datetime


class StoreError(Exception):
    """Base of all errors that the store raises on purpose."""


class SchemaRefused(StoreError):
    """The database's schema is not the one this version works with."""

    @classmethod
    def empty(cls, place: str) -> SchemaRefused:
        return cls(f"{place}: the database has no tables yet; run `cem migrate` to make them")

    @classmethod
    def older(cls, place: str, found: str, expected: str) -> SchemaRefused:
        return cls(
            f"{place}: the database has schema {found}, this version of cem works with {expected}; "
            "make a backup, then run `cem migrate`"
        )

    @classmethod
    def newer(cls, place: str, found: str, expected: str) -> SchemaRefused:
        return cls(
            f"{place}: the database has schema {found}, which this version of cem (schema {expected}) does not know; "
            "install the version that made it, or restore a backup; `cem doctor` shows both"
        )


class StoreUnreachable(StoreError):
    """No connection to the database, or what is there cannot be read as one."""

    @classmethod
    def at(cls, place: str, cause: str) -> StoreUnreachable:
        return cls(
            f"{place}: the database cannot be used: {cause}. Check that the file or server is there and may be "
            "written to, or restore a backup; `cem doctor` tries it again"
        )


class StoreBusy(StoreError):
    """The transaction failed through all retries; nothing of it was kept."""

    @classmethod
    def after(cls, attempts: int, cause: str) -> StoreBusy:
        return cls(
            f"the database did not take the transaction in {attempts} attempts ({cause}); nothing was written. "
            "Another process holds it or the server is away: `cem doctor` says which; then run the same command again"
        )


class StoreDamaged(StoreError):
    """Stored bytes do not have the digest under which they were stored."""


class AlreadyRunning(StoreError):
    """Another run of the same kind and subject holds a lease that has not expired."""

    def __init__(self, kind: str, subject: str, *, owner: str, since: datetime, lease_until: datetime) -> None:
        self.owner = owner
        self.lease_until = lease_until
        super().__init__(
            f"{kind} {subject} is already running: owner {owner}, since {since:%Y-%m-%d %H:%M:%S} UTC; "
            f"it may be taken over after {lease_until:%H:%M:%S} UTC unless it renews its lease"
        )


class LeaseLost(StoreError):
    """The run was taken over or finished; its former owner must stop without publishing or sending."""


class AlreadyPublished(StoreError):
    """A published revision of a week is immutable."""


class WeekGoesBackward(StoreError):
    """Current placements belong to a newer week than the one to be saved."""


class ContentChanged(StoreError):
    """The same message (key and revision) was recorded before with other content."""

    def __init__(self, key: str, revision: int, *, state: str) -> None:
        self.key = key
        super().__init__(
            f"message {key} revision {revision} is recorded already ({state}) with other content; "
            "what was told once is not told differently in silence: run with --revise REASON to send a correction"
        )


class CaseRefused(StoreError):
    """The edit names a field, status or version that the case does not have."""


class ProposalDecided(StoreError):
    """Nobody decides about a proposal twice."""


class NotInStore(StoreError):
    """What was asked for by name is not stored."""
