"""Collecting what an invoice asks for, and what success or failure means for its subscription."""

from sentineliq.sandbox.engine import (
    customers,
    invoice_payments,
    invoices,
    payment_methods,
    payments,
    pending_updates,
    subscriptions,
)
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.errors import AuthenticationRequired, InvalidRequest
from sentineliq.sandbox.engine.values import Document


def collect_again(
    books: Books, invoice: Document, *, method: Document | None = None, authenticated: bool | None = None
) -> payments.Payment | None:
    """Another try at an open invoice; the subscription recovers, or ends after the last one.

    Raises AuthenticationRequired, InvalidRequest.
    """
    _refuse_while_processing(books, invoice)
    reference = subscriptions.subscription_of(invoice)
    subscription = books.find("subscription", reference) if reference else None
    customer = books.get("customer", invoice["customer"])
    card = method or payments.default_method(books, customer, subscription)
    if (
        card is not None
        and authenticated is False
        and payment_methods.asks_holder(books, card, on_session=True)
    ):
        raise AuthenticationRequired
    retrying = subscription is None or subscription["status"] != "incomplete"  # that one has a day
    payment = invoices.collect(
        books, invoice, method=card, authenticated=bool(authenticated), retrying=retrying
    )
    if subscription is None or subscription["status"] in subscriptions.ENDED:
        return payment
    if payment is None or payment.is_settled:
        recover(books, subscription, invoice)
    elif payment.decline is not None:
        fall_behind(books, subscription, invoice)
    return payment


def pay(books: Books, invoice_id: str, params: Document, *, authenticated: bool | None = None) -> Document:
    """By the API, or with the holder on a page, who has `authenticated` or not (None: nobody is there).

    Raises CardDeclined (the failure stands), AuthenticationRequired, InvalidRequest.
    """
    invoice = books.get("invoice", invoice_id)
    customers.live(books, invoice["customer"], param="customer")
    if invoice["status"] == "draft":
        invoices.finalize(books, invoice)
    if invoice["status"] not in {"open", "uncollectible"}:
        state = "already paid" if invoice["status"] == "paid" else invoice["status"]
        raise InvalidRequest(f"Invoice is {state}", code="invoice_not_editable")
    if params.get("paid_out_of_band") or params.get("forgive"):
        invoices.mark_paid(books, invoice)
        return settle(books, invoice)
    method = None
    if reference := params.get("payment_method"):
        method = books.refer("payment_method", reference, param="payment_method")
    payment = collect_again(books, invoice, method=method, authenticated=authenticated)
    if payment is not None and payment.decline is payments.NO_CARD:
        raise InvalidRequest("Cannot charge a customer that has no active card", code="missing")
    if payment is not None:
        payment.or_raise()
    return books.get("invoice", invoice_id)


def paid_by(books: Books, intent: Document) -> None:
    """An intent that was confirmed by itself pays the invoice that it was made for."""
    invoice = invoice_payments.open_invoice_of(books, intent)
    if invoice is not None:
        invoices.mark_paid(books, invoice, intent=intent)
        settle(books, invoice)


def settle(books: Books, invoice: Document) -> Document:
    """What a paid invoice means for its subscription."""
    subscription = books.find("subscription", subscriptions.subscription_of(invoice))
    if subscription is not None:
        recover(books, subscription, invoice)
    return invoice


def recover(books: Books, subscription: Document, invoice: Document) -> None:
    """Active again, once its latest invoice is paid; a change that waited for it takes place."""
    if pending_updates.is_waiting_for(subscription, invoice):
        subscription = pending_updates.apply(books, subscription)
    if subscription["status"] in subscriptions.OWING and subscription["latest_invoice"] == invoice["id"]:
        subscription["status"] = "active"
        books.save(subscription, event="customer.subscription.updated")


def fall_behind(books: Books, subscription: Document, invoice: Document) -> None:
    """After a failure: past_due, and the end when nothing is tried any more."""
    if pending_updates.is_waiting_for(subscription, invoice):
        return
    if subscription["status"] == "active" and subscription["latest_invoice"] == invoice["id"]:
        subscription["status"] = "past_due"
        books.save(subscription, event="customer.subscription.updated")
    elif invoice["attempt_count"] > len(invoices.RETRY_AFTER) and subscription["status"] == "past_due":
        subscriptions.end(books, subscription, reason="payment_failed")


def latest_open_invoice(books: Books, subscription: Document) -> Document | None:
    invoice = books.find("invoice", subscription["latest_invoice"])
    return invoice if invoice and invoice["status"] == "open" else None


def card_of(books: Books, subscription: Document) -> Document | None:
    customer = books.get("customer", subscription["customer"])
    return payments.default_method(books, customer, subscription)


def _refuse_while_processing(books: Books, invoice: Document) -> None:
    for payment in invoice_payments.of_invoice(books, invoice["id"]):
        intent = books.find("payment_intent", payment["payment"]["payment_intent"])
        if intent is not None and intent["status"] == "processing":
            raise InvalidRequest(
                "This invoice has a payment that is still processing.",
                code="invoice_payment_intent_requires_action",
            )


def refuse_unpaid(payment: payments.Payment | None) -> None:
    """Under `error_if_incomplete`. Raises CardDeclined."""
    if payment is not None:
        payment.or_raise()
