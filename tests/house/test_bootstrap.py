"""The set-up's decisions; that it works on a bare machine is shown by .ci/run on a fresh clone."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

import bootstrap
import bootstrap_uv
from tests.factories.repository import ROOT

WHEELS = [
    "uv-0.13.9-py3-none-macosx_10_12_x86_64.whl",
    "uv-0.13.9-py3-none-macosx_11_0_arm64.whl",
    "uv-0.13.9-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
    "uv-0.13.9-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "uv-0.13.9-py3-none-musllinux_1_1_x86_64.whl",
    "uv-0.13.9-py3-none-win_amd64.whl",
]


@pytest.mark.parametrize(
    ("version", "is_good"), [((3, 10), False), ((3, 11), True), ((3, 12), True), ((3, 13), True), ((3, 14), False)]
)
def test_python_is_refused_with_the_way_out(version, is_good):
    problem = bootstrap.python_problem(version)
    assert (problem is None) is is_good
    if problem:
        assert "PYTHON=python3.12" in problem


@pytest.mark.parametrize(
    ("system", "machine", "libc", "expected"),
    [
        ("Linux", "x86_64", "glibc", [3]),
        ("Linux", "x86_64", "musl", [4]),
        ("Linux", "aarch64", "glibc", [2]),
        ("Linux", "aarch64", "musl", [2]),
        ("Darwin", "arm64", "", [1]),
        ("Darwin", "x86_64", "", [0]),
        ("Windows", "AMD64", "", []),
    ],
)
def test_each_machine_gets_its_wheel(system, machine, libc, expected):
    fitting = [w for w in WHEELS if bootstrap_uv.fits_platform(w, system=system, machine=machine, libc=libc)]
    assert fitting == [WHEELS[i] for i in expected]


def test_a_payload_counts_only_with_a_listed_hash():
    good = hashlib.sha256(b"wheel").hexdigest()
    assert bootstrap_uv.checked(b"wheel", {good}, "u") == b"wheel"
    with pytest.raises(bootstrap_uv.SetupRefused, match=r"does not list\. Not used"):
        bootstrap_uv.checked(b"other", {good}, "u")


def test_the_pin_is_read_with_all_its_hashes():
    version, hashes = bootstrap_uv.pin_of((ROOT / "requirements/tools.txt").read_text(encoding="utf-8"), "uv")
    assert version.count(".") == 2
    assert len(hashes) > 10
    with pytest.raises(bootstrap_uv.SetupRefused, match="make lock"):
        bootstrap_uv.pin_of("other==1.0\n", "uv")


def test_links_are_resolved_against_the_page_and_keep_one_version():
    page = """<a href="../../files/uv-0.13.9-py3-none-x.whl#sha256=aa">a</a>
    <a href='https://mirror.example/uv-0.13.8-py3-none-x.whl'>b</a> <a href="uv-0.13.9.tar.gz">c</a>"""
    links = bootstrap_uv.wheel_links(page, "https://mirror.example/simple/uv/", "0.13.9")
    assert links == ["https://mirror.example/files/uv-0.13.9-py3-none-x.whl"]


def index_with_uv(folder: Path) -> str:
    """A file: index that holds one wheel for this machine; returns its address."""
    name = next(w for w in WHEELS if bootstrap_uv.fits_platform(w, system="Linux", machine="x86_64", libc="glibc"))
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as wheel:
        wheel.writestr("uv-0.13.9.data/scripts/uv", "#!/bin/sh\necho uv 0.13.9\n")
    page = folder / "simple" / "uv"
    page.mkdir(parents=True)
    (page / name).write_bytes(body.getvalue())
    (page / "index.html").write_text(f'<a href="{name}">{name}</a>', encoding="utf-8")
    pin = f"uv==0.13.9 \\\n    --hash=sha256:{hashlib.sha256(body.getvalue()).hexdigest()}\n"
    (folder / "requirements").mkdir()
    (folder / "requirements/tools.txt").write_text(pin, encoding="utf-8")
    return (folder / "simple").as_uri()


@pytest.fixture
def on_linux(monkeypatch, tmp_path):
    monkeypatch.setattr(bootstrap_uv, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap_uv, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(bootstrap_uv.platform, "system", lambda: "Linux")
    monkeypatch.setattr(bootstrap_uv.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(bootstrap_uv.platform, "libc_ver", lambda: ("glibc", "2.36"))
    return tmp_path


def test_without_pip_the_wheel_comes_from_the_configured_index(on_linux):
    uv = bootstrap_uv.uv_from_wheel({"index-url": index_with_uv(on_linux)})
    assert uv == on_linux / "tools/bin/uv"
    assert bootstrap_uv.output_of([str(uv), "--version"]) == "uv 0.13.9\n"


def test_a_changed_wheel_is_not_unpacked(on_linux):
    index = index_with_uv(on_linux)
    next((on_linux / "simple/uv").glob("*.whl")).write_bytes(b"changed")
    with pytest.raises(bootstrap_uv.SetupRefused, match="does not list"):
        bootstrap_uv.uv_from_wheel({"index-url": index})
    assert not (on_linux / "tools").exists()


def test_without_an_index_there_is_no_guess(on_linux):
    index_with_uv(on_linux)
    assert bootstrap_uv.uv_from_wheel({}) is None


def test_settings_of_pip_are_read_as_pip_reads_them(tmp_path):
    weak, strong = tmp_path / "a.conf", tmp_path / "b.conf"
    weak.write_text(
        "[global]\nindex-url = https://one.example/simple\nproxy = http://p:1\ntimeout = 9\n", encoding="utf-8"
    )
    strong.write_text("[global]\nextra-index-url =\n  https://x.example/a\n  https://x.example/b\n", encoding="utf-8")
    found = bootstrap_uv.pip_settings(
        {"PIP_INDEX_URL": "https://env.example/simple"}, [weak, strong, tmp_path / "absent"]
    )
    assert found == {
        "index-url": "https://env.example/simple",
        "extra-index-url": "https://x.example/a https://x.example/b",
        "proxy": "http://p:1",
    }


def test_uv_is_told_what_pip_knows_unless_it_was_told_itself():
    settings = {"index-url": "https://one.example/simple", "cert": "/c.pem", "proxy": "http://p:1"}
    environ = bootstrap_uv.uv_environment({"UV_DEFAULT_INDEX": "https://mine.example", "HOME": "/h"}, settings)
    assert environ["UV_DEFAULT_INDEX"] == "https://mine.example"
    assert (environ["SSL_CERT_FILE"], environ["HTTPS_PROXY"]) == ("/c.pem", "http://p:1")
    assert environ["UV_PYTHON_DOWNLOADS"] == "never"


@pytest.mark.parametrize(
    ("line", "expected"), [("uv 0.13.9 (x)", True), ("uv 0.7.2", False), ("", False), ("uv 1.0.0", True)]
)
def test_an_old_uv_is_not_used(line, expected):
    assert bootstrap_uv.recent_enough(line) is expected


def test_missing_libraries_are_named_with_the_command():
    missing = bootstrap.missing_libraries(bootstrap.APT_PACKAGE_OF, lambda name: "pangoft2" in name)
    assert missing == ["libpango-1.0.so.0", "libharfbuzz-subset.so.0"]
    debian = bootstrap.library_message(missing, system="Linux", has_apt=True)
    assert debian.endswith("sudo apt-get install libpango-1.0-0 libharfbuzz-subset0")
    assert "brew install pango" in bootstrap.library_message(missing, system="Darwin", has_apt=False)
    assert "package manager" in bootstrap.library_message(missing, system="Linux", has_apt=False)


def test_a_named_browser_is_taken_or_missed_but_never_replaced(tmp_path):
    browser = tmp_path / "chrome"
    browser.touch()
    assert bootstrap.find_chromium({"CEM_CHROMIUM": str(browser)}) == browser
    assert bootstrap.find_chromium({"CEM_CHROMIUM": str(tmp_path / "absent")}) is None


def test_a_development_environment_is_never_cut_back():
    assert [bootstrap.wanted_kind("run", stamp) for stamp in ("", "run 1", "dev 1")] == ["run", "run", "dev"]
    assert bootstrap.wanted_kind("dev", "run 1") == "dev"


def test_the_stamp_follows_what_the_environment_is_made_from(tmp_path):
    (tmp_path / "requirements").mkdir()
    for name in ("pyproject.toml", "requirements/tools.txt", "requirements/run.txt", "requirements/dev.txt"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    before = bootstrap.stamp_for("run", tmp_path)
    assert bootstrap.stamp_for("run", tmp_path) == before
    (tmp_path / "requirements/dev.txt").write_text("other", encoding="utf-8")
    assert bootstrap.stamp_for("run", tmp_path) == before
    (tmp_path / "requirements/run.txt").write_text("other", encoding="utf-8")
    assert bootstrap.stamp_for("run", tmp_path) != before


@pytest.mark.parametrize("arguments", [[], ["all"], ["run", "dev"]])
def test_bad_usage_prints_the_usage(arguments, capsys):
    assert bootstrap.main(arguments) == 2
    assert "bootstrap.py dev" in capsys.readouterr().err
