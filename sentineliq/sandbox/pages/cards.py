"""How a customer pays."""

from dataclasses import dataclass

from sentineliq.sandbox.engine import Document, Engine
from sentineliq.sandbox.pages.formatting import words

OVER = frozenset({"canceled", "incomplete_expired"})
"""Statuses of subscriptions that are gone."""


@dataclass(frozen=True)
class PaymentMethodLine:
    """A card or a bank account in a few words. `expires`: None for what does not expire."""

    name: str
    last4: str
    expires: str | None


async def paying_method(engine: Engine, customer: Document) -> PaymentMethodLine | None:
    """The payment method of the newest live subscription, else the customer's default.

    Checkout keeps it with the subscription that it makes, the portal with both.
    """
    subscriptions = await engine.list_documents("subscription", customer=customer["id"])
    methods = [one["default_payment_method"] for one in subscriptions if one["status"] not in OVER]
    methods.append(customer["invoice_settings"]["default_payment_method"])
    for method_id in filter(None, methods):
        return _line(await engine.retrieve("payment_method", method_id))
    return None


def _line(method: Document) -> PaymentMethodLine:
    if method["type"] != "card":
        return PaymentMethodLine("Bank account", method[method["type"]]["last4"], None)
    card = method["card"]
    expires = f"{card['exp_month']:02d} / {card['exp_year']}"
    return PaymentMethodLine(words(card["brand"]), card["last4"], expires)
