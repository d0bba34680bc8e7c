"""Ratio 5: `cem --help`, against a Python that only imports typer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.timing import Comparison, Work, alternate


def compare(*, rounds: int) -> Comparison:
    """Both in processes of their own, with the interpreter that runs this."""
    ours, reference = alternate(
        lambda _: _command([str(Path(sys.executable).with_name("cem")), "--help"]),
        lambda _: _command([sys.executable, "-c", "import typer"]),
        rounds=rounds,
    )
    return Comparison(
        title="answer for help",
        ours_name="cem --help",
        reference_name='python -c "import typer"',
        ours=ours,
        reference=reference,
        note="a new process each time",
    )


def _command(arguments: list[str]) -> Work:
    return lambda: subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
