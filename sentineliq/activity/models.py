"""Tables of what happened: the append-only audit log and the members' notifications."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from ..db import now, stored_as_text


class AuditAction(StrEnum):
    """What an audit row says was done."""

    WORKSPACE_CREATED = "workspace_created"
    WORKSPACE_RENAMED = "workspace_renamed"
    WORKSPACE_DELETED = "workspace_deleted"
    OWNERSHIP_TRANSFERRED = "ownership_transferred"
    INVITATION_SENT = "invitation_sent"
    INVITATION_REVOKED = "invitation_revoked"
    MEMBER_ADDED = "member_added"
    MEMBER_REMOVED = "member_removed"
    MEMBER_LEFT = "member_left"
    ROLE_CHANGED = "role_changed"
    CUSTOMER_LINKED = "customer_linked"
    CUSTOMER_DELETED = "customer_deleted"
    BILLING_EMAIL_CHANGED = "billing_email_changed"
    PLAN_CHANGED = "plan_changed"
    STATUS_CHANGED = "status_changed"
    END_DATE_CHANGED = "end_date_changed"
    SUBSCRIPTION_REPLACED = "subscription_replaced"
    CREDITS_CHANGED = "credits_changed"
    PAYMENT_RECEIVED = "payment_received"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_REFUNDED = "payment_refunded"
    REFUND_FAILED = "refund_failed"
    PAYMENT_DISPUTED = "payment_disputed"
    DISPUTE_CLOSED = "dispute_closed"
    CHECKOUT_STARTED = "checkout_started"
    PORTAL_OPENED = "portal_opened"
    PLAN_CHANGE_REQUESTED = "plan_change_requested"
    PLANNED_CHANGE_DROPPED = "planned_change_dropped"
    CANCELLATION_REQUESTED = "cancellation_requested"
    RESUME_REQUESTED = "resume_requested"
    TRIAL_STARTED = "trial_started"
    TRIAL_REFUSED = "trial_refused"
    COMPLIMENTARY_GRANTED = "complimentary_granted"
    COMPLIMENTARY_REVOKED = "complimentary_revoked"
    REFUND_REQUESTED = "refund_requested"
    RECONCILE_REQUESTED = "reconcile_requested"
    EVENT_REPLAYED = "event_replayed"


STAFF_ACTIONS = (
    AuditAction.COMPLIMENTARY_GRANTED,
    AuditAction.COMPLIMENTARY_REVOKED,
    AuditAction.REFUND_REQUESTED,
    AuditAction.RECONCILE_REQUESTED,
    AuditAction.EVENT_REPLAYED,
)
"""What SentinelIQ's staff do, or the product in their place; from where is not the workspace's to see."""


class AuditEntry(SQLModel, table=True):
    """Who or what did it, from what to what, when, caused by which event. Rows are never changed."""

    __tablename__ = "audit_log"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("ix_audit_log_workspace_at", "workspace_id", "id"),
        Index("ix_audit_log_action_at", "action", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: str = Field(foreign_key="workspaces.id")
    at: datetime = Field(default_factory=now)
    actor: str = Field(max_length=320, description="a user's id, `stripe`, `reconcile` or `system`")
    action: AuditAction = Field(sa_type=stored_as_text(AuditAction))
    before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    after: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    event_id: str | None = Field(default=None, max_length=255)
    origin: str | None = Field(default=None, max_length=64, description="the client's address, for people")


class NotificationKind(StrEnum):
    PAYMENT_RECEIVED = "payment_received"
    PAYMENT_FAILED = "payment_failed"
    CREDITS_ADDED = "credits_added"
    PLAN_CHANGED = "plan_changed"
    CANCELLATION_SCHEDULED = "cancellation_scheduled"
    SUBSCRIPTION_RESUMED = "subscription_resumed"
    SUBSCRIPTION_CANCELED = "subscription_canceled"
    PAYMENT_ACTION_REQUIRED = "payment_action_required"
    PAYMENT_REFUNDED = "payment_refunded"
    CARD_EXPIRING = "card_expiring"
    TRIAL_ENDING = "trial_ending"
    BILLING_PROBLEM = "billing_problem"
    MEMBER_JOINED = "member_joined"
    MEMBER_LEFT = "member_left"
    ROLE_CHANGED = "role_changed"
    OWNERSHIP_TRANSFERRED = "ownership_transferred"


class Notification(SQLModel, table=True):
    """One line for one member, said once per `about` (such as `payment_failed:in_…`)."""

    __tablename__ = "notifications"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        UniqueConstraint("user_id", "workspace_id", "about"),
        Index("ix_notifications_user", "user_id", "workspace_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    user_id: str = Field(foreign_key="users.id")
    workspace_id: str = Field(foreign_key="workspaces.id")
    kind: NotificationKind = Field(sa_type=stored_as_text(NotificationKind))
    about: str = Field(max_length=255)
    title: str = Field(max_length=200)
    body: str = Field(default="", max_length=1000)
    words: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSON), description="title and body to be said in the reader's language"
    )
    created_at: datetime = Field(default_factory=now)
    read_at: datetime | None = None


class NotificationPreference(SQLModel, table=True):
    """What a user wants to hear of a kind, in the app and by mail; no row means both."""

    __tablename__ = "notification_preferences"  # pyright: ignore[reportAssignmentType]

    user_id: str = Field(foreign_key="users.id", primary_key=True)
    kind: NotificationKind = Field(sa_type=stored_as_text(NotificationKind), primary_key=True)
    in_app: bool = True
    by_mail: bool = True
