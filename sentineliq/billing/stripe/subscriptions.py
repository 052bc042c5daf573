"""From Stripe's subscription to ours: what it means, and what facts say of the time of a change. Pure."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from pydantic import ValidationError

from ...workspaces.models import SubscriptionStatus
from ..billed import BilledWorkspace
from ..effects import SubscriptionDetails
from ..entitlements import SUBSCRIBED
from ..plans import PaymentPlanId, get_plan_id_by_price_id
from ..recurring import RecurringPrice, held_price
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

TRIAL_MARK = "trial_days"
"""In the metadata of a subscription that we sold with a trial; one that staff gave by hand has none."""

BEYOND_FACTS = timedelta(milliseconds=500)
"""Added to `subscription_as_of`, whose own times are whole seconds, where the facts of that second do not
lead to what is held without a gap from the subscription's creation: its further ties are asked."""


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


def plan_of(price_ids: Collection[str | None]) -> PaymentPlanId:
    """The one plan among these prices. Raises `UnknownPrice`: a plan is never guessed."""
    found: PaymentPlanId | None = None
    are_several = False
    for price in price_ids:
        if price:
            plan = get_plan_id_by_price_id(price)
            are_several = are_several or (found is not None and plan is not None and plan is not found)
            found = found or plan
    if found is None or are_several:
        told = ", ".join(price for price in price_ids if price) or "none"
        raise UnknownPrice(f"no single plan of ours has the price {told}")
    return found


def details_of(
    subscription: SubscriptionPayload,
    *,
    workspace: BilledWorkspace,
    event: StripeEvent,
    known: Iterable[SubscriptionPayload] | None = None,
    told_at: datetime | None = None,
) -> SubscriptionDetails:
    """What the workspace's record becomes. Raises `UnknownPrice` for a running one of no plan of ours.

    `known` are all subscriptions of the customer, where Stripe told it, at that time, and not the event:
    since when a payment fails is then not known, and an old question must not use up the grace period.
    """
    status = status_of(subscription, at=event.created)
    fails_since = event.created if known is None or told_at is None else told_at
    return SubscriptionDetails(
        subscription_id=subscription.id,
        status=status,
        plan=None if status in ENDED else plan_of(subscription.price_ids),
        current_period_end=subscription.current_period_end,
        cancel_at=_end_of(subscription) if status is SubscriptionStatus.CANCEL_AT_PERIOD_END else None,
        past_due_since=past_due_since(
            workspace, subscription_id=subscription.id, status=status, at=fails_since
        ),
        created=subscription.created,
        as_of=as_of_after(event, workspace=workspace, was_asked=known is not None),
        as_of_event=event.id,
        has_others=(
            workspace.stripe_subscription_id == subscription.id and workspace.has_other_subscription
            if known is None
            else any(_counts_after(each, subscription) for each in known)
        ),
        trial_end=subscription.trial_end,
        price=None if status in ENDED else subscription.price,
        is_discounted=status not in ENDED and subscription.is_discounted,
    )


def _counts_after(other: SubscriptionPayload, subscription: SubscriptionPayload) -> bool:
    """Whether the other one is what the workspace shows once this one has ended: it runs, or it is later."""
    is_later = other.created > subscription.created
    return other.id != subscription.id and (is_later or not has_ended(other))


def _end_of(subscription: SubscriptionPayload) -> datetime | None:
    return subscription.cancel_at or subscription.current_period_end


def past_due_since(
    workspace: BilledWorkspace, *, subscription_id: str, status: SubscriptionStatus | None, at: datetime
) -> datetime | None:
    """The first failure of the dunning that runs, kept while it lasts: the grace period counts from it."""
    if status is not SubscriptionStatus.PAST_DUE:
        return None
    if workspace.stripe_subscription_id == subscription_id and workspace.past_due_since:
        return min(workspace.past_due_since, at)
    return at


