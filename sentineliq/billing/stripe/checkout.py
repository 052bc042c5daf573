"""Checkout sessions (https://docs.stripe.com/api/checkout/sessions/create?api-version=2025-04-30.basil)."""

import asyncio
from http import HTTPStatus
from typing import Literal, cast

from stripe import InvalidRequestError
from stripe.checkout import Session
from stripe.params.checkout import SessionCreateParams

from ...config import get_settings
from ..plan_ids import BillingInterval
from ..plans import PaymentPlan, PaymentPlanEffect, SubscriptionEffect
from ..processor import CheckoutSession, PaymentProcessorUnavailable, Spare
from .client import stripe_client, stripe_errors
from .subscriptions import TRIAL_MARK

ONE_TRIAL = (
    "One free trial for each workspace, owner and card. If this card or you have had one before, the plan "
    "begins without it and is charged today."
)

StripeMode = Literal["subscription", "payment"]


def payment_plan_effect_to_stripe_mode(effect: PaymentPlanEffect) -> StripeMode:
    """The session mode that sells this effect."""
    return "subscription" if isinstance(effect, SubscriptionEffect) else "payment"


async def create_stripe_checkout_session(
    *,
    customer_id: str,
    workspace_id: str,
    plan: PaymentPlan,
    checkout_id: str,
    interval: BillingInterval = BillingInterval.MONTH,
    trial_days: int = 0,
) -> CheckoutSession:
    """The checkout's hosted session. Its id is the idempotency key: two clicks at once get one session."""
    async with stripe_errors("create a checkout session"):
        session = await stripe_client().v1.checkout.sessions.create_async(
            _parameters(
                customer_id=customer_id,
                workspace_id=workspace_id,
                plan=plan,
                checkout_id=checkout_id,
                interval=interval,
                trial_days=trial_days,
            ),
            {"idempotency_key": f"checkout-{checkout_id}"},
        )
    if not session.url:
        raise PaymentProcessorUnavailable
    return CheckoutSession(id=session.id, url=session.url)


async def expire_checkout_session(session_id: str) -> None:
    """https://docs.stripe.com/api/checkout/sessions/expire; one that is not open any more stays as it is."""
    async with stripe_errors("expire the checkout session"):
        try:
            await stripe_client().v1.checkout.sessions.expire_async(session_id)
        except InvalidRequestError as error:
            if error.http_status != HTTPStatus.BAD_REQUEST:
                raise


async def expire_open_checkout_sessions(customer_id: str, *, spare: Spare | None = None) -> None:
    """So that only the newest session can be paid; those of `spare`'s checkouts stay."""
    async with stripe_errors("list the open checkout sessions"):
        page = await stripe_client().v1.checkout.sessions.list_async(
            {"customer": customer_id, "status": "open", "limit": 100}
        )
    spared = await spare() if spare else frozenset[str]()
    over = [each for each in page.data if _checkout_of(each) not in spared]
    await asyncio.gather(*(expire_checkout_session(each.id) for each in over))


def _checkout_of(session: Session) -> str | None:
    metadata = session.metadata.to_dict() if session.metadata else {}
    return metadata.get("checkout_id")


def _parameters(
    *,
    customer_id: str,
    workspace_id: str,
    plan: PaymentPlan,
    checkout_id: str,
    interval: BillingInterval,
    trial_days: int,
) -> SessionCreateParams:
    """The metadata goes to the session and to what it makes: events then need no second call."""
    mode = payment_plan_effect_to_stripe_mode(plan.effect)
    metadata = {"workspace_id": workspace_id, "plan_id": plan.id.value, "checkout_id": checkout_id}
    page = f"{get_settings().web_client_url}/checkout"
    parameters: SessionCreateParams = {
        "mode": mode,
        "customer": customer_id,
        "client_reference_id": workspace_id,
        "line_items": [{"price": plan.get_payment_processor_plan_id(interval), "quantity": 1}],
        "success_url": f"{page}?success=true&session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{page}?canceled=true",
        "automatic_tax": {"enabled": True},
        "allow_promotion_codes": True,
        "customer_update": {"address": "auto", "name": "auto"},
        "metadata": metadata,
    }
    if mode == "subscription":
        parameters["subscription_data"] = {"metadata": metadata}
        if trial_days:
            _offer_trial(parameters, metadata, trial_days)
    else:
        parameters["payment_intent_data"] = {"metadata": metadata}
        parameters["invoice_creation"] = {"enabled": True, "invoice_data": {"metadata": metadata}}
    return parameters


def _offer_trial(parameters: SessionCreateParams, metadata: dict[str, str], days: int) -> None:
    """With a card, though nothing is due: by its fingerprint nobody has a second trial. A trial whose card is
    gone at its end ends, for nobody has agreed to pay for more.

    https://docs.stripe.com/payments/checkout/free-trials
    """
    parameters["payment_method_collection"] = "always"
    cast(dict[str, object], parameters)["payment_method_types"] = ["card"]  # the SDK's types are newer
    parameters["custom_text"] = {"submit": {"message": ONE_TRIAL}}
    parameters["subscription_data"] = {
        "metadata": {**metadata, TRIAL_MARK: str(days)},
        "trial_period_days": days,
        "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
    }
