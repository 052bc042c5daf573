"""Paying a checkout session over HTTP, as Stripe's CLI does (`stripe trigger checkout.session.completed`).

Not in Stripe's public API description: the hosted page and the CLI's fixtures call it.
"""

from typing import Any

from sentineliq.sandbox.engine import checkout, checkout_payment, payment_methods
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.checkout_payment import Buyer, SavedMethod
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.values import Document

TABLES: dict[str, dict[str, Any]] = {
    "GET /v1/payment_pages/{}": {"fields": {"expand": {"array": "string"}}},
    "POST /v1/payment_pages/{}/confirm": {
        "fields": {"expand": {"array": "string"}, "expected_amount": "integer", "payment_method": "string"},
        "required": ["payment_method"],
    },
}


def show(books: Books, ids: tuple[str, ...], _: Document) -> Document:
    return books.get("checkout.session", ids[0])


def confirm(books: Books, ids: tuple[str, ...], params: Document) -> Document:
    """Raises CardDeclined, AuthenticationRequired, InvalidRequest, SessionNotOpen."""
    method = payment_methods.resolve(books, params["payment_method"])
    details = method["billing_details"]
    address = details["address"] or {}
    country = address.get("country") or "US"
    due = checkout.summary(books, ids[0], country=country).total
    if params.get("expected_amount", due) != due:
        raise InvalidRequest(
            "The amount of this Checkout Session has changed.",
            code="checkout_amount_mismatch",
            param="expected_amount",
        )
    buyer = Buyer(
        SavedMethod(method["id"]),
        email=details["email"] or "",
        name=details["name"] or "",
        country=country,
        postal_code=address.get("postal_code") or "",
    )
    checkout_payment.complete(books, ids[0], buyer)
    return books.get("checkout.session", ids[0])
