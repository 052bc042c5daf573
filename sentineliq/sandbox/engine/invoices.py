"""The life of an invoice: draft, open, paid or given up (https://docs.stripe.com/invoicing/overview)."""

from collections.abc import Sequence
from typing import Any

from sentineliq.sandbox.engine import customers, invoice_payments, payments
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.documents import blank
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.invoice_lines import Draft, fill
from sentineliq.sandbox.engine.money import is_chargeable
from sentineliq.sandbox.engine.payments import Payment
from sentineliq.sandbox.engine.values import Document

DAY = 86_400
RETRY_AFTER = (3 * DAY, 5 * DAY, 7 * DAY)
"""Waits after the first, second and third failure; after the fourth Stripe gives the subscription up."""


def build(
    books: Books,
    customer: Document,
    drafts: Sequence[Draft],
    *,
    currency: str,
    reason: str,
    subscription: Document | None = None,
    discounts: Sequence[Document] = (),
    country: str | None = None,
    takes_credit: bool = True,
) -> Document:
    """A draft invoice, not yet written. `country` decides the automatic tax; None: there is none.

    `takes_credit`: the customer's balance pays first.
    """
    invoice = books.new("invoice", currency=currency, billing_reason=reason, customer=customer["id"])
    invoice |= {
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": customer["shipping"],
        "customer_tax_exempt": customer["tax_exempt"],
        "period_end": books.now,
        "period_start": books.now,
    }
    if subscription is not None:
        invoice["parent"] = _parent(subscription)
        invoice["automatic_tax"]["enabled"] = subscription["automatic_tax"]["enabled"]
    if country is not None:
        invoice["automatic_tax"] |= {
            "enabled": True, "liability": {"type": "self"}, "provider": "stripe", "status": "complete",
        }  # fmt: skip
    fill(invoice, drafts, discounts=discounts, country=country)
    _balance(invoice, customer if takes_credit else None)
    return invoice


def finalize(books: Books, invoice: Document, *, takes_credit: bool = True) -> Document:
    """Number it, apply the customer's balance, open it."""
    if invoice["status"] != "draft":
        raise InvalidRequest("This invoice is already finalized, you can't re-finalize a non-draft invoice.")
    customer = books.get("customer", str(invoice["customer"]))
    invoice["number"] = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
    customer["next_invoice_sequence"] += 1
    books.save(customer)
    _balance(invoice, customer if takes_credit else None)
    if takes_credit and invoice["ending_balance"] != customer["balance"]:
        customer["balance"] = invoice["ending_balance"]
        books.save(customer, event="customer.updated")
    address = f"{books.config.public_url}/invoices/{invoice['id']}"
    invoice |= {
        "effective_at": books.now,
        "hosted_invoice_url": address,
        "invoice_pdf": f"{address}/pdf",
        "status": "open",
        "webhooks_delivered_at": books.now,
    }
    invoice["status_transitions"]["finalized_at"] = books.now
    return books.save(invoice, event="invoice.finalized")


def issue(books: Books, invoice: Document, *, takes_credit: bool = True) -> Document:
    """Write a draft, with its event, and finalize it."""
    books.add(invoice, event="invoice.created")
    return finalize(books, invoice, takes_credit=takes_credit)


def collect(
    books: Books,
    invoice: Document,
    *,
    method: Document | None,
    retrying: bool = True,
    description: str | None = None,
    authenticated: bool = False,
    on_session: bool = False,
) -> Payment | None:
    """Try to take what is due; None when nothing was. The invoice is paid, or open with its next attempt."""
    if invoice["amount_remaining"] == 0:
        mark_paid(books, invoice)
        return None
    intent = invoice_payments.intent_of(books, invoice, description)
    payment = payments.take(books, intent, method, authenticated=authenticated, on_session=on_session)
    if payment.is_settled:
        mark_paid(books, invoice, intent=payment.intent)
    elif payment.decline is None:
        await_payment(books, invoice, payment.intent)
    else:
        mark_failed(books, invoice, retrying=retrying)
        if payment.intent["status"] == "requires_action":
            books.emit("invoice.payment_action_required", invoice)
    return payment


