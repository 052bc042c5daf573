"""Subscriptions made by the API, without a checkout (https://docs.stripe.com/api/subscriptions/create)."""

from sentineliq.sandbox.engine import (
    billing,
    collection,
    customers,
    discounts,
    invoice_payments,
    invoices,
    payments,
    subscriptions,
)
from sentineliq.sandbox.engine.attempts import all_or_nothing
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.catalogue import create_price
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.values import Document

_KEPT = ("collection_method", "days_until_due", "description", "metadata", "off_session")


def create(books: Books, params: Document) -> Document:
    """Charges at once, unless `payment_behavior` or a trial says otherwise.

    Raises CardDeclined under `error_if_incomplete`: nothing is made then.
    """
    if params.get("payment_behavior") == "error_if_incomplete":
        return all_or_nothing(books, params["customer"], lambda: _create(books, params))
    return _create(books, params)


def _create(books: Books, params: Document) -> Document:
    customer = customers.live(books, params["customer"], param="customer")
    if not params.get("items"):
        raise InvalidRequest("Missing required param: items.", code="parameter_missing", param="items")
    items = [
        (price_of(books, item, f"items[{place}]"), item.get("quantity", 1), item.get("metadata", {}))
        for place, item in enumerate(params["items"])
    ]
    fields = {key: params[key] for key in _KEPT if key in params and key != "off_session"}
    subscription = subscriptions.draft(
        books, customer, items, trial_end=subscriptions.trial_end_from(books, params), **fields
    )
    _settings(books, subscription, params)
    owner = {"customer": customer["id"], "subscription": subscription["id"]}
    granted = discounts.granted_from(books, params.get("discounts") or [], **owner)
    subscription["discounts"] = [one["id"] for one in granted]
    if customer["currency"] is None:
        books.save({**customer, "currency": subscription["currency"]})
    return _open(books, subscription, params.get("payment_behavior", "allow_incomplete"))


def price_of(books: Books, item: Document, param: str) -> Document:
    """An item's price, or one made from its `price_data`. Raises MissingReference, InvalidRequest."""
    if "price_data" in item:
        return create_price(books, item["price_data"])
    if "price" not in item:
        raise InvalidRequest(
            f"Missing required param: {param}[price].", code="parameter_missing", param=param
        )
    price = books.refer("price", item["price"], param=f"{param}[price]")
    if not price["active"]:
        raise InvalidRequest(
            "The price specified is inactive. This field only accepts active prices.", param=f"{param}[price]"
        )
    return price


def _settings(books: Books, subscription: Document, params: Document) -> None:
    if params.get("automatic_tax", {}).get("enabled"):
        subscription["automatic_tax"] |= {"enabled": True, "liability": {"type": "self"}}
    if method := params.get("default_payment_method"):
        subscription["default_payment_method"] = books.refer(
            "payment_method", method, param="default_payment_method"
        )["id"]
    if "trial_settings" in params:
        subscription["trial_settings"] = params["trial_settings"]
    subscription["payment_settings"] = subscriptions.payment_settings(params.get("payment_settings"))
    if params.get("cancel_at_period_end"):
        subscriptions.set_cancel_at_period_end(books, subscription, True)
    if params.get("cancel_at"):
        subscription |= {"cancel_at": params["cancel_at"], "canceled_at": books.now}


def _open(books: Books, subscription: Document, behavior: str) -> Document:
    invoice = billing.first_invoice(books, subscription)
    billing.use_up_discounts(books, subscription, invoice)
    subscription["latest_invoice"] = invoice["id"]
    due = invoice["amount_due"] > 0 and subscription["collection_method"] == "charge_automatically"
    card = collection.card_of(books, subscription)
    if due and behavior in {"allow_incomplete", "error_if_incomplete"} and card is None:
        raise InvalidRequest(
            "This customer has no attached payment source or default payment method. Please "
            "consider adding a "
            "default payment method.",
            code="resource_missing",
        )
    books.add(subscription)
    invoices.issue(books, invoice)
    payment = None
    if subscription["collection_method"] == "charge_automatically" and behavior != "default_incomplete":
        payment = invoices.collect(
            books, invoice, method=card, retrying=False, description="Subscription creation"
        )
    elif due:
        invoice_payments.intent_of(books, invoice, "Subscription creation")
    if behavior == "error_if_incomplete":
        collection.refuse_unpaid(payment)
    if due and (behavior == "default_incomplete" or _declined(payment)):
        subscription["status"] = "incomplete"
    elif not due and invoice["status"] == "open" and invoice["amount_due"] == 0:
        invoices.mark_paid(books, invoice)
    books.save(subscription)
    books.emit("customer.subscription.created", subscription)
    subscriptions.announce_short_trial(books, subscription)
    return subscription


def _declined(payment: payments.Payment | None) -> bool:
    return payment is not None and payment.decline is not None
