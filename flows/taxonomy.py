"""Words under review: what we could not read goes to the experts, and what they accept into the draft's word lists."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config.entries import read_entries
from contracts.exchange import TokenRefused, WorkbookToken
from contracts.rules import LexiconEntry, TaxonomyEntry
from contracts.words import ExitCode
from extract.returns import read_cells
from flows.books import load_book
from flows.errors import PolicyRefused
from flows.readers import last_week
from flows.run import Outcome, Run
from reporting.expert.taxonomy_review import (
    ASPECT,
    DECISION,
    DISAGREEMENTS,
    LANGUAGE,
    PATTERN,
    TERMS,
    UNMATCHED,
    WEIGHT,
    TaxonomyBook,
    render_taxonomy_workbook,
)
from reporting.reading import rows

_AUDIENCE = "taxonomy-review"
_MOST = 300
_NEW = "new:"
_READ_AGAIN = (
    "the first weekly run under that version reads every comment of the snapshot again by it, old ones too; published "
    "packs stay as they are"
)


def review_words(run: Run, *, into: Path | None) -> Outcome:
    """Write the workbook of the last published week. It quotes comments of the whole book: for experts alone."""
    inputs, folder = last_week(run)
    book = load_book(folder)
    comments, aspects = book.frame("comments"), book.frame("comment_aspects")
    spoken = set(zip(aspects["table"], aspects["row_key"], strict=True))
    newest = rows(comments.sort_values(["said_at", "table", "row_key"], ascending=[False, True, True]))
    told = [(one, one.text or one.team_text) for one in newest]
    terms = rows(book.frame("emerging_terms"))
    found: dict[str, list[list[Any]]] = {
        TERMS: [[one.language, one.term, one.n_now, one.customers, one.example] for one in terms],
        UNMATCHED: [[o.language, text] for o, text in told if text and (o.table, o.row_key) not in spoken][:_MOST],
        DISAGREEMENTS: [
            [one.language, text, one.stated, one.sentiment]
            for one, text in told
            if text and one.stated and one.sentiment and one.stated != one.sentiment
        ][:_MOST],
    }
    path = into or run.workspace.output / "expert" / inputs.week / "taxonomy-review.xlsx"
    key = run.settings.token_key
    token = WorkbookToken(_AUDIENCE, "experts", inputs.week, inputs.revision).signed(key)
    body = TaxonomyBook(book.facts.organization, inputs.week, found, inputs.instant, run.settings.zone)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(render_taxonomy_workbook(body, token=token, key=key))
    counts = tuple(f"{len(lines)} {name.lower()}" for name, lines in found.items())
    return Outcome(ExitCode.DONE, f"The review of words is {path}", (*counts, "cem taxonomy apply FILE --why --who"))


def apply_words(run: Run, file: Path, *, why: str, who: str) -> Outcome:
    """Add what was accepted to taxonomy.csv and lexicon.csv of config/, the draft, with who, when and why as a remark.

    Raises: PolicyRefused with every wrong row; then nothing is written. TokenRefused, ReturnRefused.
    """
    sheets, token = read_cells(file.read_bytes(), {TERMS, UNMATCHED, DISAGREEMENTS}, rows=2_000, columns=26)
    if WorkbookToken.read(token, run.settings.token_key).audience_id != _AUDIENCE:
        raise TokenRefused("its token is that of another workbook; make a fresh one by `cem taxonomy review`")
    config = run.workspace.config
    paths = {TaxonomyEntry: config / "taxonomy.csv", LexiconEntry: config / "lexicon.csv"}
    ways = read_entries(paths[TaxonomyEntry], TaxonomyEntry) if paths[TaxonomyEntry].exists() else []
    charged = read_entries(paths[LexiconEntry], LexiconEntry) if paths[LexiconEntry].exists() else []
    known: dict[type, list[Any]] = {TaxonomyEntry: list(ways), LexiconEntry: list(charged)}
    aspects = {one.aspect for one in ways}
    faults: list[str] = []
    wanted: dict[type, list[TaxonomyEntry | LexiconEntry]] = {TaxonomyEntry: [], LexiconEntry: []}
    for where, sheet, cells in _answered(sheets, faults):
        try:
            entry = _entry(sheet, cells, aspects)
        except ValidationError as exc:
            faults.append(f"{where}: {'; '.join(error['msg'] for error in exc.errors())}")
        except ValueError as exc:
            faults.append(f"{where}: {exc}")
        else:
            if entry not in known[type(entry)] and entry not in wanted[type(entry)]:
                wanted[type(entry)].append(entry)
    if faults:
        raise PolicyRefused(f"nothing was written; {len(faults)} to correct in {file.name}: " + " | ".join(faults))
    remark = " ".join(f"# {run.clock():%Y-%m-%d}, {who}: {why}".split())
    for kind, path in paths.items():
        if wanted[kind]:
            _append(path, kind, wanted[kind], remark)
    added = {kind.__name__: len(entries) for kind, entries in wanted.items()}
    return Outcome(
        ExitCode.DONE,
        f"{added['TaxonomyEntry']} ways to speak of an aspect and {added['LexiconEntry']} charged words are in config/",
        (
            "they are the draft: `cem policy propose --why ... --who ...` makes them a version",
            _READ_AGAIN,
        ),
    )


def _answered(sheets: dict[str, list[tuple[Any, ...]]], faults: list[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Accepted rows by header, and where they stand; a decision that is none is a fault."""
    for sheet, lines in sorted(sheets.items()):
        top = next((at for at, line in enumerate(lines) if DECISION in line), None)
        if top is None:
            faults.append(f"sheet {sheet} has lost its column {DECISION}; make a fresh workbook")
            continue
        for number, line in enumerate(lines[top + 1 :], start=top + 2):
            cells = {str(name): value for name, value in zip(lines[top], line, strict=False) if name}
            said = str(cells.get(DECISION) or "").strip().casefold()
            if said == "accept":
                yield f"sheet {sheet}, row {number}", sheet, cells
            elif said not in ("", "reject"):
                faults.append(f"sheet {sheet}, row {number}: '{said}' is no decision; write accept, reject or nothing")


