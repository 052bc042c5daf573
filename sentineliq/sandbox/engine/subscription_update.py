"""Changes to a subscription (https://docs.stripe.com/api/subscriptions/update)."""

import copy
from collections.abc import Sequence
from functools import partial

from sentineliq.sandbox.engine import (
    billing,
    collection,
    discounts,
    payments,
    pending_updates,
    prorations,
    schedule_phases,
    subscriptions,
)
from sentineliq.sandbox.engine.attempts import all_or_nothing
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.catalogue import merge_fields, merged_metadata
from sentineliq.sandbox.engine.errors import InvalidRequest, MissingReference
from sentineliq.sandbox.engine.invoice_lines import for_item
from sentineliq.sandbox.engine.subscription_create import price_of
from sentineliq.sandbox.engine.values import Document

_PLAIN = ("collection_method", "days_until_due", "description", "metadata")
_ALL_OR_NOTHING = "error_if_incomplete"
_PENDING = "pending_if_incomplete"
_WHILE_PENDING = frozenset(
    {"billing_cycle_anchor", "expand", "items", "off_session", "payment_behavior", "proration_behavior",
     "proration_date", "trial_end", "trial_from_plan"}
)  # fmt: skip
EVENT_ORDER = (
    "invoice.created", "charge.succeeded", "customer.subscription.updated", "invoice.paid",
    "invoice.finalized",
    "payment_intent.succeeded", "invoice.payment_succeeded", "invoiceitem.created", "payment_intent.created",
)  # fmt: skip


def update(books: Books, subscription_id: str, params: Document) -> Document:
    """Raises CardDeclined under `payment_behavior=error_if_incomplete`: nothing changes then."""
    books.event_order = EVENT_ORDER
    subscription = subscriptions.live(books, subscription_id)
    if params.get("payment_behavior") == _ALL_OR_NOTHING:
        work = partial(_update, books, subscription, params)
        return all_or_nothing(books, subscription["customer"], work)
    return _update(books, subscription, params)


def _update(books: Books, subscription: Document, params: Document) -> Document:
    if params.get("payment_behavior") == _PENDING:
        _refuse_what_cannot_wait(params)
    if "items" in params and subscription["pending_update"] is not None:
        pending_updates.drop(books, subscription)
    _plain(books, subscription, params)
    _ending(books, subscription, params)
    _trial(books, subscription, params)
    if "items" in params or params.get("billing_cycle_anchor") == "now":
        _items(books, subscription, params)
    books.save(subscription, event="customer.subscription.updated")
    _resume_paid_trial(books, subscription, params)
    return books.get("subscription", subscription["id"])


def _refuse_what_cannot_wait(params: Document) -> None:
    """https://docs.stripe.com/billing/subscriptions/pending-updates-reference"""
    for name in params:
        if name not in _WHILE_PENDING:
            raise InvalidRequest(
                f"You cannot use `{name}` with `payment_behavior=pending_if_incomplete`.", param=name
            )


def resume(books: Books, subscription_id: str) -> Document:
    """Of a paused one."""
    subscription = subscriptions.live(books, subscription_id)
    if subscription["status"] != "paused":
        raise InvalidRequest("This subscription is not paused.", code="resource_missing")
    billing.resume(books, subscription)
    return books.get("subscription", subscription_id)


def change_items(
    books: Books, subscription: Document, given: Sequence[Document]
) -> list[tuple[Document | None, Document | None]]:
    """Put new items in place, not yet written: (before, after) of each that changed."""
    items = copy.deepcopy(subscription["items"]["data"])
    changes: list[tuple[Document | None, Document | None]] = []
    for place, wanted in enumerate(given):
        before = _named_item(items, wanted)
        if before is not None and wanted.get("deleted"):
            items.remove(before)
            changes.append((before, None))
            continue
        after = _changed_item(books, subscription, before, wanted, f"items[{place}]")
        if before is None:
            items.append(after)
        else:
            items[items.index(before)] = after
        if before is None or (before["price"]["id"], before["quantity"]) != (
            after["price"]["id"],
            after["quantity"],
        ):
            changes.append((before, after))
    if not items:
        raise InvalidRequest("A subscription must have at least one active item.", param="items")
    subscriptions.set_items(subscription, items)
    return changes


def _plain(books: Books, subscription: Document, params: Document) -> None:
    merge_fields(subscription, {key: params[key] for key in _PLAIN if key in params})
    if "default_payment_method" in params:
        method = params["default_payment_method"]
        if method:
            books.refer("payment_method", method, param="default_payment_method")
        subscription["default_payment_method"] = method or None
    if "automatic_tax" in params:
        enabled = params["automatic_tax"]["enabled"]
        subscription["automatic_tax"] |= {
            "enabled": enabled,
            "liability": {"type": "self"} if enabled else None,
        }
    if "payment_settings" in params:
        subscription["payment_settings"] = subscriptions.payment_settings(
            params["payment_settings"], subscription["payment_settings"]
        )
    if "pause_collection" in params:
        pause = params["pause_collection"]
        subscription["pause_collection"] = {"resumes_at": None, **pause} if pause else None
    if "discounts" in params:
        owner = {"customer": subscription["customer"], "subscription": subscription["id"]}
        granted = discounts.granted_from(books, params["discounts"] or [], **owner)
        subscription["discounts"] = [one["id"] for one in granted]


