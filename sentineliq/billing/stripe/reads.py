"""Reading Stripe: the answers to handlers' questions, and what pages show of a price or a card."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from stripe import Charge, InvalidRequestError, PaymentMethod

from ... import db
from ..effects import (
    NeedsCharge,
    NeedsCheckoutPrices,
    NeedsCustomerEmail,
    NeedsPaymentMethod,
    NeedsSubscriptions,
    NeedsTrialCard,
    Question,
)
from ..processor import PaymentProcessorRefused
from ..views import PaymentMethodView, PriceView
from .charge_payloads import ChargeWithRefunds
from .client import stripe_client, stripe_errors
from .handlers import Answers
from .handlers.answers import ChargeAnswer, EmailAnswer, PaymentMethodAnswer, TrialCardAnswer
from .payloads import CheckoutSessionPayload, SubscriptionPayload

MISSING = "resource_missing"
MAX_EVENT_TYPES = 20


async def answer(question: Question, answers: Answers) -> Answers:
    """Ask Stripe what a handler could not tell from its event. Raises as `stripe_errors` does."""
    match question:
        case NeedsSubscriptions(customer_id, seen):
            found = await fetch_subscriptions(customer_id)
            return replace(answers, subscriptions=found, seen=seen, told_at=db.now())
        case NeedsCheckoutPrices(session_id):
            return replace(answers, price_ids=await _fetch_price_ids(session_id))
        case NeedsCharge(charge_id):
            return replace(answers, charge=ChargeAnswer(await fetch_charge(charge_id)))
        case NeedsCustomerEmail(customer_id):
            return replace(answers, email=EmailAnswer(await _fetch_email(customer_id)))
        case NeedsTrialCard(subscription_id):
            return replace(answers, trial_card=await fetch_trial_card(subscription_id))
        case NeedsPaymentMethod(customer_id):
            card = await fetch_payment_method(customer_id)
            return replace(answers, payment_method=PaymentMethodAnswer(card))


async def fetch_subscriptions(customer_id: str) -> tuple[SubscriptionPayload, ...]:
    """All of a customer's subscriptions, ended ones too: else a cancelled one would look like none."""
    async with stripe_errors("list the customer's subscriptions"):
        try:
            page = await stripe_client().v1.subscriptions.list_async(
                {"customer": customer_id, "status": "all", "limit": 100}
            )
            found = [each.to_dict() async for each in page.auto_paging_iter()]
        except InvalidRequestError as error:
            if error.code != MISSING:
                raise
            return ()
    try:
        return tuple(SubscriptionPayload.model_validate(each) for each in found)
    except ValidationError as error:
        raise PaymentProcessorRefused from error


async def is_customer_deleted(customer_id: str) -> bool:
    """Whether Stripe says so in as many words; a customer that it does not know may be another account's.

    https://docs.stripe.com/api/customers/retrieve
    """
    async with stripe_errors("retrieve the customer"):
        try:
            customer = await stripe_client().v1.customers.retrieve_async(customer_id)
        except InvalidRequestError as error:
            if error.code != MISSING:
                raise
            return False
    return getattr(customer, "deleted", False) is True


async def fetch_trial_card(subscription_id: str) -> TrialCardAnswer:
    """The fingerprint of the card that the subscription, else its customer, pays with.

    It is the same for the same number, whoever types it (https://docs.stripe.com/api/cards/object).
    """
    async with stripe_errors("retrieve the trial's card"):
        try:
            subscription = await stripe_client().v1.subscriptions.retrieve_async(
                subscription_id,
                {"expand": ["default_payment_method", "customer.invoice_settings.default_payment_method"]},
            )
        except InvalidRequestError as error:
            if error.code != MISSING:
                raise
            return TrialCardAnswer(subscription_id, None)
    settings = getattr(subscription.customer, "invoice_settings", None)
    default = getattr(settings, "default_payment_method", None)
    card = getattr(subscription.default_payment_method or default, "card", None)
    return TrialCardAnswer(subscription_id, getattr(card, "fingerprint", None))


async def fetch_checkout_session(session_id: str) -> CheckoutSessionPayload | None:
    """A checkout session as it stands at Stripe; None where Stripe has none of that id."""
    async with stripe_errors("retrieve the checkout session"):
        try:
            session = await stripe_client().v1.checkout.sessions.retrieve_async(session_id)
        except InvalidRequestError as error:
            if error.code != MISSING:
                raise
            return None
    return CheckoutSessionPayload.model_validate(session.to_dict())


FetchSessions = Callable[[str], Awaitable[tuple[CheckoutSessionPayload, ...]]]


