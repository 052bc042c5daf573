"""Lists: filters, pages and the envelope (https://docs.stripe.com/api/pagination)."""

import fnmatch
from collections.abc import Callable, Sequence
from typing import Any

from sentineliq.sandbox.engine import subscriptions
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.documents import list_of
from sentineliq.sandbox.engine.errors import InvalidRequest, MissingReference
from sentineliq.sandbox.engine.values import Document

PAGING = frozenset({"limit", "starting_after", "ending_before", "expand"})
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "gt": int.__gt__,
    "gte": int.__ge__,
    "lt": int.__lt__,
    "lte": int.__le__,
}

Filter = Callable[[Document, Any], bool]


def page(items: Sequence[Document], params: Document, url: str) -> Document:
    """One page of items that are newest first."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise InvalidRequest(
            "Invalid limit: must be between 1 and 100", code="parameter_invalid_integer", param="limit"
        )
    if "starting_after" in params and "ending_before" in params:
        raise InvalidRequest("You may only specify one of these parameters: starting_after, ending_before.")
    if "ending_before" in params:
        before = items[: _place(items, params["ending_before"], "ending_before")]
        return list_of(list(before[-limit:]), url, has_more=len(before) > limit)
    start = _place(items, params["starting_after"], "starting_after") + 1 if "starting_after" in params else 0
    return list_of(list(items[start : start + limit]), url, has_more=len(items) > start + limit)


def listing(object_type: str, url: str) -> Callable[[Books, tuple[str, ...], Document], Document]:
    """The list operation of an object."""

    def handle(books: Books, _: tuple[str, ...], params: Document) -> Document:
        if customer := params.get("customer"):
            books.refer("customer", customer, param="customer")
        return page(filtered(books, object_type, params), params, url)

    return handle


def filtered(books: Books, object_type: str, params: Document) -> list[Document]:
    """All documents that a list call's parameters select, newest first."""
    found = [one for one in books.select(object_type) if not one.get("deleted")]
    if object_type == "subscription" and "status" not in params:
        found = [one for one in found if one["status"] != "canceled"]
    for name, value in params.items():
        if name not in PAGING:
            fits = _FILTERS.get((object_type, name)) or _FILTERS.get(("", name)) or _equal(name)
            found = [one for one in found if fits(one, value)]
    return found


def _place(items: Sequence[Document], document_id: str, param: str) -> int:
    for place, item in enumerate(items):
        if item["id"] == document_id:
            return place
    raise MissingReference(items[0]["object"] if items else "object", document_id, param=param)


def _equal(name: str) -> Filter:
    return lambda document, value: document.get(name) == value


def _range(name: str) -> Filter:
    def fits(document: Document, value: Any) -> bool:
        moment = document.get(name)
        if moment is None:
            return False
        if not isinstance(value, dict):
            return moment == value
        return all(_COMPARE[sign](moment, bound) for sign, bound in value.items())

    return fits


def _period(name: str) -> Filter:
    inner = _range(name)
    return lambda document, value: any(inner(item, value) for item in document["items"]["data"])


def _subscription_status(document: Document, value: str) -> bool:
    if value == "ended":
        return document["status"] in subscriptions.ENDED
    return value in {"all", document["status"]}


def _price(document: Document, value: str) -> bool:
    return any(item["price"]["id"] == value for item in document["items"]["data"])


def _event_type(document: Document, value: str) -> bool:
    return fnmatch.fnmatchcase(document["type"], value)


def _any_type(document: Document, value: list[str]) -> bool:
    return any(_event_type(document, one) for one in value)


def _payment(document: Document, value: Document) -> bool:
    return all(document["payment"].get(key) == one for key, one in value.items())


def _session_email(document: Document, value: Document) -> bool:
    return (document["customer_details"] or {}).get("email") == value["email"]


def _recurring(document: Document, value: Document) -> bool:
    return all((document["recurring"] or {}).get(key) == one for key, one in value.items())


_FILTERS: dict[tuple[str, str], Filter] = {
    ("", "created"): _range("created"),
    ("", "ids"): lambda document, value: document["id"] in value,
    ("checkout.session", "customer_details"): _session_email,
    ("event", "delivery_success"): lambda document, value: (document["pending_webhooks"] == 0) == value,
    ("event", "type"): _event_type,
    ("event", "types"): _any_type,
    ("invoice", "due_date"): _range("due_date"),
    ("invoice", "subscription"): lambda document, value: subscriptions.subscription_of(document) == value,
    ("invoice_payment", "payment"): _payment,
    ("invoiceitem", "pending"): lambda document, value: (document["invoice"] is None) == value,
    ("price", "lookup_keys"): lambda document, value: document["lookup_key"] in value,
    ("price", "recurring"): _recurring,
    ("promotion_code", "code"): lambda document, value: document["code"].casefold() == value.casefold(),
    ("promotion_code", "coupon"): lambda document, value: document["coupon"]["id"] == value,
    ("subscription", "automatic_tax"): lambda document, value: (
        document["automatic_tax"]["enabled"] == value["enabled"]
    ),
    ("subscription", "current_period_end"): _period("current_period_end"),
    ("subscription", "current_period_start"): _period("current_period_start"),
    ("subscription", "plan"): _price,
    ("subscription", "price"): _price,
    ("subscription", "status"): _subscription_status,
}
