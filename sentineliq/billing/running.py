"""The member's running subscription, as Stripe has it, or the reason why there is none to change."""

from ..errors import AppError, NotFound
from ..workspaces.members import Member
from ..workspaces.models import SubscriptionStatus, Workspace
from ..workspaces.records import read_workspace
from .entitlements import is_subscribed
from .processor import NothingToManage, payment_processor
from .subscription_changes import RunningSubscription


class PaymentOverdue(AppError):
    status = 409
    message = "A payment is overdue. Please update the payment method or pay the open invoice first."


class SubscriptionPaused(AppError):
    status = 409
    message = "This subscription is paused. Resume it in the customer portal first."


class ChangeWaiting(AppError):
    status = 409
    message = "A change of this plan waits for its payment. Complete it first, or wait a day until it lapses."


async def running(member: Member) -> RunningSubscription:
    """Raises `NothingToManage` without a subscription, and what the processor raises."""
    workspace = await workspace_of(member)
    if workspace.stripe_subscription_id is None or not is_subscribed(workspace):
        raise NothingToManage
    return await payment_processor().fetch_subscription(workspace.stripe_subscription_id)


async def changeable(member: Member) -> RunningSubscription:
    """As `running`. Raises `PaymentOverdue`, `SubscriptionPaused` and `ChangeWaiting` as well."""
    workspace = await workspace_of(member)
    if workspace.subscription_status in (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID):
        raise PaymentOverdue
    if workspace.subscription_status is SubscriptionStatus.PAUSED:
        raise SubscriptionPaused
    subscription = await running(member)
    if subscription.is_waiting:
        raise ChangeWaiting
    return subscription


async def workspace_of(member: Member) -> Workspace:
    """Raises `NotFound` for a workspace that is gone."""
    workspace = await read_workspace(member.workspace_id)
    if workspace is None:
        raise NotFound
    return workspace
