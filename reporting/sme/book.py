"""The workbook of the experts' report: every figure behind it, one table a sheet, typed, filtered, frozen.

It is read and never handed back, so no cell is locked or marked as editable: rules change by a proposal.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pandas as pd
from openpyxl.workbook import Workbook

from contracts.words import BusinessUnit, Zone
from contracts.workbook import HEADER_ROW
from reporting import formats
from reporting.reading import calendar_day, rows, values
from reporting.sme.models import SmeView
from reporting.sme.sheets import CONTENTS, Sheet
from reporting.theme import theme
from reporting.workbook.cells import CellValue, Looks, Palette, SheetColumn, head, print_setup, table
from reporting.workbook.package import repacked
from reporting.workbook.rows import zone_colours

_SUMMARY = "Summary"
SHEETS = (_SUMMARY, *(sheet.title for sheet in CONTENTS))
TABLES = ("summary", *(sheet.frame for sheet in CONTENTS))
_ZONED = ("From zone", "To zone", "Zone")


def render_book(
    view: SmeView, tables: Mapping[str, pd.DataFrame], *, names: pd.DataFrame, people: pd.DataFrame
) -> bytes:
    """The workbook as reproducible bytes.

    Args:
        view: what is said; the first sheet.
        tables: frames by name; one that is missing is an empty table.
        names: CUSTOMER_FACTS frame.
        people: canonical people: owners by name.
    """
    book = Workbook()
    if book.active is not None:
        book.remove(book.active)
    palette = Palette(
        *(theme()[name].lstrip("#") for name in ("ink", "ink-2", "ink-3", "rule", "wash", "link", "warn-tint"))
    )
    looks = Looks(book, palette)
    zone = view.head.as_of.tzinfo if isinstance(view.head.as_of.tzinfo, ZoneInfo) else ZoneInfo("UTC")
    known = _Names(
        dict(zip(values(names["customer_id"]), values(names["name"]), strict=True)),
        dict(zip(values(people["person_id"]), values(people["name"]), strict=True)),
        {row.playbook_id: row.name for row in rows(tables["playbook_use"])},
        view.signal_names,
    )

    def written(
        title: str,
        name: str,
        lines: Sequence[str],
        columns: Sequence[SheetColumn],
        cells: Sequence[Sequence[CellValue]],
    ) -> None:
        sheet = book.create_sheet(title)
        head(
            sheet,
            title=title,
            lines=[*lines, f"{view.head.organization} · week {view.head.week} · {view.head.as_of_text}"],
            palette=palette,
        )
        table(sheet, name, columns, cells, header_row=HEADER_ROW, looks=looks, palette=palette, zone=zone)
        zone_colours(sheet, columns, [c.header for c in columns if c.header in _ZONED], len(cells))
        print_setup(
            sheet, header_row=HEADER_ROW, footer=f"{view.head.organization} · Threshold sensitivity · {view.head.week}"
        )

    summary = (SheetColumn("Question", "wrapped", 34), SheetColumn("Answer", "wrapped", 110))
    written(_SUMMARY, "summary", (view.headline,), summary, _summary(view))
    for sheet in CONTENTS:
        columns = [SheetColumn(header, look, width) for _, header, look, width in sheet.columns]
        frame = tables.get(sheet.frame)
        cells = [] if frame is None else _cells(sheet, frame, known)
        written(sheet.title, sheet.frame, (sheet.says,), columns, cells)
    looks.close()
    book.properties.title = f"Threshold sensitivity {view.head.week}"
    book.properties.creator = view.head.organization
    book.properties.language = "en"
    target = io.BytesIO()
    book.save(target)
    return repacked(target.getvalue(), as_of=view.head.as_of)


@dataclass(frozen=True, slots=True)
class _Names:
    """Names by id."""

    customers: Mapping[str, str]
    people: Mapping[str, str]
    playbooks: Mapping[str, str]
    signals: Mapping[str, str]


def _summary(view: SmeView) -> list[list[CellValue]]:
    lines: list[list[CellValue]] = [
        [answer.question, "\n".join((answer.text, *answer.names))] for answer in view.answers
    ]
    lines.append(["Advice", " ".join((*view.advice, view.approval))])
    lines.append(["Back-test", f"{view.back_test.title}. {view.back_test.sentence}"])
    lines.append(["Stability", " ".join((f"{view.stability.title}.", *view.stability.after_sentences))])
    lines.append(["Signals", f"{view.signals.title}. {' '.join(view.signals.ranks)}"])
    lines.append(["Playbooks", f"{view.playbooks.title}. {' '.join(view.playbooks.sentences)}"])
    lines += [["Finding", note] for note in view.findings]
    return lines


def _cells(sheet: Sheet, frame: pd.DataFrame, known: _Names) -> list[list[CellValue]]:
    return [[_cell(name, row, known) for name, *_ in sheet.columns] for row in rows(frame)]


def _cell(name: str, row: SimpleNamespace, known: _Names) -> CellValue:
    """A value as the sheet shows it: zones, units, people and playbooks by name, numbers as numbers."""
    by_name = {"name": ("customer_id", known.customers), "owner": ("owner_id", known.people)}
    by_name |= {"playbook": ("playbook_id", known.playbooks), "signal": ("signal_id", known.signals)}
    key, names = by_name.get(name, ("", {}))
    if key and hasattr(row, key):
        found = getattr(row, key)
        return None if found is None else names.get(str(found), str(found))
    value: CellValue = getattr(row, name)
    if name in ("zone", "from_zone", "to_zone"):
        return Zone(str(value)).label if value in tuple(Zone) else formats.capital(str(value))
    if name == "segment" and row.dimension == "business_unit":
        return BusinessUnit(str(value)).label
    if name == "review_by":
        return calendar_day(value if isinstance(value, date) else None)
    return str(value).replace("_", " ") if name in ("what", "dimension") else value
