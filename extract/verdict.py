"""Whether a delivery may be used: present, readable, young enough, and about as large as the last one.

Per kind. `full`: 20 % fewer records than last time (or none at all) holds the run, three times as many too.
`append` and `changes` bring what is new, so their size says nothing; their earlier rows stay in any case.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from config.sources import Source
from contracts.words import ExportKind
from extract.records import Records
from extract.snapshot import SnapshotManifest, SourceState

# Below this many refused rows a share says nothing.
_FEWEST_REFUSED = 20
_FEWEST_TO_GROW = 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done with a source in this run. `uses_previous`: its rows come from the previous snapshot."""

    state: str
    uses_previous: bool
    data_at: datetime | None
    age_days: float | None
    rows_in: int
    held: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def after(self, refused: int, rows_in: int, *, source: Source) -> Verdict:
        """The verdict once it is known how many records were refused for other reasons than an unknown customer."""
        if self.uses_previous or refused < _FEWEST_REFUSED or refused <= source.refused_limit_share * rows_in:
            return self
        share = refused / max(rows_in, 1)
        text = (
            f"source '{source.name}': {refused} of {rows_in} rows ({share:.0%}) were refused, more than "
            f"{source.refused_limit_share:.0%}; see the quarantine, ask {source.owner or 'its owner'}"
        )
        return replace(self, state="held", held=(*self.held, text))


def judge(
    source: Source,
    records: Records | None,
    before: SnapshotManifest | None,
    *,
    as_of: datetime,
    is_asked: bool = True,
) -> Verdict:
    """Judges one source before its rows are admitted; `records` is None if it was not read in this run."""
    known = before.sources.get(source.name) if before else None
    if records is None or not is_asked:
        return _not_asked(source, known, as_of)
    if not records.exports:
        return _without_export(source, records, known, as_of)
    age = _age(records.data_at, as_of)
    rows = records.table.num_rows + records.refused_row_count
    verdict = Verdict("fresh", False, records.data_at, age, rows)
    if records.refused_files:
        names = ", ".join(file.name for file in records.refused_files)
        verdict = replace(verdict, notes=(f"refused files: {names}",))
    if age is not None and age > source.max_age_days:
        verdict = replace(verdict, state="stale")
        if source.required:
            verdict = _hold(
                verdict, source, f"its newest content is {age:.0f} days old; the limit is {source.max_age_days:g}"
            )
    if source.kind is ExportKind.FULL:
        verdict = _sized(verdict, source, rows, known)
    return verdict


def _sized(verdict: Verdict, source: Source, rows: int, known: SourceState | None) -> Verdict:
    if rows == 0 and (source.required or (known and known.rows_in)):
        return _hold(verdict, source, "it has a header and no rows, which is what a broken export looks like")
    if known is None or not known.rows_in:
        return verdict
    if rows < (1 - source.shrink_limit_share) * known.rows_in:
        return _hold(verdict, source, f"it shrank from {known.rows_in} to {rows} rows since the last snapshot")
    if source.growth_limit and rows > source.growth_limit * known.rows_in and known.rows_in >= _FEWEST_TO_GROW:
        return _hold(verdict, source, f"it grew from {known.rows_in} to {rows} rows since the last snapshot")
    return verdict


def _not_asked(source: Source, known: SourceState | None, as_of: datetime) -> Verdict:
    if known is None:
        return Verdict("absent", False, None, None, 0)
    data_at = datetime.fromisoformat(known.data_at) if known.data_at else None
    age = _age(data_at, as_of)
    state = known.state if age is None or age <= source.max_age_days else "stale"
    return Verdict("fresh" if state == "held" else state, True, data_at, age, known.rows_in)


def _without_export(source: Source, records: Records, known: SourceState | None, as_of: datetime) -> Verdict:
    """Nothing usable came: carry on for a while, then do without; a required source holds the run."""
    refused = "; ".join(f"{file.name}: {file.message}" for file in records.refused_files)
    notes = (f"refused: {refused}",) if refused else ("no file was found",)
    data_at = datetime.fromisoformat(known.data_at) if known and known.data_at else None
    age = _age(data_at, as_of)
    is_young = known is not None and age is not None and age <= source.max_age_days
    # Rows that only come once must not be lost because the source is late.
    keeps = known is not None and known.state != "absent" and (is_young or source.kind is not ExportKind.FULL)
    if source.required:
        verdict = Verdict(
            "refused" if refused else "held",
            known is not None,
            data_at,
            age,
            known.rows_in if known else 0,
            notes=notes,
        )
        return _hold(verdict, source, refused or f"no file matches '{source.location}'", state=verdict.state)
    state = "refused" if refused else ("carried" if is_young and keeps else "stale" if keeps else "absent")
    return Verdict(state, keeps, data_at, age, known.rows_in if known and keeps else 0, notes=notes)


def _hold(verdict: Verdict, source: Source, why: str, *, state: str = "held") -> Verdict:
    text = f"source '{source.name}': {why}; ask {source.owner or 'its owner'}"
    return replace(verdict, state=state, held=(*verdict.held, text))


def _age(data_at: datetime | None, as_of: datetime) -> float | None:
    return None if data_at is None else round(max((as_of - data_at).total_seconds() / 86_400, 0.0), 3)
