"""A demo company for show and tests: seeded, with a written truth. Only the command line and tests import it."""

from __future__ import annotations

from extract.demo.company import DemoCompany, build_demo
from extract.demo.exports import write_exports, write_truth
from extract.demo.keys import write_crosswalk

__all__ = ["DemoCompany", "build_demo", "write_crosswalk", "write_exports", "write_truth"]
