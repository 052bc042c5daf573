"""Subscriptions: their beginning, their items and their end (https://docs.stripe.com/api/subscriptions)."""

from collections.abc import Sequence
from typing import Any

from sentineliq.sandbox.engine import catalogue
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.documents import blank, list_of
from sentineliq.sandbox.engine.errors import InvalidRequest, NotFound
from sentineliq.sandbox.engine.money import add_interval
from sentineliq.sandbox.engine.values import Document

ENDED = frozenset({"canceled", "incomplete_expired"})
OWING = frozenset({"past_due", "unpaid", "incomplete"})
DAY = 86_400
TRIAL_WARNING_BEFORE = 3 * DAY


def draft(
    books: Books,
    customer: Document,
    items: Sequence[tuple[Document, int, dict[str, str]]],
    *,
    trial_end: int | None = None,
    **fields: Any,
) -> Document:
    """From (price, quantity, metadata) triples, not yet written; active, or trialing until `trial_end`."""
    first = items[0][0]
    if any(price["recurring"] is None for price, _, _ in items):
        raise InvalidRequest(
            "The price specified is set to `type=one_time` but this field only accepts prices with "
            "`type=recurring`.",
            param="items[0][price]",
        )
    subscription = books.new(
        "subscription",
        billing_cycle_anchor=trial_end or books.now,
        currency=first["currency"],
        customer=customer["id"],
        start_date=books.now,
        status="trialing" if trial_end else "active",
        trial_end=trial_end,
        trial_start=books.now if trial_end else None,
        **fields,
    )
    made = [new_item(books, subscription, *item) for item in items]
    set_items(subscription, made)
    set_period(subscription, books.now, end=trial_end)
    return subscription


def new_item(
    books: Books, subscription: Document, price: Document, quantity: int, metadata: dict[str, str]
) -> Document:
    return {
        **books.new("subscription_item"),
        "metadata": metadata,
        "plan": catalogue.plan_of(price),
        "price": price,
        "quantity": quantity,
        "subscription": subscription["id"],
    }


def set_items(subscription: Document, items: list[Document]) -> None:
    """Also the legacy `plan` and `quantity`, which a subscription with one item shows."""
    url = f"/v1/subscription_items?subscription={subscription['id']}"
    subscription["items"] = list_of(items, url, total_count=len(items))
    single = items[0] if len(items) == 1 else None
    subscription["plan"] = single["plan"] if single else None
    subscription["quantity"] = single["quantity"] if single else None
    _keep_cancellation(subscription)


def renews(subscription: Document) -> bool:
    """Whether another period follows the present one, as things stand."""
    ends = subscription["cancel_at"]
    goes_on = ends is None or ends > period_of(subscription)[1]
    return goes_on and subscription["status"] not in {"paused", "incomplete", *ENDED}


def set_period(subscription: Document, start: int, *, end: int | None = None) -> None:
    """The period of every item; `end` None: one interval of its price."""
    for item in subscription["items"]["data"]:
        recurring = item["price"]["recurring"]
        item["current_period_start"] = start
        item["current_period_end"] = end or add_interval(
            start,
            recurring["interval"],
            recurring["interval_count"],
            anchor=subscription["billing_cycle_anchor"],
        )
    _keep_cancellation(subscription)


def period_of(subscription: Document) -> tuple[int, int]:
    """Start and earliest end of the current period."""
    items = subscription["items"]["data"]
    return items[0]["current_period_start"], min(item["current_period_end"] for item in items)


def _keep_cancellation(subscription: Document) -> None:
    """One that was asked for at the period's end stays there, when that moves."""
    if subscription["cancel_at_period_end"]:
        subscription["cancel_at"] = period_of(subscription)[1]


def end(books: Books, subscription: Document, *, reason: str | None = "cancellation_requested") -> Document:
    """Canceled, now; nothing is collected for it any more."""
    subscription |= {"canceled_at": subscription["canceled_at"] or books.now, "ended_at": books.now}
    subscription["status"] = "canceled"
    subscription["cancellation_details"]["reason"] = subscription["cancellation_details"]["reason"] or reason
    for invoice in books.select("invoice", customer=subscription["customer"], status="open"):
        if subscription_of(invoice) == subscription["id"]:
            invoice |= {"auto_advance": False, "next_payment_attempt": None}
            books.save(invoice, event="invoice.updated")
    for pending in pending_items(books, subscription):
        books.remove(pending)
    _end_schedule(books, subscription)
    return books.save(subscription, event="customer.subscription.deleted")


