"""Commands in README.md and docs/ exist, with their options; every command is told in one of them."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import typer

from flows.command.app import app
from tests.factories.repository import ROOT, files, texts

CONSOLE_BLOCK = re.compile(r"^```(?:console|bash|sh|shell)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PREFIXES = (["cem"], [".venv/bin/cem"], ["uv", "run", "cem"])
PAGES = ["README.md", "docs", "output/README.md", "examples"]


def commands(text: str) -> list[list[str]]:
    """The command lines of the fenced console blocks, split as a shell would; `$ ` and comments removed."""
    lines = [line for block in CONSOLE_BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    prompted = any(line.startswith("$ ") for line in lines)
    typed = [line.removeprefix("$ ") for line in lines if line.startswith("$ ") or not prompted]
    return [words for line in typed if (words := shlex.split(line, comments=True))]


def typed_in_pages() -> list[tuple[str, list[str]]]:
    pages = [(name, text) for name, text in texts(*PAGES) if name.endswith(".md")]
    return [(name, words) for name, text in pages for words in commands(text)]


def cem_lines() -> list[tuple[str, list[str]]]:
    found = []
    for page, words in typed_in_pages():
        assigned = next((i for i, word in enumerate(words) if not re.fullmatch(r"[A-Z_]+=.*", word)), 0)
        for prefix in PREFIXES:
            if words[assigned : assigned + len(prefix)] == prefix:
                found.append((page, words[assigned + len(prefix) :]))
    return found


def fault_of(words: list[str]) -> str | None:
    """What `cem` does not know in these words, or None."""
    command: Any = typer.main.get_command(app)
    path = "cem"
    for word in words:
        if word.startswith("-"):
            known = {flag for param in command.params for flag in (*param.opts, *param.secondary_opts)} | {"--help"}
            if word.split("=")[0] not in known:
                return f"{path} has no option {word}"
        elif hasattr(command, "commands"):  # a group
            if word not in command.commands:
                return f"{path} has no command {word}"
            command, path = command.commands[word], f"{path} {word}"
    return None


def test_every_cem_command_in_the_pages_exists():
    assert [f"{page}: {fault}" for page, words in cem_lines() if (fault := fault_of(words))] == []


def test_every_make_target_in_the_pages_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        (page, word) for page, words in typed_in_pages() if words[0] == "make" for word in words[1:] if "=" not in word
    }
    assert [entry for entry in sorted(named) if entry[1] not in targets] == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run"], None),
        (["run", "--week", "2026-W47"], None),
        (["no-such-command"], "cem has no command no-such-command"),
        (["run", "--no-such-option"], "cem run has no option --no-such-option"),
    ],
)
def test_an_unknown_command_is_named(words, expected):
    assert fault_of(words) == expected


def test_console_blocks_are_read_as_typed():
    page = "```console\n$ cem run \\\n  --week 2026-W47  # the last\ndone\n```\n```python\ncem nonsense\n```\n"
    assert commands(page) == [["cem", "run", "--week", "2026-W47"]]


def test_every_command_is_told():
    group = typer.main.get_command(app)
    told = "\n".join(text for name, text in texts("README.md", "docs") if name.endswith(".md"))
    assert [name for name in sorted(group.commands) if not re.search(rf"\bcem {name}\b", told)] == []


def test_every_command_has_help():
    group = typer.main.get_command(app)
    assert [name for name, command in group.commands.items() if not (command.help or "").strip()] == []


def test_links_between_pages_lead_somewhere():
    dead = []
    for path in [p for p in files("README.md", "CHANGELOG.md", "docs", "examples") if p.suffix == ".md"]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if not (path.parent / target).exists():
                dead.append(f"{path.relative_to(ROOT)}: {target}")
    assert dead == []
