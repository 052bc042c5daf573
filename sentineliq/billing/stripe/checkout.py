"""Checkout sessions (https://docs.stripe.com/api/checkout/sessions/create?api-version=2025-04-30.basil)."""

import asyncio
from typing import Literal

from stripe import StripeClient
from stripe.params.checkout import SessionCreateParams

from ...config import get_settings
from ..plans import PaymentPlan, PaymentPlanEffect, SubscriptionEffect
from ..processor import CheckoutSession, PaymentProcessorUnavailable
from .client import stripe_client, stripe_errors

StripeMode = Literal["subscription", "payment"]


def payment_plan_effect_to_stripe_mode(effect: PaymentPlanEffect) -> StripeMode:
    """The session mode that sells this effect."""
    return "subscription" if isinstance(effect, SubscriptionEffect) else "payment"


async def create_stripe_checkout_session(
    *, customer_id: str, workspace_id: str, plan: PaymentPlan
) -> CheckoutSession:
    """A new hosted session; older open ones of the customer are expired first, so that one can be paid."""
    client = stripe_client()
    async with stripe_errors("create a checkout session"):
        await _expire_open_sessions(client, customer_id)
        session = await client.v1.checkout.sessions.create_async(
            _parameters(customer_id=customer_id, workspace_id=workspace_id, plan=plan)
        )
    if not session.url:
        raise PaymentProcessorUnavailable
    return CheckoutSession(id=session.id, url=session.url)


def _parameters(*, customer_id: str, workspace_id: str, plan: PaymentPlan) -> SessionCreateParams:
    """The metadata goes to the session and to what it makes: events then need no second call."""
    mode = payment_plan_effect_to_stripe_mode(plan.effect)
    metadata = {"workspace_id": workspace_id, "plan_id": plan.id.value}
    page = f"{get_settings().web_client_url}/checkout"
    parameters: SessionCreateParams = {
        "mode": mode,
        "customer": customer_id,
        "client_reference_id": workspace_id,
        "line_items": [{"price": plan.get_payment_processor_plan_id(), "quantity": 1}],
        "success_url": f"{page}?success=true&session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{page}?canceled=true",
        "automatic_tax": {"enabled": True},
        "allow_promotion_codes": True,
        "customer_update": {"address": "auto", "name": "auto"},
        "metadata": metadata,
    }
    if mode == "subscription":
        parameters["subscription_data"] = {"metadata": metadata}
    else:
        parameters["payment_intent_data"] = {"metadata": metadata}
        parameters["invoice_creation"] = {"enabled": True, "invoice_data": {"metadata": metadata}}
    return parameters


async def _expire_open_sessions(client: StripeClient, customer_id: str) -> None:
    open_sessions = await client.v1.checkout.sessions.list_async({"customer": customer_id, "status": "open"})
    await asyncio.gather(*(client.v1.checkout.sessions.expire_async(each.id) for each in open_sessions.data))
