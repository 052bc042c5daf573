"""Which plan a workspace may use now. Pure: the record and the time in, the answer out."""

from datetime import datetime, timedelta

from ..workspaces.models import SubscriptionStatus, Workspace
from .plans import PaymentPlanId

GRACE_PERIOD = timedelta(days=7)
"""How long a past-due workspace keeps its plan, from the first failed payment."""

ENTITLED = (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.CANCEL_AT_PERIOD_END)
SUBSCRIBED = (
    *ENTITLED,
    SubscriptionStatus.PAST_DUE,
    SubscriptionStatus.UNPAID,
    SubscriptionStatus.PAUSED,
)
"""Statuses in which a second subscription must not be started."""


def entitled_plan(workspace: Workspace, *, at: datetime) -> PaymentPlanId | None:
    """The plan whose limits hold now, None for free."""
    if workspace.subscription_plan is None:
        return None
    if workspace.subscription_status in ENTITLED or _in_grace(workspace, at=at):
        return PaymentPlanId(workspace.subscription_plan)
    return None


def grace_ends(workspace: Workspace) -> datetime | None:
    """Until when a failing workspace keeps its plan; None where none fails, or since when is unknown."""
    if workspace.subscription_status is not SubscriptionStatus.PAST_DUE or workspace.past_due_since is None:
        return None
    return workspace.past_due_since + GRACE_PERIOD


def _in_grace(workspace: Workspace, *, at: datetime) -> bool:
    if workspace.subscription_status is not SubscriptionStatus.PAST_DUE:
        return False
    ends = grace_ends(workspace)
    return ends is None or at < ends


def is_subscribed(workspace: Workspace) -> bool:
    """Whether the workspace has a running subscription, paid or not."""
    return workspace.subscription_status in SUBSCRIBED
