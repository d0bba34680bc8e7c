"""Who may close a case: its case managers, and nobody else."""

from __future__ import annotations

from typing import Any

from contracts.casework import MANAGER, Seat, seats_of_team, team_as_kept
from store.errors import CaseRefused
from store.tables import CaseRow


def case_managers(case: CaseRow) -> set[str]:
    """The people who manage the case; a team without managers is managed by the case's owner."""
    named = {seat.person_id for seat in seats_of_team(case.team) if seat.role == MANAGER and seat.person_id}
    return named or ({case.owner_id} if case.owner_id else set())


def require_right_to_close(case: CaseRow, who: str) -> None:
    """Raises: CaseRefused, naming the case managers, when `who` is none. A case without any is open to all."""
    allowed = case_managers(case)
    if allowed and who not in allowed:
        names = {seat.person_id: seat.name for seat in seats_of_team(case.team) if seat.name}
        managers = sorted(f"{names[p]} ({p})" if p in names else p for p in allowed)
        raise CaseRefused(
            f"{case.case_id}: only its case managers close it: {', '.join(managers)}. {names.get(who, who)} is none of "
            "them; ask one of them to close it, or write in the note why it should be"
        )


def managed_by(case: CaseRow, new_owner: str | None, who: str) -> dict[str, Any]:
    """The team with the new owner as case manager, when a case manager hands the case over; else nothing."""
    seats = {seat.key: seat for seat in seats_of_team(case.team)}
    has_managers = any(seat.role == MANAGER and seat.person_id for seat in seats.values())
    if not new_owner or not has_managers or who not in case_managers(case):
        return {}
    standing = seats.get(new_owner)
    if standing and standing.role == MANAGER:
        return {}
    department = standing.department if standing else ""
    return {"team": {**(case.team or {}), **team_as_kept([Seat(department, MANAGER, new_owner)])}}
