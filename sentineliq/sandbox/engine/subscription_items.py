"""Single items of a subscription (https://docs.stripe.com/api/subscription_items)."""

from sentineliq.sandbox.engine import subscription_update, subscriptions
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.values import Document

_OF_SUBSCRIPTION = ("payment_behavior", "proration_behavior", "proration_date")
_OF_ITEM = ("metadata", "price", "price_data", "quantity")


def create(books: Books, params: Document) -> Document:
    subscription = books.refer("subscription", params["subscription"], param="subscription")
    known = {item["id"] for item in subscription["items"]["data"]}
    after = _change(books, subscription["id"], {}, params)
    return next(item for item in after["items"]["data"] if item["id"] not in known)


def update(books: Books, item_id: str, params: Document) -> Document:
    subscription, _ = subscriptions.find_item(books, item_id)
    _change(books, subscription["id"], {"id": item_id}, params)
    return subscriptions.find_item(books, item_id)[1]


def delete(books: Books, item_id: str, params: Document) -> Document:
    subscription, _ = subscriptions.find_item(books, item_id)
    _change(books, subscription["id"], {"id": item_id, "deleted": True}, params)
    return {"id": item_id, "object": "subscription_item", "deleted": True}


def _change(books: Books, subscription_id: str, item: Document, params: Document) -> Document:
    change = {key: params[key] for key in _OF_SUBSCRIPTION if key in params}
    change["items"] = [item | {key: params[key] for key in _OF_ITEM if key in params}]
    return subscription_update.update(books, subscription_id, change)
