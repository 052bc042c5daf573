"""The next invoice, as Stripe would write it now, and the card that will pay it."""

from dataclasses import replace
from datetime import datetime

from .. import db
from ..workspaces.members import Member
from ..workspaces.models import SubscriptionStatus, Workspace
from .card_expiry import expiry_of
from .entitlements import is_subscribed
from .last_told import LastTold, UnderWay
from .limits import allowance
from .plans import get_plan_id_by_price_id
from .processor import PaymentProcessorUnavailable, payment_processor
from .running import workspace_of
from .subscription_changes import InvoicePreview
from .views import PaymentMethodView

_cards: LastTold[PaymentMethodView] = LastTold()
_next_invoices: LastTold[InvoicePreview] = LastTold()
_reading: UnderWay[PaymentMethodView | None] = UnderWay()
_previewing: UnderWay[InvoicePreview | None] = UnderWay()


async def get_next_invoice(member: Member) -> InvoicePreview | None:
    """None where nothing will be billed. While Stripe is out of reach, what it told last, with `as_of`.

    Raises what the processor raises where it has told nothing yet.
    """
    workspace = await workspace_of(member)
    subscription_id = workspace.stripe_subscription_id
    if subscription_id is None or not _will_renew(workspace):
        return None
    question = (subscription_id, workspace.subscription_plan, workspace.current_period_end)
    try:
        preview = await _previewing.ask(
            (question, *_as_of(workspace)), lambda: payment_processor().preview_next_invoice(subscription_id)
        )
    except PaymentProcessorUnavailable:
        if told := _next_invoices.recall(question):
            return replace(told[0], as_of=told[1])
        raise
    if preview is not None:
        preview = replace(preview, changes_to=_another_plan(preview.price_id, workspace))
    _next_invoices.keep(question, preview)
    return preview


async def get_payment_method(member: Member) -> PaymentMethodView | None:
    """The card that pays; None where there is none. While Stripe is out of reach as `get_next_invoice`."""
    workspace = await workspace_of(member)
    if workspace.stripe_customer_id is None:
        return None
    card = await _card_of(workspace.stripe_customer_id, workspace)
    if card is None:
        return None
    needed_on = workspace.current_period_end if _will_renew(workspace) else None
    expiry = expiry_of(exp_month=card.exp_month, exp_year=card.exp_year, at=db.now(), needed_on=needed_on)
    return replace(card, expiry=expiry)


async def _card_of(customer_id: str, workspace: Workspace) -> PaymentMethodView | None:
    try:
        card = await _reading.ask(
            (customer_id, *_as_of(workspace)), lambda: payment_processor().fetch_payment_method(customer_id)
        )
    except PaymentProcessorUnavailable:
        if told := _cards.recall(customer_id):
            return replace(told[0], as_of=told[1])
        raise
    _cards.keep(customer_id, card)
    return card


def _as_of(workspace: Workspace) -> tuple[datetime | None, ...]:
    """Part of each question: an answer from before the last change is not shared."""
    return workspace.subscription_as_of, workspace.customer_as_of


def _another_plan(price_id: str, workspace: Workspace) -> str:
    """The name of the plan that renews, where it is not the one that is held."""
    plan = get_plan_id_by_price_id(price_id)
    return allowance(plan).name if plan and plan != workspace.subscription_plan else ""


def _will_renew(workspace: Workspace) -> bool:
    """Whether the card will be charged by itself: not while a subscription is unpaid or paused."""
    stands_still = workspace.subscription_status in (SubscriptionStatus.UNPAID, SubscriptionStatus.PAUSED)
    return is_subscribed(workspace) and workspace.cancel_at is None and not stands_still
