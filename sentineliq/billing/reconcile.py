"""Bringing a workspace to Stripe's own view where an event is late or lost, through the same writer."""

from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import changes, db
from ..workspaces.models import Workspace
from . import trials
from .effects import Effects, SubscriptionDetails
from .models import CreditEntry, Refund
from .payment_details import update_workspace_stripe_payment_details
from .recurring import held_price
from .stripe import reads
from .stripe.charge_payloads import ChargeWithRefunds
from .stripe.handlers.answers import Answers, ChargeAnswer, TrialCardAnswer
from .stripe.handlers.charges import on_charge_refunded, on_refund_changed
from .stripe.handlers.checkout import on_checkout_session
from .stripe.handlers.customers import without_customer
from .stripe.handlers.second_subscription import with_second_subscription
from .stripe.handlers.subscriptions import with_transition
from .stripe.handlers.trials import tells_of_a_trial, trial_of
from .stripe.payloads import CheckoutSessionPayload, EventData, StripeEvent, SubscriptionPayload
from .stripe.refunds import fetch_refunded_charges
from .stripe.subscriptions import UnknownPrice, current_one, details_of, has_ended

ACTOR = "reconcile"

CLOCK_SKEW = timedelta(seconds=60)
"""How far our clock and Stripe's may be apart: what Stripe says now is dated earlier by this, so that no
event of a moment later counts as older."""

REFUND_IS_TOLD = timedelta(hours=1)
"""Younger refunds are left to their own events, which are on their way or will be listed as missed: booked
here too, they would stand in the audit log twice."""

MAX_TRIES = 5

_log = structlog.get_logger(__name__)


class WorkspaceKeepsChanging(Exception):
    """Events kept landing between reading and applying: they tell what is to be told; try again later."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a workspace and Stripe disagree, in words that can be printed; `what` names the field."""

    workspace_id: str
    what: str
    held: str
    at_stripe: str


@dataclass(frozen=True, slots=True)
class _AtStripe:
    """What Stripe says of a customer. `is_deleted` is its own word, never a guess from empty lists."""

    sessions: tuple[CheckoutSessionPayload, ...]
    refunded: tuple[ChargeWithRefunds, ...]
    subscriptions: tuple[SubscriptionPayload, ...]
    is_deleted: bool
    trial_card: TrialCardAnswer | None
    """Of a trial that no event has told of."""


async def reconcile_checkout(*, workspace_id: str, session_id: str) -> None:
    """Apply what Stripe says now of a checkout session and of the customer's subscriptions.

    Raises `PaymentProcessorUnavailable`. A session of another customer changes nothing.
    """
    checkout = await reads.fetch_checkout_session(session_id)
    if checkout is not None:
        await _reconcile(workspace_id, lambda _customer: _just(checkout), refunds=False, dry_run=False)


async def reconcile_workspace(workspace_id: str, *, dry_run: bool = False) -> list[Difference]:
    """Heal the workspace's customer, subscription, credits and refunds; what differed.

    Raises `PaymentProcessorUnavailable`.
    """
    return await _reconcile(workspace_id, reads.fetch_paid_sessions, refunds=True, dry_run=dry_run)


async def follow(workspace_id: str) -> None:
    """Show at once what was just done at Stripe. Whatever hinders this, it is done: its events tell it."""
    try:
        await reconcile_workspace(workspace_id)
    except Exception:
        _log.warning("change_not_followed", workspace_id=workspace_id, exc_info=True)


async def _just(checkout: CheckoutSessionPayload) -> tuple[CheckoutSessionPayload, ...]:
    return (checkout,)


