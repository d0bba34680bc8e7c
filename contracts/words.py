"""Closed lists of words: the enums every room shares. One word for one thing."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Zone(StrEnum):
    """Where a placed customer stands on the loyalty and retention grid."""

    VERY_LOYAL = "very_loyal"
    SOMEWHAT_LOYAL = "somewhat_loyal"
    NEUTRAL = "neutral"
    CRITICAL = "critical"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").title()


class PlacementState(StrEnum):
    """Whether a customer has a zone at all."""

    PLACED = "placed"
    INSUFFICIENT = "insufficient"
    LEFT = "left"


class CustomerStatus(StrEnum):
    PROSPECT = "prospect"
    ACTIVE = "active"
    NOTICE = "notice"
    LEFT = "left"
    RETURNED = "returned"


class Axis(StrEnum):
    LOYALTY = "loyalty"
    RETENTION = "retention"


class KpiTier(StrEnum):
    TECHNICAL = "technical"
    OPERATIONAL = "operational"
    STRATEGIC = "strategic"


class Level(StrEnum):
    """How deep a reader looks."""

    INDIVIDUAL = "individual"
    MANAGER = "manager"
    DIRECTOR = "director"
    EXECUTIVE = "executive"

    @property
    def label(self) -> str:
        return "Individual contributor" if self is Level.INDIVIDUAL else self.value.title()


class BusinessUnit(StrEnum):
    """A function a Person belongs to; a customer has one owner in each."""

    SALES = "sales"
    SUPPORT = "support"
    GPS = "gps"

    @property
    def label(self) -> str:
        return {
            BusinessUnit.SALES: "Sales",
            BusinessUnit.SUPPORT: "Customer Support",
            BusinessUnit.GPS: "Global Professional Services",
        }[self]


class Role(StrEnum):
    """What a Person is to a Customer; exactly one owner per business unit."""

    OWNER = "owner"
    MEMBER = "member"


class Arrow(StrEnum):
    """Where a figure went, if that is more than noise."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


class ExportKind(StrEnum):
    """What an export replaces: all (full), nothing (append), or rows of equal key (changes)."""

    FULL = "full"
    APPEND = "append"
    CHANGES = "changes"


class Reason(StrEnum):
    """Why a row or a file was refused."""

    # rows
    UNMATCHED_KEY = "UNMATCHED_KEY"
    MISSING_VALUE = "MISSING_VALUE"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    NOT_A_DATE = "NOT_A_DATE"
    NOT_ALLOWED = "NOT_ALLOWED"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    IN_THE_FUTURE = "IN_THE_FUTURE"
    TOO_LONG = "TOO_LONG"
    BAD_CHARACTER = "BAD_CHARACTER"
    BAD_EMAIL = "BAD_EMAIL"
    FIELD_COUNT = "FIELD_COUNT"
    DUPLICATE_KEY = "DUPLICATE_KEY"
    CHANGED_AFTER_APPEND = "CHANGED_AFTER_APPEND"
    ORPHAN = "ORPHAN"
    NOT_CALCULATED = "NOT_CALCULATED"
    # files
    FILE_UNREADABLE = "FILE_UNREADABLE"
    FILE_ENCODING = "FILE_ENCODING"
    FILE_FORMAT = "FILE_FORMAT"
    FILE_HEADER = "FILE_HEADER"
    FILE_EMPTY = "FILE_EMPTY"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    FILE_NOT_REGULAR = "FILE_NOT_REGULAR"
    FILE_NOT_SETTLED = "FILE_NOT_SETTLED"
    # sources
    SOURCE_MISSING = "SOURCE_MISSING"
    SOURCE_STALE = "SOURCE_STALE"
    SOURCE_SHRUNK = "SOURCE_SHRUNK"


class EventKind(StrEnum):
    """Something that hurt (or may hurt) loyalty; `hard` ones are told at once."""

    SEVERITY_1 = "severity_1"
    NOTICE_TO_TERMINATE = "notice_to_terminate"
    KEY_DETRACTOR = "key_detractor"
    LOST_DEAL = "lost_deal"
    LOW_SCORE = "low_score"
    CONTRACT_END_NEAR = "contract_end_near"
    END_OF_SUPPORT_NEAR = "end_of_support_near"
    SILENCE = "silence"
    PROJECT_LATE = "project_late"
    RESPONSE = "response"
    KEY_CONTACT_GONE = "key_contact_gone"
    SPIKE = "spike"
    DRIFT = "drift"


class FieldGroup(StrEnum):
    """A group of columns that an audience may or may not see; BASIC is everybody's."""

    BASIC = "basic"
    MONEY = "money"
    MARGIN = "margin"
    LIFETIME_VALUE = "lifetime_value"
    VERBATIMS = "verbatims"
    CONTACTS = "contacts"
    TEAM_COMMENTS = "team_comments"
    COLLEAGUES = "colleagues"
    COLLEAGUE_FIGURES = "colleague_figures"


class RunKind(StrEnum):
    WEEKLY = "weekly"
    BACKFILL = "backfill"
    ALERTS = "alerts"
    DAILY = "daily"
    RETURNS = "returns"
    SME_REVIEW = "sme_review"
    MAINTENANCE = "maintenance"


class RunState(StrEnum):
    RUNNING = "running"
    RECORDED = "recorded"
    PUBLISHED = "published"
    HELD = "held"
    FAILED = "failed"


class MessageKind(StrEnum):
    PACK = "pack"
    PACK_LATE = "pack_late"
    ALERT_CRITICAL = "alert_critical"
    ALERT_EVENT = "alert_event"
    WITHDRAWAL = "withdrawal"
    CASE_OPENED = "case_opened"
    CASE_ESCALATED = "case_escalated"
    CASE_CHANGED = "case_changed"
    NOTICE = "notice"
    CUSTOMER_NOTE = "customer_note"
    RETURN_RECEIPT = "return_receipt"
    OPERATOR = "operator"
    DATA_QUALITY = "data_quality"


class OutboxState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    HELD = "held"
    SUPERSEDED = "superseded"


class DeliveryMode(StrEnum):
    """preview writes mails to a folder nobody is mailed from; redirect sends all to one address;
    approve holds packs for an operator's word; live sends.
    """

    PREVIEW = "preview"
    REDIRECT = "redirect"
    APPROVE = "approve"
    LIVE = "live"


class ArtifactKind(StrEnum):
    PAGE = "page"
    BRIEF = "brief"
    WORKBOOK = "workbook"
    ACCOUNT_BRIEF = "account_brief"
    PICTURE = "picture"
    FEED = "feed"
    ASSET = "asset"


class ExitCode(IntEnum):
    DONE = 0
    FAILED = 1
    USAGE = 2
    DATA_PROBLEMS = 3
    HELD = 4
    MAIL_PENDING = 5
    ALREADY_RUNNING = 6