def as_of_after(event: StripeEvent, *, workspace: BilledWorkspace, was_asked: bool = False) -> datetime:
    """The time of what is held after the event, and whether facts can settle a further tie with it.

    What Stripe answered is never older than what was held, however old the event that raised the question.
    """
    held = workspace.subscription_as_of
    if was_asked:
        return max(event.created, held or event.created).replace(microsecond=0) + BEYOND_FACTS
    is_told = event.type == CREATED or follows(event, workspace=workspace)
    return event.created if is_told else event.created + BEYOND_FACTS


def follows(event: StripeEvent, *, workspace: BilledWorkspace) -> bool:
    """Whether the event changed what we hold, and facts alone have led there within its second."""
    if event.created != workspace.subscription_as_of:
        return False
    before = _before(event)
    return before is not None and state_of(before, event=event) == held_state(workspace)


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


class State(NamedTuple):
    """What the record holds of a subscription that can change: a snapshot alike in all is no news."""

    status: SubscriptionStatus | None
    plan: PaymentPlanId | None
    period_end: datetime | None
    ends_at: datetime | None
    trial_end: datetime | None
    price: RecurringPrice | None
    is_discounted: bool


def state_of(subscription: SubscriptionPayload, *, event: StripeEvent) -> State:
    status = status_of(subscription, at=event.created)
    try:
        plan = None if status in ENDED else plan_of(subscription.price_ids)
    except UnknownPrice:
        plan = None
    ends_at = _end_of(subscription) if status is SubscriptionStatus.CANCEL_AT_PERIOD_END else None
    return State(
        status,
        plan,
        subscription.current_period_end,
        ends_at,
        subscription.trial_end,
        price=None if status in ENDED else subscription.price,
        is_discounted=status not in ENDED and subscription.is_discounted,
    )


def held_state(workspace: BilledWorkspace) -> State:
    plan = PaymentPlanId(workspace.subscription_plan) if workspace.subscription_plan else None
    return State(
        workspace.subscription_status,
        plan,
        workspace.current_period_end,
        workspace.cancel_at,
        workspace.trial_end,
        price=held_price(workspace),
        is_discounted=workspace.is_discounted,
    )


def current_one(
    subscriptions: Iterable[SubscriptionPayload], *, workspace: BilledWorkspace
) -> SubscriptionPayload | None:
    """Which of a customer's subscriptions the workspace shows: by `standing`, then the newest; of ended ones
    of a second, the one held."""

    def rank(each: SubscriptionPayload) -> tuple[int, datetime, bool, str]:
        is_held = each.id == workspace.stripe_subscription_id
        return standing(each), each.created, is_held and has_ended(each), each.id

    return max(subscriptions, key=rank, default=None)


PAID_FOR = 4
"""The highest `standing`."""


def standing(subscription: SubscriptionPayload) -> int:
    """How much it may bring the workspace now: nobody who pays for a plan is without it for another's sake.

    One paid for, or on trial, before one that is past due and has its grace period at most, that before one
    on hold, that before one that waits for its first payment, and last those that have ended.
    """
    match subscription.status:
        case StripeSubscriptionStatus.ACTIVE | StripeSubscriptionStatus.TRIALING:
            return PAID_FOR
        case StripeSubscriptionStatus.PAST_DUE:
            return 3
        case StripeSubscriptionStatus.UNPAID | StripeSubscriptionStatus.PAUSED:
            return 2
        case StripeSubscriptionStatus.INCOMPLETE:
            return 1
        case StripeSubscriptionStatus.INCOMPLETE_EXPIRED | StripeSubscriptionStatus.CANCELED:
            return 0


def ended_with_customer(workspace: BilledWorkspace, *, event: StripeEvent) -> SubscriptionDetails | None:
    """What is held once its customer is deleted; None where nothing runs.

    Deleting a customer cancels its subscriptions at once (https://docs.stripe.com/api/customers/delete).
    """
    if workspace.subscription_status in ENDED:
        return None
    return SubscriptionDetails(
        subscription_id=workspace.stripe_subscription_id or "",
        status=SubscriptionStatus.DELETED,
        plan=None,
        current_period_end=workspace.current_period_end,
        cancel_at=None,
        past_due_since=None,
        created=workspace.subscription_created,
        as_of=max(event.created, workspace.subscription_as_of or event.created),
        as_of_event=event.id,
        trial_end=workspace.trial_end,
    )
