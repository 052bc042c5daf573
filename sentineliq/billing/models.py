"""Tables of billing: the webhook ledger, credit entries, checkout sessions and invoices."""

from datetime import date, datetime
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import JSON, BigInteger, Column, Index, Text, text
from sqlmodel import Field, SQLModel

from ..db import now, stored_as_text


class EventStatus(StrEnum):
    """Where a delivered event stands in the ledger."""

    PROCESSED = "processed"
    IGNORED = "ignored"
    UNMATCHED = "unmatched"
    FAILED = "failed"


SETTLED = (EventStatus.PROCESSED, EventStatus.IGNORED)
PARKED = (EventStatus.UNMATCHED, EventStatus.FAILED)
"""What may still be taken."""

NOT_ACTED_ON = "a type that is not acted on"
"""Why an event is ignored."""

UNREADABLE = "unknown"
"""The type of what was signed though it is no event; its mode is not known either."""


class WebhookEvent(SQLModel, table=True):
    """One event of Stripe's, by its id; written in the transaction of its effects."""

    __tablename__ = "webhook_events"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("ix_webhook_events_status", "status", "received_at"),
        Index("ix_webhook_events_received", "received_at", "id"),
        Index(
            "ix_webhook_events_kept",
            "status",
            "received_at",
            sqlite_where=text("payload IS NOT NULL"),
            postgresql_where=text("payload IS NOT NULL"),
        ),
    )

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
    description: str = Field(default="", max_length=200)
    actor: str = Field(default="stripe", max_length=320)
    created_at: datetime = Field(default_factory=now)
    event_id: str | None = Field(default=None, max_length=255)


class CheckoutStatus(StrEnum):
    """A checkout's standing, in the order in which they follow: events never lead back.

    Reserved before Stripe is asked; processing while a bank debit is on its way, failed where it did not
    arrive; complete once it is paid, or nothing was due.
    """

    RESERVED = "reserved"
    OPEN = "open"
    EXPIRED = "expired"
    PROCESSING = "processing"
    FAILED = "failed"
    COMPLETE = "complete"


class Checkout(SQLModel, table=True):
    """A checkout that a workspace opened, so that the return page trusts no URL.

    `id` is our own and the idempotency key of the session: clicks that share a reservation share a session.
    """

    __tablename__ = "checkouts"  # pyright: ignore[reportAssignmentType]

    id: str = Field(default_factory=lambda: uuid4().hex, primary_key=True, max_length=255)
    session_id: str | None = Field(default=None, max_length=255, unique=True)
    url: str | None = Field(default=None, sa_type=Text, description="of the hosted page, while it is open")
    workspace_id: str = Field(foreign_key="workspaces.id", index=True)
    plan_id: str = Field(max_length=32)
    status: CheckoutStatus = Field(default=CheckoutStatus.RESERVED, sa_type=stored_as_text(CheckoutStatus))
    stripe_subscription_id: str | None = Field(default=None, max_length=255)
    payment_intent: str | None = Field(default=None, max_length=255, index=True)
    created_at: datetime = Field(default_factory=now)


class CustomerLink(SQLModel, table=True):
    """Which workspace a Stripe customer belongs to: one, forever, also after the customer is deleted."""

    __tablename__ = "stripe_customers"  # pyright: ignore[reportAssignmentType]

    customer_id: str = Field(primary_key=True, max_length=255)
    workspace_id: str = Field(foreign_key="workspaces.id", index=True)
    linked_at: datetime = Field(default_factory=now)
    deleted_at: datetime | None = None


class Refund(SQLModel, table=True):
    """How much of a charge went back, and how many credits are due for it.

    Both what was refunded and what failed of it only grow, so that neither depends on the order of events.
    """

    __tablename__ = "refunds"  # pyright: ignore[reportAssignmentType]

    charge_id: str = Field(primary_key=True, max_length=255)
    workspace_id: str = Field(foreign_key="workspaces.id", index=True)
    payment_intent: str | None = Field(default=None, max_length=255, index=True)
    currency: str = Field(max_length=3)
    amount: int = Field(sa_type=BigInteger, description="of the charge, minor units")
    amount_refunded: int = Field(
        sa_type=BigInteger, description="so far, minor units, what failed afterwards included"
    )
    failed: dict[str, int] = Field(
        default_factory=dict,
        sa_column=Column(JSON, nullable=False, server_default="{}"),
        description="refunds that failed or were cancelled, the newest last, with their minor units",
    )
    credits_due: int = Field(default=0, description="credits already settled for it, a shortfall included")

    @property
    def went_back(self) -> int:
        """Minor units of the charge that the customer has again."""
        return self.amount_refunded - sum(self.failed.values())


class Job(SQLModel, table=True):
    """Work that one worker at a time does: who holds it until when, and where it stopped."""

    __tablename__ = "jobs"  # pyright: ignore[reportAssignmentType]

    name: str = Field(primary_key=True, max_length=64)
    holder: str | None = Field(default=None, max_length=64)
    held_until: datetime | None = None
    cursor: str | None = Field(default=None, sa_type=Text)
    finished_at: datetime | None = None


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
    next_payment_attempt: datetime | None = None


class PlanOverride(SQLModel, table=True):
    """A plan that staff gave a workspace until a date; Stripe's own view of it stays as it is.

    The one that holds is on the workspace too, where entitlements read it.
    """

    __tablename__ = "plan_overrides"  # pyright: ignore[reportAssignmentType]

    id: str = Field(default_factory=lambda: uuid4().hex, primary_key=True, max_length=32)
    workspace_id: str = Field(foreign_key="workspaces.id", index=True)
    plan: str = Field(max_length=32)
    until: datetime
    reason: str = Field(max_length=500)
    created_by: str = Field(foreign_key="users.id")
    created_at: datetime = Field(default_factory=now)
    revoked_by: str | None = Field(default=None, foreign_key="users.id")
    revoked_at: datetime | None = Field(default=None, description="also when another took its place")


class TrialClaim(SQLModel, table=True):
    """Who has had a trial: a workspace, an owner, a card. One row each (`card:<fingerprint>`), forever."""

    __tablename__ = "trial_claims"  # pyright: ignore[reportAssignmentType]

    claimant: str = Field(primary_key=True, max_length=255)
    workspace_id: str = Field(foreign_key="workspaces.id")
    claimed_at: datetime = Field(default_factory=now)


class RevenueDay(SQLModel, table=True):
    """What came in a month, as of the last time that it was measured on that day (UTC)."""

    __tablename__ = "revenue_days"  # pyright: ignore[reportAssignmentType]

    day: date = Field(primary_key=True)
    amounts: dict[str, int] = Field(sa_column=Column(JSON, nullable=False), description="by currency")


class UsageCounter(SQLModel, table=True):
    """How much of a limit a workspace has used in a period (`2026-11`, or `all` for what is not monthly)."""

    __tablename__ = "usage_counters"  # pyright: ignore[reportAssignmentType]

    workspace_id: str = Field(foreign_key="workspaces.id", primary_key=True)
    metric: str = Field(primary_key=True, max_length=64)
    period: str = Field(primary_key=True, max_length=16)
    used: int = Field(default=0, sa_type=BigInteger)