def _ending(books: Books, subscription: Document, params: Document) -> None:
    if "cancel_at_period_end" in params or "cancel_at" in params:
        schedule_phases.refuse_ending(subscription)
    if "cancel_at_period_end" in params:
        wanted = params["cancel_at_period_end"]
        if wanted != subscription["cancel_at_period_end"]:
            subscriptions.set_cancel_at_period_end(books, subscription, wanted)
    if "cancel_at" in params:
        at = params["cancel_at"] or None
        subscription |= {
            "cancel_at": at,
            "canceled_at": books.now if at else None,
            "cancel_at_period_end": False,
        }
    if "cancellation_details" in params:
        subscription["cancellation_details"] |= {
            key: value or None for key, value in params["cancellation_details"].items()
        }


def _trial(books: Books, subscription: Document, params: Document) -> None:
    given = params.get("trial_end")
    if given is None or given == "now":
        return
    subscription |= {
        "billing_cycle_anchor": given,
        "status": "trialing",
        "trial_end": given,
        "trial_start": subscription["trial_start"] or books.now,
    }
    subscriptions.set_period(subscription, books.now, end=given)


def _resume_paid_trial(books: Books, subscription: Document, params: Document) -> None:
    if params.get("trial_end") == "now" and subscription["status"] == "trialing":
        books.emit("customer.subscription.trial_will_end", {**subscription, "trial_end": books.now})
        must_pay = params.get("payment_behavior") == _ALL_OR_NOTHING
        billing.begin_period(books, subscription, at=books.now, must_pay=must_pay)


def _items(books: Books, subscription: Document, params: Document) -> None:
    before = copy.deepcopy(subscription)
    changes = change_items(books, subscription, params.get("items", []))
    anew = params.get("billing_cycle_anchor") == "now"
    if not changes and not anew:
        return
    behavior = params.get("proration_behavior", "create_prorations")
    at = params.get("proration_date", books.now)
    restarts = _interval(before) != _interval(subscription) or anew
    trial = subscription["status"] == "trialing"
    if behavior != "none" and not trial:
        # a new cycle ends the present period of every item, not only of those that changed
        for old in before["items"]["data"] if restarts else [old for old, _ in changes]:
            if old is not None:
                prorations.credit_unused(books, before, old, at=at)
    if restarts and not trial:
        subscription["billing_cycle_anchor"] = books.now
        subscriptions.set_period(subscription, books.now)
    elif behavior != "none" and not trial:
        for _, new in changes:
            if new is not None:
                prorations.charge_remaining(books, subscription, new, at=at)
    if not trial and (restarts or behavior == "always_invoice"):
        payment = _invoice_now(books, subscription, params, whole_period=restarts)
        if payment is not None and payment.decline is not None:
            _after_failure(books, subscription, before, payment, params)
        elif subscription["status"] in {"past_due", "unpaid"} and _latest_is_paid(books, subscription):
            subscription["status"] = "active"


def _latest_is_paid(books: Books, subscription: Document) -> bool:
    """Older invoices may be open: the latest one says whether a subscription owes anything."""
    return books.get("invoice", subscription["latest_invoice"])["status"] == "paid"


def _invoice_now(
    books: Books, subscription: Document, params: Document, *, whole_period: bool
) -> payments.Payment | None:
    items = subscription["items"]["data"] if whole_period else []
    drafts = billing.with_pending(
        books, subscription, [for_item(books, subscription, item) for item in items]
    )
    if not drafts:
        return None
    invoice = billing.subscription_invoice(books, subscription, reason="subscription_update", drafts=drafts)
    books.add(invoice, event="invoice.created")
    billing.claim_pending(books, invoice)
    billing.use_up_discounts(books, subscription, invoice)
    subscription["latest_invoice"] = invoice["id"]
    return billing.collect_first(books, subscription, invoice, on_session=not params.get("off_session"))


def _after_failure(
    books: Books, subscription: Document, before: Document, payment: payments.Payment, params: Document
) -> None:
    behavior = params.get("payment_behavior", "allow_incomplete")
    if behavior == _ALL_OR_NOTHING:
        collection.refuse_unpaid(payment)
    elif behavior == _PENDING:
        pending_updates.hold(books, subscription, before)
    else:
        subscription["status"] = "past_due"


def _named_item(items: list[Document], wanted: Document) -> Document | None:
    if "id" not in wanted:
        return None
    found = next((item for item in items if item["id"] == wanted["id"]), None)
    if found is None:
        raise MissingReference("subscription item", wanted["id"], param="items[0][id]")
    return found


def _changed_item(
    books: Books, subscription: Document, before: Document | None, wanted: Document, param: str
) -> Document:
    if before is None:
        price = price_of(books, wanted, param)
        item = subscriptions.new_item(
            books, subscription, price, wanted.get("quantity", 1), wanted.get("metadata", {})
        )
        start, end = subscriptions.period_of(subscription)
        return item | {"current_period_end": end, "current_period_start": start}
    after = copy.deepcopy(before)
    if "price" in wanted or "price_data" in wanted:
        price = price_of(books, wanted, param)
        _refuse_other_currency(subscription, price, param)
        renewed = subscriptions.new_item(books, subscription, price, before["quantity"], before["metadata"])
        after |= {"plan": renewed["plan"], "price": price}
    if "quantity" in wanted:
        after["quantity"] = wanted["quantity"]
    if "metadata" in wanted:
        after["metadata"] = merged_metadata(after["metadata"], wanted["metadata"])
    return after


def _refuse_other_currency(subscription: Document, price: Document, param: str) -> None:
    if price["currency"] != subscription["currency"]:
        raise InvalidRequest(
            f"The price specified only supports `{price['currency']}`. This doesn't match the expected "
            f"currency: `{subscription['currency']}`.",
            param=f"{param}[price]",
        )


def _interval(subscription: Document) -> tuple[str, int]:
    recurring = subscription["items"]["data"][0]["price"]["recurring"]
    return recurring["interval"], recurring["interval_count"]