def _end_schedule(books: Books, subscription: Document) -> None:
    schedule = books.find("subscription_schedule", subscription["schedule"])
    if schedule is not None:
        schedule |= {"status": "canceled", "canceled_at": books.now, "current_phase": None}
        books.save(schedule, event="subscription_schedule.canceled")


def cancel_now(books: Books, subscription_id: str, *, details: Document | None = None) -> Document:
    subscription = live(books, subscription_id)
    subscription["cancellation_details"] |= details or {}
    return end(books, subscription)


def set_cancel_at_period_end(
    books: Books, subscription: Document, wanted: bool, *, details: Document | None = None
) -> None:
    """Set or take back, not yet written."""
    if wanted:
        subscription |= {
            "cancel_at": period_of(subscription)[1],
            "cancel_at_period_end": True,
            "canceled_at": books.now,
        }
        subscription["cancellation_details"] |= {"reason": "cancellation_requested", **(details or {})}
    else:
        subscription |= {"cancel_at": None, "cancel_at_period_end": False, "canceled_at": None}
        subscription["cancellation_details"] = {"comment": None, "feedback": None, "reason": None}


def cancel_at_period_end(books: Books, subscription_id: str, details: Document) -> Document:
    subscription = live(books, subscription_id)
    set_cancel_at_period_end(books, subscription, True, details=details)
    return books.save(subscription, event="customer.subscription.updated")


def take_back_cancellation(books: Books, subscription_id: str) -> Document:
    subscription = live(books, subscription_id)
    if not subscription["cancel_at_period_end"] and subscription["cancel_at"] is None:
        raise InvalidRequest("This subscription is not set to cancel.")
    set_cancel_at_period_end(books, subscription, False)
    return books.save(subscription, event="customer.subscription.updated")


def live(books: Books, subscription_id: str) -> Document:
    """Raises InvalidRequest for an ended one."""
    subscription = books.get("subscription", subscription_id)
    if subscription["status"] in ENDED:
        raise NotFound("subscription", subscription_id)
    return subscription


def subscription_of(invoice: Document) -> str | None:
    """An invoice's subscription, where it sits since basil."""
    return ((invoice["parent"] or {}).get("subscription_details") or {}).get("subscription")


def pending_items(books: Books, subscription: Document) -> list[Document]:
    """Invoice items that wait for the next invoice, oldest first."""
    waiting = [
        one
        for one in books.select("invoiceitem", customer=subscription["customer"])
        if one["invoice"] is None
    ]
    mine = [
        one
        for one in waiting
        if one["parent"] is None
        or one["parent"]["subscription_details"]["subscription"] == subscription["id"]
    ]
    return list(reversed(mine))


def find_item(books: Books, item_id: str) -> tuple[Document, Document]:
    """The subscription and its item. Raises NotFound."""
    for subscription in books.select("subscription"):
        for item in subscription["items"]["data"]:
            if item["id"] == item_id:
                return subscription, item
    raise NotFound("subscription_item", item_id)


def trial_end_from(books: Books, params: Document) -> int | None:
    """From `trial_end` (`now` or a time) or `trial_period_days`."""
    given = params.get("trial_end")
    if given == "now" or (given is None and not params.get("trial_period_days")):
        return None
    return given if given is not None else books.now + params["trial_period_days"] * DAY


def announce_short_trial(books: Books, subscription: Document) -> None:
    """A trial too short to be told of days ahead is told of as it begins."""
    end = subscription["trial_end"]
    if end is not None and end - books.now <= TRIAL_WARNING_BEFORE:
        books.keep_secret(subscription["id"], warned_for=end)
        books.emit("customer.subscription.trial_will_end", subscription)


def payment_settings(given: Document | None, default: Document | None = None) -> Document:
    base = default or blank("subscription")["payment_settings"]
    return {**base, **{key: (None if value == "" else value) for key, value in (given or {}).items()}}
