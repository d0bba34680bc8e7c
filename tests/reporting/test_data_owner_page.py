"""The data owner's page and mail: what to mend, rows without values, nothing fetched."""

from __future__ import annotations

import pandas as pd

from contracts.results import COLUMN_DRIFT, QUARANTINE, SOURCE_EFFECT, SOURCES
from reporting.expert.data_owner import SourceFrames, SourceHead, SourcePack, compose_source, render_source, source_mail
from reporting.verify import verify_page

HEAD = SourceHead("Borealis", "2026-W47", "22 Nov 2026", "crm_contacts", "crm@borealis.example")


def weeks(*counts: int, quarantined: int = 0, state: str = "fresh") -> pd.DataFrame:
    lines = [
        {"week": f"2026-W{40 + at}", "source": "crm_contacts", "table": "contacts", "state": "fresh", "rows_in": n,
         "admitted": n, "quarantined": 0, "unmatched": 0, "age_days": 0.5, "limit_days": 8.0}
        for at, n in enumerate(counts)
    ]  # fmt: skip
    lines[-1] |= {"quarantined": quarantined, "admitted": counts[-1] - quarantined, "state": state}
    return pd.DataFrame(lines, columns=["week", *SOURCES.names])


def rejects() -> pd.DataFrame:
    line = {"source": "crm_contacts", "file": "contacts.csv", "row_number": 17, "table": "contacts", "column": "email",
            "value": "ann at secret.example", "reason": "BAD_EMAIL", "message": "ann at secret.example is no address"}  # fmt: skip
    return pd.DataFrame([line, {**line, "row_number": 40}], columns=QUARANTINE.names)


def pack(counts: pd.DataFrame, rejected: pd.DataFrame | None) -> SourcePack:
    return compose_source(HEAD, SourceFrames(counts, rejected, COLUMN_DRIFT.empty(), SOURCE_EFFECT.empty()))


def test_rows_are_named_by_place_and_never_by_value():
    found = pack(weeks(600, 628, quarantined=2), rejects())
    page = render_source(HEAD, found)
    assert found.reasons == (("BAD_EMAIL", "contacts", "email", "2"),)
    assert ("contacts.csv", "17", "email", "BAD_EMAIL") in found.rejects
    assert "secret.example" not in page
    assert "2 rows of 628 set aside" in page
    assert verify_page(page.encode()) == []
    assert page == render_source(HEAD, pack(weeks(600, 628, quarantined=2), rejects()))


def test_half_of_the_usual_rows_is_told_once_there_is_a_usual():
    assert pack(weeks(600, 300), None).findings == ()
    assert pack(weeks(600, 610, 620, 300), None).findings == ("300 rows came; 610 are usual",)


def test_rejects_that_were_not_kept_are_not_called_none():
    assert "were not kept" in pack(weeks(600), None).rejects_note
    assert pack(weeks(600), rejects().iloc[:0]).rejects_note == "No row was set aside."


def test_the_mail_begins_with_what_is_to_mend():
    late = pack(weeks(600, state="stale"), None)
    fine = pack(weeks(600), None)
    other = SourceHead("Borealis", "2026-W47", "22 Nov 2026", "a_first", "crm@borealis.example")
    mail = source_mail("Borealis", "2026-W47", [(other, fine), (HEAD, late)], "output/expert")
    assert mail.subject == "Data quality: 1 source of 2 to look at"
    assert mail.text.index("crm_contacts") < mail.text.index("a_first")
    assert source_mail("Borealis", "2026-W47", [(other, fine)], "x").subject == "Data quality: All sources fit"
