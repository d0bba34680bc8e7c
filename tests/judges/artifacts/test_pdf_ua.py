"""Every PDF is tagged, named and readable without its fonts: by pdfua's rules of PDF/UA-1, and by what the file holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pdfua
import pikepdf

# Ends with an error of its own on the pikepdf that we use; `_marks_content` looks for the same.
BROKEN_RULE = "UA-14-001"


def test_the_rules_of_pdf_ua(published) -> None:
    found = []
    for path in published.documents:
        report = pdfua.validate(path)
        assert {outcome.rule_id for outcome in report.skipped} <= {BROKEN_RULE}
        found += [f"{path.name} {finding.rule_id}: {finding.message}" for finding in report.findings]
    assert found == []


def test_what_a_file_says_of_itself(published) -> None:
    assert [f"{path.parent.name}/{path.name}: {fault}" for path in published.documents for fault in faults(path)] == []


def test_a_plain_file_is_seen_through(tmp_path: Path) -> None:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.save(tmp_path / "plain.pdf")
    assert len(list(faults(tmp_path / "plain.pdf"))) >= 6
    assert pdfua.validate(tmp_path / "plain.pdf").findings


def faults(path: Path) -> Iterator[str]:
    """Title shown, language, tags, headings, tables and figures told, text that can be copied out."""
    with pikepdf.open(path) as pdf:
        root = pdf.Root
        if not str(pdf.docinfo.get("/Title", "")).strip():
            yield "no title"
        if not root.get("/ViewerPreferences", pikepdf.Dictionary()).get("/DisplayDocTitle", False):
            yield "a reader's window shows the file's name, not its title"
        if str(root.get("/Lang", ""))[:2] not in {"en", "it", "ar"}:
            yield "no language"
        if not root.get("/MarkInfo", pikepdf.Dictionary()).get("/Marked", False):
            yield "not marked as tagged"
        if "/StructTreeRoot" not in root:
            yield "no structure"
        with pdf.open_metadata() as metadata:
            if metadata.get("pdfuaid:part") != "1":
                yield "does not say that it is PDF/UA-1"
        elements = [each for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and "/S" in each]
        headings = [each for each in elements if str(each.S) in {"/H1", "/H2", "/H3", "/H4"}]
        if not headings:
            yield "no heading"
        yield from (f"an empty {heading.S}" for heading in headings if not _marks_content(heading))
        yield from (
            f"a {each.S} without words"
            for each in elements
            if each.S == "/Figure" and not str(each.get("/Alt", "")).strip()
        )
        yield from (
            "a header cell without a scope"
            for each in elements
            if each.S == "/TH" and "/Scope" not in each.get("/A", {})
        )
        for each in pdf.objects:
            kind = each.get("/Type") if isinstance(each, pikepdf.Dictionary) else None
            if kind == "/FontDescriptor" and not {"/FontFile", "/FontFile2", "/FontFile3"} & set(each.keys()):
                yield f"font {each.get('/FontName')} is not embedded"
            if kind == "/Font" and each.get("/Subtype") == "/Type0" and "/ToUnicode" not in each:
                yield f"no letters can be read from font {each.get('/BaseFont')}"
        yield from (
            f"page {n} has no tab order"
            for n, page in enumerate(pdf.pages, 1)
            if page.get("/Tabs") != "/S" and "/Annots" in page
        )


def _marks_content(element: pikepdf.Object) -> bool:
    """Whether a structure element leads to marked content: a number in its kids or in those of its kids."""
    kids = element.get("/K")
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, int):
            return True
        if isinstance(kid, pikepdf.Dictionary) and (kid.get("/Type") == "/MCR" or _marks_content(kid)):
            return True
    return False
