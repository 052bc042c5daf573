"""Whether a subscription of an event is newer than what the workspace holds. Pure.

Deliveries come in any order, and `created` has whole seconds. A snapshot is applied when it is newer, left
when it is older, and a tie is settled by facts: a cancelled subscription never lives again, `created` comes
before `updated`, and from there on an update follows whose `previous_attributes` describe what we hold. What
that does not settle is read from Stripe: a change that is taken back within its second looks the same in
either order.
"""

from datetime import datetime
from enum import Enum, auto

from ..billed import BilledWorkspace
from .payloads import StripeEvent, StripeSubscriptionStatus, SubscriptionPayload
from .subscriptions import CREATED, ENDED, PAID_FOR, follows, has_ended, held_state, standing, state_of


class Verdict(Enum):
    """Whether a subscription of an event replaces what the workspace holds."""

    NEWER = auto()
    STALE = auto()
    UNSETTLED = auto()


def judge(
    subscription: SubscriptionPayload,
    *,
    workspace: BilledWorkspace,
    event: StripeEvent,
    is_former_customer: bool = False,
) -> Verdict:
    """Whether the event's subscription replaces what the workspace holds.

    A former customer's never does, but for its last one while the workspace still holds it: that one's end
    may be heard of only after the next customer. Before there is a next one, an end may be heard of first;
    whatever else the subscription was before, its customer's end has ended it.
    """
    if workspace.stripe_subscription_id != subscription.id:
        if workspace.stripe_customer_id not in (None, subscription.customer):
            return Verdict.STALE
        if is_former_customer and not has_ended(subscription):
            return Verdict.STALE
        return _judge_other(subscription, workspace=workspace)
    if has_ended(subscription):
        return _judge_end(subscription, workspace=workspace, event=event)
    verdict = _judge_held(subscription, workspace=workspace, event=event)
    may_give_way = workspace.has_other_subscription and standing(subscription) < PAID_FOR
    return Verdict.UNSETTLED if verdict is Verdict.NEWER and may_give_way else verdict


def _judge_held(
    subscription: SubscriptionPayload, *, workspace: BilledWorkspace, event: StripeEvent
) -> Verdict:
    """The one held, not at its end, whichever others there are."""
    as_of = workspace.subscription_as_of
    if workspace.subscription_status in ENDED and as_of is not None:
        return Verdict.STALE
    if as_of is None or event.created > as_of:
        return Verdict.NEWER
    if event.created < as_of.replace(microsecond=0):
        return Verdict.STALE
    return _judge_tie(subscription, workspace=workspace, event=event)


def _judge_end(
    subscription: SubscriptionPayload, *, workspace: BilledWorkspace, event: StripeEvent
) -> Verdict:
    """The end of the one held: the workspace falls back to another one of Stripe's, if there may be one.

    An end that is held already, for want of a customer, is told in full by its own event.
    """
    if workspace.subscription_status not in ENDED:
        return Verdict.UNSETTLED if workspace.has_other_subscription else Verdict.NEWER
    is_news = workspace.subscription_as_of is None or state_of(subscription, event=event) != held_state(
        workspace
    )
    return Verdict.NEWER if is_news else Verdict.STALE


def _judge_other(subscription: SubscriptionPayload, *, workspace: BilledWorkspace) -> Verdict:
    """Another subscription than the one held: a newer purchase, an old one's late echo, or a second one."""
    if workspace.stripe_subscription_id is None:
        return Verdict.NEWER
    holds_live = workspace.subscription_status not in ENDED
    is_live = not has_ended(subscription)
    if holds_live:
        return Verdict.UNSETTLED if is_live else Verdict.STALE
    held_since = workspace.subscription_created
    if held_since is not None and subscription.created > held_since:
        return Verdict.NEWER
    return Verdict.UNSETTLED if is_live else Verdict.STALE


def ends_beside(subscription: SubscriptionPayload, *, workspace: BilledWorkspace) -> bool:
    """Whether the customer's later one has ended while the one held runs: of that one an event may be on its
    way still, which must not start it once the one held has ended too."""
    if subscription.id == workspace.stripe_subscription_id or not has_ended(subscription):
        return False
    if workspace.subscription_status in ENDED or workspace.stripe_customer_id != subscription.customer:
        return False
    held_since = workspace.subscription_created
    return held_since is None or subscription.created > held_since


def failing_anew_since(
    subscription: SubscriptionPayload, *, workspace: BilledWorkspace, event: StripeEvent
) -> datetime | None:
    """Since when the dunning that runs is known of, where an older snapshot shows that the failure held was
    of the one before it: by the newest snapshot, so that no grace period is too short. None else."""
    since, as_of = workspace.past_due_since, workspace.subscription_as_of
    if since is None or as_of is None or subscription.status is StripeSubscriptionStatus.PAST_DUE:
        return None
    return as_of.replace(microsecond=0) if since < event.created else None


def _judge_tie(
    subscription: SubscriptionPayload, *, workspace: BilledWorkspace, event: StripeEvent
) -> Verdict:
    """Two whole subscriptions of the same second."""
    held = held_state(workspace)
    if event.type == CREATED or state_of(subscription, event=event) == held:
        return Verdict.STALE
    return Verdict.NEWER if follows(event, workspace=workspace) else Verdict.UNSETTLED
