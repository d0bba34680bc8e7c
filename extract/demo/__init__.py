"""A demo company for show and tests: seeded, with a written truth. Only the command line and tests import it."""

from extract.demo.company import DemoCompany, build_demo

__all__ = ["DemoCompany", "build_demo"]
