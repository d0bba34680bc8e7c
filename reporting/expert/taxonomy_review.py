"""The workbook in which experts say what new words mean: accept or reject, aspect, pattern, weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from reporting.workbook.book import new_desk, saved
from reporting.workbook.cells import CellValue, SheetColumn, head
from reporting.workbook.rows import Desk, Words, cells_of

TERMS, UNMATCHED, DISAGREEMENTS = "Emerging terms", "Unmatched comments", "Disagreements"
DECISION, ASPECT, PATTERN, WEIGHT, LANGUAGE = "Decision", "Aspect", "Pattern", "Weight", "Language"
_ANSWER = (
    SheetColumn(DECISION, "text", 12, editable=True),
    SheetColumn(ASPECT, "text", 24, editable=True),
    SheetColumn(PATTERN, "text", 24, editable=True),
    SheetColumn(WEIGHT, "exact", 10, editable=True),
)
_SHOWN: Mapping[str, tuple[SheetColumn, ...]] = {
    TERMS: (SheetColumn(LANGUAGE, "text", 10), SheetColumn("Term", "text", 22), SheetColumn("Said now", "number", 9),
            SheetColumn("Customers", "number", 10), SheetColumn("Example", "wrapped", 60)),
    UNMATCHED: (SheetColumn(LANGUAGE, "text", 10), SheetColumn("Comment", "wrapped", 80)),
    DISAGREEMENTS: (SheetColumn(LANGUAGE, "text", 10), SheetColumn("Comment", "wrapped", 70),
                    SheetColumn("Score says", "text", 11), SheetColumn("We read", "text", 11)),
}  # fmt: skip
_SAID = {
    TERMS: "accept: the term (or the pattern you write) speaks of the aspect. Weight -4 to 4 is its tone, or empty.",
    UNMATCHED: "accept: the pattern that you write speaks of the aspect. Comments that no aspect was found in.",
    DISAGREEMENTS: "accept: the pattern that you write is a charged word of this weight, -4 very bad to 4 very good.",
}


@dataclass(frozen=True, slots=True)
class TaxonomyBook:
    """What the workbook is made from: by sheet its rows, in the order of the columns before the answer."""

    organization: str
    week: str
    rows: Mapping[str, Sequence[Sequence[CellValue]]]
    as_of: datetime
    zone: ZoneInfo


def render_taxonomy_workbook(book: TaxonomyBook, *, token: str, key: bytes) -> bytes:
    """The workbook; `token` is signed by `key` and says of which week it is."""
    title = "Taxonomy and lexicon review"
    desk = new_desk(Words(book.organization, title, book.week, "Experts"), key, book.zone)
    for name, shown in _SHOWN.items():
        columns = (*shown, *_ANSWER)
        rows = [[*row, None, None, row[1] if name == TERMS else None, None] for row in book.rows[name]]
        _sheet(desk, name, columns, rows)
    return saved(desk, token, title=title, language="en", as_of=book.as_of)


def _sheet(desk: Desk, name: str, columns: Sequence[SheetColumn], rows: Sequence[Sequence[CellValue]]) -> None:
    sheet: Worksheet = desk.book.create_sheet(name)
    head(sheet, title=name, lines=(_SAID[name],), palette=desk.palette)
    desk.table(sheet, name.lower().replace(" ", "_"), columns, rows)
    choice = DataValidation(type="list", formula1='"accept,reject"', allow_blank=True, showErrorMessage=True)
    choice.add(cells_of(columns, DECISION, len(rows)))
    weight = DataValidation(type="decimal", formula1="-4", formula2="4", allow_blank=True, showErrorMessage=True)
    weight.add(cells_of(columns, WEIGHT, len(rows)))
    sheet.data_validations.append(choice)
    sheet.data_validations.append(weight)
    desk.finish(sheet, columns, last=WEIGHT)