def mark_paid(books: Books, invoice: Document, *, intent: Document | None = None) -> Document:
    """Paid, by a payment intent, out of the balance, or because nothing was due."""
    if intent is not None:
        invoice_payments.record(books, invoice, intent)
        invoice["attempt_count"] += 1
    invoice |= {
        "amount_paid": invoice["amount_due"],
        "amount_remaining": 0,
        "attempted": True,
        "auto_advance": False,
        "next_payment_attempt": None,
        "status": "paid",
    }
    invoice["status_transitions"]["paid_at"] = books.now
    books.save(invoice, event="invoice.updated")
    books.emit("invoice.paid", invoice)
    books.emit("invoice.payment_succeeded", invoice)
    return invoice


def await_payment(books: Books, invoice: Document, intent: Document) -> Document:
    """Open as long as the bank takes; it is not tried again in the meantime."""
    invoice_payments.record(books, invoice, intent)
    invoice |= {"attempted": True, "next_payment_attempt": None}
    return books.save(invoice, event="invoice.updated")


def mark_failed(books: Books, invoice: Document, *, retrying: bool = True) -> Document:
    """Count the failure and set the next attempt, until there is none any more."""
    invoice["attempt_count"] += 1
    tries = invoice["attempt_count"]
    wait = RETRY_AFTER[tries - 1] if retrying and tries <= len(RETRY_AFTER) else None
    invoice |= {
        "attempted": True,
        "auto_advance": wait is not None,
        "next_payment_attempt": books.now + wait if wait is not None else None,
    }
    books.save(invoice, event="invoice.updated")
    books.emit("invoice.payment_failed", invoice)
    return invoice


def void(books: Books, invoice_id: str) -> Document:
    """What the customer's balance had paid of it, or owed with it, is the customer's again."""
    invoice = _give_up(books, invoice_id, status="void", stamp="voided_at", event="invoice.voided")
    customer = books.get("customer", invoice["customer"])
    if not customer.get("deleted"):
        customer["balance"] += invoice["starting_balance"] - invoice["ending_balance"]
        books.save(customer, event="customer.updated")
    return invoice


def mark_uncollectible(books: Books, invoice_id: str) -> Document:
    return _give_up(
        books,
        invoice_id,
        status="uncollectible",
        stamp="marked_uncollectible_at",
        event="invoice.marked_uncollectible",
    )


def tax_country(customer: Document, *, automatic_tax: bool) -> str | None:
    """Where automatic tax is due; None when it is off or the place unknown."""
    return customers.country_of(customer) if automatic_tax else None


def blank_state() -> Document:
    """The fields that only the life after the draft fills."""
    names = (
        "amount_paid", "attempt_count", "attempted", "effective_at", "hosted_invoice_url", "invoice_pdf",
        "next_payment_attempt", "number", "status", "status_transitions", "webhooks_delivered_at",
    )  # fmt: skip
    empty = blank("invoice")
    return {name: empty[name] for name in names}


def _give_up(books: Books, invoice_id: str, *, status: str, stamp: str, event: str) -> Document:
    invoice = books.get("invoice", invoice_id)
    if invoice["status"] not in {"open", "uncollectible"}:
        raise InvalidRequest(
            f"You can only pass in open invoices. This invoice isn't open ({invoice['status']})."
        )
    invoice |= {"auto_advance": False, "next_payment_attempt": None, "status": status}
    if status == "void":
        invoice["amount_remaining"] = 0
    invoice["status_transitions"][stamp] = books.now
    books.save(invoice, event="invoice.updated")
    books.emit(event, invoice)
    return invoice


def _parent(subscription: Document) -> Document:
    details: dict[str, Any] = {"metadata": subscription["metadata"], "subscription": subscription["id"]}
    return {"quote_details": None, "subscription_details": details, "type": "subscription_details"}


def _balance(invoice: Document, customer: Document | None) -> None:
    """What is due after the customer's credit (a negative balance); a negative total becomes credit, and what
    is too little to charge is owed with the next invoice. None: no balance has a part in it."""
    start = customer["balance"] if customer else 0
    total = invoice["total"] + start
    carried = customer is not None and not is_chargeable(total, invoice["currency"])
    invoice["starting_balance"] = start
    invoice["amount_due"] = 0 if carried else max(total, 0)
    invoice["amount_remaining"] = invoice["amount_due"]
    invoice["ending_balance"] = total if carried else min(total, 0)
