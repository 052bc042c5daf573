"""Bank debits, days later: the money comes, or the bank says no.

https://docs.stripe.com/payments/checkout/fulfill-orders#delayed-notification
"""

from sentineliq.sandbox.engine import (
    bank_accounts,
    charges,
    checkout_invoice,
    collection,
    invoice_payments,
    invoices,
    payments,
)
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.subscriptions import subscription_of
from sentineliq.sandbox.engine.values import Document


def settle(books: Books, charge_id: str) -> Document:
    """The money is there. Raises InvalidRequest when the charge does not wait for it."""
    charge = charges.succeed(books, _pending(books, charge_id))
    intent = books.get("payment_intent", charge["payment_intent"])
    payments.succeed(books, intent, charge["payment_method"])
    collection.paid_by(books, intent)
    session = _waiting_session(books, intent)
    if session is not None:
        if session["mode"] == "payment":
            checkout_invoice.issue_paid(books, session, _customer_of(books, session), intent=intent)
        session["payment_status"] = "paid"
        books.save(session, event="checkout.session.async_payment_succeeded")
    return charge


def fail(books: Books, charge_id: str) -> Document:
    """The bank says no. Raises InvalidRequest when the charge does not wait for an answer."""
    charge = charges.fail(books, _pending(books, charge_id), bank_accounts.REFUSED)
    intent = books.get("payment_intent", charge["payment_intent"])
    method = books.get("payment_method", charge["payment_method"])
    payments.fail(books, intent, bank_accounts.REFUSED, charge=charge, method=method)
    invoice = invoice_payments.open_invoice_of(books, intent)
    if invoice is not None:
        invoices.mark_failed(books, invoice)
        subscription = books.find("subscription", subscription_of(invoice))
        if subscription is not None:
            collection.fall_behind(books, subscription, invoice)
    session = _waiting_session(books, intent)
    if session is not None:
        books.keep_secret(
            session["id"], payment_intent=None
        )  # what its invoice's next try brings is not its own
        books.emit("checkout.session.async_payment_failed", session)
    return charge


def _pending(books: Books, charge_id: str) -> Document:
    charge = books.get("charge", charge_id)
    if charge["status"] != "pending":
        raise InvalidRequest(f"Charge {charge_id} has {charge['status']} already.")
    return charge


def _customer_of(books: Books, session: Document) -> Document | None:
    customer = books.find("customer", session["customer"])
    return None if customer is None or customer.get("deleted") else customer


def _waiting_session(books: Books, intent: Document) -> Document | None:
    """The complete checkout that this payment is of, as long as it is unpaid."""
    for session in books.select("checkout.session", status="complete", payment_status="unpaid"):
        if books.secret(session["id"]).get("payment_intent") == intent["id"]:
            return session
    return None
