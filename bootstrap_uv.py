"""Finds uv or fetches the pinned one, with pip's settings for where packages come from. Part of bootstrap.py.

Order: a uv on PATH or from an earlier set-up; pip in a virtual environment; a pip that is there; the wheel itself,
downloaded from the index of pip's settings and used only if its SHA-256 stands in requirements/tools.txt.
No index is named here. Standard library only.
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import html
import platform
import re
import shutil
import ssl
import subprocess
import sys
import urllib.parse
import urllib.request
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent
TOOLS = ROOT / ".venv-tools"
OLDEST_UV = (0, 8)


class SetupRefused(Exception):
    """This machine lacks something that the set-up may not or cannot install; the message says what to do."""


def pip_files(environ: Mapping[str, str], home: Path) -> list[Path]:
    """The files that pip reads its settings from, weakest first."""
    shared = [Path(folder) / "pip" for folder in (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")]
    shared += [Path("/Library/Application Support/pip"), Path("/etc")]
    own = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip"
    folders = [*shared, home / ".pip", home / "Library/Application Support/pip", own, Path(sys.prefix)]
    named = environ.get("PIP_CONFIG_FILE")
    return [folder / "pip.conf" for folder in folders] + ([Path(named)] if named else [])


def pip_settings(environ: Mapping[str, str], files: Iterable[Path]) -> dict[str, str]:
    """index-url, extra-index-url, cert and proxy as pip would see them; only those that are set."""
    found: dict[str, str] = {}
    for path in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as exc:
            raise SetupRefused(f"{path} cannot be read as pip's settings: {exc}") from exc
        for section in ("global", "install"):
            if parser.has_section(section):
                found.update(parser.items(section))
    names = ("index-url", "extra-index-url", "cert", "proxy")
    for name in names:
        value = environ.get("PIP_" + name.upper().replace("-", "_"))
        if value:
            found[name] = value
    return {name: " ".join(found[name].split()) for name in names if found.get(name)}


def uv_environment(environ: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """The environment for uv, which does not read pip's settings: what the caller set for uv itself wins."""
    ours = {"UV_PYTHON_DOWNLOADS": "never"}
    if "index-url" in settings:
        ours["UV_DEFAULT_INDEX"] = settings["index-url"]
    if "extra-index-url" in settings:
        # pip looks in all indexes alike; the hashes say which file is meant, wherever it lies.
        ours |= {"UV_INDEX": settings["extra-index-url"], "UV_INDEX_STRATEGY": "unsafe-best-match"}
    if "cert" in settings:
        ours["SSL_CERT_FILE"] = settings["cert"]
    if "proxy" in settings:
        ours |= {"HTTP_PROXY": settings["proxy"], "HTTPS_PROXY": settings["proxy"]}
    return {**ours, **environ}


def pin_of(requirements: str, name: str) -> tuple[str, frozenset[str]]:
    """Version and accepted SHA-256 of one package in a hashed requirements file."""
    match = re.search(rf"^{re.escape(name)}==([^\s;\\]+)((?:.*\\\n)*.*)$", requirements, re.MULTILINE)
    if not match:
        raise SetupRefused(f"requirements/tools.txt does not pin {name}; write it anew with: make lock")
    return match[1], frozenset(re.findall(r"sha256:([0-9a-f]{64})", match[2]))


def fits_platform(wheel: str, *, system: str, machine: str, libc: str) -> bool:
    """Whether a uv wheel, by its file name, runs on this machine."""
    arch = {"amd64": "x86_64", "aarch64": "arm64"}.get(machine.lower(), machine.lower())
    tags = wheel.removesuffix(".whl").rsplit("-", 1)[-1]
    if system == "Darwin":
        return "macosx" in tags and (tags.endswith(arch) or "universal2" in tags)
    family = "manylinux" if libc == "glibc" else "musllinux"
    return system == "Linux" and family in tags and tags.endswith({"arm64": "aarch64"}.get(arch, arch))


def wheel_links(page: str, page_url: str, version: str) -> list[str]:
    """The uv wheels of one version on a simple-index page, as absolute URLs without fragment."""
    hrefs = (html.unescape(h) for h in re.findall(r"""href=["']([^"']+)["']""", page))
    urls = (urllib.parse.urldefrag(urllib.parse.urljoin(page_url, h)).url for h in hrefs)
    return [u for u in urls if u.rsplit("/", 1)[-1].startswith(f"uv-{version}-") and u.endswith(".whl")]


