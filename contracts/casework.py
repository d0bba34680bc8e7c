"""The team of a case: its seats, as the rooms hand them on and as the ledger keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

MANAGER = "manager"
MEMBER = "member"
_PARTNER = "partner:"
_VACANT = "vacant:"


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat of a case team: the department and who sits there. A partner has an address instead of a person id;
    a seat that nobody fills has neither. `role`: a "manager" may close the case, a "member" works on it.
    """

    department: str
    role: str
    person_id: str | None = None
    name: str = ""
    email: str = ""

    @property
    def key(self) -> str:
        """What the ledger calls the seat: the person, or who else sits there."""
        return self.person_id or (f"{_PARTNER}{self.email}" if self.email else f"{_VACANT}{self.department}")


def team_as_kept(seats: Iterable[Seat]) -> dict[str, Any]:
    """The team as the ledger keeps it: seats by key."""
    fields = ("department", "role", "name", "email")
    return {seat.key: {name: asdict(seat)[name] for name in fields if asdict(seat)[name]} for seat in seats}


def seats_of_team(team: Mapping[str, Any] | None) -> list[Seat]:
    """The seats of a kept team; a seat kept as its role alone is a person's."""
    seats = []
    for key, kept in (team or {}).items():
        fields = kept if isinstance(kept, Mapping) else {"role": str(kept)}
        person = None if key.startswith((_PARTNER, _VACANT)) else key
        seats.append(
            Seat(
                str(fields.get("department", "")),
                str(fields["role"]),
                person,
                str(fields.get("name", "")),
                str(fields.get("email", "")),
            )
        )
    return seats
