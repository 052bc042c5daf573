"""From Stripe's subscription to ours: what it means, and whether it is newer than what we hold. Pure.

Deliveries come in any order, and `created` has whole seconds. A snapshot is applied when it is newer, left
when it is older, and a tie is settled by facts: a cancelled subscription never lives again, `created` comes
before `updated`, and from there on an update follows whose `previous_attributes` describe what we hold. What
that does not settle is read from Stripe: a change that is taken back within its second looks the same in
either order.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import cast

from pydantic import ValidationError

from ...workspaces.models import SubscriptionStatus, Workspace
from ..effects import SubscriptionDetails
from ..entitlements import SUBSCRIBED
from ..plans import PaymentPlanId, get_plan_id_by_price_id
from .payloads import Json, StripeEvent, StripeSubscriptionStatus, SubscriptionPayload

STATUSES: dict[StripeSubscriptionStatus, SubscriptionStatus | None] = {
    StripeSubscriptionStatus.INCOMPLETE: SubscriptionStatus.INCOMPLETE,
    StripeSubscriptionStatus.INCOMPLETE_EXPIRED: None,
    StripeSubscriptionStatus.TRIALING: SubscriptionStatus.TRIALING,
    StripeSubscriptionStatus.ACTIVE: SubscriptionStatus.ACTIVE,
    StripeSubscriptionStatus.PAST_DUE: SubscriptionStatus.PAST_DUE,
    StripeSubscriptionStatus.UNPAID: SubscriptionStatus.UNPAID,
    StripeSubscriptionStatus.PAUSED: SubscriptionStatus.PAUSED,
    StripeSubscriptionStatus.CANCELED: SubscriptionStatus.DELETED,
}
ENDED = (None, SubscriptionStatus.DELETED)
CREATED = "customer.subscription.created"

BEYOND_FACTS = timedelta(milliseconds=500)
"""Added to `subscription_as_of`, whose own times are whole seconds, where the facts of that second do not
lead to what is held without a gap from the subscription's creation: its further ties are asked."""


class Verdict(Enum):
    """Whether a subscription of an event replaces what the workspace holds."""

    NEWER = auto()
    STALE = auto()
    UNSETTLED = auto()


def is_running(subscription: SubscriptionPayload) -> bool:
    """Whether it may still charge: a second one must not be sold beside it."""
    return status_of(subscription, at=subscription.created) in SUBSCRIBED


def has_ended(subscription: SubscriptionPayload) -> bool:
    """Whether nothing will ever be charged for it any more."""
    return STATUSES[subscription.status] in ENDED


class UnknownPrice(Exception):
    """None of the subscription's prices is ours, or several plans at once are."""


def status_of(subscription: SubscriptionPayload, *, at: datetime) -> SubscriptionStatus | None:
    """The workspace's status for it. Flexible billing ends by `cancel_at` alone: either flag means an end."""
    ends = subscription.cancel_at_period_end or (
        subscription.cancel_at is not None and subscription.cancel_at > at
    )
    status = STATUSES[subscription.status]
    if ends and status in (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING):
        return SubscriptionStatus.CANCEL_AT_PERIOD_END
    return status


def plan_of(price_ids: Iterable[str | None]) -> PaymentPlanId:
    """The one plan among these prices. Raises `UnknownPrice`: a plan is never guessed."""
    known = tuple(price for price in price_ids if price)
    plans = {plan for price in known if (plan := get_plan_id_by_price_id(price)) is not None}
    if len(plans) != 1:
        raise UnknownPrice(f"no single plan of ours has the price {', '.join(known) or 'none'}")
    return plans.pop()


def details_of(
    subscription: SubscriptionPayload, *, workspace: Workspace, event: StripeEvent, was_asked: bool = False
) -> SubscriptionDetails:
    """What the workspace's record becomes. Raises `UnknownPrice` for a running one of no plan of ours.

    `was_asked` says that Stripe told it now, and not the event.
    """
    status = status_of(subscription, at=event.created)
    return SubscriptionDetails(
        subscription_id=subscription.id,
        status=status,
        plan=None if status in ENDED else plan_of(subscription.price_ids),
        current_period_end=subscription.current_period_end,
        cancel_at=_end_of(subscription) if status is SubscriptionStatus.CANCEL_AT_PERIOD_END else None,
        past_due_since=past_due_since(
            workspace, subscription_id=subscription.id, status=status, at=event.created
        ),
        created=subscription.created,
        as_of=as_of_after(event, workspace=workspace, was_asked=was_asked),
        as_of_event=event.id,
    )


def _end_of(subscription: SubscriptionPayload) -> datetime | None:
    return subscription.cancel_at or subscription.current_period_end


