"""Which card a customer pays with."""

from sentineliq.sandbox.engine import Document, Engine

OVER = frozenset({"canceled", "incomplete_expired"})
"""Statuses of subscriptions that are gone."""


async def paying_card(engine: Engine, customer: Document) -> Document | None:
    """The card's details: of the newest live subscription, else the customer's default.

    Checkout keeps a card with the subscription that it makes, the portal with both.
    """
    subscriptions = await engine.list_documents("subscription", customer=customer["id"])
    methods = [one["default_payment_method"] for one in subscriptions if one["status"] not in OVER]
    methods.append(customer["invoice_settings"]["default_payment_method"])
    for method_id in filter(None, methods):
        return (await engine.retrieve("payment_method", method_id))["card"]
    return None