def _entry(sheet: str, cells: dict[str, Any], aspects: set[str]) -> TaxonomyEntry | LexiconEntry:
    pattern = str(cells.get(PATTERN) or "").strip().casefold()
    if not pattern:
        raise ValueError(f"{PATTERN} is empty; write the words that are meant")
    body = {"language": str(cells.get(LANGUAGE) or ""), "pattern": pattern}
    if sheet == DISAGREEMENTS:
        if cells.get(WEIGHT) is None:
            raise ValueError(f"{WEIGHT} is empty; write -4 (very bad) to 4 (very good)")
        return LexiconEntry(**body, weight=cells[WEIGHT])
    aspect = str(cells.get(ASPECT) or "").strip()
    if aspect not in aspects and not aspect.startswith(_NEW):
        raise ValueError(f"'{aspect}' is no aspect; choose {', '.join(sorted(aspects))}, or write 'new: its name'")
    return TaxonomyEntry(**body, aspect=aspect.removeprefix(_NEW).strip(), tone=cells.get(WEIGHT) or 0)


def _append(path: Path, kind: type, entries: list[TaxonomyEntry | LexiconEntry], remark: str) -> None:
    text = path.read_text(encoding="utf-8-sig") if path.exists() else ",".join(kind.model_fields) + "\n"  # type: ignore[attr-defined]
    header = next(line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for entry in entries:
        body = entry.model_dump(exclude_defaults=True)
        writer.writerow([body.get(name.strip(), "") for name in header.split(",")])
    staged = path.with_suffix(".part")
    staged.write_text(text.rstrip("\n") + f"\n{remark}\n{out.getvalue()}", encoding="utf-8")
    staged.replace(path)
