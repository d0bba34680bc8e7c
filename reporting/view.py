"""Composing a Pack's view model out of one audience's book."""

from __future__ import annotations

from reporting.models import PackView

__all__ = ["PackView"]
