"""Finished artifacts as files for a browser, and what a browser can tell about how a page is set."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.exchange import Artifact
from reporting.mails.parts import MailBody

if TYPE_CHECKING:
    from playwright.sync_api import Page

_FAULTS = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)}`));
}"""

# Words outside the window of a screen, unless they scroll inside a box of their own or are for a speaking reader.
_CUT_OFF = """() => {
  const wide = document.documentElement.clientWidth, found = [];
  for (const part of document.querySelectorAll("body *")) {
    if (!part.getClientRects().length || part.closest(".scroll, .vh, .skip, svg") || part.matches("script, style")) continue;
    const box = part.getBoundingClientRect(), look = getComputedStyle(part);
    if (box.right > wide + 1 || box.left < -1) {
      if (![...function* up(each) { while ((each = each.parentElement)) yield each; }(part)].some((each) => /auto|scroll/.test(getComputedStyle(each).overflowX)))
        found.push(`outside: ${part.tagName} ${part.className} ${part.textContent.trim().slice(0, 60)}`);
    }
    if (/hidden|clip/.test(look.overflowX) && part.scrollWidth > part.clientWidth + 1)
      found.push(`cut: ${part.tagName} ${part.className} ${part.textContent.trim().slice(0, 60)}`);
  }
  if (document.documentElement.scrollWidth > wide) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
  return found;
}"""


def write_pack(folder: Path, parts: Iterable[Artifact]) -> Path:
    """Writes artifacts below a folder; returns the folder."""
    for part in parts:
        target = folder / part.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(part.content)
    return folder


def write_mail(path: Path, mail: MailBody) -> Path:
    """The HTML part of a mail as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(mail.html, encoding="utf-8")
    return path


def accessibility_faults(page: Page, axe: str) -> list[str]:
    """What axe-core finds on the page as it stands."""
    page.evaluate(axe)
    found: list[str] = page.evaluate(_FAULTS)
    return found


def cut_off(page: Page) -> list[str]:
    """What the window or a box of the page cuts off."""
    found: list[str] = page.evaluate(_CUT_OFF)
    return found