def past_due_since(
    workspace: Workspace, *, subscription_id: str, status: SubscriptionStatus | None, at: datetime
) -> datetime | None:
    """The first failure of the dunning that runs, kept while it lasts: the grace period counts from it."""
    if status is not SubscriptionStatus.PAST_DUE:
        return None
    if workspace.stripe_subscription_id == subscription_id and workspace.past_due_since:
        return min(workspace.past_due_since, at)
    return at


def judge(subscription: SubscriptionPayload, *, workspace: Workspace, event: StripeEvent) -> Verdict:
    """Whether the event's subscription replaces what the workspace holds; a former customer's never does."""
    if workspace.stripe_customer_id not in (None, subscription.customer):
        return Verdict.STALE
    if workspace.stripe_subscription_id is None:
        return Verdict.NEWER
    if workspace.stripe_subscription_id != subscription.id:
        return _judge_other(subscription, workspace=workspace)
    if workspace.subscription_status in ENDED and workspace.subscription_as_of is not None:
        return Verdict.STALE
    if STATUSES[subscription.status] in ENDED:
        return Verdict.NEWER
    as_of = workspace.subscription_as_of
    if as_of is None or event.created > as_of:
        return Verdict.NEWER
    if event.created < as_of.replace(microsecond=0):
        return Verdict.STALE
    return _judge_tie(subscription, workspace=workspace, event=event)


def _judge_other(subscription: SubscriptionPayload, *, workspace: Workspace) -> Verdict:
    """Another subscription than the one held: a newer purchase, an old one's late echo, or a second one."""
    holds_live = workspace.subscription_status not in ENDED
    is_live = STATUSES[subscription.status] not in ENDED
    if holds_live:
        return Verdict.UNSETTLED if is_live else Verdict.STALE
    held_since = workspace.subscription_created
    if held_since is not None and subscription.created > held_since:
        return Verdict.NEWER
    return Verdict.UNSETTLED if is_live else Verdict.STALE


def _judge_tie(subscription: SubscriptionPayload, *, workspace: Workspace, event: StripeEvent) -> Verdict:
    """Two whole subscriptions of the same second."""
    held = _held(workspace)
    if event.type == CREATED or _state(subscription, event=event) == held:
        return Verdict.STALE
    return Verdict.NEWER if _follows(event, workspace=workspace) else Verdict.UNSETTLED


def as_of_after(event: StripeEvent, *, workspace: Workspace, was_asked: bool = False) -> datetime:
    """The time of what is held after the event, and whether facts can settle a further tie with it.

    What Stripe answered is never older than what was held, however old the event that raised the question.
    """
    held = workspace.subscription_as_of
    if was_asked:
        return max(event.created, held or event.created).replace(microsecond=0) + BEYOND_FACTS
    is_told = event.type == CREATED or _follows(event, workspace=workspace)
    return event.created if is_told else event.created + BEYOND_FACTS


def _follows(event: StripeEvent, *, workspace: Workspace) -> bool:
    """Whether the event changed what we hold, and facts alone have led there within its second."""
    before = _before(event)
    return (
        event.created == workspace.subscription_as_of
        and before is not None
        and _state(before, event=event) == _held(workspace)
    )


def _before(event: StripeEvent) -> SubscriptionPayload | None:
    """The subscription as it was before the event, where the event says so and it can be read."""
    previous = event.data.previous_attributes
    if not previous:
        return None
    try:
        return SubscriptionPayload.model_validate(_overlaid(event.data.object, previous))
    except (ValidationError, RecursionError):
        return None


def _overlaid(current: Json, previous: Json) -> Json:
    """`current` with `previous` laid over it: nested objects are partial in Stripe's events, lists whole."""
    merged = dict(current)
    for key, value in previous.items():
        held = merged.get(key)
        both = isinstance(held, dict) and isinstance(value, dict)
        merged[key] = _overlaid(cast(Json, held), cast(Json, value)) if both else value
    return merged


State = tuple[SubscriptionStatus | None, PaymentPlanId | None, datetime | None, datetime | None]


def _state(subscription: SubscriptionPayload, *, event: StripeEvent) -> State:
    status = status_of(subscription, at=event.created)
    try:
        plan = None if status in ENDED else plan_of(subscription.price_ids)
    except UnknownPrice:
        plan = None
    ends_at = _end_of(subscription) if status is SubscriptionStatus.CANCEL_AT_PERIOD_END else None
    return status, plan, subscription.current_period_end, ends_at


def _held(workspace: Workspace) -> State:
    plan = PaymentPlanId(workspace.subscription_plan) if workspace.subscription_plan else None
    return workspace.subscription_status, plan, workspace.current_period_end, workspace.cancel_at


def current_one(subscriptions: Iterable[SubscriptionPayload]) -> SubscriptionPayload | None:
    """Which of a customer's subscriptions the workspace shows: running before ended, then the newest."""
    ranked = sorted(
        subscriptions,
        key=lambda each: (STATUSES[each.status] not in ENDED, each.created, each.id),
        reverse=True,
    )
    return ranked[0] if ranked else None
