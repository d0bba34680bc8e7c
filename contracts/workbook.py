"""The layout of the action-plan workbook: who writes a sheet and who reads it back agree here on every cell.

A row that may be edited carries its id, the version it shows, what its cells said when it was sent, and a keyed
checksum over all three. So an edit is what differs from the cell as sent, whatever happened in the ledger since.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

HEADER_ROW = 5
KEY_HEADERS = ("Row id", "Row version", "Row check", "As sent")
TOKEN_PROPERTY = "cem-token"  # noqa: S105 - the name of a document property, not a secret
TOKEN_SHEET = "cem"  # noqa: S105 - the name of a sheet, not a secret
LONGEST_NOTE = 2_000
_PERSON_MARK = " · "
_LOCKED_LENGTH = 4


class RowKind(StrEnum):
    """What a row of a sheet is about: an account (feedback), a case, a step of a plan."""

    ACCOUNT = "account"
    CASE = "case"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class EditableColumn:
    """A column that may be edited: header as printed, field it sets, other spellings of the header."""

    header: str
    field: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """A sheet that comes back. `new`: columns that name a row which the team adds, on a row without an id."""

    sheet: str
    kind: RowKind
    editable: tuple[EditableColumn, ...]
    new: tuple[EditableColumn, ...] = ()


CASES = SheetLayout(
    "Cases",
    RowKind.CASE,
    (
        EditableColumn("Status", "status", ("State",)),
        EditableColumn("Owner", "owner_id", ("Responsible",)),
        EditableColumn("Due", "due_at", ("Due date", "Due by")),
        EditableColumn("Outcome", "outcome", ("Result",)),
        EditableColumn("Note", "note", ("Notes",)),
        EditableColumn("Acknowledged", "acknowledged", ("Seen",)),
    ),
)
STEPS = SheetLayout(
    "Actions",
    RowKind.STEP,
    (
        EditableColumn("Status", "status", ("State",)),
        EditableColumn("Remark", "why", ("Remarks", "Why skipped")),
        EditableColumn("Owner", "owner_id", ("Responsible",)),
        EditableColumn("Due", "due_on", ("Due date", "Due by")),
    ),
    new=(EditableColumn("Account", "customer_id", ("Customer",)), EditableColumn("Step", "action")),
)
ACCOUNTS = SheetLayout(
    "Accounts",
    RowKind.ACCOUNT,
    (
        EditableColumn("Your rating, 1 to 5", "score", ("Your rating", "Perceived quality")),
        EditableColumn("Your comment", "comment"),
    ),
)
LAYOUTS = (CASES, STEPS, ACCOUNTS)

STEP_STATUSES = ("todo", "done", "skipped")
YES = "yes"


def cell_text(value: object) -> str:
    """A cell as text, the same for whoever wrote the file: Excel, LibreOffice, openpyxl.

    Numbers keep ten digits, instants are rounded to the minute: programs disagree beyond that.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else "no"
    if isinstance(value, Decimal | float | int):
        number = float(value)
        return str(int(number)) if number.is_integer() else f"{number:.10g}"
    if isinstance(value, datetime):
        moment = (value + timedelta(seconds=30)).replace(second=0, microsecond=0)
        is_day = (moment.hour, moment.minute) == (0, 0)
        return moment.date().isoformat() if is_day else moment.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    return "\n".join(line.rstrip() for line in str(value).replace("\r\n", "\n").split("\n")).strip()


def as_sent(editable: Mapping[str, str], locked: Mapping[str, str]) -> str:
    """What a row said when it was sent: editable cells by field, a short digest of each locked one by header."""
    digests = {header: _short(text) for header, text in locked.items()}
    return json.dumps([dict(editable), digests], ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Sent:
    """A row as it was sent."""

    fields: Mapping[str, str]
    locked: Mapping[str, str]

    @classmethod
    def read(cls, text: str) -> Sent | None:
        """None for a cell that does not hold what `as_sent` wrote."""
        try:
            fields, locked = json.loads(text)
            return cls({str(k): str(v) for k, v in fields.items()}, {str(k): str(v) for k, v in locked.items()})
        except (ValueError, AttributeError, TypeError):
            return None

    def is_locked_as_sent(self, header: str, text: str) -> bool:
        """Whether a locked cell still says what it said; a column that was not sent says nothing."""
        return self.locked.get(header) in (None, _short(text))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_LOCKED_LENGTH]


def row_check(kind: RowKind, row_id: str, version: int, sent: str, key: bytes) -> str:
    """The keyed checksum of one row: shows an id, a version or a cell as sent that was shifted or edited."""
    body = json.dumps([kind.value, row_id, version, sent], ensure_ascii=True)
    return hmac.new(key, body.encode(), hashlib.sha256).hexdigest()[:16]


def person_cell(person_id: str | None, name: str) -> str:
    """A person or account as a cell: readable, and exact when two bear one name."""
    if not person_id:
        return ""
    return person_id if name in ("", person_id) else f"{name}{_PERSON_MARK}{person_id}"


def person_of_cell(text: str) -> str:
    """The id in a cell written by `person_cell`; any other text (an id, a name) as it stands, trimmed."""
    return text.rpartition(_PERSON_MARK)[2].strip()
