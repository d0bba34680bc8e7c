"""Makes a machine able to run this project: uv, the locked environment, Pango, and for the tests Chromium.

    python3 bootstrap.py run    what `make demo` needs
    python3 bootstrap.py dev    what `make test` needs; a development environment also serves `run`

Standard library only. A second call finds its stamp and does nothing.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap_uv import (
    SetupRefused,
    find_uv,
    output_of,
    pip_files,
    pip_settings,
    run,
    runs,
    say,
    uv_environment,
    uv_from_pip,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / ".setup-stamp"
KINDS = ("run", "dev")
APT_PACKAGE_OF = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
# Playwright's driver, for the browser tests, is linked against it; slim images leave it out.
APT_PACKAGE_FOR_TESTS = {"libatomic.so.1": "libatomic1"}
MAC_LIBRARIES = ("libpango-1.0.dylib", "libpangoft2-1.0.dylib", "libharfbuzz-subset.0.dylib")
MAC_LIBRARY_FOLDERS = ("/opt/homebrew/lib", "/usr/local/lib", "/usr/lib")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_CHROMIUM = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def python_problem(version: tuple[int, int]) -> str | None:
    """What is wrong with this Python, or None."""
    if (3, 11) <= version < (3, 14):
        return None
    found = ".".join(map(str, version))
    return f"Python 3.11, 3.12 or 3.13 is needed, this is {found}. Name another one: make PYTHON=python3.12 demo"


def missing_libraries(names: Iterable[str], loads: Callable[[str], bool]) -> list[str]:
    return [name for name in names if not loads(name)]


def loads_here(name: str) -> bool:
    """Whether the dynamic linker finds a library, on macOS also where Homebrew keeps it."""
    folders = MAC_LIBRARY_FOLDERS if sys.platform == "darwin" else ()
    for candidate in (name, *(f"{folder}/{name}" for folder in folders)):
        try:
            ctypes.CDLL(candidate)
        except OSError:
            continue
        return True
    return False


def library_message(missing: Sequence[str], *, system: str, has_apt: bool) -> str:
    """What to type where the set-up may not install system packages itself."""
    tests_alone = all(name in APT_PACKAGE_FOR_TESTS for name in missing)
    need = "The browser tests need" if tests_alone else "PDF rendering needs Pango and HarfBuzz-subset;"
    what = f"{need} libraries that are not found here: {', '.join(missing)}."
    if system == "Darwin":
        return f"{what}\nInstall Homebrew, then: brew install pango"
    if has_apt:
        packages = " ".join({**APT_PACKAGE_OF, **APT_PACKAGE_FOR_TESTS}.get(name, name) for name in missing)
        return f"{what}\nGive this command, then the same again: sudo apt-get install {packages}"
    return f"{what}\nInstall both with this system's package manager, then give the same command again."


def need_libraries(kind: str) -> None:
    """Installs Pango, and what the tests need beside it, if missing and we may; otherwise says how."""
    mac = sys.platform == "darwin"
    packages = {**APT_PACKAGE_OF, **(APT_PACKAGE_FOR_TESTS if kind == "dev" else {})}
    missing = missing_libraries(MAC_LIBRARIES if mac else packages, loads_here)
    if not missing:
        return
    has_apt = shutil.which("apt-get") is not None
    if mac and shutil.which("brew"):
        run(["brew", "install", "pango"])
    elif has_apt and _as_root() is not None:
        apt_install([packages[name] for name in missing])
    else:
        raise SetupRefused(library_message(missing, system=platform.system(), has_apt=has_apt))


def find_chromium(environ: Mapping[str, str]) -> Path | None:
    """CEM_CHROMIUM, else a Chromium or Chrome of this machine."""
    named = environ.get("CEM_CHROMIUM")
    if named:
        return Path(named) if Path(named).exists() else None
    on_path = (shutil.which(name) for name in CHROMIUM_NAMES)
    return next((Path(p) for p in (*on_path, *MAC_CHROMIUM) if p and Path(p).exists()), None)


def need_chromium() -> None:
    """Installs Chromium where the distribution has it as a package and we may; otherwise says how."""
    if find_chromium(os.environ):
        return
    has_package = shutil.which("apt-cache") and "Candidate: (none)" not in output_of(
        ["apt-cache", "policy", "chromium"]
    )
    if has_package and "ubuntu" not in _os_release() and _as_root() is not None:
        apt_install(["chromium"])
    if not find_chromium(os.environ):
        raise SetupRefused(
            "The browser tests need Chromium or Chrome. Install one (Debian: sudo apt-get install chromium; Ubuntu: "
            "sudo snap install chromium; macOS: brew install --cask chromium), or name one: export CEM_CHROMIUM=PATH"
        )


def need_pdftotext() -> None:
    """Installs Poppler's tools, by which the tests read PDFs as other programs do, if missing and we may."""
    if shutil.which("pdftotext"):
        return
    if sys.platform == "darwin" and shutil.which("brew"):
        run(["brew", "install", "poppler"])
    elif shutil.which("apt-get") and _as_root() is not None:
        apt_install(["poppler-utils"])
    else:
        raise SetupRefused(
            "The tests read PDFs with pdftotext, which is not found here. Install it (Debian, Ubuntu: sudo apt-get "
            "install poppler-utils; macOS: brew install poppler), then give the same command again."
        )