async def fetch_paid_sessions(customer_id: str) -> tuple[CheckoutSessionPayload, ...]:
    """The customer's completed one-time purchases whose money is there."""
    async with stripe_errors("list the customer's checkout sessions"):
        try:
            page = await stripe_client().v1.checkout.sessions.list_async(
                {"customer": customer_id, "status": "complete", "limit": 100}
            )
            found = [each.to_dict() async for each in page.auto_paging_iter()]
        except InvalidRequestError as error:
            if error.code != MISSING:
                raise
            return ()
    sessions = (CheckoutSessionPayload.model_validate(each) for each in found)
    return tuple(each for each in sessions if each.mode == "payment" and each.is_paid)


async def fetch_events(*, since: datetime, types: tuple[str, ...]) -> list[dict[str, Any]]:
    """The account's events of these types, newest first, as Stripe would deliver them.

    https://docs.stripe.com/api/events/list: at most 20 types in one request, 30 days back.
    """
    found: list[dict[str, Any]] = []
    async with stripe_errors("list the events"):
        for start in range(0, len(types), MAX_EVENT_TYPES):
            page = await stripe_client().v1.events.list_async(
                {
                    "types": list(types[start : start + MAX_EVENT_TYPES]),
                    "created": {"gte": int(since.timestamp())},
                    "limit": 100,
                }
            )
            found += [each.to_dict(for_json=True) async for each in page.auto_paging_iter()]
    return sorted(found, key=lambda event: event["created"], reverse=True)


async def _fetch_price_ids(session_id: str) -> tuple[str, ...]:
    async with stripe_errors("list the session's line items"):
        try:
            items = await stripe_client().v1.checkout.sessions.line_items.list_async(session_id)
        except InvalidRequestError as error:
            if error.code != MISSING:
                raise
            return ()
    return tuple(item.price.id for item in items.data if item.price)


async def _fetch_email(customer_id: str) -> str | None:
    """Where Stripe sends this customer's receipts now; None for a deleted customer or none."""
    async with stripe_errors("retrieve the customer"):
        customer = await stripe_client().v1.customers.retrieve_async(customer_id)
    return getattr(customer, "email", None)


async def fetch_charge(charge_id: str) -> ChargeWithRefunds | None:
    """A charge as it stands at Stripe; None where Stripe has none of that id."""
    async with stripe_errors("retrieve the charge"):
        try:
            charge = await stripe_client().v1.charges.retrieve_async(charge_id, {"expand": ["refunds"]})
            return await charge_with_refunds(charge)
        except InvalidRequestError as error:
            if error.code != MISSING:
                raise
            return None


async def charge_with_refunds(charge: Charge) -> ChargeWithRefunds:
    """Of a charge that was read with its newest ten: those before them are read, too.

    https://docs.stripe.com/api/charges/object
    """
    listed = charge.refunds
    refunds = [each.to_dict() async for each in listed.auto_paging_iter()] if listed else []
    try:
        return ChargeWithRefunds.model_validate({**charge.to_dict(), "refunds": refunds})
    except ValidationError as error:
        raise PaymentProcessorRefused from error


async def fetch_price(price_id: str) -> PriceView:
    """The price on sale, as Stripe has it."""
    async with stripe_errors("retrieve the price"):
        price = await stripe_client().v1.prices.retrieve_async(price_id)
    recurring = price.recurring
    return PriceView(
        amount=price.unit_amount or 0,
        currency=price.currency,
        interval=recurring.interval if recurring else None,
        interval_count=recurring.interval_count if recurring else 1,
    )


async def fetch_payment_method(customer_id: str) -> PaymentMethodView | None:
    """The card that pays: the running subscription's own, else the customer's default."""
    async with stripe_errors("retrieve the payment method"):
        client = stripe_client()
        running = await client.v1.subscriptions.list_async(
            {"customer": customer_id, "limit": 1, "expand": ["data.default_payment_method"]}
        )
        for subscription in running.data:
            if isinstance(subscription.default_payment_method, PaymentMethod):
                return _card_of(subscription.default_payment_method)
        customer = await client.v1.customers.retrieve_async(
            customer_id, {"expand": ["invoice_settings.default_payment_method"]}
        )
        if getattr(customer, "deleted", False):
            return None
        settings = customer.invoice_settings
        method = settings.default_payment_method if settings else None
        return _card_of(method) if isinstance(method, PaymentMethod) else None


def _card_of(method: PaymentMethod) -> PaymentMethodView | None:
    card = getattr(method, "card", None)  # a bank account has none
    if card is None:
        return None
    return PaymentMethodView(
        brand=card.brand, last4=card.last4, exp_month=card.exp_month, exp_year=card.exp_year
    )
