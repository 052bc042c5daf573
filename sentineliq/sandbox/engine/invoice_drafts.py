"""Invoices and invoice items made by hand (https://docs.stripe.com/api/invoices/create)."""

from typing import Any

from sentineliq.sandbox.engine import billing, customers, invoices, subscriptions
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.catalogue import create_price, line_amount, merge_fields
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.invoice_lines import for_invoice_item
from sentineliq.sandbox.engine.values import Document

_EDITABLE = ("auto_advance", "default_payment_method", "description", "footer", "metadata")


def create(books: Books, params: Document) -> Document:
    """A draft; with the customer's pending items when `pending_invoice_items_behavior=include`."""
    customer = customers.live(books, params.get("customer", ""), param="customer")
    subscription = None
    if reference := params.get("subscription"):
        subscription = books.refer("subscription", reference, param="subscription")
    include = params.get("pending_invoice_items_behavior") == "include" or subscription is not None
    pending = _pending(books, customer["id"], subscription) if include else []
    if subscription is not None and not pending:
        raise InvalidRequest("Nothing to invoice for subscription", code="invoice_no_subscription_line_items")
    automatic = params.get("automatic_tax", {}).get("enabled", False)
    currency = pending[0]["currency"] if pending else params.get("currency") or customer["currency"] or "usd"
    invoice = invoices.build(
        books,
        customer,
        [for_invoice_item(books, one) for one in pending],
        currency=currency,
        reason="manual",
        subscription=subscription,
        country=invoices.tax_country(customer, automatic_tax=automatic),
    )
    kept = (*_EDITABLE, "collection_method")
    merge_fields(invoice, {key: params[key] for key in kept if key in params})
    invoice["auto_advance"] = params.get("auto_advance", False)
    books.add(invoice, event="invoice.created")
    billing.claim_pending(books, invoice)
    return invoice


def update(books: Books, invoice_id: str, params: Document) -> Document:
    invoice = books.get("invoice", invoice_id)
    merge_fields(invoice, {key: params[key] for key in _EDITABLE if key in params})
    return books.save(invoice, event="invoice.updated")


def delete(books: Books, invoice_id: str) -> Document:
    """Drafts only; others are voided."""
    invoice = books.get("invoice", invoice_id)
    if invoice["status"] != "draft":
        raise InvalidRequest("You can only delete draft invoices.", code="invoice_not_editable")
    books.remove(invoice, event="invoice.deleted")
    return {"id": invoice_id, "object": "invoice", "deleted": True}


def create_item(books: Books, params: Document) -> Document:
    """A pending item of `amount`, or of a price times a quantity."""
    customer = customers.live(books, params["customer"], param="customer")
    quantity = params.get("quantity", 1)
    price = _price_of(books, params)
    amount = params.get("amount") if price is None else line_amount(price, quantity)
    if amount is None:
        raise InvalidRequest("Missing required param: amount.", code="parameter_missing", param="amount")
    item = {key: value for key, value in books.new("invoiceitem").items() if key != "created"}
    item |= {
        "amount": amount,
        "currency": price["currency"] if price else params.get("currency", "usd").lower(),
        "customer": customer["id"],
        "date": books.now,
        "description": params.get("description"),
        "metadata": params.get("metadata", {}),
        "parent": _parent(params),
        "period": params.get("period", {"end": books.now, "start": books.now}),
        "pricing": _pricing(price),
        "quantity": quantity,
    }
    return books.add(item, event="invoiceitem.created")


def delete_item(books: Books, item_id: str) -> Document:
    item = books.get("invoiceitem", item_id)
    if item["invoice"] is not None:
        raise InvalidRequest("You can not delete an invoice item that is on an invoice.")
    books.remove(item, event="invoiceitem.deleted")
    return {"id": item_id, "object": "invoiceitem", "deleted": True}


def _pending(books: Books, customer_id: str, subscription: Document | None) -> list[Document]:
    if subscription is not None:
        return subscriptions.pending_items(books, subscription)
    found = books.select("invoiceitem", customer=customer_id)
    return [one for one in reversed(found) if one["invoice"] is None and one["parent"] is None]


def _price_of(books: Books, params: Document) -> Document | None:
    if "price_data" in params:
        return create_price(books, params["price_data"])
    reference: Any = params.get("pricing", {}).get("price")
    return books.refer("price", reference, param="pricing[price]") if reference else None


def _parent(params: Document) -> Document | None:
    if "subscription" not in params:
        return None
    details = {"subscription": params["subscription"], "subscription_item": None}
    return {"subscription_details": details, "type": "subscription_details"}


def _pricing(price: Document | None) -> Document | None:
    if price is None:
        return None
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }
