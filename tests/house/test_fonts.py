"""The bundled fonts: small, free, complete, and enough for a PDF on a machine without fonts."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys

import pikepdf
import pytest
from fontTools.ttLib import TTFont

from tests.factories.repository import ROOT

FONTS = ROOT / "report_templates" / "fonts"
SCRIPTS = {
    "latin": "AZazÀÿŁłŞşŐő0123456789€–—…“”‘’×−",
    "marks": "←↑→↓▲▼●○■□✓≤≥≠",
    "greek": "ΑΩαωάώ",
    "cyrillic": "АЯаяЁёЇїҐґ",
    "vietnamese": "ẮỵƠư",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءآأإؤئ٠٩؟،",
}
MARKUP = """<style>{css} html {{ font: 12pt "Inter", "Inter Extended", "IBM Plex Sans Arabic" }}</style>
<p>Zażółć → 12 €</p><p>Ελλάδα Україна</p><p lang="ar" dir="rtl">شركة التخزين ١٢٣</p>"""
RENDER = """
import logging, sys, warnings
warnings.simplefilter("error")
warnings.filterwarnings("ignore", message="No fonts configured")  # that is the case to show
logging.getLogger("weasyprint").addHandler(logging.StreamHandler(sys.stderr))
from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration
sys.stdout.buffer.write(HTML(string=sys.stdin.read(), base_url=sys.argv[1]).write_pdf(font_config=FontConfiguration()))
"""


@pytest.mark.parametrize("weight", ["Regular", "Medium", "SemiBold", "Bold"])
def test_each_weight_covers_each_script(weight):
    covered = {
        code
        for name in (f"Inter-{weight}", f"Inter-{weight}-Extended", f"IBMPlexSansArabic-{weight}")
        for code in TTFont(FONTS / f"{name}.woff2").getBestCmap()
    }
    missing = {script: [c for c in text if ord(c) not in covered] for script, text in SCRIPTS.items()}
    assert {script: absent for script, absent in missing.items() if absent} == {}


def test_the_stylesheet_names_files_that_are_there():
    named = re.findall(r'url\("([^"]+)"\)', (FONTS / "fonts.css").read_text(encoding="utf-8"))
    assert sorted(named) == sorted(path.name for path in FONTS.glob("*.woff2"))


def test_they_stay_small_and_free():
    assert sum(path.stat().st_size for path in FONTS.glob("*.woff2")) < 700_000
    assert sum(path.stat().st_size for path in FONTS.iterdir()) < 3_500_000, "half of it is Chinese, Japanese, Korean"
    assert "Apache License" in (FONTS / "LICENSE-DroidSansFallback-Apache.txt").read_text(encoding="utf-8")
    for family in ("Inter", "IBMPlexSansArabic", "NotoSansArabic"):
        assert "SIL OPEN FONT LICENSE" in (FONTS / f"LICENSE-{family}-OFL.txt").read_text(encoding="utf-8").upper()


def test_a_pdf_needs_no_font_of_the_system(tmp_path):
    config = tmp_path / "fonts.conf"
    config.write_text(f"<fontconfig><cachedir>{tmp_path}/cache</cachedir></fontconfig>", encoding="utf-8")
    markup = MARKUP.format(css=(FONTS / "fonts.css").read_text(encoding="utf-8"))
    done = subprocess.run(
        [sys.executable, "-c", RENDER, FONTS.as_uri() + "/"],
        input=markup.encode(),
        env={**os.environ, "FONTCONFIG_FILE": str(config)},
        capture_output=True,
        check=False,
    )
    assert done.stderr.decode() == ""
    with pikepdf.open(io.BytesIO(done.stdout)) as pdf:
        used = {str(font.BaseFont).split("+")[1] for page in pdf.pages for font in page.Resources.Font.values()}
    assert used == {"Inter", "Inter-Extended", "IBM-Plex-Sans-Arabic"}
