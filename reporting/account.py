"""Composing one account page's view model out of one audience's book."""

from __future__ import annotations

from reporting.account_models import AccountView

__all__ = ["AccountView"]
