"""Makes the pictures of the README from a finished demo workspace: `make gallery`.

Needs Chromium, which `make test` installs (CEM_CHROMIUM names another), pdftoppm of poppler-utils, and LibreOffice.
Pictures stay below 1200 px and 350 kB.
"""

# ruff: noqa: INP001 - a script beside the pictures it makes, not a package

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pikepdf
from PIL import Image, ImageOps
from playwright.sync_api import Browser, sync_playwright

from bootstrap import find_chromium
from contracts.scope import scoped
from reporting.pages import render_site
from reporting.view import compose
from tests.factories.browser import write_pack
from tests.factories.hard import STATES as HARD_STATES
from tests.factories.reporting import an_audience
from tests.factories.workbooks import through_libreoffice

HERE = Path(__file__).resolve().parent
WIDEST = 1200
LARGEST = 350_000
EDGE = "#D9DDE2"
STATES = ("first week", "one customer", "no survey", "names of 120 characters", "arabic names", "all in one zone")
LANGUAGES = {"it": "italian", "ar": "arabic"}
PROGRAMS = {"pdftoppm": "install poppler-utils", "soffice": "install libreoffice-calc"}


def main() -> int:
    """Write all pictures and the contact sheet; returns the exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--workspace", type=Path, default=Path(), help="folder of a finished `cem demo`")
    options.add_argument("--release", type=Path, help="folder of a release that `cem rebuild --into` made of it")
    given = options.parse_args()
    workspace = given.workspace.resolve()
    release = given.release.resolve() if given.release else workspace / "output" / "latest"
    chromium = find_chromium(os.environ)
    lacking = [f"{name} not found: {advice}" for name, advice in PROGRAMS.items() if shutil.which(name) is None]
    if not release.exists():
        lacking.append(f"no published week under {workspace / 'output'}: run `make demo` or name a --workspace")
    if chromium is None:
        lacking.append("no Chromium found: `make test` installs it, or name one in CEM_CHROMIUM")
    if lacking or chromium is None:
        sys.stderr.write("\n".join((*lacking, "")))
        return 2

    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=str(chromium), args=sandbox)
        pictures = dict(published(browser, workspace, release))
        pictures["hard-states"] = hard_states(browser)
        browser.close()
    for title, picture in pictures.items():
        save(picture, HERE / f"{title}.png")
    save(contact_sheet(list(pictures.values())), HERE / "contact-sheet.png")
    return 0


def published(browser: Browser, workspace: Path, release: Path) -> Iterator[tuple[str, Image.Image]]:
    """Each artifact of the week under the name of its picture."""
    mail, name = newest_alert(workspace / "var" / "mail")
    page = account_page(release, name)
    team = folder_of(release, "manager-support")
    yield "executive-brief", pages(folder_of(release, "executive-all") / "brief.pdf")
    yield "executive-dashboard", shot(browser, folder_of(release, "executive-all") / "index.html", height=1900)
    yield "director-dashboard", shot(browser, folder_of(release, "director-sales") / "index.html", height=1900)
    yield "team-dashboard", shot(browser, team / "index.html", height=1500)
    yield "own-dashboard", shot(browser, folder_of(release, "individual-gps") / "index.html", height=1500)
    yield "account-page", shot(browser, page, height=1750)
    for code, language in LANGUAGES.items():
        for found in written_in(code, release)[:1]:
            yield f"account-page-{language}", shot(browser, found, height=1750)
        for found in written_in(code, release):
            brief = found.parents[1] / "briefs" / f"{found.stem}.pdf"
            if brief.exists():
                yield f"account-brief-{language}", pages(brief)
                break
    briefs = sorted(release.glob(f"*/briefs/{page.stem}.pdf"))
    if briefs:
        yield "account-brief", pages(briefs[0])
    yield "workbook", sheets(team / "action-plan.xlsx")
    yield "alert-mail", mail_shot(browser, mail)
    for report in sorted((workspace / "output" / "expert").glob("*/case-effect.html")):
        yield "effect-report", shot(browser, report, height=1500)
    for report in sorted((workspace / "output" / "expert").glob("*/linkage/*.html"))[-1:]:
        yield "linkage-report", shot(browser, report, height=1500)


def folder_of(release: Path, view: str) -> Path:
    """The audience of a view that has the most account pages: there is most to see."""
    return max(sorted(release.glob(f"{view}-*")), key=lambda folder: len(list(folder.glob("accounts/*"))))


def written_in(code: str, release: Path) -> list[Path]:
    """The account pages in a language, those of packs with account briefs among them."""
    mark = f'<html lang="{code}"'.encode()
    return [path for path in sorted(release.glob("*/accounts/*.html")) if mark in path.read_bytes()[:400]]


def hard_states(browser: Browser) -> Image.Image:
    """The first screen of dashboards of weeks that are hard to report."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for number, state in enumerate(STATES):
            book = HARD_STATES[state]()
            view = compose(scoped(book, an_audience(book)))
            target = write_pack(Path(folder) / str(number), render_site(view, [])) / "index.html"
            found.append(ImageOps.contain(shot(browser, target, height=1100), (590, 2000)))
    rows = [side_by_side(found[at : at + 3]) for at in range(0, len(found), 3)]
    return stacked(rows)


