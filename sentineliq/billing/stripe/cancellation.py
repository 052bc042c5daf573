"""Ending subscriptions (https://docs.stripe.com/api/subscriptions/cancel)."""

from stripe import InvalidRequestError

from .client import stripe_client, stripe_errors
from .reads import MISSING


async def cancel_subscription_now(subscription_id: str) -> None:
    """Without proration: nothing is refunded by itself. Stripe no longer knows one that has ended."""
    async with stripe_errors("cancel the subscription", acts=True):
        try:
            await stripe_client().v1.subscriptions.cancel_async(subscription_id)
        except InvalidRequestError as error:
            if error.code != MISSING:
                raise
