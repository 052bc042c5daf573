"""Subscriptions and money over time: first invoice, renewal, dunning, recovery.

Follows https://docs.stripe.com/billing/subscriptions/overview; what Stripe spreads over an hour happens at
once here.
"""

from collections.abc import Sequence

from sentineliq.sandbox.engine import (
    collection,
    discounts,
    invoices,
    payments,
    schedule_phases,
    subscriptions,
)
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.invoice_lines import Draft, for_invoice_item, for_item
from sentineliq.sandbox.engine.values import Document

RENEWAL_ORDER = (
    "invoice.created",
    "charge.failed",
    "charge.succeeded",
    "customer.subscription.updated",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.finalized",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "invoice.payment_succeeded",
    "payment_intent.created",
)
"""How Stripe's deliveries of one renewal typically come in: not in the order of what happened."""


def subscription_invoice(
    books: Books,
    subscription: Document,
    *,
    reason: str,
    drafts: Sequence[Draft],
    period: tuple[int, int] | None = None,
) -> Document:
    """A draft for `drafts`, with the subscription's discounts and tax, not yet written."""
    customer = books.get("customer", subscription["customer"])
    automatic = subscription["automatic_tax"]["enabled"]
    invoice = invoices.build(
        books,
        customer,
        drafts,
        currency=subscription["currency"],
        reason=reason,
        subscription=subscription,
        discounts=discounts.active(books, subscription),
        country=invoices.tax_country(customer, automatic_tax=automatic),
    )
    if period is not None:
        invoice |= {"period_start": period[0], "period_end": period[1]}
    return invoice


def first_invoice(books: Books, subscription: Document, *, extra: Sequence[Draft] = ()) -> Document:
    """Of a new subscription; free lines while it is on trial."""
    trial = subscription["status"] == "trialing"
    drafts = [for_item(books, subscription, item, free=trial) for item in subscription["items"]["data"]]
    return subscription_invoice(books, subscription, reason="subscription_create", drafts=[*drafts, *extra])


def use_up_discounts(books: Books, subscription: Document, invoice: Document) -> None:
    """What was for once is gone when the invoice had something to take it off, what has run out is too."""
    used = {one["discount"] for one in invoice["total_discount_amounts"] if one["amount"]}
    subscription["discounts"] = [
        one["id"]
        for one in discounts.active(books, subscription)
        if one["coupon"]["duration"] != "once" or one["id"] not in used
    ]


def with_pending(books: Books, subscription: Document, drafts: Sequence[Draft]) -> list[Draft]:
    pending = [for_invoice_item(books, one) for one in subscriptions.pending_items(books, subscription)]
    return [*pending, *drafts]


def claim_pending(books: Books, invoice: Document) -> None:
    """The pending items that an invoice lists are its own now."""
    for line in invoice["lines"]["data"]:
        details = line["parent"]["invoice_item_details"] if line["parent"] else None
        if details:
            item = books.get("invoiceitem", details["invoice_item"])
            books.save({**item, "invoice": invoice["id"]})


def renew(books: Books, subscription_id: str) -> Document:
    """Now: an owing subscription tries its invoice again, a paused one is resumed, one set to end ends,
    others begin a new period."""
    books.event_order = RENEWAL_ORDER
    subscription = subscriptions.live(books, subscription_id)
    open_invoice = collection.latest_open_invoice(books, subscription)
    if subscription["status"] in subscriptions.OWING and open_invoice is not None:
        collection.collect_again(books, open_invoice)
    elif subscription["status"] == "paused":
        resume(books, subscription)
    elif (
        subscription["cancel_at"] is not None
        and subscription["cancel_at"] <= subscriptions.period_of(subscription)[1]
    ):
        subscriptions.end(books, subscription)
    else:
        begin_period(books, subscription, at=books.now)
    return books.get("subscription", subscription_id)


def resume(books: Books, subscription: Document) -> None:
    """A paused one: a new period begins now."""
    subscription["status"] = "active"
    begin_period(books, subscription, at=books.now)
    books.emit("customer.subscription.resumed", subscription)


def begin_period(books: Books, subscription: Document, *, at: int, must_pay: bool = False) -> None:
    """The next period: invoice it, and charge the default card.

    Raises CardDeclined where it `must_pay` and does not.
    """
    if subscription["status"] == "trialing" and _ends_unpaid(books, subscription):
        return
    start, period_end = subscriptions.period_of(subscription)
    at = max(at, start + 1)
    if at != period_end:
        subscription["billing_cycle_anchor"] = at
    if subscription["status"] == "trialing":
        subscription |= {"status": "active", "trial_end": min(subscription["trial_end"], at)}
    schedule_phases.begin(books, subscription, at=max(at, period_end))
    subscriptions.set_period(subscription, at)
    drafts = [for_item(books, subscription, item) for item in subscription["items"]["data"]]
    invoice = subscription_invoice(
        books,
        subscription,
        reason="subscription_cycle",
        drafts=with_pending(books, subscription, drafts),
        period=(start, at),
    )
    books.add(invoice, event="invoice.created")
    claim_pending(books, invoice)
    use_up_discounts(books, subscription, invoice)
    subscription["latest_invoice"] = invoice["id"]
    books.save(subscription, event="customer.subscription.updated")
    _proceed(books, subscription, invoice, must_pay=must_pay)


def _ends_unpaid(books: Books, subscription: Document) -> bool:
    """A trial without a card to charge ends as its `trial_settings` say, unless they want the invoice."""
    behavior = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    if behavior == "create_invoice" or collection.card_of(books, subscription) is not None:
        return False
    if behavior == "cancel":
        subscriptions.end(books, subscription, reason=None)
        return True
    subscription["status"] = "paused"
    books.save(subscription, event="customer.subscription.updated")
    books.emit("customer.subscription.paused", subscription)
    return True


def collect_first(
    books: Books, subscription: Document, invoice: Document, *, on_session: bool = False
) -> payments.Payment | None:
    """Finalize and charge the invoice of a plan change or a new subscription."""
    invoices.finalize(books, invoice)
    card = collection.card_of(books, subscription)
    return invoices.collect(books, invoice, method=card, on_session=on_session)


def _proceed(books: Books, subscription: Document, invoice: Document, *, must_pay: bool) -> None:
    paused = subscription["pause_collection"]
    if paused is not None:
        if paused["behavior"] != "keep_as_draft":
            invoices.finalize(books, invoice)
            give_up = invoices.void if paused["behavior"] == "void" else invoices.mark_uncollectible
            give_up(books, invoice["id"])
        return
    payment = collect_first(books, subscription, invoice)
    if must_pay:
        collection.refuse_unpaid(payment)
    if payment is not None and payment.decline is not None:
        collection.fall_behind(books, subscription, invoice)
    else:
        collection.recover(books, subscription, invoice)
