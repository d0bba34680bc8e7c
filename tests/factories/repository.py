"""What the house rules look at: the files of this repository and the names that its modules define."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("flows", "extract", "scoring", "reporting", "delivery", "store", "config", "contracts")
BINARY = {".woff2", ".ttf", ".png", ".pdf", ".xlsx", ".parquet", ".ico", ".jpg", ".zip", ".sqlite"}


def files(*under: str) -> list[Path]:
    """All files that are or would be committed, below the given folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--", *under],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file())


def texts(*under: str) -> list[tuple[str, str]]:
    """Relative name and content of every text file."""
    return [(str(p.relative_to(ROOT)), p.read_text(encoding="utf-8")) for p in files(*under) if p.suffix not in BINARY]


def modules(*packages: str) -> list[Path]:
    return [path for path in files(*(packages or PACKAGES)) if path.suffix == ".py"]


def defined_names(path: Path) -> Iterator[tuple[str, int]]:
    """The module's own name, then each class and function that it defines, with its line."""
    yield path.stem, 1
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno


def words_of(name: str) -> list[str]:
    """`CaseManager` and `case_manager` are both case, manager."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]
