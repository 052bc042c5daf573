"""The outbox: mails are written in the transaction of what they tell of, and sent after it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel

from ..db import now, stored_as_text


class MailKind(StrEnum):
    """Each has its letter in `mail.letters`."""

    VERIFY_EMAIL = "verify_email"
    PASSWORD_RESET = "password_reset"  # noqa: S105  a template's name
    PAYMENT_RECEIVED = "payment_received"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_ACTION_REQUIRED = "payment_action_required"
    PAYMENT_REFUNDED = "payment_refunded"
    REFUND_FAILED = "refund_failed"
    PAYMENT_DISPUTED = "payment_disputed"
    INVOICE_NOT_FINALIZED = "invoice_not_finalized"
    CARD_EXPIRING = "card_expiring"
    TRIAL_ENDING = "trial_ending"
    TRIAL_PAID = "trial_paid"
    TRIAL_ENDED = "trial_ended"
    TRIAL_REFUSED = "trial_refused"
    CANCELLATION_SCHEDULED = "cancellation_scheduled"
    SUBSCRIPTION_CANCELED = "subscription_canceled"
    PLAN_ON_HOLD = "plan_on_hold"
    TWO_SUBSCRIPTIONS = "two_subscriptions"
    INVITATION = "invitation"


class OutboxMail(SQLModel, table=True):
    """One mail to one address. `key` says what it is about; the same key is never written twice."""

    __tablename__ = "mail_outbox"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_mail_outbox_due", "sent_at", "given_up_at", "next_attempt_at"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=255, unique=True)
    kind: MailKind = Field(sa_type=stored_as_text(MailKind))
    to: str = Field(max_length=320)
    workspace_id: str | None = Field(default=None, foreign_key="workspaces.id")
    language: str = Field(default="en", max_length=16, description="the reader's, of the words")
    locale: str = Field(default="en", max_length=16, description="the workspace's, of money and dates")
    context: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(default_factory=now)
    attempts: int = 0
    next_attempt_at: datetime = Field(default_factory=now)
    sent_at: datetime | None = None
    given_up_at: datetime | None = None
    last_error: str | None = Field(default=None, max_length=500)
