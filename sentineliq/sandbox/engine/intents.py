"""Payment and setup intents made by the API itself (https://docs.stripe.com/api/payment_intents)."""

from sentineliq.sandbox.engine import collection, customers, payment_methods, payments
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.catalogue import merge_fields
from sentineliq.sandbox.engine.documents import random_text
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.money import check_chargeable
from sentineliq.sandbox.engine.values import Document

_KEPT = (
    "capture_method", "confirmation_method", "description", "metadata", "receipt_email", "setup_future_usage",
    "statement_descriptor", "statement_descriptor_suffix",
)  # fmt: skip


def create_payment(books: Books, params: Document) -> Document:
    """Raises CardDeclined when `confirm` is asked and fails, InvalidRequest for too little."""
    check_chargeable(params["amount"], params["currency"].lower(), param="amount")
    customer = (
        customers.live(books, params["customer"], param="customer")["id"] if "customer" in params else None
    )
    intent = payments.new_intent(
        books,
        amount=params["amount"],
        currency=params["currency"].lower(),
        customer=customer,
        **{key: params[key] for key in _KEPT if key in params},
    )
    automatic = params.get("automatic_payment_methods")
    if automatic:
        intent["automatic_payment_methods"] = {"allow_redirects": "always", **automatic}
    if reference := params.get("payment_method"):
        method = payment_methods.resolve(books, reference)
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    books.save(intent)
    return confirm_payment(books, intent["id"], {}) if params.get("confirm") else intent


def update_payment(books: Books, intent_id: str, params: Document) -> Document:
    intent = books.get("payment_intent", intent_id)
    if intent["status"] in {"succeeded", "canceled"} and set(params) - {"metadata", "description"}:
        raise _unexpected_state(intent, "updated")
    if reference := params.get("payment_method"):
        method = payment_methods.resolve(books, reference)
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    if "amount" in params:
        check_chargeable(params["amount"], params.get("currency", intent["currency"]), param="amount")
    allowed = (*_KEPT, "amount", "currency", "customer")
    merge_fields(intent, {key: params[key] for key in allowed if key in params})
    return books.save(intent)


def confirm_payment(books: Books, intent_id: str, params: Document) -> Document:
    """Charge it. Raises CardDeclined; a card that asks its holder leaves it at `requires_action`."""
    intent = books.get("payment_intent", intent_id)
    if intent["status"] in {"succeeded", "canceled", "processing"}:
        raise _unexpected_state(intent, "confirmed")
    reference = params.get("payment_method") or intent["payment_method"]
    if reference is None:
        raise InvalidRequest(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    method = payment_methods.resolve(books, reference)
    on_session = not params.get("off_session")
    if on_session and payment_methods.asks_holder(books, method, on_session=True):
        return _ask_holder(books, intent, method)
    payment = payments.take(books, intent, method).or_raise()
    taken = payment.intent
    if payment.is_settled:
        collection.paid_by(books, taken)
    if taken["customer"] and taken["setup_future_usage"] and method["customer"] is None:
        payment_methods.attach(books, method["id"], taken["customer"])
    return taken


def cancel_payment(books: Books, intent_id: str, params: Document) -> Document:
    intent = books.get("payment_intent", intent_id)
    if intent["status"] in {"succeeded", "canceled", "processing"}:
        raise _unexpected_state(intent, "canceled")
    reason = params.get("cancellation_reason")
    intent |= {"canceled_at": books.now, "cancellation_reason": reason, "status": "canceled"}
    return books.save(intent, event="payment_intent.canceled")


def create_setup(books: Books, params: Document) -> Document:
    customer = (
        customers.live(books, params["customer"], param="customer")["id"] if "customer" in params else None
    )
    kept = {key: params[key] for key in ("description", "metadata", "usage") if key in params}
    intent = books.new("setup_intent", **{"customer": customer, "metadata": {}, **kept})
    intent["client_secret"] = f"{intent['id']}_secret_{random_text(24)}"
    if reference := params.get("payment_method"):
        method = payment_methods.resolve(books, reference)
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    books.add(intent, event="setup_intent.created")
    return confirm_setup(books, intent["id"], {}) if params.get("confirm") else intent


def confirm_setup(books: Books, intent_id: str, params: Document) -> Document:
    """Keep the card for later. Raises CardDeclined."""
    intent = books.get("setup_intent", intent_id)
    reference = params.get("payment_method") or intent["payment_method"]
    if reference is None:
        raise InvalidRequest("You cannot confirm this SetupIntent because it's missing a payment method.")
    method = payment_methods.resolve(books, reference)
    if intent["customer"]:
        payment_methods.attach(books, method["id"], intent["customer"])
    intent |= {"payment_method": method["id"], "status": "succeeded"}
    return books.save(intent, event="setup_intent.succeeded")


def _ask_holder(books: Books, intent: Document, method: Document) -> Document:
    intent |= {
        "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}},
        "payment_method": method["id"],
        "status": "requires_action",
    }
    return books.save(intent, event="payment_intent.requires_action")


def _unexpected_state(intent: Document, verb: str) -> InvalidRequest:
    return InvalidRequest(
        f"This PaymentIntent could not be {verb} because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
    )
