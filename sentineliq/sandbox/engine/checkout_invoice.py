"""The paid invoice of a one-time purchase (https://docs.stripe.com/payments/checkout/receipts)."""

import copy

from sentineliq.sandbox.engine import billing, invoice_drafts, invoices
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.checkout_totals import lines_of
from sentineliq.sandbox.engine.invoice_lines import Draft, for_invoice_item
from sentineliq.sandbox.engine.values import Document

_NONE: Document = {
    "enabled": False,
    "invoice_data": {
        "account_tax_ids": None,
        "custom_fields": None,
        "description": None,
        "footer": None,
        "issuer": None,
        "metadata": {},
        "rendering_options": None,
    },
}
_HANDED_ON = ("account_tax_ids", "custom_fields", "description", "footer", "metadata")


def wanted(params: Document) -> Document:
    """`session.invoice_creation` for what was asked of a session in payment mode."""
    asked = params.get("invoice_creation", {})
    creation = copy.deepcopy(_NONE)
    creation["enabled"] = asked.get("enabled", False)
    creation["invoice_data"] |= asked.get("invoice_data", {})
    return creation


def is_wanted(session: Document) -> bool:
    return bool((session["invoice_creation"] or {}).get("enabled"))


def issue_paid(
    books: Books, session: Document, customer: Document | None, *, intent: Document | None
) -> None:
    """The session's invoice for what has just been paid, where one is wanted.

    The customer's balance has no part in it. The session is not written.
    """
    if customer is None or not is_wanted(session):
        return
    invoice = invoices.build(
        books,
        customer,
        one_time_drafts(books, session, customer),
        currency=session["currency"],
        reason="manual",
        discounts=books.select("discount", checkout_session=session["id"]),
        country=invoices.tax_country(customer, automatic_tax=session["automatic_tax"]["enabled"]),
        takes_credit=False,
    )
    data = session["invoice_creation"]["invoice_data"]
    invoice |= {name: data[name] for name in _HANDED_ON}
    if data["rendering_options"]:
        shown = data["rendering_options"].get("amount_tax_display")
        invoice["rendering"] = {
            "amount_tax_display": shown, "pdf": None, "template": None, "template_version": None,
        }  # fmt: skip
    invoices.issue(books, invoice, takes_credit=False)
    billing.claim_pending(books, invoice)
    invoices.mark_paid(books, invoice, intent=intent)
    session["invoice"] = invoice["id"]


def one_time_drafts(books: Books, session: Document, customer: Document) -> list[Draft]:
    """The session's lines that are not recurring, each an invoice item of the customer's."""
    return [
        for_invoice_item(
            books,
            invoice_drafts.create_item(
                books,
                {
                    "customer": customer["id"],
                    "description": line["name"],
                    "pricing": {"price": line["price"]["id"]},
                    "quantity": line["quantity"],
                },
            ),
        )
        for line in lines_of(books, session)
        if not line["price"]["recurring"]
    ]
