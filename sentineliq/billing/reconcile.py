"""Bringing a workspace to Stripe's own view where an event is late or lost, through the same writer."""

from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from .. import changes, db
from ..workspaces.models import Workspace
from .effects import Effects
from .payment_details import update_workspace_stripe_payment_details
from .stripe import reads
from .stripe.handlers.answers import Answers
from .stripe.handlers.checkout import on_checkout_session
from .stripe.payloads import CheckoutSessionPayload, EventData, StripeEvent, SubscriptionPayload
from .stripe.subscriptions import UnknownPrice, current_one, details_of

ACTOR = "reconcile"

CLOCK_SKEW = timedelta(seconds=60)
"""How far our clock and Stripe's may be apart: what Stripe says now is dated earlier by this, so that no
event of a moment later counts as older."""

MAX_TRIES = 5


async def reconcile_checkout(*, workspace_id: str, session_id: str) -> None:
    """Apply what Stripe says now of a checkout session and of the customer's subscriptions.

    Raises `PaymentProcessorUnavailable`. A session of another customer changes nothing.
    """
    checkout = await reads.fetch_checkout_session(session_id)
    if checkout is not None:
        await _reconcile(workspace_id, checkout)


async def reconcile_workspace(workspace_id: str) -> None:
    """Apply what Stripe says now of the customer's subscriptions. Raises `PaymentProcessorUnavailable`."""
    await _reconcile(workspace_id, None)


async def _reconcile(workspace_id: str, checkout: CheckoutSessionPayload | None) -> None:
    """Read, then apply if no event came between: else what was read may be older than what is held."""
    for _ in range(MAX_TRIES):
        held = await _read(workspace_id)
        if held.stripe_customer_id is None:
            return
        if checkout is not None and checkout.customer != held.stripe_customer_id:
            return
        subscriptions = await reads.fetch_subscriptions(held.stripe_customer_id)
        if await _apply(held, checkout, subscriptions):
            changes.announce(workspace_id)
            return


async def _read(workspace_id: str) -> Workspace:
    async with db.reading() as session:
        return await session.get_one(Workspace, workspace_id)


async def _apply(
    held: Workspace,
    checkout: CheckoutSessionPayload | None,
    subscriptions: tuple[SubscriptionPayload, ...],
) -> bool:
    """False when the workspace has changed since it was read."""
    async with db.transaction() as session:
        workspace = await session.get_one(Workspace, held.id, with_for_update=True)
        if (workspace.stripe_customer_id, workspace.subscription_as_of_event) != (
            held.stripe_customer_id,
            held.subscription_as_of_event,
        ):
            return False
        if checkout is not None:
            await _apply_checkout(session, workspace, checkout)
        await _apply_subscriptions(session, workspace, subscriptions)
    return True


async def _apply_checkout(
    session: AsyncSession, workspace: Workspace, checkout: CheckoutSessionPayload
) -> None:
    event = _as_event(f"evt_{ACTOR}_{checkout.id}", workspace)
    decision = on_checkout_session(event, checkout, workspace, Answers())
    if isinstance(decision, Effects):
        await update_workspace_stripe_payment_details(
            session, workspace, decision, actor=ACTOR, event_id=None
        )


async def _apply_subscriptions(
    session: AsyncSession, workspace: Workspace, subscriptions: tuple[SubscriptionPayload, ...]
) -> None:
    current = current_one(subscriptions)
    if current is None:
        return
    try:
        event = _as_event(f"evt_{ACTOR}_{current.id}", workspace)
        details = details_of(current, workspace=workspace, event=event)
    except UnknownPrice:
        return
    await update_workspace_stripe_payment_details(
        session, workspace, Effects(subscription=details), actor=ACTOR, event_id=None
    )


def _as_event(event_id: str, workspace: Workspace) -> StripeEvent:
    """What Stripe says now, dated: never before the newest event that the workspace has applied."""
    at = db.now().replace(microsecond=0) - CLOCK_SKEW
    if workspace.subscription_as_of is not None:
        at = max(at, workspace.subscription_as_of)
    return StripeEvent.model_construct(
        id=event_id[:255], type=ACTOR, created=at, livemode=False, data=EventData(object={})
    )
