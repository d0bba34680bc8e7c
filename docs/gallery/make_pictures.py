"""Makes the pictures of the README from a finished demo workspace: `make gallery`.

Needs Chromium, which `make test` installs (CEM_CHROMIUM names another), and pdftoppm of poppler-utils.
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

from PIL import Image, ImageOps
from playwright.sync_api import Browser, sync_playwright

from bootstrap import find_chromium

HERE = Path(__file__).resolve().parent
WIDEST = 1200
LARGEST = 350_000
EDGE = "#D9DDE2"


def main() -> int:
    """Write the four pictures and the contact sheet; returns the exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--workspace", type=Path, default=Path(), help="folder of a finished `cem demo`")
    workspace = options.parse_args().workspace.resolve()
    release = workspace / "output" / "latest"
    chromium = find_chromium(os.environ)
    lacking = []
    if not release.exists():
        lacking.append(f"no published week under {workspace / 'output'}: run `make demo` or name a --workspace")
    if chromium is None:
        lacking.append("no Chromium found: `make test` installs it, or name one in CEM_CHROMIUM")
    if shutil.which("pdftoppm") is None:
        lacking.append("pdftoppm not found: install poppler-utils")
    if lacking or chromium is None:
        sys.stderr.write("\n".join((*lacking, "")))
        return 2

    mail, name = newest_alert(workspace / "var" / "mail")
    team = next(iter(sorted(release.glob("manager-support-*"))))
    page = account_page(release, name)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=str(chromium), args=sandbox)
        pictures = {
            "executive-brief": brief_pages(next(iter(sorted(release.glob("executive-all-*")))) / "brief.pdf"),
            "team-dashboard": shot(browser, (team / "index.html").as_uri(), height=1500),
            "account-page": shot(browser, page.as_uri(), height=1750),
            "alert-mail": mail_shot(browser, mail),
        }
        browser.close()
    for title, picture in pictures.items():
        save(picture, HERE / f"{title}.png")
    save(contact_sheet(list(pictures.values())), HERE / "contact-sheet.png")
    return 0


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


def shot(browser: Browser, address: str, *, height: int, width: int = 1280) -> Image.Image:
    view = browser.new_page(viewport={"width": width, "height": 100})  # low: a short page keeps its own height
    view.goto(address)
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
        return shot(browser, page.as_uri(), height=1400, width=680)


def brief_pages(pdf: Path) -> Image.Image:
    """All pages of a PDF side by side."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["pdftoppm", "-r", "110", "-png", str(pdf), f"{folder}/page"], check=True)  # noqa: S603, S607
        return side_by_side([Image.open(path).convert("RGB") for path in sorted(Path(folder).iterdir())])


def side_by_side(pictures: list[Image.Image], gap: int = 24) -> Image.Image:
    framed = [ImageOps.expand(picture, border=1, fill=EDGE) for picture in pictures]
    width = sum(picture.width for picture in framed) + gap * (len(framed) - 1)
    sheet = Image.new("RGB", (width, max(picture.height for picture in framed)), "white")
    left = 0
    for picture in framed:
        sheet.paste(picture, (left, 0))
        left += picture.width + gap
    return sheet


def contact_sheet(pictures: list[Image.Image], height: int = 620) -> Image.Image:
    """All pictures at one height, so that a glance tells whether the set belongs together."""
    return side_by_side([ImageOps.contain(picture, (WIDEST, height)) for picture in pictures])


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
