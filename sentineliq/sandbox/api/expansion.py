"""`expand[]`: references become the objects that they name (https://docs.stripe.com/api/expanding_objects)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sentineliq.sandbox.engine import checkout_totals, invoice_payments, portal
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.documents import list_of
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.values import Document

DEPTH = 4


def expand(books: Books, answer: Document, paths: Iterable[str]) -> Document:
    """Raises InvalidRequest for what cannot be expanded."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEPTH:
            raise InvalidRequest(
                f"You cannot expand more than {DEPTH} levels of a property. Property: {path}", param="expand"
            )
        _walk(books, answer, parts, path)
    return answer


@dataclass(frozen=True)
class _Place:
    """Where a node is: the object that it is a part of, and the way from there."""

    owner: Document
    way: str = ""


def _walk(books: Books, node: Any, parts: list[str], path: str, place: _Place | None = None) -> None:
    if isinstance(node, list):
        for one in node:
            _walk(books, one, parts, path, place)
        return
    if not parts or not isinstance(node, dict) or node.get("deleted"):
        return
    if place is None or "object" in node:
        place = _Place(node)
    head, rest = parts[0], parts[1:]
    if head == "id":
        raise InvalidRequest(f"This property cannot be expanded ({path}).", param="expand")
    if head not in node:
        node[head] = _included(books, place.owner, place.way + head, path)
    else:
        node[head] = _resolved(books, node[head], path)
    _walk(books, node[head], rest, path, _Place(place.owner, f"{place.way}{head}."))


def _resolved(books: Books, value: Any, path: str) -> Any:
    if isinstance(value, list):
        return [_resolved(books, one, path) for one in value]
    if value is None or isinstance(value, dict):
        return value
    found = books.find_any(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidRequest(f"This property cannot be expanded ({path}).", param="expand")
    return found


def _included(books: Books, node: Document, name: str, path: str) -> Any:
    include = _INCLUDABLE.get((node.get("object", ""), name))
    if include is None:
        raise InvalidRequest(f"This property cannot be expanded ({path}).", param="expand")
    return include(books, node)


def _payments(books: Books, invoice: Document) -> Document:
    found = invoice_payments.of_invoice(books, invoice["id"])
    return list_of(found, f"/v1/invoice_payments?invoice={invoice['id']}", total_count=len(found))


def _confirmation_secret(books: Books, invoice: Document) -> Document | None:
    for payment in invoice_payments.of_invoice(books, invoice["id"]):
        intent = books.get("payment_intent", payment["payment"]["payment_intent"])
        return {"client_secret": intent["client_secret"], "type": "payment_intent"}
    return None


def _line_items(books: Books, session: Document) -> Document:
    items = checkout_totals.line_items(books, session)
    return list_of(items, f"/v1/checkout/sessions/{session['id']}/line_items")


def _refunds(books: Books, charge: Document) -> Document:
    found = books.select("refund", charge=charge["id"])
    return list_of(found, f"/v1/charges/{charge['id']}/refunds", total_count=len(found))


def _subscriptions(books: Books, customer: Document) -> Document:
    found = [
        one for one in books.select("subscription", customer=customer["id"]) if one["status"] != "canceled"
    ]
    return list_of(found, f"/v1/customers/{customer['id']}/subscriptions", total_count=len(found))


def _none(noun: str) -> Callable[[Books, Document], Document]:
    return lambda _, owner: list_of([], f"/v1/customers/{owner['id']}/{noun}", total_count=0)


def _customer_tax(_: Books, customer: Document) -> Document:
    country = (customer["address"] or {}).get("country")
    location = {"country": country, "source": "billing_address", "state": None} if country else None
    status = "supported" if country else "unrecognized_location"
    return {"automatic_tax": status, "ip_address": None, "location": location}


_INCLUDABLE: dict[tuple[str, str], Callable[[Books, Document], Any]] = {
    ("billing_portal.configuration", "features.subscription_update.products"): portal.switchable_products,
    ("charge", "refunds"): _refunds,
    ("checkout.session", "line_items"): _line_items,
    ("customer", "sources"): _none("sources"),
    ("customer", "subscriptions"): _subscriptions,
    ("customer", "tax"): _customer_tax,
    ("customer", "tax_ids"): _none("tax_ids"),
    ("invoice", "confirmation_secret"): _confirmation_secret,
    ("invoice", "payments"): _payments,
    ("price", "currency_options"): lambda _, price: {
        price["currency"]: {
            "custom_unit_amount": None,
            "tax_behavior": price["tax_behavior"],
            "unit_amount": price["unit_amount"],
            "unit_amount_decimal": price["unit_amount_decimal"],
        }
    },
}
