"""Products and prices (https://docs.stripe.com/api/prices)."""

from decimal import Decimal
from typing import Any

from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.documents import blank
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.money import display, rounded
from sentineliq.sandbox.engine.values import Document

METADATA_KEYS = 50
_PLAN_FIELDS = (
    "id",
    "active",
    "billing_scheme",
    "created",
    "currency",
    "livemode",
    "metadata",
    "nickname",
    "product",
)


def create_product(books: Books, params: Document) -> Document:
    fields = {key: value for key, value in params.items() if key not in {"default_price_data", "id"}}
    if "id" in params:
        if books.find("product", params["id"]):
            raise InvalidRequest("Product already exists.", code="resource_already_exists", param="id")
        fields["id"] = params["id"]
    product = books.add(books.new("product", updated=books.now, **_set(fields)), event="product.created")
    if price := params.get("default_price_data"):
        created = create_price(books, {**price, "product": product["id"]})
        product["default_price"] = created["id"]
        books.save(product, event="product.updated")
    return product


def update_product(books: Books, product_id: str, params: Document) -> Document:
    product = books.get("product", product_id)
    merge_fields(product, params)
    product["updated"] = books.now
    return books.save(product, event="product.updated")


def delete_product(books: Books, product_id: str) -> Document:
    """Only a product without prices can go."""
    product = books.get("product", product_id)
    if books.select("price", product=product_id, limit=1):
        raise InvalidRequest(
            "This product cannot be deleted because it has one or more user-created prices.", param="id"
        )
    books.remove(product, event="product.deleted")
    return {"id": product_id, "object": "product", "deleted": True}


def create_price(books: Books, params: Document) -> Document:
    """A price of an existing product, or with `product_data` of a new one."""
    product = _product_of(books, params)
    recurring = _recurring(params.get("recurring"))
    price = books.new(
        "price",
        active=params.get("active", True),
        currency=params["currency"].lower(),
        lookup_key=_claim_lookup_key(books, params),
        metadata=params.get("metadata", {}),
        nickname=params.get("nickname"),
        product=product["id"],
        recurring=recurring,
        tax_behavior=params.get("tax_behavior", "unspecified"),
        type="recurring" if recurring else "one_time",
        **_unit_amount(params),
    )
    if "id" in params:
        price["id"] = params["id"]
    return books.add(price, event="price.created")


def update_price(books: Books, price_id: str, params: Document) -> Document:
    price = books.get("price", price_id)
    if params.get("lookup_key"):
        params = {**params, "lookup_key": _claim_lookup_key(books, params)}
    merge_fields(price, {key: value for key, value in params.items() if key != "transfer_lookup_key"})
    return books.save(price, event="price.updated")


def plan_of(price: Document) -> Document | None:
    """The legacy plan that Stripe still shows beside a recurring price."""
    recurring = price["recurring"]
    if recurring is None:
        return None
    return {
        **blank("plan"),
        **{key: price[key] for key in _PLAN_FIELDS},
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "trial_period_days": recurring["trial_period_days"],
        "usage_type": recurring["usage_type"],
    }


def line_amount(price: Document, quantity: int) -> int:
    """Minor units; a price below a cent rounds on the whole line."""
    return rounded(Decimal(price["unit_amount_decimal"] or "0") * quantity)


def describe(books: Books, price: Document, quantity: int) -> str:
    """`1 × Hobby (at $9.99 / month)`."""
    product = books.find("product", price["product"])
    name = product["name"] if product else price["id"]
    amount = display(price["unit_amount"] or 0, price["currency"])
    if price["recurring"] is None:
        return name
    count, interval = price["recurring"]["interval_count"], price["recurring"]["interval"]
    every = interval if count == 1 else f"{count} {interval}s"
    return f"{quantity} × {name} (at {amount} / {every})"


def _product_of(books: Books, params: Document) -> Document:
    if "product" in params:
        return books.refer("product", params["product"], param="product")
    if "product_data" not in params:
        raise InvalidRequest("You must specify either `product` or `product_data` when creating a price.")
    return create_product(books, params["product_data"])


def _unit_amount(params: Document) -> Document:
    decimal = params.get("unit_amount_decimal")
    amount = params.get("unit_amount")
    if amount is None and decimal is None:
        raise InvalidRequest(
            "Missing required param: unit_amount.", code="parameter_missing", param="unit_amount"
        )
    if (amount or 0) < 0:
        raise InvalidRequest(
            "Invalid non-negative integer", code="parameter_invalid_integer", param="unit_amount"
        )
    if amount is None:
        exact = Decimal(str(decimal))
        whole = int(exact) if exact == int(exact) else None
        return {"unit_amount": whole, "unit_amount_decimal": f"{exact.normalize():f}"}
    return {"unit_amount": amount, "unit_amount_decimal": str(amount)}


def _recurring(params: Document | None) -> Document | None:
    if not params:
        return None
    return {
        "interval": params["interval"],
        "interval_count": params.get("interval_count", 1),
        "meter": None,
        "trial_period_days": params.get("trial_period_days"),
        "usage_type": params.get("usage_type", "licensed"),
    }


def _claim_lookup_key(books: Books, params: Document) -> str | None:
    key = params.get("lookup_key")
    for holder in books.select("price", lookup_key=key) if key else []:
        if not params.get("transfer_lookup_key"):
            raise InvalidRequest(
                f"A price (`{holder['id']}`) already uses that lookup key.", param="lookup_key"
            )
        holder["lookup_key"] = None
        books.save(holder, event="price.updated")
    return key


def _set(params: Document) -> Document:
    """Parameters as fields: an empty string unsets."""
    return {key: (None if value == "" else value) for key, value in params.items()}


def merge_fields(document: Document, params: dict[str, Any]) -> None:
    """An update's parameters onto a document: metadata key by key, an empty string unsets."""
    for key, value in params.items():
        if key == "metadata":
            document["metadata"] = merged_metadata(document.get("metadata") or {}, value)
        else:
            document[key] = None if value == "" else value


def merged_metadata(present: dict[str, str], given: Any) -> dict[str, str]:
    """Stripe's rule: keys are added, an empty value removes its key, an empty string removes all.

    Raises InvalidRequest for too many.
    """
    if not isinstance(given, dict):
        return {}
    merged = {key: value for key, value in {**present, **given}.items() if value != ""}
    if len(merged) > METADATA_KEYS:
        raise InvalidRequest(f"You can have at most {METADATA_KEYS} metadata keys.", param="metadata")
    return merged
