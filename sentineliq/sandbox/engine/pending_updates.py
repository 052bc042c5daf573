"""Plan changes that wait for their payment (https://docs.stripe.com/billing/subscriptions/pending-updates)."""

from sentineliq.sandbox.engine import invoices, subscriptions
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.values import Document

LIVES = 23 * 3600
_OLD = ("billing_cycle_anchor", "cancel_at", "discounts", "items", "plan", "quantity")


def hold(books: Books, subscription: Document, before: Document) -> None:
    """What could not be paid for waits; the subscription stays as it was. Not yet written."""
    anchor = subscription["billing_cycle_anchor"]
    subscription["pending_update"] = {
        "billing_cycle_anchor": anchor if anchor != before["billing_cycle_anchor"] else None,
        "expires_at": books.now + LIVES,
        "subscription_items": subscription["items"]["data"],
        "trial_end": None,
        "trial_from_plan": None,
    }
    subscription |= {name: before[name] for name in _OLD}
    invoice = books.get("invoice", subscription["latest_invoice"])
    books.save({**invoice, "auto_advance": False, "next_payment_attempt": None}, event="invoice.updated")


def is_waiting_for(subscription: Document, invoice: Document) -> bool:
    """Whether the invoice is that of a change that is held."""
    return subscription["pending_update"] is not None and subscription["latest_invoice"] == invoice["id"]


def apply(books: Books, subscription: Document) -> Document:
    """The invoice is paid: the change takes place."""
    held = subscription["pending_update"]
    subscriptions.set_items(subscription, held["subscription_items"])
    subscription["billing_cycle_anchor"] = (
        held["billing_cycle_anchor"] or subscription["billing_cycle_anchor"]
    )
    subscription["pending_update"] = None
    books.save(subscription, event="customer.subscription.updated")
    books.emit("customer.subscription.pending_update_applied", subscription)
    return subscription


def drop(books: Books, subscription: Document) -> Document:
    """Too late, or another change takes its place: its invoice is void."""
    if books.get("invoice", subscription["latest_invoice"])["status"] == "open":
        invoices.void(books, subscription["latest_invoice"])
    subscription["pending_update"] = None
    books.save(subscription, event="customer.subscription.updated")
    books.emit("customer.subscription.pending_update_expired", subscription)
    return subscription
