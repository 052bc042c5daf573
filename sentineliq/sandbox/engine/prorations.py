"""What a change in the middle of a period costs (https://docs.stripe.com/billing/subscriptions/prorations)."""

from datetime import UTC, datetime
from decimal import Decimal

from sentineliq.sandbox.engine import catalogue, discounts, subscriptions
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.money import prorated, rounded
from sentineliq.sandbox.engine.values import Document


def credit_unused(books: Books, subscription: Document, item: Document, *, at: int) -> Document:
    """A pending item that gives back what is left of the old price's period."""
    asked = _asked_for(books, subscription, item)
    full = _price_now(books, subscription, item) if asked is None else asked
    return _pending(books, subscription, item, full, at=at, sign=-1)


def charge_remaining(books: Books, subscription: Document, item: Document, *, at: int) -> Document:
    """A pending item for the new price until the period's end."""
    full = _price_now(books, subscription, item)
    return _pending(books, subscription, item, full, at=at, sign=1)


def _pending(
    books: Books, subscription: Document, item: Document, full: int, *, at: int, sign: int
) -> Document:
    start, end = item["current_period_start"], item["current_period_end"]
    price, quantity = item["price"], item["quantity"] or 1
    product = books.find("product", price["product"])
    day = datetime.fromtimestamp(at, UTC).strftime("%-d %b %Y")
    name = (product or {}).get("name", price["id"])
    several = f"{quantity} × " if quantity > 1 else ""
    created = {key: value for key, value in books.new("invoiceitem").items() if key != "created"}
    return books.add(
        created
        | {
            "amount": sign * prorated(full, start=start, end=end, at=at),
            "currency": price["currency"],
            "customer": subscription["customer"],
            "date": at,
            "description": f"{'Unused' if sign < 0 else 'Remaining'} time on {several}{name} after {day}",
            "discountable": False,
            "metadata": subscription["metadata"],
            "parent": {
                "subscription_details": {"subscription": subscription["id"], "subscription_item": item["id"]},
                "type": "subscription_details",
            },
            "period": {"end": end, "start": at},
            "pricing": {
                "price_details": {"price": price["id"], "product": price["product"]},
                "type": "price_details",
                "unit_amount_decimal": price["unit_amount_decimal"],
            },
            "proration": True,
            "quantity": quantity,
        },
        event="invoiceitem.created",
    )


def _asked_for(books: Books, subscription: Document, item: Document) -> int | None:
    """What an invoice asked for the whole period, its discounts taken off; None when no line did."""
    for invoice in books.select("invoice", customer=subscription["customer"]):
        if invoice["status"] == "void" or subscriptions.subscription_of(invoice) != subscription["id"]:
            continue
        for line in invoice["lines"]["data"]:
            if _is_of_period(line, item):
                return line["amount"] - sum(one["amount"] for one in line["discount_amounts"])
    return None


def _is_of_period(line: Document, item: Document) -> bool:
    named = (line["parent"] or {}).get("subscription_item_details") or {}
    period = {"start": item["current_period_start"], "end": item["current_period_end"]}
    return (
        named.get("subscription_item") == item["id"]
        and line["pricing"]["price_details"]["price"] == item["price"]["id"]
        and (line["quantity"], line["period"]) == (item["quantity"], period)
    )


def _price_now(books: Books, subscription: Document, item: Document) -> int:
    """Prorations carry no discount lines: a percentage is in their amount already."""
    amount = catalogue.line_amount(item["price"], item["quantity"] or 1)
    for discount in discounts.active(books, subscription):
        if discount["coupon"]["percent_off"] is not None:
            amount -= rounded(Decimal(amount) * Decimal(str(discount["coupon"]["percent_off"])) / 100)
    return amount
