"""Invoices that do not exist yet (https://docs.stripe.com/api/invoices/create_preview)."""

from sentineliq.sandbox.engine import (
    billing,
    customers,
    invoices,
    schedule_phases,
    subscription_update,
    subscriptions,
)
from sentineliq.sandbox.engine.attempts import tried_out
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.documents import random_text
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.invoice_lines import for_item
from sentineliq.sandbox.engine.subscription_create import price_of
from sentineliq.sandbox.engine.values import Document, PlanChangePreview


def next_invoice(books: Books, subscription: Document) -> Document:
    """What the next renewal will ask for."""
    start, end = subscriptions.period_of(subscription)
    coming = {
        **subscription,
        "items": {**subscription["items"], "data": [{**item} for item in subscription["items"]["data"]]},
    }
    tried_out(books, lambda: schedule_phases.begin(books, coming, at=end))
    subscriptions.set_period(coming, end)
    drafts = [for_item(books, coming, item) for item in coming["items"]["data"]]
    invoice = billing.subscription_invoice(
        books,
        coming,
        reason="upcoming",
        drafts=billing.with_pending(books, subscription, drafts),
        period=(start, end),
    )
    invoice["next_payment_attempt"] = end + 3600
    return _upcoming(invoice)


def create(books: Books, params: Document) -> Document:
    """Of a subscription, with the change described in `subscription_details`; or of a new one."""
    if reference := params.get("subscription"):
        books.refer("subscription", reference, param="subscription")
        return tried_out(books, lambda: _of_subscription(books, reference, params))
    if not params.get("customer"):
        raise InvalidRequest(
            "You must provide at least one of `customer`, `subscription` or `schedule`.",
            code="parameter_missing",
        )
    return tried_out(books, lambda: _of_new(books, params))


def plan_change(books: Books, subscription_id: str, price_id: str) -> PlanChangePreview:
    """What a switch would cost at once."""

    def switch() -> Document | None:
        subscription = subscriptions.live(books, subscription_id)
        item = subscription["items"]["data"][0]
        change = {"items": [{"id": item["id"], "price": price_id}], "proration_behavior": "always_invoice"}
        books.keep_secret(subscription["customer"], fail_next_payment=False)
        after = subscription_update.update(books, subscription_id, change)
        same = after["latest_invoice"] == subscription["latest_invoice"]
        return None if same else books.get("invoice", after["latest_invoice"])

    invoice = tried_out(books, switch)
    currency = books.get("price", price_id)["currency"]
    if invoice is None:
        return PlanChangePreview(currency=currency, amount_due_now=0, credit=0, charge=0)
    amounts = [line["amount"] for line in invoice["lines"]["data"]]
    return PlanChangePreview(
        currency=currency,
        amount_due_now=invoice["amount_due"],
        credit=-sum(amount for amount in amounts if amount < 0),
        charge=sum(amount for amount in amounts if amount > 0),
        tax=sum(one["amount"] for one in invoice["total_taxes"] if one["tax_behavior"] == "exclusive"),
        balance=invoice["amount_due"] - invoice["total"] if invoice["total"] > 0 else 0,
    )


def _of_subscription(books: Books, subscription_id: str, params: Document) -> Document:
    before = books.get("subscription", subscription_id)
    change = {
        key: value for key, value in params.get("subscription_details", {}).items() if key != "start_date"
    }
    if "discounts" in params:
        change["discounts"] = params["discounts"]
    after = subscription_update.update(books, subscription_id, change) if change else before
    if after["latest_invoice"] != before["latest_invoice"]:
        invoice = books.get("invoice", after["latest_invoice"])
        return _upcoming(_undone(invoice))
    return next_invoice(books, after)


def _of_new(books: Books, params: Document) -> Document:
    customer = customers.live(books, params["customer"], param="customer")
    details = params.get("subscription_details", {})
    items = [
        (price_of(books, item, f"subscription_details[items][{place}]"), item.get("quantity", 1), {})
        for place, item in enumerate(details.get("items", []))
    ]
    if not items:
        raise InvalidRequest("Nothing to invoice for customer", code="invoice_upcoming_none")
    subscription = subscriptions.draft(books, customer, items)
    subscription["automatic_tax"]["enabled"] = params.get("automatic_tax", {}).get("enabled", False)
    invoice = billing.first_invoice(books, subscription)
    invoice["parent"] = None
    return _upcoming(invoice)


def _undone(invoice: Document) -> Document:
    """A tried-out invoice as it would stand before its payment."""
    draft = invoices.blank_state()
    return invoice | draft | {"amount_remaining": invoice["amount_due"]}


def _upcoming(invoice: Document) -> Document:
    number = f"upcoming_in_1{random_text(23)}"
    invoice |= {"id": number, "status": "draft", "auto_advance": False}
    for line in invoice["lines"]["data"]:
        line["invoice"] = number
    return invoice