async def _reconcile(
    workspace_id: str, fetch_sessions: reads.FetchSessions, *, refunds: bool, dry_run: bool
) -> list[Difference]:
    """Read, then apply if no event came between: else what was read may be older than what is held."""
    for _ in range(MAX_TRIES):
        async with db.reading() as session:
            held = await session.get_one(Workspace, workspace_id)
        if held.stripe_customer_id is None:
            return []
        at_stripe = await _look_up(held, held.stripe_customer_id, fetch_sessions, refunds=refunds)
        differences = await _heal(held, at_stripe, dry_run=dry_run)
        if differences is not None:
            if differences and not dry_run:
                changes.announce(workspace_id)
            if at_stripe.trial_card is not None and not dry_run:
                await trials.end_refused(at_stripe.trial_card.subscription_id)
            return differences
    raise WorkspaceKeepsChanging(workspace_id)


async def _look_up(
    held: Workspace, customer_id: str, fetch_sessions: reads.FetchSessions, *, refunds: bool
) -> _AtStripe:
    """A customer with an unended subscription is not deleted, and one that never paid has no refunds: only
    the others are asked for."""
    sessions = await fetch_sessions(customer_id)
    subscriptions = await reads.fetch_subscriptions(customer_id)
    has_paid = bool(sessions or subscriptions) or held.date_paid is not None
    refunded: tuple[ChargeWithRefunds, ...] = ()
    if refunds and has_paid:
        refunded = await fetch_refunded_charges(customer_id, before=db.now() - REFUND_IS_TOLD)
    is_deleted = all(map(has_ended, subscriptions)) and await reads.is_customer_deleted(customer_id)
    card = await _card_of_new_trial(held, subscriptions)
    return _AtStripe(sessions, refunded, subscriptions, is_deleted, card)


async def _card_of_new_trial(
    held: Workspace, subscriptions: tuple[SubscriptionPayload, ...]
) -> TrialCardAnswer | None:
    """For a trial that no event has told of, so that it is judged here as it would be there."""
    current = current_one(subscriptions, workspace=held)
    if current is None or not tells_of_a_trial(current, workspace=held):
        return None
    return await reads.fetch_trial_card(current.id)


async def _heal(held: Workspace, at_stripe: _AtStripe, *, dry_run: bool) -> list[Difference] | None:
    """What differed; None when the workspace has changed since it was read."""
    async with db.transaction() as session:
        workspace = await session.get_one(Workspace, held.id, with_for_update=db.AGAINST_WRITERS)
        if (workspace.stripe_customer_id, workspace.subscription_as_of_event) != (
            held.stripe_customer_id,
            held.subscription_as_of_event,
        ):
            return None
        differences: list[Difference] = []
        for checkout in at_stripe.sessions:
            differences += await _heal_checkout(session, workspace, checkout)
        for charge in at_stripe.refunded:  # after what it paid for is booked: its credits go back with it
            differences += await _heal_refund(session, workspace, charge)
        differences += await _heal_subscription(session, workspace, at_stripe)
        if at_stripe.is_deleted:
            differences += await _heal_customer(session, workspace)
        if dry_run:
            await session.rollback()
    return differences


async def _heal_checkout(
    session: AsyncSession, workspace: Workspace, checkout: CheckoutSessionPayload
) -> list[Difference]:
    """Book what a paid session sold, if it was not booked."""
    if checkout.customer != workspace.stripe_customer_id:
        return []
    decision = on_checkout_session(_as_event(checkout.id, workspace), checkout, workspace, Answers())
    if not isinstance(decision, Effects):
        return []
    grant = decision.credits
    booked = select(CreditEntry.id).where(CreditEntry.source == (grant.source if grant else ""))
    is_booked = (await session.exec(booked)).first() is not None
    await update_workspace_stripe_payment_details(session, workspace, decision, actor=ACTOR, event_id=None)
    if grant is None or is_booked:
        return []
    return [Difference(workspace.id, f"credits of {checkout.id}", "none", str(grant.amount))]


async def _heal_refund(
    session: AsyncSession, workspace: Workspace, charge: ChargeWithRefunds
) -> list[Difference]:
    """Book what was refunded of a charge and what failed of it, if it was not booked: its event may be older
    than Stripe's list. What failed comes first, so that no credits are taken for it."""
    booked = await session.get(Refund, charge.id)
    sent, held, failed = (booked.amount_refunded, booked.went_back, booked.failed) if booked else (0, 0, {})
    event, answers = _as_event(charge.id, workspace), Answers(charge=ChargeAnswer(charge))
    decisions = [
        on_refund_changed(event, refund, workspace, answers)
        for refund in charge.refunds
        if refund.has_failed and refund.id not in failed
    ]
    if charge.amount_sent > sent:
        decisions.append(on_charge_refunded(event, charge, workspace, answers))
    for effects in decisions:
        if isinstance(effects, Effects):
            await update_workspace_stripe_payment_details(
                session, workspace, effects, actor=ACTOR, event_id=None
            )
    if charge.went_back == held:
        return []
    return [Difference(workspace.id, f"refunds of {charge.id}", str(held), str(charge.went_back))]


async def _heal_subscription(
    session: AsyncSession, workspace: Workspace, at_stripe: _AtStripe
) -> list[Difference]:
    """An empty answer heals nothing: a wrong key sees no customer either, and nothing is guessed."""
    subscriptions, card = at_stripe.subscriptions, at_stripe.trial_card
    current = current_one(subscriptions, workspace=workspace)
    if current is None:
        return []
    event = _as_event(current.id, workspace)
    effects = with_second_subscription(Effects(), subscriptions)
    differences: list[Difference] = []
    try:
        details = details_of(current, workspace=workspace, event=event, known=subscriptions)
    except UnknownPrice as unknown:
        differences = [Difference(workspace.id, "price", str(workspace.subscription_plan), str(unknown))]
    else:
        differences = _differences(workspace, details)
        if differences or details.has_others != workspace.has_other_subscription:
            trial = trial_of(details, card) if card is not None else None
            effects = with_transition(
                replace(effects, subscription=details, trial=trial),
                details,
                workspace=workspace,
                event=event,
                subscription=current,
            )
    await update_workspace_stripe_payment_details(session, workspace, effects, actor=ACTOR, event_id=None)
    return differences


async def _heal_customer(session: AsyncSession, workspace: Workspace) -> list[Difference]:
    """Its deletion was never heard of: nothing more can be sold to it, and what ran has ended with it."""
    customer_id = workspace.stripe_customer_id or ""
    effects = without_customer(customer_id, workspace=workspace, event=_as_event(customer_id, workspace))
    differences = [Difference(workspace.id, "customer", customer_id, "deleted")]
    if effects.subscription is not None:
        differences += _differences(workspace, effects.subscription)
    await update_workspace_stripe_payment_details(session, workspace, effects, actor=ACTOR, event_id=None)
    return differences


def _differences(workspace: Workspace, details: SubscriptionDetails) -> list[Difference]:
    compared = {
        "subscription": (workspace.stripe_subscription_id, details.subscription_id),
        "status": (workspace.subscription_status, details.status),
        "plan": (workspace.subscription_plan, details.plan),
        "period end": (workspace.current_period_end, details.current_period_end),
        "end": (workspace.cancel_at, details.cancel_at),
        "trial end": (workspace.trial_end, details.trial_end),
        "price": (held_price(workspace), details.price),
        "discount": (workspace.is_discounted, details.is_discounted),
    }
    return [
        Difference(workspace.id, what, str(held), str(at_stripe))
        for what, (held, at_stripe) in compared.items()
        if held != at_stripe
    ]


def _as_event(object_id: str, workspace: Workspace) -> StripeEvent:
    """What Stripe says now, dated: never before the newest event that the workspace has applied."""
    now = db.now().replace(microsecond=0)
    at = now - CLOCK_SKEW
    if workspace.subscription_as_of is not None:
        at = max(at, workspace.subscription_as_of)
    return StripeEvent.model_construct(
        id=f"evt_{ACTOR}_{int(now.timestamp())}_{object_id}"[:255],
        type=ACTOR,
        created=at,
        livemode=False,
        data=EventData(object={}),
    )
