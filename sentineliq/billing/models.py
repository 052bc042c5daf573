"""Tables of billing: the webhook ledger, credit entries, checkout sessions and invoices."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from ..db import now, stored_as_text


class EventStatus(StrEnum):
    """Where a delivered event stands in the ledger."""

    PROCESSED = "processed"
    IGNORED = "ignored"
    UNMATCHED = "unmatched"
    FAILED = "failed"


class WebhookEvent(SQLModel, table=True):
    """One event of Stripe's, by its id; written in the transaction of its effects."""

    __tablename__ = "webhook_events"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_webhook_events_status", "status", "received_at"),)

    id: str = Field(primary_key=True, max_length=255)
    type: str = Field(max_length=255)
    status: EventStatus = Field(sa_type=stored_as_text(EventStatus))
    reason: str | None = Field(default=None, max_length=500)
    api_version: str | None = Field(default=None, max_length=64)
    livemode: bool = False
    created: datetime | None = Field(default=None, description="Stripe's time, whole seconds")
    received_at: datetime = Field(default_factory=now)
    processed_at: datetime | None = None
    attempts: int = 1
    workspace_id: str | None = Field(default=None, foreign_key="workspaces.id", index=True)
    payload: str | None = Field(default=None, sa_type=Text)


class CreditEntry(SQLModel, table=True):
    """One movement of credits, never changed; `source` is its business key (`checkout_session:cs_…`)."""

    __tablename__ = "credit_entries"  # pyright: ignore[reportAssignmentType]

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: str = Field(foreign_key="workspaces.id", index=True)
    amount: int = Field(description="credits, negative when spent or taken back")
    source: str = Field(max_length=255, unique=True)
    created_at: datetime = Field(default_factory=now)
    event_id: str | None = Field(default=None, max_length=255)


class CheckoutStatus(StrEnum):
    """A checkout session's standing, in Stripe's words."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class Checkout(SQLModel, table=True):
    """A checkout session that a workspace opened, so that the return page trusts no URL."""

    __tablename__ = "checkout_sessions"  # pyright: ignore[reportAssignmentType]

    id: str = Field(primary_key=True, max_length=255)
    workspace_id: str = Field(foreign_key="workspaces.id", index=True)
    plan_id: str = Field(max_length=32)
    status: CheckoutStatus = Field(default=CheckoutStatus.OPEN, sa_type=stored_as_text(CheckoutStatus))
    stripe_subscription_id: str | None = Field(default=None, max_length=255)
    created_at: datetime = Field(default_factory=now)


class Invoice(SQLModel, table=True):
    """An invoice as its last event told it. Amounts are minor units of `currency`."""

    __tablename__ = "invoices"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_invoices_workspace_created", "workspace_id", "created"),)

    id: str = Field(primary_key=True, max_length=255)
    workspace_id: str = Field(foreign_key="workspaces.id")
    number: str | None = Field(default=None, max_length=255)
    status: str = Field(max_length=32)
    currency: str = Field(max_length=3)
    total: int = Field(sa_type=BigInteger)
    amount_paid: int = Field(sa_type=BigInteger)
    amount_remaining: int = Field(sa_type=BigInteger)
    created: datetime
    as_of: datetime = Field(description="Stripe's time of the event that told it")
    hosted_invoice_url: str | None = Field(default=None, sa_type=Text)
    invoice_pdf: str | None = Field(default=None, sa_type=Text)
