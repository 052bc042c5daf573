"""What billing's rules know of a workspace: its billing fields, however they were read.

The rules are pure, so they take the table's own row and a row that was read without SQLAlchemy alike.
"""

from datetime import datetime
from typing import Protocol

from ..workspaces.models import SubscriptionStatus


class BilledWorkspace(Protocol):
    """The fields of `workspaces.models.Workspace` that rules read; they never change them."""

    id: str
    name: str
    stripe_customer_id: str | None
    customer_as_of: datetime | None
    stripe_subscription_id: str | None
    subscription_status: SubscriptionStatus | None
    subscription_plan: str | None
    date_paid: datetime | None
    current_period_end: datetime | None
    cancel_at: datetime | None
    trial_end: datetime | None
    past_due_since: datetime | None
    subscription_created: datetime | None
    subscription_as_of: datetime | None
    subscription_as_of_event: str | None
    has_other_subscription: bool
    price_amount: int | None
    price_currency: str | None
    price_interval: str | None
    price_interval_count: int | None
    is_discounted: bool
