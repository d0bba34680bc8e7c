"""The workbook in which an expert proposes other lines, weights and anchors, and hands it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from contracts.proposals import (
    ANCHOR_HEADERS,
    ANCHOR_SHEET,
    EFFECTIVE,
    HEADER_ROW,
    KEY_HEADER,
    PROPOSED,
    SHADOW_WEEKS,
    SUMMARY_SHEET,
    THRESHOLD_SHEET,
    WEIGHT_SHEET,
    WHY,
)
from contracts.rules import Policy, SignalRule
from contracts.words import Axis
from reporting.formats import capital
from reporting.workbook.book import new_desk, saved
from reporting.workbook.cells import CellValue, SheetColumn, head, height_of, protect, put
from reporting.workbook.rows import Desk, Words

_VALUE = 3
"""On the first sheet the column whose cells are written in."""
_KEY = SheetColumn(KEY_HEADER, "text", 26)
_THRESHOLDS = (
    _KEY,
    SheetColumn("What it is", "wrapped", 54),
    SheetColumn("Current", "exact", 11),
    SheetColumn(PROPOSED, "exact", 11, editable=True),
    SheetColumn("Allowed", "text", 16),
)
_WEIGHTS = (
    _KEY,
    SheetColumn("Signal", "wrapped", 34),
    SheetColumn("Axis", "text", 12),
    SheetColumn("Current", "exact", 11),
    SheetColumn(PROPOSED, "exact", 11, editable=True),
    SheetColumn("Allowed", "text", 16),
    SheetColumn("What it says", "wrapped", 60),
)
_ANCHORS = (
    _KEY,
    SheetColumn("Signal", "wrapped", 34),
    SheetColumn("Unit", "text", 12),
    SheetColumn("Current for 0", "exact", 12),
    SheetColumn(ANCHOR_HEADERS["bad"], "exact", 12, editable=True),
    SheetColumn("Current for 100", "exact", 12),
    SheetColumn(ANCHOR_HEADERS["good"], "exact", 12, editable=True),
    SheetColumn("Allowed", "wrapped", 30),
)
_SAID = {
    "lines.loyalty": "The line of loyalty: at or above it a customer is loyal",
    "lines.retention": "The line of retention: at or above it a customer is likely to stay",
    "dead_band": "Points beyond a line before a customer changes its side",
    "confirmation_weeks": "Weekly runs in a row that must see a move; entering Critical counts at once",
    "coverage_floor": "Least share of an axis' weight that must be observed for a place",
    "prior_strength": "At least so many facts' worth of the book's mean in every average",
}


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """What the workbook is made from. `values`: the values in force by key; `allowed`: lowest and highest by key."""

    policy: Policy
    values: Mapping[str, float]
    allowed: Mapping[str, tuple[float, float]]
    organization: str
    week: str
    earliest: str
    shadow_weeks: int
    as_of: datetime
    zone: ZoneInfo


def render_policy_workbook(book: PolicyBook, *, token: str, key: bytes) -> bytes:
    """The workbook; `token` is signed by `key` and says on which rules it was made, and by whom."""
    title = f"Proposal on policy {book.policy.label}"
    desk = new_desk(Words(book.organization, title, book.week, "Rules"), key, book.zone)
    _summary(desk, book, title)
    _sheet(
        desk,
        THRESHOLD_SHEET,
        _THRESHOLDS,
        [_threshold(book, key) for key in book.values if key.split(".")[0] not in ("weight", "bad", "good")],
        "Lines are scores from 0 to 100. Change the shaded cells.",
    )
    weights = _sheet(
        desk,
        WEIGHT_SHEET,
        _WEIGHTS,
        [_weight(book, rule) for rule in _ordered(book.policy)],
        "Percent of the axis. All weights of an axis must sum to 100: what one gets, others give.",
    )
    _sums(weights, len(book.policy.signals))
    _sheet(
        desk,
        ANCHOR_SHEET,
        _ANCHORS,
        [_anchor(rule) for rule in _ordered(book.policy)],
        "The value that counts as score 0 and the one that counts as 100; straight in between.",
    )
    return saved(desk, token, title=title, language="en", as_of=book.as_of)


def _ordered(policy: Policy) -> list[SignalRule]:
    """By axis, the heaviest first."""
    return sorted(policy.signals, key=lambda rule: (list(Axis).index(rule.axis), -rule.weight, rule.id))


def _summary(desk: Desk, book: PolicyBook, title: str) -> None:
    sheet: Worksheet = desk.book.create_sheet(SUMMARY_SHEET)
    for column, width in zip("ABC", (16, 62, 48), strict=True):
        sheet.column_dimensions[column].width = width
    lines: list[tuple[str, str, CellValue, bool]] = [
        (title, "", None, False),
        ("", "Change the shaded cells here and on the other sheets, save as .xlsx, hand the file back.", None, False),
        (WHY, "Why should the rules change? Kept in the log of rules.", None, True),
        (EFFECTIVE, f"From which week on, such as {book.earliest} (the earliest); empty: on adoption.", None, True),
        (SHADOW_WEEKS, "Weekly runs beside the rules in force before anybody may adopt.", book.shadow_weeks, True),
        ("", "Into the returns folder, or: cem policy propose FILE --why ... --who ...", None, False),
        (
            "",
            "An emptied cell changes nothing. You get an answer that names each cell which cannot be taken.",
            None,
            False,
        ),
    ]
    for row, (name, said, value, editable) in enumerate(lines, 1):
        for at, content in enumerate((name, said, value), 1):
            is_value = at == _VALUE
            look = desk.looks.of(
                "exact" if is_value and value is not None else "wrapped", editable=editable and is_value
            )
            put(sheet, row, at, content, look=look, zone=desk.zone)
        sheet.row_dimensions[row].height = height_of([(said, 62)]) + 4
    protect(sheet)


def _sheet(
    desk: Desk, name: str, columns: Sequence[SheetColumn], rows: Sequence[Sequence[CellValue]], said: str
) -> Worksheet:
    sheet: Worksheet = desk.book.create_sheet(name)
    head(sheet, title=name, lines=(said,), palette=desk.palette)
    desk.table(sheet, name.lower(), columns, rows)
    for at, column in enumerate(columns, 1):
        if column.editable:
            letter = get_column_letter(at)
            check = DataValidation(
                type="decimal", operator="between", formula1="-1E12", formula2="1E12", allow_blank=True
            )
            check.errorTitle, check.error, check.showErrorMessage = PROPOSED, "A number, or empty.", True
            check.add(f"{letter}{HEADER_ROW + 1}:{letter}{HEADER_ROW + max(len(rows), 1)}")
            sheet.data_validations.append(check)
    desk.finish(sheet, columns, last=columns[-1].header)
    return sheet


def _sums(sheet: Worksheet, count: int) -> None:
    """Above the table, the sums as they are while somebody types."""
    first, last = HEADER_ROW + 1, HEADER_ROW + count
    for column, axis in zip((2, 4), Axis, strict=True):
        letter = get_column_letter(column)
        proposed = f'SUMIF(C{first}:C{last},"{axis.value}",E{first}:E{last})'
        sheet[f"{letter}3"] = f'="{capital(axis.value)}: "&TEXT({proposed},"0.00")&" %"'


def _threshold(book: PolicyBook, key: str) -> list[CellValue]:
    said = _SAID.get(key)
    if said is None:
        _, tier, axis = key.split(".")
        said = f"The line of {axis} for tier {tier}"
    return [key, said, book.values[key], book.values[key], _span(book.allowed.get(key, (0.0, 100.0)))]


def _weight(book: PolicyBook, rule: SignalRule) -> list[CellValue]:
    share = book.values[f"weight.{rule.id}"]
    return [rule.id, rule.name, rule.axis.value, share, share, _span((0.0, 100.0)), rule.about]


def _anchor(rule: SignalRule) -> list[CellValue]:
    way = "above" if rule.good > rule.bad else "below"
    return [
        rule.id,
        rule.name,
        rule.unit,
        rule.bad,
        rule.bad,
        rule.good,
        rule.good,
        f"the value for 100 {way} the one for 0",
    ]


def _span(span: tuple[float, float]) -> str:
    return f"{span[0]:g} to {span[1]:g}"