def sheets(workbook: Path) -> Image.Image:
    """The first printed page of the sheets that a team works on, as LibreOffice prints them."""
    with tempfile.TemporaryDirectory() as folder:
        printed = through_libreoffice(workbook, Path(folder), "pdf")
        text = subprocess.run(["pdftotext", str(printed), "-"], check=True, capture_output=True, text=True).stdout  # noqa: S603, S607
        said = text.split("\f")
        wanted = [
            next(at for at, text in enumerate(said) if title in text) for title in ("Accounts, week", "Act first")
        ]
        return stacked([rendered(printed, at + 1) for at in wanted])


def newest_alert(folder: Path) -> tuple[EmailMessage, str]:
    """The newest mail about an account that turned Critical, and the account's name."""
    found: list[tuple[str, str, EmailMessage]] = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.parent.name in {"new", "cur"}:
            mail = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)
            if str(mail["subject"]).startswith("Critical: "):
                attached = next(mail.iter_attachments()).get_filename() or ""
                found.append((mail["date"].datetime.isoformat(), attached, mail))
    if not found:
        raise SystemExit(f"no alert mail under {folder}: is this a finished demo workspace?")
    _, attached, mail = max(found, key=lambda item: item[:2])
    return mail, attached.rpartition(" ")[0]


def account_page(release: Path, name: str) -> Path:
    """The page of the account that the alert is about, as its own team reads it."""
    for path in sorted(release.glob("individual-*/accounts/*.html")):
        if f"<h1><bdi>{name}</bdi></h1>" in path.read_text(encoding="utf-8"):
            return path
    raise SystemExit(f"no account page of {name} under {release}")


def shot(browser: Browser, path: Path, *, height: int, width: int = 1280) -> Image.Image:
    view = browser.new_page(viewport={"width": width, "height": 100})  # low: a short page keeps its own height
    view.goto(path.as_uri())
    view.evaluate("document.fonts.ready")
    tall = int(view.evaluate("document.documentElement.scrollHeight"))
    content = view.screenshot(clip={"x": 0, "y": 0, "width": width, "height": min(height, tall)}, full_page=True)
    view.close()
    return Image.open(io.BytesIO(content)).convert("RGB")


def mail_shot(browser: Browser, mail: EmailMessage) -> Image.Image:
    body = mail.get_body(("html",))
    if body is None:
        raise SystemExit("the alert mail has no HTML part")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "mail.html"
        page.write_text(body.get_content(), encoding="utf-8")
        return shot(browser, page, height=1400, width=680)


def pages(pdf: Path) -> Image.Image:
    """All pages of a PDF side by side."""
    with pikepdf.open(pdf) as document:
        count = len(document.pages)
    return side_by_side([rendered(pdf, number) for number in range(1, count + 1)])


def rendered(pdf: Path, number: int) -> Image.Image:
    with tempfile.TemporaryDirectory() as folder:
        only = ["-f", str(number), "-l", str(number)]
        subprocess.run(["pdftoppm", "-r", "110", *only, "-png", str(pdf), f"{folder}/page"], check=True)  # noqa: S603, S607
        return Image.open(next(Path(folder).iterdir())).convert("RGB")


def stacked(pictures: list[Image.Image], gap: int = 24) -> Image.Image:
    turned = [picture.transpose(Image.Transpose.TRANSPOSE) for picture in pictures]
    return side_by_side(turned, gap).transpose(Image.Transpose.TRANSPOSE)


def side_by_side(pictures: list[Image.Image], gap: int = 24) -> Image.Image:
    framed = [ImageOps.expand(picture, border=1, fill=EDGE) for picture in pictures]
    width = sum(picture.width for picture in framed) + gap * (len(framed) - 1)
    sheet = Image.new("RGB", (width, max(picture.height for picture in framed)), "white")
    left = 0
    for picture in framed:
        sheet.paste(picture, (left, 0))
        left += picture.width + gap
    return sheet


def contact_sheet(pictures: list[Image.Image], height: int = 420) -> Image.Image:
    """All pictures at one height in rows, so that a glance tells whether the set belongs together."""
    rows: list[list[Image.Image]] = [[]]
    for picture in pictures:
        small = ImageOps.contain(picture, (WIDEST // 2, height))
        if sum(each.width + 24 for each in rows[-1]) + small.width > WIDEST:
            rows.append([])
        rows[-1].append(small)
    return stacked([side_by_side(row) for row in rows])


def save(picture: Image.Image, path: Path) -> None:
    """Write a picture within the limits, with as many colours as fit."""
    small = ImageOps.contain(picture, (WIDEST, 4 * WIDEST)) if picture.width > WIDEST else picture
    for content in _fewer_and_fewer_colours(small):
        if len(content) <= LARGEST:
            path.write_bytes(content)
            sys.stdout.write(f"{path.name}: {small.width} x {small.height}, {len(content) // 1000} kB\n")
            return
    raise SystemExit(f"{path.name} stays above {LARGEST // 1000} kB; show less of it")


def _fewer_and_fewer_colours(picture: Image.Image) -> Iterator[bytes]:
    for colours in (256, 128, 64, 32):
        out = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        yield out.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
