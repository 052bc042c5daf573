"""What pays an invoice: its payments (https://docs.stripe.com/api/invoice-payment)."""

from sentineliq.sandbox.engine import payments
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.values import Document


def of_invoice(books: Books, invoice_id: str) -> list[Document]:
    return books.select("invoice_payment", invoice=invoice_id)


def open_invoice_of(books: Books, intent: Document) -> Document | None:
    """The invoice that a payment intent was made for, unless it is paid or given up."""
    for payment in books.select("invoice_payment", status="open"):
        if payment["payment"]["payment_intent"] == intent["id"]:
            invoice = books.get("invoice", payment["invoice"])
            return invoice if invoice["status"] in {"open", "uncollectible"} else None
    return None


def intent_of(books: Books, invoice: Document, description: str | None) -> Document:
    """The payment intent of an earlier try, or a new one."""
    for payment in of_invoice(books, invoice["id"]):
        if payment["status"] == "open":
            return books.get("payment_intent", payment["payment"]["payment_intent"])
    intent = payments.new_intent(
        books,
        amount=invoice["amount_remaining"],
        currency=invoice["currency"],
        customer=invoice["customer"],
        description=description or "Subscription update",
        setup_future_usage="off_session",
    )
    record(books, invoice, intent)
    return intent


def record(books: Books, invoice: Document, intent: Document) -> Document:
    """How far the intent has paid the invoice."""
    paid = intent["status"] == "succeeded"
    known = [
        one for one in of_invoice(books, invoice["id"]) if one["payment"]["payment_intent"] == intent["id"]
    ]
    entry = known[0] if known else books.new("invoice_payment", invoice=invoice["id"])
    entry |= {
        "amount_paid": intent["amount"] if paid else None,
        "amount_requested": intent["amount"],
        "currency": intent["currency"],
        "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
        "status": "paid" if paid else "open",
        "status_transitions": {"canceled_at": None, "paid_at": books.now if paid else None},
    }
    return books.save(entry) if known else books.add(entry)
