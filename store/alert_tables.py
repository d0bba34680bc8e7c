"""Tables of quiet: who asked for it, and which alerts were listed instead of told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from contracts.alerting import Quiet
from store.columns import NUMBER, word
from store.tables import Model


class SnoozeRow(Model):
    """Somebody asked for quiet about a customer; append-only, the newest row of a customer counts."""

    __tablename__ = "snoozes"
    number: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    customer_id: Mapped[str]
    until: Mapped[datetime]
    why: Mapped[str]
    who: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (Index("ix_snoozes_customer_id", "customer_id"), {"sqlite_autoincrement": True})


class SuppressedAlertRow(Model):
    """An alert of which one person was not told, and why; never changed."""

    __tablename__ = "suppressed_alerts"
    kind: Mapped[str] = mapped_column(primary_key=True)
    subject_key: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    headline: Mapped[str]
    reason: Mapped[Quiet] = mapped_column(word(Quiet, "reason"))
    words: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (Index("ix_suppressed_alerts_at", "at"),)
