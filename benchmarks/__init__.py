"""Ratios against named references, measured side by side in one run: see docs/benchmarks.md."""