def checked(payload: bytes, accepted: Collection[str], url: str) -> bytes:
    """The payload if its SHA-256 is accepted; otherwise nothing of it is used."""
    digest = hashlib.sha256(payload).hexdigest()
    if digest not in accepted:
        raise SetupRefused(f"{url} has SHA-256 {digest}, which requirements/tools.txt does not list. Not used.")
    return payload


def download(url: str, settings: Mapping[str, str]) -> bytes:
    """One file of the configured index, through pip's proxy and certificate settings."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "file" and url.endswith("/"):
        url += "index.html"
    request = urllib.request.Request(url)
    if parts.username:  # urllib does not understand user:password@host
        name, secret = (urllib.parse.unquote(part or "") for part in (parts.username, parts.password))
        bare = parts._replace(netloc=parts.netloc.rsplit("@", 1)[-1]).geturl()
        request = urllib.request.Request(bare)
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode())
    proxies = {"http": settings["proxy"], "https": settings["proxy"]} if "proxy" in settings else None
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler(proxies)]
    if "cert" in settings:
        handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=settings["cert"])))
    with urllib.request.build_opener(*handlers).open(request, timeout=120) as answer:
        return bytes(answer.read())


def uv_from_wheel(settings: Mapping[str, str]) -> Path | None:
    """The pinned uv, unpacked from its wheel; None if no index is configured or it holds no wheel for us."""
    version, accepted = pin_of((ROOT / "requirements/tools.txt").read_text(encoding="utf-8"), "uv")
    where = {"system": platform.system(), "machine": platform.machine(), "libc": platform.libc_ver()[0] or "musl"}
    for index in f"{settings.get('index-url', '')} {settings.get('extra-index-url', '')}".split():
        page_url = index.rstrip("/") + "/uv/"
        try:
            page = download(page_url, settings).decode("utf-8", "replace")
            for url in wheel_links(page, page_url, version):
                if fits_platform(url, **where):
                    wheel = zipfile.ZipFile(BytesIO(checked(download(url, settings), accepted, url)))
                    return _unpack_uv(wheel)
        except OSError as exc:
            say(f"the index of pip's settings did not answer with uv: {exc}")
    return None


def _unpack_uv(wheel: zipfile.ZipFile) -> Path:
    member = next(name for name in wheel.namelist() if name.endswith(".data/scripts/uv"))
    target = TOOLS / "bin" / "uv"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(wheel.read(member))
    target.chmod(0o755)
    return target


def uv_from_pip() -> Path | None:
    """The pinned uv by pip in a virtual environment, or by a pip that is there; None where neither exists."""
    install = ["-m", "pip", "install", "-q", "--require-hashes", "--only-binary", ":all:"]
    install += ["--disable-pip-version-check", "-r", str(ROOT / "requirements/tools.txt")]
    if runs([sys.executable, "-c", "import ensurepip, venv"]):
        run([sys.executable, "-m", "venv", "--clear", str(TOOLS)])
        run([str(TOOLS / "bin/python"), *install])
        return TOOLS / "bin/uv"
    if runs([sys.executable, "-m", "pip", "--version"]):
        run([sys.executable, *install, "--upgrade", "--target", str(TOOLS)])
        return TOOLS / "bin/uv"
    return None


def recent_enough(version_line: str) -> bool:
    """Whether `uv --version` names a release that understands what we ask of it."""
    match = re.match(r"uv (\d+)\.(\d+)", version_line)
    return match is not None and (int(match[1]), int(match[2])) >= OLDEST_UV


def find_uv(settings: Mapping[str, str]) -> Path | None:
    """An existing uv, else the pinned one; None where this Python has no pip and pip's settings name no index."""
    for candidate in (shutil.which("uv"), TOOLS / "bin/uv"):
        if candidate and Path(candidate).exists() and recent_enough(output_of([str(candidate), "--version"])):
            return Path(candidate)
    say("uv is not here: fetching the pinned one")
    return uv_from_pip() or uv_from_wheel(settings)


def say(line: str) -> None:
    print(f"set-up: {line}", file=sys.stderr, flush=True)


def run(command: Sequence[str], environ: Mapping[str, str] | None = None, *, is_quiet: bool = False) -> None:
    """Raises: SetupRefused if the command fails. Quiet: only what it says on standard error is shown."""
    shown = subprocess.DEVNULL if is_quiet else None
    if subprocess.run(command, check=False, env=environ, stdout=shown).returncode != 0:
        raise SetupRefused(f"this command failed, its reason stands above:\n  {' '.join(command)}")


def runs(command: Sequence[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def output_of(command: Sequence[str]) -> str:
    try:
        return subprocess.run(command, check=False, capture_output=True, text=True).stdout
    except OSError:
        return ""
