"""Workspaces, who belongs to them, and the billing fields that Stripe's events keep true."""

from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from ..db import now, stored_as_text


class Role(StrEnum):
    OWNER = "OWNER"
    ADMIN = "ADMIN"
    MEMBER = "MEMBER"


class SubscriptionStatus(StrEnum):
    """A workspace's subscription, as the product speaks of it (not Stripe's own list)."""

    INCOMPLETE = "incomplete"
    TRIALING = "trialing"
    ACTIVE = "active"
    CANCEL_AT_PERIOD_END = "cancel_at_period_end"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    PAUSED = "paused"
    DELETED = "deleted"


class Workspace(SQLModel, table=True):
    """A paying unit. Its billing fields have one writer: `billing.payment_details`."""

    __tablename__ = "workspaces"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("credits >= 0", name="ck_workspaces_credits"),
        Index("ix_workspaces_created", "created_at", "id"),
        Index("ix_workspaces_name", "name", "id"),
        Index("ix_workspaces_status", "subscription_status", "created_at"),
        Index(
            "ix_workspaces_revenue",  # all that revenue is made of, so that no row has to be read for it
            "subscription_status",
            "price_currency",
            "price_interval",
            "price_interval_count",
            "price_amount",
            "is_discounted",
            "trial_end",
        ),
    )

    id: str = Field(default_factory=lambda: uuid4().hex, primary_key=True, max_length=32)
    name: str = Field(max_length=80)
    created_at: datetime = Field(default_factory=now)
    locale: str = Field(default="en", max_length=16, description="of money and dates in its mails")
    deleted_at: datetime | None = None

    stripe_customer_id: str | None = Field(default=None, max_length=255, unique=True)
    billing_email: str | None = Field(default=None, max_length=512, description="the customer's, at Stripe")
    customer_as_of: datetime | None = Field(default=None, description="Stripe's time of that address")
    stripe_subscription_id: str | None = Field(default=None, max_length=255, index=True)
    subscription_status: SubscriptionStatus | None = Field(
        default=None, sa_type=stored_as_text(SubscriptionStatus)
    )
    subscription_plan: str | None = Field(default=None, max_length=32)
    date_paid: datetime | None = None
    credits: int = Field(default=0, description="the sum of its credit entries")
    current_period_end: datetime | None = None
    cancel_at: datetime | None = Field(default=None, description="when the subscription is set to end")
    trial_end: datetime | None = None
    past_due_since: datetime | None = Field(default=None, description="first failure of the running dunning")
    subscription_created: datetime | None = Field(default=None, description="Stripe's time of that object")
    subscription_as_of: datetime | None = Field(
        default=None, description="Stripe's time of the newest whole subscription applied"
    )
    subscription_as_of_event: str | None = Field(default=None, max_length=255)
    has_other_subscription: bool = Field(
        default=False, description="Stripe has shown another one, unended or later"
    )

    price_amount: int | None = Field(
        default=None, sa_type=BigInteger, description="minor units an interval, quantity included, as listed"
    )
    price_currency: str | None = Field(default=None, max_length=3)
    price_interval: str | None = Field(default=None, max_length=16)
    price_interval_count: int | None = None
    is_discounted: bool = Field(
        default=False, description="pays less than the price, by how much is not told"
    )

    complimentary_plan: str | None = Field(
        default=None, max_length=32, description="given by staff, whatever Stripe says; see plan_overrides"
    )
    complimentary_until: datetime | None = None


class Membership(SQLModel, table=True):
    """A user's role in a workspace; each workspace has exactly one owner."""

    __tablename__ = "memberships"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index(
            "uq_memberships_owner",
            "workspace_id",
            unique=True,
            sqlite_where=text("role = 'OWNER'"),
            postgresql_where=text("role = 'OWNER'"),
        ),
    )

    workspace_id: str = Field(foreign_key="workspaces.id", primary_key=True)
    user_id: str = Field(foreign_key="users.id", primary_key=True, index=True)
    role: Role = Field(sa_type=stored_as_text(Role))
    created_at: datetime = Field(default_factory=now)


class Invitation(SQLModel, table=True):
    """A place offered by mail; the link carries this id inside a signed token. One is open per address."""

    __tablename__ = "invitations"  # pyright: ignore[reportAssignmentType]

    id: str = Field(default_factory=lambda: uuid4().hex, primary_key=True, max_length=32)
    workspace_id: str = Field(foreign_key="workspaces.id", index=True)
    email: str = Field(max_length=320, description="lower case")
    role: Role = Field(sa_type=stored_as_text(Role))
    invited_by: str = Field(foreign_key="users.id")
    created_at: datetime = Field(default_factory=now)
    expires_at: datetime
    accepted_at: datetime | None = None
    revoked_at: datetime | None = None