def _os_release() -> str:
    path = Path("/etc/os-release")
    return path.read_text(encoding="utf-8").lower() if path.exists() else ""


def _as_root() -> list[str] | None:
    """The prefix that makes a command run as root without asking; None if we may not."""
    if os.geteuid() == 0:
        return []
    return ["sudo", "-n"] if shutil.which("sudo") and runs(["sudo", "-n", "true"]) else None


def apt_install(packages: Sequence[str]) -> None:
    """Raises: SetupRefused if apt fails, with the command to give by hand."""
    say(f"installing {' '.join(packages)} with apt")
    prefix = [*(_as_root() or []), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y"]
    run([*prefix, "update"], is_quiet=True)
    run([*prefix, "install", "--no-install-recommends", *packages], is_quiet=True)


def wanted_kind(asked: str, stamp: str) -> str:
    """A development environment holds everything that running needs: it is never cut back."""
    return "dev" if stamp.startswith("dev ") else asked


def stamp_for(kind: str, root: Path) -> str:
    """What the environment was made from: requirements, project file, Python, and the place of the clone."""
    digest = hashlib.sha256(f"{root}\n{sys.version}\n".encode())
    for name in ("pyproject.toml", "requirements/tools.txt", f"requirements/{kind}.txt"):
        digest.update((root / name).read_bytes())
    return f"{kind} {digest.hexdigest()}"


def make_environment(kind: str) -> None:
    """.venv as locked, and the project itself in it as an editable install."""
    settings = pip_settings(os.environ, pip_files(os.environ, Path.home()))
    uv = str(find_uv(settings) or _uv_after_apt())
    environ = uv_environment(os.environ, settings)
    STAMP.unlink(missing_ok=True)
    if not (VENV / "bin/python").exists() or not runs([str(VENV / "bin/python"), "-c", ""]):
        run([uv, "venv", "-q", "--clear", "--python", sys.executable, str(VENV)], environ)
    at = ["--python", str(VENV / "bin/python")]
    say(f"installing requirements/{kind}.txt into .venv (without a cache this takes a minute)")
    run([uv, "pip", "sync", "-q", *at, "--require-hashes", str(ROOT / f"requirements/{kind}.txt")], environ)
    build = ["--build-constraints", str(ROOT / "requirements/tools.txt")]
    run([uv, "pip", "install", "-q", *at, "--no-deps", *build, "-e", str(ROOT)], environ)
    if sys.platform == "darwin":
        _tell_python_about_homebrew()


def _uv_after_apt() -> Path:
    if shutil.which("apt-get") and _as_root() is not None:
        apt_install(["python3-venv"])
        uv = uv_from_pip()
        if uv:
            return uv
    raise SetupRefused(
        "There is no uv, this Python has no pip, and pip's settings name no index to fetch uv from. Do one of:\n"
        "  sudo apt-get install python3-venv        (Debian, Ubuntu)\n"
        "  install uv as its documentation describes, so that `uv --version` answers\n"
        "  export PIP_INDEX_URL=<the address of your package index>\n"
        "and give the same command again."
    )


def _tell_python_about_homebrew() -> None:
    # macOS strips DYLD_* from what /bin/sh starts, so the Makefile cannot pass it; ctypes reads os.environ at call.
    line = f"import os; os.environ.setdefault('DYLD_FALLBACK_LIBRARY_PATH', '{':'.join(MAC_LIBRARY_FOLDERS)}')\n"
    packages = next(VENV.glob("lib/python3*/site-packages"))
    (packages / "homebrew_libraries.pth").write_text(line, encoding="utf-8")


def set_up(asked: str) -> None:
    """Raises: SetupRefused with what to do when this machine cannot be made ready."""
    problem = python_problem(sys.version_info[:2])
    if problem:
        raise SetupRefused(problem)
    need_libraries(asked)
    if asked == "dev":
        need_chromium()
        need_pdftotext()
    stamp = STAMP.read_text(encoding="utf-8") if STAMP.exists() else ""
    kind = wanted_kind(asked, stamp)
    if stamp != stamp_for(kind, ROOT):
        make_environment(kind)
        STAMP.write_text(stamp_for(kind, ROOT), encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """0 when the machine is ready, 1 with what to do when it is not, 2 on bad usage."""
    if len(arguments) != 1 or arguments[0] not in KINDS:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        set_up(arguments[0])
    except SetupRefused as refusal:
        say(str(refusal))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
